"""Many data sets: do the losses rank the same way on pairs of CIFAR-100's superclasses? A pair counts once."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from findings.paired import F1, MARGIN, ROC, SCORES, TUNED, compared
from findings.stored import Stored
from findings.words import LABELS
from imbaloss.report import figures as drawn
from imbaloss.statistics import friedman, signed_rank_probabilities

STUDIES = ("pairs",)
BASELINE = "mse"
SAMPLES = 10_000  # of a posterior


def facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """lines: each loss against MSE, data sets in the place of seeds; all_pairs: all pairs of losses likewise."""
    frame = stored["pairs"].frame
    losses = list(frame["loss"].unique())
    means = {score: frame.groupby(["dataset", "loss"])[score].mean().unstack("loss")[losses] for score in SCORES}
    ranks = {score: friedman(table.dropna().to_numpy()) for score, table in means.items()}
    by_set = frame.assign(seed=frame["dataset"])
    return {
        "losses": losses,
        "sets": frame["dataset"].nunique(),
        "lines": compared(by_set, "loss", against=BASELINE),
        "all_pairs": compared(by_set, "loss"),
        "ranks": ranks,
        "mean_ranks": {score: dict(zip(losses, found.mean.tolist(), strict=True)) for score, found in ranks.items()},
        "probabilities": {score: probabilities(table) for score, table in means.items()},
    }


def probabilities(table: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """Of each loss: that on a new pair of superclasses it is worse than MSE, within the margin, or better.

    table (data sets, losses).
    """
    generator = np.random.default_rng(0)
    found = {}
    for loss in table:
        if loss != BASELINE:
            differences = (table[loss] - table[BASELINE]).dropna().to_numpy(float)
            found[str(loss)] = signed_rank_probabilities(differences, MARGIN, generator, SAMPLES)
    return found


def figures(_: Mapping[str, Stored], found: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    shown = {LABELS[score]: (found["losses"], found["ranks"][score]) for score in (F1, TUNED, ROC)}
    caption = (
        f"Mean ranks of the losses over {found['sets']} pairs of superclasses, 1 the best; a bar joins those that "
        "differ by less than Nemenyi's critical difference at 5 %"
    )
    return {"pairs": (drawn.critical_differences(shown), caption)}
