"""How much of the gain is only a moved threshold? Every loss against cross-entropy, at ½, at the tuned threshold, ranked."""

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from findings.paired import CALIBRATED, F1, LABELS, PRECISION, ROC, TUNED, compared, seeds_by
from findings.stored import Stored
from imbaloss.report.figures import COLOURS, STYLE
from imbaloss.statistics import Interval, t_interval

STUDIES = ("thresholds",)
BASELINE = "ce"
SCORES = (F1, CALIBRATED, TUNED, ROC, PRECISION)


def facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """lines: each loss against cross-entropy; gains: of those that are better at ½, in each score, together."""
    frame = side_by_side(stored["thresholds"].frame)
    lines = compared(frame, "loss", against=BASELINE, scores=SCORES)
    at_half = lines[(lines["score"] == LABELS[F1]) & (lines["verdict"] == "better")]["first"].tolist()
    tables = {score: seeds_by(frame, "loss", score) for score in SCORES}
    return {
        "labels": LABELS,
        "lines": lines,
        "losses": stored["thresholds"].study.losses,
        "better": at_half,
        "gains": {score: gain(table, at_half) for score, table in tables.items()},
        "means": {score: table.mean() for score, table in tables.items()},
        "spread": {score: table.mean().std() for score, table in tables.items()},
        "own": t_interval((tables[TUNED][BASELINE] - tables[F1][BASELINE]).dropna().to_numpy()),
        "intervals": {
            score: {loss: t_interval(table[loss].dropna().to_numpy()) for loss in table} for score, table in tables.items()
        },
    }


def side_by_side(frame: pd.DataFrame) -> pd.DataFrame:
    """The plain trainings, with the F1 at ½ of the same network, calibrated."""
    keys = ["dataset", "level", "loss", "seed"]
    calibrated = frame[frame["recipe"] == "calibrated"].set_index(keys)[F1].rename(CALIBRATED)
    return frame[frame["recipe"] == "plain"].join(calibrated, on=keys)


def gain(table: pd.DataFrame, losses: list[str]) -> Interval:
    """Over cross-entropy, of the mean of the losses."""
    return t_interval((table[losses].mean(axis=1) - table[BASELINE]).to_numpy()) if losses else Interval(*[np.nan] * 3)


def figures(_: Mapping[str, Stored], found: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    means, intervals = found["means"], found["intervals"]
    order = means[F1].sort_values().index.tolist()
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, 0.2 * len(order) + 1.6), layout="constrained")
        panels = figure.subplots(1, 3, sharey=True)
        marks = {
            F1: {"marker": "o", "markerfacecolor": "none", "color": COLOURS[1]},
            CALIBRATED: {"marker": "D", "markerfacecolor": "none", "color": COLOURS[2]},
            TUNED: {"marker": "o", "color": COLOURS[0]},
        }
        for place, loss in enumerate(order):
            ends = [means[score][loss] for score in marks]
            panels[0].plot([min(ends), max(ends)], [place, place], color="#bbbbbb", linewidth=1)
            for score, mark in marks.items():
                label = LABELS[score] if place == 0 else None
                panels[0].plot(means[score][loss], place, markersize=5, linestyle="none", label=label, **mark)
            for panel, score in zip(panels[1:], (ROC, PRECISION), strict=True):
                mean, low, high = intervals[score][loss]
                panel.plot([low, high], [place, place], color=COLOURS[0], linewidth=1.2)
                panel.plot(mean, place, "o", color=COLOURS[0], markersize=4.5)
        for panel, title in zip(panels, ("F1", LABELS[ROC], LABELS[PRECISION]), strict=True):
            panel.set_title(title)
            panel.grid(axis="x", alpha=0.3)
        for panel, score in zip(panels[1:], (ROC, PRECISION), strict=True):
            panel.axvline(means[score][BASELINE], color="black", linewidth=0.8, linestyle=":")
        panels[0].set_yticks(range(len(order)), order)
        panels[0].set_ylim(-0.7, len(order) - 0.3)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    caption = (
        "Every loss, over all cells: left its F1 at ½, the same after calibration, and at the threshold tuned on tune; "
        "then what needs no threshold, with 95 % intervals over the seeds; dotted: cross-entropy"
    )
    return {"thresholds": (figure, caption)}
