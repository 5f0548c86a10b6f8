"""The area under the ROC curve, and what each sample contributes to its error."""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Roc:
    """An area under the ROC curve, or a difference of two areas, with what each sample contributes to its error.

    The squared contributions sum to the variance of the area. For two areas on the same samples, the products of the
    contributions sum to their covariance.
    """

    auc: float
    contributions: Floats  # (N,)
    smaller_class: int  # number of samples of the rarer class

    @property
    def variance(self) -> float:
        """The variance of the area, or of the difference of areas, over new samples.

        It is the sum of the squared contributions.
        """
        return float(np.sum(self.contributions**2))

    def minus(self, other: "Roc") -> "Roc":
        """Return the difference of this area and another one on the same samples, in the same order.

        Its contributions are the differences of theirs.
        """
        return Roc(self.auc - other.auc, self.contributions - other.contributions, self.smaller_class)

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return the two ends of DeLong's interval: area +- z s, which may lie beyond 0 and 1.

        The normal approximation also serves a difference of two areas. confidence: the probability of covering the true
        area.
        """
        half = scipy.stats.norm.ppf((1 + confidence) / 2) * np.sqrt(self.variance)
        return self.auc - half, self.auc + half


def delong(labels: NDArray[np.int64], probabilities: Floats) -> Roc:
    """Compute the area under the ROC curve with what each sample contributes to DeLong's variance.

    Ties of a positive and a negative count half. All is NaN if a probability is.

    Args:
        labels: (N,), 0 or 1.
        probabilities: (N,), of class 1.

    Raises:
        ValueError: A class has fewer than two samples.

    Source: DeLong et al. 1988, Biometrics 44; sorted as in Sun and Xu 2014, IEEE Signal Processing Letters 21.
    """
    positive = labels == 1
    m, n = int(positive.sum()), int((~positive).sum())
    if min(m, n) < 2:
        raise ValueError(f"DeLong's variance needs two samples of each class, found {m} positives and {n} negatives")
    placements = np.full(len(labels), np.nan)
    if not np.isnan(probabilities).any():
        of_positives, of_negatives = probabilities[positive], probabilities[~positive]
        placements[positive] = share_below(of_positives, of_negatives)
        placements[~positive] = 1 - share_below(of_negatives, of_positives)
    auc = float(placements[positive].mean())
    scale = np.where(positive, np.sqrt(m * (m - 1.0)), np.sqrt(n * (n - 1.0)))
    return Roc(auc, (placements - auc) / scale, min(m, n))


def share_below(values: Floats, references: Floats) -> Floats:
    """Return for each value the share of references that are smaller; equal ones count half."""
    in_order = np.sort(references)
    counts = np.searchsorted(in_order, values, "left") + np.searchsorted(in_order, values, "right")
    return np.asarray(counts / 2 / len(references))
