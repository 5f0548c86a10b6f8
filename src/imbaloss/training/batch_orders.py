"""The order in which each member of a stack sees its samples, drawn anew in each epoch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imbaloss.data import NO_SAMPLER, SamplerSpec, batches
from imbaloss.data.seeds import make_generator
from imbaloss.training.member import Member


@dataclass(frozen=True)
class OrderKey:
    """The key of members that see their samples in the same order.

    It is the seed alone, unless the sampler draws batches by label.
    """

    seed: int
    sampler: SamplerSpec = NO_SAMPLER
    split: int | None = None  # number of the split; None if the seed alone decides


@dataclass(frozen=True, eq=False)
class BatchOrder:
    """The generator of the orders of samples, with one of the members that have it in common."""

    member: Member
    generator: np.random.Generator

    def draw(self) -> NDArray[np.int64]:
        """Draw the order of the next epoch, (N,): row numbers within the training part of the member.

        It is a permutation, unless the member's sampler draws batches by class; then rows may repeat or be absent.
        """
        train = self.member.split.train
        if not self.member.sampler.in_batches:
            return self.generator.permutation(len(train))
        return batches.draw_rows(train.labels, self.member.rows, self.member.recipe.train_batch, self.generator)


def build_batch_orders(members: Sequence[Member], splits: Sequence[int]) -> list[BatchOrder]:
    """Build the order of each member (training); members that see their samples in the same order get the same object.

    Those are members of one seed, and, if the sampler draws batches by class, of one sampler and split.

    Args:
        members: The trainings of a stack.
        splits: The number of each member's split.
    """
    orders: dict[OrderKey, BatchOrder] = {}
    of_members = []
    for member, split in zip(members, splits, strict=True):
        key = OrderKey(member.seed, member.sampler, split) if member.sampler.in_batches else OrderKey(member.seed)
        if key not in orders:
            orders[key] = BatchOrder(member, make_generator(member.seed, "batches"))
        of_members.append(orders[key])
    return of_members


def draw_orders(orders: Sequence[BatchOrder]) -> NDArray[np.int64]:
    """Draw the order of the next epoch for each member (training) of a stack, (S, N): row numbers of its training part.

    An order that members have in common is drawn once.
    """
    drawn = {order: order.draw() for order in dict.fromkeys(orders)}
    return np.stack([drawn[order] for order in orders])
