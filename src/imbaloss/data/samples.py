"""Samples of two classes: pools that they are drawn from, and the split that one run sees."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

EXAMPLES = 8  # images of each class that a report shows


class Counts(NamedTuple):
    """The numbers of negative and positive samples."""

    negatives: int
    positives: int


@dataclass(frozen=True)
class Pool:
    """The samples from which a part is drawn: columns (n, D), or images (n, channels, height, width).

    Divided by `white` of the data set, images are in [0, 1].
    """

    negatives: NDArray[Any]
    positives: NDArray[Any]

    @property
    def counts(self) -> Counts:
        return Counts(len(self.negatives), len(self.positives))


@dataclass(frozen=True)
class Samples:
    """inputs (N, ...): images (N, channels, height, width) in [0, 1], or columns (N, D); labels (N,) from 0 on.

    images (N,): which of the pool's images of its class each sample is; none where samples are not drawn from a pool.
    weights (N,): of samples, >= 0; None for ones.
    """

    inputs: NDArray[np.floating[Any]]
    labels: NDArray[np.int64]
    images: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    weights: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: NDArray[np.int64]) -> "Samples":
        """Return the samples in these rows, with their images and weights as far as there are any."""
        images = self.images[rows] if len(self.images) else self.images
        weights = None if self.weights is None else self.weights[rows]
        return Samples(self.inputs[rows], self.labels[rows], images, weights)

    @property
    def counts(self) -> Counts:
        """The number of samples of each of two classes."""
        positives = int(self.labels.sum())
        return Counts(len(self) - positives, positives)


@dataclass(frozen=True)
class Split:
    """What one run sees: it learns from train, chooses by validation, and is judged, once, on test."""

    train: Samples
    validation: Samples
    test: Samples


def pick_examples(images: NDArray[Any]) -> NDArray[Any]:
    """Return `EXAMPLES` images, or all of fewer, at even distances: a class may hold several kinds in turn."""
    return images[:: max(len(images) // EXAMPLES, 1)][:EXAMPLES]
