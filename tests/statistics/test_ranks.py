"""Ranks across data sets against scikit-posthocs, baycomp and Demsar's example."""

import baycomp
import numpy as np
import pytest
import scikit_posthocs
from scipy import stats

from imbaloss.statistics import friedman, signed_rank_probabilities

SCORES = np.random.default_rng(0).normal([0.0, 0.2, 0.9, 1.0], size=(12, 4))


def test_friedman_and_nemenyi_are_scipys_and_scikit_posthocs():
    found = friedman(SCORES)
    assert found.p == pytest.approx(stats.friedmanchisquare(*SCORES.T).pvalue)
    np.testing.assert_allclose(found.nemenyi, scikit_posthocs.posthoc_nemenyi_friedman(SCORES).to_numpy(), atol=1e-6)


@pytest.mark.parametrize(("methods", "q"), [(3, 2.343), (4, 2.569), (5, 2.728), (10, 3.164)])
def test_the_critical_difference_is_that_of_demsars_table_5(methods, q):
    scores = np.random.default_rng(0).random((14, methods))
    expected = q * np.sqrt(methods * (methods + 1) / (6 * 14))
    assert friedman(scores).critical_difference == pytest.approx(expected, rel=1e-3)


def test_equal_methods_are_alike_and_two_are_refused():
    found = friedman(np.ones((5, 3)))
    assert found.p == 1
    assert (found.mean == 2).all()
    with pytest.raises(ValueError, match="3 methods, found 5 and 2"):
        friedman(np.ones((5, 2)))


@pytest.mark.parametrize("shift", [-0.03, 0.0, 0.005, 0.02])
def test_the_bayesian_signed_rank_test_is_baycomps(shift):
    differences = np.random.default_rng(1).normal(shift, 0.02, size=15)
    found = signed_rank_probabilities(differences, 0.01, np.random.default_rng(0))
    assert sum(found) == pytest.approx(1)
    better, same, worse = baycomp.SignedRankTest.probs(
        differences, np.zeros(15), rope=0.01, nsamples=50_000, random_state=0
    )
    np.testing.assert_allclose(found, (worse, same, better), atol=0.02)
