"""Named streams of random numbers: everything that varies with a seed is drawn from a stream of its own."""

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the generator of that name; equal seeds and names give equal streams.

    Names in use: "images" (which are drawn), "folds R" (the division into folds in repeat R), "resampling" and "mixing"
    (what a sampler adds or leaves out, and in which order), "weights" (initial), "batches" (their order in training),
    "augmentation", "tune" and "test" (the order in which the validation and the test part are read), "validation" (what
    the classifier sets apart).
    """
    return np.random.default_rng(np.random.SeedSequence([seed, *name.encode()]))


def state(seed: int, name: str) -> np.random.RandomState:
    """Return the stream for libraries that take a RandomState and no generator."""
    return np.random.RandomState(stream(seed, name).bit_generator)
