"""How much of the gain is only a moved threshold? Every loss against cross-entropy, at ½, tuned, and ranked."""

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from findings.paired import F1, MARGIN, PRECISION, ROC, TUNED, compared, gap, seeds_by
from findings.stored import Stored
from findings.words import LABELS
from imbaloss.report.figures import COLOURS, STYLE
from imbaloss.report.figures.differences import LOOKS, MARKS
from imbaloss.statistics import Interval, t_interval

STUDIES = ("thresholds",)
BASELINE = "ce"
CALIBRATED = "calibrated_f1"
SCORES = (F1, CALIBRATED, TUNED, ROC, PRECISION)
WEIGHING = (  # the losses that weigh or shift the classes by how rare they are, or by their errors
    "wmse", "mfe", "mfe_p_norm", "mfe_adaptive", "msfe", "msfe_unbiased", "wce", "class_balanced", "focal:alpha=0.75",
    "logit_adjusted", "balanced_softmax", "vs",
)  # fmt: skip
F1_MARKS: dict[str, dict[str, Any]] = {
    F1: {"marker": "o", "markerfacecolor": "none", "color": COLOURS[1]},
    CALIBRATED: {"marker": "D", "markerfacecolor": "none", "color": COLOURS[2]},
    TUNED: {"marker": "o", "color": COLOURS[0]},
}


def facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """lines: each loss against cross-entropy; gains, by_level: of those that weigh classes, in each score, together.

    own: what cross-entropy gains from a tuned threshold; spread: the deviation of the losses' means in each score.
    """
    frame = side_by_side(stored["thresholds"].frame)
    lines = compared(frame, "loss", against=BASELINE, scores=SCORES)
    tables = {score: seeds_by(frame, "loss", score) for score in SCORES}
    means = {
        score: {loss: t_interval(table[loss].dropna().to_numpy()) for loss in table} for score, table in tables.items()
    }
    return {
        "losses": stored["thresholds"].study.losses,
        "lines": lines,
        "weighing": [loss for loss in WEIGHING if loss in means[F1]],
        "gains": {score: gain(frame, score) for score in SCORES},
        "by_level": {
            level: {score: gain(some, score) for score in SCORES} for level, some in frame.groupby("level", sort=False)
        },
        "own": t_interval((tables[TUNED][BASELINE] - tables[F1][BASELINE]).dropna().to_numpy()),
        "spread": {score: table.mean().std() for score, table in tables.items()},
        "means": means,
        "order": sorted(means[F1], key=lambda loss: -means[F1][loss].estimate),
    }


def side_by_side(frame: pd.DataFrame) -> pd.DataFrame:
    """The plain trainings, with the F1 at ½ of the same network, calibrated."""
    keys = ["dataset", "level", "loss", "seed"]
    calibrated = frame[frame["recipe"] == "calibrated"].set_index(keys)[F1].rename(CALIBRATED)
    return frame[frame["recipe"] == "plain"].join(calibrated, on=keys)


def gain(frame: pd.DataFrame, score: str) -> Interval:
    """Over cross-entropy, of the mean of the losses that weigh classes."""
    table = seeds_by(frame, "loss", score)
    weighing = table[[loss for loss in table if loss in WEIGHING]].mean(axis=1)
    return t_interval((weighing - table[BASELINE]).dropna().to_numpy())


def figures(_: Mapping[str, Stored], found: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    means, order, lines = found["means"], found["order"], found["lines"]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, 0.2 * len(order) + 1.6), layout="constrained")
        scores, *ranked = figure.subplots(1, 3, sharey=True)
        for place, loss in enumerate(order):
            ends = [means[score][loss].estimate for score in F1_MARKS]
            scores.plot([min(ends), max(ends)], [place, place], color="#bbbbbb", linewidth=1)
            for end, (score, mark) in zip(ends, F1_MARKS.items(), strict=True):
                label = LABELS[score] if place == 0 else None
                scores.plot(end, place, markersize=5, linestyle="none", label=label, **mark)
            for panel, score in zip(ranked, (ROC, PRECISION), strict=True):
                if loss != BASELINE:
                    one = gap(lines, loss, score)
                    panel.plot([one.low, one.high], [place, place], color=COLOURS[0], linewidth=1.2)
                    look = MARKS[LOOKS[one.verdict]]
                    panel.plot(one.difference, place, color=COLOURS[0], markersize=4.5, linestyle="none", **look)
        for panel, score in zip(ranked, (ROC, PRECISION), strict=True):
            panel.axvspan(-MARGIN, MARGIN, color="#999999", alpha=0.2, linewidth=0)
            panel.axvline(0, color="black", linewidth=0.8)
            panel.set_title(f"{LABELS[score]} less that of {BASELINE}")
        scores.set_title("F1")
        scores.set_yticks(np.arange(len(order)), order)
        scores.set_ylim(len(order) - 0.3, -0.7)
        for panel in (scores, *ranked):
            panel.grid(axis="x", alpha=0.3)
            panel.tick_params(axis="y", length=0)
        figure.legend(*scores.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    caption = (
        "Every loss, over all cells: left its F1 at ½, the same after calibration, and at the threshold tuned on tune; "
        "then what needs no threshold, less that of cross-entropy, with 95 % intervals over the seeds, filled where "
        "the test decides, square where equivalent within the band"
    )
    return {"thresholds": (figure, caption)}
