"""The decision in counts: what flagging by the recommended method brings among new rows, and what else could be done."""

from collections.abc import Sequence
from dataclasses import dataclass

from imbaloss.comparison.case import Case


@dataclass(frozen=True)
class Outcome:
    """What one decision comes to among new rows."""

    name: str  # such as "lightgbm", "flag nobody", "flag everybody", "as many at random", "in use today"
    flagged: float
    right: float  # flagged rows that are positive
    missed: float  # positive rows that are not flagged
    cost: float | None = None  # of all new rows, in the unit of the costs; None without costs


@dataclass(frozen=True)
class DecisionCounts:
    """What the decisions come to among so many new rows."""

    rows: int  # 1,000, or more where positives are rarer
    positives: float
    recommended: Outcome
    alternatives: Sequence[Outcome]  # the simplest first


def count_decisions(case: Case) -> DecisionCounts | None:
    """Count the decisions of the recommended method and of its alternatives among new rows, by the test rows.

    None if no test part has positives, or if the method has no threshold in any repetition.
    """
    return None
