"""Small splits and members for the tests of the loop."""

import numpy as np

from imbaloss.data import Samples, Split
from imbaloss.training import Recipe

RECIPE = Recipe(hidden=(7, 5), epochs=13, train_batch=16, lr=0.5, precision="float64", scaling="standard")


def split_of(seed: int, samples: int = 40, shape: tuple[int, ...] = (3, 4, 5)) -> Split:
    """Samples of which a quarter is positive, and a little brighter; fewer of them than inputs unless told."""
    generator = np.random.default_rng(seed)
    labels = (np.arange(samples) % 4 == 0).astype(np.int64)
    inputs = (generator.random((samples, *shape)) + 0.3 * labels.reshape(-1, 1, 1, 1)).astype(np.float32)
    part = Samples(inputs, labels)
    return Split(part, part, part)
