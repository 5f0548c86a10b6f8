"""Gradient descent of stacked perceptrons in which each layer steps in the very product that makes its gradient.

The gradient by the logits comes times -lr, one number a network, and so does all that follows from it, for a step is
linear in the gradient: v <- m v - lr (g + d w), w <- w + v, the steps of torch.optim.SGD. S stack, B batch.
"""

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor

from imbaloss.networks import MLP, AddTo, StackedLinear
from imbaloss.training.optimizers import per_network
from imbaloss.training.span import SpanLinear


class Descent:
    """Trains a perceptron without autograd. lr (S,)."""

    def __init__(self, network: MLP, lr: Tensor, *, momentum: float, weight_decay: float) -> None:
        self.network = network
        self.lr = lr
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.velocities = {name: torch.zeros_like(p) for name, p in network.named_parameters()} if momentum else {}
        self.values: list[Tensor] = []  # what went into each layer

    def step(self, inputs: Tensor, loss: Callable[[Tensor], Tensor]) -> Tensor:
        """A step on one batch; loss takes the logits. Returns its values, (S,)."""
        logits = self.forward(inputs).requires_grad_()
        values = loss(logits)
        (gradient,) = torch.autograd.grad(values.sum(), logits)
        self.backward(gradient)
        return values.detach()

    @torch.no_grad()
    def forward(self, inputs: Tensor) -> Tensor:
        """The logits, as the network gives them; of a SpanLinear layer, the inputs are rows (S, B)."""
        self.values = [inputs.flatten(2) if inputs.ndim > 2 else inputs]
        *hidden, last = self.network.layers
        for layer in hidden:
            self.values.append(self.network.activation(layer(self.values[-1])))
        logits: Tensor = last(self.values[-1])
        return logits.squeeze(-1) if logits.shape[-1] == 1 else logits

    @torch.no_grad()
    def backward(self, gradient: Tensor) -> None:
        """A step along the gradient of the loss by the logits."""
        step = gradient * per_network(-self.lr, gradient)
        step = step.unsqueeze(-1) if step.ndim == 2 else step
        layers = cast(list[StackedLinear | SpanLinear], list(self.network.layers))
        for number, layer in reversed(list(enumerate(layers))):
            inputs = self.values.pop()
            before = layer.before(step) if isinstance(layer, StackedLinear) and number else None
            for name, add in layer.gradients(inputs, step).items():
                self.move(f"layers.{number}.{name}", add)
            if before is not None:
                step = self.network.slope(before, inputs)

    def move(self, name: str, add: AddTo) -> None:
        """One step of a parameter; add(tensor) adds -lr g to it."""
        parameter = self.network.get_parameter(name).data
        moved = self.velocities[name].mul_(self.momentum) if self.momentum else parameter
        if self.weight_decay:
            moved.addcmul_(parameter, per_network(-self.weight_decay * self.lr, parameter))
        add(moved)
        if self.momentum:
            parameter.add_(moved)

    def keep(self, mask: Tensor) -> None:
        """The networks where mask (S,) is true stay; the parameters are sliced by their owner."""
        self.lr = self.lr[mask]
        self.velocities = {name: velocity[mask] for name, velocity in self.velocities.items()}
