"""Drift of columns beyond another share of positives: p-values are uniform without it and small with it."""

import numpy as np
import pytest
from scipy import stats

from imbaloss.evaluation.drift import excess_p_value, join_bins, mixture_p_values

F_0, F_1 = np.array([0.5, 0.3, 0.15, 0.05]), np.array([0.1, 0.2, 0.3, 0.4])


def draw(generator: np.random.Generator, rows: int, share: float, columns: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Counts of columns without drift: new rows, and reference rows of both classes."""
    new = generator.multinomial(rows, share * F_1 + (1 - share) * F_0, columns).astype(float)
    reference = np.stack([generator.multinomial(950, F_0, columns), generator.multinomial(50, F_1, columns)])
    return new, reference.astype(float)


@pytest.mark.parametrize(("rows", "share"), [(60, 0.05), (1000, 0.15), (50_000, 0.05), (1000, 0.9)])
def test_p_values_of_columns_without_drift_are_not_too_small(rows, share):
    p_values = mixture_p_values(*draw(np.random.default_rng(0), rows, share), np.array([share]))
    for level in (0.01, 0.05, 0.2):
        assert (p_values <= level).mean() <= level + 3 * np.sqrt(level / len(p_values))


def test_p_values_are_about_uniform_at_the_true_share():
    p_values = mixture_p_values(*draw(np.random.default_rng(1), 2000, 0.1, 1000), np.array([0.1]))
    assert stats.kstest(p_values, "uniform").pvalue > 0.01


def test_without_a_share_it_is_the_chi_square_test_of_two_samples():
    new, negatives = np.array([30.0, 40, 50]), np.array([60.0, 40, 40])
    found = mixture_p_values(new[None], np.stack([negatives, [5.0, 5, 5]])[:, None], np.array([0.0]))
    assert found[0] == pytest.approx(stats.chi2_contingency([new, negatives]).pvalue, rel=1e-3)


def test_a_share_explains_what_it_explains_and_no_more():
    generator = np.random.default_rng(2)
    new, reference = draw(generator, 2000, 0.4, 50)
    assert (mixture_p_values(new, reference, np.array([0.05])) < 1e-3).all()
    assert (mixture_p_values(new, reference, np.array([0.3, 0.4, 0.5])) > 1e-4).all()
    other = generator.multinomial(2000, F_0[::-1], 50).astype(float)
    assert (mixture_p_values(other, reference, np.linspace(0, 0.3, 9)) < 1e-6).all()


def test_columns_without_rows_or_with_one_bin_say_nothing():
    new = np.array([[0.0, 0], [100, 0], [3, 0]])
    reference = np.array([[[50.0, 50]] * 2 + [[100, 0]], [[5.0, 5]] * 2 + [[10, 0]]])
    p_values = mixture_p_values(new, reference, np.array([0.1]))
    assert p_values[[0, 2]].tolist() == [1, 1]
    assert p_values[1] < 1e-6


def test_small_bins_are_joined_and_no_row_is_lost():
    counts = np.array([[[50.0, 3, 2, 45]], [[500, 40, 30, 400]], [[10, 1, 2, 9]]])
    joined = join_bins(counts)
    assert joined.sum(axis=-1).tolist() == counts.sum(axis=-1).tolist()
    assert joined[0, 0].tolist() == [50, 0, 0, 45, 5]
    alone = join_bins(np.array([[[50.0, 0, 1]], [[500, 0, 2]], [[10, 0, 0]]]))
    assert alone[0, 0].tolist() == [51, 0, 0, 0]


def test_an_excess_is_fishers_test():
    found = excess_p_value(8, 100, (3, 400))
    assert found == pytest.approx(stats.fisher_exact([[8, 92], [3, 397]], alternative="greater").pvalue)
    assert excess_p_value(0, 100, (3, 400)) == 1
    assert found < excess_p_value(8, 100, (3, 400), ratio=3.0) < 1


def test_values_beyond_the_largest_of_the_reference_are_as_likely_as_rosenbaum_says():
    """All k largest of n + m rows are new with probability n (n - 1) ... / ((n + m) (n + m - 1) ...)."""
    assert excess_p_value(3, 10, (0, 20)) == pytest.approx(10 * 9 * 8 / (30 * 29 * 28))
