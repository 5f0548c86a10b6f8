"""Counts of the test rows that thresholds flag, at some hundred thresholds, from the predictions of all repetitions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imbaloss.comparison.sentences import count_threshold_decimals
from imbaloss.studies import Predictions

Floats = NDArray[np.float64]
HUNDREDTHS = np.arange(101) / 100  # thresholds that a person types
RANKS, QUANTILES = 300, 100  # numbers of thresholds at ranks of all rows, and at quantiles of the positives
MOST_SORTED = 100_000  # rows of all repetitions by which thresholds are placed; of more rows, evenly spread ones are


@dataclass(frozen=True, eq=False)
class FlaggedRows:
    """The test rows of J repetitions that K thresholds flag, by class: of negatives, then of positives."""

    thresholds: Floats  # (K,), ascending; each flags another number of rows
    numbers: Floats  # (J, 2, K), of flagged rows, or the sums of their weights
    totals: Floats  # (J, 2), of all rows
    different: tuple[float, float]  # number of different rows in all repetitions together; Kish's, if rows have weights

    def sum_shares(self, label: int) -> Floats:
        """Return the share of a class that each threshold flags in all repetitions together, (K,)."""
        shares: Floats = self.numbers[:, label].sum(axis=0) / self.totals[:, label].sum()
        return shares

    def list_shares(self, label: int) -> Floats:
        """Return the share of a class that each threshold flags in each repetition with rows of the class, (J, K)."""
        has_rows = self.totals[:, label] > 0
        shares: Floats = self.numbers[has_rows, label] / self.totals[has_rows, label, None]
        return shares


def count_flagged_rows(tests: Sequence[Predictions], chosen: float) -> FlaggedRows:
    """Count the test rows that thresholds flag in each repetition, exactly: a row is flagged from the threshold on.

    Thresholds have three digits or two decimals, so that a page shows them as they are, except for the chosen one. Of
    thresholds that flag the same rows, one is kept: the chosen one, otherwise the lowest.

    Args:
        tests: The predictions of each repetition for its test rows.
        chosen: The threshold that is among the thresholds exactly.
    """
    thresholds = choose_thresholds(tests, chosen)
    numbers = np.stack([count_at_least(test, thresholds) for test in tests])
    totals = np.stack([[sum_weights(test, label) for label in (0, 1)] for test in tests])
    of_all = numbers.sum(axis=(0, 1))
    is_new = np.append(True, of_all[1:] != of_all[:-1])
    kept = np.flatnonzero(is_new)
    place = int(np.searchsorted(thresholds, chosen))
    kept[np.searchsorted(kept, place, side="right") - 1] = place
    different = count_different_rows(tests, 0), count_different_rows(tests, 1)
    return FlaggedRows(thresholds[kept], numbers[:, :, kept], totals, different)


def choose_thresholds(tests: Sequence[Predictions], chosen: float) -> Floats:
    """Choose thresholds, ascending: hundredths, many where few rows are flagged, and many where positives are.

    They also hold the chosen one. Those at probabilities are rounded to three digits of the probability or of its
    distance to 1.
    """
    step = sum(len(test.labels) for test in tests) // MOST_SORTED + 1
    probabilities = np.sort(np.concatenate([test.probabilities[::step] for test in tests]))
    of_positives = np.sort(np.concatenate([test.probabilities[test.labels == 1][::step] for test in tests]))
    ranks = np.geomspace(1, len(probabilities), RANKS).astype(np.int64)
    places = np.linspace(0, len(of_positives) - 1, QUANTILES).astype(np.int64)
    exact = np.unique(np.append(probabilities[-ranks], of_positives[places])).tolist()
    rounded = [round(value, count_threshold_decimals(value)) for value in exact]
    return np.unique([*HUNDREDTHS, *rounded, chosen])


def count_at_least(test: Predictions, thresholds: Floats) -> Floats:
    """Return the numbers of negatives and positives from each threshold on, or the sums of their weights, (2, K).

    thresholds: (K,), ascending.
    """
    passed = np.searchsorted(thresholds, test.probabilities, side="right")  # thresholds at or below each probability
    cells = test.labels * (len(thresholds) + 1) + passed
    numbers = np.bincount(cells, test.weights, minlength=2 * (len(thresholds) + 1)).reshape(2, -1)
    at_least: Floats = numbers[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:].astype(np.float64)
    return at_least


def sum_weights(test: Predictions, label: int) -> float:
    """Return the number of test rows of a class, or the sum of their weights."""
    of_class = test.labels == label
    return float(of_class.sum() if test.weights is None else test.weights[of_class].sum())


def count_different_rows(tests: Sequence[Predictions], label: int) -> float:
    """Return the number of different test rows of a class; with weights w the effective one, (sum w)² / sum w².

    Source: Kish 1965, Survey Sampling, for the effective number.
    """
    weights = np.zeros(1 + max(int(test.images.max(initial=0)) for test in tests))
    for test in tests:
        of_class = test.labels == label
        weights[test.images[of_class]] = 1.0 if test.weights is None else test.weights[of_class]
    return float(weights.sum() ** 2 / (weights**2).sum()) if weights.any() else 0.0
