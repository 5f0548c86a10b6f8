"""Scores of a binary classifier on one part of the data."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imbaloss.evaluation import tallies as of
from imbaloss.evaluation.calibration import expected_calibration_error
from imbaloss.evaluation.tallies import Tallies

THRESHOLD = 0.5
CONFUSION = ("tn", "fp", "fn", "tp")
Score = Callable[[NDArray[np.int64], NDArray[Any]], float]

OF_TALLIES: dict[str, Callable[[Tallies], NDArray[np.float64]]] = {
    "f1": of.f1,
    "precision": of.precision,
    "recall": of.recall,
    "fpr": of.fpr,
    "balanced_accuracy": of.balanced_accuracy,
    "g_mean": of.g_mean,
    "mcc": of.mcc,
}
OF_DECISIONS = tuple(OF_TALLIES)  # at the threshold
OF_PROBABILITIES = ("roc_auc", "average_precision", "brier", "ece")  # whatever the threshold
SCORES = ("f1", "roc_auc", *(name for name in (*OF_DECISIONS, *OF_PROBABILITIES) if name not in {"f1", "roc_auc"}))
NEED_NEGATIVES = {"roc_auc", "fpr", "balanced_accuracy", "g_mean", "mcc"}
NEED_POSITIVES = {"roc_auc", "f1", "recall", "average_precision", "balanced_accuracy", "g_mean", "mcc"}


Scores = dict[str, float | int | None]


def scores(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], threshold: float = THRESHOLD
) -> tuple[Scores, dict[str, str]]:
    """Confusion counts and scores by name, None where the data leave a score undefined; and why, for each of those.

    labels (N,), 0 or 1; probabilities (N,) of class 1. A sample is called positive where its probability reaches the
    threshold.
    """
    decisions = (probabilities >= threshold).astype(np.int64)
    counts = np.bincount(2 * labels + decisions, minlength=4)
    found: Scores = dict(zip(CONFUSION, counts.tolist(), strict=True))
    tallies = Tallies(*(np.array(count, dtype=np.float64) for count in counts))
    reasons = {name: why for name in SCORES if (why := undefined(name, labels, decisions))}
    for name in SCORES:
        if name in reasons:
            found[name] = None
        elif name in OF_DECISIONS:
            found[name] = float(OF_TALLIES[name](tallies))
        else:
            found[name] = float(formulas()[name](labels, probabilities))
    return found, reasons


@cache
def formulas() -> dict[str, Score]:
    """Of the scores of probabilities. scikit-learn is imported when needed: it takes most of a second."""
    from sklearn import metrics

    return {
        "roc_auc": metrics.roc_auc_score,
        "average_precision": metrics.average_precision_score,
        "brier": metrics.brier_score_loss,
        "ece": expected_calibration_error,
    }


def no_scores(reason: str) -> tuple[Scores, dict[str, str]]:
    """What `scores` returns where there are no probabilities: every score None, for that reason."""
    return dict.fromkeys((*CONFUSION, *SCORES)), dict.fromkeys(SCORES, reason)


class Threshold(NamedTuple):
    """The probability from which on a sample is called positive, and the ends of its 95 % interval, NaN without one."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class TunedScores:
    """Scores on test at the threshold that was chosen on the validation part, or the reason why none was chosen."""

    threshold: float | None
    interval: tuple[float, float] | None  # the 95 % interval of the threshold; None where the data give none
    scores: Scores  # None where a score is undefined: all of them without a threshold
    undefined: dict[str, str]  # why a score is None
    reason: str | None = None  # why there is no threshold

    @classmethod
    def without_threshold(cls, reason: str) -> "TunedScores":
        """Return what a run has where no threshold was chosen: every score is None, for that reason."""
        found, reasons = no_scores(reason)
        return cls(None, None, found, reasons, reason)


def undefined(name: str, labels: NDArray[np.int64], decisions: NDArray[np.int64]) -> str | None:
    """Why a score is undefined on these data; None where it is defined."""
    if not len(labels):
        return "there are no samples"
    if name in NEED_POSITIVES and not labels.any():
        return "there are no positives"
    if name in NEED_NEGATIVES and labels.all():
        return "there are no negatives"
    if name == "precision" and not decisions.any():
        return "no sample was called positive"
    return None
