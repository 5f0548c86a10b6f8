"""A data set whose images can be told apart."""

import numpy as np

from imbaloss.data import Dataset, Pool


def dataset(negatives: int = 50, positives: int = 50, test: int = 20) -> Dataset:
    """Images whose first pixel is their number, and whose second is their class."""

    def images(number: int, label: int, first: int) -> np.ndarray:
        found = np.zeros((number, 1, 1, 2), np.uint8)
        found[:, 0, 0] = [[first + index, label] for index in range(number)]
        return found

    pools = [
        Pool(images(n, 0, first), images(p, 1, first)) for n, p, first in ((negatives, positives, 0), (test, test, 200))
    ]
    return Dataset("toy", "cat", "dog", *pools, white=255, checksum="")
