"""Power as it is stated, and as it comes out."""

import numpy as np
import pytest

from imbaloss.statistics import fewest_seeds, power, sign_flip, smallest_difference


@pytest.mark.parametrize(("comparisons", "seeds"), [(1, 6), (10, 9), (36, 11)])
def test_with_fewer_seeds_no_test_can_decide(comparisons, seeds):
    assert fewest_seeds(comparisons) == seeds
    for n, can in ((seeds - 1, False), (seeds, True)):
        assert (sign_flip(np.ones(n)) <= 0.05 / comparisons) == can
        assert (power(50.0, n, comparisons) == 1) == can
        assert (smallest_difference(n, comparisons) is not None) == can


@pytest.mark.parametrize("seeds", [6, 9, 13, 14, 20, 60, 3000])
def test_the_smallest_difference_has_the_power_that_was_asked_for(seeds):
    for wanted in (0.5, 0.8, 0.95):
        assert power(smallest_difference(seeds, 1, 0.05, wanted), seeds) == pytest.approx(wanted, abs=0.01)


def test_more_seeds_show_less_and_more_pairs_more():
    found = [smallest_difference(seeds) for seeds in (6, 10, 14, 20, 50)]
    assert found == sorted(found, reverse=True)
    assert smallest_difference(10, 10) > smallest_difference(10, 1)


@pytest.mark.slow
@pytest.mark.parametrize(("seeds", "comparisons"), [(6, 1), (10, 1), (10, 10), (14, 10), (20, 1), (20, 10)])
def test_the_test_finds_what_it_was_said_to_find(seeds, comparisons):
    """Within 5 points, on other draws than those that the statement is made from."""
    generator, tries = np.random.default_rng(99), 1000
    for wanted in (0.5, 0.8):
        effect = smallest_difference(seeds, comparisons, 0.05, wanted)
        found = sum(sign_flip(generator.normal(effect, size=seeds)) <= 0.05 / comparisons for _ in range(tries))
        assert found / tries == pytest.approx(wanted, abs=0.05)
