"""Losses of a part of the ROC curve: low false positive rates (one-way), and high true positive rates too (two-way).

Each function takes logits z, targets in {0, 1} and sample weights, all (..., B), and returns (...). The value is 0 with
gradient 0 if either class is absent. The weight of a pair is the product of its samples' weights. Each raises
ValueError if a parameter is outside the domain that its docstring states.

The area with false positive rates from a to b and true positive rates from c on counts pairs of a positive and a
negative that are in the right order, as the whole area does: of the negatives those with ranks from share a to share b,
the highest logit first, and of the positives those from share c on. A sample at the edge counts with the part of its
weight that is inside. Of samples with equal logits at the edge, the first ones in the batch are taken first.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from imbaloss.losses.domains import require
from imbaloss.losses.ranking import (
    auc_squared_hinge,
    compute_shares,
    map_over_positives,
    mean_over_pairs,
    split_weights,
)


def partial_auc(
    logits: Tensor,
    targets: Tensor,
    weights: Tensor,
    *,
    min_fpr: float = 0.0,
    max_fpr: float = 0.1,
    margin: float = 1.0,
) -> Tensor:
    """Compute the mean over the pairs of any positive i and a high negative j of max(0, margin - z_i + z_j)^2.

    The high negatives have ranks between the shares min_fpr and max_fpr. All arguments are (..., B); the result is
    (...), 0 with gradient 0 if either class is absent. Time is O(B log B). Raises ValueError unless 0 <= min_fpr <
    max_fpr <= 1 and margin is finite and > 0.

    With min_fpr = 0 this is the mean over the positives of the conditional value at risk (CVaR) of their pairs' errors.
    Source: Zhu et al. 2022 (ICML), theorem 1; Yao et al. 2022 (NeurIPS) for a range of false positive rates.
    """
    kept = keep_region(logits, targets, weights, fpr=(min_fpr, max_fpr))
    return auc_squared_hinge(logits, targets, kept, margin=margin)


def two_way_partial_auc(
    logits: Tensor,
    targets: Tensor,
    weights: Tensor,
    *,
    min_tpr: float = 0.5,
    max_fpr: float = 0.1,
    margin: float = 1.0,
) -> Tensor:
    """Compute the mean over the pairs of a low positive i and a high negative j of max(0, margin - z_i + z_j)^2.

    Of the positives the lowest share 1 - min_tpr counts, of the negatives the highest share max_fpr. All arguments are
    (..., B); the result is (...), 0 with gradient 0 if either class is absent. Time is O(B log B). Raises ValueError
    unless 0 <= min_tpr < 1, 0 < max_fpr <= 1 and margin is finite and > 0.
    Source: Yang et al. 2021 (ICML); Zhu et al. 2022 (ICML), whose CVaR of CVaRs it is.
    """
    kept = keep_region(logits, targets, weights, fpr=(0, max_fpr), min_tpr=min_tpr)
    return auc_squared_hinge(logits, targets, kept, margin=margin)


def smooth_partial_auc(
    logits: Tensor,
    targets: Tensor,
    weights: Tensor,
    *,
    min_tpr: float = 0.0,
    min_fpr: float = 0.0,
    max_fpr: float = 0.1,
    temperature: float = 0.1,
) -> Tensor:
    """Compute the mean over the pairs of a low positive i and a high negative j of sigmoid((z_j - z_i) / temperature).

    Of the positives the lowest share 1 - min_tpr counts, of the negatives those with ranks between the shares min_fpr
    and max_fpr. As the temperature goes to 0, this is 1 - the area of that part of the ROC curve, divided by (1 -
    min_tpr) (max_fpr - min_fpr). All arguments are (..., B); the result is (...), 0 with gradient 0 if either class is
    absent. Time is O(positives x B). Raises ValueError unless 0 <= min_tpr < 1, 0 <= min_fpr < max_fpr <= 1 and
    temperature is finite and > 0.
    Source: Yan et al. 2003 (ICML), eq. 6, for the sigmoid; the region is that of the other losses here.
    """
    require(0 < temperature < float("inf"), "temperature must be > 0 and finite", temperature)
    kept = keep_region(logits, targets, weights, fpr=(min_fpr, max_fpr), min_tpr=min_tpr)
    return mean_over_pairs(lambda differences: torch.sigmoid(differences / temperature), logits, targets, kept)


def partial_auc_kl(
    logits: Tensor, targets: Tensor, weights: Tensor, *, temperature: float = 1.0, margin: float = 1.0
) -> Tensor:
    """Compute the mean over the positives i of t log(mean over the negatives j of exp(e_ij / t)), t the temperature.

    e_ij is the squared hinge of the pair, max(0, margin - z_i + z_j)^2. The soft maximum over the negatives stands in
    place of their highest share: the higher a negative, the more it weighs. The lower the temperature, the fewer
    negatives count. All arguments are (..., B); the result is (...), 0 with gradient 0 if either class is absent. Time
    is O(positives x B). Raises ValueError unless temperature and margin are finite and > 0.
    Source: Zhu et al. 2022 (ICML), the objective of SOPA-s, with the batch as the set.
    """
    terms, shares = soft_maxima(logits, targets, weights, temperature, margin)
    return (shares * terms).sum(-1)


def two_way_partial_auc_kl(
    logits: Tensor,
    targets: Tensor,
    weights: Tensor,
    *,
    temperature: float = 1.0,
    positive_temperature: float = 1.0,
    margin: float = 1.0,
) -> Tensor:
    """Compute u log(mean over the positives i of exp(s_i / u)), s_i the soft maximum of `partial_auc_kl` for i alone.

    s_i = t log(mean over the negatives j of exp(e_ij / t)), with e_ij = max(0, margin - z_i + z_j)^2. t is the
    temperature and u the positive_temperature. The soft maximum over the
    positives stands in place of their lowest share. All arguments are (..., B); the result is (...), 0 with gradient 0
    if either class is absent. Time is O(positives x B). Raises ValueError unless both temperatures and margin are
    finite and > 0.
    Source: Zhu et al. 2022 (ICML), the objective of SOTA-s, with the batch as the set.
    """
    require(
        0 < positive_temperature < float("inf"), "positive_temperature must be > 0 and finite", positive_temperature
    )
    terms, shares = soft_maxima(logits, targets, weights, temperature, margin)
    return positive_temperature * log_mean_exp(terms / positive_temperature, shares)


def soft_maxima(
    logits: Tensor, targets: Tensor, weights: Tensor, temperature: float, margin: float
) -> tuple[Tensor, Tensor]:
    """Compute, for each positive, the soft maximum over the negatives of the squared hinge of its pairs.

    Args:
        logits: (..., B).
        targets: (..., B).
        weights: (..., B).
        temperature: The temperature of the soft maximum.
        margin: The margin of the squared hinge.

    Returns:
        The soft maxima (..., R), 0 without negatives, and the positives' shares of their weight (..., R), as
        `map_over_positives` returns them; all shares are 0 if either class is absent.

    Raises:
        ValueError: temperature or margin is not finite and above 0.
    """
    require(0 < temperature < float("inf"), "temperature must be > 0 and finite", temperature)
    require(0 < margin < float("inf"), "margin must be > 0 and finite", margin)
    negative_shares, positive_shares = map(compute_shares, split_weights(targets, weights))

    def compute_block(block_logits: Tensor) -> Tensor:
        """Return the soft maximum of each of R positives, (..., R), for their logits (..., R)."""
        shortfalls = F.relu(margin + logits.unsqueeze(-2) - block_logits.unsqueeze(-1))  # (..., R, B)
        return temperature * log_mean_exp(shortfalls.square() / temperature, negative_shares.unsqueeze(-2))

    has_negatives = negative_shares.sum(-1, keepdim=True) > 0
    return map_over_positives(compute_block, logits, positive_shares.where(has_negatives, 0))


def log_mean_exp(values: Tensor, shares: Tensor) -> Tensor:
    """Compute log(sum of share x exp(value)) over the last axis; 0 with gradient 0 where all shares are 0.

    values: (..., N). shares: (..., N) or a shape that broadcasts to it, >= 0.
    """
    if not values.shape[-1]:  # no largest value
        return values.sum(-1)
    has_share = (shares > 0).expand_as(values)
    is_empty = ~has_share.any(-1, keepdim=True)
    # the gradient of torch's logsumexp is too large by the number of equal maxima if these are beyond 2^24
    largest = values.detach().where(has_share | is_empty, -torch.inf).amax(-1, keepdim=True)
    total = (shares * (values - largest).where(has_share, -torch.inf).exp()).sum(-1, keepdim=True)
    return (largest + total.where(~is_empty, 1).log()).where(~is_empty, 0).squeeze(-1)


def keep_region(
    logits: Tensor, targets: Tensor, weights: Tensor, *, fpr: tuple[float, float], min_tpr: float = 0.0
) -> Tensor:
    """Return the weights of the samples that a part of the ROC curve compares, (..., B), and 0 for all others.

    Args:
        logits: (..., B).
        targets: (..., B), 1 for a positive.
        weights: (..., B).
        fpr: The lowest and the highest false positive rate.
        min_tpr: The lowest true positive rate.

    Raises:
        ValueError: A rate is not between 0 and 1, or a range of rates is empty.
    """
    min_fpr, max_fpr = fpr
    require(0 < max_fpr <= 1, "max_fpr must be above 0 and at most 1", max_fpr)
    require(0 <= min_fpr < max_fpr, f"min_fpr must be at least 0 and below max_fpr = {max_fpr:g}", min_fpr)
    require(0 <= min_tpr < 1, "min_tpr must be at least 0 and below 1", min_tpr)
    negatives, positives = split_weights(targets, weights)
    if min_tpr > 0:
        positives = keep_ranks(logits, positives, min_tpr, 1)
    return keep_ranks(logits, negatives, min_fpr, max_fpr) + positives


def keep_ranks(logits: Tensor, weights: Tensor, first: float, last: float) -> Tensor:
    """Return the part of each weight that lies between two shares of all weight, by rank: (..., B) -> (..., B).

    Samples are ranked by falling logit. The weight of a sample at an edge is cut. Equal logits are ranked in the order
    of the batch.

    Args:
        logits: (..., B).
        weights: (..., B).
        first: The share of the weight that is left out at the top.
        last: The share at which the kept part ends.
    """
    order = logits.argsort(dim=-1, descending=True, stable=True)
    ranked = weights.double().gather(-1, order)
    ends = ranked.cumsum(-1)
    total = ends[..., -1:]
    kept = ends.clamp(first * total, last * total) - (ends - ranked).clamp(first * total, last * total)
    return torch.zeros_like(ranked).scatter(-1, order, kept).to(weights.dtype)
