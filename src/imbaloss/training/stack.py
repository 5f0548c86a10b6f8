"""The state of S trainings that advance together: data, networks, losses, optimizer and the order of the batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress, groupby
from math import prod
from typing import cast

import numpy as np
import torch
from torch import Tensor

from imbaloss import losses
from imbaloss.data import Counts, Split
from imbaloss.data.seeds import stream
from imbaloss.losses import Deferred, Loss, Ranking
from imbaloss.networks import MLP, StackedLinear, keep, one
from imbaloss.training.descent import Descent
from imbaloss.training.memory import keep_freed_memory
from imbaloss.training.model import Model, build_network
from imbaloss.training.optimizers import OPTIMIZERS, Optimizer, Options
from imbaloss.training.plan import FUSED, SPAN, Plan, plan_for
from imbaloss.training.products import products_by
from imbaloss.training.recipe import Recipe
from imbaloss.training.scaling import Scaling
from imbaloss.training.span import Span, SpanLinear


@dataclass(frozen=True)
class Member:
    """One training. The members of a stack share all of the recipe but epochs and lr, and the size of `train`."""

    split: Split
    loss: str  # as `losses.parse` reads it
    recipe: Recipe  # one of its `candidates`
    seed: int

    @property
    def loss_and_counts(self) -> tuple[str, Counts]:
        """Members that share these share one loss; they must stand side by side in a stack."""
        return self.loss, self.split.train.counts


def check_members(members: Sequence[Member], plan: Plan | None) -> None:
    """Raises ValueError where members differ in what they must share, have rates to choose from, or another's plan."""
    for member in members:
        if member.recipe.tune_lr:
            raise ValueError("a member trains at one learning rate: take one of its recipe's candidates()")
        if plan and plan.steps == FUSED and (member.recipe.optimizer, member.recipe.network) != ("sgd", "mlp"):
            raise ValueError("the plan is one for sgd and mlp: make it by plan_for of the members' recipe")
    shared = {member.recipe.shared for member in members}
    sizes = {member.split.train.inputs.shape for member in members}
    if len(shared) != 1 or len(sizes) != 1:
        raise ValueError("the members of a stack must share all of the recipe but epochs and lr, and the size of train")


class Stack:
    """All that it owns has a leading axis S, and `keep` slices all of it.

    Members that share their split share its tensors; members that share their seed share initial weights and batches.
    """

    def __init__(self, members: Sequence[Member], device: torch.device, plan: Plan | None = None) -> None:
        """plan: that of `plan_for`, unless given."""
        keep_freed_memory()
        recipe = members[0].recipe
        self.members = list(members)
        self.recipe = recipe
        self.device = device
        self.orders = {member.seed: stream(member.seed, "batches") for member in members}
        self.epochs = 0
        self._place_data(list({id(member.split): member.split for member in members}.values()))
        self.plan = plan or plan_for(recipe, self.samples, prod(self.shape), device)
        self._build_network()
        lr = torch.tensor([member.recipe.lr for member in members], dtype=recipe.dtype, device=device)
        options = Options(recipe.momentum, recipe.weight_decay, recipe.products)
        self.optimizer: Descent | Optimizer
        if self.plan.steps == FUSED:
            self.optimizer = Descent(cast(MLP, self.network), lr, options)
        else:
            self.optimizer = OPTIMIZERS[recipe.optimizer](self.network, lr, options)
        self.losses = build_losses(self.members, device)

    def _place_data(self, splits: Sequence[Split]) -> None:
        """The training inputs of all splits, one below the other, and the number of each member's split, (S,)."""
        numbers = {id(split): number for number, split in enumerate(splits)}
        self.split = torch.tensor([numbers[id(member.split)] for member in self.members], device=self.device)
        self.scalings = [Scaling.of(self.recipe.scaling, split.train) for split in splits]
        self.samples, *shape = splits[0].train.inputs.shape
        self.shape = tuple(shape)
        # (G, N, ...), float64 until the network is built
        self.inputs = torch.empty(len(splits), self.samples, *shape, dtype=torch.float64, device=self.device)
        for place, (scaling, split) in enumerate(zip(self.scalings, splits, strict=True)):
            self.inputs[place] = scaling(split.train.inputs)
        self.labels = torch.from_numpy(np.concatenate([split.train.labels for split in splits])).to(self.device)

    def _build_network(self) -> None:
        """The network of each pair, a split and a seed, is drawn once, and copied for the members that share it."""
        keys = list(zip(self.split.tolist(), [member.seed for member in self.members], strict=True))
        pairs = list(dict.fromkeys(keys))
        places = [pairs.index(key) for key in keys]
        network = build_network(self.recipe, self.shape, [stream(seed, "weights") for _, seed in pairs])
        self.network = network.to(self.device)
        self.span: SpanLinear | None = None
        if self.plan.first_layer == SPAN:
            layers = cast(MLP, self.network).layers
            first = cast(StackedLinear, layers[0])
            splits = torch.tensor([split for split, _ in pairs], device=self.device)
            self.span = SpanLinear(Span.of(self.inputs.flatten(2), splits, first.weight.data), first.bias.data)
            layers[0] = self.span
        keep(self.network, torch.tensor(places, device=self.device))
        self.inputs = self.inputs.flatten(0, 1).to(self.recipe.dtype)  # (G x N, ...)

    def epoch(self) -> Tensor:
        """Trains every member for one epoch. Returns the loss of each batch, (S, batches)."""
        with products_by(self.plan.products):
            return self._epoch()

    def _epoch(self) -> Tensor:
        self.network.train()
        for loss, _ in self.losses:
            loss.set_epoch(self.epochs)
        self.epochs += 1
        found = []
        for order in torch.split(self._order(), self.recipe.train_batch, dim=1):
            rows = self.split.unsqueeze(1) * self.samples + order
            inputs = order if self.span else self.inputs[rows]
            found.append(self.optimizer.step(inputs, partial(self._loss, targets=self.labels[rows])))
        return torch.stack(found, dim=1)

    @torch.no_grad()
    def finite(self) -> Tensor:
        """(S,): whether all weights of each member are finite."""
        flat = [weights.flatten(1) for weights in self.network.parameters()]
        extremes = [extreme for weights in flat for extreme in (weights.amin(1), weights.amax(1))]  # both NaN by a NaN
        return torch.stack(extremes).isfinite().all(0)

    def model(self, index: int) -> Model:
        """A copy of the network of one member."""
        split = int(self.split[index])
        with products_by(self.plan.products):
            instead = {self.span: self.span.restored(index)} if self.span else None
        network = one(self.network, index, instead)
        return Model(self.members[index].recipe, self.shape, self.scalings[split], network.to("cpu"))

    def keep(self, mask: Tensor) -> None:
        """The members where mask (S,) is true stay."""
        self.members = list(compress(self.members, mask.tolist()))
        self.split = self.split[mask]
        self.optimizer.keep(mask)
        keep(self.network, mask)
        parts = zip(self.losses, torch.split(mask, [size for _, size in self.losses]), strict=True)
        self.losses = []
        for (loss, _), stays in parts:
            if stays.any():
                loss.keep(stays)
                self.losses.append((loss, int(stays.sum())))

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


def build_losses(members: Sequence[Member], device: torch.device) -> list[tuple[Loss | Ranking | Deferred, int]]:
    """The loss of each group of neighbours that share it, and how many they are."""
    found = []
    for (text, counts), group in groupby(members, lambda member: member.loss_and_counts):
        name, parameters = losses.parse(text)
        found.append((losses.get(name, counts=counts, **parameters).to(device), len(list(group))))
    return found
