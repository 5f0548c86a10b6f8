"""How rare is too rare? Where each loss stops finding positives at ½, and where it stops ranking them."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from findings.paired import PRECISION, ROC, YOUDEN, at, compared, mean_of
from findings.stored import Stored
from findings.words import LABELS
from imbaloss.report.figures import STYLE
from imbaloss.report.figures.style import add_legend, assign_marks
from imbaloss.statistics import Interval

Means = Mapping[tuple[str, float], Interval]  # by loss and level

STUDIES = ("rarity",)
SCORES = (YOUDEN, ROC, PRECISION)
FOUND = (0.0, 0.1, 0.2)  # that the interval of Youden's J lies above, 0 for a coin; the middle one is the page's word
COIN = 0.5  # the ROC-AUC of one
COUNTED = [f"{part}_{kind}" for part in ("train", "test") for kind in ("positives", "negatives")]


def facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """means[dataset][score][loss, level], of all data sets under ""; lines: each loss against cross-entropy.

    finds[dataset][J][level], ranks[dataset][level]: the losses that lie above chance down to there, see `by_rarest`.
    """
    frame, study = stored["rarity"].frame, stored["rarity"].study
    frame = frame.assign(**{YOUDEN: frame["recall"] - frame["fpr"]})
    losses, levels = tuple(map(str, study.losses)), sorted(study.levels, reverse=True)
    places = {"": frame} | dict(list(frame.groupby("dataset", sort=False)))
    means = {place: means_of(some, losses, levels) for place, some in places.items()}
    return {
        "losses": losses,
        "levels": levels,
        "datasets": study.datasets,
        "counted": frame.groupby("level")[COUNTED].mean().round().astype(int).to_dict("index"),
        "means": means,
        "found": FOUND,
        "finds": {
            place: {limit: by_rarest(some[YOUDEN], losses, levels, limit) for limit in FOUND}
            for place, some in means.items()
        },
        "ranks": {place: by_rarest(some[ROC], losses, levels, COIN) for place, some in means.items()},
        "lines": compared(frame, "loss", within=["level"], against="ce", scores=SCORES),
        "on_each": compared(frame, "loss", within=["dataset", "level"], against="ce", scores=SCORES),
    }


def means_of(frame: pd.DataFrame, losses: Sequence[str], levels: Sequence[float]) -> dict[str, Means]:
    cells = {(loss, level): at(frame, loss=loss, level=level) for loss in losses for level in levels}
    return {score: {key: mean_of(some, score) for key, some in cells.items()} for score in SCORES}


def by_rarest(
    means: Means, losses: Sequence[str], levels: Sequence[float], chance: float
) -> dict[float | None, list[str]]:
    """The losses by the last of the levels, from the highest down, at all of which their interval lies above chance.

    None: not even at the highest.
    """
    found: dict[float | None, list[str]] = {}
    for loss in losses:
        above = [means[loss, level].low > chance for level in levels]
        reached = above.index(False) if False in above else len(above)
        found.setdefault(levels[reached - 1] if reached else None, []).append(loss)
    return found


def figures(_: Mapping[str, Stored], found: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    levels, counts = found["levels"], found["counted"]
    shares = [counts[level]["test_positives"] / sum(counts[level][part] for part in COUNTED[2:]) for level in levels]
    floors = {YOUDEN: [FOUND[1]] * len(levels), ROC: [COIN] * len(levels), PRECISION: shares}
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 8.4), layout="constrained")
        rows = figure.subplots(len(SCORES), len(found["datasets"]), sharex=True, sharey="row", squeeze=False)
        for row, score in zip(rows, SCORES, strict=True):
            for panel, dataset in zip(row, found["datasets"], strict=True):
                for loss, mark in assign_marks(found["losses"]).items():
                    mean, low, high = np.array([found["means"][dataset][score][loss, level] for level in levels]).T
                    panel.fill_between(levels, low, high, color=mark["color"], alpha=0.08, linewidth=0)
                    panel.plot(levels, mean, label=loss, markersize=4, linewidth=1.2, **mark)
                panel.plot(levels, floors[score], color="black", linewidth=0.8, linestyle=":")
                panel.set_xscale("log")
                panel.grid(alpha=0.3)
            row[0].set_ylabel(LABELS[score])
        rows[0, 0].invert_xaxis()
        for panel, dataset in zip(rows[0], found["datasets"], strict=True):
            panel.set_title(dataset)
        for panel in rows[-1]:
            positives = [counts[level]["train_positives"] for level in levels]
            panel.set_xticks(levels, [f"{level:g}\n{some}" for level, some in zip(levels, positives, strict=True)])
            panel.xaxis.set_minor_locator(NullLocator())
            panel.set_xlabel("level, positives in training")
        add_legend(figure, rows[0, :1])
    caption = (
        "From common to rare, on each data set: means over the seeds with 95 % bands; dotted: what counts as finding, "
        "the ranks of a coin, the precision of a coin"
    )
    return {"rarity": (figure, caption)}
