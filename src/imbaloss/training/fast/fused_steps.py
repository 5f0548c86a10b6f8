"""Steps of stacked perceptrons without autograd: back-propagation layer by layer, as the chain rule has it.

S stack, B batch, P parameters of a network.
"""

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import cast

import torch
from torch import Tensor

from imbaloss.networks import MLP, AddTo, StackedLinear, keep_networks
from imbaloss.training.fast.gram_first_layer import GramLayer
from imbaloss.training.optimizers import Options, adam_direction, reshape_per_network


class FusedOptimizer(ABC):
    """An optimizer of stacked perceptrons that computes the gradients itself. lr (S,)."""

    def __init__(self, network: MLP, lr: Tensor, options: Options) -> None:
        """Keep the network, whose weights are trained in place, the learning rates lr (S,) and the options.

        If products have another type than the weights, batches pass through a rounded copy of the network.
        """
        self.network = network
        self.lr = lr
        self.options = options
        # the network through which batches pass
        self.working = network if lr.dtype == options.products else round_network(network, options.products)
        self.layers = cast("list[StackedLinear | GramLayer]", list(self.working.layers))
        # looked up once: a module takes longer to find its parameters than a small product takes
        self.parameters, self.working_parameters = (
            dict(perceptrons.named_parameters()) for perceptrons in (network, self.working)
        )
        self.values: list[Tensor] = []  # the inputs of each layer, from `forward` until `backward`

    def step(self, inputs: Tensor, loss: Callable[[Tensor], Tensor]) -> Tensor:
        """Take a step on one batch, in place, and return the loss of each network before it, (S,).

        Args:
            inputs: (S, B, ...); or rows of the training data (S, B), if the first layer is trained through a Gram
                matrix.
            loss: A function from the logits to the loss of each network, (S,).
        """
        logits = self.forward(inputs).to(self.lr.dtype).requires_grad_()
        values = loss(logits)
        (gradient,) = torch.autograd.grad(values.sum(), logits)
        self.backward(gradient)
        return values.detach()

    @torch.no_grad()
    def forward(self, inputs: Tensor) -> Tensor:
        """Return the logits, (S, B) or (S, B, C), and keep the inputs of each layer for `backward`.

        inputs: (S, B, ...); or rows of the training data (S, B), if the first layer is trained through a Gram matrix.
        """
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
        """Back-propagate the gradient w.r.t. the logits, and give `move` the gradient of each parameter.

        gradient: (S, B) or (S, B, C). The inputs that `forward` kept are used and dropped.
        """
        step = self.scale_gradient(gradient).to(self.options.products)
        step = step.unsqueeze(-1) if step.ndim == 2 else step
        for number, layer in reversed(list(enumerate(self.layers))):
            inputs = self.values.pop()
            input_step = None
            if number:
                input_step = self.working.slope(cast(StackedLinear, layer).back_propagate(step), inputs)
            for name, add in layer.gradients(inputs, step).items():
                self.move(f"layers.{number}.{name}", add)
            if input_step is not None:
                step = input_step

    @abstractmethod
    def scale_gradient(self, gradient: Tensor) -> Tensor:
        """Return the gradient w.r.t. the logits, in the same shape, scaled as the optimizer needs it."""

    @abstractmethod
    def move(self, name: str, add: AddTo) -> None:
        """Take the gradient of the parameter of that name: move the parameter at once, or collect the gradient.

        add: a function that adds the gradient to a tensor in place, and returns the rows that it changed, or None for
        all.
        """

    @staticmethod
    def round(parameter: Tensor, working: Tensor, rows: Tensor | None) -> None:
        """Copy the changed rows of a parameter, in place, into `working`, its copy in the type of the products.

        rows: numbers of rows of the first two axes taken as one; None for all.
        """
        if rows is None:
            working.copy_(parameter)
        else:
            changed = parameter.flatten(0, 1).index_select(0, rows).to(working.dtype)
            working.flatten(0, 1).index_copy_(0, rows, changed)

    def keep(self, mask: Tensor) -> None:
        """Keep rates and rounded weights of the networks where mask (S,) is true.

        The caller drops the parameters of the other networks itself.
        """
        self.lr = self.lr[mask]
        if self.working is not self.network:
            keep_networks(self.working, mask)


