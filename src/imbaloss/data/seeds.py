"""Named streams of random numbers: everything that varies with a seed has a stream of its own."""

import numpy as np


def make_generator(seed: int, name: str) -> np.random.Generator:
    """Make the generator of a named stream. Equal seeds and names give equal streams.

    Names in use:
        images: The images that are drawn.
        folds R: The division into folds in repeat R.
        resampling: The samples that a sampler adds or leaves out.
        mixing: The order of the samples after a sampler.
        weights: The initial weights.
        batches: The order of the samples in training.
        augmentation: The flips and shifts of images.
        tune: The order in which the validation part is read. test: The same for the test part.
        permutations F: The rows that change places to tell what columns matter, in fold F.
        background: The rows that explained rows are compared with.
        validation: The validation part that the classifier sets apart.
        set apart: The rows of one's own data that choose a threshold with a guarantee.
    """
    return np.random.default_rng(np.random.SeedSequence([seed, *name.encode()]))


def derive_seed(seed: int, number: int) -> int:
    """Derive the seed of a further network that is trained like that of a seed. Number 0 gives the seed itself.

    Other numbers give hashes below 2^64, so that neighbouring seeds have no seed in common.
    """
    if number == 0:
        return seed
    return int(np.random.SeedSequence([seed, number, *b"networks"]).generate_state(1, np.uint64)[0])


def make_random_state(seed: int, name: str) -> np.random.RandomState:
    """Make the generator of a named stream as a RandomState, for libraries that take no Generator.

    Equal seeds and names give equal streams, those of `make_generator`.
    """
    return np.random.RandomState(make_generator(seed, name).bit_generator)
