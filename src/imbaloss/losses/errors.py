"""Errors: one number for each sample, from its logits and its target.

Binary: logits (..., B), targets (..., B) in {0, 1}; p = sigmoid(logit) is the probability of class 1.
Multi-class: logits (..., B, C), targets (..., B) in {0, ..., C-1}; p = softmax(logits).
Each error returns (..., B).
"""

import torch
from torch import Tensor
from torch.nn import functional as F


def true_log_odds(logits: Tensor, targets: Tensor) -> Tensor:
    """log(p_t / (1 - p_t)), where p_t is the probability of the true class: the one quantity that most errors need.

    Two logits (0, z) give the same value as the single logit z.
    """
    if logits.ndim == targets.ndim:
        return torch.where(targets == 1, logits, -logits)
    true = one_hot(targets, logits.shape[-1])
    others = logits.masked_fill(true, -torch.inf).logsumexp(-1)
    return logits.where(true, 0).sum(-1) - others


def one_hot(targets: Tensor, classes: int) -> Tensor:
    """(..., B) -> (..., B, C), boolean."""
    return targets.unsqueeze(-1) == torch.arange(classes, device=targets.device)


def squared(logits: Tensor, targets: Tensor) -> Tensor:
    """Half the squared distance of target and probability: 1/2 sum over the outputs of (d - p)^2.

    One output: 1/2 (d - p)^2, in [0, 1/2]. C softmax outputs: d is the one-hot target, so that two outputs give
    twice the value of one. Source: Wang et al. 2016 (IJCNN), the error in their MSE, FPE and FNE.
    """
    if logits.ndim == targets.ndim:
        return torch.sigmoid(-true_log_odds(logits, targets)).square() / 2  # |d - p| = 1 - p_t
    distance = one_hot(targets, logits.shape[-1]).to(logits.dtype) - logits.softmax(-1)
    return distance.square().sum(-1) / 2


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy in nats: -log p_t."""
    return -F.logsigmoid(true_log_odds(logits, targets))


def focal(logits: Tensor, targets: Tensor, *, gamma: float = 2.0) -> Tensor:
    """Focal error in nats: -(1 - p_t)^gamma log p_t, gamma >= 0; gamma = 0 is cross-entropy.

    Source: Lin et al. 2017, eq. 4 (arXiv 1708.02002); its alpha is a class weight of the reduction.
    Raises ValueError where gamma is negative or not finite.
    """
    if not 0 <= gamma < float("inf"):
        raise ValueError(f"gamma must be >= 0 and finite, found {gamma:g}")
    log_odds = true_log_odds(logits, targets)
    # exp(gamma log(1 - p_t)): a power would have an infinite slope at p_t = 1 for gamma < 1
    return -torch.exp(gamma * F.logsigmoid(-log_odds)) * F.logsigmoid(log_odds)
