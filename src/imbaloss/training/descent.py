"""Gradient descent of stacked perceptrons in which each layer steps in the very product that makes its gradient.

The gradient by the logits comes times -lr, one number a network, and so does all that follows from it, for a step is
linear in the gradient: v <- m v - lr (g + d w), w <- w + v, the steps of torch.optim.SGD. S stack, B batch.
"""

import copy
from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor

from imbaloss.networks import MLP, AddTo, StackedLinear, keep
from imbaloss.training.optimizers import per_network
from imbaloss.training.span import SpanLinear


class Descent:
    """Trains a perceptron without autograd. lr (S,); products: the type of products and activations."""

    def __init__(
        self, network: MLP, lr: Tensor, *, momentum: float, weight_decay: float, products: torch.dtype
    ) -> None:
        self.network = network
        self.lr = lr
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.velocities = {name: torch.zeros_like(p) for name, p in network.named_parameters()} if momentum else {}
        self.working = network if lr.dtype == products else rounded(network, products)  # what batches pass through
        self.values: list[Tensor] = []  # what went into each layer

    def step(self, inputs: Tensor, loss: Callable[[Tensor], Tensor]) -> Tensor:
        """A step on one batch; loss takes the logits. Returns its values, (S,)."""
        logits = self.forward(inputs).requires_grad_()
        values = loss(logits)
        (gradient,) = torch.autograd.grad(values.sum(), logits)
        self.backward(gradient)
        return values.detach()

    @property
    def layers(self) -> "list[StackedLinear | SpanLinear]":
        return cast("list[StackedLinear | SpanLinear]", list(self.working.layers))

    @torch.no_grad()
    def forward(self, inputs: Tensor) -> Tensor:
        """The logits, as the network gives them; of a SpanLinear layer, the inputs are rows (S, B)."""
        layers = self.layers
        values = inputs.flatten(2).to(layers[0].bias.dtype) if inputs.ndim > 2 else inputs
        self.values = []
        for number, layer in enumerate(layers):
            self.values.append(values)
            values = layer(values)
            if number < len(layers) - 1:
                values = self.working.activation(values)
        return values.squeeze(-1) if values.shape[-1] == 1 else values

    @torch.no_grad()
    def backward(self, gradient: Tensor) -> None:
        """A step along the gradient of the loss by the logits."""
        step = gradient * per_network(-self.lr, gradient).to(gradient.dtype)
        step = step.unsqueeze(-1) if step.ndim == 2 else step
        for number, layer in reversed(list(enumerate(self.layers))):
            inputs = self.values.pop()
            before = None
            if number:
                before = self.working.slope(cast(StackedLinear, layer).before(step), inputs)
            for name, add in layer.gradients(inputs, step).items():
                self.move(f"layers.{number}.{name}", add)
            if before is not None:
                step = before

    def move(self, name: str, add: AddTo) -> None:
        """One step of a parameter; add(tensor) adds -lr g to it, and tells which rows that changed, if not all."""
        parameter = self.network.get_parameter(name).data
        rows = None
        if self.momentum or self.weight_decay:
            moved = self.velocities[name].mul_(self.momentum) if self.momentum else parameter
            if self.weight_decay:
                moved.addcmul_(parameter, per_network(-self.weight_decay * self.lr, parameter))
            add(moved)
            if self.momentum:
                parameter.add_(moved)
        else:
            rows = add(parameter)
        if self.working is not self.network:
            target = self.working.get_parameter(name).data
            if rows is None:
                target.copy_(parameter)
            else:
                changed = parameter.flatten(0, 1).index_select(0, rows)
                target.flatten(0, 1).index_copy_(0, rows, changed.to(target.dtype))

    def keep(self, mask: Tensor) -> None:
        """The networks where mask (S,) is true stay; the parameters are sliced by their owner."""
        self.lr = self.lr[mask]
        self.velocities = {name: velocity[mask] for name, velocity in self.velocities.items()}
        if self.working is not self.network:
            keep(self.working, mask)


def rounded(network: MLP, dtype: torch.dtype) -> MLP:
    """A copy in that type."""
    spans = {layer.span for layer in network.layers if isinstance(layer, SpanLinear)}
    return copy.deepcopy(network, {id(span): span.to(dtype) for span in spans}).to(dtype)
