"""A binary data set, and the split of it that one run sees."""

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imbaloss.nearest import nearest


class Counts(NamedTuple):
    """Of samples."""

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


def check_class(dataset: str, name: str, classes: tuple[str, str]) -> None:
    """Raises ValueError where the data set, of these classes, has none of that name."""
    if name not in classes:
        raise ValueError(f"{dataset} has no class {name!r}{nearest(name, classes)}; it has {' and '.join(classes)}")


@dataclass(frozen=True)
class Dataset:
    """Two classes, or two groups of classes, told apart. `positive` names the rare one, label 1."""

    name: str
    negative: str
    positive: str
    train: Pool
    test: Pool
    white: int  # the greatest value of a pixel
    checksum: str  # of the files that the images come from

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample: channels, height, width; or columns."""
        return self.train.negatives.shape[1:]

    def part(self, name: str) -> Pool:
        """The pool of `train`, `test`, or `all` images."""
        if name == "all":
            pairs = ((self.train.negatives, self.test.negatives), (self.train.positives, self.test.positives))
            return Pool(*map(np.concatenate, pairs))
        return {"train": self.train, "test": self.test}[name]

    def counts(self, name: str) -> Counts:
        """Of the pool of `train`, `test`, or `all` images."""
        if name == "all":
            return Counts(*map(sum, zip(self.train.counts, self.test.counts, strict=True)))
        return self.part(name).counts

    def with_positive(self, positive: str) -> "Dataset":
        """The same images with the named class as the rare one. Raises ValueError where there is no such class."""
        check_class(self.name, positive, (self.negative, self.positive))
        if positive == self.positive:
            return self
        return replace(
            self,
            negative=self.positive,
            positive=self.negative,
            train=Pool(self.train.positives, self.train.negatives),
            test=Pool(self.test.positives, self.test.negatives),
        )


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
        images = self.images[rows] if len(self.images) else self.images
        weights = None if self.weights is None else self.weights[rows]
        return Samples(self.inputs[rows], self.labels[rows], images, weights)

    @property
    def counts(self) -> Counts:
        """Of two classes."""
        positives = int(self.labels.sum())
        return Counts(len(self) - positives, positives)


@dataclass(frozen=True)
class Split:
    """What one run sees: it learns from train, chooses by tune, and is judged, once, on test."""

    train: Samples
    tune: Samples
    test: Samples
