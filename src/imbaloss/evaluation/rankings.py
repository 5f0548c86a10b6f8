"""Scores of a ranking, from the numbers (or sums of weights) of false and true positives at its thresholds."""

import numpy as np
from numpy.typing import NDArray

from imbaloss.evaluation import confusion

Counts = NDArray[np.int64] | NDArray[np.float64]
Labels = NDArray[np.int64]
Floats = NDArray[np.float64]


def count_ranking(labels: Labels, probabilities: Floats, weights: Floats | None = None) -> tuple[Floats, Floats]:
    """Return the false and the true positives at each different probability, from the highest on, (T,) each.

    Args:
        labels: (N,), 0 or 1.
        probabilities: (N,), of class 1; samples of equal ones are predicted alike.
        weights: (N,), of the samples; None for equal ones.
    """
    order = np.argsort(-probabilities, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(probabilities[order]) != 0, True))
    weights = np.ones(len(labels)) if weights is None else weights
    fp, tp = (np.cumsum((weights * (labels == label))[order])[ends] for label in (0, 1))
    return fp, tp


def average_precision_of(fp: Counts, tp: Counts) -> float:
    """Compute the average precision from the false and the true positives at T thresholds, (T,).

    They are counts, no sums of weights. The highest threshold is the first. One without predicted positives counts
    nothing. NaN, with NumPy's warning, if there is no positive.
    """
    return float(np.sum(np.diff(tp, prepend=0) * tp / np.maximum(fp + tp, 1)) / tp[-1])


def roc_auc_of(fp: Counts, tp: Counts) -> float:
    """Compute the ROC-AUC by trapezoids from the false and the true positives at T thresholds, (T,).

    The highest threshold is the first. NaN, with NumPy's warning, if a class has no sample.
    """
    heights = 2 * tp - np.diff(tp, prepend=0)
    return float(np.sum(np.diff(fp, prepend=0) * heights) / (2 * fp[-1] * tp[-1]))


def partial_roc_auc_of(fp: Counts, tp: Counts, *, max_fpr: float = 0.1) -> float:
    """Compute the area under the ROC curve up to a false positive rate, standardised to 0.5 for chance and 1 at best.

    fp and tp: at T thresholds, (T,), the highest first. NaN, with NumPy's warning, if a class has no sample.

    Source: McClish 1989, Medical Decision Making 9, as scikit-learn's `roc_auc_score` with `max_fpr` computes it.
    """
    fpr, tpr = np.append(0.0, fp / fp[-1]), np.append(0.0, tp / tp[-1])
    inside = np.searchsorted(fpr, max_fpr, side="right")
    height = np.interp(max_fpr, fpr, tpr)
    area = np.trapezoid(np.append(tpr[:inside], height), np.append(fpr[:inside], max_fpr))
    of_chance = max_fpr**2 / 2
    return float((1 + (area - of_chance) / (max_fpr - of_chance)) / 2)


def recall_at_precision_of(fp: Counts, tp: Counts, *, precision: float = 0.9) -> float:
    """Compute the highest recall of all thresholds whose precision is at least `precision`; 0 if none reaches it.

    fp and tp: at T thresholds, (T,). NaN, with NumPy's warning, if there is no positive.
    """
    reached = confusion.share(tp.astype(np.float64), fp.astype(np.float64)) >= precision
    return float(np.max(tp, where=reached, initial=0) / tp[-1])


def precision_at_share_of(fp: Counts, tp: Counts, *, share: float = 0.05) -> float:
    """Compute the precision if this share of the samples, those with the highest probabilities, is predicted positive.

    Samples of equal probability that compete for the last places count in part.

    fp and tp: at T thresholds, (T,), the highest first; the last one predicts all samples as positive.
    """
    predicted = fp + tp
    most = share * predicted[-1]
    return float(np.interp(most, np.append(0, predicted), np.append(0, tp)) / most)
