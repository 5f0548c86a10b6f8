"""Stacks of any network of torch: written once as a single network, and mapped over weights with a leading axis S."""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from imbaloss.networks.initialisation import Initialisation


class Mapped(nn.Module):
    """S networks of one make: inputs (S, B, ...) -> logits (S, B) with one output, else (S, B, outputs).

    module: one network, (B, ...) -> (B, outputs), which is copied. The copy's parameters have a leading axis S. Weights
    of convolutions and linear layers are drawn in float64, from one generator a network, and rounded; each output of a
    convolution has its patch for inputs. Those of normalisations begin as they are.
    Raises ValueError for buffers, which networks would share, and for other layers with weights.
    On a CPU the networks run one after the other, which is faster there than one convolution with S groups, and leaves
    their bits alone; elsewhere `torch.vmap` makes them one.
    """

    def __init__(
        self,
        module: nn.Module,
        generators: Sequence[np.random.Generator],
        initial: Initialisation,
        dtype: torch.dtype,
    ) -> None:
        """Draw the weights of a network from each of the generators. The module itself stays as it is."""
        super().__init__()
        check(module)
        self.module = copy.deepcopy(module)
        drawn = [drawn_weights(module, generator, initial) for generator in generators]
        for name, parameter in self.module.named_parameters():
            parameter.data = torch.stack([weights[name] for weights in drawn]).to(dtype)

    def forward(self, inputs: Tensor) -> Tensor:
        """Raises ValueError for inputs of another number of networks."""
        if len(inputs) != len(next(self.module.parameters())):
            raise ValueError(f"inputs are of {len(inputs)} networks, not {len(next(self.module.parameters()))}")
        logits = self.looped(inputs) if inputs.device.type == "cpu" else self.mapped(inputs)
        return logits.squeeze(-1) if logits.shape[-1] == 1 else logits

    def looped(self, inputs: Tensor) -> Tensor:
        """(S, B, outputs), one network after the other."""
        names, weights = zip(*self.module.named_parameters(), strict=True)
        each = zip(*(stacked.unbind() for stacked in weights), strict=True)
        return torch.stack([
            functional_call(self.module, dict(zip(names, own, strict=True)), (some,))
            for own, some in zip(each, inputs, strict=True)
        ])  # fmt: skip

    def mapped(self, inputs: Tensor) -> Tensor:
        """(S, B, outputs), all at once."""
        weights = dict(self.module.named_parameters())
        logits: Tensor = torch.vmap(lambda own, some: functional_call(self.module, own, (some,)))(weights, inputs)
        return logits


DRAWN = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
KEPT = (nn.GroupNorm, nn.LayerNorm, nn.RMSNorm)


def check(module: nn.Module) -> None:
    """Raises ValueError for what cannot be one of a stack."""
    for name, _ in module.named_buffers():
        raise ValueError(f"a network of a stack has no buffers, which all would share, found {name}")
    for name, part in module.named_modules():
        if list(part.parameters(recurse=False)) and not isinstance(part, DRAWN + KEPT):
            known = ", ".join(kind.__name__ for kind in DRAWN + KEPT)
            raise ValueError(f"layers with weights must be {known}, found {type(part).__name__} at {name or 'the top'}")


def drawn_weights(module: nn.Module, generator: np.random.Generator, initial: Initialisation) -> dict[str, Tensor]:
    """Initial parameters of one network, by name."""
    found = {name: parameter.detach().double() for name, parameter in module.named_parameters()}
    for name, part in module.named_modules():
        if isinstance(part, DRAWN):
            outputs, *patch = part.weight.shape
            weight, bias = initial(generator, int(np.prod(patch)), outputs)
            prefix = f"{name}." if name else ""
            found[f"{prefix}weight"] = torch.from_numpy(weight.T.copy()).view_as(part.weight)
            if part.bias is not None:
                found[f"{prefix}bias"] = torch.from_numpy(bias)
    return found
