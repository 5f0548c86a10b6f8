"""Stacks of any torch network: a module for one network is mapped over weights with a leading axis S."""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from imbaloss.networks.initialisation import Initialisation


class Mapped(nn.Module):
    """S networks of one kind: inputs (S, B, ...) -> logits (S, B) with one output, else (S, B, outputs).

    On a CPU the networks run one after the other. That is faster there than one convolution with S groups, and the
    result of a network does not depend on the others. On other devices `torch.vmap` runs them together.

    The weights of convolutions and linear layers are drawn in float64 and then rounded. Those of normalisation layers
    keep the values of `module`.

    Args:
        module: One network, (B, ...) -> (B, outputs). It is copied; the parameters of the copy have a leading axis S.
        generators: One for each network, for its initial weights.
        initial: Draws the weights of a layer. The inputs of a convolution's output are its patch.
        dtype: The type of the weights.

    Raises:
        ValueError: The module has buffers, which all networks would share, or a layer of another kind with weights.
    """

    def __init__(
        self,
        module: nn.Module,
        generators: Sequence[np.random.Generator],
        initial: Initialisation,
        dtype: torch.dtype,
    ) -> None:
        """Copy the module S times and draw the weights of each copy from its generator.

        The module itself stays as it is.

        Raises:
            ValueError: The module has buffers, or a layer with weights that is neither linear, convolution nor
                normalisation.
        """
        super().__init__()
        check_module(module)
        self.module = copy.deepcopy(module)
        drawn = [draw_weights(module, generator, initial) for generator in generators]
        for name, parameter in self.module.named_parameters():
            parameter.data = torch.stack([weights[name] for weights in drawn]).to(dtype)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the logits of inputs (S, B, ...): (S, B) with one output, else (S, B, outputs).

        Raises ValueError if the inputs are for another number of networks.
        """
        if len(inputs) != len(next(self.module.parameters())):
            raise ValueError(f"inputs are of {len(inputs)} networks, not {len(next(self.module.parameters()))}")
        logits = self.run_in_turn(inputs) if inputs.device.type == "cpu" else self.run_together(inputs)
        return logits.squeeze(-1) if logits.shape[-1] == 1 else logits

    def run_in_turn(self, inputs: Tensor) -> Tensor:
        """Pass the inputs through one network after the other: (S, B, ...) -> logits (S, B, outputs)."""
        names, weights = zip(*self.module.named_parameters(), strict=True)
        each = zip(*(stacked.unbind() for stacked in weights), strict=True)
        return torch.stack([
            functional_call(self.module, dict(zip(names, own, strict=True)), (batch,))
            for own, batch in zip(each, inputs, strict=True)
        ])  # fmt: skip

    def run_together(self, inputs: Tensor) -> Tensor:
        """Pass the inputs through all networks at once by `torch.vmap`: (S, B, ...) -> logits (S, B, outputs)."""
        weights = dict(self.module.named_parameters())
        logits: Tensor = torch.vmap(lambda own, batch: functional_call(self.module, own, (batch,)))(weights, inputs)
        return logits


DRAWN = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
KEPT = (nn.GroupNorm, nn.LayerNorm, nn.RMSNorm)


def check_module(module: nn.Module) -> None:
    """Raise ValueError if a module cannot be made a stack: if it has buffers, or a layer of another kind with weights.

    Kinds that are admitted are linear, convolution, and group, layer or RMS normalisation.
    """
    for name, _ in module.named_buffers():
        raise ValueError(f"a network of a stack has no buffers, which all would share, found {name}")
    for name, part in module.named_modules():
        if list(part.parameters(recurse=False)) and not isinstance(part, DRAWN + KEPT):
            kinds = ", ".join(kind.__name__ for kind in DRAWN + KEPT)
            raise ValueError(f"layers with weights must be {kinds}, found {type(part).__name__} at {name or 'the top'}")


def draw_weights(module: nn.Module, generator: np.random.Generator, initial: Initialisation) -> dict[str, Tensor]:
    """Return new initial parameters of one network by name, in float64; the module stays as it is.

    Weights and biases of linear and convolution layers are drawn; those of normalisation layers are the module's.

    Args:
        module: The network.
        generator: Draws the weights.
        initial: Generator, inputs, outputs -> weights (inputs, outputs) and biases (outputs,) of a layer.
    """
    weights = {name: parameter.detach().double() for name, parameter in module.named_parameters()}
    for name, part in module.named_modules():
        if isinstance(part, DRAWN):
            outputs, *patch = part.weight.shape
            weight, bias = initial(generator, int(np.prod(patch)), outputs)
            prefix = f"{name}." if name else ""
            weights[f"{prefix}weight"] = torch.from_numpy(weight.T.copy()).view_as(part.weight)
            if part.bias is not None:
                weights[f"{prefix}bias"] = torch.from_numpy(bias)
    return weights
