"""Small splits and members for the tests of the loop."""

import numpy as np
import pytest
import torch

from imbaloss.data import Samples, Split
from imbaloss.training import Recipe
from imbaloss.training.bfloat16 import has_bfloat16_instructions

RECIPE = Recipe(hidden=(7, 5), epochs=13, train_batch=16, lr=0.5, precision="float64", scaling="standard")
needs_bfloat16 = pytest.mark.skipif(
    not has_bfloat16_instructions(torch.device("cpu")), reason="this processor has no instructions for bfloat16"
)


def split_of(seed: int, samples: int = 40, shape: tuple[int, ...] = (3, 4, 5)) -> Split:
    """Samples of which a quarter is positive, and a little brighter; fewer of them than inputs unless told."""
    generator = np.random.default_rng(seed)
    labels = (np.arange(samples) % 4 == 0).astype(np.int64)
    inputs = (generator.random((samples, *shape)) + 0.3 * labels.reshape(-1, 1, 1, 1)).astype(np.float32)
    part = Samples(inputs, labels)
    return Split(part, part, part)
