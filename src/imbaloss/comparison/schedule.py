"""The schedule of a comparison with a budget: which methods, and how many repetitions, fit into the time.

All times are in seconds. Nothing here reads a clock or trains.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from imbaloss.learners import Method
from imbaloss.plural import join_words

FEWEST = 3  # repetitions that a method must leave time for
LONGER = 1.2  # a budget that admits more methods is named as at least so many times as long
SPARE = 1.1  # a repetition is expected to take at most so many times as long as the first
PAGE, PAGE_OF_METHOD = 2.0, 0.35  # processor time for statistics, figures and page: of any comparison, of each method


@dataclass(frozen=True)
class Cost:
    """The time that methods take in one repetition."""

    methods: tuple[Method, ...]
    seconds: float
    alone: float = 0.0  # the time of an average with the trainings of its members, which other costs count; else 0

    @property
    def share(self) -> float:
        """The time that one of the methods adds to a repetition."""
        return self.seconds / len(self.methods)

    @property
    def standalone(self) -> float:
        """The time of one of the methods without any other."""
        return max(self.share, self.alone)


@dataclass(frozen=True)
class Schedule:
    """The methods that are compared, with their times, and predictions from them."""

    growth: float  # how many times as many rows the final training has as one of a repetition
    slowness: float = 1.0  # seconds that a second of processor time takes: more than 1 on a busy machine
    costs: tuple[Cost, ...] = ()
    dropped: int = 0  # number of methods that a race does not repeat any more, and the page shows
    measured: int = 0  # repetitions in which the columns of the recommended method are measured
    most_measuring: float = 0.0  # the longest time to keep free for that; 0 for none
    only_members: frozenset[Method] = frozenset()  # methods that only averages need, and the page does not show

    @property
    def methods(self) -> frozenset[Method]:
        """The methods that are trained in each repetition: those that are compared, and the members of averages."""
        return frozenset(method for cost in self.costs for method in cost.methods)

    @property
    def cheapest(self) -> float:
        """The time of the methods that take least; 0.0 without methods."""
        return min((cost.seconds for cost in self.costs), default=0.0)

    @property
    def repetition(self) -> float:
        """The predicted time of a further repetition."""
        return SPARE * sum(cost.seconds for cost in self.costs)

    @property
    def final(self) -> float:
        """The predicted time of the final training, if the method that takes longest is recommended."""
        return SPARE * self.growth * max((cost.standalone for cost in self.costs), default=0.0)

    @property
    def ending(self) -> float:
        """The predicted time of all that follows: the final training, the columns that matter, statistics and page."""
        return self.final + self.measuring + self.find_page(self.count_shown(self.methods) + self.dropped)

    @property
    def measuring(self) -> float:
        """The time that is kept free to measure which columns matter, if the costliest method is recommended.

        It is that of as many repetitions of this method, which tries several settings in each, and at most a share of
        the budget.
        """
        return min(self.measured * max((cost.standalone for cost in self.costs), default=0.0), self.most_measuring)

    def find_page(self, methods: int) -> float:
        """Return the predicted time of statistics, figures and page for a number of methods."""
        return self.slowness * (PAGE + PAGE_OF_METHOD * methods)

    def count_shown(self, methods: Collection[Method]) -> int:
        """Return how many of these methods the page shows: all but those that only averages need."""
        return len(set(methods) - self.only_members)

    def add(self, cost: Cost) -> "Schedule":
        """Return the schedule with further methods."""
        return replace(self, costs=(*self.costs, cost))

    def keep(self, methods: Collection[Method]) -> "Schedule":
        """Return the schedule without all methods but these. Those that are compared count as dropped by a race."""
        dropped = self.dropped + self.count_shown(self.methods - set(methods))
        return replace(self, costs=select_costs(self.costs, methods), dropped=dropped)

    def fits(self, left: float) -> bool:
        """Say whether there is time for the other repetitions that are needed, and for the ending.

        Args:
            left: The time that is left after the first repetition of all methods.
        """
        return (FEWEST - 1) * self.repetition + self.ending <= left

    def find_limit(self, left: float, methods: Collection[Method]) -> float:
        """Return the longest time that further methods may take in the first repetition, such that all still fits.

        Args:
            left: The time that is left before they are trained.
            methods: The further methods, one or more, which share the time.

        Returns:
            The time; 0 or less if there is none.
        """
        repeating = (FEWEST - 1) * self.repetition
        page = self.find_page(self.count_shown(self.methods) + self.count_shown(methods))
        of_repetitions = 1 + (FEWEST - 1) * SPARE
        free = left - repeating - page
        cheap = (free - self.final - self.measuring) / of_repetitions
        costly = max(
            free / (of_repetitions + (SPARE * self.growth + self.measured) / len(methods)),
            (free - self.most_measuring) / (of_repetitions + SPARE * self.growth / len(methods)),
        )
        return min(cheap, costly)

    def count_fitting(self, left: float, methods: Sequence[Method], seconds: float) -> int:
        """Return how many of several methods, from the first one on, still fit if each takes that time; 0 if none does.

        Args:
            left: The time that is left before they are trained.
            methods: The methods.
            seconds: The longest time that one of them takes.
        """
        numbers = range(len(methods), 0, -1)
        return next((number for number in numbers if number * seconds <= self.find_limit(left, methods[:number])), 0)

    def count_repetitions(self, left: float, slowest: float = 0.0) -> int:
        """Return how many further repetitions there is time for.

        Args:
            left: The time that is left.
            slowest: The longest time of a repetition so far, which counts if it is above the predicted one.
        """
        return max(math.floor((left - self.ending) / max(self.repetition, slowest, 1e-3)), 0)

    def predict_total(self, left_out: Sequence[Cost]) -> float:
        """Return the time of the fewest repetitions of these and further methods, with the ending.

        left_out: the further methods.
        """
        whole = replace(self, costs=(*self.costs, *left_out))
        return FEWEST * whole.repetition + whole.ending


def select_costs(costs: Sequence[Cost], methods: Collection[Method]) -> tuple[Cost, ...]:
    """Return the costs of these methods alone: each has its share of the time of all methods of its cost."""
    return tuple(
        Cost(still, cost.share * len(still), cost.alone)
        for cost in costs
        if (still := tuple(method for method in cost.methods if method in methods))
    )


def describe_left_out(left_out: Sequence[Cost], budget: float, seconds: float) -> str:
    """Write the note on the methods that are left out for want of time.

    Args:
        left_out: The methods.
        budget: The budget that was asked for.
        seconds: The budget that compares them too, as predicted; infinite if nothing is known of it.
    """
    methods = [str(method) for cost in left_out for method in cost.methods]
    longer = "a longer budget"
    if seconds < math.inf:
        longer = f"a budget of about {write_budget(max(seconds, LONGER * budget))}"
    return f"Left out for want of time: {join_words(methods)}; {longer} compares {'them' if methods[1:] else 'it'} too"


def write_budget(seconds: float) -> str:
    """Write a time as a budget is asked for, rounded up: "40s", "12m" or "2.5h"."""
    if seconds <= 90:
        return f"{max(math.ceil(seconds / 10), 1) * 10}s"
    if seconds <= 90 * 60:
        return f"{math.ceil(seconds / 60)}m"
    return f"{math.ceil(seconds / 1800) / 2:g}h"
