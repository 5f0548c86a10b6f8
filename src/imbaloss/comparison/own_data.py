"""A person's own data, and their division into train, validation and test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.column_values import LARGE
from imbaloss.comparison.columns import Schema
from imbaloss.comparison.pictures import Pictures
from imbaloss.comparison.preparation import ImagePreparation, TablePreparation, join_preparations
from imbaloss.comparison.row_costs import RowCosts
from imbaloss.data.dataset import check_class
from imbaloss.data.samples import Counts, InputForm, Samples, Split, pick_examples
from imbaloss.data.seeds import make_generator, make_random_state
from imbaloss.data.splits import Fold, split_rows
from imbaloss.studies import Segments
from imbaloss.training.fast.memory import return_freed_memory

Rows = NDArray[np.int64]
FOLDS, TIME, TEST, ALL = "folds", "time", "test", "all"
UNKNOWN = ""  # the checksum of data whose features are not made yet
MOST_CACHED = 2**24  # numbers in the train parts of a division up to which it is cached in several forms
EQUAL = 5  # number of equal parts that times are cut into; the last ones are validation and test
PARTS = ("train", "validation", "test")
SET_APART = "set_apart"  # the part that chooses a threshold with a guarantee, and nothing else


@dataclass(frozen=True)
class Division:
    """The key of a division of the rows into train, validation and test."""

    seed: int
    fold: Fold | None  # None for divisions without folds


@dataclass
class SplitCache:
    """Results that are costly to compute again: divisions, the last prepared split, the shape of an input."""

    parts: dict[Division, NDArray[np.uint8]] = field(default_factory=dict)  # (N,), the number of each row's part
    prepared: dict[tuple[Division, InputForm], "Prepared"] = field(default_factory=dict)  # of the last division alone
    shape: tuple[int, ...] | None = None  # of one input; None if not yet computed
    descriptions: NDArray[np.floating[Any]] | None = None  # (N, D), of all images; None if not yet computed


class Prepared(NamedTuple):
    """A split, and the preparation of its inputs that was fitted on its train part."""

    split: Split
    preparation: TablePreparation | ImagePreparation


@dataclass(frozen=True, eq=False)
class Baseline:
    """The score or decision in use today, which is compared as a method."""

    schema: Schema  # with its column alone
    frame: pd.DataFrame  # (N, 1), as `take_columns` returns it


@dataclass(frozen=True, eq=False)
class Own:
    """A person's own data: rows (or images) of two classes, and the rule that divides them.

    The division decides which rows are test:

    - `folds`: Each fold is test once, and the next fold is validation.
    - `time`: The latest fifth is test, and the fifth before it is validation.
    - `test`: The last `held_out` rows are test.
    - `all`: No row is test.

    With `test` and `all`, a fold of the other rows is validation, drawn anew for each seed; with times it is their
    latest fifth. The rows of a group are in one part; with `test` that holds for the other rows. With groups and times,
    rows that fall into a later part than the first row of their group are left out.

    With `sets_apart` a fifth of the rows that are learned from is set apart first, before any division. These rows are
    the same in every division, so that they judge no method either: they only choose a threshold with a guarantee.
    """

    name: str
    negative: str
    positive: str
    features: pd.DataFrame | NDArray[np.uint8]  # columns as `take_columns` returns them, or images (N, C, H, W)
    labels: NDArray[np.int64]  # (N,)
    kind: Schema | ImagePreparation  # the columns, or the rules by which images were read
    checksum: str  # of everything that decides the splits
    division: str = FOLDS
    folds: int = 5
    groups: Rows | None = None  # (N,), the number of each row's group
    times: NDArray[np.float64] | None = None  # (N,), numbers that rise with time
    held_out: int = 0  # the number of test rows at the end
    sets_apart: bool = False  # whether rows are set apart for a guarantee; only without groups and times
    notes: tuple[str, ...] = ()  # notes from reading the data
    classes: tuple[Any, ...] = ()  # the negative and the positive label, which may be numbers
    costs: RowCosts | None = None  # what outcomes cost in each row, as the request says; None without costs
    sample_costs: NDArray[np.float64] | None = None  # (N, 4), these costs as numbers; None without costs
    weights: NDArray[np.float64] | None = None  # (N,), above 0; None if each row counts as one
    baseline: Baseline | None = None  # the score or decision in use today; None if there is none
    segments: Mapping[str, Segments] = field(default_factory=dict)  # of the rows, by the column that they are cut by
    pictures: Pictures | None = None  # the images whose features are learned from, for the page; None without them

    @property
    def cache(self) -> SplitCache:
        """The cached results for these data: divisions, the last split, the shape of an input.

        They are deleted with the data.
        """
        return CACHES.setdefault(self, SplitCache())

    @property
    def each_fold(self) -> list[Fold] | list[None]:
        """The folds of the first repeat of the cross-validation; a list of one None if the division has no folds."""
        return [Fold(0, place, self.folds) for place in range(self.folds)] if self.division == FOLDS else [None]

    @property
    def level(self) -> float:
        """The share of positives in all rows, from 0 to 1."""
        return float(self.labels.mean())

    @property
    def counts(self) -> Counts:
        """The number of negatives and of positives in all rows, in this order."""
        positives = int(self.labels.sum())
        return Counts(len(self.labels) - positives, positives)

    @property
    def rows_set_apart(self) -> Rows:
        """The indices of the rows that are set apart, ascending: a fifth of each class, by chance, or none.

        They are never among the last `held_out` rows.
        """
        if not self.sets_apart:
            return np.zeros(0, np.int64)
        generator = make_generator(0, "set apart")
        labels = self.labels[: len(self.labels) - self.held_out]
        of_classes = [generator.permutation(np.flatnonzero(labels == label)) for label in (0, 1)]
        return np.sort(np.concatenate([rows[: round(len(rows) / EQUAL)] for rows in of_classes]))

    def with_positive(self, positive: str) -> "Own":
        """Check that `positive` is a class, and return the data unchanged, since their positive class is decided.

        Raises:
            ValueError: The data have no such class.
        """
        check_class(self.name, positive, (self.negative, self.positive))
        return self

    @property
    def seed_decides_sizes(self) -> bool:
        """Whether the seed decides the sizes of the parts: always true, since groups make folds of different sizes."""
        return True

    @property
    def without_test(self) -> "Own":
        """A copy of these data under another name and without a test part: each row is train or validation."""
        return replace(self, name=f"{self.name}, all rows", division=ALL)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one input in the first split: (D,) or (C, H, W). In another split a table may have another D.

        For a table the first split is prepared for this, once. The number of categories decides D.
        """
        if isinstance(self.kind, ImagePreparation):
            return self.kind.input_shape
        if self.cache.shape is None:
            self.cache.shape = self.draw(0, self.each_fold[0]).train.inputs.shape[1:]
        return self.cache.shape

    @property
    def inputs(self) -> int:
        """The number of numbers in one input of the first split, the product of its shape."""
        return prod(self.shape)

    def describe_cell(self, level: float, protocol: str) -> str:  # noqa: ARG002
        """Return the name of the data, for messages. Level (share of positives) and protocol are ignored."""
        return self.name

    def split_counts(
        self,
        seed: int = 0,
        fold: Fold | None = None,
        *,
        level: float | None = None,  # noqa: ARG002
        protocol: str | None = None,  # noqa: ARG002
    ) -> dict[str, Counts]:
        """Return the number of negatives and positives of each part, by "train", "validation", "test" and "set_apart".

        The last is left out if no rows are set apart.

        Args:
            seed: The seed.
            fold: The fold that is test; None for divisions without folds.
            level: Ignored.
            protocol: Ignored.
        """
        counts = {}
        for part, rows in self.find_rows(seed, fold).items():
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
        form: InputForm = InputForm.PREPARED,
    ) -> Split:
        """Return train, validation, test and rows set apart with inputs and labels, the preparation fitted on train.

        Args:
            seed: The seed.
            fold: The fold that is test; None for divisions without folds.
            level: Ignored.
            protocol: Ignored.
            form: The form of the inputs.
        """
        return self.prepare_split(seed, fold, form).split

    def example_images(self) -> dict[str, NDArray[np.uint8]]:
        """Return a few images of each class, keyed by its name, (n, C, H, W), at even distances in the data."""
        rows_of_classes = [np.flatnonzero(self.labels == label) for label in (0, 1)]
        return {
            name: self.take_features(pick_examples(rows))
            for name, rows in zip((self.negative, self.positive), rows_of_classes, strict=True)
        }

    def prepare_split(self, seed: int, fold: Fold | None, form: InputForm = InputForm.PREPARED) -> Prepared:
        """Return the parts with inputs in a form, and the preparation, fitted on the train part.

        Only the last division is cached, in each form; a large one only in its last form.

        fold: None for divisions without folds.
        """
        if form is InputForm.BOTH:
            return self.join_forms(seed, fold)
        division = Division(seed, fold)
        if (division, form) not in self.cache.prepared:
            self.release_splits(division)
            rows = self.find_rows(seed, fold)
            preparation, of_train = self.fit_preparation(rows["train"], form)
            outside = {part: of_part for part, of_part in rows.items() if part != "train"}
            together = np.concatenate(list(outside.values()))  # which is faster for wide tables
            ends = np.cumsum([len(of_part) for of_part in outside.values()])
            inputs = [of_train, *np.split(self.prepare(preparation, together, form), ends[:-1])]
            parts = {
                part: Samples(
                    inputs=of_part,
                    labels=self.labels[rows[part]],
                    images=rows[part],
                    weights=None if self.weights is None else self.weights[rows[part]],
                    costs=None if self.sample_costs is None else self.sample_costs[rows[part]],
                )
                for part, of_part in zip(rows, inputs, strict=True)
            }
            categorical = preparation.categorical if isinstance(preparation, TablePreparation) else ()
            self.cache.prepared[division, form] = Prepared(Split(**parts, categorical=categorical), preparation)
        return self.cache.prepared[division, form]

    def join_forms(self, seed: int, fold: Fold | None) -> Prepared:
        """Return the parts with the inputs of both forms side by side, columns first, and the joined preparation.

        Images have the same inputs in both forms, and are returned as they are.
        """
        columns, prepared = (self.prepare_split(seed, fold, form) for form in (InputForm.COLUMNS, InputForm.PREPARED))
        first, second = columns.preparation, prepared.preparation
        if not (isinstance(first, TablePreparation) and isinstance(second, TablePreparation)):
            return prepared
        parts = {}
        for part in self.find_rows(seed, fold):
            of_columns, of_prepared = getattr(columns.split, part), getattr(prepared.split, part)
            parts[part] = replace(of_columns, inputs=np.hstack([of_columns.inputs, of_prepared.inputs]))
        return Prepared(replace(columns.split, **parts), join_preparations(first, second))

    def release_splits(self, kept: Division | None = None) -> None:
        """Drop the cached inputs of all divisions but one, and those of this one too if they take much memory.

        kept: The division whose inputs stay if its train parts have at most 2^24 numbers; None to drop all.
        """
        of_kept = {key: prepared for key, prepared in self.cache.prepared.items() if key[0] == kept}
        numbers = sum(prepared.split.train.inputs.size for prepared in of_kept.values())
        self.cache.prepared = of_kept if numbers <= MOST_CACHED else {}
        if len(self.labels) >= LARGE:
            return_freed_memory()

    def fit_preparation(
        self, rows: Rows, form: InputForm
    ) -> tuple[TablePreparation | ImagePreparation, NDArray[np.floating[Any]]]:
        """Fit the preparation on these rows, and return it with their inputs (n, ...); for images nothing is fitted."""
        kind = self.baseline.schema if form is InputForm.BASELINE and self.baseline else self.kind
        if isinstance(kind, Schema):
            return TablePreparation.fit(kind, self.find_features(form), self.labels[rows], form, rows)
        return kind, self.prepare_images(kind, rows)

    def prepare(self, preparation: TablePreparation | ImagePreparation, rows: Rows, form: InputForm) -> Any:
        """Return the inputs of these rows, (n, ...), in their order, by a fitted preparation."""
        if isinstance(preparation, TablePreparation):
            return preparation(self.find_features(form), rows)
        return self.prepare_images(preparation, rows)

    def prepare_images(self, preparation: ImagePreparation, rows: Rows) -> NDArray[np.floating[Any]]:
        """Return the inputs of these images, (n, ...), in their order. Descriptions are computed once, then cached."""
        if preparation.description is None:
            return preparation(self.take_features(rows))
        if self.cache.descriptions is None:
            self.cache.descriptions = preparation(self.find_features(InputForm.PREPARED))
        return self.cache.descriptions[rows]

    def find_features(self, form: InputForm) -> Any:
        """Return the features that a form is made of: for "baseline" the score or decision in use today."""
        return self.baseline.frame if form is InputForm.BASELINE and self.baseline else self.features

    def take_features(self, rows: Rows, form: InputForm = InputForm.PREPARED) -> Any:
        """Return a copy of the features of these rows, in their order, as a frame or as images (n, C, H, W).

        For the form "baseline" they are the score or decision in use today.
        """
        features = self.find_features(form)
        return features.iloc[rows] if isinstance(features, pd.DataFrame) else features[rows]

    def find_rows(self, seed: int, fold: Fold | None) -> dict[str, Rows]:
        """Return the indices of the rows of each part, ascending. Every division is cached, in one byte a row.

        The parts are "train", "validation" and "test", in this order, then "set_apart" if rows are set apart.

        fold: None for divisions without folds.
        """
        division = Division(seed, fold)
        names = (*PARTS, SET_APART) if self.sets_apart else PARTS
        if division not in self.cache.parts:
            rows = self.divide(seed, fold) | ({SET_APART: self.rows_set_apart} if self.sets_apart else {})
            parts = np.full(len(self.labels), len(names), np.uint8)  # with groups and times, some rows are in none
            for place, name in enumerate(names):
                parts[rows[name]] = place
            self.cache.parts[division] = parts
        parts = self.cache.parts[division]
        return {name: np.flatnonzero(parts == place) for place, name in enumerate(names)}

    def divide(self, seed: int, fold: Fold | None) -> dict[str, Rows]:
        """Compute the indices of the rows of "train", "validation" and "test", each ascending.

        Args:
            seed: Draws the folds; it has no effect on a division by time.
            fold: The fold that is test; None for divisions without folds.

        Returns:
            The indices of each part. With groups and times, some rows are in none.
        """
        every_row = np.delete(np.arange(len(self.labels)), self.rows_set_apart)
        if self.division == TIME:
            return dict(zip(PARTS, self.divide_by_time(every_row, 2), strict=True))
        if self.division == FOLDS and fold is not None:
            return self.divide_into_folds(every_row, seed, fold)
        test = every_row[len(every_row) - self.held_out :] if self.division == TEST else every_row[:0]
        learn = every_row[: len(every_row) - len(test)]
        if self.times is not None:
            train, validation = self.divide_by_time(learn, 1)
        else:
            of_fold = self.divide_into_folds(learn, seed, Fold(0, 0, self.folds))
            train, validation = np.sort(np.concatenate([of_fold["train"], of_fold["test"]])), of_fold["validation"]
        return {"train": train, "validation": validation, "test": test}

    def divide_into_folds(self, rows: Rows, seed: int, fold: Fold) -> dict[str, Rows]:
        """Divide rows into "train", "validation" and "test" of one fold, stratified by class. A group is in one part.

        Args:
            rows: The indices of the rows, ascending.
            seed: Draws the folds.
            fold: Says which fold is test and which is validation; all others are train.

        Returns:
            The indices of each part, ascending.
        """
        labels = self.labels[rows]
        if self.groups is None:
            return {part: rows[places] for part, places in split_rows(labels, fold, seed)}
        from sklearn.model_selection import StratifiedGroupKFold

        splitter = StratifiedGroupKFold(
            fold.folds, shuffle=True, random_state=make_random_state(seed, f"folds {fold.repeat}")
        )
        tests = [rows[places] for _, places in splitter.split(labels, labels, self.groups[rows])]
        train = [test for number, test in enumerate(tests) if number not in {fold.fold, fold.validation}]
        return {
            "train": np.sort(np.concatenate(train)),
            "validation": tests[fold.validation],
            "test": tests[fold.fold],
        }

    def divide_by_time(self, rows: Rows, cuts: int) -> Sequence[Rows]:
        """Cut rows by time into the latest fifths and the rows before them, and return the parts, the earliest first.

        Rows of the same time stay together, in the later part. Rows whose group has a row in an earlier part are left
        out, so that the later parts have new groups alone. The indices of a part are ascending. The data must have
        times.

        Args:
            rows: The indices of the rows.
            cuts: The number of fifths that are cut off, 1 or 2; the result has one part more.
        """
        assert self.times is not None
        order = rows[np.argsort(self.times[rows], kind="stable")]
        times = self.times[order]
        places = [np.searchsorted(times, times[len(times) * (EQUAL - cut) // EQUAL]) for cut in range(cuts, 0, -1)]
        parts = [np.sort(part) for part in np.split(order, places)]
        if self.groups is None:
            return parts
        earlier_groups, of_new_groups = np.empty(0, np.int64), list[Rows]()
        for part in parts:
            of_new_groups.append(part[~np.isin(self.groups[part], earlier_groups)])
            earlier_groups = np.union1d(earlier_groups, self.groups[part])
        return of_new_groups


CACHES: WeakKeyDictionary[Own, SplitCache] = WeakKeyDictionary()
