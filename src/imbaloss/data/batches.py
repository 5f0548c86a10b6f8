"""Batch samplers: training batches that hold some samples of each class, drawn anew in each epoch.

Rows are sample numbers. The first `size` rows of an epoch are its first batch, and so on. An epoch has as many rows as
the training part has samples. If rare classes are repeated, the largest class has fewer rows than samples.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


def count_stratified_rows(counts: Sequence[int], size: int, fewest: int = 1) -> tuple[int, ...]:
    """Return how many rows (sample numbers) of each class an epoch has, (C,), for stratified batches.

    Each full batch then holds `fewest` or more samples of each class. Classes with too few samples get as many rows as
    that needs, at the expense of the largest class. Other classes have a row for each sample. An empty class has no
    rows.

    Args:
        counts: (C,), the samples of each class.
        size: The batch size; more than all samples means all of them.
        fewest: The samples of each class in a full batch, at least.

    Raises:
        ValueError: The batches are too small for that.
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


def count_balanced_rows(counts: Sequence[int]) -> tuple[int, ...]:
    """Return how many rows (sample numbers) of each class an epoch has, (C,), for balanced batches.

    Every class with samples has equally many; the largest class also gets the rows that are left over. An empty class
    has no rows.

    counts: (C,), the samples of each class. Raises ZeroDivisionError if all are 0.

    Source: class-aware sampling, Shen, Lin and Huang 2016 (arXiv 1512.05830), section 3.2.
    """
    even, rest = divmod(sum(counts), int(np.count_nonzero(counts)))
    wanted = [even if count else 0 for count in counts]
    wanted[int(np.argmax(counts))] += rest
    return tuple(wanted)


def draw_rows(labels: NDArray[np.int64], wanted: Sequence[int], size: int, generator: np.random.Generator) -> Rows:
    """Draw the rows (sample numbers) of an epoch, (N,), batch after batch.

    Each batch has its share of every class, rounded down. The remaining rows of all classes are spread evenly over the
    places that are left. Each class is passed through in random order, and again in another order when it is used up.

    Args:
        labels: (N,), 0 to C - 1.
        wanted: (C,), the rows of each class; they sum to N.
        size: The batch size.
        generator: Draws the orders.
    """
    ends = np.append(np.arange(min(size, len(labels)), len(labels), size), len(labels))
    sizes = np.diff(ends, prepend=0)
    shares = sizes[:, None] * np.array(wanted) // len(labels)  # (batches, C)
    left = np.array(wanted) - shares.sum(axis=0)
    places = np.concatenate([(np.arange(n) + generator.random()) / max(n, 1) for n in left])
    rest = np.repeat(np.arange(len(wanted)), left)[np.argsort(places, kind="stable")]
    np.add.at(shares, (np.repeat(np.arange(len(sizes)), sizes - shares.sum(axis=1)), rest), 1)
    walks = [draw_class_rows(np.flatnonzero(labels == label), number, generator) for label, number in enumerate(wanted)]
    batch = np.concatenate([np.repeat(np.arange(len(sizes)), of_class) for of_class in shares.T])
    return np.concatenate(walks)[np.argsort(batch, kind="stable")]


def draw_class_rows(of_class: Rows, number: int, generator: np.random.Generator) -> Rows:
    """Draw that many rows (sample numbers) of a class, (number,).

    They are all rows in random order, then again in another order, and so on. Raises ZeroDivisionError if rows are
    drawn from a class without any.

    Args:
        of_class: The rows of the class.
        number: How many rows are drawn; 0 gives none.
        generator: Draws the orders.
    """
    rounds = -(-number // len(of_class)) if number else 0
    return np.concatenate([of_class[:0], *(generator.permutation(of_class) for _ in range(rounds))])[:number]
