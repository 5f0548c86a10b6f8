"""Soft labels: a sample belongs partly to each class, with an error of its own as a member of each."""

from collections.abc import Callable
from functools import partial
from math import isfinite
from typing import NamedTuple

import torch
from torch import Tensor

from imbaloss.losses import adjusted, errors
from imbaloss.losses.checks import is_traced, min_and_max
from imbaloss.losses.totals import Totals

Error = Callable[..., Tensor]
OF_EVERY_CLASS: tuple[Error, ...] = (  # errors that take None for targets
    errors.squared, errors.absolute, errors.huber, errors.hinge, errors.cross_entropy, errors.focal, errors.poly1,
    adjusted.logit_adjusted, adjusted.ldam, adjusted.vector_scaling,
)  # fmt: skip


class Membership(NamedTuple):
    """The error of each sample as a member of each class, and its weight in the class.

    Both are (..., B, C), with C = 2 in the binary case. The errors are (K, ..., B, C) if the error gives K numbers.
    """

    errors: Tensor  # 0 for some of the classes in which the sample has weight 0
    weights: Tensor  # the share of the class, times the sample weight

    def sum_by_class(self, *, apart: bool = False) -> Totals:
        """Return the class totals, (..., C). apart: as in `class_totals`."""
        weights = self.weights.to(self.errors.dtype)
        errors = self.errors.where(weights != 0, 0) if apart else self.errors
        return Totals((errors * weights).sum(-2), weights.sum(-2))


def compute_membership(
    error: Error, logits: Tensor, targets: Tensor, sample_weight: Tensor | None, *, several: bool
) -> Membership:
    """Compute the error of each sample as a member of each class, and its weight in the class.

    Args:
        error: Logits and labels -> errors, (..., B) or (K, ..., B).
        logits: (..., B), or (..., B, C) of several classes.
        targets: In the shape of the logits: the share of the positive class, or of each class. What rounding left
            outside [0, 1] is moved to its edge.
        sample_weight: (..., B); None for weights of 1.
        several: Whether the last axis holds classes.
    """
    targets = targets.to(logits.dtype).clamp(0, 1)
    # the samples stay side by side in memory, over which the sums go
    shares = targets if several else torch.stack([1 - targets, targets], -2).transpose(-1, -2)
    weights = shares if sample_weight is None else shares * sample_weight.to(shares.dtype).unsqueeze(-1)
    if not several:
        labels = torch.arange(2, device=logits.device).unsqueeze(-1).expand(weights.transpose(-1, -2).shape)
        copies = bound_unused(logits.unsqueeze(-2), weights.transpose(-1, -2))
        return Membership(error(copies, labels).transpose(-1, -2), weights)
    if (error.func if isinstance(error, partial) else error) in OF_EVERY_CLASS:
        return Membership(error(bound_infinite(logits, targets), None), weights)
    return Membership(compute_errors_of_copies(error, logits, weights), weights)


def compute_errors_of_copies(error: Error, logits: Tensor, weights: Tensor) -> Tensor:
    """Compute the error of each sample as a member of each class by calling the error with copies of the sample.

    There are as many copies as the largest number of classes in which a sample has weight; C where values cannot be
    read. Other classes have error 0. Time and memory grow with that number.

    Args:
        error: Logits (..., B, K, C) and labels (..., B, K) -> errors (..., B, K), or with an axis before them.
        logits: (..., B, C).
        weights: (..., B, C).
    """
    size = count_used(weights)
    used, labels = weights.topk(size, -1)
    sample_errors = error(bound_unused(logits.unsqueeze(-2), used.unsqueeze(-1)), labels)
    every_error = sample_errors.new_zeros(sample_errors.shape[:-1] + weights.shape[-1:])
    return every_error.scatter(-1, labels.expand(sample_errors.shape), sample_errors)


def count_used(weights: Tensor) -> int:
    """Return the largest number of classes in which a sample has weight, at least 1; weights (..., B, C).

    It is C if there are no samples, and where values cannot be read (torch.compile, torch.func). Costs one GPU
    synchronisation.
    """
    if is_traced() or not weights.numel():
        return weights.shape[-1]
    return max(1, int((weights != 0).sum(-1).max()))


def bound_unused(logits: Tensor, weights: Tensor) -> Tensor:
    """Return the logits with 0 in place of those that are not finite where the weight is 0. Shapes are joined."""
    return logits.where((weights != 0) | logits.isfinite(), 0)


def bound_infinite(logits: Tensor, shares: Tensor) -> Tensor:
    """Return the logits with finite ones of the same softmax in place of infinite ones that are no error.

    These are minus infinity where the share of the class is 0, and infinity where it is 1. Errors that have weight 0
    are then finite. Logits and shares are (..., B, C). Costs one GPU synchronisation.
    """
    if not is_traced() and logits.numel() and all(map(isfinite, min_and_max(logits))):
        return logits
    largest = torch.finfo(logits.dtype).max ** 0.5
    bounded = logits.where((logits != -torch.inf) | (shares != 0), -largest)
    return bounded.where((logits != torch.inf) | (shares != 1), largest)
