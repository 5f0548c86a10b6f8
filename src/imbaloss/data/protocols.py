"""Protocols: how many images of each class a level of imbalance means, and the draw of those images."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import floor

import numpy as np

from imbaloss.data.dataset import Counts, Dataset, Pool, Samples, Split
from imbaloss.data.seeds import stream
from imbaloss.nearest import nearest


def table1_counts(level: Fraction, available: Counts) -> Counts:
    """P = level x both classes together, N = the size of one class - P: the counts behind the report's Table 1."""
    size = min(available)
    positives = rounded(level * 2 * size)
    return Counts(size - positives, positives)


def stated_counts(level: Fraction, available: Counts) -> Counts:
    """P = level x the size of one class, N = that size - P: the counting rule that the report states."""
    size = min(available)
    positives = rounded(level * size)
    return Counts(size - positives, positives)


def ratio_counts(level: Fraction, available: Counts) -> Counts:
    """N = all of the majority, P = level x N: the rule of Wang et al. 2016."""
    return Counts(available.negatives, rounded(level * available.negatives))


def rounded(number: Fraction) -> int:
    """To the nearest whole number, halves up."""
    return floor(number + Fraction(1, 2))


@dataclass(frozen=True)
class Protocol:
    counts: Callable[[Fraction, Counts], Counts]
    highest_level: Fraction | None  # None: as far as the images of the rare class go


PROTOCOLS = {
    "table1": Protocol(table1_counts, Fraction(1, 2)),
    "stated": Protocol(stated_counts, Fraction(1)),
    "ratio": Protocol(ratio_counts, None),
}


def check_level(level: float, protocol: str) -> None:
    """Raises ValueError for an unknown protocol and for a level that it does not admit."""
    if protocol not in PROTOCOLS:
        known = ", ".join(PROTOCOLS)
        raise ValueError(f"there is no protocol {protocol!r}{nearest(protocol, PROTOCOLS)}; there are {known}")
    highest = PROTOCOLS[protocol].highest_level
    if not 0 <= level < float("inf") or (highest is not None and level > highest):
        limits = ">= 0" if highest is None else f"from 0 to {float(highest):g}"
        raise ValueError(f"level must be {limits} under protocol {protocol}, found {level:g}")


def counts(dataset: Dataset, part: str, *, level: float, protocol: str) -> Counts:
    """How many negatives and positives the protocol takes from `train` or `test` at a level, a decimal taken exactly.

    Raises ValueError as `check_level`, and for a class with too few images.
    """
    check_level(level, protocol)
    available = dataset.part(part).counts
    wanted = PROTOCOLS[protocol].counts(Fraction(str(level)), available)
    if wanted.positives > available.positives:
        raise ValueError(
            f"protocol {protocol} at level {level:g} needs {wanted.positives} {part} images of {dataset.positive}, "
            f"and {dataset.name} has {available.positives}"
        )
    return wanted


def tune_counts(dataset: Dataset, train: Counts) -> Counts:
    """Of `tune`, where `train` has so many."""
    left = Counts(*(have - used for have, used in zip(dataset.train.counts, train, strict=True)))
    part_left = min(Fraction(have, used) for have, used in zip(left, train, strict=True) if used)
    return Counts(*(floor(part_left * used) for used in train))


def draw(dataset: Dataset, *, level: float, protocol: str, seed: int) -> Split:
    """Draws the images of one run. The same seed draws the same images, whatever the loss.

    `tune` has the share of positives of `train`, and is as large as the training images that were not drawn allow:
    empty where a class of `train` is used up (protocol ratio; level 0 or 1).
    """
    train = counts(dataset, "train", level=level, protocol=protocol)
    test = counts(dataset, "test", level=level, protocol=protocol)
    tune = tune_counts(dataset, train)

    generator = stream(seed, "images")
    train_order = [generator.permutation(size) for size in dataset.train.counts]
    test_order = [generator.permutation(size) for size in dataset.test.counts]
    after = [order[used:] for order, used in zip(train_order, train, strict=True)]
    return Split(
        train=take(dataset, dataset.train, train_order, train, generator),
        tune=take(dataset, dataset.train, after, tune, generator),
        test=take(dataset, dataset.test, test_order, test, generator),
    )


def take(
    dataset: Dataset, pool: Pool, order: list[np.ndarray], wanted: Counts, generator: np.random.Generator
) -> Samples:
    """The first of each class in that order, mixed, so that a batch in the order of the data holds both classes."""
    inputs = np.concatenate(
        [pool.negatives[order[0][: wanted.negatives]], pool.positives[order[1][: wanted.positives]]]
    )
    labels = np.repeat([0, 1], wanted)
    mixed = generator.permutation(len(labels))
    return Samples(inputs[mixed].astype(np.float32) / np.float32(dataset.white), labels[mixed])
