"""What tables, figures and page need of results, whether they were trained here or come from a file."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from imbaloss.report.cells import Cell, ComparedScore, select_overall_cell
from imbaloss.report.comparisons import CellComparison
from imbaloss.report.lines import ScoreLine
from imbaloss.statistics import ALPHA, Ruling, rule_out
from imbaloss.studies import JudgedStudy


class Results(Protocol):
    """Scores of methods in cells, with the statistics of them."""

    @property
    def study(self) -> JudgedStudy:
        """The study: its name, its margin, and the error that is allowed."""

    @property
    def scored(self) -> Mapping[ComparedScore, Sequence[Cell]]:
        """The cells of each compared score, with the one for all cells."""

    @property
    def lines(self) -> Sequence[ScoreLine]:
        """The lines of the table, one for each method in each cell."""

    @property
    def comparisons(self) -> Sequence[CellComparison]:
        """The comparisons of all pairs of methods by each score, in each cell and over all."""

    @property
    def methods(self) -> list[str]:
        """The names of the methods, in the order of the results."""

    @property
    def settings(self) -> list[str]:
        """The names of the settings, such as data sets, in the order of the results."""

    @property
    def repetitions(self) -> str:
        """What repetitions are called: "seeds", "folds" or "seeds and folds"."""

    @property
    def unit(self) -> str:
        """What one repetition of a method is called: a "training", or a "result" of a file."""


def join_interval_over(lines: Iterable[ScoreLine]) -> str:
    """Say what the intervals of a table are over, such as "seeds or test samples"; empty if there are none."""
    return " or ".join(dict.fromkeys(line.interval_over for line in lines if line.interval_over))


def rule_out_methods(
    study: JudgedStudy, scored: Mapping[ComparedScore, Sequence[Cell]]
) -> dict[str, dict[str, Ruling]]:
    """Say whether each method may be the best, over all cells or in the only one, by the label of the score.

    A score without such a cell is left out. Methods without a score there are left out too. The result is empty if
    all seeds share one test part, since seeds alone rule nothing out for other samples.
    """
    if study.shares_test:
        return {}
    overall = {compared: select_overall_cell(cells) for compared, cells in scored.items()}
    return {
        compared.label: rule_out_in_cell(cell, study.alpha, study.dropped)
        for compared, cell in overall.items()
        if cell is not None
    }


def rule_out_in_cell(
    cell: Cell, alpha: float = ALPHA, alphas: Mapping[str, float] = MappingProxyType({})
) -> dict[str, Ruling]:
    """Say for each method with a score in a cell whether it may be the best there.

    Args:
        cell: The cell.
        alpha: The error allowed.
        alphas: A smaller error for some methods, by method.
    """
    sign = -1 if cell.lower else 1
    scores = {method: sign * values for method, values in cell.scores.items()}
    return rule_out(scores, test_to_train=cell.test_to_train, alpha=alpha, alphas=alphas)
