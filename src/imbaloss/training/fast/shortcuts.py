"""The shortcuts of a stack: what its plan changes in the networks, the optimizer and the matrix products."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from imbaloss.networks import MLP, extract_network
from imbaloss.training.fast.fused_steps import FUSED_OPTIMIZERS, FusedOptimizer
from imbaloss.training.fast.gram_first_layer import GramLayer, insert_gram_layer
from imbaloss.training.fast.matmul_backend import use_matmul_backend
from imbaloss.training.fast.plan import FUSED, Plan
from imbaloss.training.optimizers import OPTIMIZERS, Optimizer, Options
from imbaloss.training.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Shortcuts:
    """The shortcuts of a stack by its plan. Without shortcuts each method does what ordinary training does."""

    plan: Plan
    gram_layer: GramLayer | None  # the first layer of the networks, if the plan puts one there

    @classmethod
    def install(cls, plan: Plan, network: nn.Module, inputs: Tensor, splits: Tensor) -> "Shortcuts":
        """Replace the first layer of the networks, in place, if the plan says so, and return the shortcuts.

        Args:
            plan: The plan of the stack.
            network: U networks with their initial weights, one for each split and seed.
            inputs: (G, N, D), the training inputs of each split; in float64 if the first layer is replaced.
            splits: (U,), the split of each network.
        """
        return cls(plan, insert_gram_layer(network, inputs, splits) if plan.uses_gram else None)

    @property
    def takes_rows(self) -> bool:
        """Whether the networks take row numbers of their training inputs, (S, B), in place of the inputs."""
        return self.gram_layer is not None

    def build_optimizer(self, network: nn.Module, recipe: Recipe, rates: Sequence[float]) -> FusedOptimizer | Optimizer:
        """Build the optimizer of all networks: without autograd if the plan says so, else with it.

        rates: the learning rate of each network, (S,). Raises KeyError for an unknown optimizer.
        """
        lr = torch.tensor(rates, dtype=recipe.dtype, device=next(network.parameters()).device)
        options = Options(recipe.momentum, recipe.weight_decay, recipe.products)
        if self.plan.steps == FUSED:
            return FUSED_OPTIMIZERS[recipe.optimizer](cast(MLP, network), lr, options)
        return OPTIMIZERS[recipe.optimizer](network, lr, options)

    def use_matmul_backend(self) -> AbstractContextManager[None]:
        """Return a context manager in which the library that the plan names multiplies matrices."""
        return use_matmul_backend(self.plan.products)

    def copy_network(self, network: nn.Module, index: int) -> nn.Module:
        """Return a copy of the network at that index, as a stack of one on the CPU, with an ordinary first layer."""
        with self.use_matmul_backend():
            ordinary = (self.gram_layer, self.gram_layer.restore(index)) if self.gram_layer else None
        return extract_network(network, index, ordinary).to("cpu")
