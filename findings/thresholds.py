"""How much of the gain is only a moved threshold? Every loss against cross-entropy, at ½, tuned, and ranked."""

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from findings.paired import (
    CALIBRATED,
    F1,
    MARGIN,
    MOVED,
    PRECISION,
    ROC,
    TUNED,
    compare_entries,
    find_comparison,
    tabulate_by_seed,
)
from findings.stored import Stored
from findings.words import LABELS
from imbaloss.report.comparisons import CellComparison
from imbaloss.report.figures import COLOURS, STYLE
from imbaloss.report.figures.differences import LOOKS, MARKS
from imbaloss.report.figures.style import add_legend
from imbaloss.statistics import t_interval

STUDIES = ("thresholds",)
BASELINE = "ce"
TOGETHER = "together"  # name of the losses of WEIGHING as one method
SCORES = (F1, CALIBRATED, TUNED, ROC, PRECISION)
WEIGHING = (  # the losses that treat the classes by their counts (weights, shifts, margins) or by their errors
    "wmse", "mfe", "mfe_p_norm", "mfe_adaptive", "msfe", "msfe_unbiased", "wce", "class_balanced", "focal:alpha=0.75",
    "logit_adjusted", "vs", "ldam", "ldam_drw:after=30",
)  # fmt: skip
F1_MARKS: dict[str, dict[str, Any]] = {
    F1: {"marker": "o", "markerfacecolor": "none", "color": COLOURS[1]},
    CALIBRATED: {"marker": "D", "markerfacecolor": "none", "color": COLOURS[2]},
    TUNED: {"marker": "o", "color": COLOURS[0]},
}
LEAST = -0.1  # smallest difference that the axes show


def compute_facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """Compute what the page says.

    Returns:
        Among others `lines`, each loss against cross-entropy; `gains` and `by_level`, the losses of WEIGHING as one
        method against it; `own`, what cross-entropy gains from a tuned threshold and from calibration; `spread`, the
        standard deviation of the losses' means. The score MOVED is F1 at ½ minus F1 at the tuned threshold, the gain
        from the position of the threshold.
    """
    frame = join_calibrated(stored["thresholds"].frame)
    tables = {score: tabulate_by_seed(frame, "loss", score) for score in SCORES}
    means = {
        score: {loss: t_interval(table[loss].dropna().to_numpy()) for loss in table} for score, table in tables.items()
    }
    weighing = frame[frame["loss"].isin([*WEIGHING, BASELINE])]
    as_one = weighing.assign(
        method=weighing["loss"].where(weighing["loss"] == BASELINE, TOGETHER),
        **{MOVED: weighing[F1] - weighing[TUNED]},
    )
    plain = {score: tables[score][BASELINE] for score in (F1, TUNED, CALIBRATED)}
    return {
        "losses": tuple(map(str, stored["thresholds"].study.losses)),
        "lines": compare_entries(frame, "loss", against=BASELINE, scores=SCORES),
        "weighing": [loss for loss in WEIGHING if loss in means[F1]],
        "gains": compare_entries(as_one, "method", against=BASELINE, scores=(*SCORES, MOVED)),
        "by_level": compare_entries(as_one, "method", within=["level"], against=BASELINE, scores=(*SCORES, MOVED)),
        "levels": sorted(stored["thresholds"].study.levels, reverse=True),
        "own": {score: t_interval((plain[score] - plain[F1]).dropna().to_numpy()) for score in (TUNED, CALIBRATED)},
        "spread": {score: table.mean().std() for score, table in tables.items()},
        "order": sorted(means[F1], key=lambda loss: -means[F1][loss].estimate),
        "means": means,
    }


def join_calibrated(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the plain trainings with a column for the F1 at ½ of the same network after calibration."""
    keys = ["dataset", "level", "loss", "seed"]
    calibrated = frame[frame["recipe"] == "calibrated"].set_index(keys)[F1].rename(CALIBRATED)
    return frame[frame["recipe"] == "plain"].join(calibrated, on=keys)


def plot_figures(_: Mapping[str, Stored], facts: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    """Plot the figures of the page: by file name, each with its caption."""
    means, order, lines = facts["means"], facts["order"], facts["lines"]
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
                    draw_difference(panel, find_comparison(lines, loss, score), place)
        for panel, score in zip(ranked, (ROC, PRECISION), strict=True):
            panel.axvspan(-MARGIN, MARGIN, color="#999999", alpha=0.2, linewidth=0)
            panel.axvline(0, color="black", linewidth=0.8)
            panel.set_title(f"{LABELS[score]} less that of {BASELINE}")
            panel.set_xlim(left=LEAST - 0.005)
            panel.xaxis.set_major_locator(MultipleLocator(0.05))
        for label, look in MARKS.items():
            ranked[0].plot([], [], color=COLOURS[0], linestyle="none", label=label, **look)
        scores.set_title("F1")
        scores.set_yticks(np.arange(len(order)), order)
        scores.set_ylim(len(order) - 0.3, -0.7)
        for panel in (scores, *ranked):
            panel.grid(axis="x", alpha=0.3)
            panel.tick_params(axis="y", length=0)
        add_legend(figure, (scores, ranked[0]))
    caption = (
        "Every loss, over all cells: left its F1 at ½, the same after calibration, and at the threshold "
        "tuned on validation; then what needs no threshold, less that of cross-entropy, with 95 % intervals over the "
        "seeds, filled where "
        f"the test decides, square where equivalent within the band; what lies below {LEAST:g} is given as a number"
    )
    return {"thresholds": (figure, caption)}


def draw_difference(panel: Axes, comparison: CellComparison, place: int) -> None:
    """Draw a difference with its interval at a height; beyond the axis, an arrow with its mean instead."""
    mean, low, high = comparison.interval
    if mean < LEAST:
        panel.plot(LEAST, place, "<", color=COLOURS[0], markersize=4.5)
        panel.annotate(f"{mean:+.2f}", (LEAST + 0.006, place), va="center", fontsize=7, color=COLOURS[0])
        return
    panel.plot([low, high], [place, place], color=COLOURS[0], linewidth=1.2)
    look = MARKS[LOOKS[comparison.verdict]]
    panel.plot(mean, place, color=COLOURS[0], markersize=4.5, linestyle="none", **look)
