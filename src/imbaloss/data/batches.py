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

    counts: samples of each class. Only a class too small for that is repeated. Raises ValueError where a batch cannot
    hold so many of each.
    """
    samples = sum(counts)
    size = min(size, samples)
    largest = int(np.argmax(counts))
    wanted = [max(count, -(-fewest * samples // size)) if count else 0 for count in counts]
    wanted[largest] = samples - (sum(wanted) - wanted[largest])
    if wanted[largest] * size < fewest * samples:
        raise ValueError(f"a batch of {size} cannot hold {fewest} or more samples of each class; take a larger batch")
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
    """(N,): the rows of an epoch, with so many of each class, spread over its batches as evenly as whole samples go.

    labels (N,), 0 to C - 1. A class is gone through in random order, and again in another one when it is used up.
    """
    samples, largest = len(labels), int(np.argmax(np.bincount(labels)))
    ends = np.append(np.arange(min(size, samples), samples, size), samples)
    walks, passed = [], []  # of each class: its rows, and how many of them are in the batches up to each
    for label, number in enumerate(wanted):
        walks.append(walk(np.flatnonzero(labels == label), number, generator))
        passed.append(np.floor(ends * number / samples + generator.random()).astype(np.int64).clip(max=number))
    others = sum(passed) - passed[largest]
    passed[largest] = np.maximum.accumulate(ends - others).clip(0, wanted[largest])
    batch = [
        np.searchsorted(before, np.arange(number), side="right") for before, number in zip(passed, wanted, strict=True)
    ]
    return np.concatenate(walks)[np.argsort(np.concatenate(batch), kind="stable")]


def walk(of_class: Rows, number: int, generator: np.random.Generator) -> Rows:
    """So many rows of a class: all of them in random order, again and again."""
    rounds = -(-number // len(of_class)) if number else 0
    return np.concatenate([of_class[:0], *(generator.permutation(of_class) for _ in range(rounds))])[:number]
