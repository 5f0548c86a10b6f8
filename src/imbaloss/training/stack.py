"""The state of S trainings that advance together: data, networks, losses, optimizer and the order of the batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import compress, groupby
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from imbaloss.data import NONE, Samples, Split, batches
from imbaloss.data.resampling import in_batches, shown_counts
from imbaloss.data.seeds import stream
from imbaloss.losses import Criterion, LossSpec
from imbaloss.networks import MLP, StackedLinear, keep, one, put
from imbaloss.training.augmentation import Augmentation
from imbaloss.training.descent import FUSED_OPTIMIZERS, Descent
from imbaloss.training.early import Early
from imbaloss.training.memory import keep_freed_memory
from imbaloss.training.model import Model, at_once, build_network
from imbaloss.training.optimizers import OPTIMIZERS, Optimizer, Options
from imbaloss.training.plan import FUSED, SPAN, Plan, plan_for
from imbaloss.training.products import products_by
from imbaloss.training.recipe import Recipe
from imbaloss.training.scaling import Scaling
from imbaloss.training.span import Span, SpanLinear


@dataclass(frozen=True, eq=False)
class Member:
    """One training. The members of a stack share all of the recipe but epochs and lr, and the size of `train`."""

    split: Split
    loss: LossSpec
    recipe: Recipe  # one of its `candidates`
    seed: int
    sampler: str = NONE  # what those do that are not of batches has been done to `train`
    start: nn.Module | None = None  # a stack of one, whose weights are the initial ones

    @cached_property
    def rows(self) -> tuple[int, ...]:
        """Samples of each class that an epoch shows."""
        counts = np.bincount(self.split.train.labels, minlength=self.recipe.classes).tolist()
        return shown_counts(counts, self.sampler, self.recipe.train_batch)

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """The same as the loss is told, with weights as repetitions."""
        return weighed(self.rows, self.split.train)

    @property
    def loss_and_counts(self) -> tuple[str, tuple[int, ...]]:
        """Members that share these share one loss; they must stand side by side in a stack."""
        return str(self.loss), self.counts


def check_members(members: Sequence[Member], plan: Plan | None) -> None:
    """Raises ValueError where members differ in what they must share, have rates to choose from, or another's plan."""
    for member in members:
        if member.recipe.tune_lr:
            raise ValueError("a member trains at one learning rate: take one of its recipe's candidates()")
        if plan and not plan.fits(member.recipe):
            raise ValueError("the plan is for other networks or optimizers: make it by plan_for of the members' recipe")
        if member.recipe.patience and not len(member.split.tune):
            raise ValueError("patience looks at the loss on tune, and tune is empty")
        member.recipe.check_shape(member.split.train.inputs.shape[1:])
        if in_batches(member.sampler) and not member.recipe.shuffle_train:
            raise ValueError(f"{member.sampler} draws batches anew in each epoch: it goes with shuffle_train")
    shared = {member.recipe.shared for member in members}
    sizes = {member.split.train.inputs.shape for member in members}
    tunes = {len(member.split.tune) * (member.recipe.patience > 0) for member in members}
    if len(shared) != 1 or len(sizes) != 1 or len(tunes) != 1:
        raise ValueError(
            "the members of a stack must share all of the recipe but epochs and lr, and the size of train, with "
            "patience that of tune too"
        )


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
        self.epochs = 0
        self.samples, *shape = members[0].split.train.inputs.shape
        self.shape = tuple(shape)
        self.plan = plan or plan_for(recipe, self.samples, self.shape, device)
        self._place_data(list({id(member.split): member.split for member in members}.values()))
        self.tune_shares = torch.tensor([tune_shares(member) for member in self.members], dtype=recipe.dtype).to(device)
        self.orders = {key: stream(key[0], "batches") for key in self._order_keys()}
        self._build_network()
        self.moves = {member.seed: stream(member.seed, "augmentation") for member in members}
        self.augmentation: Augmentation | None = None
        if recipe.augments:
            self.augmentation = Augmentation(self.inputs, flip=recipe.flip, shift=recipe.shift)
        lr = torch.tensor([member.recipe.lr for member in members], dtype=recipe.dtype, device=device)
        options = Options(recipe.momentum, recipe.weight_decay, recipe.products)
        self.optimizer: Descent | Optimizer
        if self.plan.steps == FUSED:
            self.optimizer = FUSED_OPTIMIZERS[recipe.optimizer](cast(MLP, self.network), lr, options)
        else:
            self.optimizer = OPTIMIZERS[recipe.optimizer](self.network, lr, options)
        self.losses = build_losses(self.members, device)
        self.early = Early(self.network, recipe.patience) if recipe.patience else None

    def _place_data(self, splits: Sequence[Split]) -> None:
        """The training inputs of all splits, one below the other, and the number of each member's split, (S,)."""
        numbers = {id(split): number for number, split in enumerate(splits)}
        self.split = torch.tensor([numbers[id(member.split)] for member in self.members], device=self.device)
        self.scalings = [Scaling.of(self.recipe.scaling, split.train) for split in splits]
        # (G, N, ...); within the span of the samples, in float64 until the network is built
        dtype = torch.float64 if self.plan.first_layer == SPAN else self.recipe.dtype
        self.inputs = torch.empty(len(splits), self.samples, *self.shape, dtype=dtype, device=self.device)
        for place, scaling, split in zip(self.inputs, self.scalings, splits, strict=True):
            scaling.into(place, split.train.inputs)
        self.labels = torch.from_numpy(np.concatenate([split.train.labels for split in splits])).to(self.device)
        self.weights = weights_of([split.train for split in splits], self.recipe.dtype, self.device)  # (G x N,)
        if self.recipe.patience:
            of_tune = len(splits), len(splits[0].tune), *self.shape
            self.tune_inputs = torch.empty(*of_tune, dtype=self.recipe.dtype, device=self.device)
            for place, scaling, split in zip(self.tune_inputs, self.scalings, splits, strict=True):
                scaling.into(place, split.tune.inputs)
            self.tune_labels = torch.from_numpy(np.stack([split.tune.labels for split in splits])).to(self.device)
            self.tune_weights = weights_of([split.tune for split in splits], self.recipe.dtype, self.device)

    def _build_network(self) -> None:
        """The network of each pair, a split and a seed, is drawn once, and copied for the members that share it."""
        of_members = zip(self.split.tolist(), self.members, strict=True)
        keys = [(split, member.seed, id(member.start)) for split, member in of_members]
        pairs = list(dict.fromkeys(keys))
        places = [pairs.index(key) for key in keys]
        network = build_network(self.recipe, self.shape, [stream(seed, "weights") for _, seed, _ in pairs])
        for member, place in zip(self.members, places, strict=True):
            if member.start:
                put(network, place, member.start)
        self.network = network.to(self.device)
        self.span: SpanLinear | None = None
        if self.plan.first_layer == SPAN:
            layers = cast(MLP, self.network).layers
            first = cast(StackedLinear, layers[0])
            splits = torch.tensor([split for split, *_ in pairs], device=self.device)
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
        size = self.recipe.train_batch
        of_batches = zip(torch.split(self._order(), size, 1), torch.split(self._draws(), size, 1), strict=True)
        for order, draws in of_batches:
            rows = self.split.unsqueeze(1) * self.samples + order
            inputs = order if self.span else self._inputs(rows, draws)
            weights = None if self.weights is None else self.weights[rows]
            of_batch = partial(self._minimised, targets=self.labels[rows], weights=weights)
            found.append(self.optimizer.step(inputs, of_batch))
        return torch.stack(found, dim=1)

    @torch.no_grad()
    def tune_losses(self) -> Tensor:
        """The loss of each member on its tune part, (S,), as if that had the shares that a sampler shows."""
        self.network.eval()
        for loss, _ in self.losses:
            loss.eval()
        found = []
        for chunk in torch.split(self.tune_inputs, at_once(self.recipe), dim=1):
            inputs = chunk.expand(len(self.members), *chunk.shape[1:]) if len(chunk) == 1 else chunk[self.split]
            found.append(self.network(inputs))
        labels = self.tune_labels[self.split]
        weights = self.tune_shares.gather(1, labels)
        if self.tune_weights is not None:
            weights = weights * self.tune_weights.view_as(self.tune_labels)[self.split]
        values = self._loss(torch.cat(found, dim=1), labels, weights)
        for loss, _ in self.losses:
            loss.train()
        return values

    @torch.no_grad()
    def finite(self) -> Tensor:
        """(S,): whether all weights of each member are finite."""
        flat = [weights.flatten(1) for weights in self.network.parameters()]
        extremes = [extreme for weights in flat for extreme in (weights.amin(1), weights.amax(1))]  # both NaN by a NaN
        return torch.stack(extremes).isfinite().all(0)

    def model(self, index: int) -> Model:
        """A copy of the network of one member."""
        split = int(self.split[index])
        if self.early:
            self.early.restore(index)
        with products_by(self.plan.products):
            instead = {self.span: self.span.restored(index)} if self.span else None
        network = one(self.network, index, instead)
        return Model(self.members[index].recipe, self.shape, self.scalings[split], network.to("cpu"))

    def keep(self, mask: Tensor) -> None:
        """The members where mask (S,) is true stay."""
        self.members = list(compress(self.members, mask.tolist()))
        self.split, self.tune_shares = self.split[mask], self.tune_shares[mask]
        self.optimizer.keep(mask)
        if self.early:
            self.early.keep(mask)
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
        keys = self._order_keys()
        orders = {key: self._rows(key, self.members[keys.index(key)]) for key in dict.fromkeys(keys)}
        return torch.from_numpy(np.stack([orders[key] for key in keys])).to(self.device)

    def _draws(self) -> Tensor:
        """(S, N, 3): how each member's images are augmented in this epoch, in its order; (S, N, 0) for not at all."""
        if not self.augmentation:
            return torch.empty(len(self.members), self.samples, 0, device=self.device)
        drawn = {seed: self.augmentation.draws(self.samples, generator) for seed, generator in self.moves.items()}
        return torch.from_numpy(np.stack([drawn[member.seed] for member in self.members])).to(self.device)

    def _inputs(self, rows: Tensor, draws: Tensor) -> Tensor:
        """Of rows (S, B): (S, B, ...)."""
        return self.augmentation(rows, draws) if self.augmentation else self.inputs[rows]

    def _order_keys(self) -> list[tuple[int, int, str]]:
        """Of each member: its seed and, where a sampler draws its batches by label, its split and the sampler."""
        return [
            (member.seed, split, member.sampler) if in_batches(member.sampler) else (member.seed, -1, NONE)
            for member, split in zip(self.members, self.split.tolist(), strict=True)
        ]

    def _rows(self, key: tuple[int, int, str], member: Member) -> NDArray[np.int64]:
        _, split, sampler = key
        if sampler == NONE:
            return self.orders[key].permutation(self.samples)
        labels = self.labels[split * self.samples :][: self.samples].cpu().numpy()
        return batches.rows(labels, member.rows, self.recipe.train_batch, self.orders[key])

    def _minimised(self, logits: Tensor, targets: Tensor, weights: Tensor | None) -> Tensor:
        """The loss, and the penalty of a network that has one, of the batch that it has just seen: (S,)."""
        values, penalty = self._loss(logits, targets, weights), getattr(self.network, "penalty", None)
        return values if penalty is None else values + penalty(targets, weights)

    def _loss(self, logits: Tensor, targets: Tensor, weights: Tensor | None) -> Tensor:
        if len(self.losses) == 1:
            return self.losses[0][0].stacked(logits, targets, weights)
        sizes = [size for _, size in self.losses]
        of_groups = [None] * len(sizes) if weights is None else torch.split(weights, sizes)
        parts = zip(self.losses, torch.split(logits, sizes), torch.split(targets, sizes), of_groups, strict=True)
        return torch.cat([loss.stacked(some, theirs, weighed) for (loss, _), some, theirs, weighed in parts])


