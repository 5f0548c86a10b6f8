"""How pixels become the inputs of a network: fixed on the training part, and saved with the model."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from imbaloss.data import Samples

SCALINGS = ("unit", "standard")


@dataclass(frozen=True)
class Scaling:
    """inputs -> (inputs - offset) / scale, with one offset and one scale for each channel or column."""

    offset: tuple[float, ...]
    scale: tuple[float, ...]

    @classmethod
    def of(cls, kind: str, train: Samples) -> "Scaling":
        """`unit` leaves inputs as they are; `standard` gives each channel of `train` mean 0 and deviation 1, by
        scikit-learn, for which sample weights are repetitions."""
        channels = train.inputs.shape[1]
        if kind == "unit":
            return cls((0.0,) * channels, (1.0,) * channels)
        from sklearn.preprocessing import StandardScaler  # here, since it takes most of a second

        values = np.moveaxis(train.inputs, 1, -1).astype(np.float64).reshape(-1, channels)
        weights = None if train.weights is None else np.repeat(train.weights, len(values) // len(train))
        scaler = StandardScaler().fit(values, sample_weight=weights)
        return cls(tuple(scaler.mean_.tolist()), tuple(scaler.scale_.tolist()))

    def __call__(self, inputs: NDArray[np.floating[Any]]) -> Tensor:
        """(N, channels, ...) -> the same shape, float64."""
        shape = (-1, *(1,) * (inputs.ndim - 2))
        scaled = (inputs - np.reshape(self.offset, shape)) / np.reshape(self.scale, shape)
        return torch.from_numpy(scaled)
