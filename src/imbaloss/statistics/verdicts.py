"""Verdicts: of each pair of methods, which is better, or that they are equivalent, or what would decide it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from imbaloss.statistics.intervals import Interval, t_interval
from imbaloss.statistics.paired import corrected_t, equivalence, holm, inflation_of, sign_flip, superiority, wilcoxon
from imbaloss.statistics.power import fewest_seeds, smallest_difference

Floats = NDArray[np.float64]
BETTER, WORSE, EQUIVALENT, UNDECIDED = "better", "worse", "equivalent", "undecided"
POWER = 0.8
MOST_MORE = 1000  # seeds; of more no number is told


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
    verdict: str  # of the first: better, worse, equivalent, undecided
    smallest: float | None  # the difference that would be found with probability 0.8; None where none can be
    more: int | None  # about so many more repetitions would decide an undecided pair; None where none or too many


def compare(
    scores: Mapping[str, Floats], *, margin: float, alpha: float = 0.05, test_to_train: float | None = None
) -> list[Comparison]:
    """All pairs of methods, in their order.

    scores: of each method (n,), the same repetitions in the same order, NaN where there is none. margin: differences
    within it do not matter. test_to_train: n_test / n_train, where repetitions are folds. The error of calling any pair
    of these better, worse or equivalent that is not is at most alpha for each of the two kinds of words.
    """
    family = len(scores) * (len(scores) - 1) // 2
    found = [
        paired(first, second, scores[first] - scores[second], margin, test_to_train)
        for first, second in combinations(scores, 2)
    ]
    differ = holm(np.array([one.p for one in found]))
    same = holm(np.array([one.p_equivalent for one in found]))
    return [
        decided(replace(one, p_holm=float(p), p_equivalent=float(q)), margin, alpha, family, test_to_train)
        for one, p, q in zip(found, differ, same, strict=True)
    ]


def paired(first: str, second: str, differences: Floats, margin: float, test_to_train: float | None) -> Comparison:
    """A comparison before it is adjusted for the others."""
    known = differences[np.isfinite(differences)]
    inflation = 1.0 if test_to_train is None else inflation_of(len(known), test_to_train)
    return Comparison(
        first=first,
        second=second,
        pairs=len(known),
        difference=t_interval(known, inflation=inflation),
        p=sign_flip(known) if test_to_train is None else corrected_t(known, test_to_train),
        p_holm=1.0,
        p_wilcoxon=wilcoxon(known),
        superiority=superiority(known),
        p_equivalent=equivalence(known, margin, inflation),
        verdict=UNDECIDED,
        smallest=None,
        more=None,
    )


def decided(one: Comparison, margin: float, alpha: float, family: int, test_to_train: float | None) -> Comparison:
    """With its verdict, and what would be needed for one."""
    deviation = deviation_of(one, test_to_train)
    verdict = UNDECIDED
    if one.p_holm <= alpha:
        verdict = BETTER if one.difference.estimate > 0 else WORSE
    elif one.p_equivalent <= alpha:
        verdict = EQUIVALENT
    needed = None
    if verdict == UNDECIDED and test_to_train is None and one.pairs > 1:
        needed = more_seeds(one.pairs, abs(one.difference.estimate), deviation, margin, alpha / family)
    if test_to_train is None:
        effect = smallest_difference(one.pairs, family, alpha, POWER)
    else:
        effect = smallest_of_folds(one.pairs, test_to_train, alpha / family)
    smallest = None if effect is None or one.pairs < 2 else effect * deviation
    return replace(one, verdict=verdict, smallest=smallest, more=needed)


def deviation_of(one: Comparison, test_to_train: float | None) -> float:
    """The standard deviation of the differences, from their interval."""
    if one.pairs < 2:
        return np.nan
    inflation = 1.0 if test_to_train is None else inflation_of(one.pairs, test_to_train)
    half = (one.difference.high - one.difference.low) / 2
    return float(half / stats.t.ppf(0.975, one.pairs - 1) * np.sqrt(one.pairs / inflation))


def smallest_of_folds(pairs: int, test_to_train: float, level: float) -> float | None:
    """In standard deviations of the differences, by the t distribution."""
    if pairs < 2:
        return None
    reach = stats.t.isf(level / 2, pairs - 1) + stats.t.ppf(POWER, pairs - 1)
    return float(reach * np.sqrt(1 / pairs + test_to_train))


def more_seeds(seeds: int, difference: float, deviation: float, margin: float, level: float) -> int | None:
    """How many more until a test decides with probability 0.8, if difference and deviation stay as they are.

    By the normal approximation: for the difference, n = ((z + z_power) s / d)^2; for equivalence the same, with the way
    that is left to the margin in the place of d, and one-sided.
    """
    ways = [(difference, level / 2), (margin - difference, level)]
    needed = [
        ((stats.norm.isf(error) + stats.norm.ppf(POWER)) * deviation / way) ** 2 for way, error in ways if way > 0
    ]
    if not needed or min(needed) > seeds + MOST_MORE:
        return None
    return max(int(np.ceil(min(needed))) - seeds, fewest_seeds(1, level) - seeds, 1)
