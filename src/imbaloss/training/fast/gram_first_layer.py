"""Exact training of the first layer through the Gram matrix of the training inputs, where samples are few.

Gradient descent moves the first layer's weights only within the span of the inputs X (N, D): W = c W_0 + X'A, where c
is 1 without weight decay. Training A (N, H) with G = X X' needs no input: a batch b of rows gives c (X W_0)[b] + G[b] A
and the bias, and the gradient w.r.t. A is the gradient w.r.t. the output, put into the rows b. A step has one product
in place of two, of N in place of D inputs. Optimizers that scale each weight by itself leave the span; they train W.
"""

from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor, nn

from imbaloss.networks import MLP, AddTo, StackedLinear, adds_to_bias


@dataclass(frozen=True, eq=False)
class GramFactors:
    """What the first layers of a stack share: inputs, initial weights, and the two products that are made once.

    A pair is a split and a seed: its networks start alike and share batches.
    """

    inputs: Tensor  # (G, N, D) of G splits
    splits: Tensor  # (U,): the split of each pair
    initial: Tensor  # (U, D, H): W_0 of each pair
    gram: Tensor  # (G, N, N): X X' of each split
    start: Tensor  # (U, N, H): X W_0 of each pair

    @classmethod
    def compute(cls, inputs: Tensor, splits: Tensor, initial: Tensor) -> "GramFactors":
        """Multiply inputs (G, N, D) in float64, and round each product once, to the type of the weights."""
        start = torch.stack([inputs[g] @ w.double() for g, w in zip(splits.tolist(), initial, strict=True)])
        gram = inputs @ inputs.transpose(1, 2)
        return cls(inputs.to(initial.dtype), splits, initial, gram.to(initial.dtype), start.to(initial.dtype))

    def to(self, dtype: torch.dtype) -> "GramFactors":
        """Return a copy whose products, which batches pass through, are of that type."""
        return replace(self, gram=self.gram.to(dtype), start=self.start.to(dtype))


class GramLayer(nn.Module):
    """S first layers: the rows (S, B) of their batches -> (S, B, H). At first one for each pair, in their order."""

    pairs: Tensor  # (S,): the pair of each network

    def __init__(self, factors: GramFactors, bias: Tensor) -> None:
        super().__init__()
        self.factors = factors
        self.register_buffer("pairs", torch.arange(len(bias), device=bias.device))
        self.coefficients = nn.Parameter(torch.zeros_like(factors.start))  # A
        self.scale = nn.Parameter(bias.new_ones(len(bias), 1, 1))  # c
        self.bias = nn.Parameter(bias)

    def forward(self, rows: Tensor) -> Tensor:
        """Return the output (S, B, H) of the layer for the inputs in these rows (S, B) of the data."""
        gram = self.factors.gram.flatten(0, 1).index_select(0, self.places(rows, self.factors.splits[self.pairs]))
        start = self.factors.start.flatten(0, 1).index_select(0, self.places(rows, self.pairs)).view(*rows.shape, -1)
        return start.mul_(self.scale).add_(self.bias).baddbmm_(gram.view(*rows.shape, -1), self.coefficients)

    def gradients(self, rows: Tensor, gradient: Tensor) -> dict[str, AddTo]:
        """Return for each parameter a function that adds its gradient to a tensor.

        W has c W_0 and X'A apart, so that c has no gradient of its own: weight decay alone moves it.

        Args:
            rows: (S, B), the rows of the batch.
            gradient: (S, B, H), w.r.t. the output.
        """

        def add_coefficients(tensor: Tensor) -> Tensor:
            places = self.places(rows, torch.arange(len(rows), device=rows.device))
            tensor.flatten(0, 1).index_add_(0, places, gradient.flatten(0, 1).to(tensor.dtype))
            return places

        return {"coefficients": add_coefficients, "scale": lambda _: None, "bias": adds_to_bias(gradient)}

    def places(self, rows: Tensor, blocks: Tensor) -> Tensor:
        """Number rows (S, B) of blocks (S,) of N rows each through all blocks, one below the other: (S x B,)."""
        return (rows + blocks.unsqueeze(1) * self.factors.gram.shape[-1]).flatten()

    @torch.no_grad()
    def restore(self, network: int) -> StackedLinear:
        """Return the ordinary layer of one network, with its W (1, D, H)."""
        pair = int(self.pairs[network])
        inputs = self.factors.inputs[self.factors.splits[pair]]
        weight = (inputs.T @ self.coefficients[network]).addcmul_(self.scale[network], self.factors.initial[pair])
        return StackedLinear(weight.unsqueeze(0), self.bias[network : network + 1].clone())


def insert_gram_layer(network: nn.Module, inputs: Tensor, splits: Tensor) -> GramLayer:
    """Replace the first layer of a stack of perceptrons, one a pair, by its `GramLayer`, and return that.

    Args:
        network: the perceptrons with their initial weights; it is changed in place.
        inputs: (G, N, D) in float64.
        splits: (U,), the split of each pair.
    """
    layers = cast(MLP, network).layers
    first = cast(StackedLinear, layers[0])
    layer = GramLayer(GramFactors.compute(inputs, splits, first.weight.data), first.bias.data)
    layers[0] = layer
    return layer
