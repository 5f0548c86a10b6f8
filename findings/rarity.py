"""How rare is too rare? Where each loss stops finding positives at ½, and where it stops ranking them."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from findings.paired import PRECISION, ROC, YOUDEN, average_over_seeds, compare_entries, select_lines
from findings.stored import Stored
from findings.words import LABELS
from imbaloss.report.figures import STYLE
from imbaloss.report.figures.style import add_legend, assign_marks
from imbaloss.statistics import Interval

Means = Mapping[tuple[str, float], Interval]  # by loss and level

STUDIES = ("rarity",)
SCORES = (YOUDEN, ROC, PRECISION)
LIMITS = (
    0.0,
    0.1,
    0.2,
)  # of Youden's J, 0 for a coin; a loss "finds" at a level if its interval is above the middle one
COIN = 0.5  # ROC-AUC of a coin
COUNTED = [f"{part}_{kind}" for part in ("train", "test") for kind in ("positives", "negatives")]


def compute_facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """Compute what the page says.

    Returns:
        Among others `means`, by data set ("" for all), score, and loss and level; `lines` and `on_each`, each loss
        against cross-entropy, over the data sets and on each; `finds`, by data set and limit of Youden's J, and
        `ranks`, by data set, the losses of `group_by_rarest`.
    """
    frame, study = stored["rarity"].frame, stored["rarity"].study
    frame = frame.assign(**{YOUDEN: frame["recall"] - frame["fpr"]})
    losses, levels = tuple(map(str, study.losses)), sorted(study.levels, reverse=True)
    places = {"": frame} | dict(list(frame.groupby("dataset", sort=False)))
    means = {place: average_by_cell(of_place, losses, levels) for place, of_place in places.items()}
    return {
        "losses": losses,
        "levels": levels,
        "datasets": study.datasets,
        "counted": frame.groupby("level")[COUNTED].mean().round().astype(int).to_dict("index"),
        "means": means,
        "limits": LIMITS,
        "finds": {
            place: {limit: group_by_rarest(of_place[YOUDEN], losses, levels, limit) for limit in LIMITS}
            for place, of_place in means.items()
        },
        "ranks": {place: group_by_rarest(of_place[ROC], losses, levels, COIN) for place, of_place in means.items()},
        "lines": compare_entries(frame, "loss", within=["level"], against="ce", scores=SCORES),
        "on_each": compare_entries(frame, "loss", within=["dataset", "level"], against="ce", scores=SCORES),
    }


def average_by_cell(frame: pd.DataFrame, losses: Sequence[str], levels: Sequence[float]) -> dict[str, Means]:
    """Return the mean and interval of each score by loss and level."""
    cells = {(loss, level): select_lines(frame, loss=loss, level=level) for loss in losses for level in levels}
    return {score: {key: average_over_seeds(cell, score) for key, cell in cells.items()} for score in SCORES}


def group_by_rarest(
    means: Means, losses: Sequence[str], levels: Sequence[float], chance: float
) -> dict[float | None, list[str]]:
    """Group the losses by the rarest level down to which their interval lies above chance.

    Levels are read from the highest down, to the last before the first that does not lie above chance. A loss that
    does not even at the highest level belongs to None.
    """
    groups: dict[float | None, list[str]] = {}
    for loss in losses:
        above = [means[loss, level].low > chance for level in levels]
        reached = above.index(False) if False in above else len(above)
        groups.setdefault(levels[reached - 1] if reached else None, []).append(loss)
    return groups


def plot_figures(_: Mapping[str, Stored], facts: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    """Plot the figures of the page: by file name, each with its caption."""
    levels, counts = facts["levels"], facts["counted"]
    shares = [counts[level]["test_positives"] / sum(counts[level][part] for part in COUNTED[2:]) for level in levels]
    floors = {YOUDEN: [LIMITS[1]] * len(levels), ROC: [COIN] * len(levels), PRECISION: shares}
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 8.4), layout="constrained")
        rows = figure.subplots(len(SCORES), len(facts["datasets"]), sharex=True, sharey="row", squeeze=False)
        for row, score in zip(rows, SCORES, strict=True):
            for panel, dataset in zip(row, facts["datasets"], strict=True):
                for loss, mark in assign_marks(facts["losses"]).items():
                    mean, low, high = np.array([facts["means"][dataset][score][loss, level] for level in levels]).T
                    panel.fill_between(levels, low, high, color=mark["color"], alpha=0.08, linewidth=0)
                    panel.plot(levels, mean, label=loss, markersize=4, linewidth=1.2, **mark)
                panel.plot(levels, floors[score], color="black", linewidth=0.8, linestyle=":")
                panel.set_xscale("log")
                panel.grid(alpha=0.3)
            row[0].set_ylabel(LABELS[score])
        rows[0, 0].invert_xaxis()
        for panel, dataset in zip(rows[0], facts["datasets"], strict=True):
            panel.set_title(dataset)
        for panel in rows[-1]:
            positives = [counts[level]["train_positives"] for level in levels]
            panel.set_xticks(levels, [f"{level:g}\n{count}" for level, count in zip(levels, positives, strict=True)])
            panel.xaxis.set_minor_locator(NullLocator())
            panel.set_xlabel("level, positives in training")
        add_legend(figure, rows[0, :1])
    caption = (
        "From common to rare, on each data set: means over the seeds with 95 % bands; dotted: what counts as finding, "
        "the ranks of a coin, the precision of a coin"
    )
    return {"rarity": (figure, caption)}
