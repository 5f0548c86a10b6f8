"""The area under the ROC curve, and what each sample contributes to its error."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Roc:
    """An area, or a difference of two.

    contributions (N,): of each sample to its error. Their squares sum to the variance of the area. The sums of
    products of the contributions of two areas over the same samples are their covariance.
    """

    auc: float
    contributions: Floats
    smaller_class: int  # samples

    @property
    def variance(self) -> float:
        return float(np.sum(self.contributions**2))

    def minus(self, other: "Roc") -> "Roc":
        """The difference of two areas of the same samples, in the same order."""
        return Roc(self.auc - other.auc, self.contributions - other.contributions, self.smaller_class)

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """DeLong's, without a border at 0 and 1: the normal approximation, which also fits a difference of two."""
        half = stats.norm.ppf((1 + confidence) / 2) * np.sqrt(self.variance)
        return self.auc - half, self.auc + half


def delong(labels: NDArray[np.int64], probabilities: Floats) -> Roc:
    """The area with the variance of DeLong et al. 1988, Biometrics 44: that of the placements of each class.

    labels (N,), 0 or 1, two of each or more; probabilities (N,). Computed from ranks as in Sun and Xu 2014, IEEE
    Signal Processing Letters 21. Raises ValueError for fewer samples of a class.
    """
    positive = labels == 1
    m, n = int(positive.sum()), int((~positive).sum())
    if min(m, n) < 2:
        raise ValueError(f"DeLong's variance needs two samples of each class, found {m} positives and {n} negatives")
    ranks = stats.rankdata(probabilities)
    placements = np.empty(len(labels))
    placements[positive] = (ranks[positive] - stats.rankdata(probabilities[positive])) / n
    placements[~positive] = 1 - (ranks[~positive] - stats.rankdata(probabilities[~positive])) / m
    auc = float(placements[positive].mean())
    scale = np.where(positive, np.sqrt(m * (m - 1.0)), np.sqrt(n * (n - 1.0)))
    return Roc(auc, (placements - auc) / scale, min(m, n))
