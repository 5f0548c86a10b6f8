"""A binary data set: two classes of samples, from which a protocol and a seed draw the split of a run."""

from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

import numpy as np
from numpy.typing import NDArray

from imbaloss.choices import suggest
from imbaloss.data.protocols import PROTOCOLS, check_level
from imbaloss.data.samples import Counts, InputForm, Pool, Samples, Split, pick_examples
from imbaloss.data.seeds import make_generator
from imbaloss.data.splits import Fold, split_rows


def check_class(dataset: str, name: str, classes: tuple[str, str]) -> None:
    """Raise ValueError if a name is not one of the two classes of a data set.

    The message suggests the more similar class. dataset: its name, for the message.
    """
    if name not in classes:
        raise ValueError(f"{dataset} has no class {name!r}{suggest(name, classes)}; it has {' and '.join(classes)}")


@dataclass(frozen=True)
class Dataset:
    """A binary data set of two classes, or two groups of classes. `positive` is the rare one, with label 1."""

    name: str
    negative: str
    positive: str
    train: Pool
    test: Pool
    white: int  # the greatest value of a pixel
    checksum: str  # checksum of the files that the images come from

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample: (channels, height, width), or (columns,)."""
        return self.train.negatives.shape[1:]

    def pool(self, part: str) -> Pool:
        """Return the samples of each class of a part: `train`, `test`, or `all` for both.

        Raises KeyError for another part.
        """
        if part == "all":
            pairs = ((self.train.negatives, self.test.negatives), (self.train.positives, self.test.positives))
            return Pool(*map(np.concatenate, pairs))
        return {"train": self.train, "test": self.test}[part]

    def pool_counts(self, part: str) -> Counts:
        """Return the number of samples of each class in `train`, `test` or `all`, without joining any images.

        Raises KeyError for another part.
        """
        if part == "all":
            return Counts(*map(sum, zip(self.train.counts, self.test.counts, strict=True)))
        return self.pool(part).counts

    def with_positive(self, positive: str) -> "Dataset":
        """Return the same data with the named class as the positive one, and the other as the negative one.

        Raises ValueError if the name is neither of the two classes.
        """
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
        """Whether the sizes of a split depend on the seed: always False, since level and protocol decide them."""
        return False

    def describe_cell(self, level: float, protocol: str) -> str:
        """Write which data they are, as in "tree_1 at level 0.1 under protocol table1", for messages.

        Args:
            level: The share of positives, or their ratio to the negatives, as the protocol says.
            protocol: The rule for the counts.
        """
        return f"{self.name} at level {level:g} under protocol {protocol}"

    def split_counts(
        self,
        *,
        level: float,
        protocol: str,
        seed: int = 0,  # noqa: ARG002 (the counts do not depend on it)
        fold: Fold | None = None,
    ) -> dict[str, Counts]:
        """Return the samples of each class in train, validation and test, by these names, that `draw` gives.

        Args:
            level: The share of positives, or their ratio to the negatives, as the protocol says.
            protocol: The rule for the counts: table1, stated or ratio.
            seed: Without effect.
            fold: The fold of a cross-validation; None for the data's own training and test parts.

        Raises:
            ValueError: The level or the protocol is not admitted, or a class has too few images for them, or fewer
                images than there are folds.
        """
        if fold is None:
            train, test = (protocol_counts(self, part, level=level, protocol=protocol) for part in ("train", "test"))
            return {"train": train, "validation": self.validation_counts(train), "test": test}
        drawn = protocol_counts(self, "all", level=level, protocol=protocol)
        if min(drawn) < fold.folds:
            raise ValueError(
                f"{fold.folds} folds need as many images of each class, and {self.describe_cell(level, protocol)} has "
                f"{drawn.negatives} negatives and {drawn.positives} positives"
            )
        labels = np.repeat([0, 1], drawn)
        return {part: Counts(*np.bincount(labels[rows]).tolist()) for part, rows in split_rows(labels, fold, 0)}

    def validation_counts(self, train: Counts) -> Counts:
        """Return the largest counts of validation, in the proportion of `train`, that the images left over allow.

        train: the counts of the training part. The images left over are those of the data's own training part without
        them.
        """
        left = Counts(*(have - used for have, used in zip(self.train.counts, train, strict=True)))
        part_left = min(Fraction(have, used) for have, used in zip(left, train, strict=True) if used)
        return Counts(*(floor(part_left * used) for used in train))

    def draw(
        self,
        *,
        level: float,
        protocol: str,
        seed: int,
        fold: Fold | None = None,
        form: InputForm = InputForm.PREPARED,  # noqa: ARG002
    ) -> Split:
        """Draw the split of one run (train, validation, test). The same arguments draw the same split.

        Without a fold, train and test come from the data's own parts of these names. Validation comes from the images
        of the training part that were not drawn. It has the share of positives of train and is as large as these images
        allow. It is empty if a class is used up (protocol ratio; level 0 or 1). With a fold, images are drawn from both
        parts together, the same ones for every fold and repeat, and then split.

        Args:
            level: The share of positives, or their ratio to the negatives, as the protocol says.
            protocol: The rule for the counts: table1, stated or ratio.
            seed: Draws the images and their order.
            fold: The fold of a cross-validation, or None.
            form: Ignored, since pixels are the same in both forms.

        Raises:
            ValueError: The level or the protocol is not admitted, or a class has too few images for them, or fewer
                images than there are folds.
        """
        generator = make_generator(seed, "images")
        if fold is not None:
            wanted = protocol_counts(self, "all", level=level, protocol=protocol)
            pool = self.pool("all")
            orders = [generator.permutation(size) for size in pool.counts]
            samples = self.take_samples(pool, orders, wanted, generator)
            rows_of = dict(split_rows(samples.labels, fold, seed))
            train, validation, test = (samples[rows_of[part]] for part in ("train", "validation", "test"))
            return Split(train, validation, test)
        wanted_of = self.split_counts(level=level, protocol=protocol)
        train_order = [generator.permutation(size) for size in self.train.counts]
        test_order = [generator.permutation(size) for size in self.test.counts]
        after = [order[used:] for order, used in zip(train_order, wanted_of["train"], strict=True)]
        return Split(
            train=self.take_samples(self.train, train_order, wanted_of["train"], generator),
            validation=self.take_samples(self.train, after, wanted_of["validation"], generator),
            test=self.take_samples(self.test, test_order, wanted_of["test"], generator),
        )

    def take_samples(
        self, pool: Pool, order: list[np.ndarray], wanted: Counts, generator: np.random.Generator
    ) -> Samples:
        """Take the first `wanted` samples of each class, and mix them, so that each batch can hold both classes.

        The inputs become float32, divided by the greatest value of a pixel.

        Args:
            pool: The samples to take from.
            order: The rows of the negatives and of the positives, in the order in which they are taken.
            wanted: How many samples of each class are taken.
            generator: Draws the order of the result.
        """
        negatives, positives = order[0][: wanted.negatives], order[1][: wanted.positives]
        inputs = np.concatenate([pool.negatives[negatives], pool.positives[positives]])
        labels, images = np.repeat([0, 1], wanted), np.concatenate([negatives, positives])
        mixed = generator.permutation(len(labels))
        return Samples(inputs[mixed].astype(np.float32) / np.float32(self.white), labels[mixed], images[mixed])

    def example_images(self) -> dict[str, NDArray[np.uint8]]:
        """Return up to 8 training images of each class, by its name, (n, channels, height, width).

        Their values are whole numbers from 0 to 255.
        """
        chosen = {self.negative: self.train.negatives, self.positive: self.train.positives}
        return {name: (pick_examples(images) * (255 / self.white)).astype(np.uint8) for name, images in chosen.items()}


def protocol_counts(dataset: Dataset, part: str, *, level: float, protocol: str) -> Counts:
    """Return the negatives and positives that a protocol takes from `train`, `test` or `all` of a data set.

    Args:
        dataset: The data set.
        part: `train`, `test` or `all`.
        level: The share of positives, or their ratio to the negatives, as the protocol says. It is read as a decimal
            number, so that 0.1 is a tenth exactly.
        protocol: The rule for the counts: table1, stated or ratio.

    Raises:
        ValueError: The protocol is unknown, does not admit the level, or needs more positives than there are.
        KeyError: The part is another one.
    """
    check_level(level, protocol)
    available = dataset.pool_counts(part)
    wanted = PROTOCOLS[protocol].counts(Fraction(str(level)), available)
    if wanted.positives > available.positives:
        images = "images" if part == "all" else f"{part} images"
        raise ValueError(
            f"protocol {protocol} at level {level:g} needs {wanted.positives} {images} of {dataset.positive}, "
            f"and {dataset.name} has {available.positives}"
        )
    return wanted
