"""How rare is too rare? Where each loss stops finding positives at ½, and where it stops ranking them."""

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from findings.paired import LABELS, PRECISION, ROC, compared, mean_of
from findings.stored import Stored
from imbaloss.report.figures import STYLE
from imbaloss.report.figures.style import marks
from imbaloss.statistics import Interval

STUDIES = ("rarity",)
RECALL = "recall"
SCORES = (RECALL, ROC, PRECISION)
CHANCE = {RECALL: 0.1, ROC: 0.5}  # what the interval must lie above: one positive in ten, the ranks of a coin


def facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """means[score][loss, level]; rarest[score][loss]: the lowest level down to which it is above chance, None for none."""
    frame, study = stored["rarity"].frame, stored["rarity"].study
    cells = {key: some for key, some in frame.groupby(["loss", "level"], sort=False)}
    means = {score: {key: mean_of(some, score) for key, some in cells.items()} for score in SCORES}
    levels = sorted(study.levels, reverse=True)
    counted = frame.groupby("level")[["train_positives", "train_negatives", "test_positives", "test_negatives"]]
    return {
        "labels": LABELS,
        "losses": study.losses,
        "levels": levels,
        "positives": counted.mean().round().astype(int).to_dict("index"),
        "means": means,
        "rarest": {
            score: {loss: rarest(means[score], loss, levels, chance) for loss in study.losses}
            for score, chance in CHANCE.items()
        },
        "lines": compared(frame, "loss", within=["level"], against="ce", scores=SCORES),
        "chance": CHANCE,
    }


def rarest(means: Mapping[tuple[str, float], Interval], loss: str, levels: list[float], chance: float) -> float | None:
    """The last of the levels, from the highest down, at all of which the interval lies above chance."""
    found = None
    for level in levels:
        if not means[loss, level].low > chance:
            break
        found = level
    return found


def figures(stored: Mapping[str, Stored], found: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    levels = np.array(found["levels"])
    shares = np.array([found["positives"][level]["test_positives"] / (found["positives"][level]["test_positives"] + found["positives"][level]["test_negatives"]) for level in levels])
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 3.6), layout="constrained")
        panels = figure.subplots(1, len(SCORES))
        for panel, score in zip(panels, SCORES, strict=True):
            for loss, mark in marks(found["losses"]).items():
                low, mean, high = np.array([
                    [one.low, one.estimate, one.high] for one in (found["means"][score][loss, level] for level in levels)
                ]).T  # fmt: skip
                panel.fill_between(levels, low, high, color=mark["color"], alpha=0.12, linewidth=0)
                panel.plot(levels, mean, label=loss, markersize=4, linewidth=1.2, **mark)
            floor = shares if score == PRECISION else np.full(len(levels), CHANCE[score])
            panel.plot(levels, floor, color="black", linewidth=0.8, linestyle=":")
            panel.set(title=found["labels"][score], xscale="log", xlabel="level")
            panel.invert_xaxis()
            panel.xaxis.set_major_locator(FixedLocator(levels.tolist()))
            panel.xaxis.set_minor_locator(NullLocator())
            panel.set_xticks(levels, [f"{level:g}" for level in levels], rotation=45)
            panel.grid(alpha=0.3)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=8)
    sets = len(stored["rarity"].study.datasets)
    caption = (
        f"From common to rare, averaged over {sets} data sets: means over the seeds with 95 % bands; dotted: one positive "
        "in ten found, ranks of a coin, precision of a coin"
    )
    return {"rarity": (figure, caption)}
