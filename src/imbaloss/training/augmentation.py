"""Augmentation: images flipped and shifted anew in each epoch, on the whole stack at once.

Source: He et al. 2016 (arXiv 1512.03385), section 4.2, with a shift of 4.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F


class Augmentation:
    """Draws of all samples of an epoch, (N, 3) each: whether to flip, and where a window begins, down and across.

    An image is what is seen of it, with `shift` zeros on each side, through a window of its size.
    """

    def __init__(self, inputs: Tensor, *, flip: bool, shift: int) -> None:
        """inputs (N, channels, height, width)."""
        self.flip, self.shift = flip, shift
        height, width = inputs.shape[2:]
        padded = F.pad(inputs, [shift] * 4)
        self.windows = padded.unfold(2, height, 1).unfold(3, width, 1)  # (N, channels, down, across, height, width)

    def draws(self, samples: int, generator: np.random.Generator) -> NDArray[np.int64]:
        """Of so many samples."""
        flips = generator.integers(0, 1 + self.flip, samples)
        places = generator.integers(0, 2 * self.shift + 1, (samples, 2))
        return np.column_stack([flips, places])

    def __call__(self, rows: Tensor, draws: Tensor) -> Tensor:
        """The images of rows (S, B), by draws (S, B, 3): (S, B, channels, height, width)."""
        flips, down, across = draws.unbind(-1)
        found = self.windows[rows, :, down, across]
        return torch.where(flips.bool()[..., None, None, None], found.flip(-1), found) if self.flip else found
