"""Intervals of the scores of one run over its test samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from imbaloss.evaluation import of_samples
from imbaloss.evaluation.intervals import average_precision, f1

SCORES = ("f1", "roc_auc", "average_precision")
PROBABILITY = st.sampled_from([0.0, 5e-324, 0.1, 0.3, 0.5, 0.7, 1.0])
SAMPLE = st.tuples(st.integers(0, 1), PROBABILITY)


@st.composite
def samples(draw) -> tuple[np.ndarray, np.ndarray]:
    """With ties, of both classes."""
    found = [(0, draw(PROBABILITY)), (1, draw(PROBABILITY)), *draw(st.lists(SAMPLE, max_size=30))]
    labels, probabilities = zip(*draw(st.permutations(found)), strict=True)
    return np.array(labels), np.array(probabilities)


@given(samples(), PROBABILITY | st.floats(0, 1))
def test_f1_is_scikit_learns_at_any_threshold(drawn, threshold):
    labels, probabilities = drawn
    assert f1(labels, probabilities, threshold) == pytest.approx(metrics.f1_score(labels, probabilities >= threshold))


@given(samples())
def test_average_precision_is_scikit_learns(drawn):
    assert average_precision(*drawn) == pytest.approx(metrics.average_precision_score(*drawn))


def normal(skill: float, positives: int = 15, negatives: int = 40) -> tuple[np.ndarray, np.ndarray]:
    labels = np.repeat([0, 1], [negatives, positives])
    return labels, stats.norm.cdf(np.random.default_rng(0).normal(labels * skill))


@pytest.mark.parametrize(("skill", "cut"), [(1.0, []), (2.5, [1]), (-3.0, [0])])
def test_the_interval_of_roc_auc_is_delongs_within_0_and_1(skill, cut):
    labels, probabilities = normal(skill)
    wins = np.greater.outer(probabilities[labels == 1], probabilities[labels == 0])
    error = np.sqrt(np.var(wins.mean(axis=1), ddof=1) / 15 + np.var(wins.mean(axis=0), ddof=1) / 40)
    low, high = stats.norm.interval(0.95, wins.mean(), error)
    assert [end for end, beyond in ((0, low < 0), (1, high > 1)) if beyond] == cut
    expected = (wins.mean(), max(low, 0), min(high, 1))
    assert of_samples("roc_auc", labels, probabilities) == pytest.approx(expected)


@pytest.mark.parametrize("score", SCORES)
def test_a_class_of_fewer_than_two_samples_has_no_interval(score):
    probabilities = np.array([0.2, 0.6, 0.4, 0.8])
    for labels in ([0, 0, 0, 1], [0, 1, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1]):
        assert of_samples(score, np.array(labels), probabilities) is None
    assert of_samples(score, np.array([0, 0, 1, 1]), probabilities) is not None


@pytest.mark.parametrize("score", SCORES)
def test_the_same_samples_have_the_same_interval(score):
    assert of_samples(score, *normal(1.0)) == of_samples(score, *normal(1.0))


@pytest.mark.parametrize("threshold", [0.5, 0.8])
def test_the_bootstrap_of_f1_has_the_estimate_within_and_is_a_third_as_wide_for_nine_times_the_samples(threshold):
    labels, probabilities = normal(1.0)
    few = of_samples("f1", labels, probabilities, threshold)
    many = of_samples("f1", np.tile(labels, 9), np.tile(probabilities, 9), threshold)
    assert few.estimate == many.estimate == pytest.approx(metrics.f1_score(labels, probabilities >= threshold))
    assert few.low < many.low < few.estimate < many.high < few.high
    assert (few.high - few.low) / (many.high - many.low) == pytest.approx(3, rel=0.2)


def test_the_bootstrap_of_average_precision_has_the_estimate_within():
    labels, probabilities = normal(1.0)
    found = of_samples("average_precision", labels, probabilities)
    assert found.estimate == pytest.approx(metrics.average_precision_score(labels, probabilities))
    assert found.low < found.estimate < found.high
