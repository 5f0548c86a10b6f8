"""The explorer of the page: what other thresholds bring, from the predictions for the test rows."""

from dataclasses import dataclass

from imbaloss.comparison.case import Case


@dataclass(frozen=True)
class Explorer:
    """The numbers of the explorer."""


def aggregate_predictions(case: Case) -> Explorer | None:
    """Aggregate the predictions of the recommended method for the test rows; None if there is nothing to explore."""
    return None
