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
    rule_out,
    smallest_difference,
)
from imbaloss.statistics.power import find_limit_of_best


@pytest.mark.parametrize("methods", [2, 12])
def test_with_fewer_than_six_seeds_no_method_is_ruled_out(methods):
    assert fewest_seeds() == 6
    for seeds, can in ((5, False), (6, True)):
        ahead = {"best": np.ones(seeds)} | {str(place): np.arange(seeds) * 1e-6 for place in range(methods - 1)}
        assert (rule_out(ahead)["0"].p <= 0.05) == can
        assert (power(50.0, seeds, methods) == 1) == can
        assert (smallest_difference(seeds, methods) is not None) == can


@pytest.mark.parametrize("seeds", [6, 9, 13, 14, 20, 60, 3000])
def test_the_smallest_difference_has_the_power_that_was_asked_for(seeds):
    for wanted in (0.5, 0.8, 0.95):
        assert power(smallest_difference(seeds, 2, 0.05, wanted), seeds) == pytest.approx(wanted, abs=0.01)


def test_more_seeds_show_less_and_more_methods_more():
    smallest = [smallest_difference(seeds) for seeds in (6, 10, 14, 20, 50)]
    assert smallest == sorted(smallest, reverse=True)
    assert smallest_difference(10, 10) > smallest_difference(10, 3) > smallest_difference(10, 2)


@pytest.mark.parametrize(("methods", "degrees", "limit"), [(2, 9, 1.83), (3, 10, 2.15), (6, 20, 2.39), (10, 60, 2.48)])
def test_the_limit_is_dunnetts(methods, degrees, limit):
    """One-sided limits at 5 % for M - 1 treatments and a control, from Dunnett's table 1a (1955)."""
    assert find_limit_of_best(methods, degrees) == pytest.approx(limit, abs=0.01)


def test_the_limit_is_that_of_the_multivariate_t_distribution():
    correlation = np.full((4, 4), 0.5) + np.eye(4) / 2
    limit = find_limit_of_best(5, 9)
    below = stats.multivariate_t.cdf(np.full(4, limit), np.zeros(4), correlation, 9, random_state=0)
    assert below == pytest.approx(0.95, abs=0.002)


@pytest.mark.slow
@pytest.mark.parametrize(("seeds", "methods"), [(6, 2), (10, 2), (10, 5), (14, 5), (20, 2), (20, 10)])
def test_a_lead_rules_a_method_out_as_often_as_it_is_said(seeds, methods):
    """Within 10 points: the limit is that of normal scores, and the test flips signs."""
    generator, tries = np.random.default_rng(99), 500
    for wanted in (0.5, 0.8):
        lead = np.eye(methods)[0] * smallest_difference(seeds, methods, 0.05, wanted)
        ruled_out = 0
        for _ in range(tries):
            scores = generator.normal(scale=np.sqrt(0.5), size=(seeds, methods)) + lead
            named = {str(place): values for place, values in enumerate(scores.T)}
            ruled_out += rule_out(named)["1"].p <= 0.05
        assert ruled_out / tries == pytest.approx(wanted, abs=0.1)


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
