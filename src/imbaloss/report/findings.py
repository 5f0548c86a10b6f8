"""The findings of a study: what tables, figures and page are made of, computed from the rows of its store alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from imbaloss.report import tables
from imbaloss.report.cells import (
    EVERYWHERE,
    ROC_AUC,
    Cell,
    ComparedScore,
    choose_compared_scores,
    group_into_cells,
)
from imbaloss.report.comparisons import CellComparison, compare_cells
from imbaloss.report.intervals import (
    PairInCell,
    Runs,
    compute_intervals,
    compute_roc_auc_both,
    group_successful_rows,
    read_tests_by_seed,
)
from imbaloss.report.lines import CellLine, summarise
from imbaloss.report.results import join_interval_over, rule_out_methods
from imbaloss.report.row_names import CellKey, RowName, name_rows
from imbaloss.statistics import Ruling
from imbaloss.studies import ReportableStudy, Row, Run, Store


@dataclass(frozen=True, eq=False)
class Findings:
    """The rows of a study, its lines and its comparisons."""

    study: ReportableStudy
    store: Store
    rows: Sequence[Row]
    row_names: Sequence[RowName]  # of each row
    runs: Runs  # the rows whose training succeeded, by cell and method
    scored: Mapping[ComparedScore, Sequence[Cell]]  # the cells of each compared score
    lines: Sequence[CellLine]  # one for each method in each cell
    comparisons: Sequence[CellComparison]  # of all pairs of methods by each score, in each cell and over all

    @property
    def methods(self) -> list[str]:
        """The names of the methods that are compared, in the order of the rows."""
        return list(dict.fromkeys(name.method for name in self.row_names))

    @property
    def runs_by_method(self) -> dict[str, Run]:
        """The last run of each method, by the method's name."""
        return {name.method: row.run for row, name in zip(self.rows, self.row_names, strict=True)}

    @property
    def settings(self) -> list[str]:
        """The names of the settings (data sets, with protocol and split if these vary), in the order of the rows."""
        return list(dict.fromkeys(name.setting for name in self.row_names))

    @cached_property
    def rulings(self) -> dict[str, dict[str, Ruling]]:
        """Whether each method may be the best, over all cells or in the only one, by the label of the score.

        A score without such a cell is left out. Methods without a score there are left out too. The result is empty if
        all seeds share one test part, since seeds alone rule nothing out for other samples.
        """
        return rule_out_methods(self.study, self.scored)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The content of table.csv: a line for each method in each setting at each level."""
        return tables.tabulate(self.lines, list(self.scored))

    def lowest_cell(self, setting: str) -> CellKey | None:
        """Return the cell (setting and level) of a setting at the lowest level of imbalance that can be drawn.

        Such a level has positives in training and a training that succeeded. None if there is no such cell, and for an
        unknown setting.
        """
        cells = [
            cell
            for cell, methods in self.runs.items()
            if cell.setting == setting and any(row.counts.train.positives for rows in methods.values() for row in rows)
        ]
        return min(cells, key=lambda cell: cell.level, default=None)

    def rows_by_method(self, cell: CellKey) -> dict[str, Sequence[Row]]:
        """Return the rows (results of runs) in a cell whose training succeeded, by method.

        Methods without any are left out.

        Raises:
            KeyError: There is no such cell, a setting at a level.
        """
        return {method: rows for method, rows in self.runs[cell].items() if rows}

    @property
    def interval_over(self) -> str:
        """What the intervals of the table are over, such as "seeds or test samples"; empty if there are none."""
        return join_interval_over(self.lines)

    @property
    def repetitions(self) -> str:
        """What training is repeated over: "seeds", or "seeds and folds" for a study with folds."""
        return "seeds and folds" if self.study.folds else "seeds"

    @property
    def unit(self) -> str:
        """What one repetition of a method is called: a "training"."""
        return "training"


def group_scores(study: ReportableStudy, rows: Sequence[Row], store: Store) -> Findings:
    """Group the scores of a study into cells: findings without lines and comparisons, which take most of the time.

    Args:
        study: The study.
        rows: Its finished runs.
        store: The store with the predictions of these runs.
    """
    row_names = name_rows(rows)
    scored = {compared: group_into_cells(rows, row_names, compared) for compared in choose_compared_scores(rows)}
    return Findings(study, store, rows, row_names, group_successful_rows(rows, row_names), scored, [], [])


def compute_findings(study: ReportableStudy, rows: Sequence[Row], store: Store) -> Findings:
    """Compute what tables, figures and page of a study are made of: scores in each cell, intervals, and comparisons.

    Args:
        study: The study.
        rows: Its finished runs.
        store: The store with the predictions of these runs.

    Raises:
        OSError: The store cannot be read.
    """
    findings = group_scores(study, rows, store)
    both, differences = compute_roc_auc_both(read_tests_by_seed(findings.runs, store))
    lines = summarise(rows, findings.row_names, compute_intervals(findings.runs, findings.scored, store, both))
    comparisons = [
        replace(line, both=differences[PairInCell(CellKey(line.setting, line.level), line.first, line.second)])
        if line.score == ROC_AUC and line.setting != EVERYWHERE
        else line
        for line in compare_cells(findings.scored, study.margin, alpha=study.alpha, alphas=study.dropped)
    ]
    return replace(findings, lines=lines, comparisons=comparisons)
