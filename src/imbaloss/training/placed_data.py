"""The data of a stack on its device: members that share their split share its tensors."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from imbaloss.data import NO_SAMPLER, Samples
from imbaloss.training.member import Member
from imbaloss.training.scaling import Scaling


@dataclass(frozen=True, eq=False)
class PlacedPart:
    """A part (train or validation) of G splits with N samples each, one split after the other."""

    inputs: Tensor  # (G x N, ...), scaled
    labels: Tensor  # (G x N,)
    weights: Tensor | None  # (G x N,); None if no sample has a weight

    @classmethod
    def place(
        cls,
        parts: Sequence[Samples],
        scalings: Sequence[Scaling],
        device: torch.device,
        *,
        dtype: torch.dtype,
        input_dtype: torch.dtype,
    ) -> "PlacedPart":
        """Scale the inputs of the same part of G splits and put them on the device with labels and weights.

        Args:
            parts: The part (train or validation) of each split, of equal size.
            scalings: The scaling of each split.
            device: The device.
            dtype: The type of the sample weights.
            input_dtype: The type of the inputs.
        """
        placed = torch.empty(len(parts), *parts[0].inputs.shape, dtype=input_dtype, device=device)
        for place, scaling, part in zip(placed, scalings, parts, strict=True):
            scaling.write_into(place, part.inputs)
        labels = torch.from_numpy(np.concatenate([part.labels for part in parts])).to(device)
        return cls(placed.flatten(0, 1), labels, place_weights(parts, dtype, device))


@dataclass(frozen=True, eq=False)
class PlacedData:
    """The parts of G splits that S members train on, with the split of each member."""

    train: PlacedPart
    validation: PlacedPart | None  # None without patience
    scalings: tuple[Scaling, ...]  # the scaling of each split
    splits: Tensor  # (S,), the number of each member's split
    validation_shares: Tensor  # (S, C), see `validation_shares`
    samples: int  # N, the number of training samples of a split
    shape: tuple[int, ...]  # shape of one input

    @classmethod
    def place(cls, members: Sequence[Member], device: torch.device, input_dtype: torch.dtype) -> "PlacedData":
        """Put the splits of all members (trainings of a stack) on the device, each once.

        The validation parts are placed only if the recipe has patience.

        Args:
            members: The trainings.
            device: The device.
            input_dtype: The type of the training inputs.
        """
        recipe = members[0].recipe
        splits = list({id(member.split): member.split for member in members}.values())
        numbers = {id(split): number for number, split in enumerate(splits)}
        scalings = tuple(Scaling.fit(recipe.scaling, split.train) for split in splits)
        place = partial(PlacedPart.place, scalings=scalings, device=device, dtype=recipe.dtype)
        samples, *shape = splits[0].train.inputs.shape
        return cls(
            train=place([split.train for split in splits], input_dtype=input_dtype),
            validation=place([split.validation for split in splits], input_dtype=recipe.dtype)
            if recipe.patience
            else None,
            scalings=scalings,
            splits=torch.tensor([numbers[id(member.split)] for member in members], device=device),
            validation_shares=torch.tensor([validation_shares(member) for member in members], dtype=recipe.dtype).to(
                device
            ),
            samples=samples,
            shape=tuple(shape),
        )

    @property
    def inputs_by_split(self) -> Tensor:
        """The training inputs of each split, flattened: (G, N, D)."""
        return self.train.inputs.view(len(self.scalings), self.samples, -1)

    def round_inputs(self, dtype: torch.dtype) -> "PlacedData":
        """Return a copy of the data with the training inputs in that type; everything else is shared."""
        return replace(self, train=replace(self.train, inputs=self.train.inputs.to(dtype)))

    def find_rows(self, order: Tensor) -> Tensor:
        """Turn sample numbers (S, B) within each member's split into rows (S, B) of the training part of all splits."""
        return self.splits.unsqueeze(1) * self.samples + order

    def keep(self, mask: Tensor) -> "PlacedData":
        """Return the data of the members (trainings) where mask (S,) is true; the tensors of all splits stay."""
        return replace(self, splits=self.splits[mask], validation_shares=self.validation_shares[mask])


def place_weights(parts: Sequence[Samples], dtype: torch.dtype, device: torch.device) -> Tensor | None:
    """Put the sample weights of all parts on the device, one part after the other, (G x N,).

    The result is None if no part has weights. A part without weights beside parts with weights gets weights of 1.
    """
    if all(part.weights is None for part in parts):
        return None
    each = [np.ones(len(part)) if part.weights is None else part.weights for part in parts]
    return torch.from_numpy(np.concatenate(each)).to(device, dtype)


def validation_shares(member: Member) -> list[float]:
    """Return the weight of a validation sample by its class, (C,), for the loss that decides on early stopping.

    Without a sampler it is 1. With a sampler it gives the validation part the class shares of an epoch. Otherwise early
    stopping would judge a network by other shares than it learns from. A class without validation samples gets 0.
    """
    shown = np.array(member.counts, dtype=np.float64)
    if member.sampler == NO_SAMPLER:
        return [1.0] * len(shown)
    validation = np.bincount(member.split.validation.labels, member.split.validation.weights, len(shown))
    ratios = np.divide(shown, validation, out=np.zeros_like(shown), where=validation > 0)
    shares: list[float] = (ratios * validation.sum() / shown.sum()).tolist()
    return shares
