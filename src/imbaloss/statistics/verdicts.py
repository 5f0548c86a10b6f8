"""Verdicts on pairs of methods: which one is better, whether they are equivalent, and what would decide the pair."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, partial
from itertools import combinations
from math import comb
from types import MappingProxyType

import numpy as np
import scipy
from numpy.typing import NDArray

from imbaloss.statistics.intervals import Interval, t_interval
from imbaloss.statistics.joint import ALPHA, FoldTest, JointTest, Ruling, flip_signs
from imbaloss.statistics.paired import (
    ROUNDING,
    corrected_t,
    equivalence,
    flip_each,
    holm,
    inflation_of,
    superiority,
    wilcoxon,
)
from imbaloss.statistics.power import find_limit_of_best, smallest_difference

Floats = NDArray[np.float64]
POWER = 0.8
NONE: Mapping[str, float] = MappingProxyType({})
MOST_MORE = 1000  # additional seeds; a larger number is reported as None


class Verdict(StrEnum):
    """The result of the tests for the first of two methods."""

    BETTER = "better"
    WORSE = "worse"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"

    @property
    def turned(self) -> "Verdict":
        """The verdict for the second of the two methods: better and worse are exchanged, the others stay."""
        return {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER}.get(self, self)

    @property
    def differs(self) -> bool:
        """Whether one method was shown to be better: true for better and worse, false for equivalent and undecided."""
        return self in {Verdict.BETTER, Verdict.WORSE}


@dataclass(frozen=True)
class Comparison:
    """A method against another, paired over the repetitions that have a score of both."""

    first: str
    second: str
    pairs: int
    difference: Interval  # first - second: mean, and its t interval
    p: float  # of the pair alone, by the sign-flip test; with folds, by the corrected resampled t-test
    p_joint: float  # of the test of all pairs that were compared, which decides; with folds it is Holm's
    p_holm: float  # p, adjusted by Holm's correction for all pairs that were compared
    p_wilcoxon: float
    superiority: float  # the share of pairs in which the first is higher
    p_equivalent: float  # of two one-sided tests, adjusted for all pairs
    verdict: Verdict  # of the first
    smallest: float | None  # a lead that rules a method out with probability 0.8; None if none can
    more: int | None  # so many more would decide an undecided pair with probability 0.8; None where none or too many

    @property
    def turned(self) -> "Comparison":
        """A copy of the comparison with the second method as the first.

        Difference, superiority and verdict are turned round; p-values stay.
        """
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
    alpha: float = ALPHA,
    alphas: Mapping[str, float] = NONE,
    test_to_train: float | None = None,
    against: str | None = None,
) -> list[Comparison]:
    """Compare all pairs of methods by paired tests, or each method with one of them.

    The probability that any pair is wrongly called better or worse is at most alpha, by a joint test of all pairs; for
    folds, and for equivalent, by Holm's correction. A worse method is always ruled out as the best, too.

    Args:
        scores: (n,) of each method, for the same repetitions in one order. A pair leaves repetitions with a NaN out.
        margin: Differences within it do not matter.
        alpha: The error allowed for all pairs together.
        alphas: A smaller error for the pairs of some methods, such as those that a race dropped, by method.
        test_to_train: n_test / n_train if the repetitions are folds; None if they are independent seeds.
        against: The method that all others are compared with (KeyError if unknown); None for all pairs.

    Returns:
        One comparison a pair, in the order of the methods. The difference is that of the first method less the second.
    """
    pairs = list_pairs(list(scores), against)
    all_differences = [scores[first] - scores[second] for first, second in pairs]
    of_pairs = [differences[np.isfinite(differences)] for differences in all_differences]
    inflations = [inflation_of(len(each), test_to_train) for each in of_pairs]
    p = test_each_alone(of_pairs, test_to_train)
    p_joint = compute_joint_p(test_jointly(list(scores), pairs, all_differences, test_to_train), p)
    p_same = [equivalence(each, margin, inflation) for each, inflation in zip(of_pairs, inflations, strict=True)]
    p_holm, p_equivalent = holm(p), holm(np.array(p_same))
    count_more = partial(count_more_seeds, margin=margin, methods=len(scores))
    comparisons = []
    for place, ((first, second), differences) in enumerate(zip(pairs, of_pairs, strict=True)):
        difference, count = t_interval(differences, inflation=inflations[place]), len(differences)
        allowed = min(alphas.get(first, alpha), alphas.get(second, alpha))
        verdict = decide(difference.estimate, p_joint[place], p_equivalent[place], allowed)
        deviation = float(np.std(differences, ddof=1)) if count > 1 else 0.0
        is_open = verdict is Verdict.UNDECIDED and test_to_train is None
        comparisons.append(
            Comparison(
                first=first,
                second=second,
                pairs=count,
                difference=difference,
                p=float(p[place]),
                p_joint=float(p_joint[place]),
                p_holm=float(p_holm[place]),
                p_wilcoxon=wilcoxon(differences),
                superiority=superiority(differences),
                p_equivalent=float(p_equivalent[place]),
                verdict=verdict,
                smallest=smallest_found(count, deviation, len(scores), allowed, test_to_train),
                more=count_more(count, abs(difference.estimate), deviation, alpha=allowed) if is_open else None,
            )
        )
    return comparisons


def list_pairs(methods: Sequence[str], against: str | None = None) -> list[tuple[str, str]]:
    """List all pairs of methods, or each method with one of them; KeyError if there is no such method."""
    if against is None:
        return list(combinations(methods, 2))
    if against not in methods:
        raise KeyError(against)
    return [(method, against) for method in methods if method != against]


def rule_out(
    scores: Mapping[str, Floats],
    *,
    test_to_train: float | None = None,
    alpha: float = ALPHA,
    alphas: Mapping[str, float] = NONE,
) -> dict[str, Ruling]:
    """Test for each method whether it may be the best, which has the highest mean score.

    The methods whose p is above alpha are a confidence set: the best one is among them with a probability of at least
    1 - alpha.

    Args:
        scores: (n,) of each method, for the same repetitions in one order. A pair leaves repetitions with a NaN out.
        test_to_train: n_test / n_train if the repetitions are folds; None if they are independent seeds.
        alpha: The error allowed.
        alphas: A smaller error for some methods, such as those that a race dropped, by method.

    Returns:
        The ruling on each method that has a score, in the order of the methods.
    """
    methods = [method for method, values in scores.items() if np.isfinite(values).any()]
    pairs = list_pairs(methods)
    differences = [scores[first] - scores[second] for first, second in pairs]
    joint = test_jointly(methods, pairs, differences, test_to_train)
    allowed = {method: alphas.get(method, alpha) for method in methods}
    return {
        method: joint.rule(place, allowed[method]) if joint else Ruling(1.0, 0.0, allowed[method])
        for place, method in enumerate(methods)
    }


def test_each_alone(of_pairs: Sequence[Floats], test_to_train: float | None) -> Floats:
    """Return the p-value of each pair's differences for this pair alone, (P,).

    It is that of the sign-flip test; with folds, for which `test_to_train` is n_test / n_train, that of the corrected
    resampled t-test.
    """
    if test_to_train is None:
        return flip_each(of_pairs)
    return np.array([corrected_t(differences, test_to_train) for differences in of_pairs])


def test_jointly(
    methods: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    differences: Sequence[Floats],
    test_to_train: float | None,
) -> JointTest | FoldTest | None:
    """Return the test of the differences of pairs of methods; None without pairs or repetitions.

    Args:
        methods: The names of the methods.
        pairs: The names of the two methods of each pair.
        differences: (n,) of each pair, the first minus the second, with NaN where one has no score.
        test_to_train: n_test / n_train if the repetitions are folds; None if they are independent seeds.
    """
    if not pairs or not len(differences[0]):
        return None
    places = [(methods.index(first), methods.index(second)) for first, second in pairs]
    table = np.column_stack(differences)
    return flip_signs(table, places) if test_to_train is None else FoldTest.of(table, places, test_to_train)


def compute_joint_p(joint: JointTest | FoldTest | None, p: Floats) -> Floats:
    """Return the p-values of pairs by a test of all pairs, (P,), none below that of the pair alone.

    A method is also compared with all others: the p-value of a pair is at least that with which the one that has the
    lower mean is ruled out as the best. A single pair needs no ruling, and is 1 without variation. Without a test all
    are 1.

    Args:
        joint: The joint test.
        p: (P,), the p-value of each pair alone.
    """
    if joint is None:
        return np.ones(len(p))
    if len(p) == 1:
        return np.where(joint.errors > ROUNDING, p, 1.0)
    losers = [second if mean > 0 else first for (first, second), mean in zip(joint.pairs, joint.means, strict=True)]
    rulings = {loser: joint.rule(loser).p for loser in set(losers)}
    of_losers: Floats = np.array([rulings[loser] for loser in losers])
    return np.maximum(np.maximum(joint.compare_pairs(), p), of_losers)


def decide(difference: float, p_difference: float, p_equivalent: float, alpha: float) -> Verdict:
    """Return the verdict for the first of a pair of methods.

    Better or worse if the difference is significant at alpha, by its sign; else equivalent if equivalence is; else
    undecided.

    Args:
        difference: The mean difference, first minus second.
        p_difference: The p-value of the test of a difference, corrected for all pairs.
        p_equivalent: The p-value of the test of equivalence, corrected for all pairs.
        alpha: The level of both.
    """
    if p_difference <= alpha:
        return Verdict.BETTER if difference > 0 else Verdict.WORSE
    return Verdict.EQUIVALENT if p_equivalent <= alpha else Verdict.UNDECIDED


def smallest_found(
    pairs: int, deviation: float, methods: int, alpha: float, test_to_train: float | None
) -> float | None:
    """Return the smallest lead of the best method that rules another out with probability 0.8, in units of the score.

    Args:
        pairs: The number of repetitions.
        deviation: The standard deviation of the paired differences.
        methods: The number of methods.
        alpha: The level of the test.
        test_to_train: n_test / n_train if the repetitions are folds, whose test is then approximated by the t
            distribution; None for seeds.

    Returns:
        The lead; None if the repetitions are too few to rule any method out.
    """
    if pairs < 2:
        return None
    if test_to_train is None:
        effect = smallest_difference(pairs, methods, alpha, POWER)
        return None if effect is None else effect * deviation
    reach = find_limit_of_best(methods, pairs - 1, alpha) + scipy.stats.t.ppf(POWER, pairs - 1)
    return float(reach * np.sqrt(1 / pairs + test_to_train) * deviation)


def count_more_seeds(
    seeds: int, difference: float, deviation: float, *, margin: float, methods: int, alpha: float
) -> int | None:
    """Return how many more seeds decide an undecided pair with probability 0.8.

    The smaller number of two tests counts: the test that rules a method out, and the test of equivalence of all pairs,
    by the noncentral t distribution.

    Args:
        seeds: The number of seeds up to now.
        difference: The absolute mean difference, which is taken to stay the same.
        deviation: The standard deviation of the paired differences, which is taken to stay the same.
        margin: Differences within it do not matter.
        methods: The number of methods.
        alpha: The level of both tests.

    Returns:
        The number; None if it is above 1,000 or the differences do not vary.
    """
    if deviation <= ROUNDING:
        return None

    def is_decided(total: int) -> bool:
        """Say whether that many seeds in total decide the pair with probability 0.8 or more, by either test."""
        smallest = smallest_difference(total, methods, alpha, POWER)
        if smallest is not None and smallest * deviation <= difference:
            return True
        limit = find_t_limit(alpha / comb(methods, 2), total - 1)
        if (margin - difference) / deviation * np.sqrt(total) <= limit:
            return False  # below 0.7: one of the two tests alone has at most the share of chi-squared below its mean
        noncentrality = np.array([margin - difference, margin + difference]) / deviation * np.sqrt(total)
        return bool(scipy.stats.nct.sf(limit, total - 1, noncentrality).sum() - 1 >= POWER)

    candidates = range(seeds + 1, seeds + MOST_MORE + 1)
    place = bisect_left(candidates, True, key=is_decided)
    return None if place == len(candidates) else candidates[place] - seeds


@cache
def find_t_limit(tail: float, degrees: int) -> float:
    """Return the limit that Student's t exceeds with the probability `tail`. The result is cached."""
    return float(scipy.stats.t.isf(tail, degrees))
