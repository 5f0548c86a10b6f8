"""A bootstrap of the test rows, for studies whose seeds all share one test part.

What it decides holds for these training rows, other seeds and other test rows. Folds decide for new training rows too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from math import comb
from typing import cast
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from imbaloss.evaluation import CONFUSION_SCORES, Decision, Rule, bootstrap_scores, count_confusion
from imbaloss.evaluation.intervals import bootstrap_means, bootstrap_rankings
from imbaloss.evaluation.objective import BRIER, OF_COSTS, RANKINGS, SAVINGS, average_constants, require_costs
from imbaloss.evaluation.sample_costs import ExpectedCost, take_costs
from imbaloss.report import Findings
from imbaloss.report.cells import UNIT, ComparedScore
from imbaloss.report.comparisons import CellComparison
from imbaloss.statistics import ALPHA, Interval, JointTest, Ruling, Verdict, seeds_and_redrawn
from imbaloss.statistics.joint import redraw_rows
from imbaloss.studies import Row

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RedrawnScores:
    """The scores of K trainings on the test rows that they share, and on bootstrap samples of these rows."""

    places: Mapping[tuple[str, int], int]  # of a training among the K, by the name of its method and its seed
    scores: Floats  # (K,)
    redrawn: Floats  # (R, K)
    rarer: int  # number of test rows of the rarer class

    def subtract(self, first: str, second: str) -> tuple[Floats, Floats]:
        """Return the differences of two methods, first minus second, over the J seeds that have both.

        They are the difference of each seed on the test rows, (J,), and the mean over the seeds on each bootstrap
        sample, (R,).
        """
        seeds = self.find_shared_seeds(first, second)
        of_first, of_second = ([self.places[method, seed] for seed in seeds] for method in (first, second))
        redrawn = (self.redrawn[:, of_first] - self.redrawn[:, of_second]).mean(axis=1)
        return self.scores[of_first] - self.scores[of_second], redrawn

    def find_shared_seeds(self, first: str, second: str) -> list[int]:
        """Return the seeds that have trainings of both methods, in the order of the first one."""
        return [seed for method, seed in self.places if method == first and (second, seed) in self.places]

    def test_pairs(self, methods: Sequence[str], sign: int) -> JointTest:
        """Test all pairs of methods jointly, for other seeds and other test rows.

        Args:
            methods: The names of the methods. A pair without a seed in common decides nothing.
            sign: 1 if a higher score is better, -1 if a lower one is.
        """
        seeds = {seed: place for place, seed in enumerate(dict.fromkeys(seed for _, seed in self.places))}
        pairs = list(combinations(range(len(methods)), 2))
        differences, redrawn = np.full((len(seeds), len(pairs)), np.nan), np.zeros((len(self.redrawn), len(pairs)))
        for place, (first, second) in enumerate(pairs):
            if shared := self.find_shared_seeds(methods[first], methods[second]):
                gains, drawn = self.subtract(methods[first], methods[second])
                differences[[seeds[seed] for seed in shared], place] = sign * gains
                redrawn[:, place] = sign * drawn
        return redraw_rows(differences, redrawn, pairs, self.rarer)


# The recommendation and the comparisons of the answer need the same bootstrap; it is kept as long as the findings.
REDRAWN: WeakKeyDictionary[Findings, dict[ComparedScore, RedrawnScores]] = WeakKeyDictionary()


def redraw_test_rows(findings: Findings, compared: ComparedScore) -> RedrawnScores:
    """Score all trainings of a study on bootstrap samples of the test rows, once for the same findings and score.

    Args:
        findings: The findings of the study, whose trainings share one test part.
        compared: The score. Trainings without it are left out.
    """
    by_score = REDRAWN.setdefault(findings, {})
    if compared not in by_score:
        by_score[compared] = compute_redrawn(findings, compared)
    return by_score[compared]


def compute_redrawn(findings: Findings, compared: ComparedScore) -> RedrawnScores:
    """Compute what `redraw_test_rows` returns, with the same arguments."""
    rows = {
        (name.method, row.run.seed): row
        for row, name in zip(findings.rows, findings.row_names, strict=True)
        if (row.is_decided if compared.tuned else compared.value_in(row) is not None)
    }
    of_test = read_test_predictions(findings, list(rows.values()))
    scores, redrawn = redraw_scores(compared, list(rows.values()), of_test)
    places = {training: place for place, training in enumerate(rows)}
    return RedrawnScores(places, scores, redrawn, rarer=int(np.bincount(of_test.labels, minlength=2).min()))


def estimate_sampling_variances(
    findings: Findings, first: str, other_methods: Sequence[str], compared: ComparedScore
) -> dict[str, float]:
    """Estimate how much the mean difference of each other method to the first varies with the test rows.

    Args:
        findings: The findings of the study, whose trainings share one test part.
        first: The name of the first method.
        other_methods: The names of other methods. Those without a seed in common with the first have no entry in the
            result.
        compared: The score.

    Returns:
        The variance over bootstrap samples of the test rows, by the name of the other method.
    """
    redrawn = redraw_test_rows(findings, compared)
    differences = {other: redrawn.subtract(first, other) for other in other_methods}
    return {other: float(np.var(drawn, ddof=1)) for other, (gains, drawn) in differences.items() if len(gains)}


def estimate_mean(findings: Findings, method: str, compared: ComparedScore) -> Interval:
    """Return the mean score of a method with its 95 % interval, for other test rows too.

    Folds have other test rows each, so that the interval over them allows for that. If all seeds share one test part, a
    bootstrap of its rows does. The ends are NaN for one repetition.

    Args:
        findings: The findings of a study of one data set.
        method: The name of the method.
        compared: The score.
    """
    [cell] = findings.scored[compared]
    if findings.study.folds:
        return cell.interval(method)
    redrawn = redraw_test_rows(findings, compared)
    places = [place for (name, _), place in redrawn.places.items() if name == method]
    interval = seeds_and_redrawn(redrawn.scores[places], redrawn.redrawn[:, places].mean(axis=1), redrawn.rarer)
    return Interval(interval.estimate, *np.clip(interval[1:], *cell.bounds).tolist())


def widen_to_other_rows(
    findings: Findings, comparisons: Sequence[CellComparison], compared: ComparedScore
) -> list[CellComparison]:
    """Widen the intervals of comparisons so that they hold for other test rows too, by a bootstrap of the test rows.

    A verdict becomes undecided unless a still wider interval supports it. The confidence of that interval is adjusted
    (Bonferroni) for all pairs of methods, because the method that is best on these test rows was chosen by them. A
    difference also becomes undecided unless the worse method is ruled out as the best. Methods that are dropped are
    ruled out already; pairs with them are judged by the error of the look that did so.

    Args:
        findings: The findings of the study.
        comparisons: The comparisons of one method with others, by one score; at least one.
        compared: That score.

    Returns:
        Copies of the comparisons, in their order, with new intervals and verdicts; the mean differences are unchanged.
    """
    again = redraw_test_rows(findings, compared)
    widened, methods = [], [comparisons[0].first, *(comparison.second for comparison in comparisons)]
    alpha, dropped = findings.study.alpha, findings.study.dropped
    sign = -1 if compared.lower else 1
    kept = [method for method in methods if method not in dropped]
    rulings = rule_out_on_other_rows(findings, kept, compared, alpha)
    for comparison in comparisons:
        gains, drawn = again.subtract(comparison.first, comparison.second)
        allowed = min(dropped.get(comparison.first, alpha), dropped.get(comparison.second, alpha))
        wider = seeds_and_redrawn(sign * gains, sign * drawn, again.rarer, 1 - allowed / comb(len(methods), 2))
        loser = comparison.second if comparison.verdict is Verdict.BETTER else comparison.first
        is_supported = supports_verdict(wider, comparison.verdict, comparison.margin)
        is_ruled_out = loser in dropped or rulings[loser].is_ruled_out
        is_supported &= is_ruled_out or not comparison.verdict.differs
        _, *ends = seeds_and_redrawn(sign * gains, sign * drawn, again.rarer)
        low, high = np.clip(ends, -1, 1).tolist() if compared.limits == UNIT else ends
        verdict = comparison.verdict if is_supported else Verdict.UNDECIDED
        widened.append(
            replace(
                comparison,
                comparison=replace(comparison.comparison, verdict=verdict),
                interval=Interval(comparison.interval.estimate, low, high),
            )
        )
    return widened


def supports_verdict(interval: Interval, verdict: Verdict, margin: float) -> bool:
    """Say whether the interval of a difference alone supports the verdict; an undecided verdict is always supported.

    Args:
        interval: Mean and ends of the difference, positive if the first method is better. An end of NaN supports an
            undecided verdict alone.
        verdict: Better, worse, equivalent or undecided.
        margin: The largest difference that counts as equivalent.
    """
    _, low, high = interval
    match verdict:
        case Verdict.BETTER:
            return low > 0
        case Verdict.WORSE:
            return high < 0
        case Verdict.EQUIVALENT:
            return -margin < low and high < margin
        case Verdict.UNDECIDED:
            return True


def rule_out_on_other_rows(
    findings: Findings, methods: Sequence[str], compared: ComparedScore, alpha: float = ALPHA
) -> dict[str, Ruling]:
    """Test for each method whether it may be the best, for other seeds and other test rows.

    Args:
        findings: The findings of the study, whose trainings share one test part.
        methods: The names of methods with a score.
        compared: That score.
        alpha: The error allowed.
    """
    joint = redraw_test_rows(findings, compared).test_pairs(methods, -1 if compared.lower else 1)
    return {method: joint.rule(place, alpha) for place, method in enumerate(methods)}


@dataclass(frozen=True, eq=False)
class SharedPredictions:
    """What K trainings predict for the N test rows that they share."""

    labels: NDArray[np.int64]  # (N,)
    probabilities: Floats  # (K, N)
    costs: Floats | None  # (N, 4), the costs of each row; None if there are none


def read_test_predictions(findings: Findings, rows: Sequence[Row]) -> SharedPredictions:
    """Read what K trainings predict for the test rows that they share.

    Args:
        findings: Has the store with the predictions.
        rows: The stored results of the K trainings.
    """
    tests = findings.store.test_predictions([row.run for row in rows])
    return SharedPredictions(tests[0].labels, np.stack([test.probabilities for test in tests]), tests[0].costs)


def redraw_scores(compared: ComparedScore, rows: Sequence[Row], of_test: SharedPredictions) -> tuple[Floats, Floats]:
    """Compute the score of each of K trainings on the test rows, (K,), and on R bootstrap samples of them, (R, K).

    All rows share one decision.

    Args:
        compared: The score.
        rows: The stored results of the K trainings; for a score at the tuned threshold each must have decisions.
        of_test: What they predict for the test rows.

    Raises:
        ValueError: The rows have several decisions.
    """
    [decision] = {row.run.method.decision for row in rows}
    labels, probabilities = of_test.labels, of_test.probabilities
    if compared.tuned:
        return redraw_decisions(compared, decision, rows, of_test)
    now = np.array([compared.value_in(row) for row in rows], dtype=np.float64)
    if compared.score == BRIER:
        return now, bootstrap_means(labels, (probabilities - labels) ** 2)
    objective = decision.optimize
    parameters = objective.parameters if objective and objective.name == compared.score else {}
    return now, bootstrap_rankings(partial(RANKINGS[compared.score], **parameters), labels, probabilities)


def redraw_decisions(
    compared: ComparedScore, decision: Decision, rows: Sequence[Row], of_test: SharedPredictions
) -> tuple[Floats, Floats]:
    """Compute what `redraw_scores` returns for a score of decisions.

    A score without a formula of its own is that of the rule, such as a mean cost.

    Args:
        compared: The score.
        decision: The decision of all rows.
        rows: The stored results of the K trainings, which have decisions.
        of_test: What they predict for the test rows.
    """
    labels, rule = of_test.labels, decision.rule
    flagged = np.stack([row.decide(each, of_test.costs) for row, each in zip(rows, of_test.probabilities, strict=True)])
    if isinstance(rule, ExpectedCost) and compared.score in OF_COSTS:
        costs = require_costs(of_test.costs)
        taken = np.stack([take_costs(labels, each, costs) for each in flagged])
        none, every = (take_costs(labels, np.full(len(labels), flag), costs) for flag in (False, True))
        means = bootstrap_means(labels, np.stack([*taken, none, every]))
        now = np.append(taken.mean(axis=1), [none.mean(), every.mean()])
        return score_mean_costs(now[None], compared)[0], score_mean_costs(means, compared)
    formula = CONFUSION_SCORES[compared.score] if compared.score in CONFUSION_SCORES else cast(Rule, rule).score
    now, redrawn = formula(count_confusion(labels, flagged)), bootstrap_scores(formula, labels, flagged)
    if compared.score != SAVINGS:
        return now, redrawn
    constant = min(average_constants(rule, labels))  # which a bootstrap within each class does not change
    return 1 - now / constant, 1 - redrawn / constant


def score_mean_costs(costs: Floats, compared: ComparedScore) -> Floats:
    """Return mean costs unchanged, or as savings: 1 minus their share of the cost of the best constant decision.

    Args:
        costs: (R, K + 2), the mean costs of K trainings, then those of flagging no row and of flagging all rows.
        compared: The mean cost or the savings.

    Returns:
        The scores of the K trainings, (R, K).
    """
    return 1 - costs[:, :-2] / costs[:, -2:].min(axis=1, keepdims=True) if compared.score == SAVINGS else costs[:, :-2]
