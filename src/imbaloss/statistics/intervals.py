"""Intervals for a mean over seeds, for a score of one run, and for both sources of chance together."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from imbaloss.statistics.paired import ROUNDING
from imbaloss.statistics.roc import Roc

Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """An estimate and the ends of its interval; the ends are NaN where the data give none."""

    estimate: float
    low: float
    high: float

    @property
    def turned(self) -> "Interval":
        """The interval of the difference the other way round.

        The estimate changes its sign; so do the ends, which also change places.
        """
        return Interval(-self.estimate, -self.high, -self.low)


def t_interval(values: Floats, confidence: float = 0.95, inflation: float = 1.0) -> Interval:
    """Compute Student's interval of a mean: mean +- t s / sqrt(n).

    Args:
        values: (n,), of independent repetitions.
        confidence: The probability with which the interval covers the true mean.
        inflation: Multiplies the variance of the mean, for repetitions whose training parts overlap.

    Returns:
        The mean and the ends of its interval. Both ends are NaN for one value, and for equal ones, whose deviation is
        unknown; all three are NaN for none.

    Source: Student 1908, Biometrika 6.
    """
    n = len(values)
    deviation = np.std(values, ddof=1) if n > 1 else 0.0
    if deviation <= ROUNDING:
        return Interval(float(np.mean(values)) if n else np.nan, np.nan, np.nan)
    half = scipy.stats.t.ppf((1 + confidence) / 2, n - 1) * deviation * np.sqrt(inflation / n)
    return interval_around(float(np.mean(values)), float(half))


def interval_around(estimate: float, half: float) -> Interval:
    """Return the symmetric interval from estimate - half to estimate + half."""
    return Interval(estimate, estimate - half, estimate + half)


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """Compute Wilson's interval of a share, such as a recall; all three numbers are NaN without trials.

    Source: Wilson 1927, Journal of the American Statistical Association 22.
    """
    if not trials:
        return Interval(np.nan, np.nan, np.nan)
    ends = scipy.stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    return Interval(successes / trials, float(ends.low), float(ends.high))


def logit_interval(estimate: float, deviation: float, rarer: int, confidence: float = 0.95) -> Interval:
    """Compute the interval of a score p in (0, 1) on the logit scale: logit(p) +- t s / (p (1 - p)), mapped back.

    It covers better than p +- z s if p is near 1 or samples are few.

    Args:
        estimate: The score p, such as an area under the ROC curve.
        deviation: The standard deviation s of the estimate.
        rarer: The number of samples of the rarer class; the degrees of freedom are one less.
        confidence: The probability with which the interval covers the true score.

    Returns:
        The estimate and the ends of its interval. The ends are NaN for an estimate of 0 or 1, whose deviation of 0
        says nothing, and for a class of one sample.

    Source: Pepe 2003, section 5.2; Boyd, Eng and Page 2013 (ECML); for the degrees of freedom, see `seeds_and_samples`.
    """
    if not 0 < estimate < 1 or rarer < 2:
        return Interval(estimate, np.nan, np.nan)
    half = scipy.stats.t.ppf((1 + confidence) / 2, rarer - 1) * deviation / (estimate * (1 - estimate))
    low, high = scipy.special.expit(scipy.special.logit(estimate) + np.array([-half, half]))
    return Interval(estimate, float(low), float(high))


def stratified_bootstrap(
    score: Callable[[NDArray[np.int64], NDArray[Any]], float],
    labels: NDArray[np.int64],
    probabilities: NDArray[Any],
    generator: np.random.Generator,
    *,
    resamples: int = 1000,
    confidence: float = 0.95,
) -> Interval:
    """Compute the interval of a score in (0, 1) of one run by a bootstrap within each class.

    The bootstrap gives the standard deviation, and `logit_interval` the interval. Percentiles of the bootstrap scores
    would be biased if positives are few, and could leave out the score itself.

    Args:
        score: A function of labels and probabilities that returns a number.
        labels: (N,), 0 or 1; both must occur.
        probabilities: (N,), of class 1, or what the score needs of them, such as decisions or ranks.
        generator: Draws the samples.
        resamples: The number of bootstrap samples.
        confidence: The probability with which the interval covers the true score.

    Returns:
        The score and the ends of its interval, which are NaN for a score of 0 or 1 and for a class of one sample.

    Source: Efron and Tibshirani 1993, chapter 6.
    """
    classes = [np.flatnonzero(labels == label) for label in (0, 1)]
    scores = []
    for _ in range(resamples):
        rows = np.concatenate([of_class[generator.integers(len(of_class), size=len(of_class))] for of_class in classes])
        scores.append(score(labels[rows], probabilities[rows]))
    rarer = min(map(len, classes))
    return logit_interval(float(score(labels, probabilities)), float(np.std(scores, ddof=1)), rarer, confidence)


def seeds_and_samples(runs: Sequence[Roc], samples: Sequence[NDArray[np.int64]], confidence: float = 0.95) -> Interval:
    """Compute the interval of a mean over J seeds whose test parts share samples, for new seeds and new samples.

    The variance of the mean is s^2 / J plus the mean covariance between two seeds. The covariance comes from the
    samples that both seeds test on; it is 0 if they share none, or if it would be negative.

    Args:
        runs: The ROC-AUC of each seed, or the difference of two methods' ROC-AUC, with the contributions of its
            samples.
        samples: For each run (N,), the place of each of its contributions in a common pool of samples.
        confidence: The probability with which the interval covers the true mean.

    Returns:
        The mean and the ends of its interval. The ends are NaN for one seed; all three are NaN for none.

    Source: Obuchowski and Rockette 1995, with seeds in the place of readers. The degrees of freedom are
    Satterthwaite's, of the seeds and of the samples of the rarer class. Hillis 2007, Statistics in Medicine 26, counts
    the seeds alone, which covers too little if samples are few.
    """
    count = len(runs)
    values = np.array([run.auc for run in runs])
    if count < 2:
        return Interval(float(values.mean()) if count else np.nan, np.nan, np.nan)
    pool = np.zeros((count, 1 + max(int(places.max()) for places in samples)))
    for line, run, places in zip(pool, runs, samples, strict=True):
        line[places] = run.contributions
    shared = (pool.sum(axis=0) ** 2 - (pool**2).sum(axis=0)).sum()
    covariance = max(float(shared) / (count * (count - 1)), 0.0)
    between = float(np.var(values, ddof=1)) / count
    rare = min(run.smaller_class for run in runs)
    half = half_width(between, covariance, (count - 1, rare - 1), confidence)
    return interval_around(float(values.mean()), half)


def half_width(seeds: float, samples: float, degrees: tuple[int, int], confidence: float) -> float:
    """Return half the width of the interval of a mean that varies with the seeds and with the test samples.

    Args:
        seeds: The variance of the mean that comes from the seeds.
        samples: The variance that comes from the test samples.
        degrees: The degrees of freedom of the two variances; Satterthwaite's formula combines them.
        confidence: The probability with which the interval covers the true mean.

    Returns:
        Half the width; 0 if both variances are 0.
    """
    variance = seeds + samples
    parts = seeds**2 / degrees[0] + samples**2 / degrees[1]
    return float(scipy.stats.t.ppf((1 + confidence) / 2, variance**2 / parts) * np.sqrt(variance)) if variance else 0.0


def seeds_and_redrawn(values: Floats, redrawn: Floats, rare: int, confidence: float = 0.95) -> Interval:
    """Compute the interval of a mean over J seeds that share one test part, for new seeds and new samples.

    It serves scores whose variance only a bootstrap of the test samples can tell. The interaction of seeds and samples
    is counted in both variances, so that the interval is somewhat too wide; `seeds_and_samples` counts it once.

    Args:
        values: (J,), the score of each seed on the test samples.
        redrawn: (R,), the mean over the seeds on each bootstrap sample.
        rare: The number of test samples of the rarer class.
        confidence: The probability with which the interval covers the true mean.

    Returns:
        The mean and the ends of its interval, which are NaN for one seed and for one sample of a class.
    """
    if len(values) < 2 or rare < 2:
        return Interval(float(np.mean(values)), np.nan, np.nan)
    seeds, samples = float(np.var(values, ddof=1)) / len(values), float(np.var(redrawn, ddof=1))
    half = half_width(seeds, samples, (len(values) - 1, rare - 1), confidence)
    return interval_around(float(np.mean(values)), half)
