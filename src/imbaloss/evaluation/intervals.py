"""Intervals of the scores of one run over its test samples: DeLong's for the ROC-AUC, else the bootstrap."""

from collections.abc import Callable
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from imbaloss.evaluation import confusion
from imbaloss.evaluation.confusion import ConfusionCounts
from imbaloss.evaluation.rankings import average_precision_of
from imbaloss.evaluation.scores import THRESHOLD
from imbaloss.evaluation.thresholds import MOST_NUMBERS, RESAMPLES
from imbaloss.statistics import Interval, delong, logit_interval, stratified_bootstrap

Labels = NDArray[np.int64]
Floats = NDArray[np.float64]
RANKED_RESAMPLES = 200  # bootstrap samples of rankings, which take longer; a deviation from them is within 10 %
FEWEST = 2  # samples of each class that an interval needs


def score_interval(score: str, labels: Labels, probabilities: Floats, threshold: float = THRESHOLD) -> Interval | None:
    """Compute the 95 % interval of a score of one model over test samples.

    It covers what other test samples would give for the same model. The same samples give the same interval.

    Args:
        score: "f1", "roc_auc" or "average_precision".
        labels: (N,), 0 or 1.
        probabilities: (N,), of class 1.
        threshold: The threshold for F1.

    Returns:
        The score and the ends of its interval. The ends are NaN for a score of 0 or 1, whose deviation of 0 says
        nothing. None if a class has fewer than two samples.

    Raises:
        KeyError: The score is another one.
    """
    if np.bincount(labels, minlength=2).min() < FEWEST:
        return None
    if score == "roc_auc":
        roc = delong(labels, probabilities)
        return logit_interval(roc.auc, sqrt(roc.variance), roc.smaller_class)
    if score == "f1":
        return stratified_bootstrap(f1_of, labels, probabilities >= threshold, np.random.default_rng(0))
    if score == "average_precision":
        return stratified_bootstrap(average_precision_of_ranks, labels, rank(probabilities), np.random.default_rng(0))
    raise KeyError(score)


