"""What a study needs of the data that its runs draw their splits from."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from imbaloss.data.samples import Counts, Split
from imbaloss.data.splits import Fold


class Source(Protocol):
    """Samples of two classes from which each run draws its split. A `Dataset` is one, and so may be anyone's data."""

    @property
    def name(self) -> str: ...

    @property
    def negative(self) -> str: ...

    @property
    def positive(self) -> str: ...

    @property
    def checksum(self) -> str:
        """The checksum of the content, which is stored with each run."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one input; three axes (channels, height, width) are an image."""

    @property
    def seed_decides_sizes(self) -> bool:
        """Whether splits of other seeds may have other numbers of samples of a class."""

    def with_positive(self, positive: str) -> "Source":
        """Return the same samples with the named class as the positive one.

        Raises:
            ValueError: There is no such class.
        """

    def describe_cell(self, level: float, protocol: str) -> str:
        """Name what is drawn at a level under a protocol, in messages."""

    def split_counts(
        self, *, level: float, protocol: str, seed: int = 0, fold: Fold | None = None
    ) -> dict[str, Counts]:
        """Return the counts of train, validation and test, as `draw` makes them.

        Raises:
            ValueError: The source cannot give such a split.
        """

    def draw(self, *, level: float, protocol: str, seed: int, fold: Fold | None = None) -> Split:
        """Draw the split of one run, the same for each method."""

    def example_images(self) -> dict[str, NDArray[np.uint8]]:
        """Return a few images of each class, by its name, (n, channels, height, width), 0 to 255.

        It is asked only of sources whose inputs are images.
        """
