"""The 8 x 8 digits that come with scikit-learn (Alpaydin and Kaynak 1998): real images that need no network."""

import numpy as np
from numpy.typing import NDArray

from imbaloss.data.archives import compute_md5

GROUPS = {"even": (0, 2, 4, 6, 8), "odd": (1, 3, 5, 7, 9)}
TEST_SHARE = 3  # the last third of each digit's images is the test part; other people wrote them than the first ones


class Digits:
    """All 1797 images of scikit-learn's digits."""

    white = 16  # the greatest value of a pixel

    def __init__(self) -> None:
        """Load all images from scikit-learn, which needs no network, and compute their checksum."""
        from sklearn.datasets import load_digits  # here, since it takes most of a second

        bunch = load_digits()
        self.pixels: NDArray[np.uint8] = bunch.images.astype(np.uint8)[:, None]  # (N, 1, 8, 8), 0 to 16
        self.digit: NDArray[np.int64] = bunch.target
        self.checksum = compute_md5(self.pixels.tobytes() + self.digit.astype(np.uint8).tobytes())

    def select_images(self, part: str, name: str) -> NDArray[np.uint8]:
        """Return the images of a digit, or of the group "even" or "odd", digit by digit, (n, 1, 8, 8), 0 to 16.

        part: `train`; any other text gives the test images. Raises ValueError for a name that is neither a group nor a
        whole number; a number without images gives none.
        """
        return np.concatenate([self._select_digit(part, digit) for digit in GROUPS.get(name) or (int(name),)])

    def _select_digit(self, part: str, digit: int) -> NDArray[np.uint8]:
        """Return the images of a digit, (n, 1, 8, 8).

        In the file's order, `train` is the first two thirds; any other part is the last third, rounded down.
        """
        images: NDArray[np.uint8] = self.pixels[self.digit == digit]
        first_of_test = len(images) - len(images) // TEST_SHARE
        return images[:first_of_test] if part == "train" else images[first_of_test:]
