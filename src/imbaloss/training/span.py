"""Exact training of the first layer within the span of the training inputs, where samples are few.

Gradient descent moves the first layer's weights only within the span of the inputs X (N, D): W = c W_0 + X'A, where c
is 1 without weight decay. Training A (N, H) with G = X X' needs no input: a batch b of rows gives c (X W_0)[b] + G[b] A
and the bias, and its gradient by A is that by what comes out, put into the rows b. A step has one product in place of
two, of N in place of D inputs. Optimizers that scale each weight by itself leave the span; they train W.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from imbaloss.networks import AddTo, StackedLinear, adds_to_bias


@dataclass(frozen=True, eq=False)
class Span:
    """What the networks of a stack share. A pair is a split and a seed: its networks start alike, and share batches."""

    inputs: Tensor  # (G, N, D) of G splits
    splits: Tensor  # (U,): the split of each pair
    initial: Tensor  # (U, D, H): W_0 of each pair
    gram: Tensor  # (G, N, N)
    start: Tensor  # (U, N, H): X W_0 of each pair

    @classmethod
    def of(cls, inputs: Tensor, splits: Tensor, initial: Tensor) -> "Span":
        """inputs in float64: what is made of them is rounded once, to the type of the weights."""
        start = torch.stack([inputs[g] @ w.double() for g, w in zip(splits.tolist(), initial, strict=True)])
        gram = inputs @ inputs.transpose(1, 2)
        return cls(inputs.to(initial.dtype), splits, initial, gram.to(initial.dtype), start.to(initial.dtype))

    def to(self, dtype: torch.dtype) -> "Span":
        """With products in that type."""
        return replace(self, gram=self.gram.to(dtype), start=self.start.to(dtype))


class SpanLinear(nn.Module):
    """S first layers: the rows (S, B) of their batches -> (S, B, H). At first one for each pair, in their order."""

    pairs: Tensor  # (S,): that of each network

    def __init__(self, span: Span, bias: Tensor) -> None:
        super().__init__()
        self.span = span
        self.register_buffer("pairs", torch.arange(len(bias), device=bias.device))
        self.coefficients = nn.Parameter(torch.zeros_like(span.start))  # A
        self.scale = nn.Parameter(bias.new_ones(len(bias), 1, 1))  # c
        self.bias = nn.Parameter(bias)

    def forward(self, rows: Tensor) -> Tensor:
        gram = self.span.gram.flatten(0, 1).index_select(0, self.places(rows, self.span.splits[self.pairs]))
        start = self.span.start.flatten(0, 1).index_select(0, self.places(rows, self.pairs)).view(*rows.shape, -1)
        return start.mul_(self.scale).add_(self.bias).baddbmm_(gram.view(*rows.shape, -1), self.coefficients)

    def gradients(self, rows: Tensor, gradient: Tensor) -> dict[str, AddTo]:
        """Of each parameter, from the gradient by what comes out: as functions that add it to a tensor.

        W has c W_0 and X'A apart, so that c has no gradient of its own: weight decay alone moves it.
        """

        def add_coefficients(tensor: Tensor) -> Tensor:
            places = self.places(rows, torch.arange(len(rows), device=rows.device))
            tensor.flatten(0, 1).index_add_(0, places, gradient.flatten(0, 1).to(tensor.dtype))
            return places

        return {"coefficients": add_coefficients, "scale": lambda _: None, "bias": adds_to_bias(gradient)}

    def places(self, rows: Tensor, blocks: Tensor) -> Tensor:
        """Rows (S, B) of blocks (S,) of N rows each -> (S x B,) in all blocks, one below the other."""
        return (rows + blocks.unsqueeze(1) * self.span.gram.shape[-1]).flatten()

    @torch.no_grad()
    def restored(self, network: int) -> StackedLinear:
        """The layer of one network with its W, (1, D, H)."""
        pair = int(self.pairs[network])
        inputs = self.span.inputs[self.span.splits[pair]]
        weight = (inputs.T @ self.coefficients[network]).addcmul_(self.scale[network], self.span.initial[pair])
        return StackedLinear(weight.unsqueeze(0), self.bias[network : network + 1].clone())
