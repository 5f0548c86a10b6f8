"""Verdicts: what is said, and how often it is wrong."""

from dataclasses import asdict
from math import comb

import numpy as np
import pytest
from scipy import stats

from imbaloss.statistics import compare, corrected_t, holm, rule_out, sign_flip, smallest_difference
from imbaloss.statistics.joint import flip_signs
from imbaloss.statistics.verdicts import count_more_seeds

GENERATOR = np.random.default_rng(0)


def test_better_worse_equivalent_and_undecided():
    common = GENERATOR.normal(scale=0.1, size=20)
    noise = GENERATOR.normal(scale=0.004, size=(4, 20))
    wide = GENERATOR.normal(scale=0.2, size=20)
    by = {"low": common + noise[0], "high": common + 0.1 + noise[1], "also": common + 0.1 + noise[2],
          "wild": common + 0.05 + wide}  # fmt: skip
    verdicts = {(one.first, one.second): one for one in compare(by, margin=0.01)}
    assert verdicts["low", "high"].verdict == "worse"
    assert verdicts["high", "also"].verdict == "equivalent"
    assert verdicts["low", "wild"].verdict == "undecided"
    assert compare({"high": by["high"], "low": by["low"]}, margin=0.01)[0].verdict == "better"
    assert verdicts["low", "wild"].more > 0


@pytest.mark.parametrize("gain", [0.1, -0.1, 0.0005, 0.02])
def test_turned_a_comparison_is_that_of_the_methods_in_the_other_order(gain):
    noise = np.random.default_rng(0).normal(scale=[[0.002], [0.05]][gain == 0.02], size=10)
    scores = {"a": 0.5 + gain + noise, "b": np.full(10, 0.5)}
    [one], [other] = compare(scores, margin=0.01), compare(dict(reversed(scores.items())), margin=0.01)
    expected, turned = asdict(other), asdict(one.turned)
    assert turned.pop("difference") == pytest.approx(expected.pop("difference"))
    assert turned == {name: pytest.approx(value) if isinstance(value, float) else value
                      for name, value in expected.items()}  # fmt: skip
    verdicts = {0.1: ("better", "worse"), -0.1: ("worse", "better")}
    told = verdicts.get(gain, ("undecided" if gain == 0.02 else "equivalent",) * 2)
    assert (one.verdict, one.turned.verdict) == told
    assert [one.verdict.differs, other.verdict.differs] == [abs(gain) == 0.1] * 2


def test_against_one_method_there_are_as_many_pairs_as_other_methods():
    by = dict(zip("abcd", GENERATOR.normal(size=(4, 12)), strict=True))
    comparisons = compare(by, margin=0.01, against="c")
    assert [(each.first, each.second) for each in comparisons] == [("a", "c"), ("b", "c"), ("d", "c")]
    assert [each.p_holm for each in comparisons] == holm(
        np.array([sign_flip(by[each.first] - by["c"]) for each in comparisons])
    ).tolist()
    differences = np.column_stack([by[method] - by["c"] for method in "abd"])
    joint = flip_signs(differences, [(0, 2), (1, 2), (3, 2)]).compare_pairs()
    assert all(each.p_joint >= p for each, p in zip(comparisons, joint, strict=True))
    assert comparisons[0].difference == compare({"a": by["a"], "c": by["c"]}, margin=0.01)[0].difference


def test_too_few_seeds_decide_nothing_and_it_is_said_how_many_do():
    [one] = compare({"a": np.arange(5.0) + 10, "b": np.zeros(5)}, margin=0.01)
    assert (one.p, one.verdict, one.smallest, one.more) == (1 / 16, "undecided", None, 1)


def test_what_is_missing_is_left_out_of_its_pairs():
    missing = np.array([1.0, np.nan, 3.0, 4.0])
    [one] = compare({"a": missing, "b": np.array([0.0, 0.0, np.nan, 1.0])}, margin=0.1)
    assert (one.pairs, one.difference.estimate) == (2, 2.0)
    [none] = compare({"a": missing * np.nan, "b": missing}, margin=0.1)
    assert (none.pairs, none.verdict, none.more) == (0, "undecided", None)


def test_folds_are_judged_by_the_corrected_test():
    differences = GENERATOR.normal(0.05, 0.05, size=10)
    [one] = compare({"a": differences, "b": np.zeros(10)}, margin=0.01, test_to_train=1 / 3)
    assert one.p == corrected_t(differences, 1 / 3)
    low, high = one.difference[1:]
    assert (low > 0 or high < 0) == (one.p < 0.05)
    assert one.more is None


