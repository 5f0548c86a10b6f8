"""The statistics of imported results, by the code that judges studies."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from imbaloss.comparison.imported.result import ImportedResult, ReadResults
from imbaloss.comparison.imported.study import ImportedStudy
from imbaloss.report.cells import (
    EVERYWHERE,
    ROC_AUC,
    Cell,
    CellScore,
    ComparedScore,
    append_average,
    arrange_into_cells,
)
from imbaloss.report.comparisons import CellComparison, compare_cells
from imbaloss.report.intervals import (
    NONE,
    OVER,
    MethodInCell,
    PairInCell,
    compute_roc_auc_both,
    compute_run_interval,
)
from imbaloss.report.lines import Counts, ScoreSummary, to_array
from imbaloss.report.results import rule_out_methods
from imbaloss.report.row_names import CellKey
from imbaloss.statistics import Interval, Ruling
from imbaloss.studies import Predictions

ByCell = Mapping[CellKey, Mapping[str, Sequence[ImportedResult]]]  # by cell and method


@dataclass(frozen=True)
class ImportedLine:
    """The summary of a method in a cell: a data set, at a level if there are levels."""

    cell: CellKey
    method: str
    trainings: int  # the number of results
    missing: int  # the number of repetitions in which another method has a result and this one has none
    test: Counts | None  # None if the file has scores
    scores: Mapping[str, ScoreSummary]  # by column
    interval_over: str  # empty if no score has an interval
    roc_auc_both: Interval
    train: Counts | None = None

    @property
    def setting(self) -> str:
        """The name of the data set."""
        return self.cell.setting

    @property
    def level(self) -> float:
        """The level of imbalance; `NO_LEVEL` without levels."""
        return self.cell.level


@dataclass(frozen=True, eq=False)
class ImportedFindings:
    """Imported results with their lines and comparisons."""

    study: ImportedStudy
    results: Sequence[ImportedResult]
    scored: Mapping[ComparedScore, Sequence[Cell]]
    lines: Sequence[ImportedLine]
    comparisons: Sequence[CellComparison]

    @property
    def methods(self) -> list[str]:
        """The names of the methods, in the order of the results."""
        return list(dict.fromkeys(result.key.method for result in self.results))

    @property
    def settings(self) -> list[str]:
        """The names of the data sets, in the order of the results."""
        return list(dict.fromkeys(result.key.dataset for result in self.results))

    @property
    def repetitions(self) -> str:
        """What repetitions are called: "seeds", "folds" or "seeds and folds"."""
        if not self.study.folds:
            return "seeds"
        return "seeds and folds" if "seed" in self.study.roles else "folds"

    @property
    def unit(self) -> str:
        """What one repetition of a method is called: a "result"."""
        return "result"

    @cached_property
    def rulings(self) -> dict[str, dict[str, Ruling]]:
        """Whether each method may be the best, over all cells or in the only one, by the label of the score."""
        return rule_out_methods(self.study, self.scored)

    @cached_property
    def by_cell(self) -> ByCell:
        """The results by cell and method."""
        return group_results(self.results)


def judge_results(study: ImportedStudy, read: ReadResults) -> ImportedFindings:
    """Compute means, intervals and comparisons of imported results.

    Args:
        study: How they are judged.
        read: The results; at least one.
    """
    by_cell = group_results(read.results)
    ratios = {cell: study.test_to_train[cell.setting] for cell in by_cell if study.test_to_train}
    scored = {}
    for compared in read.compared:
        values = [
            CellScore(
                each.key.cell, each.key.dataset, each.key.method, each.key.repetition, each.scores.get(compared.column)
            )
            for each in read.results
        ]
        scored[compared] = append_average(arrange_into_cells(values, compared, ratios))
    tests = read_tests_by_seed(by_cell) if read.has_row_names and not study.folds else {}
    both, differences = compute_roc_auc_both(tests)
    lines = [
        summarise_results(of_method, scored, count_repetitions(methods), both.get(MethodInCell(cell, method), NONE))
        for cell, methods in by_cell.items()
        for method, of_method in methods.items()
    ]
    comparisons = [
        replace(
            line, both=differences.get(PairInCell(CellKey(line.setting, line.level), line.first, line.second), NONE)
        )
        if line.score == ROC_AUC and line.setting != EVERYWHERE
        else line
        for line in compare_cells(scored, study.margin, alpha=study.alpha, alphas=study.dropped)
    ]
    return ImportedFindings(study, read.results, scored, lines, comparisons)


def group_results(results: Sequence[ImportedResult]) -> ByCell:
    """Group results by cell and method, in their order."""
    by_cell: dict[CellKey, dict[str, list[ImportedResult]]] = {}
    for result in results:
        by_cell.setdefault(result.key.cell, {}).setdefault(result.key.method, []).append(result)
    return by_cell


def read_tests_by_seed(by_cell: ByCell) -> dict[CellKey, dict[str, dict[Hashable, Predictions]]]:
    """Return the predictions on test by cell, method and seed, of those with at least 2 samples of each class."""
    return {
        cell: {
            method: {
                result.key.seed: result.test
                for result in results
                if result.test is not None and min(np.bincount(result.test.labels, minlength=2)) > 1
            }
            for method, results in methods.items()
        }
        for cell, methods in by_cell.items()
    }


def count_repetitions(methods: Mapping[str, Sequence[ImportedResult]]) -> int:
    """Return the number of repetitions in which any method of a cell has a result."""
    return len({result.key.repetition for results in methods.values() for result in results})


def summarise_results(
    results: Sequence[ImportedResult], scored: Mapping[ComparedScore, Sequence[Cell]], repetitions: int, both: Interval
) -> ImportedLine:
    """Make the line of a method in a cell.

    Args:
        results: The results of the method in the cell, at least one.
        scored: The cells of each compared score.
        repetitions: The number of repetitions in which any method has a result in the cell.
        both: The interval of the mean ROC-AUC for other seeds and other test samples.
    """
    first = results[0]
    single = first.test if len(results) == 1 else None
    intervals = {}
    for compared, cells in scored.items():
        [cell] = [cell for cell in cells if cell.key == first.key.cell]
        intervals[compared.column] = (
            compute_run_interval(compared, single, first.scores[compared.column], first.threshold)
            if single
            else cell.interval(first.key.method)
        )
    over = OVER[2] if single else OVER[bool(first.key.fold)]
    summaries = {}
    for column in first.scores:
        values = to_array(result.scores[column] for result in results)
        finite = values[np.isfinite(values)]
        mean = float(finite.mean()) if len(finite) else np.nan
        deviation = float(finite.std(ddof=1)) if len(finite) > 1 else np.nan
        _, low, high = intervals.get(column, NONE)
        summaries[column] = ScoreSummary(mean, deviation, low, high, published=np.nan)
    return ImportedLine(
        cell=first.key.cell,
        method=first.key.method,
        trainings=len(results),
        missing=repetitions - len(results),
        test=average_counts([result.test for result in results if result.test is not None]),
        scores=summaries,
        interval_over=over if any(np.isfinite(interval.low) for interval in intervals.values()) else "",
        roc_auc_both=both,
    )


def average_counts(tests: Sequence[Predictions]) -> Counts | None:
    """Return the mean numbers of positives and negatives of some test parts; None for none."""
    if not tests:
        return None
    positives = [int(test.labels.sum()) for test in tests]
    sizes = [len(test.labels) for test in tests]
    return Counts(float(np.mean(positives)), float(np.mean(np.subtract(sizes, positives))))
