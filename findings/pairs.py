"""Many data sets: do the losses rank alike on pairs of CIFAR-100's superclasses, trained short or long?

A pair of superclasses counts once.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from findings.paired import F1, MARGIN, ROC, SCORES, TUNED, compare_entries, find_comparison, tabulate_by_seed
from findings.stored import Stored
from findings.words import LABELS
from imbaloss.report import figures as drawn
from imbaloss.statistics import Interval, Verdict, friedman, signed_rank_probabilities, t_interval

STUDIES = ("pairs", "pairs_long")
BASELINE = "mse"
SAMPLES = 10_000  # draws from the posterior
SHOWN = (F1, TUNED, ROC)


def compute_facts(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """Compute what the page says.

    Returns:
        `sets`, the number of pairs; `lengths`, the facts of `compute_study` for each length of training; `in_rank`,
        whether MFE and MSFE are better in ROC-AUC after each; `added`, the differences of `compare_lengths`.
    """
    lengths = {name: compute_study(study) for name, study in stored.items()}
    return {
        "sets": len(stored["pairs"].study.datasets),
        "lengths": lengths,
        "in_rank": all(
            find_comparison(length["lines"], loss, ROC).verdict is Verdict.BETTER
            for length in lengths.values()
            for loss in ("mfe", "msfe")
        ),
        "added": compare_lengths(*(study.frame for study in stored.values())),
    }


def compute_study(stored: Stored) -> dict[str, Any]:
    """Compute the facts of one length of training, with data sets in the place of seeds.

    Returns:
        Among others `lines`, each loss against MSE; `to_ce`, each against cross-entropy; `all_pairs`, all pairs of
        losses; `shares`, `probabilities` and `errors` of the functions that compute them.
    """
    means = {score: average_by_set(stored.frame, score) for score in SCORES}
    ranks = {score: friedman(table.dropna().to_numpy()) for score, table in means.items()}
    losses = tuple(map(str, stored.study.losses))
    in_place = stored.frame.assign(seed=stored.frame["dataset"])
    return {
        "losses": losses,
        "epochs": stored.rows[0].run.recipe.epochs,
        "lines": compare_entries(in_place, "loss", against=BASELINE),
        "to_ce": compare_entries(in_place, "loss", against="ce"),
        "all_pairs": compare_entries(in_place, "loss"),
        "ranks": ranks,
        "mean_ranks": {
            score: dict(zip(losses, of_score.mean.tolist(), strict=True)) for score, of_score in ranks.items()
        },
        "shares": {score: compute_shares(table) for score, table in means.items()},
        "probabilities": {score: compute_probabilities(table) for score, table in means.items()},
        "errors": compute_errors((means[ROC]["mfe"] - means[ROC][BASELINE]).dropna()),
    }


def average_by_set(frame: pd.DataFrame, score: str) -> pd.DataFrame:
    """Average a score over the seeds, (data sets, losses)."""
    return tabulate_by_seed(frame.assign(seed=frame["dataset"]), "loss", score)


def compare_lengths(short: pd.DataFrame, long: pd.DataFrame) -> dict[str, dict[str, Interval]]:
    """Return, by score and loss, how much the longer training adds to the difference to MSE, with its interval.

    Only seeds of both lengths count.
    """
    seeds = set(short["seed"]) & set(long["seed"])
    differences: dict[str, dict[str, Interval]] = {}
    for score in SCORES:
        before, after = (average_by_set(frame[frame["seed"].isin(seeds)], score) for frame in (short, long))
        change = after.sub(after[BASELINE], axis=0) - before.sub(before[BASELINE], axis=0)
        differences[score] = {
            str(loss): t_interval(change[loss].dropna().to_numpy()) for loss in after if loss != BASELINE
        }
    return differences


def compute_shares(table: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """Return, by loss, the shares of pairs on which it is worse than MSE by more than the margin, within it, or better.

    Args:
        table: (data sets, losses).
    """
    shares = {}
    for loss in table.columns.drop(BASELINE):
        difference = (table[loss] - table[BASELINE]).dropna()
        worse, better = float((difference < -MARGIN).mean()), float((difference > MARGIN).mean())
        shares[str(loss)] = (worse, 1 - worse - better, better)
    return shares


def compute_probabilities(table: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """Return, by loss, the probabilities of `signed_rank_probabilities` against MSE.

    Args:
        table: (data sets, losses).
    """
    generator = np.random.default_rng(0)
    return {
        str(loss): signed_rank_probabilities(
            (table[loss] - table[BASELINE]).dropna().to_numpy(float), MARGIN, generator, SAMPLES
        )
        for loss in table.columns.drop(BASELINE)
    }


def compute_errors(differences: pd.Series) -> tuple[float, float]:
    """Compute the standard error of a mean over pairs of classes, first as if all pairs were independent.

    The second value allows for dependence between pairs that share a class. It is the root of the sum of e_i e_j over
    all i and j that share a class (i = j too), divided by n, with e the distances from the mean.

    Args:
        differences: Indexed by "one/other", the names of the two classes.

    Source: Aronow, Samii and Assenova 2015, Political Analysis 23.
    """
    classes = [set(str(name).split("/")) for name in differences.index]
    related = np.array([[not first.isdisjoint(second) for second in classes] for first in classes], float)
    values = differences.to_numpy(float)
    apart, n = values - values.mean(), len(values)
    return float(stats.sem(values)), float(np.sqrt(max(apart @ related @ apart, 0.0))) / n


def plot_figures(_: Mapping[str, Stored], facts: Mapping[str, Any]) -> dict[str, tuple[Figure, str]]:
    """Plot the figures of the page: by file name, each with its caption."""
    return {
        name: (
            drawn.plot_critical_differences(
                {LABELS[score]: (length["losses"], length["ranks"][score]) for score in SHOWN}
            ),
            f"{length['epochs']} epochs: mean ranks of the losses over {facts['sets']} pairs of superclasses, "
            "1 the best; a bar joins those that differ by less than Nemenyi's critical difference at 5 %",
        )
        for name, length in facts["lengths"].items()
    }
