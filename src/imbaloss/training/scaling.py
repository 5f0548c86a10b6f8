"""How pixels become the inputs of a network: fixed on the training part, and saved with the model."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from imbaloss.data import Samples

SCALINGS = ("unit", "standard")


@dataclass(frozen=True)
class Scaling:
    """inputs -> (inputs - offset) / scale, with one offset and one scale a channel."""

    offset: tuple[float, ...]
    scale: tuple[float, ...]

    @classmethod
    def of(cls, kind: str, train: Samples) -> "Scaling":
        """`unit` leaves pixels in [0, 1]; `standard` gives each channel of `train` mean 0 and deviation 1."""
        channels = train.inputs.shape[1]
        if kind == "unit":
            return cls((0.0,) * channels, (1.0,) * channels)
        pixels = np.moveaxis(train.inputs, 1, 0).reshape(channels, -1).astype(np.float64)
        deviation = pixels.std(1)
        return cls(tuple(pixels.mean(1).tolist()), tuple(np.where(deviation > 0, deviation, 1.0).tolist()))

    def __call__(self, inputs: NDArray[np.float32]) -> Tensor:
        """(N, channels, ...) -> the same shape, float64."""
        shape = (-1, *(1,) * (inputs.ndim - 2))
        scaled = (inputs - np.reshape(self.offset, shape)) / np.reshape(self.scale, shape)
        return torch.from_numpy(scaled)
