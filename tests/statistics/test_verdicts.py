"""Verdicts: what is said, and how often it is wrong."""

import numpy as np
import pytest

from imbaloss.statistics import compare, corrected_t

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


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [6, 10, 20])
@pytest.mark.parametrize("methods", [2, 3, 5])
@pytest.mark.parametrize("tail", ["normal", "heavy"])
def test_alike_methods_are_rarely_called_better(seeds, methods, tail):
    """In 5 % of the studies at most, but for the error of the simulation."""
    generator, tries, wrong = np.random.default_rng(seeds + methods), 1000, 0
    for _ in range(tries):
        noise = (
            generator.normal(size=(methods, seeds)) if tail == "normal" else generator.standard_t(2, (methods, seeds))
        )
        found = compare({str(place): values for place, values in enumerate(noise)}, margin=0.01)
        wrong += any(one.verdict in {"better", "worse"} for one in found)
    assert wrong / tries <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / tries)
