"""Verdicts: of each pair of methods, which is better, or that they are equivalent, or what would decide it."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from imbaloss.statistics.intervals import Interval, t_interval
from imbaloss.statistics.paired import (
    ROUNDING,
    corrected_t,
    equivalence,
    holm,
    inflation_of,
    sign_flip,
    superiority,
    wilcoxon,
)
from imbaloss.statistics.power import smallest_difference

Floats = NDArray[np.float64]
POWER = 0.8
MOST_MORE = 1000  # seeds; of more no number is told


class Verdict(StrEnum):
    """What the tests say of the first of two methods."""

    BETTER = "better"
    WORSE = "worse"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"

    @property
    def turned(self) -> "Verdict":
        """The verdict on the second method."""
        return {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER}.get(self, self)

    @property
    def differs(self) -> bool:
        """Whether one method is better than the other."""
        return self in {Verdict.BETTER, Verdict.WORSE}


@dataclass(frozen=True)
class Comparison:
    """A method against another, paired over the repetitions that have a score of both."""

    first: str
    second: str
    pairs: int
    difference: Interval  # first - second: mean, and its t interval
    p: float  # of the deciding test: sign-flip; with folds, the corrected resampled t-test
    p_holm: float  # the same, adjusted for all pairs that were compared
    p_wilcoxon: float
    superiority: float  # the share of pairs in which the first is higher
    p_equivalent: float  # of two one-sided tests, adjusted for all pairs
    verdict: Verdict  # of the first
    smallest: float | None  # the difference that would be found with probability 0.8; None where none can be
    more: int | None  # so many more would decide an undecided pair with probability 0.8; None where none or too many

    @property
    def turned(self) -> "Comparison":
        """The same comparison with the second method as the first."""
        return replace(
            self,
            first=self.second,
            second=self.first,
            difference=self.difference.turned,
            superiority=1 - self.superiority,
            verdict=self.verdict.turned,
        )


def compare(
    scores: Mapping[str, Floats],
    *,
    margin: float,
    alpha: float = 0.05,
    test_to_train: float | None = None,
    against: str | None = None,
) -> list[Comparison]:
    """All pairs of methods, in their order; or each method less the one that it is held against.

    scores: of each method (n,), the same repetitions in the same order, NaN where there is none. margin: differences
    within it do not matter. test_to_train: n_test / n_train, where repetitions are folds. The error of calling any pair
    of these better, worse or equivalent that is not is at most alpha for each of the two kinds of words.
    """
    pairs = list(combinations(scores, 2))
    if against is not None:
        pairs = [(one, against) for one in scores if one != against]
    differences = [scores[first] - scores[second] for first, second in pairs]
    known = [one[np.isfinite(one)] for one in differences]
    inflations = [1.0 if test_to_train is None else inflation_of(len(one), test_to_train) for one in known]
    p = np.array([sign_flip(one) if test_to_train is None else corrected_t(one, test_to_train) for one in known])
    same = [equivalence(one, margin, inflation) for one, inflation in zip(known, inflations, strict=True)]
    p_holm, p_equivalent = holm(p), holm(np.array(same))
    found = []
    for place, ((first, second), one) in enumerate(zip(pairs, known, strict=True)):
        difference = t_interval(one, inflation=inflations[place])
        verdict = Verdict.UNDECIDED
        if p_holm[place] <= alpha:
            verdict = Verdict.BETTER if difference.estimate > 0 else Verdict.WORSE
        elif p_equivalent[place] <= alpha:
            verdict = Verdict.EQUIVALENT
        smallest = more = None
        if len(one) > 1:
            deviation = float(np.std(one, ddof=1))
            smallest = smallest_found(len(one), deviation, len(pairs), alpha, test_to_train)
            if verdict is Verdict.UNDECIDED and test_to_train is None:
                more = more_seeds(
                    len(one), abs(difference.estimate), deviation, margin=margin, comparisons=len(pairs), alpha=alpha
                )
        found.append(
            Comparison(
                first=first,
                second=second,
                pairs=len(one),
                difference=difference,
                p=float(p[place]),
                p_holm=float(p_holm[place]),
                p_wilcoxon=wilcoxon(one),
                superiority=superiority(one),
                p_equivalent=float(p_equivalent[place]),
                verdict=verdict,
                smallest=smallest,
                more=more,
            )
        )
    return found


def smallest_found(
    pairs: int, deviation: float, comparisons: int, alpha: float, test_to_train: float | None
) -> float | None:
    """The difference that the deciding test finds with probability 0.8; with folds by the t distribution."""
    if test_to_train is None:
        effect = smallest_difference(pairs, comparisons, alpha, POWER)
        return None if effect is None else effect * deviation
    reach = stats.t.isf(alpha / comparisons / 2, pairs - 1) + stats.t.ppf(POWER, pairs - 1)
    return float(reach * np.sqrt(1 / pairs + test_to_train) * deviation)


def more_seeds(
    seeds: int, difference: float, deviation: float, *, margin: float, comparisons: int, alpha: float
) -> int | None:
    """How many more until a test decides with probability 0.8, if difference and deviation stay as they are.

    The sign-flip test by `smallest_difference`, equivalence by the noncentral t distribution. None: more than 1,000.
    """
    if deviation <= ROUNDING:
        return None

    def decided(total: int) -> bool:
        """Say whether so many pairs decide with probability `POWER`, for a difference or for equivalence."""
        found = smallest_difference(total, comparisons, alpha, POWER)
        if found is not None and found * deviation <= difference:
            return True
        limit = stats.t.isf(alpha / comparisons, total - 1)
        ways = np.array([margin - difference, margin + difference]) / deviation * np.sqrt(total)
        return bool(stats.nct.sf(limit, total - 1, ways).sum() - 1 >= POWER)

    candidates = range(seeds + 1, seeds + MOST_MORE + 1)
    place = bisect_left(candidates, True, key=decided)
    return None if place == len(candidates) else candidates[place] - seeds
