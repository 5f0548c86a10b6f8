"""What a study found: everything that tables, figures and page are made of, from the rows of its store alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from imbaloss.learners import Learner
from imbaloss.report import tables
from imbaloss.report.cells import EVERYWHERE, ROC_AUC, Cell, Compared, cells, compared_in
from imbaloss.report.comparisons import CellComparison, compare_cells
from imbaloss.report.intervals import PairInCell, Runs, intervals, of_both, trained
from imbaloss.report.lines import CellLine, summarise
from imbaloss.report.naming import CellKey, Name, names
from imbaloss.studies import ReportableStudy, Row, Store


@dataclass(frozen=True, eq=False)
class Findings:
    """Of the finished runs of a study."""

    study: ReportableStudy
    store: Store
    rows: Sequence[Row]
    called: Sequence[Name]  # of each row
    runs: Runs  # that did not fail
    scored: Mapping[Compared, Sequence[Cell]]
    lines: Sequence[CellLine]  # one a cell and method
    comparisons: Sequence[CellComparison]  # of all pairs of methods by each score, in each cell and over all

    @property
    def methods(self) -> list[str]:
        return list(dict.fromkeys(name.method for name in self.called))

    @property
    def learners(self) -> dict[str, Learner]:
        """The learner of each method."""
        return {name.method: row.run.method.learner for row, name in zip(self.rows, self.called, strict=True)}

    @property
    def settings(self) -> list[str]:
        return list(dict.fromkeys(name.setting for name in self.called))

    @cached_property
    def table(self) -> pd.DataFrame:
        """The lines with all columns, to export."""
        return tables.tabulate(self.lines, list(self.scored))

    def lowest(self, setting: str) -> CellKey | None:
        """Return the cell at the lowest level of the setting that has positives to train on and was trained to the end.

        None where there is no such cell.
        """
        cells = [
            cell
            for cell, methods in self.runs.items()
            if cell.setting == setting and any(row.counts.train.positives for some in methods.values() for row in some)
        ]
        return min(cells, key=lambda cell: cell.level, default=None)

    def of(self, cell: CellKey) -> dict[str, Sequence[Row]]:
        """Return the rows of a cell by method, of each method of which some did not fail."""
        return {method: some for method, some in self.runs[cell].items() if some}

    @property
    def interval_over(self) -> str:
        """What the intervals of the table are over, as "seeds or test samples"; empty where there are none."""
        return " or ".join(dict.fromkeys(line.interval_over for line in self.lines if line.interval_over))


def find(study: ReportableStudy, rows: Sequence[Row], store: Store) -> Findings:
    """rows: the finished runs of the study, in its store. Raises OSError where that cannot be read."""
    called = names(rows)
    scored = {compared: cells(rows, called, compared) for compared in compared_in(rows)}
    runs = trained(rows, called)
    both, differences = of_both(runs, store)
    lines = summarise(rows, called, intervals(runs, scored, store, both))
    comparisons = [
        replace(one, both=differences[PairInCell(CellKey(one.setting, one.level), one.first, one.second)])
        if one.score == ROC_AUC and one.setting != EVERYWHERE
        else one
        for one in compare_cells(scored, study.margin)
    ]
    return Findings(study, store, rows, called, runs, scored, lines, comparisons)
