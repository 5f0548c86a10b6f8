"""Named streams of random numbers: what varies with a seed, and nothing else, is drawn from its stream."""

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """The stream of that name: "images" (which are drawn), "weights" (initial), "batches" (their order in training),
    "tune" and "test" (the order in which a part is read)."""
    return np.random.default_rng(np.random.SeedSequence([seed, *name.encode()]))
