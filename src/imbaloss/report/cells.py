"""Group rows into cells: the scores of each method, one a repetition, from which all statistics are made."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imbaloss.data import Fold
from imbaloss.evaluation import Objective
from imbaloss.evaluation.objective import AnyRule
from imbaloss.evaluation.sample_costs import EXPECTED_COST
from imbaloss.report.row_names import CellKey, RowName
from imbaloss.statistics import Interval, t_interval
from imbaloss.statistics.paired import inflation_of
from imbaloss.studies import Row
from imbaloss.studies.row import CONSTANT_COSTS

EVERYWHERE = "all cells"


Limits = tuple[float, float]
UNIT = (-1.0, 1.0)  # of a score from -1, or from 0 if it is never negative, to 1
COSTS = (0.0, np.inf)
AT_MOST_ONE = (-np.inf, 1.0)  # of savings


class ComparedScore(NamedTuple):
    """A score on the test part by which methods are compared."""

    label: str  # the name that a reader sees
    score: str  # the name in `evaluation`
    tuned: bool = False  # taken at the tuned threshold; otherwise at 1/2, or independent of the threshold
    lower: bool = False  # lower values are better
    limits: Limits = UNIT  # the lowest and the highest value that is possible

    @property
    def column(self) -> str:
        """The name of its column in table.csv, such as "roc_auc", or "tuned_f1" for F1 at the tuned threshold."""
        return f"tuned_{self.score}" if self.tuned else self.score

    @property
    def mean_label(self) -> str:
        """The name of its mean over repetitions; a mean cost is a mean already."""
        return self.label if self.label.startswith("mean ") else f"mean {self.label}"

    def value_in(self, row: Row) -> float | None:
        """Return the score on test in a row (the result of a run); None if it is undefined or missing there."""
        return (row.tuned.scores if self.tuned else row.scores["test"]).get(self.score)


F1, TUNED_F1, ROC_AUC = "F1 at ½", "F1 at the tuned threshold", "ROC-AUC"
COMPARED = (
    ComparedScore(F1, "f1"),
    ComparedScore(TUNED_F1, "f1", tuned=True),
    ComparedScore(ROC_AUC, "roc_auc"),
    ComparedScore("average precision", "average_precision"),
)
COST = ComparedScore("mean cost at the tuned threshold", "cost", tuned=True, lower=True, limits=COSTS)
COST_BY_ROW = COST._replace(label="mean cost of a decision")  # of decisions by the costs of each sample
SAVINGS = ComparedScore("savings at the tuned threshold", "savings", tuned=True, limits=AT_MOST_ONE)
SAVINGS_BY_ROW = SAVINGS._replace(label="savings")
BRIER = ComparedScore("Brier score", "brier", lower=True)
OF_RULES = {  # the score that the rule of a tuned threshold maximises (or, for costs, minimises)
    "cost": COST,
    EXPECTED_COST: COST_BY_ROW,
    "g_mean": ComparedScore("G-mean at the tuned threshold", "g_mean", tuned=True),
    "balanced_accuracy": ComparedScore("balanced accuracy at the tuned threshold", "balanced_accuracy", tuned=True),
    "mcc": ComparedScore("MCC at the tuned threshold", "mcc", tuned=True),
    "recall_at_precision": ComparedScore("recall at the tuned threshold", "recall", tuned=True),
    "precision_at_recall": ComparedScore("precision at the tuned threshold", "precision", tuned=True),
    "f_beta": ComparedScore("F-beta at the tuned threshold", "f_beta", tuned=True),
    "accuracy": ComparedScore("accuracy at the tuned threshold", "accuracy", tuned=True),
    "top_share": ComparedScore("recall at the tuned threshold", "recall", tuned=True),
    "recall>=": ComparedScore("precision at the tuned threshold", "precision", tuned=True),  # and further guarantees
    "precision>=": ComparedScore("recall at the tuned threshold", "recall", tuned=True),
    "fpr<=": ComparedScore("recall at the tuned threshold", "recall", tuned=True),
}
OF_OBJECTIVES = {  # the compared score by the name of the objective that is optimised
    "f1": COMPARED[1],
    "roc_auc": COMPARED[2],
    "average_precision": COMPARED[3],
    "balanced_accuracy": OF_RULES["balanced_accuracy"],
    "cost": COST,
    "savings": SAVINGS,
    "brier": BRIER,
}
TITLES = {  # of objectives with a parameter, which follows
    "partial_roc_auc": "partial ROC-AUC up to a false positive rate of",
    "recall_at_precision": "recall at a precision of",
    "precision_at_share": "precision in the top share of",
}
BY_ROW = {  # compared scores with the label for decisions by the costs of each sample, where there is no threshold
    COMPARED[1]: COMPARED[1]._replace(label="F1 of the decisions"),
    OF_RULES["balanced_accuracy"]: OF_RULES["balanced_accuracy"]._replace(label="balanced accuracy of the decisions"),
    COST: COST_BY_ROW,
    SAVINGS: SAVINGS_BY_ROW,
}


def find_cost(scores: Iterable[ComparedScore]) -> ComparedScore | None:
    """Return the mean cost at the tuned threshold among compared scores; None if it is not among them."""
    return next((score for score in scores if score.column == COST.column), None)


def find_compared_score(objective: Objective, rule: AnyRule | None = None) -> ComparedScore:
    """Return the score by which methods are compared if this objective is optimised.

    rule: The rule of the decision; "expected_cost" has no tuned threshold, which the label then leaves out.
    """
    if objective.name in OF_OBJECTIVES:
        score = OF_OBJECTIVES[objective.name]
        return BY_ROW.get(score, score) if rule and rule.name == EXPECTED_COST else score
    [parameter] = objective.parameters.values()
    return ComparedScore(f"{TITLES[objective.name]} {parameter:g}", objective.name)


def choose_compared_scores(rows: Sequence[Row]) -> tuple[ComparedScore, ...]:
    """Choose the scores by which the methods of these rows (results of runs) are compared.

    They are F1 at 1/2, F1 at the tuned threshold, ROC-AUC and average precision (`COMPARED`). If all thresholds are
    tuned by one rule other than F1, the score of that rule follows, such as the mean cost. So does the score that all
    runs optimise. If all runs decide by the costs of each sample, no label names a threshold.
    """
    rules = {row.run.method.decision.rule for row in rows}
    objectives = {row.run.method.decision.optimize for row in rows}
    rule_name = rules.pop().name if len(rules) == 1 else ""
    own = OF_RULES.get(rule_name)
    compared = tuple(BY_ROW.get(score, score) for score in COMPARED) if rule_name == EXPECTED_COST else COMPARED
    objective = objectives.pop() if len(objectives) == 1 else None
    further = (own, find_compared_score(objective, rows[0].run.method.decision.rule) if objective else None)
    return tuple(dict.fromkeys((*compared, *filter(None, further))))


class Cell(NamedTuple):
    """The scores of each method in a cell (a setting, such as a data set, at a level), or averaged over all cells."""

    dataset: str  # empty for all cells
    setting: str  # EVERYWHERE for all cells
    level: float  # NaN for all cells
    scores: dict[str, NDArray[np.float64]]  # by method (repetitions,), a seed or a fold each; NaN for a missing score
    test_to_train: float | None  # n_test / n_train if repetitions are folds
    left_out: tuple[str, ...] = ()  # cells and methods that the average over all cells leaves out
    unit: float = 1.0  # what the margin is multiplied by: for costs, the cost of the best constant decision
    lower: bool = False  # lower scores are better
    limits: Limits = UNIT  # as those of the compared score

    @property
    def key(self) -> CellKey:
        """The setting and the level as one key, without the scores."""
        return CellKey(self.setting, self.level)

    def interval(self, method: str) -> Interval:
        """Compute the mean of a method and its 95 % interval over the repetitions (seeds or folds) that have a score.

        The ends are cut off at 0 and 1; at -1 instead of 0 if a score is negative. Costs have no upper bound, and
        savings no lower one. Mean and ends are NaN without a score, the ends alone for one repetition.

        Raises:
            KeyError: The cell lacks the method.
        """
        values = self.scores[method]
        finite = values[np.isfinite(values)]
        mean, *ends = t_interval(finite, inflation=inflation_of(len(finite), self.test_to_train))
        floor, ceiling = self.bounds
        floor = 0.0 if floor == -1.0 and not (finite < 0).any() else floor
        return Interval(mean, *np.clip(ends, floor, ceiling).tolist())

    @property
    def repetitions(self) -> int:
        """The number of repetitions that were run, with and without a score."""
        return max(len(values) for values in self.scores.values())

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest value of the score: 0 and 1, or another bound as `interval` says."""
        is_negative = any((values < 0).any() for values in self.scores.values())  # MCC may be
        return (0.0, 1.0) if self.limits == UNIT and not is_negative else self.limits

    @property
    def largest_difference(self) -> float:
        """The largest difference of two scores: 1, or infinity for scores without a bound."""
        return 1.0 if self.limits == UNIT else np.inf


