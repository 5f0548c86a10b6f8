"""Bands of the shares of flagged rows at many thresholds, and of counts, precision and cost that are made of them."""

from math import hypot, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from imbaloss.statistics import Interval
from imbaloss.statistics.paired import inflation_of

Floats = NDArray[np.float64]
QUANTILE = float(stats.norm.ppf(0.975))


def find_share_ends(
    shares: Floats, of_repetitions: Floats, rows: float, test_to_train: float | None
) -> tuple[Floats, Floats]:
    """Compute the ends of 95 % intervals of the share of one class that is flagged, at each of K thresholds, (K,) each.

    They are Wilson's intervals with the effective number of rows: as many as would make the variance of the binomial
    distribution equal to that of the share. With folds, the variance is that of the mean over the repetitions, with the
    correction of Nadeau and Bengio, but not below that of the rows. With one test part, it is the sum of the variances
    of seeds and rows. Student's quantile for the repetitions widens their variance. With one repetition the rows count
    alone.

    Args:
        shares: (K,), from 0 to 1, in all repetitions together.
        of_repetitions: (J, K), the shares in each repetition that has rows of the class.
        rows: The number of different test rows of the class, above 0.
        test_to_train: n_test / n_train if the repetitions are folds; None if they share one test part.

    Source: Wilson 1927; Korn and Graubard 1998, Survey Methodology 24, for the effective number; Nadeau and Bengio
    2003, Machine Learning 52.
    """
    binomial = shares * (1 - shares)
    variances, repetitions = binomial / rows, len(of_repetitions)
    if repetitions > 1:
        wider = (float(stats.t.ppf(0.975, repetitions - 1)) / QUANTILE) ** 2
        inflation = inflation_of(repetitions, test_to_train) / repetitions
        between = wider * inflation * of_repetitions.var(axis=0, ddof=1)
        variances = variances + between if test_to_train is None else np.maximum(variances, between)
    effective = np.divide(binomial, variances, out=np.full_like(shares, rows), where=variances > 0)
    return wilson_ends(shares, np.maximum(effective, 1.0))


def wilson_ends(shares: Floats, rows: Floats) -> tuple[Floats, Floats]:
    """Return the ends of Wilson's 95 % intervals of shares (K,), each of a number of rows (K,) that need not be whole.

    Source: Wilson 1927, Journal of the American Statistical Association 22.
    """
    square = QUANTILE**2 / rows
    middle = shares + square / 2
    half = np.sqrt(square * shares * (1 - shares) + square**2 / 4)
    low, high = (middle - half) / (1 + square), (middle + half) / (1 + square)
    return np.clip(low, 0.0, shares), np.clip(high, shares, 1.0)


def scale(interval: Interval, factor: float) -> Interval:
    """Multiply an estimate and its ends by a factor of at least 0."""
    return Interval(*(factor * value for value in interval))


def complement(interval: Interval) -> Interval:
    """Return the interval of 1 minus a share."""
    return Interval(1 - interval.estimate, 1 - interval.high, 1 - interval.low)


def add_independent(first: Interval, second: Interval) -> Interval:
    """Return the interval of the sum of two independent estimates: each end adds the squared distances to the estimate.

    Source: Zou and Donner 2008, Statistics in Medicine 27 (the method of variance estimates recovery).
    """
    estimate = first.estimate + second.estimate
    below = hypot(first.estimate - first.low, second.estimate - second.low)
    above = hypot(first.high - first.estimate, second.high - second.estimate)
    return Interval(estimate, estimate - below, estimate + above)


def relate_independent(part: Interval, rest: Interval) -> Interval:
    """Return the interval of part / (part + rest), two independent estimates from 0 on; all NaN if both are 0."""
    total = part.estimate + rest.estimate
    if not total > 0:
        return Interval(np.nan, np.nan, np.nan)
    low, high = find_lowest_odds(part, rest), find_lowest_odds(rest, part)  # the second is 1 / the highest odds
    return Interval(part.estimate / total, low / (1 + low), 1 - high / (1 + high))


def find_lowest_odds(part: Interval, rest: Interval) -> float:
    """Return the lower end of the interval of part / rest, two independent estimates from 0 on.

    It is the number r for which the interval of part - r rest ends at 0, by the formula of `add_independent`.

    Source: Donner and Zou 2012, Statistical Methods in Medical Research 21.
    """
    product = part.estimate * rest.estimate
    of_part = max(part.estimate**2 - (part.estimate - part.low) ** 2, 0.0)
    of_rest = rest.estimate**2 - (rest.high - rest.estimate) ** 2
    divisor = product + sqrt(max(product**2 - of_part * of_rest, 0.0))
    return of_part / divisor if divisor > 0 else 0.0