class FusedSGD(FusedOptimizer):
    """SGD that adds the step of each layer within the product that computes its gradient.

    The gradient w.r.t. the logits is multiplied by -lr, one number for each network. Back-propagation is linear, so
    every later gradient is multiplied too: v <- m v - lr (g + d w), w <- w + v. The steps are those of torch.optim.SGD.
    """

    def __init__(self, network: MLP, lr: Tensor, options: Options) -> None:
        """Begin with velocities of 0, if the options have momentum."""
        super().__init__(network, lr, options)
        moved = self.parameters if options.momentum else {}
        self.velocities = {name: torch.zeros_like(parameter) for name, parameter in moved.items()}

    def scale_gradient(self, gradient: Tensor) -> Tensor:
        """Return -lr times the gradient w.r.t. the logits, with the learning rate of each network."""
        return gradient * reshape_per_network(-self.lr, gradient)

    def move(self, name: str, add: AddTo) -> None:
        """Move the parameter of that name by one step, in place, with momentum and weight decay.

        add: a function that adds -lr times the gradient to a tensor in place.
        """
        parameter = self.parameters[name].data
        momentum, weight_decay = self.options.momentum, self.options.weight_decay
        if momentum or weight_decay:
            moved = self.velocities[name].mul_(momentum) if momentum else parameter
            if weight_decay:
                moved.addcmul_(parameter, reshape_per_network(-weight_decay * self.lr, parameter))
            add(moved)
            rows = None
            if momentum:
                parameter.add_(moved)
        else:
            rows = add(parameter)
        if self.working is not self.network:
            self.round(parameter, self.working_parameters[name].data, rows)

    def keep(self, mask: Tensor) -> None:
        """Keep rates, rounded weights and velocities of the networks where mask (S,) is true."""
        super().keep(mask)
        self.velocities = {name: velocity[mask] for name, velocity in self.velocities.items()}


class FusedAdam(FusedOptimizer):
    """Adam on all parameters at once: gradients and moments are one vector, parameter after parameter."""

    def __init__(self, network: MLP, lr: Tensor, options: Options) -> None:
        """Begin with step 0 and with gradients and moments of 0, each one vector for all parameters."""
        super().__init__(network, lr, options)
        self.steps = 0
        numbers = sum(parameter.numel() for parameter in self.parameters.values())
        self.gradient, self.mean, self.square = (lr.new_zeros(numbers) for _ in range(3))
        self.lay_out({name: parameter.shape for name, parameter in self.parameters.items()})

    def lay_out(self, shapes: Mapping[str, Sequence[int]]) -> None:
        """Make `parts`: for each parameter, by name and shape, a view of its part of the vector of gradients."""
        parts = torch.split(self.gradient, [prod(shape) for shape in shapes.values()])
        self.parts = {name: part.view(*shapes[name]) for name, part in zip(shapes, parts, strict=True)}

    def scale_gradient(self, gradient: Tensor) -> Tensor:
        """Return the gradient unchanged, since Adam scales it later."""
        return gradient

    def move(self, name: str, add: AddTo) -> None:
        """Write the gradient of the parameter of that name, with weight decay, into the vector of gradients.

        The parameter does not move yet. add: a function that adds the gradient to a tensor in place.
        """
        part = self.parts[name]
        if self.options.weight_decay:
            torch.mul(self.parameters[name].data, self.options.weight_decay, out=part)
        else:
            part.zero_()
        add(part)

    def backward(self, gradient: Tensor) -> None:
        """Back-propagate the gradient w.r.t. the logits, (S, B) or (S, B, C), then move all parameters by one step."""
        super().backward(gradient)
        self.update()

    @torch.no_grad()
    def update(self) -> None:
        """Move all parameters in place by one step of Adam along the collected gradients.

        The gradients are overwritten by Adam's directions.
        """
        self.steps += 1
        correction = adam_direction(self.gradient, self.mean, self.square, self.steps)
        for name, part in self.parts.items():
            parameter = self.parameters[name].data
            parameter.addcmul_(part, reshape_per_network(self.lr, part), value=-correction)
            if self.working is not self.network:
                self.round(parameter, self.working_parameters[name].data, None)

    def keep(self, mask: Tensor) -> None:
        """Keep rates, rounded weights and moments of the networks where mask (S,) is true."""
        super().keep(mask)
        sizes = [part.numel() for part in self.parts.values()]

        def keep_parts(vector: Tensor) -> Tensor:
            """Return a vector of all parameters without the networks that leave, in the order of the parameters."""
            pieces = zip(torch.split(vector, sizes), self.parts.values(), strict=True)
            return torch.cat([piece.view_as(part)[mask].flatten() for piece, part in pieces])

        self.gradient, self.mean, self.square = map(keep_parts, (self.gradient, self.mean, self.square))
        self.lay_out({name: (len(self.lr), *part.shape[1:]) for name, part in self.parts.items()})


FUSED_OPTIMIZERS: dict[str, type[FusedOptimizer]] = {"sgd": FusedSGD, "adam": FusedAdam}


def round_network(network: MLP, dtype: torch.dtype) -> MLP:
    """Return a copy of the network whose weights are of that type.

    So are the products of the training inputs that a first layer trained through a Gram matrix holds.
    """
    shared = {layer.factors for layer in network.layers if isinstance(layer, GramLayer)}
    return copy.deepcopy(network, {id(factors): factors.to(dtype) for factors in shared}).to(dtype)
