"""Many data sets: do the losses rank alike on pairs of CIFAR-100's superclasses, trained short or long?

A pair of superclasses counts once.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from findings.paired import F1, MARGIN, ROC, SCORES, TUNED, compared, gap, seeds_by
from findings.stored import Stored
from findings.words import LABELS
from imbaloss.report import figures as drawn
from imbaloss.statistics import Interval, Verdict, friedman, signed_rank_probabilities, t_interval

STUDIES = ("pairs", "pairs_long")
BASELINE = "mse"
SAMPLES = 10_000  # of a posterior
SHOWN = (F1, TUNED, ROC)


def facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """lengths: of each study, see `of_study`; in_rank: MFE and MSFE are better in ROC-AUC in each; added: see there."""
    lengths = {name: of_study(one) for name, one in stored.items()}
    return {
        "sets": len(stored["pairs"].study.datasets),
        "lengths": lengths,
        "in_rank": all(
            gap(one["lines"], loss, ROC).verdict is Verdict.BETTER
            for one in lengths.values()
            for loss in ("mfe", "msfe")
        ),
        "added": added(*(one.frame for one in stored.values())),
    }


def of_study(one: Stored) -> dict[str, Any]:
    """lines: each loss against MSE, data sets in the place of seeds; all_pairs: all pairs of losses likewise.

    to_ce: each against cross-entropy; shares, probabilities, errors: see there.
    """
    means = {score: by_set(one.frame, score) for score in SCORES}
    ranks = {score: friedman(table.dropna().to_numpy()) for score, table in means.items()}
    losses = tuple(map(str, one.study.losses))
    in_place = one.frame.assign(seed=one.frame["dataset"])
    return {
        "losses": losses,
        "epochs": one.rows[0].run.recipe.epochs,
        "lines": compared(in_place, "loss", against=BASELINE),
        "to_ce": compared(in_place, "loss", against="ce"),
        "all_pairs": compared(in_place, "loss"),
        "ranks": ranks,
        "mean_ranks": {score: dict(zip(losses, found.mean.tolist(), strict=True)) for score, found in ranks.items()},
        "shares": {score: shares(table) for score, table in means.items()},
        "probabilities": {score: probabilities(table) for score, table in means.items()},
        "errors": errors((means[ROC]["mfe"] - means[ROC][BASELINE]).dropna()),
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


def shares(table: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """Of each loss: on which share of the pairs it is worse than MSE by more than the margin, within it, or better.

    table (data sets, losses).
    """
    found = {}
    for loss in table.columns.drop(BASELINE):
        difference = (table[loss] - table[BASELINE]).dropna()
        worse, better = float((difference < -MARGIN).mean()), float((difference > MARGIN).mean())
        found[str(loss)] = (worse, 1 - worse - better, better)
    return found


def probabilities(table: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """Of each loss, the three probabilities of `signed_rank_probabilities` against MSE. table (data sets, losses)."""
    generator = np.random.default_rng(0)
    return {
        str(loss): signed_rank_probabilities(
            (table[loss] - table[BASELINE]).dropna().to_numpy(float), MARGIN, generator, SAMPLES
        )
        for loss in table.columns.drop(BASELINE)
    }


def errors(differences: pd.Series) -> tuple[float, float]:
    """The standard error of a mean over pairs of classes, all independent; and where those that share a class are not.

    differences: indexed by "one/other". The latter is the root of the sum of e_i e_j over all i and j that share a
    class (i = j too), over n, with e the distances from the mean.
    Source: Aronow, Samii and Assenova 2015, Political Analysis 23.
    """
    classes = [set(str(name).split("/")) for name in differences.index]
    related = np.array([[not one.isdisjoint(other) for other in classes] for one in classes], float)
    values = differences.to_numpy(float)
    apart, n = values - values.mean(), len(values)
    return float(stats.sem(values)), float(np.sqrt(max(apart @ related @ apart, 0.0))) / n


def figures(_: Mapping[str, Stored], found: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    return {
        name: (
            drawn.plot_critical_differences({LABELS[score]: (one["losses"], one["ranks"][score]) for score in SHOWN}),
            f"{one['epochs']} epochs: mean ranks of the losses over {found['sets']} pairs of superclasses, 1 the best; "
            "a bar joins those that differ by less than Nemenyi's critical difference at 5 %",
        )
        for name, one in found["lengths"].items()
    }
