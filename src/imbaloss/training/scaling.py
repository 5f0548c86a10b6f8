"""How pixels become the inputs of a network: fixed on the training part, and saved with the model."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from imbaloss.data import Samples

CHUNK = 8192  # samples that are scaled at once


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

        scaler = StandardScaler()
        for rows in chunks(len(train)):
            values = np.moveaxis(train.inputs[rows], 1, -1).astype(np.float64)
            of_sample = values[0].size // channels
            weights = None if train.weights is None else np.repeat(train.weights[rows], of_sample)
            scaler.partial_fit(values.reshape(-1, channels), sample_weight=weights)
        return cls(tuple(scaler.mean_.tolist()), tuple(scaler.scale_.tolist()))

    def __call__(self, inputs: NDArray[np.floating[Any]]) -> Tensor:
        """(N, channels, ...) -> the same shape, float64."""
        shape = (-1, *(1,) * (inputs.ndim - 2))
        scaled = (inputs - np.reshape(self.offset, shape)) / np.reshape(self.scale, shape)
        return torch.from_numpy(scaled)

    def into(self, place: Tensor, inputs: NDArray[np.floating[Any]]) -> None:
        """Writes what `inputs` become into a tensor of any type; no second copy of all of them is made."""
        for rows in chunks(len(inputs)):
            place[rows] = self(inputs[rows]).to(place.dtype)


def chunks(samples: int) -> Iterator[slice]:
    """Of rows, one after the other."""
    return (slice(start, start + CHUNK) for start in range(0, samples, CHUNK))
