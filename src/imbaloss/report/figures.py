"""Figures of a study, as matplotlib figures; `save` writes one as SVG and PNG."""

import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from imbaloss.report.tables import LABELS, MAIN, Name, pair
from imbaloss.studies import Row
from imbaloss.whole import write_whole

# the first six are those of Okabe and Ito 2008, which the colour-blind can tell apart
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D31", "#666666")
MARKERS = "osD^vPX*"
LABEL_INCHES, HANDLE_INCHES, LINE_INCHES = 0.078, 0.6, 0.2  # of a legend: a letter, the mark beside, a line
PUBLISHED = "published"
LINES = ("-", "--", ":", "-.")
STYLE: Any = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "imbaloss",  # the same figure is the same bytes
    "font.family": "DejaVu Sans",
}


def scores(cells: pd.DataFrame, rows: Sequence[Row], called: Sequence[Name]) -> Figure:
    """One panel a setting and score: each method at each level, its mean, each run, and the published value if any.

    cells: the table of the rows; called: the name of each row.
    """
    settings, methods = (list(dict.fromkeys(cells[name])) for name in ("setting", "method"))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(max(3.0 * len(settings) + 0.8, 5.5), 5.8), layout="constrained")
        panels = figure.subplots(len(MAIN), len(settings), squeeze=False, sharey="row")
        for column, setting in enumerate(settings):
            of_setting = [
                (row, name.method)
                for row, name in zip(rows, called, strict=True)
                if name.setting == setting and row.failure is None
            ]
            for line, score in enumerate(MAIN):
                draw_scores(panels[line, column], cells[cells["setting"] == setting], of_setting, methods, score)
            panels[0, column].set_title(setting)
            panels[-1, column].set_xlabel("level, and positives/negatives in train")
        for line, score in enumerate(MAIN):
            panels[line, 0].set_ylabel(LABELS[score])
        add_legend(figure, panels.flat)
    return figure


def draw_scores(
    panel: Axes, cells: pd.DataFrame, rows: Sequence[tuple[Row, str]], methods: Sequence[str], score: str
) -> None:
    """rows: with their methods."""
    levels = list(dict.fromkeys(cells["level"]))
    for index, method in enumerate(methods):
        shift = (index - (len(methods) - 1) / 2) * 0.7 / len(methods)
        mark: Any = {
            "color": COLOURS[index % len(COLOURS)],
            "marker": MARKERS[(index + index // len(COLOURS)) % len(MARKERS)],  # other pairs when colours come again
            "linestyle": "none",
        }
        runs = [(levels.index(row.run.level), row.scores["test"][score]) for row, by in rows if by == method]
        known = np.array([(place + shift, value) for place, value in runs if value is not None]).reshape(-1, 2)
        panel.plot(*known.T, color=mark["color"], marker=".", markersize=3, alpha=0.5, linestyle="none")
        of_method = cells[cells["method"] == method].set_index("level").reindex(levels)
        places = np.arange(len(levels)) + shift
        panel.plot(places, of_method[score], label=method, markersize=5.5, **mark)
        panel.plot(places, of_method[f"published_{score}"], markerfacecolor="none", markersize=9, **mark)
    if cells[f"published_{score}"].notna().any():
        panel.plot([], [], "o", color="black", markerfacecolor="none", markersize=9, label=PUBLISHED)
    panel.set_xticks(range(len(levels)), [f"{level:.4g}\n{counts_of(cells, level)}" for level in levels])
    panel.grid(axis="y", alpha=0.3)


def counts_of(cells: pd.DataFrame, level: float) -> str:
    return pair(cells[cells["level"] == level].iloc[0], "train")


def loss_curves(rows: Sequence[tuple[Row, str]], *, common_epochs: bool) -> Figure:
    """The training loss over the epochs, raw and divided by the first epoch's: median and quartiles over the seeds.

    rows: of one setting and level, with their methods. common_epochs cuts every curve at the epochs of the shortest.
    """
    methods = list(dict.fromkeys(method for _, method in rows))
    trained = [(row.losses, method) for row, method in rows if row.failure is None]
    epochs = min((len(losses) for losses, _ in trained), default=0) if common_epochs else None
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, 3.4), layout="constrained")
        raw, scaled = figure.subplots(1, 2)
        for index, method in enumerate(methods):
            curves = np.array([losses[:epochs] for losses, by in trained if by == method])
            line = {"color": COLOURS[index % len(COLOURS)], "linestyle": LINES[index // len(COLOURS) % len(LINES)]}
            for panel, values in ((raw, curves), (scaled, curves / curves[:, :1] if len(curves) else curves)):
                draw_curves(panel, values, line, method)
        raw.set(ylabel="training loss", yscale="log")
        scaled.set(ylabel="training loss / that of the first epoch", ylim=(0, None))
        for panel in (raw, scaled):
            panel.set_xlabel("epoch")
            panel.grid(alpha=0.3)
        add_legend(figure, [raw])
    return figure


def draw_curves(panel: Axes, curves: np.ndarray, line: dict[str, Any], label: str) -> None:
    """curves (seeds, epochs): their median, and the band between their quartiles."""
    if len(curves):
        epochs = np.arange(1, curves.shape[1] + 1)
        lower, median, upper = np.quantile(curves, [0.25, 0.5, 0.75], axis=0)
        panel.fill_between(epochs, lower, upper, color=line["color"], alpha=0.2, linewidth=0)
        panel.plot(epochs, median, linewidth=1.2, label=label, **line)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))


def add_legend(figure: Figure, panels: Iterable[Axes]) -> None:
    """Below the panels, in as many columns as fit beside each other; the figure grows by the lines that it has."""
    pairs = [zip(*reversed(panel.get_legend_handles_labels()), strict=True) for panel in panels]
    shown = {label: handle for of_panel in pairs for label, handle in of_panel}
    labels = sorted(shown, key=lambda label: label == PUBLISHED)  # last
    width, height = figure.get_size_inches()
    columns = int(width / (LABEL_INCHES * max(map(len, labels), default=0) + HANDLE_INCHES)) or 1
    lines = -(-len(labels) // columns)
    figure.set_size_inches(width, height + LINE_INCHES * (lines - 1))
    figure.legend([shown[label] for label in labels], labels, loc="outside lower center", ncols=columns)


def save(figure: Figure, folder: Path, name: str) -> bytes:
    """Writes name.svg and name.png into the folder, each whole; returns the content of the first."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {"svg": io.BytesIO(), "png": io.BytesIO()}
    with mpl.rc_context(STYLE):
        figure.savefig(contents["svg"], format="svg", metadata={"Date": None})
        figure.savefig(contents["png"], format="png", dpi=150)
    for kind, content in contents.items():
        write_whole(folder / f"{name}.{kind}", content.getvalue())
    return contents["svg"].getvalue()
