"""Comparison of several methods across data sets, by their ranks."""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PRIOR = 0.6  # weight of the one made-up difference of 0


@dataclass(frozen=True, eq=False)
class Ranks:
    """The mean ranks of k methods over data sets, with Friedman's and Nemenyi's tests of their differences."""

    mean: Floats  # (k,); rank 1 is the highest score
    p: float  # of Friedman's test that all methods are alike
    critical_difference: float  # methods whose mean ranks differ by more are significantly different
    nemenyi: Floats  # (k, k), p-values of the pairs


def friedman(scores: Floats, alpha: float = 0.05) -> Ranks:
    """Test whether k methods are alike by Friedman's test, and compare all pairs by Nemenyi's.

    The critical difference is CD = q sqrt(k (k + 1) / (6 N)) for N data sets. Tied scores share their mean rank.

    Args:
        scores: (N, k), of each data set and method; higher is better.
        alpha: The level of the critical difference.

    Returns:
        Mean ranks, p of Friedman's test (1 if all scores are tied), critical difference and Nemenyi's p-values.

    Raises:
        ValueError: There are fewer than 2 data sets or 3 methods.

    Source: Friedman 1937, JASA 32; Nemenyi 1963; Demsar 2006, JMLR 7, section 3.2.2.
    """
    sets, methods = scores.shape
    if sets < 2 or methods < 3:
        raise ValueError(f"Friedman's test needs 2 data sets and 3 methods, found {sets} and {methods}")
    ranks = scipy.stats.rankdata(-scores, axis=1)
    mean = ranks.mean(axis=0)
    error = np.sqrt(methods * (methods + 1) / (6 * sets))
    distances = np.abs(mean[:, None] - mean) / error
    pairs = scipy.stats.studentized_range.sf(distances * np.sqrt(2), methods, np.inf)
    np.fill_diagonal(pairs, 1.0)
    alike = (ranks == ranks[:, :1]).all()
    p = 1.0 if alike else float(scipy.stats.friedmanchisquare(*scores.T).pvalue)
    critical = scipy.stats.studentized_range.ppf(1 - alpha, methods, np.inf) / np.sqrt(2) * error
    return Ranks(mean, p, float(critical), pairs)


def signed_rank_probabilities(
    differences: Floats, margin: float, generator: np.random.Generator, samples: int = 50_000
) -> tuple[float, float, float]:
    """Return the posterior probabilities that a method is worse, practically the same, or better on new data sets.

    This is the Bayesian signed-rank test. The differences and one difference of 0 (prior weight 0.6) get Dirichlet
    weights w. A region (worse, same, better) holds the weight w_i w_j of each pair whose mean difference lies in it.
    The probability of a region is the share of drawn weights for which it holds the most. The three sum to 1.

    Args:
        differences: (data sets,), the mean difference on each, the method minus the other one.
        margin: Half the width of the region of practical equivalence.
        generator: Draws the weights.
        samples: The number of draws.

    Source: Benavoli et al. 2017, JMLR 18, section 4.2.
    """
    values = np.append(0.0, differences)
    sums = values[:, None] + values
    weights = generator.dirichlet([PRIOR, *np.ones(len(differences))], samples)
    left = np.einsum("si,ij,sj->s", weights, (sums < -2 * margin).astype(float), weights, optimize=True)
    right = np.einsum("si,ij,sj->s", weights, (sums > 2 * margin).astype(float), weights, optimize=True)
    largest = np.argmax([left, 1 - left - right, right], axis=0)
    worse, same, better = (np.bincount(largest, minlength=3) / samples).tolist()
    return worse, same, better
