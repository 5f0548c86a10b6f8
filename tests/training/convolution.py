"""A small convolutional network as a stack, and alone in torch: what another kind of network looks like to the loop."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

CHANNELS = 4


def drawn(generator: np.random.Generator, shape: Sequence[int]) -> list[Tensor]:
    """Weights of a 3 x 3 convolution and of the logit of each channel's mean."""
    return [torch.from_numpy(generator.normal(0, 0.3, size)) for size in ((CHANNELS, shape[0], 3, 3), (CHANNELS, 1))]


class StackedCNN(nn.Module):
    """(S, B, channels, height, width) -> (S, B), by one grouped convolution for all networks."""

    def __init__(
        self, generators: Sequence[np.random.Generator], *, shape: Sequence[int], dtype: torch.dtype, **_: Any
    ) -> None:
        super().__init__()
        filters, logits = zip(*(drawn(generator, shape) for generator in generators), strict=True)
        self.filters = nn.Parameter(torch.stack(filters).to(dtype))
        self.logits = nn.Parameter(torch.stack(logits).to(dtype))

    def forward(self, inputs: Tensor) -> Tensor:
        stack, batch = inputs.shape[:2]
        side_by_side = inputs.transpose(0, 1).flatten(1, 2)
        maps = F.conv2d(side_by_side, self.filters.flatten(0, 1), padding=1, groups=stack).relu()
        means = maps.mean((2, 3)).view(batch, stack, CHANNELS).transpose(0, 1)
        return torch.bmm(means, self.logits).squeeze(-1)


class CNN(nn.Module):
    """The same network alone."""

    def __init__(self, generator: np.random.Generator, shape: Sequence[int]) -> None:
        super().__init__()
        filters, logits = drawn(generator, shape)
        self.convolution = nn.Conv2d(shape[0], CHANNELS, 3, padding=1, bias=False, dtype=torch.float64)
        self.last = nn.Linear(CHANNELS, 1, bias=False, dtype=torch.float64)
        self.convolution.weight.data, self.last.weight.data = filters, logits.T.clone()

    def forward(self, inputs: Tensor) -> Tensor:
        return self.last(self.convolution(inputs).relu().mean((2, 3))).squeeze(-1)
