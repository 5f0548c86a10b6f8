"""Scores of decisions from how many samples were called right and wrong: of single numbers and of arrays alike."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Tallies(NamedTuple):
    """Sums of weights of the samples called right and wrong, at each threshold."""

    tn: Floats
    fp: Floats
    fn: Floats
    tp: Floats


def tallied(labels: NDArray[np.int64], called: NDArray[np.bool_]) -> Tallies:
    """Of each of K sets of decisions: labels (N,), 0 or 1; called (K, N)."""
    (tn, fp), (fn, tp) = (
        (np.count_nonzero(some, axis=1).astype(np.float64) for some in (~called[:, of], called[:, of]))
        for of in (labels == 0, labels == 1)
    )
    return Tallies(tn, fp, fn, tp)


def share(part: Floats, rest: Floats) -> Floats:
    """part / (part + rest); 0 where both are 0."""
    whole = part + rest
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)


def f_beta(t: Tallies, *, beta: float = 2.0) -> Floats:
    """Return (1 + b^2) TP / ((1 + b^2) TP + b^2 FN + FP), 0 without TP. Source: van Rijsbergen 1979, chapter 7."""
    return share((1 + beta**2) * t.tp, beta**2 * t.fn + t.fp)


def f1(t: Tallies) -> Floats:
    """Return F-beta with beta = 1: 2 TP / (2 TP + FN + FP), 0 without TP."""
    return f_beta(t, beta=1.0)


def balanced_accuracy(t: Tallies) -> Floats:
    """(TPR + TNR) / 2; its best threshold is also that of Youden's J = TPR + TNR - 1 (Youden 1950)."""
    return (recall(t) + specificity(t)) / 2


def g_mean(t: Tallies) -> Floats:
    """sqrt(TPR TNR). Source: Kubat and Matwin 1997 (ICML)."""
    return np.sqrt(recall(t) * specificity(t))


def mcc(t: Tallies) -> Floats:
    """(TP TN - FP FN) / sqrt((TP+FP)(TP+FN)(TN+FP)(TN+FN)); 0 where a factor is 0. Source: Matthews 1975."""
    below = np.sqrt((t.tp + t.fp) * (t.tp + t.fn) * (t.tn + t.fp) * (t.tn + t.fn))
    return np.divide(t.tp * t.tn - t.fp * t.fn, below, out=np.zeros_like(below), where=below > 0)


def accuracy(t: Tallies) -> Floats:
    """(TP + TN) / n."""
    return share(t.tp + t.tn, t.fp + t.fn)


def precision(t: Tallies) -> Floats:
    """TP / (TP + FP)."""
    return share(t.tp, t.fp)


def recall(t: Tallies) -> Floats:
    """TP / (TP + FN)."""
    return share(t.tp, t.fn)


def specificity(t: Tallies) -> Floats:
    """TN / (TN + FP)."""
    return share(t.tn, t.fp)


def fpr(t: Tallies) -> Floats:
    """FP / (FP + TN)."""
    return share(t.fp, t.tn)
