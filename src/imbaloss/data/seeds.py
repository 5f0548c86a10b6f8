"""Named streams of random numbers: what varies with a seed, and nothing else, is drawn from its stream."""

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """The stream of that name: "images" (which are drawn), "folds R" (how they are split in repeat R), "resampling" and
    "mixing" (what a sampler adds or leaves out, and in which order), "weights" (initial), "batches" (their order in
    training), "tune" and "test" (the order in which a part is read)."""
    return np.random.default_rng(np.random.SeedSequence([seed, *name.encode()]))


def state(seed: int, name: str) -> np.random.RandomState:
    """The stream for libraries that take no generator."""
    return np.random.RandomState(stream(seed, name).bit_generator)
