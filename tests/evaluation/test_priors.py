"""Probabilities for other shares of the classes."""

import numpy as np
import pytest
from scipy import special

from imbaloss.evaluation import priors


def test_log_odds_and_log_probabilities_are_moved_alike():
    """Of two classes, and of two as if they were several."""
    odds, by = np.linspace(-3, 3, 50), (0.5, -1.0)
    both = special.log_softmax(np.stack([np.zeros(50), odds], axis=1), axis=1)
    expected = special.softmax(priors.shift_logits(both, by), axis=1)[:, 1]
    np.testing.assert_allclose(special.expit(priors.shift_logits(odds, by)), expected, rtol=1e-12)


def test_a_prevalence_is_one_share_or_one_for_each_class():
    assert priors.read_prevalence(0.1, 2) == pytest.approx((0.9, 0.1))
    assert priors.read_prevalence([0.9, 0.1], 2) == pytest.approx((0.9, 0.1))
    assert priors.read_prevalence(np.array([0.5, 0.3, 0.2]), 3) == pytest.approx((0.5, 0.3, 0.2))


@pytest.mark.parametrize(
    ("prevalence", "classes", "sentence"),
    [
        (0, 2, "prevalence must be above 0 and below 1"),
        (1.0, 2, "prevalence must be above 0 and below 1, found 1.0"),
        (float("nan"), 2, "prevalence must be above 0 and below 1"),
        (0.1, 3, "prevalence must be one share for each of 3 classes, found 0.1"),
        ([0.5, 0.6], 2, "and sum to 1 over the classes"),
        ("0.5", 2, "prevalence must be a share, or one for each class, found '0.5'"),
        ("much", 2, "prevalence must be a share, or one for each class, found 'much'"),
    ],
)
def test_another_prevalence_is_refused(prevalence, classes, sentence):
    with pytest.raises(ValueError, match=sentence):
        priors.read_prevalence(prevalence, classes)
