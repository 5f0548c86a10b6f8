"""Values of more than 8 bits become 0 to 255 by one rule for all images of a data set, which goes with the model."""

from dataclasses import dataclass, field
from math import ceil, inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

Range = tuple[float, float]  # the values that become black (0) and white (255)
EARLIER = (0.0, 65535.0)  # the range of 16-bit files for a model of an earlier version, which stored none
LARGEST = 1e37  # beyond it differences of 32-bit floats overflow
SAMPLED = 256  # values of an image by which it is judged what is left of the whole set
SAMPLED_IN_ALL = 2**20
FEW_LEVELS, MANY_VALUES = 3, 16  # so few of 256 levels of so many different values mean that the content is lost


@dataclass
class SeenValues:
    """The values of the images seen so far that are not of type uint8: all of them integers, or all of them floats."""

    whole: bool  # whether they are integers
    lowest: tuple[float, str] = (inf, "")  # and the file or array that has it
    highest: tuple[float, str] = (-inf, "")
    weakest_peak: tuple[float, str] = (inf, "")  # the smallest of the largest values of the images
    sample: list[NDArray[Any]] = field(default_factory=list)

    def add(self, name: str, values: NDArray[Any], *, several: bool = False) -> None:
        """Take in the values of one image, or of several along the first axis.

        Raises ValueError for NaN, infinity and numbers beyond 1e37, with the place of the first.
        """
        if values.dtype.kind == "f":
            wrong = ~((values >= -LARGEST) & (values <= LARGEST))
            refuse_first(name, values, wrong, "which is no brightness: replace it, for example by 0")
        peaks = values.reshape(len(values), -1).max(axis=1) if several else values.max()
        self.lowest = min(self.lowest, (float(values.min()), name))
        self.highest = max(self.highest, (float(np.max(peaks)), name))
        self.weakest_peak = min(self.weakest_peak, (float(np.min(peaks)), name))
        if sum(map(len, self.sample)) < SAMPLED_IN_ALL:
            wanted = SAMPLED * (len(values) if several else 1)
            self.sample.append(values.ravel()[:: max(1, values.size // wanted)])

    def describe(self, chosen: Range, but: Range | None = None) -> list[str]:
        """Say which values became black and white; nothing where none were seen, or for the range `but`.

        Raises ValueError where nearly all values become the same few of the 256 levels, because of outliers.
        """
        if not self.sample:
            return []
        self.check_levels(chosen)
        if chosen == but:
            return []
        what = "integers of more than 8 bits" if self.whole else "floating-point numbers"
        peaks = f"the brightest value of an image is {self.weakest_peak[0]:g} to {self.highest[0]:g}"
        return [f"of {what}, {chosen[0]:.10g} is black and {chosen[1]:.10g} is white in all images ({peaks})"]

    def check_levels(self, chosen: Range) -> None:
        """Raise ValueError where nearly all values become the same few of the 256 levels."""
        sample = np.concatenate(self.sample)
        levels, different = len(np.unique(scale_to_bytes(sample, chosen))), len(np.unique(sample))
        if levels <= FEW_LEVELS and different >= MANY_VALUES:
            raise ValueError(
                f"the images have values of {self.lowest[0]:g} ({self.lowest[1]}) to {self.highest[0]:g} "
                f"({self.highest[1]}), and nearly all become {levels} of 256 grey levels: replace outliers, such as "
                "marks of missing pixels, or save the images with 8 bits"
            )


def choose_range(seen: SeenValues) -> Range:
    """Return the values that become black and white, wide enough for new images of the same make.

    Black is 0; where values are negative it is the next power of two, as -1024. White of floats up to 1 is 1. Other
    values are taken for numbers of 8 bits, 10 bits, 12 bits and so on (floats: also of 2, 4 and 6 bits), and white is
    the largest of these, as 4095: a camera of 12 bits writes its values into 16. Where no values were seen, white is
    255 of integers, 1 of floats.
    """
    lowest, highest = min(seen.lowest[0], 0.0), max(seen.highest[0], 0.0)
    black = -(2.0 ** (ceil(-lowest) - 1).bit_length()) if lowest < 0 else 0.0
    if not seen.whole and highest <= 1:
        return black, 1.0
    bits = max(8 if seen.whole else 2, ceil(highest).bit_length())
    return black, 2.0 ** (bits + bits % 2) - 1


def scale_to_bytes(values: NDArray[Any], chosen: Range) -> NDArray[np.uint8]:
    """Map black to 0 and white to 255; floats are rounded, integers are rounded down. All must lie in the range."""
    black, white = chosen
    scaled = (values - black) * (255 / (white - black))
    return (np.rint(scaled) if values.dtype.kind == "f" else scaled).astype(np.uint8)


def check_range(name: str, values: NDArray[Any], chosen: Range) -> None:
    """Raise ValueError for the first value, or NaN, outside of the range."""
    black, white = chosen
    advice = f"and values must lie between {black:g} (black) and {white:g} (white), as those that were learned from"
    refuse_first(name, values, ~((values >= black) & (values <= white)), advice)


def refuse_first(name: str, values: NDArray[Any], wrong: NDArray[np.bool_], why: str) -> None:
    """Raise ValueError for the first wrong value, with its index; return where none is wrong."""
    if wrong.any():
        index = np.unravel_index(np.argmax(wrong), wrong.shape)
        raise ValueError(f"{name} has the value {values[index]:g} at {list(map(int, index))}, {why}")


def check_not_fractions(name: str, highest: float, chosen: Range) -> None:
    """Raise ValueError where floats go up to 1 and white is 255 or more: all of them would be black."""
    black, white = chosen
    if white >= 255 and 0 < highest <= 1:
        raise ValueError(
            f"{name} has values up to {highest:g} only, and in other images {black:g} is black and {white:g} is white: "
            f"multiply by {white:g}"
        )
