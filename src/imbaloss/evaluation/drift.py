"""Drift of columns between reference rows and new rows, beyond what another share of positives explains."""

from math import ceil

import numpy as np
import scipy
from numpy.typing import NDArray

from imbaloss.evaluation.mixture import SMALLEST, fit_mixture

Floats = NDArray[np.float64]
FEWEST = 5  # expected rows of a bin, in new rows and in reference rows; bins with fewer are joined


def mixture_p_values(new: Floats, reference: Floats, shares: Floats) -> Floats:
    """Compute, for C columns, the p-value that the new rows are a mixture of the reference rows of the two classes.

    It is Pearson's chi-square test of three samples (new rows, negatives, positives) with K - 1 degrees of freedom.
    Of the given shares of positives the one that fits a column best counts, so that the test errs on the side of no
    drift. Bins with few rows are joined (`join_bins`).

    Args:
        new: (C, K), counts of the new rows in the bins of each column; unused bins are 0.
        reference: (2, C, K), counts of the negatives and of the positives.
        shares: (S,), shares of positives that are possible in the new rows.

    Returns:
        (C,), 1 for columns with fewer than two bins and without new rows.
    """
    joined = join_bins(np.concatenate([new[None], reference]))
    new, reference = joined[0], joined[1:]
    rows = new.sum(axis=-1) * reference.sum(axis=-1).prod(axis=0)
    p_values = np.ones(len(new))
    tested = np.flatnonzero(rows > 0)
    if not len(tested):
        return p_values
    new, reference = new[tested], reference[:, tested]
    mixture = fit_mixture(new, reference, shares)
    statistics = chi_square(new, mixture.new)
    for counts, fitted in zip(reference, mixture.classes, strict=True):
        statistics = statistics + chi_square(counts, fitted)
    bins = np.count_nonzero(joined.sum(axis=0)[tested], axis=-1)
    p_values[tested] = np.where(bins > 1, scipy.stats.chi2.sf(statistics.min(axis=0), np.maximum(bins - 1, 1)), 1.0)
    return p_values


def chi_square(counts: Floats, fitted: Floats) -> Floats:
    """Compute Pearson's statistic of counts (C, K) against S sets of fitted probabilities (S, C, K): (S, C)."""
    expected = fitted * counts.sum(axis=-1, keepdims=True)
    squares = np.divide((counts - expected) ** 2, expected, out=np.zeros_like(expected), where=expected > SMALLEST)
    total: Floats = squares.sum(axis=-1)
    return total


def join_bins(counts: Floats) -> Floats:
    """Join the bins of each column in which five new rows or five reference rows or fewer are expected.

    They become one bin. If that is still too small, it joins the largest bin of the column.

    counts: (3, C, K), of the new rows, the negatives and the positives.

    Returns:
        (3, C, K + 1); joined bins are 0.
    """
    totals = counts.sum(axis=0)
    rows = counts.sum(axis=-1)
    smaller = np.minimum(rows[0], rows[1:].sum(axis=0))
    expected = totals * (smaller / np.maximum(rows.sum(axis=0), 1))[:, None]
    is_small = expected < FEWEST
    rest = np.where(is_small, counts, 0).sum(axis=-1)
    kept = np.where(is_small, 0, counts)
    rest_is_small = np.where(is_small, expected, 0).sum(axis=-1) < FEWEST
    largest = kept.sum(axis=0).argmax(axis=-1)
    columns = np.arange(counts.shape[1])
    kept[:, columns, largest] += np.where(rest_is_small, rest, 0)
    return np.concatenate([kept, np.where(rest_is_small, 0, rest)[..., None]], axis=-1)


def excess_p_value(count: int, rows: int, reference: tuple[int, int], ratio: float = 1.0) -> float:
    """Compute the one-sided p-value that new rows have a trait more often than reference rows (Fisher's exact test).

    Another share of positives can make a trait more frequent, by at most `ratio`; the test allows for that by counting
    as many more new rows. For values beyond the largest of the reference, of which the reference has none, it is
    Rosenbaum's exceedance test (1954).

    Args:
        count: The number of new rows with the trait.
        rows: The number of new rows.
        reference: The number of reference rows with the trait, and of all reference rows.
        ratio: The largest factor by which the share of a class has grown, >= 1.

    Returns:
        The p-value; 1 if no new row has the trait.
    """
    if not count:
        return 1.0
    rows = ceil(ratio * rows)
    return float(scipy.stats.hypergeom.sf(count - 1, rows + reference[1], count + reference[0], rows))
