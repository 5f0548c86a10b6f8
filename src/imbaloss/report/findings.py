"""What a study found: everything that tables, figures and page are made of, from the rows of its store alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from imbaloss.learners import Learner
from imbaloss.report import tables
from imbaloss.report.cells import EVERYWHERE, ROC_AUC, Cell, Compared, cells, compared_in
from imbaloss.report.comparisons import CellComparison, compare_cells
from imbaloss.report.intervals import PairInCell, Runs, intervals, of_both, trained
from imbaloss.report.lines import CellLine, read_lines
from imbaloss.report.naming import Name, names
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
    table: pd.DataFrame  # the same with all columns, to export
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

    def lowest(self, setting: str) -> float | None:
        """The lowest level of the setting that has positives to train on and was trained to the end."""
        levels = [
            level
            for (one, level), methods in self.runs.items()
            if one == setting and any(row.counts.train[1] for some in methods.values() for row in some)
        ]
        return min(levels, default=None)

    def of(self, setting: str, level: float) -> dict[str, Sequence[Row]]:
        """The rows there of each method of which some did not fail."""
        return {method: some for method, some in self.runs[setting, level].items() if some}

    @property
    def interval_over(self) -> str:
        """What the intervals of the table are over, as "seeds or test samples"; empty where there are none."""
        return " or ".join(dict.fromkeys(line.interval_over for line in self.lines if line.interval_over))


def find(study: ReportableStudy, rows: Sequence[Row], store: Store) -> Findings:
    """rows: the finished runs of the study, in its store. Raises OSError where that cannot be read."""
    called = names(rows)
    scored = {compared: cells(rows, called, compared) for compared in compared_in(rows)}
    runs = trained(rows, called)
    means, differences = of_both(runs, store)
    table = tables.table(rows)
    for more in (intervals(runs, scored, store), means):
        table = table.merge(more, on=["setting", "level", "method"])
    comparisons = [
        replace(one, both=differences[PairInCell(one.setting, one.level, one.first, one.second)])
        if one.score == ROC_AUC and one.setting != EVERYWHERE
        else one
        for one in compare_cells(scored, study.margin)
    ]
    return Findings(study, store, rows, called, runs, scored, read_lines(table), table, comparisons)
