"""Brightness: values of more than 8 bits become 0 to 255 by one rule for all images, which the model keeps."""

from dataclasses import dataclass, field
from math import ceil, inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

Range = tuple[float, float]  # the values that become black (0) and white (255)
EARLIER = (0.0, 65535.0)  # the range of 16-bit files for a model of an earlier version, which stored none
LARGEST = 1e37  # beyond it differences of 32-bit floats overflow
SAMPLED = 256  # number of values sampled from each image
SAMPLED_IN_ALL = 2**20  # number of values sampled from all images, at most
# content is lost if so many different values become so few of 256 levels
FEW_LEVELS, MANY_VALUES = 3, 16


@dataclass
class SeenValues:
    """A summary of the values of images that are not uint8. One summary is of all integers, another of all floats."""

    whole: bool  # whether the values are integers
    lowest: tuple[float, str] = (inf, "")  # the smallest value, and the file or array that has it
    highest: tuple[float, str] = (-inf, "")  # the largest value, and the file or array that has it
    weakest_peak: tuple[float, str] = (inf, "")  # the smallest of the largest values of the images
    sample: list[NDArray[Any]] = field(default_factory=list)  # a few values of each image

    def add(self, name: str, values: NDArray[Any], *, several: bool = False) -> None:
        """Add the values of one image to the summary, or of several images along the first axis (`several`).

        name: The file or array, for messages.

        Raises:
            ValueError: A float is NaN, infinite or beyond 1e37; the message names the first.
        """
        if values.dtype.kind == "f":
            wrong = ~((values >= -LARGEST) & (values <= LARGEST))
            refuse_first(name, values, wrong, "which is no brightness: replace it, for example by 0")
        peaks = values.reshape(len(values), -1).max(axis=1) if several else values.max()
        self.lowest = min(self.lowest, (float(values.min()), name))
        self.highest = max(self.highest, (float(np.max(peaks)), name))
        self.weakest_peak = min(self.weakest_peak, (float(np.min(peaks)), name))
        if sum(map(len, self.sample)) < SAMPLED_IN_ALL:
            size = SAMPLED * (len(values) if several else 1)
            self.sample.append(values.ravel()[:: max(1, values.size // size)])

    def describe(self, chosen: Range, but: Range | None = None) -> list[str]:
        """Return a list of one note on the values that become black and white; the list is empty if no image was added.

        Args:
            chosen: The values that become black (0) and white (255).
            but: A usual range, for which the list is empty too.

        Raises:
            ValueError: Nearly all values become the same few of 256 levels, because of outliers.
        """
        if not self.sample:
            return []
        self.check_levels(chosen)
        if chosen == but:
            return []
        kind = "integers of more than 8 bits" if self.whole else "floating-point numbers"
        peaks = f"the brightest value of an image is {self.weakest_peak[0]:g} to {self.highest[0]:g}"
        return [f"In {kind}, {chosen[0]:.10g} is black and {chosen[1]:.10g} is white for all images ({peaks})"]

    def check_levels(self, chosen: Range) -> None:
        """Check that the values do not fall into three or fewer of the 256 levels.

        At least one image must have been added.

        chosen: The values that become black (0) and white (255).

        Raises:
            ValueError: Sixteen or more different values of the sample do, because of outliers.
        """
        sample = np.concatenate(self.sample)
        levels, different = len(np.unique(scale_to_bytes(sample, chosen))), len(np.unique(sample))
        if levels <= FEW_LEVELS and different >= MANY_VALUES:
            raise ValueError(
                f"the images have values of {self.lowest[0]:g} ({self.lowest[1]}) to {self.highest[0]:g} "
                f"({self.highest[1]}), and nearly all become {levels} of 256 grey levels: replace outliers, such as "
                "marks of missing pixels, or save the images with 8 bits"
            )


def choose_range(seen: SeenValues) -> Range:
    """Return the values that become black (0) and white (255), wide enough for new images of the same kind.

    Black is 0, or for negative values the next power of two, such as -1024. White is 1 for floats up to 1. Otherwise
    white is the largest number of 8, 10, 12 … bits (floats: also 2, 4 and 6 bits) that no value exceeds, such as 4095:
    a camera of 12 bits writes its values into 16. Without any values, white is 255 for integers and 1 for floats.
    """
    lowest, highest = min(seen.lowest[0], 0.0), max(seen.highest[0], 0.0)
    black = -(2.0 ** (ceil(-lowest) - 1).bit_length()) if lowest < 0 else 0.0
    if not seen.whole and highest <= 1:
        return black, 1.0
    bits = max(8 if seen.whole else 2, ceil(highest).bit_length())
    return black, 2.0 ** (bits + bits % 2) - 1


def scale_to_bytes(values: NDArray[Any], chosen: Range) -> NDArray[np.uint8]:
    """Map black to 0 and white to 255, linearly. Floats are rounded, integers are rounded down.

    Args:
        values: Any shape. All must lie in the range, which is not checked.
        chosen: The values of black and white.
    """
    black, white = chosen
    scaled = (values - black) * (255 / (white - black))
    return (np.rint(scaled) if values.dtype.kind == "f" else scaled).astype(np.uint8)


def check_range(name: str, values: NDArray[Any], chosen: Range) -> None:
    """Check that all values lie between black and white.

    Args:
        name: The file or array, for the message.
        values: Any shape.
        chosen: The values of black and white.

    Raises:
        ValueError: A value does not, or is NaN; the message names the first.
    """
    black, white = chosen
    advice = f"and values must lie between {black:g} (black) and {white:g} (white), as in training"
    refuse_first(name, values, ~((values >= black) & (values <= white)), advice)


def refuse_first(name: str, values: NDArray[Any], wrong: NDArray[np.bool_], why: str) -> None:
    """Raise an error for the first wrong value; do nothing if none is wrong.

    Args:
        name: The file or array, which begins the message.
        values: Any shape.
        wrong: The same shape; true for wrong values.
        why: Ends the message.

    Raises:
        ValueError: A value is wrong; the message gives the value and its index.
    """
    if wrong.any():
        index = np.unravel_index(np.argmax(wrong), wrong.shape)
        raise ValueError(f"{name} has the value {values[index]:g} at {list(map(int, index))}, {why}")


def check_not_fractions(name: str, highest: float, chosen: Range) -> None:
    """Check that floats up to 1 do not meet a white of 255 or more, which would make all of them black.

    Args:
        name: The file or array, for the message.
        highest: The largest of its floats. 0 and infinity pass.
        chosen: The values of black and white.

    Raises:
        ValueError: The largest float is above 0 and at most 1, and white is 255 or more.
    """
    black, white = chosen
    if white >= 255 and 0 < highest <= 1:
        raise ValueError(
            f"{name} has values up to {highest:g} only, but in other images {black:g} is black and {white:g} is white: "
            f"multiply its values by {white:g}"
        )
