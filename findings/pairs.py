"""Many data sets: do the losses rank the same way on pairs of CIFAR-100's superclasses? A pair counts once."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from findings.paired import F1, LABELS, MARGIN, PRECISION, ROC, TUNED, compared
from findings.stored import Stored
from imbaloss.report import figures as drawn
from imbaloss.statistics import friedman, signed_rank_probabilities

STUDIES = ("pairs",)
BASELINE = "mse"
SCORES = (F1, TUNED, ROC, PRECISION)
SAMPLES = 10_000  # of a posterior


def facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """means (data sets, losses) of each score; ranks; lines: each loss against MSE, data sets as repetitions."""
    frame = stored["pairs"].frame
    means = {
        score: frame.groupby(["dataset", "loss"], sort=False)[score].mean().unstack("loss")[frame["loss"].unique()]
        for score in SCORES
    }
    ranks = {score: friedman(table.dropna().to_numpy()) for score, table in means.items()}
    losses = list(means[F1])
    return {
        "labels": LABELS,
        "losses": losses,
        "sets": len(means[F1]),
        "lines": compared(frame.assign(seed=frame["dataset"]), "loss", against=BASELINE, scores=SCORES),
        "all_pairs": compared(frame.assign(seed=frame["dataset"]), "loss", scores=SCORES),
        "ranks": ranks,
        "mean_ranks": {
            score: dict(zip(losses, found.mean.tolist(), strict=True)) for score, found in ranks.items()
        },
        "probabilities": {score: probabilities(table) for score, table in means.items()},
    }


def probabilities(table: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """Of each loss: that on a new pair of superclasses it is worse than MSE, within the margin, or better."""
    generator = np.random.default_rng(0)
    return {
        loss: signed_rank_probabilities(
            (table[loss] - table[BASELINE]).dropna().to_numpy(), MARGIN, generator, SAMPLES
        )
        for loss in table
        if loss != BASELINE
    }


def figures(_: Mapping[str, Stored], found: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    shown = {LABELS[score]: (found["losses"], found["ranks"][score]) for score in (F1, TUNED, ROC)}
    caption = (
        f"Mean ranks of the losses over {found['sets']} pairs of superclasses, 1 the best; a bar joins those that differ "
        "by less than Nemenyi's critical difference at 5 %"
    )
    return {"pairs": (drawn.critical_differences(shown), caption)}
