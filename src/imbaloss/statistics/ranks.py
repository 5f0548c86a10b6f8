"""Comparison of several methods across data sets, by their ranks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
PRIOR = 0.6  # weight of the one made-up difference of 0


@dataclass(frozen=True, eq=False)
class Ranks:
    """mean (k,): of each method over the data sets, 1 for the highest score; p: of Friedman's test that all are alike.

    critical_difference: mean ranks that differ by more are told apart; nemenyi (k, k): p-values of the pairs.
    """

    mean: Floats
    p: float
    critical_difference: float
    nemenyi: Floats


def friedman(scores: Floats, alpha: float = 0.05) -> Ranks:
    """Friedman's test and Nemenyi's of all pairs. scores (data sets, methods), of at least 2 and 3.

    Sources: Friedman 1937, JASA 32; Nemenyi 1963; Demsar 2006, JMLR 7, section 3.2.2: CD = q sqrt(k (k + 1) / (6 N)).
    Raises ValueError for fewer methods or data sets.
    """
    sets, methods = scores.shape
    if sets < 2 or methods < 3:
        raise ValueError(f"Friedman's test needs 2 data sets and 3 methods, found {sets} and {methods}")
    ranks = stats.rankdata(-scores, axis=1)
    mean = ranks.mean(axis=0)
    error = np.sqrt(methods * (methods + 1) / (6 * sets))
    distances = np.abs(mean[:, None] - mean) / error
    pairs = stats.studentized_range.sf(distances * np.sqrt(2), methods, np.inf)
    np.fill_diagonal(pairs, 1.0)
    alike = (ranks == ranks[:, :1]).all()
    p = 1.0 if alike else float(stats.friedmanchisquare(*scores.T).pvalue)
    critical = stats.studentized_range.ppf(1 - alpha, methods, np.inf) / np.sqrt(2) * error
    return Ranks(mean, p, float(critical), pairs)


def signed_rank_probabilities(
    differences: Floats, margin: float, generator: np.random.Generator, samples: int = 50_000
) -> tuple[float, float, float]:
    """Posterior probabilities that worse, practically the same, or better is what two other data sets most likely show.

    differences (data sets,); margin: half of the region of practical equivalence. The Bayesian signed-rank test:
    Dirichlet weights w of the differences and of one of 0, of weight 0.6; the region holds the weight of
    pairs (i, j), w_i w_j, whose mean lies in it, as of the mean difference of two other data sets; each probability
    is how often that region's is the largest.
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
