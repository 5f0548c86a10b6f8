"""Optimizers of a stack: the steps of torch.optim, with a learning rate for each network."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Options:
    """The options that all networks of a stack share."""

    momentum: float  # momentum of SGD; Adam ignores it
    weight_decay: float
    products: torch.dtype  # the type of products and activations, not of weights


class ByAutograd(ABC):
    """An optimizer of any stack of networks, with gradients by autograd. lr (S,), each parameter (S, ...)."""

    def __init__(self, network: nn.Module, lr: Tensor, options: Options) -> None:
        """Keep the network, the learning rates lr (S,) and the options; the parameters are trained in place."""
        self.network = network
        self.parameters = list(network.parameters())
        self.lr = lr
        self.options = options

    def step(self, inputs: Tensor, loss: Callable[[Tensor], Tensor]) -> Tensor:
        """Take a step on one batch, in place, and return the loss of each network before it, (S,).

        Args:
            inputs: (S, B, ...).
            loss: A function from the logits to the loss of each network, (S,).
        """
        products = self.options.products
        with torch.autocast(inputs.device.type, products, enabled=products != self.lr.dtype):
            logits = self.network(inputs)
        values = loss(logits)
        values.sum().backward()  # type: ignore[no-untyped-call]
        self.update()
        return values.detach()

    @abstractmethod
    def update(self) -> None:
        """Move the parameters in place along their gradients, and set the gradients to None."""


class SGD(ByAutograd):
    """Stochastic gradient descent with momentum m and weight decay d: v <- m v + (g + d w), w <- w - lr v.

    The steps are those of torch.optim.SGD. `FusedSGD` takes the same steps faster, for perceptrons.
    """

    def __init__(self, network: nn.Module, lr: Tensor, options: Options) -> None:
        """Begin with velocities of 0, if the options have momentum."""
        super().__init__(network, lr, options)
        self.velocities = [torch.zeros_like(p) for p in self.parameters] if options.momentum else []

    @torch.no_grad()
    def update(self) -> None:
        """Move the parameters in place by one step of SGD, and set the gradients to None."""
        for index, parameter in enumerate(self.parameters):
            direction = decayed_gradient(parameter, self.options.weight_decay)
            if self.options.momentum:
                direction = self.velocities[index].mul_(self.options.momentum).add_(direction)
            parameter.addcmul_(direction, reshape_per_network(self.lr, parameter), value=-1)
            parameter.grad = None

    def keep(self, mask: Tensor) -> None:
        """Keep rates and velocities of the networks where mask (S,) is true, and drop the others.

        The caller drops the parameters of the networks itself.
        """
        self.lr = self.lr[mask]
        self.velocities = [velocity[mask] for velocity in self.velocities]


class Adam(ByAutograd):
    """Adam, with the steps of torch.optim.Adam. `FusedAdam` takes the same steps faster, for perceptrons."""

    def __init__(self, network: nn.Module, lr: Tensor, options: Options) -> None:
        """Begin with step 0 and moments of 0."""
        super().__init__(network, lr, options)
        self.steps = 0
        self.means = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.squares = [torch.zeros_like(parameter) for parameter in self.parameters]

    @torch.no_grad()
    def update(self) -> None:
        """Move the parameters in place by one step of Adam, and set the gradients to None."""
        self.steps += 1
        for parameter, mean, square in zip(self.parameters, self.means, self.squares, strict=True):
            direction = decayed_gradient(parameter, self.options.weight_decay)
            correction = adam_direction(direction, mean, square, self.steps)
            parameter.addcmul_(direction, reshape_per_network(self.lr, parameter), value=-correction)
            parameter.grad = None

    def keep(self, mask: Tensor) -> None:
        """Keep rates and moments of the networks where mask (S,) is true, and drop the others.

        The caller drops the parameters of the networks itself.
        """
        self.lr = self.lr[mask]
        self.means = [mean[mask] for mean in self.means]
        self.squares = [square[mask] for square in self.squares]


BETAS = (0.9, 0.999)  # decay of the first and second moment of Adam
EPSILON = 1e-8  # added to the root of the second moment


def adam_direction(gradient: Tensor, mean: Tensor, square: Tensor, step: int) -> float:
    """Turn a gradient into the direction of Adam's step and update its moments, all in place; return the factor r.

    m <- b1 m + (1 - b1) g; v <- b2 v + (1 - b2) g^2. The direction is m / (sqrt(v) + e sqrt(1 - b2^t)). The step is lr
    r times the direction, with r = sqrt(1 - b2^t) / (1 - b1^t).

    Args:
        gradient: g; it becomes the direction.
        mean: m.
        square: v.
        step: t, which begins at 1.

    Source: Kingma and Ba 2015, algorithm 1 (arXiv 1412.6980).
    """
    first, second = BETAS
    mean.lerp_(gradient, 1 - first)
    square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
    correction = (1 - second**step) ** 0.5
    torch.sqrt(square, out=gradient).add_(EPSILON * correction)
    torch.div(mean, gradient, out=gradient)
    return float(correction / (1 - first**step))


Optimizer = SGD | Adam
OPTIMIZERS: dict[str, type[Optimizer]] = {"sgd": SGD, "adam": Adam}


def decayed_gradient(parameter: Tensor, weight_decay: float) -> Tensor:
    """Return the gradient of a parameter plus weight_decay times the parameter; zeros if it has no gradient.

    Without weight decay it is the gradient itself, not a copy.
    """
    if parameter.grad is None:
        return torch.zeros_like(parameter)
    return parameter.grad.add(parameter, alpha=weight_decay) if weight_decay else parameter.grad


def reshape_per_network(values: Tensor, like: Tensor) -> Tensor:
    """Reshape values (S,) to (S, 1, ..., 1), so that they multiply a tensor (S, ...) network by network.

    like: that tensor, of which only the number of axes counts.
    """
    return values.view(-1, *(1,) * (like.ndim - 1))
