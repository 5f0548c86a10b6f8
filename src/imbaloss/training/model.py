"""A trained network with all that it needs to predict."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from imbaloss.networks import NETWORKS
from imbaloss.training.recipe import Recipe
from imbaloss.training.scaling import Scaling


@dataclass(frozen=True)
class Model:
    """network is a stack of one; shape is that of one input: (channels, height, width)."""

    recipe: Recipe
    shape: tuple[int, ...]
    scaling: Scaling
    network: nn.Module

    @torch.no_grad()
    def probabilities(self, inputs: NDArray[np.float32], order: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        """inputs (N, channels, ...) in [0, 1] -> the probability of the positive class, (N,).

        They pass through the network in that order, `recipe.test_batch` at a time.
        """
        self.network.eval()
        order = np.arange(len(inputs)) if order is None else order
        size = self.recipe.test_batch or max(len(inputs), 1)
        found = np.empty(len(inputs))
        for start in range(0, len(inputs), size):
            batch = order[start : start + size]
            scaled = self.scaling(inputs[batch]).to(self.recipe.dtype)
            logits = self.network(scaled.unsqueeze(0)).squeeze(0).double()
            found[batch] = logits.sigmoid() if logits.ndim == 1 else logits.softmax(-1)[:, 1]
        return found


def build_network(recipe: Recipe, shape: Sequence[int], weights: Sequence[np.random.Generator]) -> nn.Module:
    """A stack of as many networks as there are generators of initial weights, for inputs of that shape."""
    return NETWORKS[recipe.network](
        weights,
        shape=shape,
        hidden=recipe.hidden,
        outputs=recipe.outputs,
        activation=recipe.activation,
        init=recipe.init,
        dtype=recipe.dtype,
    )
