"""Probabilities for other shares of the classes."""

import numpy as np
import pytest
from scipy import special

from imbaloss.evaluation import priors


def test_the_correction_is_bayes_theorem():
    """Two normal classes, of which the densities are known: the posterior at any shares follows from that at others."""
    x = np.linspace(-3, 3, 50)
    ratio = x - 0.5  # log density ratio of N(1, 1) to N(0, 1), less log prior odds
    at_half, at_tenth = ratio, ratio + np.log(0.1 / 0.9)
    moved = priors.moved(at_half, priors.log_ratio((0.9, 0.1), (0.5, 0.5)))
    np.testing.assert_allclose(moved, at_tenth, rtol=1e-12)


def test_several_classes_are_weighed_by_their_ratios():
    probabilities = np.random.default_rng(0).dirichlet(np.ones(3), 10)
    used, trained = (0.7, 0.2, 0.1), (30, 30, 30)
    weighed = probabilities * np.array(used)
    found = special.softmax(priors.moved(np.log(probabilities), priors.log_ratio(used, trained)), axis=1)
    np.testing.assert_allclose(found, weighed / weighed.sum(1, keepdims=True), rtol=1e-12)


def test_equal_shares_move_nothing_and_a_class_that_was_not_trained_stays():
    assert priors.log_ratio((10, 90), (1, 9)) == pytest.approx((0, 0))
    assert priors.log_ratio((0.5, 0.3, 0.2), (5, 5, 0))[2] == 0


def test_a_prevalence_is_one_share_or_one_for_each_class():
    assert priors.checked_prevalence(0.1, 2) == pytest.approx((0.9, 0.1))
    assert priors.checked_prevalence([0.9, 0.1], 2) == pytest.approx((0.9, 0.1))
    assert priors.checked_prevalence(np.array([0.5, 0.3, 0.2]), 3) == pytest.approx((0.5, 0.3, 0.2))


@pytest.mark.parametrize(
    ("prevalence", "classes", "sentence"),
    [
        (0, 2, "prevalence must be above 0 and below 1"),
        (1.0, 2, "prevalence must be above 0 and below 1"),
        (float("nan"), 2, "prevalence must be above 0 and below 1"),
        (0.1, 3, "prevalence must be one share for each of 3 classes, found 0.1"),
        ([0.5, 0.6], 2, "and sum to 1 over the classes"),
        ("much", 2, "prevalence must be a share, or one for each class, found 'much'"),
    ],
)
def test_another_prevalence_is_refused(prevalence, classes, sentence):
    with pytest.raises(ValueError, match=sentence):
        priors.checked_prevalence(prevalence, classes)