def weighed(counts: Sequence[int], part: Samples) -> tuple[int, ...]:
    """So many samples of each class of a part, each as often as its mean weight says, in whole numbers.

    Weights below 1 are of samples that are there all the same: together they are no fewer than the samples.
    """
    if part.weights is None:
        return tuple(counts)
    samples, weights = (np.bincount(part.labels, values, len(counts)) for values in (None, part.weights))
    of_class = np.array(counts) * np.divide(weights, samples, out=np.ones_like(weights), where=samples > 0)
    scale = max(np.count_nonzero(part.weights) / part.weights.sum(), 1.0)
    return tuple(np.rint(of_class * scale).astype(np.int64).tolist())


def tune_shares(member: Member) -> list[float]:
    """The weight of a sample of tune by its class, (C,): with a sampler, that which gives tune the shares of an epoch.

    Else a network that learns from equal shares, say, would be stopped for what it is to learn.
    """
    shown = np.array(member.counts, dtype=np.float64)
    if member.sampler == NONE:
        return [1.0] * len(shown)
    tune = np.bincount(member.split.tune.labels, member.split.tune.weights, len(shown))
    ratios = np.divide(shown, tune, out=np.zeros_like(shown), where=tune > 0)
    found: list[float] = (ratios * tune.sum() / shown.sum()).tolist()
    return found


def weights_of(parts: Sequence[Samples], dtype: torch.dtype, device: torch.device) -> Tensor | None:
    """Of the samples of all parts, one after the other; None where none has weights."""
    if all(part.weights is None for part in parts):
        return None
    each = [np.ones(len(part)) if part.weights is None else part.weights for part in parts]
    return torch.from_numpy(np.concatenate(each)).to(device, dtype)


def build_losses(members: Sequence[Member], device: torch.device) -> list[tuple[Criterion, int]]:
    """The loss of each group of neighbours that share it, and how many they are."""
    found = []
    for _, group in groupby(members, lambda member: member.loss_and_counts):
        first, *others = group
        found.append((first.loss.build(counts=first.counts).to(device), 1 + len(others)))
    return found
