"""Folds: which samples are train, validation and test in a cross-validation."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imbaloss.data.seeds import state

FEWEST_FOLDS = 3  # one each for train, validation and test
MOST = 1000  # folds, or repeats


class Fold(NamedTuple):
    """Of a repeated stratified cross-validation: fold `fold` is test, the next one validation, the others train."""

    repeat: int
    fold: int
    folds: int

    @property
    def validation(self) -> int:
        """The number of the fold that is validation."""
        return (self.fold + 1) % self.folds


def check_folds(folds: int, repeats: int) -> None:
    """Raises ValueError for fewer than three folds, no repeat, or more than anyone can mean."""
    if not FEWEST_FOLDS <= folds <= MOST:
        raise ValueError(
            f"folds must be {FEWEST_FOLDS} to {MOST}, one each for train, validation and test, found {folds}"
        )
    if not 1 <= repeats <= MOST:
        raise ValueError(f"repeats must be 1 to {MOST}, found {repeats}")


def folds_of(folds: int, repeats: int) -> list[Fold]:
    """All folds of all repeats. Raises ValueError as `check_folds`."""
    check_folds(folds, repeats)
    return [Fold(repeat, fold, folds) for repeat in range(repeats) for fold in range(folds)]


def parts(labels: NDArray[np.int64], fold: Fold, seed: int) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """The rows of train, validation and test. How many of each class they hold does not depend on the seed."""
    from sklearn.model_selection import StratifiedKFold  # here, since it takes most of a second

    splitter = StratifiedKFold(fold.folds, shuffle=True, random_state=state(seed, f"folds {fold.repeat}"))
    order = np.argsort(labels, kind="stable")  # the splitter counts a class first whose label it meets first
    tests = [np.sort(order[rows]) for _, rows in splitter.split(order, labels[order])]
    others = [rows for place, rows in enumerate(tests) if place not in {fold.fold, fold.validation}]
    yield "train", np.sort(np.concatenate(others))
    yield "validation", tests[fold.validation]
    yield "test", tests[fold.fold]
