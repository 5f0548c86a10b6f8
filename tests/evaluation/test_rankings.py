"""Scores of rankings against scikit-learn, by counts and by sums of weights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from imbaloss.evaluation import score_top
from imbaloss.evaluation.rankings import (
    count_ranking,
    partial_roc_auc_of,
    precision_at_share_of,
    recall_at_precision_of,
    roc_auc_of,
)


@st.composite
def samples(draw):
    """Labels of both classes, probabilities with ties, and weights from 1 to 3."""
    size = draw(st.integers(2, 40))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    labels = np.append([0, 1], generator.integers(0, 2, size - 2))
    return labels, generator.integers(0, draw(st.integers(1, 30)), size) / 30, generator.integers(1, 4, size)


@given(samples(), st.floats(0.01, 1))
def test_the_partial_area_is_scikit_learns(drawn, max_fpr):
    labels, probabilities, weights = drawn
    for of_samples in (None, weights):
        counts = count_ranking(labels, probabilities, of_samples)
        expected = metrics.roc_auc_score(labels, probabilities, sample_weight=of_samples, max_fpr=max_fpr)
        assert partial_roc_auc_of(*counts, max_fpr=max_fpr) == pytest.approx(expected)
    assert partial_roc_auc_of(*counts, max_fpr=1.0) == pytest.approx(roc_auc_of(*counts))


@given(samples(), st.floats(0.01, 1))
def test_the_recall_at_a_precision_is_the_highest_on_scikit_learns_curve(drawn, demanded):
    labels, probabilities, weights = drawn
    precision, recall, _ = metrics.precision_recall_curve(labels, probabilities, sample_weight=weights)
    expected = recall[:-1][precision[:-1] >= demanded].max(initial=0)
    counts = count_ranking(labels, probabilities, weights)
    assert recall_at_precision_of(*counts, precision=demanded) == pytest.approx(expected)


def test_a_precision_that_is_met_exactly_counts():
    labels = np.repeat([1, 0], [55, 45])
    assert recall_at_precision_of(*count_ranking(labels, np.ones(100)), precision=0.55) == 1


@given(samples())
def test_the_precision_in_the_top_share_is_that_of_so_many_samples(drawn):
    labels, probabilities, _ = drawn
    counts = count_ranking(labels, probabilities)
    for k in range(1, len(labels) + 1):
        expected = score_top(labels, probabilities, k)["precision"]
        assert precision_at_share_of(*counts, share=k / len(labels)) == pytest.approx(expected)