def test_methods_that_differ_by_the_same_everywhere_are_no_more_than_undecided():
    for seeds in (5, 10, 20):
        values = GENERATOR.random(seeds)
        for gain in (0.0, 0.001, 0.1):
            [one] = compare({"a": values + gain, "b": values}, margin=0.01)
            assert (one.verdict, one.p_joint, one.p_equivalent, one.more) == ("undecided", 1, 1, None)


NO_MARGIN = 1e-9  # so that nothing is found equivalent


@pytest.mark.parametrize("methods", [2, 5])
@pytest.mark.parametrize("effect", [0.3, 0.55, 0.8, 1.5])
@pytest.mark.parametrize("seeds", [3, 7, 12])
def test_more_seeds_are_the_fewest_that_find_such_a_difference(seeds, effect, methods):
    """In standard deviations, 0.01."""
    difference = 0.01 * effect
    more = count_more_seeds(seeds, difference, 0.01, margin=NO_MARGIN, methods=methods, alpha=0.05)

    def found(total: int) -> bool:
        least = smallest_difference(total, methods)
        return least is not None and least * 0.01 <= difference

    assert found(seeds + more)
    assert more == 1 or not found(seeds + more - 1)


@pytest.mark.parametrize(("difference", "methods"), [(0.0, 2), (0.003, 2), (0.0, 4)])
def test_more_seeds_are_the_fewest_that_find_equivalence(difference, methods):
    """In 4 of 5 of 4,000 simulated studies, by two one-sided t-tests of SciPy; with a tenth fewer, less often."""
    deviation, margin, seeds = 0.02, 0.01, 6
    more = count_more_seeds(seeds, difference, deviation, margin=margin, methods=methods, alpha=0.05)
    generator = np.random.default_rng(0)

    def found(total: int) -> float:
        drawn = generator.normal(difference, deviation, (4000, total))
        below = stats.ttest_1samp(drawn, -margin, axis=1, alternative="greater").pvalue
        above = stats.ttest_1samp(drawn, margin, axis=1, alternative="less").pvalue
        return float(np.mean(np.maximum(below, above) <= 0.05 / comb(methods, 2)))

    assert more > 10
    assert found(seeds + more) == pytest.approx(0.8, abs=0.025)
    assert found(round(0.9 * (seeds + more))) < 0.79


def test_what_more_than_a_thousand_seeds_would_decide_has_no_number():
    assert count_more_seeds(6, 0.005, 0.5, margin=0.01, methods=2, alpha=0.05) is None
    assert count_more_seeds(6, 0.1, 0.5, margin=0.01, methods=2, alpha=0.05) < 1000


def test_a_pair_is_promised_the_seeds_by_its_own_difference_and_deviation():
    gains = 0.05 + np.array([-0.2, 0.1, 0.3, -0.1, 0.05, -0.15, 0.0])
    [one] = compare({"a": 0.5 + gains, "b": np.full(7, 0.5)}, margin=0.01)
    assert one.verdict == "undecided"
    assert one.more == count_more_seeds(
        7, abs(gains.mean()), gains.std(ddof=1), margin=0.01, methods=2, alpha=0.05
    )  # fmt: skip
    assert one.more > 20


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [6, 10, 20])
@pytest.mark.parametrize("methods", [2, 3, 5])
@pytest.mark.parametrize("tail", ["normal", "heavy"])
def test_alike_methods_are_rarely_called_better(seeds, methods, tail):
    """In 5 % of the studies at most, but for the error of the simulation."""
    generator, tries, wrong = np.random.default_rng(seeds + methods), 400, 0
    for _ in range(tries):
        noise = (
            generator.normal(size=(methods, seeds)) if tail == "normal" else generator.standard_t(2, (methods, seeds))
        )
        found = compare({str(place): values for place, values in enumerate(noise)}, margin=0.01)
        wrong += any(one.verdict.differs for one in found)
    assert wrong / tries <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / tries)


@pytest.mark.parametrize("test_to_train", [None, 0.25])
def test_a_smaller_error_of_a_method_counts_for_its_pairs_alone(test_to_train):
    noise = np.random.default_rng(0).normal(scale=0.025, size=(3, 10))
    scores = {name: mean + values for name, mean, values in zip("abc", (0.5, 0.6, 0.7), noise, strict=True)}
    whole = compare(scores, margin=0.001, test_to_train=test_to_train)
    smaller = compare(scores, margin=0.001, alphas={"a": 1e-9}, test_to_train=test_to_train)
    assert [line.verdict for line in whole] == ["worse"] * 3
    assert [line.verdict for line in smaller] == ["undecided", "undecided", "worse"]
    assert [line.p_joint for line in smaller] == [line.p_joint for line in whole]
    rulings = rule_out(scores, alphas={"a": 1e-9}, test_to_train=test_to_train)
    assert {name: ruling.is_ruled_out for name, ruling in rulings.items()} == {"a": False, "b": True, "c": False}
