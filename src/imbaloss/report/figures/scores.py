"""A score of each method at each level."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from imbaloss.report.cells import Cell, Compared
from imbaloss.report.figures.style import STYLE, add_legend, columns_of, marks, tell
from imbaloss.report.tables import pair, shows_published

PUBLISHED = "published"
MOST_DOTS = 20  # repetitions that are drawn one by one


def scores(table: pd.DataFrame, cells: Sequence[Cell], compared: Compared) -> Figure:
    """One panel a setting: each method at each level, its mean with its interval, each run, the published value if any.

    table: with a line for each method in each cell; cells: the same, with the score of each run.
    """
    settings = list(dict.fromkeys(table["setting"]))
    lines, columns = columns_of(len(settings))
    with mpl.rc_context(STYLE):
        size = (max(3.0 * columns + 0.8, 5.5), 2.7 * lines + 0.5)
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(lines, columns, squeeze=False, sharey=True).flatten().tolist()
        for panel, setting in zip(panels, settings, strict=False):
            of_setting = [cell for cell in cells if cell.setting == setting]
            draw_setting(
                panel, table[table["setting"] == setting], of_setting, compared, marks(table["method"].unique())
            )
            panel.set_title(setting)
            panel.set_xlabel("level, and positives/negatives in train")
        for panel in panels[len(settings) :]:
            panel.remove()
        for panel in panels[::columns]:
            panel.set_ylabel(compared.label)
        add_legend(figure, panels[: len(settings)], last=PUBLISHED)
    return figure


def draw_setting(
    panel: Axes, table: pd.DataFrame, cells: Sequence[Cell], compared: Compared, of_methods: dict[str, dict[str, Any]]
) -> None:
    levels = list(dict.fromkeys(table["level"]))
    theirs = f"published_{compared.column}"
    for index, (method, mark) in enumerate(of_methods.items()):
        shift = (index - (len(of_methods) - 1) / 2) * 0.7 / len(of_methods)
        of_method = table[table["method"] == method].set_index("level")
        point: Any = {**mark, "linestyle": "none"}
        for level, one in of_method.iterrows():
            place, mean = levels.index(level) + shift, one[compared.column]
            runs = next(cell.scores[method] for cell in cells if cell.level == level)
            if 1 < len(runs) <= MOST_DOTS:
                dots = {"color": mark["color"], "markersize": 3, "alpha": 0.5, "linestyle": "none"}
                panel.plot(np.full(len(runs), place), runs, ".", **dots)
            low, high = one[f"{compared.column}_low"], one[f"{compared.column}_high"]
            if pd.notna(low):
                panel.plot([place, place], [low, high], color=mark["color"], linewidth=1.3, solid_capstyle="butt")
            [drawn] = panel.plot(place, mean, markersize=5.5, label=method, **point)
            said = f"{mean:.4f}" + (f" ({low:.4f} to {high:.4f})" if pd.notna(low) else "")
            tell(drawn, f"{method} at level {level:g}: {compared.label} {said}")
            if theirs in one and pd.notna(one[theirs]):
                [drawn] = panel.plot(place, one[theirs], markerfacecolor="none", markersize=9, **point)
                tell(drawn, f"{method} at level {level:g}: published {one[theirs]:.4f}")
    if shows_published(table, compared):
        panel.plot([], [], "o", color="black", markerfacecolor="none", markersize=9, label=PUBLISHED)
    counts = [pair(table[table["level"] == level].iloc[0], "train") for level in levels]
    ticks = [f"{level:.4g}\n{of_level}" for level, of_level in zip(levels, counts, strict=True)]
    panel.set_xticks(range(len(levels)), ticks)
    panel.set_xlim(-0.5, len(levels) - 0.5)
    panel.grid(axis="y", alpha=0.3)
