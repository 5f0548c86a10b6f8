"""A person's own data as a source of splits."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.columns import Schema
from imbaloss.comparison.preparation import ImagePreparation, TablePreparation
from imbaloss.data.dataset import check_class
from imbaloss.data.samples import Counts, Samples, Split, pick_examples
from imbaloss.data.seeds import make_random_state
from imbaloss.data.splits import Fold, split_rows

Rows = NDArray[np.int64]
FOLDS, TIME, TEST, ALL = "folds", "time", "test", "all"
EQUAL = 5  # parts of time, of which one is validation, or test
PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Division:
    """What decides which rows are train, validation and test."""

    seed: int
    fold: Fold | None


@dataclass
class SplitCache:
    """What is costly to make again of a person's own data: each division, the last split, the shape of an input."""

    rows: dict[Division, dict[str, Rows]] = field(default_factory=dict)
    prepared: dict[Division, "Prepared"] = field(default_factory=dict)  # the last one
    shape: tuple[int, ...] | None = None


class Prepared(NamedTuple):
    """A split and the preparation of its inputs, which is fitted on its train part."""

    split: Split
    preparation: TablePreparation | ImagePreparation


@dataclass(frozen=True, eq=False)
class Own:
    """Rows of two classes, and how they are divided.

    The division says which rows are test. `folds`: each fold is test once, and the next one is validation. `time`: the
    latest fifth is test, and the fifth before it validation. `test`: the last `held_out` rows are test. `all`: no row
    is test. With `test` and `all`, a fold of the other rows is validation, drawn anew for each seed. The rows of a
    group are in one part; with `test` that holds for the other rows.
    """

    name: str
    negative: str
    positive: str
    features: pd.DataFrame | NDArray[np.uint8]  # columns as `take_columns` returns them, or images (N, C, H, W)
    labels: NDArray[np.int64]  # (N,)
    kind: Schema | ImagePreparation
    checksum: str  # of all that decides the splits
    division: str = FOLDS
    folds: int = 5
    groups: Rows | None = None  # (N,), the number of each row's group
    times: NDArray[np.float64] | None = None  # (N,)
    held_out: int = 0
    notes: tuple[str, ...] = ()  # what was found and done when it was read
    classes: tuple[Any, ...] = ()  # negative and positive as the labels have them, which may be numbers

    @property
    def cache(self) -> SplitCache:
        """What was made of these data so far. It stands outside of them, since they are frozen, and ends with them."""
        return CACHES.setdefault(self, SplitCache())

    @property
    def each_fold(self) -> list[Fold] | list[None]:
        """The folds of one division, the first of which stands for all; None where it has no folds."""
        return [Fold(0, place, self.folds) for place in range(self.folds)] if self.division == FOLDS else [None]

    @property
    def level(self) -> float:
        """The share of positives."""
        return float(self.labels.mean())

    @property
    def counts(self) -> Counts:
        positives = int(self.labels.sum())
        return Counts(len(self.labels) - positives, positives)

    def with_positive(self, positive: str) -> "Own":
        """Itself: which class is the rare one was said when it was read."""
        check_class(self.name, positive, (self.negative, self.positive))
        return self

    @property
    def seed_decides_sizes(self) -> bool:
        """True: where rows of one group stay together, folds of other seeds have other sizes."""
        return True

    @property
    def for_use(self) -> "Own":
        """Return the same rows under another name without a test part: each row is train or validation."""
        return replace(self, name=f"{self.name}, all rows", division=ALL)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one input, in the first split; in others there may be a category more or less."""
        if self.kind.of_images:
            return self.features.shape[1:]
        if self.cache.shape is None:
            self.cache.shape = self.draw(0, self.each_fold[0]).train.inputs.shape[1:]
        return self.cache.shape

    @property
    def inputs(self) -> int:
        """How many numbers one input has."""
        return prod(self.shape)

    def describe_cell(self, level: float, protocol: str) -> str:  # noqa: ARG002
        """Name the data in messages: they are taken as they are, at no level and under no protocol."""
        return self.name

    def split_counts(
        self,
        seed: int = 0,
        fold: Fold | None = None,
        *,
        level: float | None = None,  # noqa: ARG002
        protocol: str | None = None,  # noqa: ARG002
    ) -> dict[str, Counts]:
        """Return the counts of train, validation and test; level and protocol, which all sources take, do nothing."""
        counts = {}
        for part, rows in self.rows(seed, fold).items():
            positives = int(self.labels[rows].sum())
            counts[part] = Counts(len(rows) - positives, positives)
        return counts

    def draw(
        self,
        seed: int,
        fold: Fold | None = None,
        *,
        level: float | None = None,  # noqa: ARG002
        protocol: str | None = None,  # noqa: ARG002
    ) -> Split:
        """Draw the split of one run. Level and protocol, which every source is told, change nothing."""
        return self.prepared(seed, fold).split

    def example_images(self) -> dict[str, NDArray[np.uint8]]:
        """Return a few images of each class, by its name, (n, channels, height, width)."""
        rows_of_classes = [np.flatnonzero(self.labels == label) for label in (0, 1)]
        return {
            name: self.features_of(pick_examples(rows))
            for name, rows in zip((self.negative, self.positive), rows_of_classes, strict=True)
        }

    def prepared(self, seed: int, fold: Fold | None) -> Prepared:
        """Return a split with its preparation. The last one is kept, since runs of several methods ask for it."""
        division = Division(seed, fold)
        if division not in self.cache.prepared:
            rows = self.rows(seed, fold)
            made, of_train = self.fit_preparation(rows["train"])
            others = made(
                self.features_of(np.concatenate([rows["validation"], rows["test"]]))
            )  # at once, for wide tables
            inputs = [of_train, *np.split(others, [len(rows["validation"])])]
            samples = [
                Samples(of_part, self.labels[rows[part]], rows[part])
                for part, of_part in zip(PARTS, inputs, strict=True)
            ]
            self.cache.prepared = {division: Prepared(Split(*samples), made)}
        return self.cache.prepared[division]

    def fit_preparation(self, rows: Rows) -> tuple[TablePreparation | ImagePreparation, NDArray[np.float32]]:
        """Return the preparation, fitted on these rows, and their inputs."""
        if isinstance(self.kind, Schema):
            return TablePreparation.fit(self.kind, self.features_of(rows), self.labels[rows])
        return self.kind, self.kind(self.features_of(rows))

    def features_of(self, rows: Rows) -> Any:
        return self.features.iloc[rows] if isinstance(self.features, pd.DataFrame) else self.features[rows]

    def rows(self, seed: int, fold: Fold | None) -> dict[str, Rows]:
        """Of train, validation and test, each in order."""
        division = Division(seed, fold)
        if division not in self.cache.rows:
            self.cache.rows[division] = self.divide(seed, fold)
        return self.cache.rows[division]

    def divide(self, seed: int, fold: Fold | None) -> dict[str, Rows]:
        """Divide the rows into train, validation and test, each in order, as the class says of its kind of division."""
        everything = np.arange(len(self.labels))
        if self.division == TIME:
            return dict(zip(PARTS, self.by_time(everything, 2), strict=True))
        if self.division == FOLDS and fold is not None:
            return self.in_folds(everything, seed, fold)
        test = everything[len(everything) - self.held_out :] if self.division == TEST else everything[:0]
        learn = everything[: len(everything) - len(test)]
        if self.times is not None:
            train, validation = self.by_time(learn, 1)
        else:
            of_fold = self.in_folds(learn, seed, Fold(0, 0, self.folds))
            train, validation = np.sort(np.concatenate([of_fold["train"], of_fold["test"]])), of_fold["validation"]
        return {"train": train, "validation": validation, "test": test}

    def in_folds(self, rows: Rows, seed: int, fold: Fold) -> dict[str, Rows]:
        labels = self.labels[rows]
        if self.groups is None:
            return {part: rows[some] for part, some in split_rows(labels, fold, seed)}
        from sklearn.model_selection import StratifiedGroupKFold

        splitter = StratifiedGroupKFold(
            fold.folds, shuffle=True, random_state=make_random_state(seed, f"folds {fold.repeat}")
        )
        tests = [rows[some] for _, some in splitter.split(labels, labels, self.groups[rows])]
        others = [some for place, some in enumerate(tests) if place not in {fold.fold, fold.validation}]
        return {
            "train": np.sort(np.concatenate(others)),
            "validation": tests[fold.validation],
            "test": tests[fold.fold],
        }

    def by_time(self, rows: Rows, cuts: int) -> Sequence[Rows]:
        """The rows before each cut and after the last, cuts being a fifth apart; rows of one time stay together."""
        assert self.times is not None
        order = rows[np.argsort(self.times[rows], kind="stable")]
        times = self.times[order]
        places = [np.searchsorted(times, times[len(times) * (EQUAL - one) // EQUAL]) for one in range(cuts, 0, -1)]
        return [np.sort(some) for some in np.split(order, places)]


CACHES: WeakKeyDictionary[Own, SplitCache] = WeakKeyDictionary()
