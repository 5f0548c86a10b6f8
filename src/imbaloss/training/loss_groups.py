"""The losses of a stack: neighbouring members that share a loss are one group."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor

from imbaloss.losses import Criterion
from imbaloss.training.member import Member


@dataclass(frozen=True, eq=False)
class LossGroup:
    """A loss, and the number of neighbouring members that share it."""

    loss: Criterion
    size: int  # number of members


def build_loss_groups(members: Sequence[Member], device: torch.device) -> list[LossGroup]:
    """Build one loss for each group of neighbouring members (trainings) with equal loss and class counts.

    Raises ValueError if a loss cannot be built, as without counts that it needs.

    Args:
        members: The trainings of a stack, in its order.
        device: The device on which the losses keep their state.
    """
    groups = []
    for _, group in groupby(members, lambda member: member.loss_and_counts):
        first, *rest = group
        groups.append(LossGroup(first.loss.build(counts=first.counts).to(device), 1 + len(rest)))
    return groups


def compute_losses(groups: Sequence[LossGroup], logits: Tensor, targets: Tensor, weights: Tensor | None) -> Tensor:
    """Compute the loss of each member (training) of a stack, (S,), by the loss of its group.

    Args:
        groups: The losses, each with its number of neighbouring members, in the order of the members.
        logits: (S, B), or (S, B, C) of several outputs.
        targets: (S, B).
        weights: (S, B), or None for equal weights.
    """
    if len(groups) == 1:
        return groups[0].loss.stacked(logits, targets, weights)
    sizes = [group.size for group in groups]
    weight_parts = [None] * len(sizes) if weights is None else torch.split(weights, sizes)
    parts = zip(groups, torch.split(logits, sizes), torch.split(targets, sizes), weight_parts, strict=True)
    return torch.cat([group.loss.stacked(values, labels, weighing) for group, values, labels, weighing in parts])


def keep_members(groups: Sequence[LossGroup], mask: Tensor) -> list[LossGroup]:
    """Return the loss groups without the members (trainings) where mask (S,) is false; empty groups are dropped.

    The state that a loss has of each member is dropped with it, in place.
    """
    kept = []
    for group, stays in zip(groups, torch.split(mask, [group.size for group in groups]), strict=True):
        if stays.any():
            group.loss.keep(stays)
            kept.append(LossGroup(group.loss, int(stays.sum())))
    return kept
