"""Methods that choose a setting on a validation part, scored on drawn tables, for `benchmarks.rows`.

Each setting of a method is a linear discriminant with columns of its own. The choice varies with the rows, so that the
procedure varies as in `imbaloss.compare`. The truth of each model has a formula.

Shapes: T tables, J repetitions, M methods, S settings, P positive or N negative rows, D columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from benchmarks.simulated_tables import (
    FOLDS,
    TableKind,
    arrange_rows,
    compute_areas,
    draw_orders,
    fit_discriminants,
)
from imbaloss.statistics import delong

Floats = NDArray[np.float64]
Values = NDArray[Any]
OTHER_SEEDS = 20  # trainings beside those that are tested; their mean stands for that of all seeds


class Measured(NamedTuple):
    """The scores of methods on tables, and the truth of the models that were fitted."""

    scores: Floats  # (T, J, M), the areas under the ROC curve
    truths: Floats  # (T, M), the mean expected areas of the models on new rows
    contributions: Floats  # (T, P + N, M), of each tested row to the error of the mean area, as in `Roc`

    def subtract_truths(self) -> "Measured":
        """Return the scores minus the truths of the models, so that the hypothesis of models is true."""
        return self._replace(scores=self.scores - self.truths[:, None])


@dataclass(frozen=True)
class Methods:
    """The methods of a case, and the tables that they learn from."""

    kind: TableKind
    count: int = 2
    settings: int = 6  # of each method; one setting is no choice

    def list_effects(self, of_methods: Floats) -> Floats:
        """List the effect of each setting of each method, (M S,): that of the method, times 0 to 2 for its settings.

        of_methods: (M,).
        """
        factors = np.linspace(0, 2, self.settings) if self.settings > 1 else np.ones(1)
        return np.outer(of_methods, factors).ravel()

    def fit(self, train: Sequence[Floats], validation: Sequence[Floats]) -> Floats:
        """Fit each setting and choose one for each method by its area on validation; return the weights, (T, D, M).

        train, validation: The positive rows, (T, P, D), and the negative ones.
        """
        positives, negatives = train
        weights = fit_discriminants(positives, negatives, self.kind.list_columns(self.count * self.settings))
        areas = compute_areas(*(rows @ weights for rows in validation))
        chosen = areas.reshape(-1, self.count, self.settings).argmax(axis=2) + self.settings * np.arange(self.count)
        return np.take_along_axis(weights, chosen[:, None], axis=2)


@dataclass(frozen=True)
class FoldCase:
    """A cross-validation in rounds of five folds, each divided anew; the fold after the test part is validation."""

    rounds: int
    methods: Methods
    better: float  # the effect of the first method, if it is better; the effect of the others is OWN_EFFECT

    @property
    def name(self) -> str:
        """The number of folds, for a report."""
        return f"{FOLDS * self.rounds} folds"

    def measure(self, of_methods: Floats, tables: int, generator: np.random.Generator) -> Measured:
        """Draw tables and cross-validate each method on them.

        of_methods: (M,), the effects of the methods.
        """
        effects = self.methods.list_effects(of_methods)
        drawn = self.methods.kind.draw(effects, tables, generator)
        gaps = self.methods.kind.list_gaps(effects)
        starts = (0, drawn[0].shape[1])  # of the positive rows and of the negative ones among the contributions
        contributions = np.zeros((tables, sum(rows.shape[1] for rows in drawn), self.methods.count))
        scores, truths = [], []
        for _ in range(self.rounds):
            orders = [draw_orders(rows, generator) for rows in drawn]
            arranged = [arrange_rows(rows, order) for rows, order in zip(drawn, orders, strict=True)]
            for fold in range(FOLDS):
                test, validation, train = zip(*(divide(rows, fold) for rows in arranged), strict=True)
                weights = self.methods.fit(train, validation)
                areas, of_rows = score_models(*(rows @ weights for rows in test))
                tested = [divide(order, fold)[0] + start for order, start in zip(orders, starts, strict=True)]
                contributions[np.arange(tables)[:, None], np.concatenate(tested, axis=1)] += of_rows
                scores.append(areas)
                truths.append(compute_expected_areas(weights, gaps))
        return Measured(np.stack(scores, axis=1), np.mean(truths, axis=0), contributions / len(scores))


@dataclass(frozen=True)
class SeedCase:
    """Seeds that share training rows and test part, as with `--test`; each seed draws a fifth as validation.

    The test part is drawn like the training rows. The truth is that of these training rows, over seeds.
    """

    seeds: int
    methods: Methods
    better: float  # the effect of the first method, if it is better; the effect of the others is OWN_EFFECT

    @property
    def name(self) -> str:
        """The number of seeds, for a report."""
        return f"{self.seeds} seeds, one test part"

    def measure(self, of_methods: Floats, tables: int, generator: np.random.Generator) -> Measured:
        """Draw training rows and test parts, and train each method with each seed on them.

        of_methods: (M,), the effects of the methods.
        """
        effects = self.methods.list_effects(of_methods)
        learn, test = (self.methods.kind.draw(effects, tables, generator) for _ in range(2))
        gaps = self.methods.kind.list_gaps(effects)
        scores, truths, contributions = [], [], []
        for seed in range(self.seeds + OTHER_SEEDS):
            arranged = (arrange_rows(rows, draw_orders(rows, generator)) for rows in learn)
            validation, train = zip(
                *(np.split(rows, [rows.shape[1] // FOLDS], axis=1) for rows in arranged), strict=True
            )
            weights = self.methods.fit(train, validation)
            if seed >= self.seeds:
                truths.append(compute_expected_areas(weights, gaps))
                continue
            areas, of_rows = score_models(*(rows @ weights for rows in test))
            scores.append(areas)
            contributions.append(of_rows)
        return Measured(np.stack(scores, axis=1), np.mean(truths, axis=0), np.mean(contributions, axis=0))


def divide(rows: Values, fold: int) -> list[Values]:
    """Divide the rows of each table, (T, rows, ...), into test, validation and training part of a fold."""
    size = rows.shape[1] // FOLDS
    return np.split(np.roll(rows, -fold * size, axis=1), [size, 2 * size], axis=1)


def score_models(positives: Floats, negatives: Floats) -> tuple[Floats, Floats]:
    """Return the areas under the ROC curve, (T, M), and what each row contributes to their errors, (T, P + N, M).

    positives, negatives: (T, P, M) and (T, N, M), the outputs of the models.
    """
    tables, _, methods = positives.shape
    labels = np.repeat([1, 0], [positives.shape[1], negatives.shape[1]])
    outputs = np.concatenate([positives, negatives], axis=1)
    areas, contributions = np.empty((tables, methods)), np.empty(outputs.shape)
    for table, method in product(range(tables), range(methods)):
        roc = delong(labels, outputs[table, :, method])
        areas[table, method], contributions[table, :, method] = roc.auc, roc.contributions
    return areas, contributions


def compute_expected_areas(weights: Floats, gaps: Floats) -> Floats:
    """Compute the expected areas of linear models on new rows, (T, M).

    The output of a positive row minus that of a negative one is normal, with mean w d and variance 2 w w.

    Args:
        weights: (T, D, M), w of each model.
        gaps: (D,), the differences d of the class means.
    """
    return np.asarray(stats.norm.cdf(gaps @ weights / np.sqrt(2 * (weights**2).sum(axis=1))))
