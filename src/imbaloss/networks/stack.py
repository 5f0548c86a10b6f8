"""Stacks: S independent networks of one shape, as tensors with a leading axis S."""

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)


class StackedLinear(nn.Module):
    """S linear layers: (S, B, inputs) -> (S, B, outputs), with weight (S, inputs, outputs) and bias (S, 1, outputs)."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(bias)

    def forward(self, inputs: Tensor) -> Tensor:
        return torch.baddbmm(self.bias, inputs, self.weight)


def keep(network: nn.Module, mask: Tensor) -> None:
    """Slices every parameter and buffer along its axis S: the networks where mask (S,) is true stay."""
    for tensor in (*network.parameters(), *network.buffers()):
        tensor.data = tensor.data[mask]
        tensor.grad = None


def one(network: Network, index: int) -> Network:
    """A stack of one: a copy of the network at that index."""
    tensors = (*network.parameters(), *network.buffers())
    return copy.deepcopy(network, {id(tensor): sliced(tensor, index) for tensor in tensors})


def sliced(tensor: Tensor, index: int) -> Tensor:
    copied = tensor.detach()[index : index + 1].clone()
    return nn.Parameter(copied) if isinstance(tensor, nn.Parameter) else copied
