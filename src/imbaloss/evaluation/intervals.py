"""Intervals of the scores of one run over its test samples: DeLong's, and of what it has none for, the bootstrap."""

from collections.abc import Callable
from functools import partial
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from imbaloss.evaluation import tallies as of
from imbaloss.evaluation.scores import THRESHOLD
from imbaloss.evaluation.tallies import Tallies
from imbaloss.evaluation.thresholds import MOST_NUMBERS, RESAMPLES
from imbaloss.statistics import Interval, delong, logit_interval, stratified_bootstrap

Labels = NDArray[np.int64]
Floats = NDArray[np.float64]
FEWEST = 2  # samples of each class


def of_samples(score: str, labels: Labels, probabilities: Floats, threshold: float = THRESHOLD) -> Interval | None:
    """The 95 % interval of f1, roc_auc or average_precision; None for fewer than two samples of a class.

    At 0 and 1 its ends are NaN: such a score tells nothing of its own error.

    labels (N,), 0 or 1; probabilities (N,). It tells what other test samples would have given for this one network.
    The same samples give the same interval.
    """
    if np.bincount(labels, minlength=2).min() < FEWEST:
        return None
    if score == "roc_auc":
        found = delong(labels, probabilities)
        return logit_interval(found.auc, sqrt(found.variance), found.smaller_class)
    formulas: dict[str, Callable[[Labels, Floats], float]] = {
        "f1": partial(f1, threshold=threshold),
        "average_precision": average_precision,
    }
    return stratified_bootstrap(formulas[score], labels, probabilities, np.random.default_rng(0))


def redrawn(
    formula: Callable[[Tallies], Floats], labels: Labels, called: NDArray[np.bool_], resamples: int = RESAMPLES
) -> Floats:
    """A score of each of K sets of decisions on samples drawn again within each class, the same for all, (R, K).

    labels (N,), 0 or 1; called (K, N): which samples each set calls positive. Samples on which all sets agree are drawn
    as one, which gives the same distribution. The same samples give the same scores.
    """
    generator = np.random.default_rng(0)
    found = []
    for label in (0, 1):
        ways, counts = np.unique(called[:, labels == label], axis=1, return_counts=True)
        size, parts = int(counts.sum()), max(resamples * len(counts) // MOST_NUMBERS, 1)
        drawn = (
            generator.multinomial(size, counts / size, len(some)) for some in np.array_split(range(resamples), parts)
        )
        positive = np.concatenate([some @ ways.T.astype(np.float64) for some in drawn])
        found += [size - positive, positive]
    return formula(Tallies(*found))


def f1(labels: Labels, probabilities: Floats, threshold: float) -> float:
    """Return F1 of the samples whose probability reaches the threshold, labels (N,) being 0 or 1."""
    called, positive = probabilities >= threshold, labels == 1
    tp = np.count_nonzero(called & positive)
    fp, fn = np.count_nonzero(called) - tp, np.count_nonzero(positive) - tp
    return float(of.f1(Tallies(*np.array([len(labels) - tp - fp - fn, fp, fn, tp], dtype=np.float64))))


def average_precision(labels: Labels, probabilities: Floats) -> float:
    """The sum over thresholds of (R_n - R_(n-1)) P_n: scikit-learn's, in a twentieth of the time."""
    order = np.argsort(-probabilities, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(probabilities[order]) != 0, True))  # of equal probabilities
    found = np.cumsum(labels[order])[ends]
    return float(np.sum(np.diff(found, prepend=0) * found / (ends + 1)) / found[-1])
