"""Alerts: what makes a result wrong or weak, told before the result."""

from dataclasses import dataclass
from enum import StrEnum

from imbaloss.comparison.case import Case


class AlertKind(StrEnum):
    """What an alert warns of."""

    LEAK = "leak"  # a column that may give away the target
    COPIES = "copies"  # test rows that equal rows of the training
    FEW_POSITIVES = "few_positives"
    EDGE_OF_GRID = "edge_of_grid"  # settings chosen at the end of what was tried
    FAILED = "failed"  # trainings that failed
    NOTHING_FOUND = "nothing_found"  # no method is better than chance


@dataclass(frozen=True)
class Alert:
    """One alert."""

    kind: AlertKind
    text: str  # what is wrong and what to do, without a period at the end
    blocks: bool  # whether the result must not be used before this is mended


def find_alerts(case: Case) -> tuple[Alert, ...]:
    """Return the alerts of a comparison, those that block its use first; empty if there are none."""
    return ()
