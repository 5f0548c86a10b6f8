"""The order in which each member of a stack sees its samples, drawn anew in each epoch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imbaloss.data import NO_SAMPLER, SamplerSpec, batches
from imbaloss.data.seeds import stream
from imbaloss.training.member import Member


@dataclass(frozen=True)
class OrderKey:
    """What members have in common that see their samples in the same order.

    Where the sampler does not draw batches by label, the seed alone decides.
    """

    seed: int
    sampler: SamplerSpec = NO_SAMPLER
    split: int | None = None  # its number


@dataclass(frozen=True, eq=False)
class BatchOrder:
    """A stream of orders, and one of the members that share it."""

    member: Member
    stream: np.random.Generator

    def draw(self) -> NDArray[np.int64]:
        """Draw the order of the next epoch, (N,): row numbers within the training part."""
        train = self.member.split.train
        if not self.member.sampler.in_batches:
            return self.stream.permutation(len(train))
        return batches.rows(train.labels, self.member.rows, self.member.recipe.train_batch, self.stream)


def build_batch_orders(members: Sequence[Member], splits: Sequence[int]) -> list[BatchOrder]:
    """Return the order of each member: one object for all that share it. splits: the number of each member's split."""
    orders: dict[OrderKey, BatchOrder] = {}
    of_members = []
    for member, split in zip(members, splits, strict=True):
        key = OrderKey(member.seed, member.sampler, split) if member.sampler.in_batches else OrderKey(member.seed)
        if key not in orders:
            orders[key] = BatchOrder(member, stream(member.seed, "batches"))
        of_members.append(orders[key])
    return of_members


def draw_orders(orders: Sequence[BatchOrder]) -> NDArray[np.int64]:
    """Draw the order of the next epoch for each member, (S, N): once for all that share it."""
    drawn = {order: order.draw() for order in dict.fromkeys(orders)}
    return np.stack([drawn[order] for order in orders])
