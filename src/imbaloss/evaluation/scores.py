"""Scores of a binary classifier on one part of the data."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imbaloss.evaluation import confusion
from imbaloss.evaluation.calibration import expected_calibration_error
from imbaloss.evaluation.confusion import ConfusionCounts

THRESHOLD = 0.5  # the probability from which on a sample is predicted positive, unless another one is chosen
CONFUSION = ("tn", "fp", "fn", "tp")
Score = Callable[..., float]  # of labels (N,), probabilities (N,) and perhaps sample_weight (N,)

CONFUSION_SCORES: dict[str, Callable[[ConfusionCounts], NDArray[np.float64]]] = {
    "f1": confusion.f1,
    "precision": confusion.precision,
    "recall": confusion.recall,
    "fpr": confusion.fpr,
    "balanced_accuracy": confusion.balanced_accuracy,
    "g_mean": confusion.g_mean,
    "mcc": confusion.mcc,
}
DECISION_SCORES = tuple(CONFUSION_SCORES)  # scores of decisions at a threshold
PROBABILITY_SCORES = ("roc_auc", "average_precision", "brier", "ece")  # scores that need no threshold
SCORES = ("f1", "roc_auc", *(name for name in (*DECISION_SCORES, *PROBABILITY_SCORES) if name not in {"f1", "roc_auc"}))
NEED_NEGATIVES = {"roc_auc", "fpr", "balanced_accuracy", "g_mean", "mcc"}
NEED_POSITIVES = {"roc_auc", "f1", "recall", "average_precision", "balanced_accuracy", "g_mean", "mcc"}


Scores = dict[str, float | int | None]


def scores(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], threshold: float = THRESHOLD
) -> tuple[Scores, dict[str, str]]:
    """Compute the confusion counts and all scores of one model: F1, ROC-AUC and the others in `SCORES`.

    A sample is predicted positive if its probability is at least the threshold.

    Args:
        labels: (N,), 0 or 1.
        probabilities: (N,), of class 1.
        threshold: The threshold of the counts and of the scores of decisions.

    Returns:
        Two dictionaries: counts and scores by name, and the reason for each undefined score by its name. An undefined
        score, as without positives, is None.
    """
    return score_decisions(labels, probabilities, probabilities >= threshold)


def score_decisions(
    labels: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    flagged: NDArray[np.bool_],
    weights: NDArray[np.float64] | None = None,
) -> tuple[Scores, dict[str, str]]:
    """Compute what `scores` returns, for other decisions than those of one threshold, and for weighted samples.

    Counts of weighted samples are sums of weights.

    Args:
        labels: (N,), 0 or 1.
        probabilities: (N,), of class 1.
        flagged: (N,), whether each sample is predicted positive.
        weights: (N,), of the samples, > 0; None for equal ones.
    """
    decisions = flagged.astype(np.int64)
    counts = np.bincount(2 * labels + decisions, weights, minlength=4)
    values: Scores = dict(zip(CONFUSION, counts.tolist(), strict=True))
    totals = ConfusionCounts(*(np.array(count, dtype=np.float64) for count in counts))
    reasons = {name: why for name in SCORES if (why := explain_undefined(name, labels, decisions))}
    for name in SCORES:
        if name in reasons:
            values[name] = None
        elif name in DECISION_SCORES:
            values[name] = float(CONFUSION_SCORES[name](totals))
        else:
            values[name] = float(probability_formulas()[name](labels, probabilities, sample_weight=weights))
    return values, reasons


@cache
def probability_formulas() -> dict[str, Score]:
    """Return the formula of each score that needs no threshold, by name: roc_auc, average_precision, brier and ece.

    A formula takes labels (N,) and probabilities (N,) and returns a number.
    """
    from sklearn import metrics  # here, since it takes most of a second

    return {
        "roc_auc": metrics.roc_auc_score,
        "average_precision": metrics.average_precision_score,
        "brier": metrics.brier_score_loss,
        "ece": expected_calibration_error,
    }


def no_scores(reason: str) -> tuple[Scores, dict[str, str]]:
    """Return every confusion count and score as None, and for each score that reason why it is undefined."""
    return dict.fromkeys((*CONFUSION, *SCORES)), dict.fromkeys(SCORES, reason)


class Threshold(NamedTuple):
    """A threshold: the probability from which on a sample is predicted positive, and the ends of its 95 % interval.

    The ends are NaN if there is no interval.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class TunedScores:
    """Scores on test at the threshold that was chosen on the validation part, or the reason why none was chosen.

    Decisions by the costs of each sample have scores without a threshold.
    """

    threshold: float | None
    interval: tuple[float, float] | None  # the 95 % interval of the threshold; None if there is none
    scores: Scores  # None for an undefined score; if there is a reason all are None
    undefined: dict[str, str]  # the reason for each score that is None, by its name
    reason: str | None = None  # why there are no decisions; None if there are some

    @classmethod
    def without_threshold(cls, reason: str) -> "TunedScores":
        """Return the scores of a run for which no threshold could be chosen.

        The threshold and every score are None, for that reason.
        """
        values, reasons = no_scores(reason)
        return cls(None, None, values, reasons, reason)


def explain_undefined(name: str, labels: NDArray[np.int64], decisions: NDArray[np.int64]) -> str | None:
    """Explain why a score is undefined on these data; None if it is defined.

    Without samples every score is undefined; others need positives, negatives, or for "precision" a positive decision.

    Args:
        name: A score of `SCORES`.
        labels: (N,), 0 or 1.
        decisions: (N,), 0 or 1; only "precision" looks at them.
    """
    if not len(labels):
        return "there are no samples"
    if name in NEED_POSITIVES and not labels.any():
        return "there are no positives"
    if name in NEED_NEGATIVES and labels.all():
        return "there are no negatives"
    if name == "precision" and not decisions.any():
        return "no sample was called positive"
    return None
