"""Intervals for a mean over seeds, for a score of one run, and for both sources of chance together."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from imbaloss.statistics.roc import Roc

Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """An estimate and the ends of its interval; the ends are NaN where the data give none."""

    estimate: float
    low: float
    high: float

    @property
    def turned(self) -> "Interval":
        """The interval of the difference the other way round."""
        return Interval(-self.estimate, -self.high, -self.low)


def t_interval(values: Floats, confidence: float = 0.95, inflation: float = 1.0) -> Interval:
    """Student's interval of a mean: mean +- t s / sqrt(n).

    values (n,): of independent repetitions. inflation multiplies the variance of the mean. One value has no interval.
    Source: Student 1908, Biometrika 6.
    """
    n = len(values)
    if n < 2:
        return Interval(float(np.mean(values)) if n else np.nan, np.nan, np.nan)
    half = stats.t.ppf((1 + confidence) / 2, n - 1) * np.std(values, ddof=1) * np.sqrt(inflation / n)
    return around(float(np.mean(values)), float(half))


def around(estimate: float, half: float) -> Interval:
    return Interval(estimate, estimate - half, estimate + half)


def logit_interval(estimate: float, deviation: float, rarer: int, confidence: float = 0.95) -> Interval:
    """Of an area or another score in (0, 1): logit(p) +- t s / (p (1 - p)), taken back to (0, 1).

    deviation: of the estimate; rarer: samples of the rarer class, one more than the degrees of freedom. It covers
    better than p +- z s where p is near 1 or samples are few. At 0 and 1, where the deviation is 0 and says nothing,
    and for a class of one sample there is no interval.
    Source: Pepe 2003, section 5.2; Boyd, Eng and Page 2013 (ECML); for the degrees of freedom, see `seeds_and_samples`.
    """
    if not 0 < estimate < 1 or rarer < 2:
        return Interval(estimate, np.nan, np.nan)
    half = stats.t.ppf((1 + confidence) / 2, rarer - 1) * deviation / (estimate * (1 - estimate))
    low, high = special.expit(special.logit(estimate) + np.array([-half, half]))
    return Interval(estimate, float(low), float(high))


def stratified_bootstrap(
    score: Callable[[NDArray[np.int64], Floats], float],
    labels: NDArray[np.int64],
    probabilities: Floats,
    generator: np.random.Generator,
    *,
    resamples: int = 1000,
    confidence: float = 0.95,
) -> Interval:
    """The interval of a score in (0, 1) of one run, by its deviation over samples drawn again within each class.

    labels (N,), 0 or 1, both there; probabilities (N,). The interval is that of `logit_interval`: percentiles of the
    drawn scores, which are biased where positives are few, may leave out the score itself.
    Source: Efron and Tibshirani 1993, chapter 6.
    """
    classes = [np.flatnonzero(labels == label) for label in (0, 1)]
    found = []
    for _ in range(resamples):
        rows = np.concatenate([generator.choice(of_class, len(of_class)) for of_class in classes])
        found.append(score(labels[rows], probabilities[rows]))
    rarer = min(map(len, classes))
    return logit_interval(float(score(labels, probabilities)), float(np.std(found, ddof=1)), rarer, confidence)


def seeds_and_samples(runs: Sequence[Roc], samples: Sequence[NDArray[np.int64]], confidence: float = 0.95) -> Interval:
    """The interval of a mean over seeds whose test parts share samples, for new seeds and new samples.

    runs: the ROC-AUC of each seed (or differences of two methods', by `Roc.minus`); samples: for each, which sample of
    a common pool each of its contributions belongs to. The variance of the mean is s^2 / J + the mean covariance
    between two seeds, which comes from the samples that they share, and is 0 where they share none.
    Source: Obuchowski and Rockette 1995, seeds in the place of readers. The degrees of freedom are Satterthwaite's, of
    the seeds and of the samples of the rarer class; Hillis 2007, Statistics in Medicine 26, counts the first alone,
    which covers too little where samples are few. One seed has no interval.
    """
    count = len(runs)
    values = np.array([run.auc for run in runs])
    if count < 2:
        return Interval(float(values.mean()) if count else np.nan, np.nan, np.nan)
    pool = np.zeros((count, 1 + max(int(some.max()) for some in samples)))
    for line, run, some in zip(pool, runs, samples, strict=True):
        line[some] = run.contributions
    together = (pool.sum(axis=0) ** 2 - (pool**2).sum(axis=0)).sum()
    covariance = max(float(together) / (count * (count - 1)), 0.0)
    between = float(np.var(values, ddof=1)) / count
    rare = min(run.smaller_class for run in runs)
    half = of_two_sources(between, covariance, (count - 1, rare - 1), confidence)
    return around(float(values.mean()), half)


def of_two_sources(seeds: float, samples: float, degrees: tuple[int, int], confidence: float) -> float:
    """Half the interval of a mean: seeds and samples are the variances that come from each, with degrees of freedom."""
    variance = seeds + samples
    parts = sum(one**2 / degree for one, degree in zip((seeds, samples), degrees, strict=True))
    return float(stats.t.ppf((1 + confidence) / 2, variance**2 / parts) * np.sqrt(variance)) if variance else 0.0


def seeds_and_redrawn(values: Floats, redrawn: Floats, rare: int, confidence: float = 0.95) -> Interval:
    """The interval of a mean over seeds that share one test part, for new seeds and new samples.

    values (J,): of each seed, on the samples that there are; redrawn (R,): their mean on samples drawn again; rare: the
    samples of the rarer class. For scores whose variance only the bootstrap knows. Both variances hold what seeds make
    of samples, so that the interval is rather too wide; that of `seeds_and_samples` counts it once. One seed, or one
    sample of a class, has no interval.
    """
    if len(values) < 2 or rare < 2:
        return Interval(float(np.mean(values)), np.nan, np.nan)
    seeds, samples = float(np.var(values, ddof=1)) / len(values), float(np.var(redrawn, ddof=1))
    return around(float(np.mean(values)), of_two_sources(seeds, samples, (len(values) - 1, rare - 1), confidence))
