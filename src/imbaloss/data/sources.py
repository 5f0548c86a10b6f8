"""The protocol of data from which the runs of a study draw their splits."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from imbaloss.data.samples import Counts, InputForm, Split
from imbaloss.data.splits import Fold


class Source(Protocol):
    """Samples of two classes from which each run draws its split. A `Dataset` is a source."""

    @property
    def name(self) -> str:
        """The name of the data, such as "tree_1", in tables and messages."""

    @property
    def negative(self) -> str:
        """The name of the negative class, label 0."""

    @property
    def positive(self) -> str:
        """The name of the positive class, label 1."""

    @property
    def checksum(self) -> str:
        """The checksum of the content, a text, which is stored with the results of each run."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one input; three axes (channels, height, width) are an image."""

    @property
    def seed_decides_sizes(self) -> bool:
        """Whether the number of samples of a class in train, validation or test may differ from seed to seed."""

    def with_positive(self, positive: str) -> "Source":
        """Return the same samples with the named class as the positive one.

        Raises:
            ValueError: There is no such class.
        """

    def describe_cell(self, level: float, protocol: str) -> str:
        """Write in a few words, for messages, which data a level and a protocol give.

        level: the share of positives, or their ratio to the negatives, as the protocol (the rule for the counts) says.
        """

    def split_counts(
        self, *, level: float, protocol: str, seed: int = 0, fold: Fold | None = None
    ) -> dict[str, Counts]:
        """Return the number of samples of each class in train, validation and test, by these names, that `draw` gives.

        Args:
            level: The share of positives, or their ratio to the negatives, as the protocol says.
            protocol: The rule for the counts.
            seed: The seed of the run.
            fold: The fold of a cross-validation; None for one split a seed.

        Raises:
            ValueError: The source cannot give such a split.
        """

    def draw(
        self,
        *,
        level: float,
        protocol: str,
        seed: int,
        fold: Fold | None = None,
        form: InputForm = InputForm.PREPARED,
    ) -> Split:
        """Draw train, validation and test of one run; the same rows for equal arguments, whatever the method.

        Args:
            level: The share of positives, or their ratio to the negatives, as the protocol says.
            protocol: The rule for the counts.
            seed: The seed of the run.
            fold: The fold of a cross-validation; None for one split a seed.
            form: The form of the inputs.

        Raises:
            ValueError: The source cannot give such a split.
        """

    def example_images(self) -> dict[str, NDArray[np.uint8]]:
        """Return a few images of each class, by its name, (n, channels, height, width), as whole numbers 0 to 255.

        It is called only if the inputs are images.
        """
