"""Stacks: S independent networks of one shape, as tensors with a leading axis S."""

import copy
from collections.abc import Callable, Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

AddTo = Callable[[Tensor], object]
Network = TypeVar("Network", bound=nn.Module)


class StackedLinear(nn.Module):
    """S linear layers: (S, B, inputs) -> (S, B, outputs), with weight (S, inputs, outputs) and bias (S, 1, outputs)."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(bias)

    def forward(self, inputs: Tensor) -> Tensor:
        return torch.baddbmm(self.bias, inputs, self.weight)

    def before(self, gradient: Tensor) -> Tensor:
        """Gradient by what comes out, (S, B, outputs) -> by what goes in, (S, B, inputs)."""
        return torch.bmm(gradient, self.weight.transpose(1, 2))

    def gradients(self, inputs: Tensor, gradient: Tensor) -> dict[str, AddTo]:
        """Of each parameter, from the gradient by what comes out: as functions that add it to a tensor."""
        return {
            "weight": lambda tensor: tensor.baddbmm_(inputs.transpose(1, 2), gradient),
            "bias": lambda tensor: tensor.add_(gradient.sum(1, keepdim=True)),
        }


def keep(network: nn.Module, mask: Tensor) -> None:
    """Slices every parameter and buffer along its axis S: the networks where mask (S,) is true stay."""
    for tensor in (*network.parameters(), *network.buffers()):
        tensor.data = tensor.data[mask]
        tensor.grad = None


def one(network: Network, index: int, instead: Mapping[nn.Module, nn.Module] | None = None) -> Network:
    """A stack of one: a copy of the network at that index. instead: parts, and what stands for them in the copy."""
    tensors = (*network.parameters(), *network.buffers())
    copies = {id(tensor): sliced(tensor, index) for tensor in tensors}
    return copy.deepcopy(network, {**copies, **{id(part): other for part, other in (instead or {}).items()}})


def sliced(tensor: Tensor, index: int) -> Tensor:
    copied = tensor.detach()[index : index + 1].clone()
    return nn.Parameter(copied) if isinstance(tensor, nn.Parameter) else copied
