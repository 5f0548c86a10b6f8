"""The share of positives of new rows: estimate, interval, and what is done with it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from benchmarks.prevalence import SIZES, by_bins, draw_case
from imbaloss.evaluation import prevalence
from imbaloss.evaluation.prevalence import estimate_share, find_edges, shift_probabilities, weigh_for_share


def cover(sizes, ratios, simulations: int) -> float:
    """The share of intervals that cover the true share."""
    covered = []
    for size in sizes:
        for ratio in ratios:
            generator = np.random.default_rng([size[0], round(10 * ratio)])
            for _ in range(simulations):
                case = draw_case(size, ratio, calibrated=False, generator=generator)
                interval = by_bins(case)
                covered.append(interval is None or interval.low <= case.share <= interval.high)
    return float(np.mean(covered))


def test_an_interval_covers():
    assert cover(SIZES[1:2], (0.5, 3.0), 30) >= 0.9


@pytest.mark.slow
def test_an_interval_covers_as_often_as_it_says():
    assert 0.93 <= cover(SIZES[:4], (0.5, 1.0, 2.0, 3.0), 125) <= 0.97


def test_two_bins_are_black_box_shift_estimation():
    """The estimate is (q - fpr) / (recall - fpr), where it lies between 0 and 1 (Lipton et al. 2018)."""
    reference, new = np.array([[900.0, 100], [10, 40]]), np.array([840.0, 160])
    share = estimate_share(new, reference)
    assert share is not None
    assert share.estimate == pytest.approx((0.16 - 0.1) / (0.8 - 0.1), rel=0.01)
    assert share.low < share.estimate < share.high


def test_the_estimate_is_the_fixed_point_of_saerens_where_the_reference_is_large():
    """Saerens et al. 2002, equation 2.10: the mean of the adjusted posteriors is the share."""
    f_0, f_1 = np.array([0.7, 0.2, 0.08, 0.02]), np.array([0.1, 0.2, 0.3, 0.4])
    new = np.array([650.0, 200, 100, 50])
    share = 0.5
    for _ in range(2000):
        posterior = share * f_1 / (share * f_1 + (1 - share) * f_0)
        share = float(new @ posterior / new.sum())
    found = estimate_share(new, 1e7 * np.stack([f_0, f_1]))
    assert found is not None
    assert found.estimate == pytest.approx(share, rel=0.005)


def test_more_rows_make_the_interval_narrower():
    reference, new = np.array([[900.0, 80, 20], [10, 15, 25]]), np.array([840.0, 90, 70])
    widths = []
    for factor in (1, 10, 100):
        share = estimate_share(factor * new, factor * reference)
        assert share is not None
        widths.append(share.high - share.low)
    assert widths == sorted(widths, reverse=True)
    assert widths[2] == pytest.approx(widths[0] / 10, rel=0.2)


@pytest.mark.parametrize(
    ("new", "reference"),
    [
        ([0, 0], [[90, 10], [5, 5]]),
        ([50, 50], [[90, 10], [0, 1]]),
        ([88, 12], [[90, 10], [45, 5]]),
        ([100], [[90], [10]]),
    ],
    ids=["no rows", "one positive", "classes alike", "one bin"],
)
def test_what_cannot_be_estimated_is_none(new, reference):
    assert estimate_share(np.array(new, dtype=float), np.array(reference, dtype=float)) is None


def test_the_ends_are_shares():
    reference = np.array([[9990.0, 10], [10, 990]])
    none, every = (estimate_share(np.array(new), reference) for new in ([1000.0, 0], [0.0, 1000]))
    assert none is not None
    assert every is not None
    assert (none.low, every.high) == (0, 1)
    assert none.high < 0.01
    assert every.low > 0.97


@given(st.lists(st.floats(0, 1), min_size=4, max_size=60), st.integers(1, 3))
def test_bins_hold_every_row(values, step):
    probabilities = np.array(values)
    labels = np.arange(len(values)) % (step + 1) // step
    edges = find_edges(labels, probabilities)
    assert len(edges) <= 2 * (prevalence.CUTS - 1)
    assert prevalence.count_bins(probabilities, edges).sum() == len(values)


@given(st.floats(1e-6, 1 - 1e-6), st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_a_shift_multiplies_the_odds(probability, share, new_share):
    shifted = shift_probabilities(np.array([probability]), share, new_share)[0]
    factor = new_share / (1 - new_share) * (1 - share) / share
    assert shifted == pytest.approx(special.expit(special.logit(probability) + np.log(factor)), rel=1e-9)
    back = shift_probabilities(np.array([shifted]), new_share, share)[0]
    assert back == pytest.approx(probability, abs=1e-9)


def test_a_shift_keeps_certain_probabilities():
    assert shift_probabilities(np.array([0.0, 1.0]), 0.1, 0.4).tolist() == [0, 1]


def test_weights_give_the_share():
    labels = np.repeat([0, 1], [90, 10])
    weights = weigh_for_share(labels, 0.3)
    assert weights[labels == 1].sum() / weights.sum() == pytest.approx(0.3)
    assert weights.mean() == pytest.approx(1)
