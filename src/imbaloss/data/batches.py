"""Batch samplers: training batches with some of each class, drawn anew in each epoch from the part as it is.

Rows are numbers of samples; the first `size` of them are the first batch, and so on. An epoch has as many as there are
samples, whatever the sampler: where the rare classes are repeated, the largest class gives way.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


def stratified(counts: Sequence[int], size: int, fewest: int = 1) -> tuple[int, ...]:
    """How many rows of each class an epoch has, so that each full batch has the class's share, and `fewest` at least.

    counts: samples of each class. Only a class too small for that is repeated. Raises ValueError where batches are too
    small.
    """
    samples = sum(counts)
    size = min(size, samples)
    largest = int(np.argmax(counts))
    wanted = [max(count, -(-fewest * samples // size)) if count else 0 for count in counts]
    wanted[largest] = samples - (sum(wanted) - wanted[largest])
    if wanted[largest] * size < fewest * samples:
        raise ValueError(
            f"batches of {size} are too small for {fewest} or more samples of each class; take larger ones"
        )
    return tuple(wanted)


def balanced(counts: Sequence[int]) -> tuple[int, ...]:
    """How many rows of each class an epoch has, the same of every class that is there.

    Source: class-aware sampling, Shen, Lin and Huang 2016 (arXiv 1512.05830), section 3.2.
    """
    there = [place for place, count in enumerate(counts) if count]
    even, rest = divmod(sum(counts), len(there))
    wanted = [even if count else 0 for count in counts]
    wanted[int(np.argmax(counts))] += rest
    return tuple(wanted)


def rows(labels: NDArray[np.int64], wanted: Sequence[int], size: int, generator: np.random.Generator) -> Rows:
    """(N,): the rows of an epoch, with so many of each class.

    Each batch has its share of every class, rounded down, and in the few places that this leaves what is left of the
    classes, spread evenly. labels (N,), 0 to C - 1. A class is gone through in random order, and again in another one
    when it is used up.
    """
    ends = np.append(np.arange(min(size, len(labels)), len(labels), size), len(labels))
    sizes = np.diff(ends, prepend=0)
    shares = sizes[:, None] * np.array(wanted) // len(labels)  # (batches, C)
    left = np.array(wanted) - shares.sum(axis=0)
    places = np.concatenate([(np.arange(n) + generator.random()) / max(n, 1) for n in left])
    rest = np.repeat(np.arange(len(wanted)), left)[np.argsort(places, kind="stable")]
    np.add.at(shares, (np.repeat(np.arange(len(sizes)), sizes - shares.sum(axis=1)), rest), 1)
    walks = [walk(np.flatnonzero(labels == label), number, generator) for label, number in enumerate(wanted)]
    batch = np.concatenate([np.repeat(np.arange(len(sizes)), of_class) for of_class in shares.T])
    return np.concatenate(walks)[np.argsort(batch, kind="stable")]


def walk(of_class: Rows, number: int, generator: np.random.Generator) -> Rows:
    """So many rows of a class: all of them in random order, again and again."""
    rounds = -(-number // len(of_class)) if number else 0
    return np.concatenate([of_class[:0], *(generator.permutation(of_class) for _ in range(rounds))])[:number]