def bootstrap_scores(
    formula: Callable[[ConfusionCounts], Floats],
    labels: Labels,
    predicted: NDArray[np.bool_],
    resamples: int = RESAMPLES,
) -> Floats:
    """Compute a score of K sets of decisions on R bootstrap samples, (R, K).

    Samples are drawn within each class. A bootstrap sample is the same for all K sets. The same arguments give the same
    scores, because the seed is fixed.

    Args:
        formula: The score, from confusion counts (R, K).
        labels: (N,), 0 or 1; both must occur.
        predicted: (K, N), whether each set of decisions predicts a sample as positive.
        resamples: R.
    """
    generator = np.random.default_rng(0)
    counts: list[Floats] = []
    for label in (0, 1):
        # samples with the same K decisions are drawn as one number, which gives the same distribution
        patterns, sizes = np.unique(predicted[:, labels == label], axis=1, return_counts=True)
        total, parts = int(sizes.sum()), max(resamples * len(sizes) // MOST_NUMBERS, 1)
        draws = (
            generator.multinomial(total, sizes / total, len(chunk)) for chunk in np.array_split(range(resamples), parts)
        )
        positives = np.concatenate([drawn @ patterns.T.astype(np.float64) for drawn in draws])
        counts += [total - positives, positives]
    return formula(ConfusionCounts(*counts))


def bootstrap_rankings(
    formula: Callable[[Labels, Labels], float],
    labels: Labels,
    probabilities: Floats,
    resamples: int = RANKED_RESAMPLES,
) -> Floats:
    """Compute a score of K rankings on R bootstrap samples, (R, K).

    Samples are drawn within each class. A bootstrap sample is the same for all K rankings. The same arguments give the
    same scores, because the seed is fixed.

    Args:
        formula: The score, from the false and true positives at thresholds, as `roc_auc_of`.
        labels: (N,), 0 or 1; both must occur.
        probabilities: (K, N), of class 1.
        resamples: R.
    """
    generator = np.random.default_rng(0)
    orders = [find_thresholds(labels, of_ranking) for of_ranking in probabilities]
    classes = [np.flatnonzero(labels == label) for label in (0, 1)]
    again = np.empty((resamples, len(orders)))
    for scores in again:
        drawn = np.concatenate([generator.choice(of_class, len(of_class)) for of_class in classes])
        counts = np.bincount(drawn, minlength=len(labels)).astype(np.int32)  # whose sums take the least time
        positives = counts * (labels == 1)
        for place, (order, ends) in enumerate(orders):
            tp, both = (np.cumsum(each[order], dtype=np.int32)[ends].astype(np.int64) for each in (positives, counts))
            scores[place] = formula(both - tp, tp)
    return again


def bootstrap_means(labels: Labels, values: Floats, resamples: int = RESAMPLES) -> Floats:
    """Compute the mean of K values of each sample on R bootstrap samples, (R, K).

    Samples are drawn within each class. A bootstrap sample is the same for all K values. The same arguments give the
    same means, because the seed is fixed.

    Args:
        labels: (N,), 0 or 1; both must occur.
        values: (K, N), such as squared errors or costs.
        resamples: R.
    """
    generator = np.random.default_rng(0)
    sums = np.zeros((resamples, len(values)))
    for label in (0, 1):
        of_class = values[:, labels == label].T
        size = len(of_class)
        parts = max(resamples * size // MOST_NUMBERS, 1)
        for places in np.array_split(np.arange(resamples), parts):
            sums[places] += generator.multinomial(size, np.full(size, 1 / size), len(places)) @ of_class
    return sums / len(labels)


def f1_of(labels: Labels, predicted: NDArray[np.bool_]) -> float:
    """Compute F1 of decisions; it is 0 without true positives. labels (N,), 0 or 1; predicted (N,)."""
    tp = np.count_nonzero(predicted & (labels == 1))
    fp, fn = np.count_nonzero(predicted) - tp, np.count_nonzero(labels) - tp
    return float(confusion.f1(ConfusionCounts(*np.array([len(labels) - tp - fp - fn, fp, fn, tp], dtype=np.float64))))


def average_precision_of_ranks(labels: Labels, ranks: NDArray[np.int64]) -> float:
    """Compute the average precision: the sum over thresholds of (R_n - R_(n-1)) P_n, for recall R and precision P.

    It equals scikit-learn's and takes a twentieth of the time. NaN, with NumPy's warning, if no label is 1.

    Args:
        labels: (N,), 0 or 1.
        ranks: (N,), of the probabilities, from `rank`; there may be ranks without a sample.
    """
    both = np.bincount(ranks)
    seen = both > 0
    tp = np.cumsum(np.bincount(ranks[labels == 1], minlength=len(both))[seen])
    return average_precision_of(np.cumsum(both[seen]) - tp, tp)


def rank(probabilities: Floats) -> NDArray[np.int64]:
    """Return the ranks of N probabilities, (N,): 0 for the highest, and the same for equal ones, with no gaps."""
    return np.unique(-probabilities, return_inverse=True)[1]


def order_by_probability(probabilities: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the samples from the highest probability to the lowest, (N,), and the last place of each value, (T,).

    probabilities: (N,), with T different values; samples of equal ones keep their order.
    """
    order = np.argsort(-probabilities, kind="stable")
    return order, np.flatnonzero(np.append(np.diff(probabilities[order]) != 0, True))


def find_thresholds(labels: Labels, probabilities: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the order of the samples, (N,), and the last place of each probability that a score of a ranking needs.

    Needed are the probabilities of positives and the one before each of them. Those between have no positives, so both
    scores can take them together.

    Args:
        labels: (N,), 0 or 1.
        probabilities: (N,), of class 1.
    """
    order, ends = order_by_probability(probabilities)
    has_positives = np.diff(np.cumsum(labels[order])[ends], prepend=0) > 0
    return order, ends[has_positives | np.append(has_positives[1:], True)]
