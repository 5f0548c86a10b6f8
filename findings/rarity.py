"""How rare is too rare? Where each loss stops finding positives at ½, and where it stops ranking them."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from findings.paired import PRECISION, ROC, YOUDEN, compared, mean_of
from findings.stored import Stored
from findings.words import LABELS
from imbaloss.report.figures import STYLE
from imbaloss.report.figures.style import marks
from imbaloss.statistics import Interval

STUDIES = ("rarity",)
SCORES = (YOUDEN, ROC, PRECISION)
CHANCE = {YOUDEN: 0.1, ROC: 0.5}  # what an interval must lie above: little more than a coin finds, a coin's ranks
COUNTED = [f"{part}_{kind}" for part in ("train", "test") for kind in ("positives", "negatives")]


def facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """means[score][loss, level]; rarest[score][level]: the losses that lie above chance down to there, see `by_rarest`.

    lines: each loss against cross-entropy.
    """
    frame, study = stored["rarity"].frame, stored["rarity"].study
    frame = frame.assign(**{YOUDEN: frame["recall"] - frame["fpr"]})
    levels = sorted(study.levels, reverse=True)
    means = {
        score: {(loss, level): mean_of(frame[(frame["loss"] == loss) & (frame["level"] == level)], score)
                for loss in study.losses for level in levels}
        for score in SCORES
    }  # fmt: skip
    return {
        "losses": study.losses,
        "levels": levels,
        "counted": frame.groupby("level")[COUNTED].mean().round().astype(int).to_dict("index"),
        "means": means,
        "chance": CHANCE,
        "rarest": {score: by_rarest(means[score], study.losses, levels, chance) for score, chance in CHANCE.items()},
        "lines": compared(frame, "loss", within=["level"], against="ce", scores=SCORES),
    }


def by_rarest(
    means: Mapping[tuple[str, float], Interval], losses: Sequence[str], levels: Sequence[float], chance: float
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


def figures(stored: Mapping[str, Stored], found: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    levels, counts = found["levels"], found["counted"]
    shares = [counts[level]["test_positives"] / sum(counts[level][part] for part in COUNTED[2:]) for level in levels]
    floors = {score: [chance] * len(levels) for score, chance in CHANCE.items()} | {PRECISION: shares}
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 3.6), layout="constrained")
        panels = figure.subplots(1, len(SCORES))
        for panel, score in zip(panels, SCORES, strict=True):
            for loss, mark in marks(found["losses"]).items():
                mean, low, high = np.array([found["means"][score][loss, level] for level in levels]).T
                panel.fill_between(levels, low, high, color=mark["color"], alpha=0.12, linewidth=0)
                panel.plot(levels, mean, label=loss, markersize=4, linewidth=1.2, **mark)
            panel.plot(levels, floors[score], color="black", linewidth=0.8, linestyle=":")
            panel.set(title=LABELS[score], xscale="log", xlabel="level")
            panel.invert_xaxis()
            panel.set_xticks(levels, [f"{level:g}" for level in levels], rotation=45)
            panel.xaxis.set_minor_locator(NullLocator())
            panel.grid(alpha=0.3)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=8)
    sets = len(stored["rarity"].study.datasets)
    caption = (
        f"From common to rare, averaged over {sets} data sets: means over the seeds with 95 % bands; dotted: what "
        "counts as finding, the ranks of a coin, the precision of a coin"
    )
    return {"rarity": (figure, caption)}
