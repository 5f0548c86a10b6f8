"""Scores against their formulas, counted by hand from the confusion matrix and from all pairs."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbaloss.evaluation import SCORES, scores


def by_hand(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float | None]:
    """Every score from its definition; None where a definition divides by zero."""
    called = probabilities >= 0.5
    tp, fp = int(np.sum(called & (labels == 1))), int(np.sum(called & (labels == 0)))
    fn, tn = int(np.sum(~called & (labels == 1))), int(np.sum(~called & (labels == 0)))
    positives, negatives = tp + fn, fp + tn
    both = positives and negatives
    recall = tp / positives if positives else None
    specificity = tn / negatives if negatives else None
    pairs = [(p > n) + (p == n) / 2 for p in probabilities[labels == 1] for n in probabilities[labels == 0]]
    product = (tp + fp) * positives * negatives * (tn + fn)
    return {
        "f1": 2 * tp / (2 * tp + fp + fn) if positives else None,
        "roc_auc": float(np.mean(pairs)) if both else None,
        "precision": tp / (tp + fp) if tp + fp else None,
        "recall": recall,
        "fpr": fp / negatives if negatives else None,
        "average_precision": average_precision(labels, probabilities) if positives else None,
        "balanced_accuracy": (recall + specificity) / 2 if both else None,
        "g_mean": math.sqrt(recall * specificity) if both else None,
        "mcc": ((tp * tn - fp * fn) / math.sqrt(product) if product else 0.0) if both else None,
        "brier": float(np.mean((probabilities - labels) ** 2)),
    }


def average_precision(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """The sum over the thresholds of (R_n - R_(n-1)) P_n."""
    total, last_recall = 0.0, 0.0
    for threshold in sorted(set(probabilities.tolist()), reverse=True):
        called = probabilities >= threshold
        recall = float(np.sum(called & (labels == 1)) / np.sum(labels == 1))
        total += (recall - last_recall) * float(np.sum(called & (labels == 1)) / np.sum(called))
        last_recall = recall
    return total


@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.7, 1.0])), min_size=1, max_size=30))
def test_agrees_with_the_definitions(samples):
    labels = np.array([label for label, _ in samples])
    probabilities = np.array([probability for _, probability in samples])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found, reasons = scores(labels, probabilities)
    for name, expected in by_hand(labels, probabilities).items():
        assert found[name] == (None if expected is None else pytest.approx(expected, abs=1e-12)), name
    assert found["tn"] + found["fp"] == np.sum(labels == 0)
    assert found["tp"] + found["fn"] == np.sum(labels == 1)
    assert set(reasons) == {name for name in SCORES if found[name] is None}


def test_says_why_a_score_is_undefined():
    half = np.full(3, 0.4)
    _, reasons = scores(np.zeros(3, np.int64), half)
    assert reasons["roc_auc"] == reasons["recall"] == "there are no positives"
    assert reasons["precision"] == "no sample was called positive"
    _, reasons = scores(np.ones(3, np.int64), half)
    assert reasons["roc_auc"] == reasons["fpr"] == "there are no negatives"
    found, reasons = scores(np.zeros(0, np.int64), np.zeros(0))
    assert all(found[name] is None and reasons[name] == "there are no samples" for name in SCORES)
