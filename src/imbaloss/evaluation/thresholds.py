"""Thresholds: from which probability on a sample is called positive."""

import numpy as np
from numpy.typing import NDArray

from imbaloss.evaluation.scores import THRESHOLD


def best_for_f1(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float | None:
    """The threshold with the highest F1 on these samples; None where one of the classes has none.

    labels (N,), 0 or 1; probabilities (N,) of class 1. It lies halfway between two neighbours, or is the lowest
    probability; of equally good ones it is the one nearest to 1/2.
    """
    positives = int(labels.sum())
    if not 0 < positives < len(labels):
        return None
    order = np.argsort(-probabilities, kind="stable")
    found = probabilities[order]
    called = np.arange(1, len(labels) + 1)
    f1 = 2 * np.cumsum(labels[order]) / (called + positives)
    lower = np.append(found[1:], found[-1])
    between = np.where(lower + (found - lower) / 2 > lower, lower + (found - lower) / 2, found)
    f1[:-1][found[:-1] == found[1:]] = -1.0  # equal probabilities are called the same
    best = np.flatnonzero(f1 == f1.max())
    return float(between[best[np.argmin(np.abs(between[best] - THRESHOLD))]])
