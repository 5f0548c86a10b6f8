"""Histograms of oriented gradients with small colours: a description of an image that needs no training.

Source: Dalal and Triggs 2005, CVPR, by scikit-image.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

CELLS = 4  # number of cells along each side, in which directions of edges are counted
DIRECTIONS = 9  # number of directions of edges
BLOCK = 2  # number of cells along each side of a block, in which counts are normalised
COLOURS = 8  # number of areas along each side, of which the mean colour is taken
# what makes the standard deviations of the values about 1, for learners that do not scale them
EDGE_SCALE, COLOUR_SCALE = 10.0, 4.0


def hog(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Describe images by histograms of oriented gradients (HOG) and by mean colours.

    Edges are counted by direction in 4 x 4 cells, each with the colour whose edge is strongest. The colours are the
    means of 8 x 8 areas. So shapes and coarse colours stay, and D hardly depends on the size of the images: D is 516
    for colours, and 388 for gray, if height and width are multiples of 8. The description of an image depends on that
    image alone.

    Args:
        images: (N, C, H, W), from 0 to 255; C is 1 or 3. Smaller images than 8 x 8 have fewer cells and areas.

    Returns:
        The descriptions, (N, D), for N = 0 too.
    """
    width = len(describe_image(np.zeros(images.shape[1:], np.uint8)))
    descriptions = np.empty((len(images), width), np.float32)
    for place, image in enumerate(images):
        descriptions[place] = describe_image(image)
    return descriptions


def describe_image(image: NDArray[np.uint8]) -> NDArray[np.floating[Any]]:
    """Return the description of one image (C, H, W), from 0 to 255: (D,), edges and then colours."""
    from skimage.feature import hog as count_edges  # here, since it takes a second

    sides = np.array(image.shape[1:])
    cell = np.maximum(sides // CELLS, 1)
    block = np.minimum(sides // cell, BLOCK)
    edges = count_edges(image, DIRECTIONS, tuple(cell), tuple(block), channel_axis=0)
    return np.concatenate([edges * EDGE_SCALE, compute_mean_colours(image).ravel() * (COLOUR_SCALE / 255)])


def compute_mean_colours(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the mean colours of 8 x 8 areas of an image (C, H, W): (C, 8, 8), or fewer for a smaller image."""
    means = image.astype(np.float64)
    for axis, side in enumerate(image.shape[1:], start=1):
        starts = np.linspace(0, side, min(COLOURS, side), endpoint=False).astype(int)
        sizes = np.diff([*starts, side])
        sums = np.add.reduceat(means, starts, axis=axis)
        means = sums / (sizes[:, None] if axis == 1 else sizes)
    return means
