"""The schedule of a race: after which repetitions methods may be dropped, and the error that each look may spend.

Nothing here reads a score or trains.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple

from imbaloss.statistics import ALPHA

FEWEST = 5  # repetitions before the first look
SHARE = 4  # the first look spends this part of the error: a quarter


class Look(NamedTuple):
    """A number of repetitions after which methods are dropped that are ruled out as the best."""

    repetitions: int
    alpha: float  # the error that it spends


@dataclass(frozen=True)
class Drop:
    """A method that a race does not repeat any more."""

    method: str
    repetitions: int  # after which it was dropped
    behind: float  # its least distance to the best method then

    @property
    def when(self) -> str:
        """The time of the drop in words, such as "dropped after 5 repetitions"."""
        return f"dropped after {self.repetitions} repetitions"


def list_looks(repetitions: int, folds: int) -> list[Look]:
    """List the looks of a race before its last repetition, the first one first; empty if there is none.

    With folds a look is after whole rounds, in which each row was test once. The first look is after the first rounds
    with five repetitions or more, and after five seeds without folds. Each further look is after twice as many. The
    first look spends a quarter of the error of 5 %, and each further one half of the one before. So all looks together
    spend less than half, however many there are.

    A look does not depend on the number of repetitions that are asked for. A comparison that is continued with more of
    them drops the same methods.

    Args:
        repetitions: The largest number of repetitions of a method.
        folds: The number of folds of a round; 0 if the repetitions are seeds.
    """
    return list(takewhile(lambda look: look.repetitions < repetitions, generate_looks(folds)))


def generate_looks(folds: int) -> Iterator[Look]:
    """Yield the looks of a race without end, as `list_looks` describes them."""
    look = Look(find_first_look(folds), ALPHA / SHARE)
    while True:
        yield look
        look = Look(2 * look.repetitions, look.alpha / 2)


def find_first_look(folds: int) -> int:
    """Return the number of repetitions before the first look: the first whole rounds of folds with five or more."""
    return FEWEST if not folds else folds * -(-FEWEST // folds)


def find_error_left(repetitions: int, folds: int) -> float:
    """Return the error that is left for the statements at the end: 0.05 without what the looks before the end spend.

    A look after the last repetition needs no error of its own: it rules out by the same scores as the end.

    Args:
        repetitions: The number of repetitions at the end.
        folds: The number of folds of a round; 0 if the repetitions are seeds.
    """
    return ALPHA - sum(look.alpha for look in list_looks(repetitions, folds))
