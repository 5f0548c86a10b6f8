"""A bootstrap of the test rows, for studies whose seeds all share one test part."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from imbaloss.evaluation import CONFUSION_SCORES, bootstrap_scores, count_confusion
from imbaloss.evaluation.confusion import ConfusionCounts
from imbaloss.report import Findings
from imbaloss.report.cells import Compared
from imbaloss.report.comparisons import CellComparison
from imbaloss.statistics import Interval, Verdict, seeds_and_redrawn
from imbaloss.studies import Row

ALPHA = 0.05


def widen_to_other_rows(
    findings: Findings, comparisons: Sequence[CellComparison], compared: Compared
) -> list[CellComparison]:
    """Return the comparisons with intervals and verdicts for other test rows too.

    A verdict stands where a wider interval bears it out, else nothing is decided: one of a confidence that is adjusted
    (Bonferroni) for all pairs of as many methods, since the one that came out best on these rows is compared.

    Args:
        findings: The findings that the comparisons are of.
        comparisons: Those of one method with others.
        compared: Their score, which is at the tuned threshold.
    """
    rows = {
        (name.method, row.run.seed): row
        for row, name in zip(findings.rows, findings.called, strict=True)
        if row.threshold is not None
    }
    labels, called = read_decisions(findings, list(rows.values()))
    formula = choose_formula(compared, rows)
    now, again = formula(count_confusion(labels, called)), bootstrap_scores(formula, labels, called)
    place = {key: at for at, key in enumerate(rows)}
    rarer = int(np.bincount(labels, minlength=2).min())
    told, methods = [], len(comparisons) + 1
    adjusted = 1 - ALPHA / (methods * (methods - 1) / 2)
    for one in comparisons:
        seeds = [seed for method, seed in rows if method == one.first and (one.second, seed) in rows]
        first, second = ([place[method, seed] for seed in seeds] for method in (one.first, one.second))
        gains, drawn = now[first] - now[second], (again[:, first] - again[:, second]).mean(axis=1)
        sign = -1 if compared.lower else 1
        stands = bears_out(seeds_and_redrawn(sign * gains, sign * drawn, rarer, adjusted), one.verdict, one.margin)
        _, *ends = seeds_and_redrawn(sign * gains, sign * drawn, rarer)
        low, high = ends if compared.lower else np.clip(ends, -1, 1).tolist()
        verdict = one.verdict if stands else Verdict.UNDECIDED
        told.append(
            replace(
                one,
                comparison=replace(one.comparison, verdict=verdict),
                interval=Interval(one.interval.estimate, low, high),
            )
        )
    return told


def bears_out(interval: Interval, verdict: Verdict, margin: float) -> bool:
    """Say whether the interval of a difference alone would allow the verdict."""
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


def read_decisions(findings: Findings, rows: list[Row]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Read the labels of the test rows (N,), and what each training calls positive at its threshold (K, N)."""
    tests = [predictions["test"] for _, predictions in findings.store.arrays([row.run for row in rows])]
    thresholds = [row.threshold.value for row in rows if row.threshold]
    called = [test.probabilities >= threshold for test, threshold in zip(tests, thresholds, strict=True)]
    return tests[0].labels, np.stack(called)


def choose_formula(
    compared: Compared, rows: Mapping[tuple[str, int], Row]
) -> Callable[[ConfusionCounts], NDArray[np.float64]]:
    """Return the formula of a score from counts. A score without one of its own is that of the rule of all rows."""
    [rule] = {row.run.method.decision.rule for row in rows.values()}
    return CONFUSION_SCORES.get(compared.score, rule.score)
