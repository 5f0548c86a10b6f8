"""Joint tests: against counting all flips, SciPy's distributions, and simulated scores."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from imbaloss.statistics import compare, corrected_t, holm, rule_out, sign_flip
from imbaloss.statistics.joint import FoldTest, flip_signs

METHODS = "abcdefghij"


def named(scores: np.ndarray) -> dict[str, np.ndarray]:
    """The columns of scores (n, methods) by the name of the method."""
    return dict(zip(METHODS, scores.T, strict=False))


def subtract(scores: np.ndarray) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """The differences of all pairs of columns, and the pairs."""
    pairs = list(combinations(range(scores.shape[1]), 2))
    return np.column_stack([scores[:, first] - scores[:, second] for first, second in pairs]), pairs


def step_down(differences: np.ndarray) -> np.ndarray:
    """Romano and Wolf's p-values, by a loop over all flips for each set of pairs that remain."""
    norms = np.sqrt((differences**2).sum(axis=0))
    flips = np.array(list(product([1.0, -1.0], repeat=len(differences))))
    drawn, observed = np.abs(flips @ differences) / norms, np.abs(differences.sum(axis=0)) / norms
    adjusted, remaining, before = np.empty(len(norms)), set(range(len(norms))), 0.0
    while remaining:
        largest = max(remaining, key=lambda pair: observed[pair])
        share = np.mean(drawn[:, sorted(remaining)].max(axis=1) >= observed[largest] - 1e-9)
        before = adjusted[largest] = max(before, share)
        remaining.remove(largest)
    return adjusted


@given(st.integers(0, 10**6), st.integers(2, 9), st.integers(2, 5))
def test_flips_give_the_p_values_of_romano_and_wolf(seed, repetitions, methods):
    generator = np.random.default_rng(seed)
    differences, pairs = subtract(generator.normal(size=(repetitions, methods)) + generator.normal(size=methods))
    found = flip_signs(differences, pairs).compare_pairs()
    np.testing.assert_allclose(found, step_down(differences))
    assert found.min() >= 2.0 ** (1 - repetitions)


@given(st.lists(st.floats(-1, 1, allow_subnormal=False), min_size=1, max_size=12))
def test_one_pair_has_the_p_value_of_the_sign_flip_test(differences):
    values = np.array(differences).round(3)
    assume(np.ptp(values) > 0)  # equal differences decide nothing
    [p] = flip_signs(values[:, None], [(0, 1)]).compare_pairs()
    assert p == pytest.approx(sign_flip(values))


def test_many_repetitions_give_nearly_the_p_values_of_all_flips():
    differences, pairs = subtract(np.random.default_rng(0).normal(size=(16, 4)) + np.arange(4) * 0.3)
    np.testing.assert_allclose(flip_signs(differences, pairs).compare_pairs(), step_down(differences), atol=0.01)


def test_folds_are_compared_by_holms_correction_of_corrected_t_tests():
    differences, pairs = subtract(np.random.default_rng(3).normal(size=(10, 4)) + np.arange(4) / 3)
    differences[2:4, 1] = np.nan
    folds = FoldTest.of(differences, pairs, 0.25)
    p = [corrected_t(column[np.isfinite(column)], 0.25) for column in differences.T]
    np.testing.assert_allclose(folds.compare_pairs(), holm(np.array(p)))


@pytest.mark.parametrize("methods", [2, 3, 5])
def test_a_method_is_ruled_out_over_folds_by_the_multivariate_t_distribution(methods):
    """Means that are equally correlated give statistics with correlations of 1/2."""
    differences, pairs = subtract(np.random.default_rng(methods).normal(size=(10, methods)) - np.arange(methods))
    folds = FoldTest.of(differences, pairs, 0.25)
    last = [place for place, pair in enumerate(pairs) if methods - 1 in pair]
    statistic = stats.ttest_1samp(differences[:, last], 0).statistic.max() / np.sqrt(1 + 10 * 0.25)
    correlation = np.full((methods - 1, methods - 1), 0.5) + np.eye(methods - 1) / 2
    below = stats.multivariate_t.cdf(np.full(methods - 1, statistic), np.zeros(methods - 1), correlation, 9)
    assert folds.rule(methods - 1).p == pytest.approx(1 - below, abs=0.002)
    assert folds.rule(0).p == 1.0


def test_the_least_distance_over_folds_is_the_end_of_a_one_sided_interval():
    scores = np.array([[0.5], [0.2]]) + np.random.default_rng(0).normal(scale=0.01, size=(2, 10))
    difference = scores[0] - scores[1]
    limit = stats.t.ppf(0.95, 9) * difference.std(ddof=1) * np.sqrt(0.1 + 0.25)
    ruling = rule_out(named(scores.T), test_to_train=0.25)["b"]
    assert ruling.behind == pytest.approx(difference.mean() - limit, rel=1e-3)


