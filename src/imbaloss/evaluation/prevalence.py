"""The share of positives among new rows without labels, under label shift: only the share is another."""

import numpy as np
import scipy
from numpy.typing import NDArray

from imbaloss.evaluation.mixture import fit_mixture, log_likelihood
from imbaloss.evaluation.priors import shift_logits
from imbaloss.statistics import Interval

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
CUTS = 4  # parts into which the probabilities of each class are cut; both give at most 7 bins
FEWEST = 2  # reference rows of each class
TRIED = np.concatenate([[0.0], scipy.special.expit(np.linspace(-14, 14, 281)), [1.0]])  # shares of the first search
STEPS = 41  # shares of the second search, around the best of the first


def find_edges(labels: Labels, probabilities: Floats) -> Floats:
    """Return the inner edges of bins of the probability, ascending: the quartiles of each class, at most 6.

    A probability on an edge belongs to the bin above it. Quantiles of all rows would leave most positives in one bin.
    labels: (N,), 0 or 1, of the reference rows. probabilities: (N,), of class 1.
    """
    cuts = np.arange(1, CUTS) / CUTS
    return np.unique([np.quantile(probabilities[labels == label], cuts) for label in (0, 1)])


def count_bins(values: Floats, edges: Floats) -> Floats:
    """Count values in the bins between edges, (len(edges) + 1,). A value on an edge belongs to the bin above it."""
    places = np.searchsorted(edges, values, side="right")
    return np.bincount(places, minlength=len(edges) + 1).astype(np.float64)


def estimate_share(new: Floats, reference: Floats, confidence: float = 0.95) -> Interval | None:
    """Estimate the share of positives among new rows by maximum likelihood, with its interval.

    The likelihood is that of `fit_mixture`, so it counts the chance in the new rows and in the reference rows. The
    interval holds the shares that the likelihood ratio test does not reject. Its root is compared with Student's
    quantile, with one degree of freedom less than the rarer class has reference rows. It is the maximum likelihood of
    Saerens et al. 2002, with shares of binned probabilities in place of calibrated probabilities, so it needs no
    calibration. With two bins it is the black box shift estimation of Lipton et al. 2018.

    Args:
        new: (K,), counts of the new rows in bins of the probability.
        reference: (2, K), counts of negatives and positives in the same bins, on which the model was not trained.
        confidence: The probability with which the interval covers the share in the population of the new rows.

    Returns:
        The share and the ends of its interval. None if there are no new rows, if a class has fewer than two reference
        rows, or if shares of 0 and 1 are both in the interval, so that the probabilities do not tell the classes apart.

    Source: Saerens, Latinne and Decaestecker 2002, Neural Computation 14; Lipton, Wang and Smola 2018 (ICML);
    Garg et al. 2020 (NeurIPS) for what both have in common.
    """
    if not new.sum() or (reference.sum(axis=1) < FEWEST).any():
        return None
    first = profile(new, reference, TRIED)
    best = int(first.argmax())
    nearest = TRIED[max(best - 1, 0)], TRIED[min(best + 1, len(TRIED) - 1)]
    shares = np.unique(np.concatenate([TRIED, np.linspace(*nearest, STEPS)]))
    likelihoods = profile(new, reference, shares)
    best = int(likelihoods.argmax())
    roots = np.sqrt(np.maximum(2 * (likelihoods[best] - likelihoods), 0))
    limit = float(scipy.stats.t.ppf((1 + confidence) / 2, reference.sum(axis=1).min() - 1))
    if roots[0] <= limit and roots[-1] <= limit:
        return None
    low = find_crossing(shares[: best + 1][::-1], roots[: best + 1][::-1], limit)
    return Interval(float(shares[best]), low, find_crossing(shares[best:], roots[best:], limit))


def profile(new: Floats, reference: Floats, shares: Floats) -> Floats:
    """Compute the largest log-likelihood for each share of positives, (S,). new: (K,). reference: (2, K)."""
    return log_likelihood(new, reference, fit_mixture(new, reference, shares))


def find_crossing(shares: Floats, roots: Floats, limit: float) -> float:
    """Return the share at which the roots first exceed a limit, by linear interpolation; the last share if none does.

    shares: (S,), from the best one outwards. roots: (S,), of the likelihood ratios; 0 at the first share.
    """
    above = np.flatnonzero(roots > limit)
    if not len(above):
        return float(shares[-1])
    place = int(above[0])
    part = (limit - roots[place - 1]) / (roots[place] - roots[place - 1])
    return float(shares[place - 1] + part * (shares[place] - shares[place - 1]))


def shift_probabilities(probabilities: Floats, share: float, new_share: float) -> Floats:
    """Return probabilities (N,) of class 1 for rows of another share of positives: their odds are multiplied.

    Args:
        probabilities: (N,), calibrated for rows with `share` of positives.
        share: Above 0 and below 1.
        new_share: Above 0 and below 1.

    Source: Saerens, Latinne and Decaestecker 2002, equation 2.4.
    """
    logits = scipy.special.logit(probabilities)
    factors = np.log([(1 - new_share) / (1 - share), new_share / share])
    shifted: Floats = scipy.special.expit(shift_logits(logits, factors.tolist()))
    return shifted


def weigh_for_share(labels: Labels, share: float) -> Floats:
    """Return weights of rows, (N,), with a mean of 1, by which positives have another share. labels: (N,), 0 or 1."""
    level = labels.mean()
    weights: Floats = np.where(labels == 1, share / level, (1 - share) / (1 - level))
    return weights
