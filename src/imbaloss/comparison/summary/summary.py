"""The facts that an answer begins with, collected."""

from collections.abc import Sequence
from dataclasses import dataclass

from imbaloss.comparison.case import Case
from imbaloss.comparison.summary.alerts import Alert, find_alerts
from imbaloss.comparison.summary.decision_counts import DecisionCounts, count_decisions
from imbaloss.comparison.summary.explorer import Explorer, aggregate_predictions
from imbaloss.comparison.summary.leaderboard import Standing, rank_methods


@dataclass(frozen=True)
class Summary:
    """What an answer says first."""

    alerts: tuple[Alert, ...]
    counts: DecisionCounts | None
    explorer: Explorer | None
    standings: Sequence[Standing]


def summarize(case: Case) -> Summary:
    """Collect what an answer says first."""
    return Summary(find_alerts(case), count_decisions(case), aggregate_predictions(case), rank_methods(case))
