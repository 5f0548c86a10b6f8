"""Drawn scores of methods for `benchmarks.verdicts`: over independent seeds, and over folds of drawn tables.

Shapes: T tables, J repetitions, M methods, P positive or N negative rows, D columns.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Cells = Iterator[Sequence[str]]  # the cells of the rows of a report, the header first
Floats = NDArray[np.float64]
Places = NDArray[np.intp]
BETWEEN = 0.5  # correlation of the scores of two methods of different families
FOLDS = 5  # in each round of a cross-validation
TEST_TO_TRAIN = 1 / (FOLDS - 1)  # the ratio of the sizes of the test and training parts
COMMON_EFFECT = 0.7  # distance of the class means in a common column, in standard deviations
OWN_EFFECT = 0.35  # that distance in a column of one method, if the methods are equal
BLOCK = 100  # tables that are learned from at a time


@dataclass(frozen=True)
class SeedScores:
    """Scores of methods over independent seeds, where each method belongs to a family of three.

    All scores have the standard deviation 1. Two methods of different families have the correlation 0.5. A correlation
    that all pairs of methods share has no effect on the tests: it only scales their paired differences.
    """

    seeds: int
    methods: int
    within: float = BETWEEN  # correlation within a family, from 0.5 to 1; 0.5 correlates all methods alike
    heavy: bool = False  # whether the part of a score that no other method has follows Student's t with 3 degrees

    @property
    def deviations(self) -> Floats:
        """The standard deviation of the paired differences of the first method with each method, (M,).

        The first place has that of a method of the same family.
        """
        families = np.arange(self.methods) // 3
        return np.asarray(np.sqrt(2 * (1 - np.where(families == 0, self.within, BETWEEN))))

    def draw(self, tables: int, generator: np.random.Generator) -> Floats:
        """Draw scores of methods whose means are all 0, (T, J, M)."""
        shape = (tables, self.seeds, self.methods)
        families = np.arange(self.methods) // 3
        of_seed = generator.standard_normal((tables, self.seeds, 1))
        of_family = generator.standard_normal((tables, self.seeds, families[-1] + 1))[:, :, families]
        own = generator.standard_t(3, shape) / np.sqrt(3) if self.heavy else generator.standard_normal(shape)
        shared = np.sqrt(BETWEEN) * of_seed + np.sqrt(self.within - BETWEEN) * of_family
        return np.asarray(shared + np.sqrt(1 - self.within) * own)


@dataclass(frozen=True)
class TableKind:
    """What drawn tables have in common: two classes, and normal columns whose means differ between the classes.

    Each method learns from the common columns and from some of its own. Methods with the same effect in their own
    columns are exactly equal: over all tables their scores have one distribution.
    """

    positives: int = 60
    negatives: int = 240
    common: int = 2  # columns that all methods learn from
    own: int = 2  # columns that a single method learns from

    @property
    def share(self) -> str:
        """The number of positive rows and of all rows, for a report."""
        return f"{self.positives} of {self.positives + self.negatives}"

    def draw(self, own_effects: Floats, tables: int, generator: np.random.Generator) -> tuple[Floats, Floats]:
        """Draw the columns of the positive rows, (T, P, D), and of the negative ones, (T, N, D).

        The class means differ by 0.7 standard deviations in a common column.

        Args:
            own_effects: (M,), the difference in the columns of each method, in standard deviations.
            tables: T.
            generator: Draws the values.
        """
        gaps = self.list_gaps(own_effects)
        positives = generator.standard_normal((tables, self.positives, len(gaps))) + gaps
        return positives, generator.standard_normal((tables, self.negatives, len(gaps)))

    def list_gaps(self, own_effects: Floats) -> Floats:
        """List the difference of the class means in each column, (D,), in standard deviations.

        own_effects: (M,), the difference in the columns of each method.
        """
        return np.concatenate([np.full(self.common, COMMON_EFFECT), np.repeat(own_effects, self.own)])

    def list_columns(self, methods: int) -> Places:
        """List the columns that each method learns from, (M, columns)."""
        own = self.common + np.arange(methods * self.own).reshape(methods, self.own)
        common = np.broadcast_to(np.arange(self.common), (methods, self.common))
        return np.concatenate([common, own], axis=1)


FEW_POSITIVES = TableKind(positives=30, negatives=570)


def make_generator(*words: object) -> np.random.Generator:
    """Return the generator of a case of the simulation, which depends on these words alone."""
    return np.random.default_rng(list(" ".join(map(str, words)).encode()))


def draw_fold_scores(
    kind: TableKind, own_effects: Floats, *, rounds: int, tables: int, generator: np.random.Generator
) -> Floats:
    """Draw tables, cross-validate each method on them, and return the areas under the ROC curve, (T, J, M).

    Every round divides the rows into five folds anew, stratified by class. Folds of one round are neighbours in J.

    Args:
        kind: What the tables have in common.
        own_effects: (M,), the difference of the class means in the columns of each method, in standard deviations.
        rounds: The number of rounds, J / 5.
        tables: T.
        generator: Draws the tables and the folds.
    """
    columns = kind.list_columns(len(own_effects))
    scores = []
    for start in range(0, tables, BLOCK):
        positives, negatives = kind.draw(own_effects, min(BLOCK, tables - start), generator)
        of_rounds = [
            score_round(shuffle_rows(positives, generator), shuffle_rows(negatives, generator), columns)
            for _ in range(rounds)
        ]
        scores.append(np.concatenate(of_rounds, axis=1))
    return np.concatenate(scores)


def shuffle_rows(rows: Floats, generator: np.random.Generator) -> Floats:
    """Return the rows of each table, (T, rows, D), in an order drawn for that table."""
    return arrange_rows(rows, draw_orders(rows, generator))


def draw_orders(rows: Floats, generator: np.random.Generator) -> Places:
    """Draw an order of the rows of each table, (T, rows), for rows (T, rows, D)."""
    return generator.random(rows.shape[:2]).argsort(axis=1)


def arrange_rows(rows: Floats, orders: Places) -> Floats:
    """Return the rows of each table, (T, rows, D), in the order of that table, (T, rows)."""
    return np.take_along_axis(rows, orders[:, :, None], axis=1)


def score_round(positives: Floats, negatives: Floats, columns: Places) -> Floats:
    """Cross-validate each method on the rows in their order, and return the areas under the ROC curve, (T, 5, M).

    Args:
        positives: (T, P, D), where 5 divides P.
        negatives: (T, N, D), where 5 divides N.
        columns: (M, columns), the columns that each method learns from.
    """
    scores = []
    for fold in range(FOLDS):
        (test_positives, train_positives), (test_negatives, train_negatives) = (
            take_fold(rows, fold) for rows in (positives, negatives)
        )
        weights = fit_discriminants(train_positives, train_negatives, columns)
        scores.append(compute_areas(test_positives @ weights, test_negatives @ weights))
    return np.stack(scores, axis=1)


def take_fold(rows: Floats, fold: int) -> tuple[Floats, Floats]:
    """Divide rows (T, rows, D) into the test part and the training part of a fold."""
    size = rows.shape[1] // FOLDS
    places = slice(fold * size, (fold + 1) * size)
    return rows[:, places], np.delete(rows, places, axis=1)


def fit_discriminants(positives: Floats, negatives: Floats, columns: Places) -> Floats:
    """Fit the linear discriminant of each method by least squares, and return its weights of all columns, (T, D, M).

    Weights of columns that a method does not learn from are 0.

    Args:
        positives: (T, P, D).
        negatives: (T, N, D).
        columns: (M, columns), the columns that each method learns from.
    """
    rows = np.concatenate([positives, negatives], axis=1)
    centred = rows - rows.mean(axis=1, keepdims=True)
    scatter = centred.transpose(0, 2, 1) @ centred
    gaps = positives.mean(axis=1) - negatives.mean(axis=1)
    of_methods = scatter[:, columns[:, :, None], columns[:, None, :]]
    solved = np.linalg.solve(of_methods, gaps[:, columns][..., None])[..., 0]
    weights = np.zeros((*gaps.shape, len(columns)))
    weights[:, columns, np.arange(len(columns))[:, None]] = solved
    return weights


def compute_areas(positives: Floats, negatives: Floats) -> Floats:
    """Compute the area under the ROC curve of each method, (T, M), from its outputs for the rows.

    Args:
        positives: (T, P, M).
        negatives: (T, N, M).
    """
    above = positives[:, :, None] > negatives[:, None]
    return np.asarray(above.mean(axis=(1, 2)))
