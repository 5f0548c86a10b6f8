"""Class totals: sums of errors and weights over each class, of one batch, several batches or several ranks.

A reduction computes a loss from the totals alone.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch import distributed as dist


class Totals(NamedTuple):
    """Sums over the samples of each class; class c stands at index c of the last axis.

    The weights are (..., C). The errors are (..., C), or (K, ..., C) if the error gives K numbers for each sample, such
    as the first two moments of its logit.
    """

    errors: Tensor  # sum of sample weight x error
    weights: Tensor  # sum of the sample weights; the number of samples if there are no sample weights


def class_totals(
    errors: Tensor, targets: Tensor, classes: int, sample_weight: Tensor | None = None, *, apart: bool = False
) -> Totals:
    """Sum the weighted errors and the weights of the samples of each class.

    Args:
        errors: (..., B) or (K, ..., B).
        targets: (..., B), from 0 to classes - 1.
        classes: The number C of classes.
        sample_weight: (..., B); each sample has weight 1 if it is None.
        apart: Whether an error that is not finite stays in the total of its own class. Otherwise it makes those of all
            classes NaN, and a pass over the errors is saved.

    Returns:
        Totals with errors (..., C) or (K, ..., C) and weights (..., C); both are 0 for an absent class.
    """
    weights = class_indicators(targets, classes, errors.dtype)  # (..., C, B)
    if sample_weight is not None:
        weights = weights * sample_weight.to(errors.dtype).unsqueeze(-2)
    if apart:
        return Totals((errors.unsqueeze(-2).where(weights != 0, 0) * weights).sum(-1), weights.sum(-1))
    if errors.dtype == torch.float64:  # a matrix product needs no intermediate tensor, but loses digits in float32
        return Totals((errors.unsqueeze(-2) @ weights.transpose(-1, -2)).squeeze(-2), weights.sum(-1))
    return Totals((errors.unsqueeze(-2) * weights).sum(-1), weights.sum(-1))


def class_indicators(targets: Tensor, classes: int, dtype: torch.dtype) -> Tensor:
    """Return 1 where a sample belongs to the class and 0 elsewhere: targets (..., B) -> (..., C, B)."""
    if classes == 2:  # several times faster than the comparison below
        return torch.stack([1 - (positive := targets.to(dtype)), positive], dim=-2)
    return (targets.unsqueeze(-2) == torch.arange(classes, device=targets.device).unsqueeze(-1)).to(dtype)


def select_true_class(table: Tensor, targets: Tensor | None) -> Tensor:
    """Return the entry of each sample's own class: a table (C,) and targets (..., B) -> (..., B).

    A table (L, 2) of each label goes with targets (L, ...). Targets of None are for every class in turn: the result is
    the table (C,). Raises an error of PyTorch for a target of C or above.
    """
    if targets is None:
        return table
    if table.ndim == 1:
        return table[targets.long()]
    return table.gather(1, targets.long().flatten(1)).reshape(targets.shape)


def class_means(totals: Totals) -> Tensor:
    """Compute the mean error of each class, E_c / n_c, with the shape of the errors.

    The mean of an absent class, whose weights sum to 0, is 0 with gradient 0.
    """
    return totals.errors / totals.weights.where(totals.weights > 0, 1)


def join_totals(parts: list[Totals]) -> Totals:
    """Add the class totals of several batches: the result is that of one batch with all their samples.

    Raises:
        RuntimeError: The list is empty, or the totals differ in shape.
    """
    return Totals(torch.stack([part.errors for part in parts]).sum(0), torch.stack([p.weights for p in parts]).sum(0))


def check_whole(whole: Totals, part: Totals) -> None:
    """Raise ValueError unless the totals of a whole batch have the shapes of those of one of its parts."""
    parts = whole if isinstance(whole, tuple | list) else [whole]
    kinds = [tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__ for values in parts]
    shapes = [tuple(values.shape) for values in part]
    if kinds != shapes:
        raise ValueError(
            f"whole must be the joined totals of this loss, sums of shape {shapes[0]} and weights of shape "
            f"{shapes[1]}, found {' and '.join(map(str, kinds))}: join_totals of loss.totals(...) gives them"
        )


def attach_gradient(whole: Totals, part: Totals, copies: int = 1) -> Totals:
    """Return class totals with the values of `whole` and the gradient of `part`, multiplied by `copies`.

    A reduction of the result has the value for the whole batch and the gradient through this part alone. Summed over
    all parts of a batch, these gradients are the gradient of the whole batch.
    """
    return Totals(*(w.detach() + copies * (p - p.detach()) for w, p in zip(whole, part, strict=True)))


def sum_over_ranks(totals: Totals, group: "dist.ProcessGroup | None") -> tuple[Totals, int]:
    """Add the class totals of all ranks (processes) of a process group. Every rank of the group must call it.

    Args:
        totals: The totals of this rank; they stay as they are.
        group: The process group; the default group if it is None.

    Returns:
        The sums, without gradient, and the number of ranks.

    Raises:
        ValueError: This rank does not belong to the group.
    """
    ranks = count_ranks(group)
    sums = [part.detach().clone() for part in totals]
    for part in sums:
        dist.all_reduce(part, group=group)
    return Totals(*sums), ranks


def gather_totals(totals: Totals | None, group: "dist.ProcessGroup | None") -> Totals | None:
    """Add the class totals of all ranks where some may have none. Every rank of the group must call it.

    Args:
        totals: The totals of this rank; None if it had no batch.
        group: The process group; the default group if it is None.

    Returns:
        The sums, on the device of this rank's totals or else on the CPU; None if no rank has totals.

    Raises:
        ValueError: This rank does not belong to the group.
    """
    parts: list[Totals | None] = [None] * count_ranks(group)
    dist.all_gather_object(parts, None if totals is None else Totals(*(part.cpu() for part in totals)), group=group)
    present = [part for part in parts if part is not None]
    if not present:
        return None
    device = "cpu" if totals is None else totals.errors.device
    return Totals(*(part.to(device) for part in join_totals(present)))


def count_ranks(group: "dist.ProcessGroup | None") -> int:
    """Return the number of ranks of a process group. Raises ValueError if this rank does not belong to it."""
    ranks = dist.get_world_size(group)
    if ranks < 1:
        raise ValueError("sync must be a process group that this rank belongs to")
    return ranks
