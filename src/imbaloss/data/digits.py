"""The 8 x 8 digits that come with scikit-learn (Alpaydin and Kaynak 1998): real images that need no network."""

import numpy as np
from numpy.typing import NDArray

from imbaloss.data.archives import md5_of

GROUPS = {"even": (0, 2, 4, 6, 8), "odd": (1, 3, 5, 7, 9)}
TEST_SHARE = 3  # the last third of each digit in the file's order, written by other people than the first, is the test


class Digits:
    """All 1797 images."""

    white = 16

    def __init__(self) -> None:
        """Load the images from scikit-learn."""
        from sklearn.datasets import load_digits  # here, since it takes most of a second

        bunch = load_digits()
        self.pixels: NDArray[np.uint8] = bunch.images.astype(np.uint8)[:, None]  # (N, 1, 8, 8), 0 to 16
        self.digit: NDArray[np.int64] = bunch.target
        self.checksum = md5_of(self.pixels.tobytes() + self.digit.astype(np.uint8).tobytes())

    def images(self, part: str, name: str) -> NDArray[np.uint8]:
        """The images of a digit or of a group of digits in `train` or `test`, digit by digit."""
        return np.concatenate([self._of_digit(part, digit) for digit in GROUPS.get(name) or (int(name),)])

    def _of_digit(self, part: str, digit: int) -> NDArray[np.uint8]:
        """Return the images of a digit: the last third in the file's order for `test`, the others for `train`."""
        found: NDArray[np.uint8] = self.pixels[self.digit == digit]
        first_of_test = len(found) - len(found) // TEST_SHARE
        return found[:first_of_test] if part == "train" else found[first_of_test:]
