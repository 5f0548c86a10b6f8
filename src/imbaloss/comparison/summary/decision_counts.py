"""The decision in counts: what flagging by the recommended method brings among new rows, beside its alternatives."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, isclose

import numpy as np

from imbaloss.comparison.case import Case
from imbaloss.evaluation import CONFUSION
from imbaloss.evaluation.confusion import ConfusionCounts
from imbaloss.learners.estimators import BASELINE
from imbaloss.report.cells import COST, constant_costs, find_cost
from imbaloss.studies import Row

IN_SO_MANY = (1000, 10_000, 100_000)  # new rows, for which decisions are counted
MANY_POSITIVES = 10  # that so many rows should have
FEW_DIGITS = 100  # an amount of money from which on it is written without decimals
NOBODY, EVERYBODY, RANDOM, IN_USE = "flag nobody", "flag everybody", "as many at random", "in use today"


@dataclass(frozen=True)
class Outcome:
    """What one decision comes to among new rows."""

    name: str  # such as "lightgbm", "flag nobody", "flag everybody", "as many at random", "in use today"
    flagged: float
    right: float  # flagged rows that are positive
    false_alarms: float  # flagged rows that are negative
    missed: float  # positive rows that are not flagged
    cost: float | None = None  # of all new rows, in the unit of the costs; None without costs


@dataclass(frozen=True)
class DecisionCounts:
    """What the decisions come to among so many new rows."""

    rows: int  # 1,000, or more where positives are rarer
    positives: float
    recommended: Outcome
    alternatives: Sequence[Outcome]  # the simplest first
    is_weighted: bool = False  # whether a row counts by its weight

    @property
    def cheapest_constant(self) -> Outcome | None:
        """The cheaper one of flagging nobody and flagging everybody; None without costs."""
        constants = [each for each in self.alternatives if each.name in {NOBODY, EVERYBODY}]
        costs = [each.cost for each in constants if each.cost is not None]
        return next((each for each in constants if each.cost == min(costs)), None) if costs else None

    def compute_saved(self, outcome: Outcome) -> float | None:
        """Compute what a decision saves in comparison with the cheaper constant decision; None without costs.

        A decision that costs more has a negative saving.
        """
        constant = self.cheapest_constant
        if constant is None or constant.cost is None or outcome.cost is None:
            return None
        return constant.cost - outcome.cost

    def write_counts(self, outcome: Outcome) -> tuple[str, str, str, str]:
        """Write the rows that are flagged, right, false alarms and missed as whole numbers that add up.

        Right ones and false alarms are the flagged rows; right ones and missed ones are the positives.
        """
        flagged, right = round(outcome.flagged), round(outcome.right)
        return f"{flagged:,}", f"{right:,}", f"{flagged - right:,}", f"{round(self.positives) - right:,}"


def count_decisions(case: Case) -> DecisionCounts | None:
    """Count the decisions of the recommended method and of its alternatives among new rows, by the test rows.

    The counts are of all test rows of the repetitions that have decisions, each by its own threshold or costs. They are
    told for 1,000 rows, or for 10 or 100 times as many, so that at least ten of these are positive. If rows have
    weights, each counts by its weight.

    None if no test part has positives, or if the method has no threshold in any repetition.
    """
    rows = [row for row in case.best_rows if row.is_decided]
    pooled = pool_counts(rows)
    tn, fp, fn, tp = map(float, pooled)
    total, positives, flagged = tn + fp + fn + tp, tp + fn, tp + fp
    if not positives:
        return None
    many = choose_number_of_rows(positives, total)
    scale = many / total
    has_costs = find_cost(case.findings.scored) is not None
    none, every = average_constants(rows) if has_costs else (None, None)
    at_random = None if none is None or every is None else none + flagged / total * (every - none)
    decisions = [
        (NOBODY, 0.0, 0.0, none),
        (EVERYBODY, total, positives, every),
        (RANDOM, flagged, flagged * positives / total, at_random),
    ]
    in_use = [row for row in case.findings.rows if str(row.run.method) == BASELINE and row.is_decided]
    if in_use and str(case.best) != BASELINE:
        right, wrong = transfer_counts(pool_counts(in_use), pooled)
        decisions.append((IN_USE, right + wrong, right, average_costs(in_use) if has_costs else None))
    decisions.insert(0, (str(case.best), flagged, tp, average_costs(rows) if has_costs else None))
    recommended, *alternatives = (
        Outcome(
            name,
            flagged=scale * each_flagged,
            right=scale * right,
            false_alarms=scale * (each_flagged - right),
            missed=scale * (positives - right),
            cost=None if cost is None else many * cost,
        )
        for name, each_flagged, right, cost in decisions
    )
    return DecisionCounts(many, scale * positives, recommended, alternatives, any(map(is_weighted, rows)))


def write_amount(amount: float) -> str:
    """Write an amount of money, with commas between thousands: with three digits below 100, else as a whole number."""
    if abs(amount) >= FEW_DIGITS:
        return f"{floor(amount + 0.5):,}"
    return np.format_float_positional(amount + 0.0, precision=3, unique=False, fractional=False, trim="-")


def choose_number_of_rows(positives: float, total: float) -> int:
    """Choose of how many new rows to tell: 1,000, or 10 or 100 times as many, so that at least ten are positive.

    Args:
        positives: The number of positive test rows, or the sum of their weights.
        total: That of all test rows.
    """
    return next((many for many in IN_SO_MANY if many * positives / total >= MANY_POSITIVES), IN_SO_MANY[-1])


def is_weighted(row: Row) -> bool:
    """Say whether the test rows of a scored result have weights, so that its confusion counts are sums of weights."""
    return not isclose(sum(row.scores["test"][name] or 0.0 for name in CONFUSION), sum(row.counts.test))


def pool_counts(rows: Sequence[Row]) -> ConfusionCounts:
    """Add the confusion counts of decisions over the test parts of rows (results of runs); 0 without rows.

    They are sums of weights if the test rows have weights.
    """
    sums = [sum(row.tuned.scores[name] or 0 for row in rows) for name in ConfusionCounts._fields]
    return ConfusionCounts(*(np.array(number, dtype=np.float64) for number in sums))


def count_different_positives(rows: Sequence[Row]) -> int:
    """Count the positives in the test parts of rows (results of runs), each once though several seeds test it."""
    return sum({row.run.fold: row.counts.test.positives for row in rows}.values())


def transfer_counts(counts: ConfusionCounts, to: ConfusionCounts) -> tuple[float, float]:
    """Return how many flagged rows would be right and wrong among other rows, at the same rates in each class.

    Args:
        counts: The confusion counts, with rows of both classes.
        to: Confusion counts with the numbers of rows of each class that the result is for.
    """
    tn, fp, fn, tp = map(float, counts)
    right = tp / (tp + fn) * float(to.tp + to.fn) if tp else 0.0
    wrong = fp / (fp + tn) * float(to.fp + to.tn) if fp else 0.0
    return right, wrong


def average_costs(rows: Sequence[Row]) -> float | None:
    """Return the mean cost of a decision over the test parts of rows that have decisions; None if a cost is missing."""
    costs = [row.tuned.scores.get(COST.score) for row in rows]
    if None in costs:
        return None
    return float(np.average(np.array(costs, dtype=np.float64), weights=count_test_rows(rows)))


def average_constants(rows: Sequence[Row]) -> tuple[float, float]:
    """Return the mean costs of flagging nobody and of flagging everybody, over the test parts of rows with decisions.

    Raises:
        KeyError: The rule of a row names no costs.
    """
    none, every = np.average([constant_costs(row) for row in rows], axis=0, weights=count_test_rows(rows)).tolist()
    return none, every


def count_test_rows(rows: Sequence[Row]) -> list[float]:
    """Return the number of test rows in each of these results, or the sum of their weights."""
    return [sum(row.tuned.scores[name] or 0.0 for name in ConfusionCounts._fields) for row in rows]
