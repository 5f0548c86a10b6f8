"""Augmentation: images flipped and shifted anew in each epoch, on the whole stack at once.

Source: He et al. 2016 (arXiv 1512.03385), section 4.2, with a shift of 4.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from imbaloss.data.seeds import make_generator


class Augmentation:
    """Flips and shifts images.

    An image is padded with `shift` zeros on each side; a shifted image is a window of the original size in it. A move
    of a sample is three numbers: whether it is flipped, and the first row and column of its window.
    """

    def __init__(self, inputs: Tensor, *, flip: bool, shift: int) -> None:
        """Prepare images (N, channels, height, width), which are padded with `shift` zeros on each side.

        Args:
            inputs: The images.
            flip: Whether half of the images, at random, are flipped left to right.
            shift: The largest number of pixels by which an image is moved; 0 for none.
        """
        self.flip, self.shift = flip, shift
        height, width = inputs.shape[2:]
        padded = F.pad(inputs, [shift] * 4)
        self.streams: dict[int, np.random.Generator] = {}  # seed -> generator
        self.windows = padded.unfold(2, height, 1).unfold(3, width, 1)  # (N, channels, down, across, height, width)

    def draw_moves(self, samples: int, generator: np.random.Generator) -> NDArray[np.int64]:
        """Draw a move for each of that many samples, (samples, 3).

        A move is 1 or 0 for flipped or not, and the first row and column of the window in the padded image.
        """
        flips = generator.integers(0, 1 + self.flip, samples)
        places = generator.integers(0, 2 * self.shift + 1, (samples, 2))
        return np.column_stack([flips, places])

    def draw_epoch(self, seeds: Sequence[int], samples: int) -> NDArray[np.int64]:
        """Draw the moves (flip, row, column) of the next epoch for each member (training) of a stack, (S, N, 3).

        Members of one seed get the same moves. Each call continues the random streams of the seeds.

        Args:
            seeds: The seed of each member, (S,).
            samples: N.
        """
        drawn = {}
        for seed in dict.fromkeys(seeds):
            if seed not in self.streams:
                self.streams[seed] = make_generator(seed, "augmentation")
            drawn[seed] = self.draw_moves(samples, self.streams[seed])
        return np.stack([drawn[seed] for seed in seeds])

    def __call__(self, rows: Tensor, moves: Tensor) -> Tensor:
        """Return the images in rows (S, B) of the data, flipped and shifted: (S, B, channels, height, width).

        moves: (S, B, 3), whether an image is flipped, and the row and column at which its window begins.
        """
        flips, down, across = moves.unbind(-1)
        images = self.windows[rows, :, down, across]
        return torch.where(flips.bool()[..., None, None, None], images.flip(-1), images) if self.flip else images
