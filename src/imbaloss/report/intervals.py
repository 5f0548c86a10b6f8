"""The 95 % intervals of a table: over seeds or folds; of a single run, over its test samples; over both sources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from imbaloss.evaluation import THRESHOLD, score_interval
from imbaloss.report.cells import COMPARED, Cell, Compared
from imbaloss.report.naming import CellKey, Name
from imbaloss.statistics import Interval, delong, seeds_and_samples
from imbaloss.studies import Predictions, Row, Store

NONE = Interval(np.nan, np.nan, np.nan)
OVER = ("seeds", "folds", "test samples")
Scored = Mapping[Compared, Sequence[Cell]]
Runs = Mapping[CellKey, Mapping[str, Sequence[Row]]]  # of each cell, of each method


@dataclass(frozen=True)
class MethodInCell:
    """A method in one cell."""

    cell: CellKey
    method: str


@dataclass(frozen=True)
class PairInCell:
    """Two methods, in the order of the comparison, in one cell."""

    cell: CellKey
    first: str
    second: str


@dataclass(frozen=True)
class MethodIntervals:
    """The intervals of a method in one cell."""

    over: str | None  # seeds, folds, or the test samples of a single run; None where every training failed
    scores: Mapping[str, Interval]  # by the column of each score that is compared
    roc_auc_both: Interval  # of ROC-AUC for other seeds and other test samples


def trained(rows: Sequence[Row], called: Sequence[Name]) -> Runs:
    """The rows that did not fail; a method of which all did has none."""
    found: dict[CellKey, dict[str, list[Row]]] = {}
    for row, name in zip(rows, called, strict=True):
        of_method = found.setdefault(CellKey(name.setting, row.run.level), {}).setdefault(name.method, [])
        of_method += [row] if row.failure is None else []
    return found


def intervals(
    runs: Runs, scored: Scored, store: Store, both: Mapping[MethodInCell, Interval]
) -> dict[MethodInCell, MethodIntervals]:
    """Return the intervals of each method in each cell.

    Args:
        runs: The trainings that did not fail.
        scored: The cells of each score that is compared.
        store: Where the predictions of single runs are.
        both: The intervals of ROC-AUC for other seeds and other test samples.
    """
    by_score = {compared: {one.key: one for one in found} for compared, found in scored.items()}
    found = {}
    for cell, methods in runs.items():
        for method, rows in methods.items():
            single = store.predictions(rows[0].run)["test"] if len(rows) == 1 else None
            over = OVER[2] if single else OVER[bool(rows and rows[0].run.fold)]
            ends = {
                compared.column: of_run(rows[0], single, compared) if single else of_score[cell].interval(method)
                for compared, of_score in by_score.items()
            }
            key = MethodInCell(cell, method)
            found[key] = MethodIntervals(over if rows else None, ends, both[key])
    return found


def of_run(row: Row, test: Predictions, compared: Compared) -> Interval:
    threshold = row.tuned.threshold if compared.tuned else THRESHOLD
    known = compared.score in {one.score for one in COMPARED}  # of others there is no interval over samples
    if compared.value_in(row) is None or threshold is None or not known:
        return NONE
    return score_interval(compared.score, test.labels, test.probabilities, threshold) or NONE


def of_both(runs: Runs, store: Store) -> tuple[dict[MethodInCell, Interval], dict[PairInCell, Interval]]:
    """Return the intervals of ROC-AUC for other seeds and other test samples at once: of methods and of differences.

    They need several seeds, all tested on samples of one pool; elsewhere their ends are NaN.
    """
    means, differences = {}, {}
    for cell, methods in runs.items():
        tests = {method: tests_of(rows, store) for method, rows in methods.items()}
        areas = {
            method: {seed: delong(one.labels, one.probabilities) for seed, one in of.items()}
            for method, of in tests.items()
        }
        samples = {seed: 2 * one.images + one.labels for of in tests.values() for seed, one in of.items()}
        for method, of in areas.items():
            both = seeds_and_samples(list(of.values()), [samples[seed] for seed in of])
            means[MethodInCell(cell, method)] = both
        for first, second in combinations(methods, 2):
            pairs = {
                seed: area.minus(areas[second][seed]) for seed, area in areas[first].items() if seed in areas[second]
            }
            both = seeds_and_samples(list(pairs.values()), [samples[seed] for seed in pairs])
            differences[PairInCell(cell, first, second)] = both
    return means, differences


def tests_of(rows: Sequence[Row], store: Store) -> dict[int, Predictions]:
    """By seed; none of folds, nor where test has less than two samples of a class."""
    some = [row for row in rows if not row.run.fold and min(row.counts.test) > 1]
    arrays = store.arrays([row.run for row in some])
    return {row.run.seed: predictions["test"] for row, (_, predictions) in zip(some, arrays, strict=True)}