def group_into_cells(rows: Sequence[Row], row_names: Sequence[RowName], compared: ComparedScore) -> list[Cell]:
    """Group the rows into cells with the scores of each method. A cell is a setting (data set and split) at a level.

    Several cells are followed by one for all of them, in which a repetition's score is its mean over the cells. That
    cell is missing if some cells have folds and others do not. A repetition is a seed, or a fold of a seed; it is NaN
    for a method without a score in it.

    Args:
        rows: The finished runs.
        row_names: The names of each row's setting and method.
        compared: The score that is taken from each row.
    """
    values = []
    ratios: dict[CellKey, float] = {}
    for row, name in zip(rows, row_names, strict=True):
        key = CellKey(name.setting, row.run.level)
        if row.run.fold and key not in ratios:
            ratios[key] = sum(row.counts.test) / sum(row.counts.train)
        repetition = (row.run.seed, row.run.fold)
        values.append(CellScore(key, row.run.dataset, name.method, repetition, compared.value_in(row)))
    cells = arrange_into_cells(values, compared, ratios)
    if compared.score == COST.score:
        units: dict[CellKey, list[float]] = {cell.key: [] for cell in cells}
        for row, name in zip(rows, row_names, strict=True):
            units[CellKey(name.setting, row.run.level)].append(constant_cost(row))
        cells = [cell._replace(unit=float(np.nanmean(units[cell.key]))) for cell in cells]
    return append_average(cells)


