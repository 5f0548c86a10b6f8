"""Stacks: S independent networks of one shape, as tensors with a leading axis S."""

import copy
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn

AddTo = Callable[
    [Tensor], Tensor | None
]  # adds to a tensor; returns the rows of its first two axes that changed, or None
Network = TypeVar("Network", bound=nn.Module)


class StackedLinear(nn.Module):
    """S linear layers: (S, B, inputs) -> (S, B, outputs), with weight (S, inputs, outputs) and bias (S, 1, outputs)."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        """Take weight (S, inputs, outputs) and bias (S, 1, outputs) as parameters, without a copy."""
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(bias)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return inputs (S, B, inputs) x weight + bias, network by network: (S, B, outputs)."""
        if self.weight.shape[-1] == 1:  # libraries sum products of one column in an order that goes with S
            return self.bias + (inputs * self.weight.transpose(1, 2)).sum(-1, keepdim=True)
        return torch.baddbmm(self.bias, inputs, self.weight)

    def back_propagate(self, gradient: Tensor) -> Tensor:
        """Back-propagate: gradient w.r.t. the output (S, B, outputs) -> gradient w.r.t. the input (S, B, inputs).

        The gradients of weight and bias are not computed here.
        """
        if self.weight.shape[-1] == 1:
            return gradient * self.weight.transpose(1, 2)
        return torch.bmm(gradient, self.weight.transpose(1, 2))

    def gradients(self, inputs: Tensor, gradient: Tensor) -> dict[str, AddTo]:
        """Return for "weight" and "bias" a function that adds the gradient of that parameter to a tensor, in place.

        Args:
            inputs: (S, B, inputs), the inputs of the layer.
            gradient: (S, B, outputs), w.r.t. the output of the layer; the tensor may be of a wider type.
        """

        def add_weight(tensor: Tensor) -> None:
            """Add the gradient of the weight to a tensor (S, inputs, outputs), in place."""
            if gradient.shape[-1] == 1:
                tensor.add_((inputs * gradient).sum(1).unsqueeze(-1))
            elif tensor.dtype == gradient.dtype:
                tensor.baddbmm_(inputs.transpose(1, 2), gradient)
            else:
                tensor.add_(torch.bmm(inputs.transpose(1, 2), gradient).to(tensor.dtype))

        return {"weight": add_weight, "bias": make_bias_adder(gradient)}


def make_bias_adder(gradient: Tensor) -> AddTo:
    """Return a function that adds the gradient of biases to a tensor (S, 1, outputs), in place.

    gradient: (S, B, outputs), w.r.t. the output of the layer.
    """

    def add(tensor: Tensor) -> None:
        """Add the gradient of the biases to a tensor (S, 1, outputs), in place."""
        tensor.add_(gradient.sum(1, keepdim=True))

    return add


def keep_networks(network: nn.Module, which: Tensor) -> None:
    """Keep some networks of a stack and drop the others, in place. All gradients are set to None.

    which: a boolean mask (S,) of the networks that stay, or their indices in the new order, which may repeat.
    """
    for tensor in (*network.parameters(), *network.buffers()):
        tensor.data = tensor.data[which]
        tensor.grad = None


def extract_network(network: Network, index: int, instead: tuple[nn.Module, nn.Module] | None = None) -> Network:
    """Return a copy of the network at that index, as a stack of one. The stack itself stays as it is.

    Args:
        network: The stack.
        index: From 0; an index beyond the stack gives an empty stack.
        instead: A module of the stack, and the module that takes its place in the copy; None for none.
    """
    tensors = (*network.parameters(), *network.buffers())
    copies: dict[int, object] = {id(tensor): slice_network(tensor, index) for tensor in tensors}
    if instead:
        copies[id(instead[0])] = instead[1]
    return copy.deepcopy(network, copies)


def join_networks(networks: Sequence[Network]) -> Network:
    """Join several stacks of networks of one shape into a new stack, in their order.

    Raises IndexError for no stacks, and RuntimeError for other shapes.
    """
    stack = copy.deepcopy(networks[0])
    for name, tensor in (*stack.named_parameters(), *stack.named_buffers()):
        tensor.data = torch.cat([network.state_dict()[name] for network in networks])
    return stack


@torch.no_grad()
def set_network(network: nn.Module, index: int, other: nn.Module) -> None:
    """Copy the weights of a stack of one into the network at that index, in place.

    Raises KeyError if the other stack lacks a weight, and RuntimeError if the shape of a weight does not fit.
    """
    weights = other.state_dict()
    for name, tensor in network.state_dict().items():
        tensor[index] = weights[name][0]


def slice_network(tensor: Tensor, index: int) -> Tensor:
    """Return a copy of one network's part of a tensor (S, ...): (1, ...). The copy of a parameter is a parameter."""
    copied = tensor.detach()[index : index + 1].clone()
    return nn.Parameter(copied) if isinstance(tensor, nn.Parameter) else copied
