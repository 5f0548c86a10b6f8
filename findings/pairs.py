"""Many data sets: do the losses rank alike on pairs of CIFAR-100's superclasses, trained short or long?

A pair of superclasses counts once.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from findings.paired import F1, MARGIN, ROC, SCORES, TUNED, compared, seeds_by
from findings.stored import Stored
from findings.words import LABELS
from imbaloss.report import figures as drawn
from imbaloss.statistics import Interval, friedman, signed_rank_probabilities, t_interval

STUDIES = ("pairs", "pairs_long")
BASELINE = "mse"
SAMPLES = 10_000  # of a posterior
SHOWN = (F1, TUNED, ROC)


def facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """lengths: of each study, see `of_study`; added: see there."""
    return {
        "sets": len(stored["pairs"].study.datasets),
        "lengths": {name: of_study(one) for name, one in stored.items()},
        "added": added(*(one.frame for one in stored.values())),
    }


def of_study(one: Stored) -> dict[str, Any]:
    """lines: each loss against MSE, data sets in the place of seeds; all_pairs: all pairs of losses likewise."""
    means = {score: by_set(one.frame, score) for score in SCORES}
    ranks = {score: friedman(table.dropna().to_numpy()) for score, table in means.items()}
    in_place = one.frame.assign(seed=one.frame["dataset"])
    return {
        "losses": one.study.losses,
        "epochs": one.rows[0].run.recipe.epochs,
        "lines": compared(in_place, "loss", against=BASELINE),
        "all_pairs": compared(in_place, "loss"),
        "ranks": ranks,
        "mean_ranks": {
            score: dict(zip(one.study.losses, found.mean.tolist(), strict=True)) for score, found in ranks.items()
        },
        "probabilities": {score: probabilities(table) for score, table in means.items()},
    }


def by_set(frame: pd.DataFrame, score: str) -> pd.DataFrame:
    """(data sets, losses): means over the seeds."""
    return seeds_by(frame.assign(seed=frame["dataset"]), "loss", score)


def added(short: pd.DataFrame, long: pd.DataFrame) -> dict[str, dict[str, Interval]]:
    """By score and loss: its difference to MSE after the longer training less that after the shorter, over the pairs.

    Of the seeds that both have.
    """
    seeds = set(short["seed"]) & set(long["seed"])
    found: dict[str, dict[str, Interval]] = {}
    for score in SCORES:
        before, after = (by_set(frame[frame["seed"].isin(seeds)], score) for frame in (short, long))
        change = after.sub(after[BASELINE], axis=0) - before.sub(before[BASELINE], axis=0)
        found[score] = {str(loss): t_interval(change[loss].dropna().to_numpy()) for loss in after if loss != BASELINE}
    return found


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
    return {
        name: (
            drawn.critical_differences({LABELS[score]: (one["losses"], one["ranks"][score]) for score in SHOWN}),
            f"{one['epochs']} epochs: mean ranks of the losses over {found['sets']} pairs of superclasses, 1 the best; "
            "a bar joins those that differ by less than Nemenyi's critical difference at 5 %",
        )
        for name, one in found["lengths"].items()
    }
