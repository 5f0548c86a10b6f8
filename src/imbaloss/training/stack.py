"""Stacks: S trainings that advance together, one epoch at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress
from typing import cast

import torch
from torch import Tensor, nn

from imbaloss.data.seeds import make_generator
from imbaloss.networks import keep_networks, set_network
from imbaloss.training.augmentation import Augmentation
from imbaloss.training.batch_orders import BatchOrder, build_batch_orders, draw_orders
from imbaloss.training.early import EarlyStopping
from imbaloss.training.fast import FusedOptimizer, Plan, Shortcuts, keep_freed_memory, plan_training
from imbaloss.training.loss_groups import LossGroup, build_loss_groups, compute_losses, keep_members
from imbaloss.training.member import Member
from imbaloss.training.model import Model, build_network, inference_batch_size
from imbaloss.training.optimizers import Optimizer
from imbaloss.training.placed_data import PlacedData, PlacedPart
from imbaloss.training.recipe import Recipe


@dataclass(eq=False, kw_only=True)
class Stack:
    """S members in training. Every tensor of theirs has a leading axis S, which `keep` slices.

    Members with the same split have its tensors in common. Members with the same split and seed have the initial
    weights and the batches in common.
    """

    members: list[Member]
    recipe: Recipe  # the recipe of the first member; epochs and lr of others may differ
    data: PlacedData
    network: nn.Module
    shortcuts: Shortcuts
    optimizer: FusedOptimizer | Optimizer
    loss_groups: list[LossGroup]
    orders: list[BatchOrder]  # the order of each member's samples
    augmentation: Augmentation | None
    early: EarlyStopping | None
    epochs: int = 0  # number of finished epochs

    @classmethod
    def build(cls, members: Sequence[Member], device: torch.device, plan: Plan | None = None) -> "Stack":
        """Place the data of the members (trainings) on the device, draw the initial weights and build the optimizer.

        Args:
            members: The trainings, which share the recipe except epochs and lr; neighbours may share a loss.
            device: The device to train on.
            plan: The plan (which shortcuts are taken); None for that of `plan_training`.
        """
        keep_freed_memory()
        recipe = members[0].recipe
        samples, *shape = members[0].split.train.inputs.shape
        plan = plan or plan_training(recipe, samples, shape, device)
        data = PlacedData.place(members, device, torch.float64 if plan.uses_gram else recipe.dtype)
        network, shortcuts = draw_networks(members, data, plan)
        data = data.round_inputs(recipe.dtype)
        augmentation = (
            Augmentation(data.train.inputs, flip=recipe.flip, shift=recipe.shift) if recipe.augments else None
        )
        return cls(
            members=list(members),
            recipe=recipe,
            data=data,
            network=network,
            shortcuts=shortcuts,
            optimizer=shortcuts.build_optimizer(network, recipe, [member.recipe.lr for member in members]),
            loss_groups=build_loss_groups(members, device),
            orders=build_batch_orders(members, data.splits.tolist()),
            augmentation=augmentation,
            early=EarlyStopping(network, recipe.patience) if recipe.patience else None,
        )

    def train_epoch(self) -> Tensor:
        """Train every member (training) for one epoch. Return the loss of each batch, (S, batches).

        A loss may be infinite or NaN: nothing is raised.
        """
        self.network.train()
        for group in self.loss_groups:
            group.loss.set_epoch(self.epochs)
        self.epochs += 1
        size = self.recipe.train_batch
        batches = zip(torch.split(self._draw_order(), size, 1), torch.split(self._draw_moves(), size, 1), strict=True)
        with self.shortcuts.use_matmul_backend():
            return torch.stack([self._step(order, moves) for order, moves in batches], dim=1)

    def _step(self, order: Tensor, moves: Tensor) -> Tensor:
        """Train every member (training) on one batch and return its losses before the step, (S,).

        Args:
            order: (S, B), sample numbers within each member's split.
            moves: (S, B, 3), how the images are flipped and shifted; (S, B, 0) for not at all.
        """
        train, rows = self.data.train, self.data.find_rows(order)
        if self.shortcuts.takes_rows:
            inputs = order
        else:
            inputs = self.augmentation(rows, moves) if self.augmentation else train.inputs[rows]
        weights = None if train.weights is None else train.weights[rows]
        return self.optimizer.step(inputs, partial(self._objective, targets=train.labels[rows], weights=weights))

    def _objective(self, logits: Tensor, targets: Tensor, weights: Tensor | None) -> Tensor:
        """Compute what is minimised for each member (training) on a batch, (S,).

        It is the loss plus the penalty of the network, if it has one.

        Args:
            logits: (S, B), or (S, B, C) of several outputs, from the last forward pass.
            targets: (S, B).
            weights: (S, B), or None for equal weights.
        """
        values = compute_losses(self.loss_groups, logits, targets, weights)
        penalty = getattr(self.network, "penalty", None)
        return values if penalty is None else values + penalty(targets, weights)

    def _draw_order(self) -> Tensor:
        """Draw the order in which each member (training) sees its samples in this epoch, (S, N).

        An order is row numbers within the split of the member. Without shuffle_train it is 0 to N - 1.
        """
        if not self.recipe.shuffle_train:
            return torch.arange(self.data.samples, device=self.data.splits.device).expand(len(self.members), -1)
        return torch.from_numpy(draw_orders(self.orders)).to(self.data.splits.device)

    def _draw_moves(self) -> Tensor:
        """Draw how each member's images are flipped and shifted in this epoch, in its order: (S, N, 3), or (S, N, 0).

        A move is a flip (1 or 0), a row and a column; without augmentation there are none.
        """
        device, samples = self.data.splits.device, self.data.samples
        if not self.augmentation:
            return torch.empty(len(self.members), samples, 0, device=device)
        moves = self.augmentation.draw_epoch([member.seed for member in self.members], samples)
        return torch.from_numpy(moves).to(device)

    @torch.no_grad()
    def validation_losses(self) -> Tensor:
        """Compute the validation loss of each member (training), (S,), without a gradient.

        Samples are weighted to the class shares that an epoch shows. Call it only with patience, when validation is
        placed.
        """
        self.network.eval()
        for group in self.loss_groups:
            group.loss.eval()
        validation, splits = cast(PlacedPart, self.data.validation), self.data.splits
        by_split = (len(self.data.scalings), -1)
        logits = []
        for chunk in torch.split(
            validation.inputs.view(*by_split, *self.data.shape), inference_batch_size(self.recipe), dim=1
        ):
            inputs = chunk.expand(len(self.members), *chunk.shape[1:]) if len(chunk) == 1 else chunk[splits]
            logits.append(self.network(inputs))
        labels = validation.labels.view(by_split)[splits]
        weights = self.data.validation_shares.gather(1, labels)
        if validation.weights is not None:
            weights = weights * validation.weights.view(by_split)[splits]
        values = compute_losses(self.loss_groups, torch.cat(logits, dim=1), labels, weights)
        for group in self.loss_groups:
            group.loss.train()
        return values

    @torch.no_grad()
    def has_finite_weights(self) -> Tensor:
        """Say for each member (training) whether all of its weights are finite: a boolean tensor (S,)."""
        flat = [weights.flatten(1) for weights in self.network.parameters()]
        extremes = [
            extreme for weights in flat for extreme in (weights.amin(1), weights.amax(1))
        ]  # both are NaN if any is
        return torch.stack(extremes).isfinite().all(0)

    def extract_model(self, index: int) -> Model:
        """Return a model, on the CPU, with a copy of the network of the member (training) at that index.

        With patience, the network in the stack is first set to the weights of its lowest validation loss. The model has
        no prior correction and no calibration.
        """
        if self.early:
            self.early.restore(index)
        scaling = self.data.scalings[int(self.data.splits[index])]
        network = self.shortcuts.copy_network(self.network, index)
        return Model(self.members[index].recipe, self.data.shape, scaling, network)

    def keep(self, mask: Tensor) -> None:
        """Drop the members (trainings) where mask (S,) is false, in place.

        Their networks, optimizer states, orders and losses are dropped, too; the tensors of their splits stay.
        """
        stays = mask.tolist()
        self.members, self.orders = list(compress(self.members, stays)), list(compress(self.orders, stays))
        self.data = self.data.keep(mask)
        self.optimizer.keep(mask)
        if self.early:
            self.early.keep(mask)
        keep_networks(self.network, mask)
        self.loss_groups = keep_members(self.loss_groups, mask)


@dataclass(frozen=True)
class Pair:
    """The key of members whose networks start alike: split, seed and, if there is one, the initial network."""

    split: int  # number of the split
    seed: int
    start: nn.Module | None


def draw_networks(members: Sequence[Member], data: PlacedData, plan: Plan) -> tuple[nn.Module, Shortcuts]:
    """Draw the network of each split and seed once, and copy it for the members (trainings) that share them.

    A member with an initial network of its own begins with that one.

    Args:
        members: The trainings.
        data: Their data on the device.
        plan: The plan, which may replace the first layer.

    Returns:
        The stack of the networks of all members, in their order, and the shortcuts of the plan.
    """
    recipe, device = members[0].recipe, data.splits.device
    of_members = [Pair(split, each.seed, each.start) for each, split in zip(members, data.splits.tolist(), strict=True)]
    pairs = list(dict.fromkeys(of_members))
    network = build_network(recipe, data.shape, [make_generator(pair.seed, "weights") for pair in pairs])
    for place, pair in enumerate(pairs):
        if pair.start is not None:
            set_network(network, place, pair.start)
    network = network.to(device)
    splits = torch.tensor([pair.split for pair in pairs], device=device)
    shortcuts = Shortcuts.install(plan, network, data.inputs_by_split, splits)
    keep_networks(network, torch.tensor([pairs.index(pair) for pair in of_members], device=device))
    return network, shortcuts
