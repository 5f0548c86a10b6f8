"""Bands of shares, and of what is made of them: they are the formulas of their sources, and hold at the edges."""

from math import hypot, isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from imbaloss.comparison.summary.threshold_bands import (
    add_independent,
    complement,
    find_share_ends,
    relate_independent,
    scale,
    wilson_ends,
)
from imbaloss.statistics import Interval


@st.composite
def intervals(draw) -> Interval:
    low, estimate, high = sorted(draw(st.tuples(*[st.floats(0, 1, allow_subnormal=False)] * 3)))
    return Interval(*(0.0 if value < 1e-6 else value for value in (estimate, low, high)))


@given(successes=st.integers(0, 50), failures=st.integers(1, 50))
def test_ends_are_those_of_wilson_for_whole_numbers(successes, failures):
    rows = successes + failures
    low, high = wilson_ends(np.array([successes / rows]), np.array([float(rows)]))
    expected = stats.binomtest(successes, rows).proportion_ci(0.95, method="wilson")
    assert np.allclose([low[0], high[0]], [expected.low, expected.high], atol=1e-12)


def find(of_repetitions, rows: float = 100.0, test_to_train: float | None = 0.25) -> tuple[float, float]:
    values = np.array(of_repetitions)[:, None]
    low, high = find_share_ends(values.mean(axis=0), values, rows, test_to_train)
    return float(low[0]), float(high[0])


def test_one_repetition_and_equal_ones_leave_the_variance_of_the_rows():
    expected = stats.binomtest(30, 100).proportion_ci(0.95, method="wilson")
    for of_repetitions in ([0.3], [0.3] * 5):
        assert find(of_repetitions) == pytest.approx((expected.low, expected.high))


def test_variation_of_folds_widens_the_interval_to_about_that_of_nadeau_and_bengio():
    of_folds = np.array([0.5, 0.4, 0.6, 0.45, 0.55, 0.5, 0.3, 0.7, 0.5, 0.5])
    low, high = find(of_folds, rows=1e6)
    half = stats.t.ppf(0.975, 9) * of_folds.std(ddof=1) * np.sqrt(1 / 10 + 0.25)
    assert (high - low) / 2 == pytest.approx(half, rel=0.05)
    low_of_seeds, high_of_seeds = find(of_folds, rows=1e6, test_to_train=None)
    assert high - low > 1.5 * (high_of_seeds - low_of_seeds)


def test_seeds_with_one_test_part_add_the_variance_of_the_rows():
    of_seeds = [0.45, 0.55, 0.5, 0.4, 0.6]
    seeds = find(of_seeds, rows=1e9, test_to_train=None)
    rows = find([0.5] * 5, rows=100, test_to_train=None)
    both = find(of_seeds, rows=100, test_to_train=None)
    assert both[1] - 0.5 == pytest.approx(hypot(seeds[1] - 0.5, rows[1] - 0.5), rel=0.05)


@given(of_repetitions=st.lists(st.floats(0, 1), min_size=1, max_size=12), rows=st.floats(1, 1e6))
def test_an_interval_of_a_share_holds_it_and_is_never_narrower_than_that_of_the_rows(of_repetitions, rows):
    share = float(np.mean(of_repetitions))
    for ratio in (0.25, None):
        low, high = find(of_repetitions, rows, ratio)
        [least], [most] = wilson_ends(np.array([share]), np.array([rows]))
        assert 0 <= low <= least + 1e-12
        assert most - 1e-12 <= high <= 1


@given(first=intervals(), second=intervals())
def test_a_sum_is_wider_than_each_part_and_narrower_than_the_sum_of_ends(first, second):
    total = add_independent(first, second)
    assert total.estimate == first.estimate + second.estimate
    assert first.low + second.low - 1e-12 <= total.low <= total.estimate - (first.estimate - first.low) + 1e-12
    assert total.estimate + (second.high - second.estimate) - 1e-12 <= total.high <= first.high + second.high + 1e-12


@given(part=intervals(), rest=intervals())
def test_a_ratio_ends_where_the_difference_ends_at_zero(part, rest):
    """The odds r at an end: the interval of part - r rest has 0 as its end."""
    relation = relate_independent(part, rest)
    if not part.estimate + rest.estimate > 0:
        assert all(map(isnan, relation))
        return
    assert 0 <= relation.low <= relation.estimate + 1e-9
    assert relation.estimate - 1e-9 <= relation.high <= 1
    for end, of_part, of_rest in (
        (relation.low, part.estimate - part.low, rest.high - rest.estimate),
        (relation.high, part.high - part.estimate, rest.estimate - rest.low),
    ):
        if 1e-3 < end < 1 - 1e-3:
            odds = end / (1 - end)
            distance = abs(part.estimate - odds * rest.estimate)
            assert distance == pytest.approx(hypot(of_part, odds * of_rest), rel=1e-4, abs=1e-6)


def test_a_precision_without_false_alarms_is_1_and_its_interval_is_not():
    relation = relate_independent(Interval(20.0, 10.0, 28.0), Interval(0.0, 0.0, 4.0))
    assert (relation.estimate, relation.high) == (1.0, 1.0)
    assert 0.7 < relation.low < 0.95


def test_a_complement_changes_the_ends():
    assert complement(Interval(0.25, 0.125, 0.5)) == (0.75, 0.5, 0.875)
    assert scale(Interval(0.25, 0.125, 0.5), 8) == (2, 1, 4)
