"""The state of S trainings that advance together: data, networks, losses, optimizer and the order of the batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress, groupby

import numpy as np
import torch
from torch import Tensor

from imbaloss import losses
from imbaloss.data import Counts, Split
from imbaloss.data.seeds import stream
from imbaloss.losses import Loss
from imbaloss.networks import keep, one
from imbaloss.training.compression import Compression, applies, orthonormal
from imbaloss.training.model import Model, build_network
from imbaloss.training.optimizers import OPTIMIZERS
from imbaloss.training.recipe import Recipe
from imbaloss.training.scaling import Scaling


@dataclass(frozen=True)
class Member:
    """One training. The members of a stack share all of the recipe but epochs and lr, and the size of `train`."""

    split: Split
    loss: str  # as `losses.parse` reads it
    recipe: Recipe
    seed: int

    @property
    def loss_and_counts(self) -> tuple[str, Counts]:
        """Members that share these share one loss; they must stand side by side in a stack."""
        return self.loss, self.split.train.counts


class Stack:
    """All that it owns has a leading axis S, and `keep` slices all of it.

    Members that share their split share its tensors; members that share their seed share initial weights and batches.
    """

    def __init__(self, members: Sequence[Member], device: torch.device) -> None:
        recipe = members[0].recipe
        self.members = list(members)
        self.recipe = recipe
        self.device = device
        self.dtype: torch.dtype = getattr(torch, recipe.precision)
        splits = list({id(member.split): member.split for member in members}.values())
        numbers = {id(split): number for number, split in enumerate(splits)}
        split_of_member = torch.tensor([numbers[id(member.split)] for member in members], device=device)
        scalings = [Scaling.of(recipe.scaling, split.train) for split in splits]
        inputs = [scaling(split.train.inputs).to(device) for scaling, split in zip(scalings, splits, strict=True)]
        self.scalings = [scalings[number] for number in split_of_member]
        self.shape = tuple(inputs[0].shape[1:])
        self.samples = len(inputs[0])
        weights = [stream(member.seed, "weights") for member in members]
        self.network = build_network(recipe, self.shape, weights).to(device)
        self.compression: Compression | None = None
        if applies(recipe, self.samples, inputs[0][0].numel()):
            bases, coordinates = zip(*map(orthonormal, inputs), strict=True)
            inputs = list(coordinates)
            start = self.network.first.weight.data
            self.compression = Compression(torch.stack(bases).to(self.dtype), split_of_member, start)
            self.network.first.weight.data = self.compression.compressed()
        self.inputs = torch.cat(inputs).to(self.dtype)  # of all splits, one below the other
        self.labels = torch.from_numpy(np.concatenate([split.train.labels for split in splits])).to(device)
        self.first_row = split_of_member.unsqueeze(1) * self.samples  # (S, 1)
        self.orders = {member.seed: stream(member.seed, "batches") for member in members}
        self.optimizer = OPTIMIZERS[recipe.optimizer](
            list(self.network.parameters()),
            torch.tensor([member.recipe.lr for member in members], dtype=self.dtype, device=device),
            momentum=recipe.momentum,
            weight_decay=recipe.weight_decay,
        )
        self.losses = build_losses(self.members, device)

    def epoch(self) -> Tensor:
        """Trains every member for one epoch. Returns the loss of each batch, (S, batches)."""
        self.network.train()
        found = []
        for rows in torch.split(self.first_row + self._order(), self.recipe.train_batch, dim=1):
            batch_losses = self._loss(self.network(self.inputs[rows]), self.labels[rows])
            batch_losses.sum().backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
            found.append(batch_losses.detach())
        return torch.stack(found, dim=1)

    def model(self, index: int) -> Model:
        """A copy of the network of one member."""
        network = one(self.network, index)
        if self.compression:
            weight = self.compression.restored(index, network.first.weight.data[0])
            network.first.weight.data = weight.unsqueeze(0)
        return Model(self.members[index].recipe, self.shape, self.scalings[index], network.to("cpu"))

    def keep(self, mask: Tensor) -> None:
        """The members where mask (S,) is true stay."""
        self.members = list(compress(self.members, mask.tolist()))
        self.scalings = list(compress(self.scalings, mask.tolist()))
        self.first_row = self.first_row[mask]
        self.optimizer.keep(mask)
        if self.compression:
            self.compression.keep(mask)
        keep(self.network, mask)
        self.losses = build_losses(self.members, self.device)

    def _order(self) -> Tensor:
        """(S, N): the order in which each member sees its samples in this epoch."""
        if not self.recipe.shuffle_train:
            return torch.arange(self.samples, device=self.device).expand(len(self.members), -1)
        orders = {seed: generator.permutation(self.samples) for seed, generator in self.orders.items()}
        return torch.from_numpy(np.stack([orders[member.seed] for member in self.members])).to(self.device)

    def _loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        sizes = [size for _, size in self.losses]
        parts = zip(self.losses, torch.split(logits, sizes), torch.split(targets, sizes), strict=True)
        return torch.cat([loss.stacked(some_logits, some_targets) for (loss, _), some_logits, some_targets in parts])


def build_losses(members: Sequence[Member], device: torch.device) -> list[tuple[Loss, int]]:
    """The loss of each group of neighbours that share it, and how many they are."""
    found = []
    for (text, counts), group in groupby(members, lambda member: member.loss_and_counts):
        name, parameters = losses.parse(text)
        found.append((losses.get(name, counts=counts, **parameters).to(device), len(list(group))))
    return found
