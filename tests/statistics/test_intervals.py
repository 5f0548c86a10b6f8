"""Intervals against SciPy, scikit-learn and their formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from imbaloss.statistics import (
    delong,
    logit_interval,
    seeds_and_redrawn,
    seeds_and_samples,
    stratified_bootstrap,
    t_interval,
)


def drawn(seed: int, positives: int = 30, negatives: int = 50) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.repeat([0, 1], [negatives, positives]))
    return labels, np.round(generator.normal(labels), 1)  # with ties


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99])
def test_the_t_interval_is_scipys(confidence):
    values = np.random.default_rng(0).normal(size=7)
    expected = stats.ttest_1samp(values, 0).confidence_interval(confidence)
    assert t_interval(values, confidence)[1:] == pytest.approx((expected.low, expected.high))


def test_too_few_values_have_no_interval():
    assert t_interval(np.array([0.3]))[0] == 0.3
    assert np.isnan(t_interval(np.array([0.3]))[1:]).all()
    assert np.isnan(t_interval(np.array([]))).all()


@pytest.mark.parametrize("seed", range(5))
def test_delongs_area_is_scikit_learns_and_its_variance_that_of_the_placements(seed):
    labels, probabilities = drawn(seed)
    found = delong(labels, probabilities)
    assert found.auc == pytest.approx(roc_auc_score(labels, probabilities))
    wins = np.array([
        [(p > n) + (p == n) / 2 for n in probabilities[labels == 0]] for p in probabilities[labels == 1]
    ])  # fmt: skip
    expected = np.var(wins.mean(axis=1), ddof=1) / 30 + np.var(wins.mean(axis=0), ddof=1) / 50
    assert found.variance == pytest.approx(expected)


def test_delongs_covariance_of_two_areas_is_that_of_their_placements():
    labels, first = drawn(0)
    second = first + np.random.default_rng(1).normal(size=80)
    one, other = delong(labels, first), delong(labels, second)
    expected = (one.variance + other.variance - one.minus(other).variance) / 2
    assert np.sum(one.contributions * other.contributions) == pytest.approx(expected)
    assert one.minus(one).variance == 0


def test_delong_refuses_a_class_of_one():
    with pytest.raises(ValueError, match="found 1 positives and 3 negatives"):
        delong(np.array([0, 1, 0, 0]), np.arange(4.0))


@given(st.floats(0.01, 0.99), st.floats(0, 0.3), st.integers(2, 300), st.sampled_from([0.5, 0.95, 0.99]))
def test_on_the_logit_scale_an_interval_is_students(estimate, deviation, rarer, confidence):
    """By odds; the deviation of a logit is that of the estimate times the slope there, 1 / (p (1 - p))."""
    found, *ends = logit_interval(estimate, deviation, rarer, confidence)
    slope = 1 / estimate + 1 / (1 - estimate)
    expected = stats.t(rarer - 1, 0, 1).interval(confidence)
    odds = np.array([np.exp(min(end * deviation * slope, 700)) for end in expected]) * estimate / (1 - estimate)
    assert found == estimate
    assert ends == pytest.approx(odds / (1 + odds), abs=1e-12)
    assert 0 <= ends[0] <= estimate + 1e-12
    assert estimate - 1e-12 <= ends[1] <= 1


@given(st.floats(0.01, 0.99), st.floats(0, 0.1), st.integers(2, 300))
def test_the_interval_of_what_is_left_to_1_is_the_mirrored_one(estimate, deviation, rarer):
    _, low, high = logit_interval(estimate, deviation, rarer)
    assert logit_interval(1 - estimate, deviation, rarer) == pytest.approx((1 - estimate, 1 - high, 1 - low), abs=1e-12)


@pytest.mark.parametrize(("estimate", "rarer"), [(0.0, 10), (1.0, 10), (0.7, 1), (0.7, 0), (np.nan, 10)])
def test_at_0_and_1_and_of_a_class_of_one_no_logit_interval_has_ends(estimate, rarer):
    found = logit_interval(estimate, 0.1, rarer)
    np.testing.assert_array_equal(found, [estimate, np.nan, np.nan])


def test_a_small_deviation_leaves_the_logit_interval_the_plain_one():
    assert logit_interval(0.8, 1e-5, 40) == pytest.approx((0.8, *stats.t(39, 0.8, 1e-5).interval(0.95)), abs=1e-9)


@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_the_bootstrap_keeps_the_classes_and_has_the_deviation_of_the_binomial(confidence):
    """Recall of 30 of 40: the deviation of its resamples is sqrt(p (1 - p) / 40)."""
    labels, probabilities = np.repeat([0, 1], [60, 40]), np.r_[np.zeros(60), np.repeat([0.0, 1.0], [10, 30])]

    def recall(labels, probabilities):
        assert labels.sum() == 40
        return float(np.mean(probabilities[labels == 1] > 0.5))

    def of(seed: int) -> tuple[float, ...]:
        generator = np.random.default_rng(seed)
        return stratified_bootstrap(recall, labels, probabilities, generator, resamples=4000, confidence=confidence)

    expected = logit_interval(0.75, np.sqrt(0.75 * 0.25 / 40), 40, confidence)
    assert of(0) == of(0) != of(1)
    assert of(0) == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize("negatives", [10, 90])
def test_the_rarer_class_gives_the_bootstrap_its_degrees_of_freedom(negatives):
    """The score is a mean of all, whose deviation over resamples is known."""
    labels, values = np.repeat([0, 1], [negatives, 30]), np.random.default_rng(0).random(negatives + 30)
    found = stratified_bootstrap(
        lambda _, drawn: float(drawn.mean()), labels, values, np.random.default_rng(0), resamples=4000
    )
    variance = sum(np.var(values[labels == label]) * np.sum(labels == label) for label in (0, 1))
    expected = logit_interval(values.mean(), np.sqrt(variance) / len(labels), min(negatives, 30))
    assert found == pytest.approx(expected, abs=0.003)


def test_seeds_that_share_no_sample_have_the_t_interval():
    runs = [delong(*drawn(seed)) for seed in range(5)]
    apart = [np.arange(80) + 80 * seed for seed in range(5)]
    assert seeds_and_samples(runs, apart) == pytest.approx(t_interval(np.array([run.auc for run in runs])))


def test_equal_seeds_on_the_same_samples_have_delongs_interval():
    run = delong(*drawn(3))
    _, low, high = seeds_and_samples([run] * 4, [np.arange(80)] * 4)
    stretched = stats.t.ppf(0.975, 29) / stats.norm.ppf(0.975)  # the rarer class has 30
    assert (high - low) == pytest.approx(stretched * np.subtract(*run.interval()[::-1]))


def test_samples_that_change_nothing_leave_the_interval_of_the_seeds():
    values = np.random.default_rng(0).random(8)
    assert seeds_and_redrawn(values, np.full(100, values.mean()), 30) == pytest.approx(t_interval(values))


def test_seeds_that_change_nothing_leave_the_interval_of_the_samples():
    drawn = np.random.default_rng(0).normal(0.4, 0.1, 500)
    mean, low, high = seeds_and_redrawn(np.full(8, 0.4), drawn, 30)
    assert mean == pytest.approx(0.4)
    assert high - low == pytest.approx(2 * stats.t.ppf(0.975, 29) * drawn.std(ddof=1))


@pytest.mark.parametrize(("seeds", "rare"), [(1, 30), (8, 1)])
def test_one_seed_or_one_rare_sample_has_no_interval_for_both(seeds, rare):
    assert np.isnan(seeds_and_redrawn(np.full(seeds, 0.4), np.random.default_rng(0).random(9), rare)[1:]).all()


def test_an_area_with_an_unknown_probability_is_unknown():
    found = delong(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, np.nan, 0.9]))
    assert np.isnan([found.auc, found.variance, *found.contributions]).all()


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [6, 10, 20])
@pytest.mark.parametrize("shared", [False, True], ids=["own samples", "the same samples"])
def test_intervals_of_an_area_cover_it(seeds, shared):
    """In 95 % +- 2: binormal scores, with a skill that varies between the seeds."""
    generator, truth, tries = np.random.default_rng(seeds), stats.norm.cdf(1 / np.sqrt(2 + 0.3**2)), 2000
    labels, inside = np.repeat([0, 1], [60, 40]), 0
    for _ in range(tries):
        noise = generator.normal(size=(seeds, 100))
        if shared:  # half of the variance is the sample's own
            noise = np.sqrt(0.5) * generator.normal(size=100) + np.sqrt(0.5) * noise
        skill = 1 + 0.3 * generator.normal(size=(seeds, 1))
        runs = [delong(labels, one) for one in noise + labels * skill]
        if shared:
            _, low, high = seeds_and_samples(runs, [np.arange(100)] * seeds)
        else:
            _, low, high = t_interval(np.array([run.auc for run in runs]))
        inside += low <= truth <= high
    assert inside / tries == pytest.approx(0.95, abs=0.02)
