"""New rows as a mixture of two classes: counts in bins, fitted together with the reference rows of each class.

Under label shift only the share of positives of new rows is another: rows of one class are distributed as before.
"""

from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

Floats = NDArray[np.float64]
HALVINGS = 45  # of the interval in which the multiplier lies: to 13 digits
SMALLEST = 1e-3  # is added to each count of the reference, so that an empty bin divides nothing by 0


class Mixture(NamedTuple):
    """Fitted probabilities of the bins: of new rows, and of negatives and positives."""

    new: Floats  # (S, ..., K), each sums to 1
    classes: Floats  # (2, S, ..., K), each sums to 1


def fit_mixture(new: Floats, reference: Floats, shares: Floats) -> Mixture:
    """Fit probabilities of bins to new rows and reference rows together, for S shares of positives in the new rows.

    The likelihood is that of three multinomial samples: negatives with probabilities f_0, positives with f_1, and new
    rows with q = share f_1 + (1 - share) f_0. Its maximum for a share is exact: for each multiplier of the condition
    that f_1 sums to 1, f_0 and f_1 follow from a quadratic equation, and halving finds the multiplier.

    Args:
        new: (..., K), counts of the new rows.
        reference: (2, ..., K), counts of the negatives and of the positives; each class has a row.
        shares: (S,), from 0 to 1.
    """
    negatives, positives = reference + SMALLEST
    share = shares.reshape(-1, *(1,) * new.ndim)
    rows_1, rows_0, rows_new = (counts.sum(axis=-1, keepdims=True) for counts in (positives, negatives, new))
    low, high = (np.broadcast_to(rows, (len(shares), *rows.shape)) for rows in (rows_1, rows_1 + rows_new))
    for _ in range(HALVINGS):
        multiplier = (low + high) / 2
        f_0, f_1 = solve_bins(new, (negatives, positives), share, (rows_1 + rows_0 + rows_new - multiplier, multiplier))
        is_above = f_1.sum(axis=-1, keepdims=True) > 1
        low, high = np.where(is_above, multiplier, low), np.where(is_above, high, multiplier)
    classes = np.stack([f_0 / f_0.sum(axis=-1, keepdims=True), f_1 / f_1.sum(axis=-1, keepdims=True)])
    return Mixture(share * classes[1] + (1 - share) * classes[0], classes)


def solve_bins(
    new: Floats, reference: tuple[Floats, Floats], share: Floats, multipliers: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """Return the f_0 and f_1 that maximise the likelihood for given multipliers, (S, ..., K) each.

    They are the solution of m_1 f_1 = positives + new share f_1 / q and of m_0 f_0 = negatives + new (1 - share)
    f_0 / q, whose terms are ordered so that no digits cancel.

    Args:
        new: (..., K), counts of the new rows.
        reference: Counts of the negatives and of the positives, (..., K) each, above 0.
        share: (S, ..., 1), of positives in the new rows.
        multipliers: m_0 and m_1, (S, ..., 1) each.
    """
    negatives, positives = reference
    of_negatives, of_positives = multipliers[1] * (1 - share), multipliers[0] * share
    x, y = of_positives * (positives + new), of_negatives * (negatives + new)
    product = 4 * of_positives * positives * of_negatives * negatives
    root = np.sqrt((x - y) ** 2 + product)
    larger = root + np.abs(x - y)
    smaller = np.divide(product, larger, out=np.zeros_like(larger), where=larger > 0)
    gap_1, gap_0 = np.where(x > y, smaller, larger), np.where(x > y, larger, smaller)
    f_0 = negatives * (x + y + root) / (multipliers[0] * (2 * of_negatives * negatives + gap_0))
    f_1 = positives * (x + y + root) / (multipliers[1] * (2 * of_positives * positives + gap_1))
    return f_0, f_1


def log_likelihood(new: Floats, reference: Floats, mixture: Mixture) -> Floats:
    """Compute the log-likelihood of new rows and reference rows under fitted probabilities, (S, ...).

    Constants that depend on the counts alone are left out.

    Args:
        new: (..., K), counts of the new rows.
        reference: (2, ..., K), counts of the negatives and of the positives.
        mixture: The fitted probabilities, of S shares.
    """
    of_classes = scipy.special.xlogy((reference + SMALLEST)[:, None], mixture.classes).sum(axis=(0, -1))
    likelihood: Floats = scipy.special.xlogy(new, mixture.new).sum(axis=-1) + of_classes
    return likelihood
