"""Exact training of the first layer within the span of the training inputs, where samples are few.

Gradient descent moves the first layer's weights only within the span of the inputs X (N, D): W = c W_0 + X'A, where c
is 1 without weight decay. Training A (N, H) with G = X X' needs no input: a batch b of rows gives c (X W_0)[b] + G[b] A
and the bias, and its gradient by A is that by what comes out, put into the rows b. A step has one product in place of
two, of N in place of D inputs. Optimizers that scale each weight by itself leave the span; they train W.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from imbaloss.networks import AddTo, StackedLinear
from imbaloss.training.products import affine
from imbaloss.training.recipe import Recipe


def within_span(recipe: Recipe, samples: int, inputs: int) -> bool:
    """Whether the first layer is trained so: where it may be, and is less work (2 N against 4 D a sample and unit)."""
    return recipe.network == "mlp" and recipe.optimizer == "sgd" and samples < 2 * inputs


class Span:
    """What the networks of a stack share. A pair is a split and a seed: its networks start alike, and share batches.

    inputs (G, N, D) of G splits, float64; splits, one of them for each pair; initial (U, D, H): W_0 of each pair.
    """

    def __init__(self, inputs: Tensor, splits: Sequence[int], initial: Tensor) -> None:
        self.inputs = inputs
        self.splits = list(splits)
        self.initial = initial
        self.gram = (inputs @ inputs.transpose(1, 2)).to(initial.dtype)
        self.start = torch.stack([inputs[g] @ w.double() for g, w in zip(self.splits, initial, strict=True)])
        self.start = self.start.to(initial.dtype)


class SpanLinear(nn.Module):
    """S first layers: the rows (S, B) of their batches -> (S, B, H). pairs: that of each network."""

    def __init__(self, span: Span, pairs: Sequence[int], bias: Tensor) -> None:
        super().__init__()
        self.span = span
        self.pairs = list(pairs)
        self.coefficients = nn.Parameter(bias.new_zeros(len(self.pairs), *span.start.shape[1:]))  # A
        self.scale = nn.Parameter(bias.new_ones(len(self.pairs), 1, 1))  # c
        self.bias = nn.Parameter(bias)

    def forward(self, rows: Tensor) -> Tensor:
        present = list(dict.fromkeys(self.pairs))
        of_pair = [rows[self.pairs.index(pair)] for pair in present]
        gram = torch.stack([self.span.gram[self.span.splits[u]][b] for u, b in zip(present, of_pair, strict=True)])
        start = torch.stack([self.span.start[u][b] for u, b in zip(present, of_pair, strict=True)])
        out = start.new_empty(len(self.pairs), *start.shape[1:])
        for place, pair in enumerate(self.pairs):
            shared = present.index(pair)
            moved = affine(gram[shared], self.coefficients[place], self.bias[place])
            torch.addcmul(moved, start[shared], self.scale[place], out=out[place])
        return out

    def gradients(self, rows: Tensor, gradient: Tensor) -> dict[str, AddTo]:
        """Of each parameter, from the gradient by what comes out: as functions that add it to a tensor.

        W has c W_0 and X'A apart, so that c has no gradient of its own: weight decay alone moves it.
        """
        flat = (rows + rows.new_tensor(range(len(rows))).unsqueeze(1) * self.coefficients.shape[1]).flatten()

        return {
            "coefficients": lambda tensor: tensor.flatten(0, 1).index_add_(0, flat, gradient.flatten(0, 1)),
            "scale": lambda tensor: tensor,
            "bias": lambda tensor: tensor.add_(gradient.sum(1, keepdim=True)),
        }

    @torch.no_grad()
    def restored(self, network: int) -> StackedLinear:
        """The layer of one network with its W, (1, D, H)."""
        pair = self.pairs[network]
        inputs = self.span.inputs[self.span.splits[pair]]
        moved = inputs.T @ self.coefficients[network].double()
        weight = self.scale[network] * self.span.initial[pair].double() + moved
        return StackedLinear(weight.to(self.bias.dtype).unsqueeze(0), self.bias[network : network + 1].clone())
