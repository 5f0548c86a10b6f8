"""Optimizers of a stack: as in torch.optim, with a learning rate for each network and `keep`."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Options:
    """What all networks of a stack share. momentum is SGD's."""

    momentum: float
    weight_decay: float
    products: torch.dtype  # of products and activations, not of weights


class ByAutograd(ABC):
    """Steps of any network, along gradients that autograd finds. lr (S,), each parameter (S, ...)."""

    def __init__(self, network: nn.Module, lr: Tensor, options: Options) -> None:
        """Take the parameters of a stack, which `update` changes in place. lr (S,): the learning rates."""
        self.network = network
        self.parameters = list(network.parameters())
        self.lr = lr
        self.options = options

    def step(self, inputs: Tensor, loss: Callable[[Tensor], Tensor]) -> Tensor:
        """A step on one batch; loss takes the logits. Returns its values, (S,)."""
        products = self.options.products
        with torch.autocast(inputs.device.type, products, enabled=products != self.lr.dtype):
            logits = self.network(inputs)
        values = loss(logits)
        values.sum().backward()  # type: ignore[no-untyped-call]
        self.update()
        return values.detach()

    @abstractmethod
    def update(self) -> None:
        """Moves the parameters along their gradients, which are then cleared."""


class SGD(ByAutograd):
    """Stochastic gradient descent: v <- m v + (g + d w), w <- w - lr v; the same steps as torch.optim.SGD.

    momentum m, weight_decay d. `FusedSGD` takes the same steps sooner, where it knows the network.
    """

    def __init__(self, network: nn.Module, lr: Tensor, options: Options) -> None:
        """Begin with velocities of 0; without momentum there are none."""
        super().__init__(network, lr, options)
        self.velocities = [torch.zeros_like(p) for p in self.parameters] if options.momentum else []

    @torch.no_grad()
    def update(self) -> None:
        """One step."""
        for index, parameter in enumerate(self.parameters):
            direction = gradient(parameter, self.options.weight_decay)
            if self.options.momentum:
                direction = self.velocities[index].mul_(self.options.momentum).add_(direction)
            parameter.addcmul_(direction, per_network(self.lr, parameter), value=-1)
            parameter.grad = None

    def keep(self, mask: Tensor) -> None:
        """The networks where mask (S,) is true stay; the parameters are sliced by their owner."""
        self.lr = self.lr[mask]
        self.velocities = [velocity[mask] for velocity in self.velocities]


class Adam(ByAutograd):
    """Adam, the same steps as torch.optim.Adam; those of `FusedAdam`, of any network."""

    def __init__(self, network: nn.Module, lr: Tensor, options: Options) -> None:
        """Begin with moving averages of 0."""
        super().__init__(network, lr, options)
        self.steps = 0
        self.means = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.squares = [torch.zeros_like(parameter) for parameter in self.parameters]

    @torch.no_grad()
    def update(self) -> None:
        """One step."""
        self.steps += 1
        for parameter, mean, square in zip(self.parameters, self.means, self.squares, strict=True):
            direction = gradient(parameter, self.options.weight_decay)
            correction = adam_direction(direction, mean, square, self.steps)
            parameter.addcmul_(direction, per_network(self.lr, parameter), value=-correction)
            parameter.grad = None

    def keep(self, mask: Tensor) -> None:
        """As in SGD."""
        self.lr = self.lr[mask]
        self.means = [mean[mask] for mean in self.means]
        self.squares = [square[mask] for square in self.squares]


BETAS = (0.9, 0.999)
EPSILON = 1e-8


def adam_direction(gradient: Tensor, mean: Tensor, square: Tensor, step: int) -> float:
    """Makes a gradient the direction of Adam's step, and moves its mean and mean square; all in place.

    m <- b1 m + (1 - b1) g; v <- b2 v + (1 - b2) g^2; the step is lr r m / (sqrt(v) + e sqrt(1 - b2^t)), of which r is
    returned: sqrt(1 - b2^t) / (1 - b1^t). Source: Kingma and Ba 2015, algorithm 1 (arXiv 1412.6980).
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


def gradient(parameter: Tensor, weight_decay: float) -> Tensor:
    """Return the gradient of a parameter with weight decay; zeros if no gradient was computed, without weight decay."""
    if parameter.grad is None:
        return torch.zeros_like(parameter)
    return parameter.grad.add(parameter, alpha=weight_decay) if weight_decay else parameter.grad


def per_network(values: Tensor, like: Tensor) -> Tensor:
    """(S,) -> (S, 1, ...), to multiply a tensor (S, ...)."""
    return values.view(-1, *(1,) * (like.ndim - 1))
