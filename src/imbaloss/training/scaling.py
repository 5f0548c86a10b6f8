"""Scaling of inputs: fitted on the training part and saved with the model."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from imbaloss.data import Samples

CHUNK = 8192  # number of samples that are scaled at once


@dataclass(frozen=True)
class Scaling:
    """The scaling (inputs - offset) / scale, with one offset and one scale for each channel or column."""

    offset: tuple[float, ...]
    scale: tuple[float, ...]

    @classmethod
    def fit(cls, kind: str, train: Samples) -> "Scaling":
        """Fit a scaling to the inputs of training samples.

        Args:
            kind: "unit" changes nothing. "standard", and any other text, gives each channel or column mean 0 and
                standard deviation 1, with sample weights as repetitions (scikit-learn's StandardScaler).
            train: The samples.
        """
        channels = train.inputs.shape[1]
        if kind == "unit":
            return cls((0.0,) * channels, (1.0,) * channels)
        from sklearn.preprocessing import StandardScaler  # here, since it takes most of a second

        scaler = StandardScaler()
        for rows in slice_rows(len(train)):
            values = np.moveaxis(train.inputs[rows], 1, -1).astype(np.float64)
            of_sample = values[0].size // channels
            weights = None if train.weights is None else np.repeat(train.weights[rows], of_sample)
            scaler.partial_fit(values.reshape(-1, channels), sample_weight=weights)
        return cls(tuple(scaler.mean_.tolist()), tuple(scaler.scale_.tolist()))

    @property
    def is_identity(self) -> bool:
        """Whether scaling changes no input."""
        return not any(self.offset) and all(scale == 1 for scale in self.scale)

    def __call__(self, inputs: NDArray[np.floating[Any]]) -> Tensor:
        """Scale inputs (N, channels, ...) to (inputs - offset) / scale: a tensor of the same shape, in float64."""
        shape = (-1, *(1,) * (inputs.ndim - 2))
        scaled = (inputs - np.reshape(self.offset, shape)) / np.reshape(self.scale, shape)
        return torch.from_numpy(scaled)

    def write_into(self, place: Tensor, inputs: NDArray[np.floating[Any]]) -> None:
        """Scale inputs (N, channels, ...) into `place`, a tensor of the same shape and any type.

        It goes in chunks, so that there is no second copy of all inputs.
        """
        for rows in slice_rows(len(inputs)):
            place[rows] = self(inputs[rows]).to(place.dtype)


def slice_rows(samples: int) -> Iterator[slice]:
    """Return a generator of slices, of `CHUNK` (8192) rows or fewer, that cover that many samples in order."""
    return (slice(start, start + CHUNK) for start in range(0, samples, CHUNK))
