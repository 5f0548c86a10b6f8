"""Paired tests against SciPy, statsmodels and their formulas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import ttost_paired

from imbaloss.statistics import corrected_t, equivalence, holm, sign_flip, superiority, wilcoxon
from imbaloss.statistics.paired import flip_each

DIFFERENCES = st.lists(st.integers(-5, 5).map(float), min_size=2, max_size=9).map(np.array)
DARWIN = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48.0])  # eighths of an inch


@given(DIFFERENCES)
def test_sign_flip_is_scipys_exact_permutation_test(differences):
    expected = stats.permutation_test(
        (differences,), np.sum, permutation_type="samples", n_resamples=np.inf, vectorized=False
    ).pvalue
    assert sign_flip(differences) == pytest.approx(expected)


def test_fishers_example_of_darwins_plants():
    """Section 21 of his book: 1,726 of 2^15 signs give a sum as far from 0."""
    assert sign_flip(DARWIN) == 1726 / 2**15


@pytest.mark.parametrize("number", [20, 21, 30])
def test_all_signs_count_up_to_thirty_differences(number):
    differences = np.random.default_rng(number).normal(0.4, size=number)
    halves = sums(differences[: number // 2]), sums(differences[number // 2 :])
    as_far = sum(np.count_nonzero(np.abs(halves[0] + one) >= abs(differences.sum()) - 1e-9) for one in halves[1])
    assert sign_flip(differences) == as_far / 2**number


def test_equal_sums_count_however_they_are_rounded():
    """Their sum is 0 but for rounding; then 1e-9, which no choice of signs comes nearer to 0."""
    assert sign_flip(np.array([0.1, 0.2, -0.3])) == 1
    assert sign_flip(np.array([0.1, 0.2, 0.3, -0.6, 1e-9])) == 1


def test_drawn_signs_agree_with_the_normal_approximation():
    differences = np.random.default_rng(0).normal(0.25, size=60)
    standard = differences.sum() / np.sqrt((differences**2).sum())
    assert sign_flip(differences) == pytest.approx(2 * stats.norm.sf(abs(standard)), abs=0.01)
    assert sign_flip(differences) == sign_flip(differences)


def test_drawn_signs_are_multiplied_in_blocks_as_they_would_be_at_once():
    differences = np.random.default_rng(1).normal(0.3, size=35)
    drawn = np.random.default_rng(0).choice(np.array([-1, 1], np.int8), (100_000, 35))
    as_far = np.abs(drawn.astype(float) @ differences) >= abs(differences.sum()) * (1 - 1e-12)
    assert sign_flip(differences) == (1 + as_far.sum()) / 100_001


def test_pairs_are_tested_together_as_each_is_alone():
    generator = np.random.default_rng(2)
    pairs = [generator.normal(0.2, size=number) for number in (35, 36, 10, 35, 31, 36)] + [np.zeros(40), np.zeros(0)]
    p = flip_each(pairs)
    assert p.tolist() == [sign_flip(differences) for differences in pairs]
    assert len(set(p)) == 7  # the last two are 1


def sums(differences: np.ndarray) -> np.ndarray:
    bits = np.arange(2 ** len(differences))[:, None] >> np.arange(len(differences)) & 1
    return (2 * bits - 1) @ differences


def test_no_difference_is_no_evidence():
    nothing = np.zeros(8)
    assert sign_flip(nothing) == wilcoxon(nothing) == corrected_t(nothing, 0.2) == 1
    assert sign_flip(np.array([])) == wilcoxon(np.array([])) == corrected_t(np.array([]), 0.2) == 1
    assert superiority(nothing) == 0.5


@pytest.mark.parametrize("difference", [0.0, 0.001, 0.1, 1 / 3, 5.0])
@pytest.mark.parametrize("seeds", [1, 2, 10])
def test_differences_that_do_not_vary_are_no_evidence_of_equivalence_and_none_over_folds(difference, seeds):
    same = np.full(seeds, difference)
    assert equivalence(same, 0.01) == equivalence(same, 100.0) == corrected_t(same, 0.2) == 1


def test_wilcoxon_is_scipys():
    assert wilcoxon(DARWIN) == stats.wilcoxon(DARWIN).pvalue


def test_superiority_counts_ties_half():
    assert superiority(np.array([1.0, 0, -2, 3])) == 0.625


@settings(max_examples=15)  # statsmodels takes long for each
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12).map(np.array))
def test_holm_is_statsmodels(p_values):
    np.testing.assert_allclose(holm(p_values), multipletests(p_values, method="holm")[1], atol=1e-12)


@pytest.mark.parametrize("margin", [5.0, 30.0, 80.0])
def test_equivalence_is_statsmodels(margin):
    expected = ttost_paired(DARWIN, np.zeros(15), -margin, margin)[0]
    assert equivalence(DARWIN, margin) == pytest.approx(expected)


def test_the_corrected_t_is_the_plain_one_without_overlap_and_smaller_with_it():
    assert corrected_t(DARWIN, 0.0) == pytest.approx(stats.ttest_1samp(DARWIN, 0).pvalue)
    t = stats.ttest_1samp(DARWIN, 0).statistic / np.sqrt(1 + 15 / 4)
    assert corrected_t(DARWIN, 1 / 4) == pytest.approx(2 * stats.t.sf(t, 14))
