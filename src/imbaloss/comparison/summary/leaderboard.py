"""The leaderboard: one line a method, the best by the optimised score first."""

from collections.abc import Sequence
from dataclasses import dataclass

from imbaloss.comparison.case import Case
from imbaloss.statistics import Interval


@dataclass(frozen=True)
class Standing:
    """One line of the leaderboard."""

    method: str  # its text, such as "ce + smote"
    title: str  # its name in words
    score: Interval  # the mean of the optimised score, with its 95 % interval
    verdict: str  # against the recommended method, in a few words
    fit_seconds: float
    predict_seconds: float


def rank_methods(case: Case) -> Sequence[Standing]:
    """Return the standings of all methods, the best mean of the optimised score first."""
    return ()
