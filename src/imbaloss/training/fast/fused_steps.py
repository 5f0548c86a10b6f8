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
        """Take a step on one batch and return the loss of each network, (S,).

        Args:
            inputs: (S, B, ...), or rows (S, B) if the first layer is a GramLayer.
            loss: Logits -> the loss of each network, (S,).
        """
        logits = self.forward(inputs).to(self.lr.dtype).requires_grad_()
        values = loss(logits)
        (gradient,) = torch.autograd.grad(values.sum(), logits)
        self.backward(gradient)
        return values.detach()

    @torch.no_grad()
    def forward(self, inputs: Tensor) -> Tensor:
        """Return the logits, as the network does, and keep the inputs of each layer for `backward`.

        inputs: (S, B, ...), or rows (S, B) if the first layer is a GramLayer.
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
        """Back-propagate the gradient of the loss w.r.t. the logits, (S, B) or (S, B, C), and move all parameters."""
        step = self.scale_gradient(gradient).to(self.options.products)
        step = step.unsqueeze(-1) if step.ndim == 2 else step
        for number, layer in reversed(list(enumerate(self.layers))):
            inputs = self.values.pop()
            before = None
            if number:
                before = self.working.slope(cast(StackedLinear, layer).back_propagate(step), inputs)
            for name, add in layer.gradients(inputs, step).items():
                self.move(f"layers.{number}.{name}", add)
            if before is not None:
                step = before

    @abstractmethod
    def scale_gradient(self, gradient: Tensor) -> Tensor:
        """Return the tensor that is back-propagated, of the shape of `gradient`: the gradient w.r.t. the logits."""

    @abstractmethod
    def move(self, name: str, add: AddTo) -> None:
        """Use the gradient of the parameter of that name. add: adds the gradient to a tensor, as `AddTo` says."""

    @staticmethod
    def round(parameter: Tensor, working: Tensor, rows: Tensor | None) -> None:
        """Copy the rows of a parameter that changed into its rounded copy; None stands for all rows."""
        if rows is None:
            working.copy_(parameter)
        else:
            changed = parameter.flatten(0, 1).index_select(0, rows).to(working.dtype)
            working.flatten(0, 1).index_copy_(0, rows, changed)

    def keep(self, mask: Tensor) -> None:
        """Keep the networks where mask (S,) is true; the parameters are sliced by their owner."""
        self.lr = self.lr[mask]
        if self.working is not self.network:
            keep_networks(self.working, mask)


class FusedSGD(FusedOptimizer):
    """SGD that adds the step of each layer within the product that computes its gradient.

    The gradient w.r.t. the logits is multiplied by -lr, one number for each network. Back-propagation is linear, so
    every later gradient is multiplied too: v <- m v - lr (g + d w), w <- w + v. The steps are those of torch.optim.SGD.
    """

    def __init__(self, network: MLP, lr: Tensor, options: Options) -> None:
        super().__init__(network, lr, options)
        moved = self.parameters if options.momentum else {}
        self.velocities = {name: torch.zeros_like(parameter) for name, parameter in moved.items()}

    def scale_gradient(self, gradient: Tensor) -> Tensor:
        """Return -lr times the gradient of each network."""
        return gradient * reshape_per_network(-self.lr, gradient)

    def move(self, name: str, add: AddTo) -> None:
        """Move the parameter of that name by one step. add: adds -lr g to a tensor."""
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
        """Keep the networks where mask (S,) is true, with their velocities."""
        super().keep(mask)
        self.velocities = {name: velocity[mask] for name, velocity in self.velocities.items()}


class FusedAdam(FusedOptimizer):
    """Adam on all parameters at once: gradients and moments are one vector, parameter after parameter."""

    def __init__(self, network: MLP, lr: Tensor, options: Options) -> None:
        super().__init__(network, lr, options)
        self.steps = 0
        numbers = sum(parameter.numel() for parameter in self.parameters.values())
        self.gradient, self.mean, self.square = (lr.new_zeros(numbers) for _ in range(3))
        self.lay_out({name: parameter.shape for name, parameter in self.parameters.items()})

    def lay_out(self, shapes: Mapping[str, Sequence[int]]) -> None:
        """Give each parameter, by name and shape, its part of the vector of gradients."""
        parts = torch.split(self.gradient, [prod(shape) for shape in shapes.values()])
        self.parts = {name: part.view(*shapes[name]) for name, part in zip(shapes, parts, strict=True)}

    def scale_gradient(self, gradient: Tensor) -> Tensor:
        """Return the gradient as it is."""
        return gradient

    def move(self, name: str, add: AddTo) -> None:
        """Write the gradient of a parameter, with weight decay, into its part of the vector of gradients."""
        part = self.parts[name]
        if self.options.weight_decay:
            torch.mul(self.parameters[name].data, self.options.weight_decay, out=part)
        else:
            part.zero_()
        add(part)

    def backward(self, gradient: Tensor) -> None:
        """Collect all gradients, then move all parameters."""
        super().backward(gradient)
        self.update()

    @torch.no_grad()
    def update(self) -> None:
        """Move all parameters along the gradients of one batch, which become Adam's directions in place."""
        self.steps += 1
        correction = adam_direction(self.gradient, self.mean, self.square, self.steps)
        for name, part in self.parts.items():
            parameter = self.parameters[name].data
            parameter.addcmul_(part, reshape_per_network(self.lr, part), value=-correction)
            if self.working is not self.network:
                self.round(parameter, self.working_parameters[name].data, None)

    def keep(self, mask: Tensor) -> None:
        """Keep the networks where mask (S,) is true, with their moments."""
        super().keep(mask)
        sizes = [part.numel() for part in self.parts.values()]

        def keep_parts(vector: Tensor) -> Tensor:
            """Return the vector without the networks that leave, parameter after parameter."""
            pieces = zip(torch.split(vector, sizes), self.parts.values(), strict=True)
            return torch.cat([piece.view_as(part)[mask].flatten() for piece, part in pieces])

        self.gradient, self.mean, self.square = map(keep_parts, (self.gradient, self.mean, self.square))
        self.lay_out({name: (len(self.lr), *part.shape[1:]) for name, part in self.parts.items()})


FUSED_OPTIMIZERS: dict[str, type[FusedOptimizer]] = {"sgd": FusedSGD, "adam": FusedAdam}


def round_network(network: MLP, dtype: torch.dtype) -> MLP:
    """Return a copy of the network whose weights, and whose Gram factors if it has any, are of that type."""
    shared = {layer.factors for layer in network.layers if isinstance(layer, GramLayer)}
    return copy.deepcopy(network, {id(factors): factors.to(dtype) for factors in shared}).to(dtype)
