"""A binary data set: two classes of samples, from which a protocol and a seed draw the split of a run."""

from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

import numpy as np
from numpy.typing import NDArray

from imbaloss.choices import suggest
from imbaloss.data.protocols import PROTOCOLS, check_level
from imbaloss.data.samples import Counts, Pool, Samples, Split, pick_examples
from imbaloss.data.seeds import stream
from imbaloss.data.splits import Fold, parts


def check_class(dataset: str, name: str, classes: tuple[str, str]) -> None:
    """Raises ValueError where the data set, of these classes, has none of that name."""
    if name not in classes:
        raise ValueError(f"{dataset} has no class {name!r}{suggest(name, classes)}; it has {' and '.join(classes)}")


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

    @property
    def seed_decides_sizes(self) -> bool:
        """False: a level and a protocol say how many samples of each class are drawn."""
        return False

    def describe_cell(self, level: float, protocol: str) -> str:
        """Name what is drawn at a level under a protocol, in messages."""
        return f"{self.name} at level {level:g} under protocol {protocol}"

    def split_counts(
        self,
        *,
        level: float,
        protocol: str,
        seed: int = 0,  # noqa: ARG002 (counts of a set are the same for each)
        fold: Fold | None = None,
    ) -> dict[str, Counts]:
        """Return the counts of train, validation and test, as `draw` makes them; no image is touched.

        Raises:
            ValueError: As `counts`, and for a class with fewer images than there are folds.
        """
        if fold is None:
            train, test = (counts(self, part, level=level, protocol=protocol) for part in ("train", "test"))
            return {"train": train, "validation": self.validation_counts(train), "test": test}
        drawn = counts(self, "all", level=level, protocol=protocol)
        if min(drawn) < fold.folds:
            raise ValueError(
                f"{fold.folds} folds need as many images of each class, and {self.describe_cell(level, protocol)} has "
                f"{drawn.negatives} negatives and {drawn.positives} positives"
            )
        labels = np.repeat([0, 1], drawn)
        return {part: Counts(*np.bincount(labels[rows]).tolist()) for part, rows in parts(labels, fold, 0)}

    def validation_counts(self, train: Counts) -> Counts:
        """Return the validation counts for these of train: in the same proportion, as many as the images left allow."""
        left = Counts(*(have - used for have, used in zip(self.train.counts, train, strict=True)))
        part_left = min(Fraction(have, used) for have, used in zip(left, train, strict=True) if used)
        return Counts(*(floor(part_left * used) for used in train))

    def draw(self, *, level: float, protocol: str, seed: int, fold: Fold | None = None) -> Split:
        """Draw the images of one run. The same seed draws the same images, whatever the loss.

        Without a fold, `train` and `test` come from the parts of the data set, and `validation` from the images of its
        `train` that were not drawn: it has the share of positives of `train`, and is as large as those images allow,
        empty where a class is used up (protocol ratio; level 0 or 1). With a fold, images are drawn from both parts
        together, the same for every fold and repeat, and then split.
        """
        generator = stream(seed, "images")
        if fold is not None:
            wanted = counts(self, "all", level=level, protocol=protocol)
            pool = self.part("all")
            orders = [generator.permutation(size) for size in pool.counts]
            samples = self.take(pool, orders, wanted, generator)
            return Split(**{part: samples[rows] for part, rows in parts(samples.labels, fold, seed)})
        wanted_of = self.split_counts(level=level, protocol=protocol)
        train_order = [generator.permutation(size) for size in self.train.counts]
        test_order = [generator.permutation(size) for size in self.test.counts]
        after = [order[used:] for order, used in zip(train_order, wanted_of["train"], strict=True)]
        return Split(
            train=self.take(self.train, train_order, wanted_of["train"], generator),
            validation=self.take(self.train, after, wanted_of["validation"], generator),
            test=self.take(self.test, test_order, wanted_of["test"], generator),
        )

    def take(self, pool: Pool, order: list[np.ndarray], wanted: Counts, generator: np.random.Generator) -> Samples:
        """Take the first of each class in that order, mixed, so that a batch in the order of the data holds both."""
        negatives, positives = order[0][: wanted.negatives], order[1][: wanted.positives]
        inputs = np.concatenate([pool.negatives[negatives], pool.positives[positives]])
        labels, images = np.repeat([0, 1], wanted), np.concatenate([negatives, positives])
        mixed = generator.permutation(len(labels))
        return Samples(inputs[mixed].astype(np.float32) / np.float32(self.white), labels[mixed], images[mixed])

    def example_images(self) -> dict[str, NDArray[np.uint8]]:
        """Return a few images to train on of each class, by its name, (n, channels, height, width), 0 to 255."""
        chosen = {self.negative: self.train.negatives, self.positive: self.train.positives}
        return {name: (pick_examples(some) * (255 / self.white)).astype(np.uint8) for name, some in chosen.items()}


def counts(dataset: Dataset, part: str, *, level: float, protocol: str) -> Counts:
    """Return how many negatives and positives a protocol takes from `train`, `test` or `all` at a level, a decimal.

    Raises ValueError as `check_level`, and for a class with too few images.
    """
    check_level(level, protocol)
    available = dataset.counts(part)
    wanted = PROTOCOLS[protocol].counts(Fraction(str(level)), available)
    if wanted.positives > available.positives:
        images = "images" if part == "all" else f"{part} images"
        raise ValueError(
            f"protocol {protocol} at level {level:g} needs {wanted.positives} {images} of {dataset.positive}, "
            f"and {dataset.name} has {available.positives}"
        )
    return wanted