def test_the_best_of_many_is_found_where_holm_finds_no_pair():
    generator = np.random.default_rng(0)
    scores = named(0.5 + generator.normal(scale=0.01, size=(8, 10)) - [0, *[0.05] * 9])
    rulings = rule_out(scores)
    assert rulings["a"].p == 1.0
    assert all(0 < rulings[method].behind < 0.05 and rulings[method].p <= 0.05 for method in METHODS[1:])
    assert min(comparison.p_holm for comparison in compare(scores, margin=0.001)) > 0.05
    verdicts = {comparison.verdict for comparison in compare(scores, margin=0.001) if comparison.first == "a"}
    assert verdicts == {"better"}


@pytest.mark.parametrize("repetitions", [1, 2, 5])
def test_below_six_seeds_no_method_is_ruled_out(repetitions):
    rulings = rule_out(named(np.arange(3.0) + np.random.default_rng(0).normal(scale=1e-3, size=(repetitions, 3))))
    assert [ruling.behind for ruling in rulings.values()] == [0.0] * 3
    assert min(ruling.p for ruling in rulings.values()) == max(2.0 ** (1 - repetitions), 0.0625)


@pytest.mark.parametrize("test_to_train", [None, 0.25])
def test_what_carries_no_information_rules_nothing_out(test_to_train):
    scores = {"a": np.full(8, 0.5), "b": np.full(8, 0.5), "none": np.full(8, np.nan)}
    assert {method: ruling.p for method, ruling in rule_out(scores, test_to_train=test_to_train).items()} == {
        "a": 1.0, "b": 1.0,
    }  # fmt: skip
    assert rule_out({"a": np.ones(3)}, test_to_train=test_to_train)["a"].p == 1.0


@pytest.mark.parametrize("test_to_train", [None, 0.25])
def test_a_constant_difference_decides_nothing_and_gives_no_distance(test_to_train):
    values = np.random.default_rng(0).normal(size=10)
    assert rule_out({"a": values, "b": values - 0.3}, test_to_train=test_to_train)["b"].p == 1.0
    others = {"a": values, "b": values - 0.5, "c": values - 0.2 + np.random.default_rng(1).normal(scale=0.01, size=10)}
    assert rule_out(others, test_to_train=test_to_train)["b"].behind < 0.35  # from c alone, whose distance varies
    single = {"a": values, "b": values - np.random.default_rng(2).normal(0.3, 0.01, 10), "once": np.full(10, np.nan)}
    single["once"][0] = values[0] + 0.6
    ruling = rule_out(single, test_to_train=test_to_train)["b"]
    assert 0.2 < ruling.behind < 0.3


@pytest.mark.parametrize("test_to_train", [None, 0.0])
def test_missing_scores_do_not_rule_an_equal_method_out(test_to_train):
    generator, ruled_out = np.random.default_rng(0), 0
    for _ in range(300):
        scores = named(generator.normal(size=(10, 3)))
        scores["a"][2:] = np.nan
        ruled_out += rule_out(scores, test_to_train=test_to_train)["a"].p <= 0.05
    assert ruled_out <= stats.binom.ppf(0.999, 300, 0.05)


@pytest.mark.parametrize("test_to_train", [None, 0.25])
def test_a_method_that_is_worse_than_another_is_ruled_out(test_to_train):
    generator = np.random.default_rng(5)
    for _ in range(20):
        scores = named(generator.normal(size=(8, 5)) + generator.normal(size=5))
        rulings = rule_out(scores, test_to_train=test_to_train)
        for comparison in compare(scores, margin=0.01, test_to_train=test_to_train):
            if comparison.verdict.differs:
                worse = comparison.second if comparison.verdict == "better" else comparison.first
                assert rulings[worse].p <= 0.05


@pytest.mark.parametrize(("seeds", "methods", "correlation"), [(6, 5, 0.5), (10, 8, 0.95)])
def test_equal_methods_are_rarely_told_apart(seeds, methods, correlation):
    """The error of any pair, and that the best is ruled out, each at most 5 % with room for chance in 400 draws."""
    generator = np.random.default_rng(seeds)
    wrong_pairs = wrong_best = 0
    for _ in range(400):
        noise = generator.normal(size=(seeds, methods)) * np.sqrt(1 - correlation)
        differences, pairs = subtract(noise + generator.normal(size=(seeds, 1)) * np.sqrt(correlation))
        joint = flip_signs(differences, pairs)
        wrong_pairs += joint.compare_pairs().min() <= 0.05
        wrong_best += joint.rule(0).p <= 0.05
    assert max(wrong_pairs, wrong_best) <= stats.binom.ppf(0.999, 400, 0.05)
