"""Soft labels: a sample that belongs partly to each class, split into one weighted sample of each class."""

import torch
from torch import Tensor

from imbaloss.losses.checks import is_traced


def split_soft_samples(
    logits: Tensor, targets: Tensor, sample_weight: Tensor | None, *, several: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Split each sample into K samples, of one class each, whose weights are its shares of the classes.

    K is 2 in the binary case. Of several classes it is the largest number of classes that a sample belongs to, and C
    where values cannot be read (torch.compile, torch.func). A sample that belongs to fewer has samples of weight 0.
    Logits that are not finite become 0 in samples of weight 0.

    Args:
        logits: (..., B), or (..., B, C) of several classes.
        targets: In the shape of the logits: the share of the positive class, or of each class. What rounding left
            outside [0, 1] is moved to its edge.
        sample_weight: (..., B); None for weights of 1.
        several: Whether the last axis holds classes.

    Returns:
        Logits (..., B, K) or (..., B, K, C), and classes and weights, (..., B, K).
    """
    targets = targets.to(logits.dtype).clamp(0, 1)
    shares = targets if several else torch.stack([1 - targets, targets], -1)
    size = count_shares(shares) if several else 2
    if size < shares.shape[-1]:
        weights, classes = shares.topk(size, -1)
    else:
        weights, classes = shares, torch.arange(size, device=shares.device).expand(shares.shape)
    if sample_weight is not None:
        weights = weights * sample_weight.to(weights.dtype).unsqueeze(-1)
    class_axis = (1,) if several else ()
    logits = logits.unsqueeze(shares.ndim - 1)  # (..., B, 1) or (..., B, 1, C)
    has_no_weight = (weights == 0).reshape(weights.shape + class_axis)
    return logits.where(~has_no_weight | logits.isfinite(), 0), classes, weights


def count_shares(shares: Tensor) -> int:
    """Return the largest number of classes to which a sample belongs, at least 1; shares (..., B, C).

    It is C if there are no samples, and where values cannot be read. Costs one GPU synchronisation.
    """
    if is_traced() or not shares.numel():
        return shares.shape[-1]
    return max(1, int((shares != 0).sum(-1).max()))