class CellScore(NamedTuple):
    """The score of a method in one repetition of a cell, a setting at a level."""

    cell: CellKey
    dataset: str
    method: str
    repetition: Hashable  # equal for the results that share a split, whatever their method and cell
    value: float | None  # None if the score is undefined


def arrange_into_cells(
    scores: Iterable[CellScore], compared: ComparedScore, ratios: Mapping[CellKey, float]
) -> list[Cell]:
    """Arrange the values of one score into cells: for each method an array with one place for each repetition.

    A place is NaN if the method lacks the score in that repetition. All cells have the same repetitions.

    Args:
        scores: The values, at most one for each cell, method and repetition.
        compared: The score.
        ratios: n_test / n_train of the cells whose repetitions are folds.
    """
    values = list(scores)
    places = {repetition: at for at, repetition in enumerate(dict.fromkeys(each.repetition for each in values))}
    by_key: dict[CellKey, Cell] = {}
    for key, dataset, method, repetition, value in values:
        if key not in by_key:
            by_key[key] = Cell(
                dataset, key.setting, key.level, {}, ratios.get(key), lower=compared.lower, limits=compared.limits
            )
        of_method = by_key[key].scores.setdefault(method, np.full(len(places), np.nan))
        of_method[places[repetition]] = np.nan if value is None else value
    return list(by_key.values())


def append_average(cells: list[Cell]) -> list[Cell]:
    """Return the cells, followed by their average if there are several, all with folds or all without."""
    same_kind = len({cell.test_to_train is None for cell in cells}) == 1
    return [*cells, average_cells(cells)] if len(cells) > 1 and same_kind else cells


def list_repetitions(rows: Sequence[Row]) -> list[tuple[int, Fold | None]]:
    """Return seed and fold of each repetition of some rows (results of runs), in the order of a cell's scores."""
    return list(dict.fromkeys((row.run.seed, row.run.fold) for row in rows))


def constant_cost(row: Row) -> float:
    """Return the mean cost on test of calling all samples negative, or all positive, whichever is cheaper.

    The result is 1 if that cost is 0, so that it can be a unit, and NaN if it is unknown.

    Raises:
        KeyError: The rule of the row's threshold names no costs.
    """
    return min(constant_costs(row)) or 1.0


def constant_costs(row: Row) -> tuple[float, float]:
    """Return the mean costs on test of calling all samples negative, and of calling all positive.

    Those of samples with costs or weights of their own are kept with the scores, and NaN for a failed training.

    Raises:
        KeyError: The rule of the row's threshold names no costs.
    """
    rule, (negatives, positives) = row.run.method.decision.rule, row.counts.test
    kept = [row.tuned.scores.get(key) for key in CONSTANT_COSTS]
    if rule.name == EXPECTED_COST or kept[0] is not None:
        none, every = (np.nan if cost is None else float(cost) for cost in kept)
        return none, every
    total, costs = negatives + positives, rule.parameters
    return costs["fn"] * positives / total, costs["fp"] * negatives / total


def average_cells(cells: Sequence[Cell]) -> Cell:
    """Average the scores of each method over several cells, all with folds or all without.

    Cells in which no more than half of the methods have a score are left out. So are methods without a score in one of
    the other cells. `left_out` of the result names both. A repetition without a score in one of the cells is NaN.

    Args:
        cells: At least one cell; all have the same repetitions (seeds, or folds of a seed).
    """
    methods = list(dict.fromkeys(method for cell in cells for method in cell.scores))
    scored = [
        [method for method in methods if method in cell.scores and np.isfinite(cell.scores[method]).any()]
        for cell in cells
    ]
    full = [cell for cell, names in zip(cells, scored, strict=True) if 2 * len(names) > len(methods)]
    kept = (
        [method for method in methods if all(method in names for names in scored if 2 * len(names) > len(methods))]
        if full
        else []
    )
    means = {method: np.mean([cell.scores[method] for cell in full], axis=0) for method in kept}
    left_out = [cell.key.title for cell in cells if cell not in full]
    left_out += [method for method in methods if method not in kept]
    ratio = max(cell.test_to_train or 0.0 for cell in cells) or None
    unit = float(np.mean([cell.unit for cell in full])) if full else 1.0
    return cells[0]._replace(
        dataset="",
        setting=EVERYWHERE,
        level=np.nan,
        scores=means,
        test_to_train=ratio,
        left_out=tuple(left_out),
        unit=unit,
    )


def select_overall_cell(cells: Sequence[Cell]) -> Cell | None:
    """Return the last cell if it averages over all cells, or the only cell (a setting at a level).

    None if there is no cell, or if there are several without an average.
    """
    return cells[-1] if len(cells) == 1 or (cells and cells[-1].setting == EVERYWHERE) else None
