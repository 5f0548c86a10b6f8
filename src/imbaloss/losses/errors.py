"""Errors: one number for each sample, from its logits and its target.

Binary: logits (..., B), targets (..., B) in {0, 1}; p = sigmoid(logit) is the probability of class 1.
Multi-class: logits (..., B, C), targets (..., B) in {0, ..., C-1}; p = softmax(logits).
p_t is the probability of the true class. Each error returns (..., B); each raises ValueError where a parameter is
outside the domain that its formula states. Errors that know the classes' shares are in `adjusted.py`.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from imbaloss.losses.domains import require


def true_log_odds(logits: Tensor, targets: Tensor) -> Tensor:
    """log(p_t / (1 - p_t)): the one quantity that most errors need.

    Two logits (0, z) give the same value as the single logit z.
    """
    if logits.ndim == targets.ndim:
        return logits * (2 * targets.to(logits.dtype) - 1)
    true = one_hot(targets, logits.shape[-1])
    others = logits.masked_fill(true, -torch.inf).logsumexp(-1)
    return logits.where(true, 0).sum(-1) - others


def one_hot(targets: Tensor, classes: int) -> Tensor:
    """(..., B) -> (..., B, C), boolean."""
    return targets.unsqueeze(-1) == torch.arange(classes, device=targets.device)


def absolute(logits: Tensor, targets: Tensor) -> Tensor:
    """Half the absolute distance of target and probability, 1/2 sum over the classes of |d - p| = 1 - p_t, in [0, 1].

    Source: Ghosh et al. 2017 (arXiv 1712.09482), whose error on C outputs is twice this.
    """
    return torch.sigmoid(-true_log_odds(logits, targets))


def squared(logits: Tensor, targets: Tensor) -> Tensor:
    """Half the squared distance of target and probability: 1/2 sum over the outputs of (d - p)^2.

    One output: 1/2 (d - p)^2, in [0, 1/2]. C softmax outputs: d is the one-hot target, so that two outputs give
    twice the value of one. Source: Wang et al. 2016 (IJCNN), the error in their MSE, FPE and FNE.
    """
    if logits.ndim == targets.ndim:
        return absolute(logits, targets).square() / 2
    distance = one_hot(targets, logits.shape[-1]).to(logits.dtype) - logits.softmax(-1)
    return distance.square().sum(-1) / 2


def huber(logits: Tensor, targets: Tensor, *, delta: float = 0.5) -> Tensor:
    """Huber's error of e = 1 - p_t: e^2 / 2 where e <= delta, else delta (e - delta / 2); 0 < delta <= 1.

    delta = 1 is the squared error of one output. Source: Huber 1964 (Ann. Math. Statist. 35).
    """
    require(0 < delta <= 1, "delta must be above 0 and at most 1", delta)
    return F.huber_loss(e := absolute(logits, targets), torch.zeros_like(e), reduction="none", delta=delta)


def hinge(logits: Tensor, targets: Tensor) -> Tensor:
    """Hinge: max(0, 1 - s z), with s = 1 for positives, -1 for negatives; C classes: max(0, 1 - z_t + max of others).

    Source: Cortes and Vapnik 1995 (Machine Learning 20); Crammer and Singer 2001 (JMLR 2) for several classes.
    """
    if logits.ndim == targets.ndim:
        return F.relu(1 - true_log_odds(logits, targets))
    true = one_hot(targets, logits.shape[-1])
    return F.relu(1 - logits.where(true, 0).sum(-1) + logits.masked_fill(true, -torch.inf).amax(-1))


def cross_entropy(logits: Tensor, targets: Tensor, *, smoothing: float = 0.0) -> Tensor:
    """Cross-entropy in nats: -log p_t; smoothed: -(1 - s) log p_t - (s / C) sum_c log p_c, with 0 <= s <= 1.

    Source of the smoothing: Szegedy et al. 2016 (arXiv 1512.00567), section 7.
    """
    require(0 <= smoothing <= 1, "smoothing must be between 0 and 1", smoothing)
    true = -F.logsigmoid(true_log_odds(logits, targets))
    if smoothing == 0:
        return true
    if logits.ndim == targets.ndim:
        every = -(F.logsigmoid(logits) + F.logsigmoid(-logits)) / 2
    else:
        every = -logits.log_softmax(-1).mean(-1)
    return (1 - smoothing) * true + smoothing * every


def focal(logits: Tensor, targets: Tensor, *, gamma: float = 2.0) -> Tensor:
    """Focal error in nats: -(1 - p_t)^gamma log p_t, gamma >= 0; gamma = 0 is cross-entropy.

    Source: Lin et al. 2017, eq. 4 (arXiv 1708.02002); its alpha is a class weight of the reduction.
    """
    require(0 <= gamma < float("inf"), "gamma must be >= 0 and finite", gamma)
    return focused(true_log_odds(logits, targets), gamma)


def focused(log_odds: Tensor, gamma: float) -> Tensor:
    """-(1 - p)^gamma log p of a probability p with these log odds."""
    return -power(torch.sigmoid(-log_odds), gamma) * F.logsigmoid(log_odds)


def power(share: Tensor, exponent: float) -> Tensor:
    """share^exponent, for shares and exponents >= 0, with the slope 0 where the share is 0."""
    if exponent == 0 or exponent >= 1:
        return share.pow(exponent)
    there = share > 0  # below 1 a power has an infinite slope at 0
    return share.where(there, 1).pow(exponent).where(there, 0)


def poly1(logits: Tensor, targets: Tensor, *, epsilon: float = 1.0) -> Tensor:
    """Poly-1 cross-entropy: -log p_t + epsilon (1 - p_t), epsilon >= -1; epsilon = 0 is cross-entropy.

    Source: Leng et al. 2022 (arXiv 2204.12511).
    """
    require(-1 <= epsilon < float("inf"), "epsilon must be >= -1 and finite", epsilon)
    log_odds = true_log_odds(logits, targets)
    return -F.logsigmoid(log_odds) + epsilon * torch.sigmoid(-log_odds)


def asymmetric(
    logits: Tensor,
    targets: Tensor,
    *,
    gamma_positive: float = 0.0,
    gamma_negative: float = 4.0,
    margin: float = 0.05,
) -> Tensor:
    """Asymmetric error: -(1 - p)^gamma_positive log p for positives, -q^gamma_negative log(1 - q) for negatives.

    q = max(p - margin, 0): a negative below the margin has no error. gammas >= 0, 0 <= margin < 1. One logit a target.
    Source: Ben-Baruch et al. 2021 (arXiv 2009.14119).
    """
    require(0 <= gamma_positive < float("inf"), "gamma_positive must be >= 0 and finite", gamma_positive)
    require(0 <= gamma_negative < float("inf"), "gamma_negative must be >= 0 and finite", gamma_negative)
    require(0 <= margin < 1, "margin must be at least 0 and below 1", margin)
    require(logits.ndim == targets.ndim, "asymmetric error needs one logit a target", tuple(logits.shape))
    of_positive = focused(logits, gamma_positive)
    if margin == 0:
        of_negative = focused(-logits, gamma_negative)
    else:
        shifted = F.relu(torch.sigmoid(logits) - margin)
        of_negative = -power(shifted, gamma_negative) * torch.log1p(-shifted)
    positive = targets.to(logits.dtype)
    return positive * of_positive + (1 - positive) * of_negative


def moments(logits: Tensor, targets: Tensor) -> Tensor:
    """z and z^2 of one logit a target, (2, ..., B), in float64, for variances are differences: what AUC-margin sums."""
    require(logits.ndim == targets.ndim, "moments need one logit a target", tuple(logits.shape))
    logits = logits.double()
    return torch.stack([logits, logits.square()])


def with_squares(logits: Tensor, targets: Tensor, *, error: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """An error and its square, (2, ..., B): what unbiased estimates of squared means sum."""
    of_sample = error(logits, targets)
    return torch.stack([of_sample, of_sample.square()])
