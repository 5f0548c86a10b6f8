"""Each kind of network alone, written out with torch's functions: what one of a stack must equal."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from imbaloss import networks
from imbaloss.networks import Design

GROUPS = {2: 1, 4: 2, 6: 2, 8: 4, 16: 4, 32: 4, 64: 4}  # of maps that are normalised together
FUNCTIONS = {"relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}


class Alone(nn.Module):
    """Inputs (B, *shape) -> logits (B,) with one output, else (B, outputs)."""

    def __init__(self, design: Design, state: dict[str, Tensor]) -> None:
        """state: weights by the names that they have in a stack, without the leading axis."""
        super().__init__()
        self.design = design
        self.names = list(state)
        self.values = nn.ParameterList([nn.Parameter(tensor.clone()) for tensor in state.values()])
        self.distances = torch.empty(0)

    @classmethod
    def of(cls, design: Design, generator: np.random.Generator, init: str = "torch") -> "Alone":
        """With the initial weights that a stack draws."""
        stack = networks.build(design, [generator], init=init, dtype=torch.float64)
        return cls(design, {name: tensor[0] for name, tensor in stack.state_dict().items()})

    def weights(self) -> dict[str, Tensor]:
        return dict(zip(self.names, self.values, strict=True))

    def forward(self, inputs: Tensor) -> Tensor:
        head, outputs = self.design.kind.head, self.design.outputs
        prefix = "" if head is None else "body."
        body = {"mlp": self.mlp, "cnn": self.cnn, "fcn": self.fcn}[self.design.kind.body]
        found = body({name.removeprefix(prefix): weight for name, weight in self.weights().items()}, inputs)
        if head is None:
            return found.squeeze(-1) if outputs == 1 else found
        found = found.reshape(len(inputs), head.embedding)
        prototypes = self.weights()["prototypes"]  # (C, K, E)
        self.distances = torch.stack(
            [torch.stack([((found - one) ** 2).sum(-1) for one in of_class], -1) for of_class in prototypes], 1
        )  # (B, C, K)
        scores = torch.exp(-head.gamma * self.distances).sum(-1).log()
        return scores[:, 1] - scores[:, 0] if outputs == 1 else scores

    def penalty(self, targets: Tensor) -> Tensor | float:
        """Of the batch that has just passed."""
        if self.design.kind.head is None:
            return 0.0
        own = self.distances[torch.arange(len(targets)), targets]
        return self.design.kind.head.compactness * own.min(-1).values.mean()

    def mlp(self, weights: dict[str, Tensor], inputs: Tensor) -> Tensor:
        values = inputs.flatten(1)
        layers = len(weights) // 2
        for layer in range(layers):
            values = values @ weights[f"layers.{layer}.weight"] + weights[f"layers.{layer}.bias"]
            values = self.active(values) if layer < layers - 1 else values
        return values

    def cnn(self, weights: dict[str, Tensor], images: Tensor) -> Tensor:
        w = {name.removeprefix("module."): weight for name, weight in weights.items()}
        maps = F.conv2d(images, w["first.weight"], padding=1)
        for stage in range(len(self.design.channels)):
            at = f"blocks.{stage}."
            stride = 1 if stage == 0 else 2
            before = self.active(normalised(maps, w, f"{at}norm_1"))
            found = F.conv2d(before, w[f"{at}convolution_1.weight"], stride=stride, padding=1)
            found = self.active(normalised(found, w, f"{at}norm_2"))
            found = F.conv2d(found, w[f"{at}convolution_2.weight"], padding=1)
            if f"{at}shortcut.weight" in w:
                maps = F.conv2d(before, w[f"{at}shortcut.weight"], stride=stride)
            maps = maps + found
        means = self.active(normalised(maps, w, "norm")).mean((2, 3))
        return means @ w["last.weight"].T + w["last.bias"]

    def fcn(self, weights: dict[str, Tensor], images: Tensor) -> Tensor:
        w = {name.removeprefix("module."): weight for name, weight in weights.items()}
        maps = images
        for stage in range(len(self.design.channels)):
            maps = F.conv2d(maps, w[f"convolutions.{stage}.weight"], stride=1 if stage == 0 else 2, padding=1)
            maps = self.active(normalised(maps, w, f"norms.{stage}"))
        return F.conv2d(maps, w["last.weight"], w["last.bias"]).mean((2, 3))

    def active(self, values: Tensor) -> Tensor:
        return FUNCTIONS[self.design.activation](values)


def normalised(maps: Tensor, weights: dict[str, Tensor], name: str) -> Tensor:
    """Mean 0 and variance 1 over the maps and positions of a group, then a scale and a shift for each map."""
    batch, channels, height, width = maps.shape
    grouped = maps.reshape(batch, GROUPS[channels], -1)
    centred = grouped - grouped.mean(-1, keepdim=True)
    scaled = centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()
    scale, shift = weights[f"{name}.weight"], weights[f"{name}.bias"]
    return scaled.reshape(batch, channels, height, width) * scale[:, None, None] + shift[:, None, None]
