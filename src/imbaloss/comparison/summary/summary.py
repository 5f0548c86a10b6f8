"""The facts that an answer begins with, collected."""

from collections.abc import Sequence
from dataclasses import dataclass

from imbaloss.comparison.case import Case
from imbaloss.comparison.summary.alerts import Alert, find_alerts
from imbaloss.comparison.summary.decision import Decision, describe_decision
from imbaloss.comparison.summary.decision_counts import DecisionCounts, count_decisions
from imbaloss.comparison.summary.drawn_methods import choose_drawn_methods
from imbaloss.comparison.summary.explorer import Explorer, aggregate_predictions
from imbaloss.comparison.summary.leaderboard import ScoreAxis, Standing, find_axis, rank_methods


@dataclass(frozen=True)
class Summary:
    """What an answer says first."""

    alerts: tuple[Alert, ...]
    decision: Decision  # in words
    counts: DecisionCounts | None  # the decision among new rows; None if it cannot be counted
    explorer: Explorer | None
    standings: Sequence[Standing]
    axis: ScoreAxis | None = None  # that the scores of the standings are drawn on; None without scores
    drawn: Sequence[str] = ()  # the methods that curves show in colour, the recommended one first

    @property
    def is_blocked(self) -> bool:
        """Whether an alert says not to use the result."""
        return is_any_blocking(self.alerts)


def summarize(case: Case) -> Summary:
    """Collect what an answer says first."""
    counts = count_decisions(case)
    alerts = find_alerts(case, counts)
    is_blocked = is_any_blocking(alerts)
    standings = rank_methods(case, is_blocked=is_blocked)
    return Summary(
        alerts=alerts,
        decision=describe_decision(case, counts, is_blocked=is_blocked),
        counts=counts,
        explorer=aggregate_predictions(case),
        standings=standings,
        axis=find_axis(case, standings),
        drawn=choose_drawn_methods(case),
    )


def is_any_blocking(alerts: Sequence[Alert]) -> bool:
    """Say whether one of the alerts says not to use the result."""
    return any(alert.blocks for alert in alerts)
