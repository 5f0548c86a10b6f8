"""Scores that losses of pairs and ranks compare: those of a batch, or of the batches of several ranks."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch import distributed as dist
from torch.nn import functional as F

from imbaloss.losses.totals import count_ranks


class Scores(NamedTuple):
    """Logits, targets and weights of the samples of S networks."""

    logits: Tensor  # (S, B, D), with one logit for two classes (D = 1), else one a class (D = C)
    targets: Tensor  # (S, B), from 0 on
    weights: Tensor  # (S, B), of the logits' dtype


def divide_or_zero(part: Tensor, total: Tensor) -> Tensor:
    """Return part / total element by element, and 0 with gradient 0 where the total is 0 or below."""
    return (part / total.where(total > 0, 1)).where(total > 0, 0)


def gather_over_ranks(scores: Scores, group: "dist.ProcessGroup | None") -> Scores:
    """Join the samples of all ranks (processes) of a process group. Every rank of the group must call it.

    The ranks may have different numbers of samples. Only the logits of this rank carry gradient. It is multiplied by
    the number of ranks, because DistributedDataParallel and FSDP divide by it. The backward pass needs no
    communication.

    Args:
        scores: The samples of this rank.
        group: The process group; the default group if it is None.

    Returns:
        The samples of all ranks, in the order of the ranks.

    Raises:
        ValueError: This rank does not belong to the group.
    """
    ranks = count_ranks(group)
    logits = scores.logits
    own = torch.cat([logits, scores.targets.unsqueeze(-1).to(logits), scores.weights.unsqueeze(-1)], dim=-1).detach()
    sizes = torch.cat(gather_tensors(torch.tensor([own.shape[1]], device=own.device), ranks, group)).tolist()
    padded = F.pad(own, (0, 0, 0, max(sizes) - own.shape[1]))  # a collective takes equal shapes
    parts = [part[:, :size] for part, size in zip(gather_tensors(padded, ranks, group), sizes, strict=True)]
    every = torch.cat(parts, dim=1)
    logits_of_ranks = [part[..., :-2] for part in parts]
    logits_of_ranks[dist.get_rank(group)] = scale_gradient(logits, ranks)
    return Scores(torch.cat(logits_of_ranks, dim=1), every[..., -2].to(scores.targets.dtype), every[..., -1])


def gather_tensors(tensor: Tensor, ranks: int, group: "dist.ProcessGroup | None") -> list[Tensor]:
    """Return the tensors of all ranks of a process group, in the order of the ranks. All must have one shape."""
    gathered = [torch.empty_like(tensor) for _ in range(ranks)]
    dist.all_gather(gathered, tensor.contiguous(), group=group)
    return gathered


def scale_gradient(values: Tensor, factor: "Tensor | float") -> Tensor:
    """Return the same values, with their gradient multiplied by the factor, which has no gradient itself."""
    fixed = values.detach()
    return fixed + factor * (values - fixed)
