"""Splits: which of the images that a protocol takes are train, tune and test in a run."""

from collections.abc import Iterator
from fractions import Fraction
from math import floor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imbaloss.data.dataset import Counts, Dataset, Pool, Samples, Split
from imbaloss.data.protocols import counts
from imbaloss.data.seeds import state, stream

FEWEST_FOLDS = 3  # one each for train, tune and test
MOST = 1000  # folds, or repeats


class Fold(NamedTuple):
    """Of a repeated stratified cross-validation: fold `fold` is test, the next one tune, the others train."""

    repeat: int
    fold: int
    folds: int

    @property
    def tune(self) -> int:
        """The number of the fold that is tune."""
        return (self.fold + 1) % self.folds


def check_folds(folds: int, repeats: int) -> None:
    """Raises ValueError for fewer than three folds, no repeat, or more than anyone can mean."""
    if not FEWEST_FOLDS <= folds <= MOST:
        raise ValueError(f"folds must be {FEWEST_FOLDS} to {MOST}, one each for train, tune and test, found {folds}")
    if not 1 <= repeats <= MOST:
        raise ValueError(f"repeats must be 1 to {MOST}, found {repeats}")


def folds_of(folds: int, repeats: int) -> list[Fold]:
    """All folds of all repeats. Raises ValueError as `check_folds`."""
    check_folds(folds, repeats)
    return [Fold(repeat, fold, folds) for repeat in range(repeats) for fold in range(folds)]


def split_counts(dataset: Dataset, *, level: float, protocol: str, fold: Fold | None = None) -> dict[str, Counts]:
    """Of train, tune and test, as `draw` makes them; no image is touched.

    Raises ValueError as `protocols.counts`, and for a class with fewer images than there are folds.
    """
    if fold is None:
        train, test = (counts(dataset, part, level=level, protocol=protocol) for part in ("train", "test"))
        return {"train": train, "tune": tune_counts(dataset, train), "test": test}
    drawn = counts(dataset, "all", level=level, protocol=protocol)
    if min(drawn) < fold.folds:
        cell = f"{dataset.name} at level {level:g} under protocol {protocol}"
        raise ValueError(
            f"{fold.folds} folds need as many images of each class, and {cell} has {drawn.negatives} negatives and "
            f"{drawn.positives} positives"
        )
    labels = np.repeat([0, 1], drawn)
    return {part: Counts(*np.bincount(labels[rows]).tolist()) for part, rows in parts(labels, fold, 0)}


def tune_counts(dataset: Dataset, train: Counts) -> Counts:
    """Of `tune`, where `train` has so many."""
    left = Counts(*(have - used for have, used in zip(dataset.train.counts, train, strict=True)))
    part_left = min(Fraction(have, used) for have, used in zip(left, train, strict=True) if used)
    return Counts(*(floor(part_left * used) for used in train))


def draw(dataset: Dataset, *, level: float, protocol: str, seed: int, fold: Fold | None = None) -> Split:
    """Draws the images of one run. The same seed draws the same images, whatever the loss.

    Without a fold, `train` and `test` come from the parts of the data set, and `tune` from the images of its `train`
    that were not drawn: it has the share of positives of `train`, and is as large as those images allow, empty where a
    class is used up (protocol ratio; level 0 or 1). With a fold, images are drawn from both parts together, the same
    for every fold and repeat, and then split.
    """
    generator = stream(seed, "images")
    if fold is not None:
        wanted = counts(dataset, "all", level=level, protocol=protocol)
        pool = dataset.part("all")
        orders = [generator.permutation(size) for size in pool.counts]
        samples = take(dataset, pool, orders, wanted, generator)
        found = parts(samples.labels, fold, seed)
        return Split(**{part: samples[rows] for part, rows in found})
    wanted_of = split_counts(dataset, level=level, protocol=protocol)
    train_order = [generator.permutation(size) for size in dataset.train.counts]
    test_order = [generator.permutation(size) for size in dataset.test.counts]
    after = [order[used:] for order, used in zip(train_order, wanted_of["train"], strict=True)]
    return Split(
        train=take(dataset, dataset.train, train_order, wanted_of["train"], generator),
        tune=take(dataset, dataset.train, after, wanted_of["tune"], generator),
        test=take(dataset, dataset.test, test_order, wanted_of["test"], generator),
    )


def parts(labels: NDArray[np.int64], fold: Fold, seed: int) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """The rows of train, tune and test. How many of each class they hold does not depend on the seed."""
    from sklearn.model_selection import StratifiedKFold  # here, since it takes most of a second

    splitter = StratifiedKFold(fold.folds, shuffle=True, random_state=state(seed, f"folds {fold.repeat}"))
    order = np.argsort(labels, kind="stable")  # the splitter counts a class first whose label it meets first
    tests = [np.sort(order[rows]) for _, rows in splitter.split(order, labels[order])]
    others = [rows for place, rows in enumerate(tests) if place not in {fold.fold, fold.tune}]
    yield "train", np.sort(np.concatenate(others))
    yield "tune", tests[fold.tune]
    yield "test", tests[fold.fold]


def take(
    dataset: Dataset, pool: Pool, order: list[np.ndarray], wanted: Counts, generator: np.random.Generator
) -> Samples:
    """The first of each class in that order, mixed, so that a batch in the order of the data holds both classes."""
    negatives, positives = order[0][: wanted.negatives], order[1][: wanted.positives]
    inputs = np.concatenate([pool.negatives[negatives], pool.positives[positives]])
    labels, images = np.repeat([0, 1], wanted), np.concatenate([negatives, positives])
    mixed = generator.permutation(len(labels))
    return Samples(inputs[mixed].astype(np.float32) / np.float32(dataset.white), labels[mixed], images[mixed])
