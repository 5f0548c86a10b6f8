"""Class totals: all that a reduction gets to see of a batch, of several batches, or of the batches of several ranks."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch import distributed as dist


class Totals(NamedTuple):
    """Sums over the samples of each class; class c stands at index c. Weights (..., C), errors (..., C) or (K, ..., C).

    K: an error may give several numbers a sample, as the first two moments of its logit.
    """

    errors: Tensor  # sum of sample weight x error
    weights: Tensor  # sum of the sample weights; the number of samples where there are no weights


def class_totals(errors: Tensor, targets: Tensor, classes: int, sample_weight: Tensor | None = None) -> Totals:
    """errors (..., B) or (K, ..., B), targets and sample_weight (..., B) -> totals with C at the end."""
    weights = membership(targets, classes, errors.dtype)  # (..., C, B)
    if sample_weight is not None:
        weights = weights * sample_weight.to(errors.dtype).unsqueeze(-2)
    if errors.dtype == torch.float64:  # as a matrix product, with no intermediate; float32 would lose digits in one
        return Totals((errors.unsqueeze(-2) @ weights.transpose(-1, -2)).squeeze(-2), weights.sum(-1))
    return Totals((errors.unsqueeze(-2) * weights).sum(-1), weights.sum(-1))


def membership(targets: Tensor, classes: int, dtype: torch.dtype) -> Tensor:
    """(..., B) -> (..., C, B): 1 where a sample is of the class, else 0."""
    if classes == 2:  # several times faster than to compare
        return torch.stack([1 - (positive := targets.to(dtype)), positive], dim=-2)
    return (targets.unsqueeze(-2) == torch.arange(classes, device=targets.device).unsqueeze(-1)).to(dtype)


def class_means(totals: Totals) -> Tensor:
    """Mean error of each class, shaped as the errors; 0, with gradient 0, for an absent class (its weight is 0)."""
    return totals.errors / totals.weights.where(totals.weights > 0, 1)


def joined(parts: list[Totals]) -> Totals:
    """The totals of several batches together."""
    return Totals(torch.stack([part.errors for part in parts]).sum(0), torch.stack([p.weights for p in parts]).sum(0))


def as_part_of(whole: Totals, part: Totals, copies: int = 1) -> Totals:
    """The values of the whole with the gradient of the part, `copies` times.

    A reduction's gradient is then that of the whole batch, as far as it comes by this part: summed over the parts of a
    batch, it is the gradient of the batch.
    """
    return Totals(*(w.detach() + copies * (p - p.detach()) for w, p in zip(whole, part, strict=True)))


def over_ranks(totals: Totals, group: "dist.ProcessGroup | None") -> tuple[Totals, int]:
    """The totals of the batches of all ranks of a process group (None: the default), and how many ranks there are.

    Raises ValueError on a rank that is not of the group.
    """
    ranks = dist.get_world_size(group)
    if ranks < 1:
        raise ValueError("sync must be a process group that this rank belongs to")
    shared = [part.detach().clone() for part in totals]
    for part in shared:
        dist.all_reduce(part, group=group)
    return Totals(*shared), ranks
