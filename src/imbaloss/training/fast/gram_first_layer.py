"""Exact training of the first layer through the Gram matrix of the training inputs, for few samples.

Gradient descent moves the first layer's weights only within the span of the inputs X (N, D): W = c W_0 + X'A, where c
is 1 without weight decay. Training A (N, H) with G = X X' needs no input: a batch b of rows gives c (X W_0)[b] + G[b] A
and the bias, and the gradient w.r.t. A is the gradient w.r.t. the output, put into the rows b. A step has one product
in place of two, of N in place of D inputs. Optimizers that scale each weight by itself leave the span; they train W.
"""

from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor, nn

from imbaloss.networks import MLP, AddTo, StackedLinear, make_bias_adder


@dataclass(frozen=True, eq=False)
class GramFactors:
    """The tensors that the first layers of a stack have in common. The two products are computed once.

    A pair is a split and a seed. Networks of one pair start alike and have the same batches.
    """

    inputs: Tensor  # (G, N, D), X of each split
    splits: Tensor  # (U,), the split of each pair
    initial: Tensor  # (U, D, H), W_0 of each pair
    gram: Tensor  # (G, N, N), X X' of each split
    start: Tensor  # (U, N, H), X W_0 of each pair

    @classmethod
    def compute(cls, inputs: Tensor, splits: Tensor, initial: Tensor) -> "GramFactors":
        """Compute the products X X' of each split and X W_0 of each pair in float64, and round them.

        They get the type of the initial weights, and so do the inputs.

        Args:
            inputs: X of each split, (G, N, D), in float64.
            splits: (U,), the split of each pair; a pair is a split and a seed.
            initial: W_0, (U, D, H), the initial weights of each pair.
        """
        start = torch.stack([inputs[g] @ w.double() for g, w in zip(splits.tolist(), initial, strict=True)])
        gram = inputs @ inputs.transpose(1, 2)
        return cls(inputs.to(initial.dtype), splits, initial, gram.to(initial.dtype), start.to(initial.dtype))

    def to(self, dtype: torch.dtype) -> "GramFactors":
        """Return a copy with the products `gram` and `start` of that type; inputs and initial weights keep theirs."""
        return replace(self, gram=self.gram.to(dtype), start=self.start.to(dtype))


class GramLayer(nn.Module):
    """S first layers: rows (S, B) of the training inputs -> (S, B, H). A new layer has one network for each pair."""

    pairs: Tensor  # (S,), the pair of each network

    def __init__(self, factors: GramFactors, bias: Tensor) -> None:
        """Begin with coefficients A of 0 and scales c of 1, so that the layer gives what the initial weights give.

        Args:
            factors: The products of the training inputs, shared by all networks.
            bias: (U, 1, H), the initial bias of each pair; a pair is a split and a seed.
        """
        super().__init__()
        self.factors = factors
        self.register_buffer("pairs", torch.arange(len(bias), device=bias.device))
        self.coefficients = nn.Parameter(torch.zeros_like(factors.start))  # A
        self.scale = nn.Parameter(bias.new_ones(len(bias), 1, 1))  # c
        self.bias = nn.Parameter(bias)

    def forward(self, rows: Tensor) -> Tensor:
        """Return the output (S, B, H) of the layer for the training inputs in rows (S, B) of each network's split."""
        gram = self.factors.gram.flatten(0, 1).index_select(0, self.number_rows(rows, self.factors.splits[self.pairs]))
        start = (
            self.factors.start.flatten(0, 1).index_select(0, self.number_rows(rows, self.pairs)).view(*rows.shape, -1)
        )
        return start.mul_(self.scale).add_(self.bias).baddbmm_(gram.view(*rows.shape, -1), self.coefficients)

    def gradients(self, rows: Tensor, gradient: Tensor) -> dict[str, AddTo]:
        """Return for "coefficients", "scale" and "bias" a function that adds the gradient to a tensor in place.

        The gradient of the scale c is 0: only weight decay changes it.

        Args:
            rows: (S, B), the rows of the batch.
            gradient: (S, B, H), w.r.t. the output.
        """

        def add_coefficients(tensor: Tensor) -> Tensor:
            """Add the gradient of the coefficients to a tensor (S, N, H), in place.

            Return the changed rows of its first two axes taken as one, (S x B,).
            """
            places = self.number_rows(rows, torch.arange(len(rows), device=rows.device))
            tensor.flatten(0, 1).index_add_(0, places, gradient.flatten(0, 1).to(tensor.dtype))
            return places

        return {"coefficients": add_coefficients, "scale": lambda _: None, "bias": make_bias_adder(gradient)}

    def number_rows(self, rows: Tensor, blocks: Tensor) -> Tensor:
        """Turn row numbers (S, B) within blocks of N rows into row numbers of all blocks together, (S x B,).

        N is the number of training samples of a split. blocks: (S,), the number of each network's block.
        """
        return (rows + blocks.unsqueeze(1) * self.factors.gram.shape[-1]).flatten()

    @torch.no_grad()
    def restore(self, network: int) -> StackedLinear:
        """Return an ordinary linear layer with the weights W (1, D, H) and the bias of the network at that index."""
        pair = int(self.pairs[network])
        inputs = self.factors.inputs[self.factors.splits[pair]]
        weight = (inputs.T @ self.coefficients[network]).addcmul_(self.scale[network], self.factors.initial[pair])
        return StackedLinear(weight.unsqueeze(0), self.bias[network : network + 1].clone())


def insert_gram_layer(network: nn.Module, inputs: Tensor, splits: Tensor) -> GramLayer:
    """Replace the first layer of a stack of perceptrons by one that is trained through the Gram matrix of the inputs.

    Args:
        network: Perceptrons with their initial weights, one for each pair (a split and a seed); changed in place.
        inputs: (G, N, D), the training inputs of each split, in float64.
        splits: (U,), the split of each pair.

    Returns:
        The new layer. It takes rows of the training inputs in place of inputs.
    """
    layers = cast(MLP, network).layers
    first = cast(StackedLinear, layers[0])
    layer = GramLayer(GramFactors.compute(inputs, splits, first.weight.data), first.bias.data)
    layers[0] = layer
    return layer
