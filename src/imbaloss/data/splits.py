"""Folds: the samples that are train, validation and test in a cross-validation."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imbaloss.data.seeds import make_random_state

FEWEST_FOLDS = 3  # one each for train, validation and test
MOST = 1000  # highest number of folds, and of repeats


class Fold(NamedTuple):
    """A split of a repeated stratified cross-validation: fold `fold` is test, the next validation, the rest train."""

    repeat: int  # number of the repeat, from 0 on
    fold: int  # number of the fold that is test, from 0 on
    folds: int  # number of folds in a repeat

    @property
    def validation(self) -> int:
        """The number of the fold that is the validation part: the one after `fold`, or 0 after the last."""
        return (self.fold + 1) % self.folds


def check_folds(folds: int, repeats: int) -> None:
    """Raise ValueError for fewer than 3 or more than 1000 folds, and for fewer than 1 or more than 1000 repeats."""
    if not FEWEST_FOLDS <= folds <= MOST:
        raise ValueError(
            f"folds must be {FEWEST_FOLDS} to {MOST}, one each for train, validation and test, found {folds}"
        )
    if not 1 <= repeats <= MOST:
        raise ValueError(f"repeats must be 1 to {MOST}, found {repeats}")


def list_folds(folds: int, repeats: int) -> list[Fold]:
    """List all folds of all repeats of a cross-validation, repeat by repeat.

    Raises ValueError for fewer than 3 or more than 1000 folds, and for fewer than 1 or more than 1000 repeats.
    """
    check_folds(folds, repeats)
    return [Fold(repeat, fold, folds) for repeat in range(repeats) for fold in range(folds)]


def split_rows(labels: NDArray[np.int64], fold: Fold, seed: int) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Yield the pairs ("train", rows), ("validation", rows) and ("test", rows), with rows in ascending order.

    The number of samples of each class in a part does not depend on the seed.

    Args:
        labels: (N,), from 0 on.
        fold: The fold of a cross-validation, which is test; the next one is validation, the others are train.
        seed: Draws the folds, together with the number of the repeat.

    Raises:
        ValueError: Every class has fewer samples than there are folds.
    """
    from sklearn.model_selection import StratifiedKFold  # here, since it takes most of a second

    splitter = StratifiedKFold(fold.folds, shuffle=True, random_state=make_random_state(seed, f"folds {fold.repeat}"))
    order = np.argsort(labels, kind="stable")  # the splitter numbers classes in the order in which it meets them
    tests = [np.sort(order[rows]) for _, rows in splitter.split(order, labels[order])]
    train = [rows for place, rows in enumerate(tests) if place not in {fold.fold, fold.validation}]
    yield "train", np.sort(np.concatenate(train))
    yield "validation", tests[fold.validation]
    yield "test", tests[fold.fold]
