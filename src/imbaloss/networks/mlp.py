"""Stacked multilayer perceptrons."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import prod
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from imbaloss.networks.initialisation import INITIALISATIONS
from imbaloss.networks.stack import StackedLinear


class Activation(NamedTuple):
    """An activation function and its back-propagation, both in place."""

    function: Callable[[Tensor], Tensor]
    slope: Callable[[Tensor, Tensor], Tensor]  # gradient w.r.t. the output, output -> gradient w.r.t. the input


aten = torch.ops.aten


def slope_of_relu(gradient: Tensor, out: Tensor) -> Tensor:
    """Turn the gradient w.r.t. the output of ReLU into that w.r.t. its input, in place, and return it.

    gradient and out, the output, have the same shape.
    """
    slope: Tensor = aten.threshold_backward.grad_input(gradient, out, 0, grad_input=gradient)
    return slope


def slope_of_sigmoid(gradient: Tensor, out: Tensor) -> Tensor:
    """Turn the gradient w.r.t. the output of the sigmoid into that w.r.t. its input, in place, and return it.

    gradient and out, the output, have the same shape.
    """
    slope: Tensor = aten.sigmoid_backward.grad_input(gradient, out, grad_input=gradient)
    return slope


def slope_of_tanh(gradient: Tensor, out: Tensor) -> Tensor:
    """Turn the gradient w.r.t. the output of tanh into that w.r.t. its input, in place, and return it.

    gradient and out, the output, have the same shape.
    """
    slope: Tensor = aten.tanh_backward.grad_input(gradient, out, grad_input=gradient)
    return slope


ACTIVATIONS = {
    "relu": Activation(torch.relu_, slope_of_relu),
    "sigmoid": Activation(torch.sigmoid_, slope_of_sigmoid),
    "tanh": Activation(torch.tanh_, slope_of_tanh),
}


class MLP(nn.Module):
    """S perceptrons: inputs (S, B, *shape), which are flattened -> logits (S, B) with one output, else (S, B, outputs).

    The weights are drawn in float64 and then rounded, so that they are the same in every precision.

    Args:
        generators: One for each network, for its initial weights. Generators of equal state give equal networks.
        shape: The shape of one input.
        hidden: The widths of the hidden layers.
        outputs: The number of logits.
        activation: A name in `ACTIVATIONS`, for the hidden layers.
        init: A name in `INITIALISATIONS`, for the weights.
        dtype: The type of the weights.
    """

    def __init__(
        self,
        generators: Sequence[np.random.Generator],
        *,
        shape: Sequence[int],
        hidden: Sequence[int],
        outputs: int = 1,
        activation: str = "relu",
        init: str = "torch",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """Draw the weights of a network from each of the generators, layer by layer.

        shape: of one input. hidden: widths of the hidden layers; none gives a linear model. Raises KeyError for an
        unknown activation or init.
        """
        super().__init__()
        self.activation, self.slope = ACTIVATIONS[activation]
        self.layers = nn.ModuleList()
        initial = INITIALISATIONS[init]
        for fan_in, fan_out in pairwise((prod(shape), *hidden, outputs)):
            weight = torch.empty(len(generators), fan_in, fan_out, dtype=dtype)
            bias = torch.empty(len(generators), 1, fan_out, dtype=dtype)
            for network, generator in enumerate(generators):
                drawn_weight, drawn_bias = initial(generator, fan_in, fan_out)
                weight[network], bias[network, 0] = torch.from_numpy(drawn_weight), torch.from_numpy(drawn_bias)
            self.layers.append(StackedLinear(weight, bias))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the logits of inputs (S, B, *shape): (S, B) with one output, else (S, B, outputs)."""
        values = inputs.flatten(2)
        *hidden, last = self.layers
        for layer in hidden:
            values = self.activation(layer(values))
        logits: Tensor = last(values)
        return logits.squeeze(-1) if logits.shape[-1] == 1 else logits
