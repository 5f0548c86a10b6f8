"""The explorer of the page: what other thresholds bring among new rows, from the predictions for the test rows."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import floor, isfinite
from typing import Any, NamedTuple

import numpy as np

from imbaloss.comparison.case import Case
from imbaloss.comparison.sentences import count_threshold_decimals
from imbaloss.comparison.summary.decision_counts import choose_number_of_rows, write_amount
from imbaloss.comparison.summary.flagged_rows import FlaggedRows, count_flagged_rows
from imbaloss.comparison.summary.threshold_bands import (
    add_independent,
    complement,
    find_share_ends,
    relate_independent,
    scale,
)
from imbaloss.evaluation import Guarantee
from imbaloss.evaluation.calibration import NONE
from imbaloss.evaluation.objective import COST
from imbaloss.evaluation.sample_costs import ExpectedCost
from imbaloss.evaluation.scores import THRESHOLD
from imbaloss.report.tables import DASH
from imbaloss.statistics import Interval
from imbaloss.studies import Predictions

DIGITS = 6  # of an end of an interval in the page
SMALL = 10  # below which a number has one decimal
IN_PERCENT = ("precision", "recall")


class MistakeCosts(NamedTuple):
    """What a missed positive and a false alarm cost, in one unit."""

    fn: float
    fp: float


@dataclass(frozen=True)
class ExploredThreshold:
    """A threshold, with the test rows that it flags in all repetitions together, as `predict` does."""

    value: float
    negatives: float  # number of flagged negatives, or the sum of their weights
    positives: float
    fpr: Interval  # the share of the negatives that is flagged, with its 95 % interval
    recall: Interval  # that of the positives


@dataclass(frozen=True)
class Outcomes:
    """What a threshold brings among new rows: numbers of rows, shares and a cost, each with its 95 % interval."""

    flagged: Interval
    right: Interval  # flagged positives
    false_alarms: Interval  # flagged negatives
    missed: Interval  # positives that are not flagged
    left_alone: Interval  # negatives that are not flagged
    precision: Interval  # NaN if no row is flagged
    recall: Interval
    cost: Interval | None  # of all rows; None without costs


class WrittenNumber(NamedTuple):
    """A number and its interval as the page writes them."""

    value: str  # a dash if it is undefined
    band: str  # such as "8 to 13"; empty if there is none


NOTHING = WrittenNumber(DASH, "")


@dataclass(frozen=True)
class Explorer:
    """The numbers of the explorer."""

    points: Sequence[ExploredThreshold]  # ascending thresholds, each of which flags another number of rows
    chosen: int  # the place of the chosen threshold among the points
    negatives: float  # number of negative test rows in all repetitions together, or the sum of their weights
    positives: float
    repetitions: int
    rows: int  # number of new rows that are counted: 1,000, or more where positives are rarer
    costs: MistakeCosts | None  # of the rule that chose the threshold; None if it has none
    takes_costs: bool  # whether the page asks for costs: not if they differ by row
    is_probability: bool  # false for scores without calibration
    has_model: bool  # whether a model is saved, which decides by the chosen threshold
    has_guarantee: bool  # whether that threshold guarantees something, which other ones do not
    has_weights: bool  # whether numbers of rows are sums of weights

    @property
    def share(self) -> float:
        """The share of positives in the test rows."""
        return self.positives / (self.positives + self.negatives)

    @property
    def written_threshold(self) -> str:
        """The chosen threshold as the page writes it, with three digits."""
        threshold = self.points[self.chosen].value
        return f"{threshold:.{count_threshold_decimals(threshold)}f}"

    @property
    def written(self) -> dict[str, WrittenNumber]:
        """The outcomes at the chosen threshold as the page writes them, by name; precision and recall in percent."""
        outcomes = self.count_outcomes(self.chosen)
        return {each.name: write_outcome(getattr(outcomes, each.name), each.name) for each in fields(outcomes)}

    def count_outcomes(self, place: int) -> Outcomes:
        """Count what a point brings among so many new rows, if they have the share of positives of the test rows."""
        point, positives, negatives = self.points[place], self.rows * self.share, self.rows * (1 - self.share)
        right, false_alarms = scale(point.recall, positives), scale(point.fpr, negatives)
        missed, cost = scale(complement(point.recall), positives), None
        if self.costs:
            cost = add_independent(scale(missed, self.costs.fn), scale(false_alarms, self.costs.fp))
        return Outcomes(
            flagged=add_independent(right, false_alarms),
            right=right,
            false_alarms=false_alarms,
            missed=missed,
            left_alone=scale(complement(point.fpr), negatives),
            precision=relate_independent(right, false_alarms),
            recall=point.recall,
            cost=cost,
        )

    def to_json(self) -> dict[str, Any]:
        """Return what the script of the page needs, as JSON values: for each number of the points a list of them."""
        return {
            "chosen": self.chosen,
            "negatives": drop_zero_decimals(self.negatives),
            "positives": drop_zero_decimals(self.positives),
            "thresholds": [drop_zero_decimals(point.value) for point in self.points],
            "flagged_negatives": [drop_zero_decimals(point.negatives) for point in self.points],
            "flagged_positives": [drop_zero_decimals(point.positives) for point in self.points],
            "fpr_ends": [round_ends(point.fpr) for point in self.points],
            "recall_ends": [round_ends(point.recall) for point in self.points],
        }


def aggregate_predictions(case: Case) -> Explorer | None:
    """Aggregate the predictions of the recommended method for the test rows; None if there is nothing to explore.

    That is so if no method is better than chance, if each row is decided by costs of its own, if the test rows have one
    class, and if the method gives two values, as a decision in use today does.
    """
    rule = case.best.decision.rule
    runs = [row.run for row in case.best_rows if not row.failure]
    if case.finds_nothing or isinstance(rule, ExpectedCost):
        return None
    tests = case.findings.store.test_predictions(runs)
    classes = {label for test in tests for label in np.unique(test.labels).tolist()}
    if len(classes) < 2 or all(has_two_values(test) for test in tests):
        return None
    chosen = find_chosen_threshold(case)
    flagged = count_flagged_rows(tests, chosen)
    negatives, positives = flagged.totals.sum(axis=0).tolist()
    final = case.final
    points = list_points(flagged, case.cell.test_to_train)
    return Explorer(
        points=points,
        chosen=[point.value for point in points].index(chosen),
        negatives=negatives,
        positives=positives,
        repetitions=len(tests),
        rows=choose_number_of_rows(positives, negatives + positives),
        costs=MistakeCosts(rule.parameters["fn"], rule.parameters["fp"]) if rule.name == COST else None,
        takes_costs=not case.cost,
        is_probability=case.best.decision.calibration != NONE,
        has_model=final is not None and not final.failure,
        has_guarantee=isinstance(rule, Guarantee) and final is not None and final.threshold is not None,
        has_weights=tests[0].weights is not None,
    )


def has_two_values(test: Predictions) -> bool:
    """Say whether all test rows have one of at most two probabilities, so that thresholds make no difference."""
    probabilities = test.probabilities
    return not ((probabilities > probabilities.min()) & (probabilities < probabilities.max())).any()


def find_chosen_threshold(case: Case) -> float:
    """Return the threshold by which the saved model decides; before it is trained, the mean one of the repetitions.

    A model without a chosen threshold decides at ½, and so does the explorer if no repetition has one.
    """
    if case.final is not None and not case.final.failure:
        return case.final.threshold.value if case.final.threshold else THRESHOLD
    tuned = [row.threshold.value for row in case.best_rows if row.threshold]
    return float(np.mean(tuned)) if tuned else THRESHOLD


def list_points(flagged: FlaggedRows, test_to_train: float | None) -> list[ExploredThreshold]:
    """Return the thresholds with the rows that they flag and the intervals of both shares.

    test_to_train: n_test / n_train if the repetitions are folds; None if they share one test part.
    """
    shares, numbers = [flagged.sum_shares(label) for label in (0, 1)], flagged.numbers.sum(axis=0)
    ends = [
        find_share_ends(shares[label], flagged.list_shares(label), flagged.different[label], test_to_train)
        for label in (0, 1)
    ]
    columns = [flagged.thresholds, *numbers, *(np.stack([shares[label], *ends[label]], axis=1) for label in (0, 1))]
    return [
        ExploredThreshold(value, negatives, positives, Interval(*fpr), Interval(*recall))
        for value, negatives, positives, fpr, recall in zip(*(column.tolist() for column in columns), strict=True)
    ]


def write_outcome(outcome: Interval | None, name: str) -> WrittenNumber:
    """Write the outcome of this name and its interval; a dash for an undefined number and for None."""
    if outcome is None or not isfinite(outcome.estimate):
        return NOTHING
    factor, unit = (100, " %") if name in IN_PERCENT else (1, "")
    write = write_amount if name == COST else write_rounded
    value, low, high = (write(factor * number) for number in outcome)
    return WrittenNumber(value + unit, f"{low} to {high}{unit}")


def write_rounded(number: float) -> str:
    """Write a number that is not negative: with one decimal below 10, else without; halves are rounded up."""
    tenths = floor(10 * number + 0.5)
    if tenths < 10 * SMALL:
        return f"{tenths / 10:.1f}"
    return f"{floor(number + 0.5):,}"


def round_ends(interval: Interval) -> list[float]:
    """Return both ends of an interval of a share with six digits."""
    return [drop_zero_decimals(float(f"{end:.{DIGITS}g}")) for end in (interval.low, interval.high)]


def drop_zero_decimals(number: float) -> float:
    """Return a whole number as an int, which JSON writes without a decimal point; others are returned unchanged."""
    return int(number) if number == int(number) else number
