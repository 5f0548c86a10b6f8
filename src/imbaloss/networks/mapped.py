"""Stacks of any network of torch: written once as a single network, and mapped over weights with a leading axis S."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from imbaloss.networks.initialisation import Initialisation


class Mapped(nn.Module):
    """S networks of one make: inputs (S, B, ...) -> logits (S, B) with one output, else (S, B, outputs).

    module: one network, (B, ...) -> (B, outputs), without buffers. Its parameters get a leading axis S. Weights of
    convolutions and linear layers are drawn in float64, from one generator a network, and rounded; each output of a
    convolution has its patch for inputs. All other parameters stay what they are.
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
        super().__init__()
        self.module = module
        drawn = [drawn_weights(module, generator, initial) for generator in generators]
        for name, parameter in module.named_parameters():
            parameter.data = torch.stack([weights[name] for weights in drawn]).to(dtype)

    def forward(self, inputs: Tensor) -> Tensor:
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


def drawn_weights(module: nn.Module, generator: np.random.Generator, initial: Initialisation) -> dict[str, Tensor]:
    """Initial parameters of one network, by name."""
    found = {name: parameter.detach().double() for name, parameter in module.named_parameters()}
    for name, part in module.named_modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            outputs, *patch = part.weight.shape
            weight, bias = initial(generator, int(np.prod(patch)), outputs)
            found[f"{name}.weight"] = torch.from_numpy(weight.T.copy()).view_as(part.weight)
            if part.bias is not None:
                found[f"{name}.bias"] = torch.from_numpy(bias)
    return found
