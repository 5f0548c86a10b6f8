"""One training, and the check of what the members of a stack must have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from torch import nn

from imbaloss.data import NO_SAMPLER, SamplerSpec, Samples, Split
from imbaloss.data.resampling import shown_counts
from imbaloss.losses import LossSpec
from imbaloss.training.recipe import Recipe
from imbaloss.training.setting import NO_SETTING, Setting


@dataclass(frozen=True, eq=False)
class Member:
    """A training that can be a member of a stack.

    The members of a stack have the recipe in common, except epochs and lr, and the size of `train`.
    """

    split: Split
    loss: LossSpec
    recipe: Recipe  # a recipe with one learning rate
    seed: int
    sampler: SamplerSpec = NO_SAMPLER  # `train` is already resampled; a sampler in batches is still to be applied
    start: nn.Module | None = None  # a stack of one network with the initial weights; None: they are drawn
    setting: Setting = NO_SETTING  # the values that are tried; networks have theirs in the recipe

    @cached_property
    def rows(self) -> tuple[int, ...]:
        """The number of samples of each class that an epoch shows, (C,); a sampler that draws batches changes it.

        Raises ValueError if batches are too small for that sampler.
        """
        counts = np.bincount(self.split.train.labels, minlength=self.recipe.classes).tolist()
        return shown_counts(counts, self.sampler, self.recipe.train_batch)

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """The number of training samples of each class, (C,), that the loss is built with.

        They are the samples that an epoch shows, times their mean sample weight, as whole numbers.
        """
        return weigh_counts(self.rows, self.split.train)

    @property
    def loss_and_counts(self) -> tuple[str, tuple[int, ...]]:
        """The text of the loss and the class counts; trainings for which both are equal have one loss in common.

        Such members must be neighbours in a stack.
        """
        return str(self.loss), self.counts


def check_members(members: Sequence[Member]) -> None:
    """Check that the members (trainings) can be trained in one stack.

    Raises:
        ValueError: A member has several rates or networks, inputs that its network does not take, patience without a
            validation part, or a sampler that draws batches without shuffle_train. Or members differ in the recipe
            (except epochs and lr) or in the size of the training part, or with patience of the validation part.
    """
    for member in members:
        if member.recipe.tune_lr:
            raise ValueError("a member trains at one learning rate: take one of its recipe's candidates()")
        if member.recipe.patience and not len(member.split.validation):
            raise ValueError("patience looks at the loss on validation, and validation is empty")
        if member.recipe.n_networks > 1:
            raise ValueError(f"a member trains one network, found {member.recipe.n_networks}: take train_averages")
        member.recipe.check_shape(member.split.train.inputs.shape[1:])
        if member.sampler.in_batches and not member.recipe.shuffle_train:
            raise ValueError(f"{member.sampler} draws batches anew in each epoch: it needs shuffle_train=True")
    shared = {member.recipe.shared for member in members}
    sizes = {member.split.train.inputs.shape for member in members}
    validation_sizes = {len(member.split.validation) * (member.recipe.patience > 0) for member in members}
    if len(shared) != 1 or len(sizes) != 1 or len(validation_sizes) != 1:
        raise ValueError(
            "the members of a stack must share all of the recipe but epochs and lr, and the size of train, with "
            "patience that of validation too"
        )


def weigh_counts(counts: Sequence[int], part: Samples) -> tuple[int, ...]:
    """Multiply the count of each class by its mean sample weight in a part of the data; return whole numbers, (C,).

    If the mean of all weights above 0 is below 1, the products are divided by it. Without weights the counts do not
    change. Rounding is to the nearest number. A class without samples in the part gets 0.
    """
    if part.weights is None:
        return tuple(counts)
    samples, weights = (np.bincount(part.labels, values, len(counts)) for values in (None, part.weights))
    of_class = np.array(counts) * np.divide(weights, samples, out=np.ones_like(weights), where=samples > 0)
    scale = max(np.count_nonzero(part.weights) / part.weights.sum(), 1.0)
    return tuple(np.rint(of_class * scale).astype(np.int64).tolist())
