"""One result of a method, as it was imported."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from imbaloss.report.cells import ComparedScore
from imbaloss.report.row_names import CellKey
from imbaloss.studies import Predictions


class ResultKey(NamedTuple):
    """What tells a result from all others."""

    method: str
    dataset: str
    level: float  # `NO_LEVEL` without levels
    seed: str  # empty without seeds
    fold: str  # empty without folds

    @property
    def cell(self) -> CellKey:
        """The cell of the result: its data set at its level."""
        return CellKey(self.dataset, self.level)

    @property
    def repetition(self) -> tuple[str, str]:
        """Seed and fold. Results with the same ones have the same split."""
        return self.seed, self.fold

    def __str__(self) -> str:
        """Write the result in words, such as "svm on wine, seed 3, fold 1"."""
        seed, fold = (
            f", {name} {value}" if value else "" for name, value in (("seed", self.seed), ("fold", self.fold))
        )
        return f"{self.method} on {self.cell.title}{seed}{fold}"


@dataclass(frozen=True)
class ImportedResult:
    """The scores of a method on one split of a data set."""

    key: ResultKey
    scores: Mapping[str, float | None]  # by the column of the score in table.csv; None for an undefined one
    undefined: Mapping[str, str] = field(default_factory=dict)  # the reason for each undefined score, if it is known
    test: Predictions | None = None  # None if the file has scores
    threshold: float | None = None  # the tuned threshold; None without validation rows


class ReadResults(NamedTuple):
    """The content of a file of results."""

    results: tuple[ImportedResult, ...]
    compared: tuple[ComparedScore, ...]  # the scores by which methods are compared
    has_row_names: bool = False  # whether predictions say which row they are for
    notes: tuple[str, ...] = ()  # what a reader must know of how the file was read
