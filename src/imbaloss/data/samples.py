"""Samples of two classes: pools that they are drawn from, and the split that one run sees."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

EXAMPLES = 8  # number of images of each class that a report shows


class Counts(NamedTuple):
    """The numbers of negative and positive samples."""

    negatives: int
    positives: int


@dataclass(frozen=True)
class Pool:
    """The samples of each class from which a part is drawn: columns (n, D), or images (n, channels, height, width).

    Images are from 0 to the data set's `white`.
    """

    negatives: NDArray[Any]
    positives: NDArray[Any]

    @property
    def counts(self) -> Counts:
        """The number of negative and of positive samples."""
        return Counts(len(self.negatives), len(self.positives))


@dataclass(frozen=True)
class Samples:
    """Samples with their labels.

    Attributes:
        inputs: Images (N, channels, height, width) in [0, 1], or columns (N, D).
        labels: (N,), from 0 on.
        images: (N,), the row of each sample among its class in the pool; empty if samples come from no pool.
        weights: (N,), of the samples, >= 0; None if each counts as one.
        costs: (N, 4), what a true negative, false positive, false negative and true positive cost; None if unknown.
    """

    inputs: NDArray[np.floating[Any]]
    labels: NDArray[np.int64]
    images: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    weights: NDArray[np.float64] | None = None
    costs: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        """Return the number N of samples."""
        return len(self.labels)

    def __getitem__(self, rows: NDArray[np.int64]) -> "Samples":
        """Return the samples in these rows, in their order, with their images, weights and costs if there are any.

        rows: numbers or a boolean mask, as NumPy indexes; IndexError for a row that does not exist.
        """
        images = self.images[rows] if len(self.images) else self.images
        weights, costs = (None if each is None else each[rows] for each in (self.weights, self.costs))
        return Samples(self.inputs[rows], self.labels[rows], images, weights, costs)

    @property
    def counts(self) -> Counts:
        """The number of negative and of positive samples; right only for labels 0 and 1."""
        positives = int(self.labels.sum())
        return Counts(len(self) - positives, positives)


class InputForm(StrEnum):
    """The form in which a learner takes inputs. Images and data without categories have the same inputs in both."""

    PREPARED = "prepared"  # numbers for a network: scaled, without missing values, one input for each category
    COLUMNS = "columns"  # one input for each column: numbers as they are, codes of categories, NaN where missing
    BOTH = "both"  # columns and then prepared numbers, side by side, for averages of learners that differ in it
    BASELINE = "baseline"  # prepared numbers of the score or decision in use today alone


@dataclass(frozen=True)
class Split:
    """The parts of the data of one run: it learns from train, chooses by validation, and is judged on test.

    Where a threshold is to carry a guarantee, samples are set apart that choose this threshold and nothing else.
    """

    train: Samples
    validation: Samples
    test: Samples
    categorical: tuple[int, ...] = ()  # places of the inputs that are codes of categories, whole numbers from 0 on
    set_apart: Samples | None = None  # None unless a threshold is to carry a guarantee


def pick_examples(images: NDArray[Any]) -> NDArray[Any]:
    """Return 8 images at even distances, or all if there are fewer.

    They are not the first ones, since a group of classes holds one class after the other.
    """
    return images[:: max(len(images) // EXAMPLES, 1)][:EXAMPLES]
