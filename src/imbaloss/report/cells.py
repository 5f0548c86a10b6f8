"""Rows -> the scores of each method in each cell, one a repetition: all statistics of a study are made of these."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imbaloss.report.naming import CellKey, Name
from imbaloss.statistics import Interval, t_interval
from imbaloss.statistics.paired import inflation_of
from imbaloss.studies import Row

EVERYWHERE = "all cells"


class Compared(NamedTuple):
    """A score on test that methods are compared by."""

    label: str
    score: str
    tuned: bool = False  # at the tuned threshold; else at 1/2, or whatever the threshold
    lower: bool = False  # is better

    @property
    def column(self) -> str:
        """Its name in the table."""
        return f"tuned_{self.score}" if self.tuned else self.score

    def value_in(self, row: Row) -> float | None:
        """Return the score of a row, None where it is undefined or the row has none of that name."""
        return (row.tuned.scores if self.tuned else row.scores["test"]).get(self.score)


F1, TUNED_F1, ROC_AUC = "F1 at ½", "F1 at the tuned threshold", "ROC-AUC"
COMPARED = (
    Compared(F1, "f1"),
    Compared(TUNED_F1, "f1", tuned=True),
    Compared(ROC_AUC, "roc_auc"),
    Compared("average precision", "average_precision"),
)
COST = Compared("mean cost at the tuned threshold", "cost", tuned=True, lower=True)
OF_RULES = {
    "cost": COST,
    "g_mean": Compared("G-mean at the tuned threshold", "g_mean", tuned=True),
    "balanced_accuracy": Compared("balanced accuracy at the tuned threshold", "balanced_accuracy", tuned=True),
    "mcc": Compared("MCC at the tuned threshold", "mcc", tuned=True),
    "recall_at_precision": Compared("recall at the tuned threshold", "recall", tuned=True),
    "precision_at_recall": Compared("precision at the tuned threshold", "precision", tuned=True),
    "f_beta": Compared("F-beta at the tuned threshold", "f_beta", tuned=True),
    "accuracy": Compared("accuracy at the tuned threshold", "accuracy", tuned=True),
    "top_share": Compared("recall at the tuned threshold", "recall", tuned=True),
}


def compared_in(rows: Sequence[Row]) -> tuple[Compared, ...]:
    """The scores that methods are compared by: where one rule tunes all thresholds, also what that is best for."""
    rules = {row.run.method.decision.rule for row in rows}
    own = OF_RULES.get(rules.pop().name) if len(rules) == 1 else None
    return (*COMPARED, own) if own else COMPARED


class Cell(NamedTuple):
    """A setting at a level, or all of them."""

    dataset: str
    setting: str
    level: float  # NaN for all
    scores: dict[str, NDArray[np.float64]]  # of each method (repetitions,): a seed or a fold; NaN where there is none
    test_to_train: float | None  # n_test / n_train, where repetitions are folds
    left_out: tuple[str, ...] = ()  # of all: cells and methods that it is not about, and why
    unit: float = 1.0  # in which the margin is told: of costs, what the best constant decision costs
    lower: bool = False  # is better

    @property
    def key(self) -> CellKey:
        """The setting and the level."""
        return CellKey(self.setting, self.level)

    def interval(self, method: str) -> Interval:
        """Of the method's mean, over the repetitions that have a score; cut off at 0 and, but for costs, at 1."""
        values = self.scores[method]
        known = values[np.isfinite(values)]
        floor = -1.0 if (known < 0).any() else 0.0  # as MCC may be
        inflation = 1.0 if self.test_to_train is None else inflation_of(len(known), self.test_to_train)
        mean, low, high = t_interval(known, inflation=inflation)
        return Interval(mean, *np.clip([low, high], floor, np.inf if self.lower else 1.0).tolist())


def cells(rows: Sequence[Row], called: Sequence[Name], compared: Compared) -> list[Cell]:
    """Each cell, and of several, last, all together: there a repetition's score is its mean over the cells.

    called: the name of each row.
    """
    repetitions = list(dict.fromkeys((row.run.seed, row.run.fold) for row in rows))
    place = {repetition: at for at, repetition in enumerate(repetitions)}
    found: dict[CellKey, Cell] = {}
    for row, name in zip(rows, called, strict=True):
        key = CellKey(name.setting, row.run.level)
        if key not in found:
            ratio = sum(row.counts.test) / sum(row.counts.train) if row.run.fold else None
            found[key] = Cell(row.run.dataset, key.setting, key.level, {}, ratio, lower=compared.lower)
        of_method = found[key].scores.setdefault(name.method, np.full(len(repetitions), np.nan))
        value = compared.value_in(row)
        of_method[place[row.run.seed, row.run.fold]] = np.nan if value is None else value
    several = list(found.values())
    if compared is COST:
        units: dict[CellKey, list[float]] = {cell.key: [] for cell in several}
        for row, name in zip(rows, called, strict=True):
            units[CellKey(name.setting, row.run.level)].append(constant_cost(row))
        several = [cell._replace(unit=float(np.mean(units[cell.key]))) for cell in several]
    alike = len({one.test_to_train is None for one in several}) == 1
    return [*several, together(several)] if len(several) > 1 and alike else several


def constant_cost(row: Row) -> float:
    """The mean cost on test of calling all samples negative, or all positive, whichever is cheaper; 1 where it is 0."""
    costs, (negatives, positives) = row.run.method.decision.rule.parameters, row.counts.test
    total = min(costs["fn"] * positives, costs["fp"] * negatives)
    return total / (negatives + positives) if total else 1.0


def together(several: Sequence[Cell]) -> Cell:
    """Of the cells in which most methods have a score, the methods that have one in each of these; all of one kind."""
    methods = list(dict.fromkeys(method for cell in several for method in cell.scores))
    scored = [
        [one for one in methods if one in cell.scores and np.isfinite(cell.scores[one]).any()] for cell in several
    ]
    most = [cell for cell, some in zip(several, scored, strict=True) if 2 * len(some) > len(methods)]
    kept = (
        [one for one in methods if all(one in some for some in scored if 2 * len(some) > len(methods))] if most else []
    )
    means = {one: np.mean([cell.scores[one] for cell in most], axis=0) for one in kept}
    left_out = [f"{cell.setting} at level {cell.level:g}" for cell in several if cell not in most]
    left_out += [one for one in methods if one not in kept]
    ratio = max(cell.test_to_train or 0.0 for cell in several) or None
    unit = float(np.mean([cell.unit for cell in most])) if most else 1.0
    return Cell("", EVERYWHERE, np.nan, means, ratio, tuple(left_out), unit, several[0].lower)
