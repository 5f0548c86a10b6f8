"""Confusion counts, and the scores that follow from them. Every formula takes single numbers and arrays alike."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class ConfusionCounts(NamedTuple):
    """The numbers, or sums of weights, of true and false negatives and positives. All four have one shape."""

    tn: Floats
    fp: Floats
    fn: Floats
    tp: Floats


def count_confusion(labels: NDArray[np.int64], predicted: NDArray[np.bool_]) -> ConfusionCounts:
    """Count true and false negatives and positives of K sets of decisions on the same samples, (K,) each.

    Args:
        labels: (N,), 0 or 1.
        predicted: (K, N), whether each set of decisions predicts a sample as positive.
    """
    (tn, fp), (fn, tp) = (
        (np.count_nonzero(decided, axis=1).astype(np.float64) for decided in (~predicted[:, rows], predicted[:, rows]))
        for rows in (labels == 0, labels == 1)
    )
    return ConfusionCounts(tn, fp, fn, tp)


def share(part: Floats, rest: Floats) -> Floats:
    """Compute part / (part + rest), element by element; 0 where both are 0."""
    whole = part + rest
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)


def f_beta(t: ConfusionCounts, *, beta: float = 2.0) -> Floats:
    """Compute F-beta, (1 + b^2) TP / ((1 + b^2) TP + b^2 FN + FP), from confusion counts; 0 if TP is 0.

    Source: van Rijsbergen 1979, chapter 7.
    """
    return share((1 + beta**2) * t.tp, beta**2 * t.fn + t.fp)


def f1(t: ConfusionCounts) -> Floats:
    """Compute F1 from confusion counts, 2 TP / (2 TP + FN + FP), in the shape of the counts; 0 if TP is 0."""
    return f_beta(t, beta=1.0)


def balanced_accuracy(t: ConfusionCounts) -> Floats:
    """Compute (TPR + TNR) / 2 from confusion counts; the rate of a class without samples is 0.

    The best threshold for it is the best for Youden's J = TPR + TNR - 1 (Youden 1950).
    """
    return (recall(t) + specificity(t)) / 2


def g_mean(t: ConfusionCounts) -> Floats:
    """Compute sqrt(TPR TNR) from confusion counts; 0 if a class has no samples.

    Source: Kubat and Matwin 1997 (ICML).
    """
    return np.sqrt(recall(t) * specificity(t))


def mcc(t: ConfusionCounts) -> Floats:
    """Compute Matthews' correlation from confusion counts; 0 if a factor of its root is 0. Source: Matthews 1975.

    It is (TP TN - FP FN) / sqrt((TP+FP)(TP+FN)(TN+FP)(TN+FN)).
    """
    root = np.sqrt((t.tp + t.fp) * (t.tp + t.fn) * (t.tn + t.fp) * (t.tn + t.fn))
    return np.divide(t.tp * t.tn - t.fp * t.fn, root, out=np.zeros_like(root), where=root > 0)


def accuracy(t: ConfusionCounts) -> Floats:
    """Compute the share of right decisions, (TP + TN) / n, from confusion counts; 0 without samples."""
    return share(t.tp + t.tn, t.fp + t.fn)


def precision(t: ConfusionCounts) -> Floats:
    """Compute TP / (TP + FP) from confusion counts; 0 if no sample is predicted positive."""
    return share(t.tp, t.fp)


def recall(t: ConfusionCounts) -> Floats:
    """Compute TP / (TP + FN) from confusion counts; 0 without positives."""
    return share(t.tp, t.fn)


def specificity(t: ConfusionCounts) -> Floats:
    """Compute TN / (TN + FP) from confusion counts; 0 without negatives."""
    return share(t.tn, t.fp)


def fpr(t: ConfusionCounts) -> Floats:
    """Compute the false positive rate FP / (FP + TN) from confusion counts; 0 without negatives."""
    return share(t.fp, t.tn)
