"""The 95 % intervals of a table, over seeds, folds or test samples, and over seeds and samples at once."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from imbaloss.evaluation import THRESHOLD, score_interval
from imbaloss.report.cells import COMPARED, Cell, ComparedScore
from imbaloss.report.row_names import CellKey, RowName
from imbaloss.statistics import Interval, delong, seeds_and_samples
from imbaloss.studies import Predictions, Row, Store

NONE = Interval(np.nan, np.nan, np.nan)
OVER = ("seeds", "folds", "test samples")  # what an interval can be over
Scored = Mapping[ComparedScore, Sequence[Cell]]
Runs = Mapping[CellKey, Mapping[str, Sequence[Row]]]  # by cell and method
TestsBySeed = Mapping[CellKey, Mapping[str, Mapping[Hashable, Predictions]]]  # by cell, method and seed


@dataclass(frozen=True)
class MethodInCell:
    """The key of a method in one cell, a setting at a level."""

    cell: CellKey
    method: str


@dataclass(frozen=True)
class PairInCell:
    """The key of two methods in one cell (a setting at a level), in the order of their comparison."""

    cell: CellKey
    first: str
    second: str


@dataclass(frozen=True)
class MethodIntervals:
    """The intervals of a method in one cell, a setting at a level."""

    over: str | None  # seeds, folds, or the test samples of a single run; None if every training failed
    scores: Mapping[str, Interval]  # by the column of each compared score
    roc_auc_both: Interval  # of the mean ROC-AUC, for other seeds and other test samples


def group_successful_rows(rows: Sequence[Row], row_names: Sequence[RowName]) -> Runs:
    """Group the rows (results of runs) whose training succeeded by cell (a setting at a level) and method.

    A method has no rows if all its trainings failed.
    """
    groups: dict[CellKey, dict[str, list[Row]]] = {}
    for row, name in zip(rows, row_names, strict=True):
        of_method = groups.setdefault(CellKey(name.setting, row.run.level), {}).setdefault(name.method, [])
        of_method += [row] if row.failure is None else []
    return groups


def compute_intervals(
    runs: Runs, scored: Scored, store: Store, both: Mapping[MethodInCell, Interval]
) -> dict[MethodInCell, MethodIntervals]:
    """Compute the 95 % intervals of each compared score, for each method in each cell (a setting at a level).

    They are over the repetitions (seeds or folds), or for a single run over its test samples.

    Args:
        runs: The trainings that did not fail.
        scored: The cells of each compared score.
        store: The store with the predictions of single runs.
        both: The intervals of ROC-AUC for other seeds and other test samples.

    Raises:
        OSError: The store cannot be read.
    """
    by_score = {compared: {cell.key: cell for cell in cells} for compared, cells in scored.items()}
    intervals = {}
    for key, methods in runs.items():
        for method, rows in methods.items():
            single = store.predictions(rows[0].run)["test"] if len(rows) == 1 else None
            over = OVER[2] if single else OVER[bool(rows and rows[0].run.fold)]
            of_scores = {
                compared.column: compute_run_interval(
                    compared, single, compared.value_in(rows[0]), rows[0].tuned.threshold
                )
                if single
                else cells[key].interval(method)
                for compared, cells in by_score.items()
            }
            place = MethodInCell(key, method)
            intervals[place] = MethodIntervals(over if rows else None, of_scores, both[place])
    return intervals


def compute_run_interval(
    compared: ComparedScore, test: Predictions, value: float | None, tuned_threshold: float | None
) -> Interval:
    """Compute the 95 % interval of a single run's score over its test samples: the score and the ends.

    All three numbers are NaN if the score or its threshold is undefined, if the score is not F1, ROC-AUC or average
    precision, if samples have weights, or if a class has fewer than two test samples. The ends alone are NaN for a
    score of 0 or 1.

    Args:
        compared: The score.
        test: The predictions of the run on its test part.
        value: The score of the run; None if it is undefined.
        tuned_threshold: The tuned threshold of the run; None if none was chosen.
    """
    threshold = tuned_threshold if compared.tuned else THRESHOLD
    supported = compared.score in {each.score for each in COMPARED}
    if value is None or threshold is None or not supported or test.weights is not None:
        return NONE
    return score_interval(compared.score, test.labels, test.probabilities, threshold) or NONE


def read_tests_by_seed(runs: Runs, store: Store) -> TestsBySeed:
    """Read the predictions on test of runs that did not fail, by cell, method and seed; see `read_test_predictions`.

    Raises:
        OSError: The store cannot be read.
    """
    return {
        cell: {method: read_test_predictions(rows, store) for method, rows in methods.items()}
        for cell, methods in runs.items()
    }


def compute_roc_auc_both(tests: TestsBySeed) -> tuple[dict[MethodInCell, Interval], dict[PairInCell, Interval]]:
    """Compute the 95 % intervals of ROC-AUC for other seeds and other test samples at once.

    They need several seeds that are all tested on samples of one pool; otherwise, as with folds, their ends are NaN.

    Args:
        tests: The predictions on test of each method, by cell (a setting at a level), method and seed. Each has at
            least 2 samples of each class.

    Returns:
        The intervals of the means of methods, and those of the differences of all pairs in a cell.
    """
    means, differences = {}, {}
    for cell, methods in tests.items():
        areas = {
            method: {seed: delong(test.labels, test.probabilities) for seed, test in of_seeds.items()}
            for method, of_seeds in methods.items()
        }
        samples = {
            seed: 2 * test.images + test.labels for of_seeds in methods.values() for seed, test in of_seeds.items()
        }
        for method, of_seeds in areas.items():
            both = seeds_and_samples(list(of_seeds.values()), [samples[seed] for seed in of_seeds])
            means[MethodInCell(cell, method)] = both
        for first, second in combinations(methods, 2):
            pairs = {
                seed: area.minus(areas[second][seed]) for seed, area in areas[first].items() if seed in areas[second]
            }
            both = seeds_and_samples(list(pairs.values()), [samples[seed] for seed in pairs])
            differences[PairInCell(cell, first, second)] = both
    return means, differences


def read_test_predictions(rows: Sequence[Row], store: Store) -> dict[Hashable, Predictions]:
    """Read the predictions on test of rows (results of runs of one method in one cell), by seed.

    Left out are rows of folds, and those whose test part has fewer than 2 samples of a class.

    Raises:
        OSError: The store cannot be read.
    """
    kept = [row for row in rows if not row.run.fold and min(row.counts.test) > 1]
    tests = store.test_predictions([row.run for row in kept])
    return {row.run.seed: test for row, test in zip(kept, tests, strict=True)}
