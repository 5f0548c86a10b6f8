"""Power as it is stated, and as it comes out."""

from math import sqrt

import numpy as np
import pytest
from scipy import stats

from imbaloss.statistics import (
    area_deviation,
    delong,
    difference_deviation,
    fewest_seeds,
    power,
    sign_flip,
    smallest_difference,
)


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


@pytest.mark.parametrize(("positives", "negatives"), [(1, 1), (10, 90), (40, 60)])
def test_an_area_of_chance_has_mann_and_whitneys_deviation(positives, negatives):
    """Their U, of P N pairs, has the variance P N (P + N + 1) / 12 where the classes are alike."""
    expected = sqrt((positives + negatives + 1) / (12 * positives * negatives))
    assert area_deviation(0.5, positives, negatives) == pytest.approx(expected)


def test_the_deviation_of_one_pair_is_that_of_a_coin():
    assert area_deviation(0.8, 1, 1) == pytest.approx(sqrt(0.8 * 0.2))


def test_the_deviation_of_an_area_is_that_of_another_program():
    """se_auc(0.75, positives, negatives) as the manual of auctestr 1.0.0 prints it, a package of R."""
    for positives, negatives, printed in ((20, 200, 0.06498283), (110, 110, 0.03282048), (20, 20, 0.07789072)):
        assert area_deviation(0.75, positives, negatives) == pytest.approx(printed, abs=1e-8)


@pytest.mark.parametrize(("area", "positives", "negatives"), [(0.8, 10, 90), (0.8, 40, 60), (0.95, 20, 80)])
def test_areas_and_their_differences_vary_as_foretold(area, positives, negatives):
    """Of scores that are exponential in each class, over 2,000 sets of samples, and within each of them by DeLong."""
    generator, labels = np.random.default_rng(0), np.repeat([0, 1], [negatives, positives])
    shared, *own = generator.normal(size=(3, 2000, len(labels)))
    scales = np.where(labels == 1, area / (1 - area), 1.0)
    first, second = (
        [delong(labels, scores) for scores in -stats.norm.logsf((shared + one) / sqrt(2)) * scales] for one in own
    )
    areas = np.array([[one.auc for one in first], [one.auc for one in second]])
    foretold = area_deviation(area, positives, negatives)
    assert areas.mean() == pytest.approx(area, abs=0.003)
    assert areas.std(axis=1) == pytest.approx(foretold, rel=0.06)
    assert np.mean([one.variance for one in [*first, *second]]) == pytest.approx(foretold**2, rel=0.06)
    foretold = difference_deviation(area, positives, negatives, np.corrcoef(areas)[0, 1])
    assert (areas[0] - areas[1]).std() == pytest.approx(foretold, rel=0.06)
    differences = [one.minus(other).variance for one, other in zip(first, second, strict=True)]
    assert np.mean(differences) == pytest.approx(foretold**2, rel=0.08)
