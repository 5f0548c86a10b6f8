"""Power of the sign-flip test for normal differences, and the deviation of a ROC-AUC for a given number of samples."""

from functools import cache
from math import ceil, floor, log2, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

MOST_TRIED = 13  # differences, up to which all signs are tried on drawn differences
SETS = 2000  # of differences that are drawn
FINEST = 53  # seeds, beyond which the steps between p-values are finer than a float of 1 can tell


def fewest_seeds(comparisons: int = 1, alpha: float = 0.05) -> int:
    """Return the number of seeds below which no sign-flip test can reach a p-value of alpha / comparisons.

    The smallest p-value of n differences is 2^(1 - n). comparisons: the number of pairs tested together.
    """
    return 1 + ceil(log2(comparisons / alpha))


def power(effect: float, seeds: int, comparisons: int = 1, alpha: float = 0.05) -> float:
    """Compute the power of the sign-flip test: the probability that it detects a difference at alpha / comparisons.

    That level is Bonferroni's, the first step of Holm's; later steps detect more. For up to 13 seeds the power comes
    from 2,000 sets of differences that are drawn from a fixed seed. For more it comes from the noncentral t
    distribution, at the highest level at or below alpha / comparisons that the test can have.

    Args:
        effect: The true mean difference, in standard deviations of the paired differences.
        seeds: The number of differences.
        comparisons: The number of pairs that are tested together.
        alpha: The error allowed for all of them together.

    Returns:
        The power, from 0 to 1; 0 if the seeds are too few to reach the level.
    """
    if seeds < fewest_seeds(comparisons, alpha):
        return 0.0
    if seeds <= MOST_TRIED:
        return float(np.mean(p_values(effect, seeds) <= alpha / comparisons))
    step = 2.0 ** (1 - min(seeds, FINEST))
    reached = floor(alpha / comparisons / step) * step
    limit = stats.t.isf(reached / 2, seeds - 1)
    return float(stats.nct.sf(limit, seeds - 1, abs(effect) * np.sqrt(seeds)))


def p_values(effect: float, seeds: int) -> NDArray[np.float64]:
    """Return the p-values of the sign-flip test, (2000,), on sets of normal differences with that mean and deviation 1.

    The sets are drawn from a fixed seed. effect: the mean; seeds: the number of differences in a set.
    """
    differences = noise(seeds) + effect
    sums = np.abs(differences @ signs(seeds).T)
    return np.asarray((sums >= sums[:, :1] * (1 - 1e-12)).mean(axis=1))


@cache
def noise(seeds: int) -> NDArray[np.float64]:
    """Draw sets of standard normal differences, (2000, seeds); the number of seeds is also the random seed.

    The result is cached.
    """
    return np.random.default_rng(seeds).standard_normal((SETS, seeds))


@cache
def signs(seeds: int) -> NDArray[np.float64]:
    """Return all choices of signs, -1 or 1, in which the first difference keeps its sign, (2^(seeds - 1), seeds).

    The first row is all ones. The result is cached.
    """
    bits = np.arange(2 ** (seeds - 1))[:, None] >> np.arange(seeds) & 1
    return np.where(bits[:, ::-1] == 0, 1.0, -1.0)


@cache
def smallest_difference(seeds: int, comparisons: int = 1, alpha: float = 0.05, wanted: float = 0.8) -> float | None:
    """Return the smallest mean difference that the sign-flip test detects with probability `wanted`.

    Args:
        seeds: The number of differences.
        comparisons: The number of pairs that are tested together.
        alpha: The error allowed for all of them together.
        wanted: The power.

    Returns:
        The difference in standard deviations of the paired differences; None if the seeds are too few to detect any.
    """
    if seeds < fewest_seeds(comparisons, alpha):
        return None
    return float(
        optimize.brentq(lambda effect: power(effect, seeds, comparisons, alpha) - wanted, 0.0, 50.0, xtol=1e-3)
    )


def area_deviation(area: float, positives: int, negatives: int) -> float:
    """Compute the standard deviation of an area A under the ROC curve of P positives and N negatives.

    sqrt((A (1 - A) + (P - 1) (Q1 - A^2) + (N - 1) (Q2 - A^2)) / (P N)), Q1 = A / (2 - A), Q2 = 2 A^2 / (1 + A). It is
    exact for scores that are exponential in each class. For normal scores and few positives it is too large: by a fifth
    for 10 positives and 90 negatives at an area of 0.8. Raises ZeroDivisionError for a class without samples.

    Source: Hanley and McNeil 1982, Radiology 143.
    """
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (positives - 1) * (q1 - area**2) + (negatives - 1) * (q2 - area**2)
    return sqrt(variance / (positives * negatives))


def difference_deviation(area: float, positives: int, negatives: int, correlation: float) -> float:
    """Compute the standard deviation of the difference of two ROC areas on the same samples.

    It is sqrt(2 (1 - r)) times that of one area, see `area_deviation`.

    Args:
        area: The area under the ROC curve, which both have.
        positives: The number of positive samples.
        negatives: The number of negative samples.
        correlation: r, of the two areas over other draws of samples; ValueError above 1.

    Source: Hanley and McNeil 1983, Radiology 148.
    """
    return sqrt(2 * (1 - correlation)) * area_deviation(area, positives, negatives)
