"""One test part for all seeds: what differences between methods come to on other test rows as well."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.evaluation import OF_TALLIES, Rule, redrawn, tallied
from imbaloss.evaluation.tallies import Tallies
from imbaloss.report.cells import Compared
from imbaloss.report.findings import Findings
from imbaloss.statistics import seeds_and_redrawn
from imbaloss.studies import Row

UNDECIDED = "undecided"
ALPHA = 0.05


def for_other_rows(found: Findings, lines: pd.DataFrame, compared: Compared) -> pd.DataFrame:
    """lines: comparisons of one method, of a score at the tuned threshold. The same with intervals for other rows too.

    A verdict stands where a wider interval bears it out, else nothing is decided: one of a confidence that is adjusted
    (Bonferroni) for all pairs of as many methods, since the one that came out best on these rows is compared.
    """
    rows = {
        (name.method, row.run.seed): row
        for row, name in zip(found.rows, found.called, strict=True)
        if row.threshold is not None
    }
    labels, called = decisions(found, list(rows.values()))
    formula = formula_of(compared, rows)
    now, again = formula(tallied(labels, called)), redrawn(formula, labels, called)
    place = {key: at for at, key in enumerate(rows)}
    rarer = int(np.bincount(labels, minlength=2).min())
    told, methods = lines.copy(), len(lines) + 1
    adjusted = 1 - ALPHA / (methods * (methods - 1) / 2)
    for index, one in lines.iterrows():
        seeds = [seed for method, seed in rows if method == one["first"] and (one["second"], seed) in rows]
        first, second = ([place[one[which], seed] for seed in seeds] for which in ("first", "second"))
        gains, drawn = now[first] - now[second], (again[:, first] - again[:, second]).mean(axis=1)
        sign, within = (-1 if compared.lower else 1), one["margin"]
        _, low, high = seeds_and_redrawn(sign * gains, sign * drawn, rarer, adjusted)
        bears = {"better": low > 0, "worse": high < 0, "equivalent": -within < low and high < within}
        _, *ends = seeds_and_redrawn(sign * gains, sign * drawn, rarer)
        low, high = ends if compared.lower else np.clip(ends, -1, 1).tolist()
        verdict = one["verdict"] if bears.get(one["verdict"]) else UNDECIDED
        told.loc[index, ["low", "high", "verdict"]] = low, high, verdict
    return told


def decisions(found: Findings, rows: list[Row]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The labels of the test rows (N,), and what each training calls positive at its threshold (K, N)."""
    tests = [predictions["test"] for _, predictions in found.store.arrays([row.run for row in rows])]
    thresholds = [row.threshold[0] for row in rows if row.threshold]
    called = [test.probabilities >= threshold for test, threshold in zip(tests, thresholds, strict=True)]
    return tests[0].labels, np.stack(called)


def formula_of(compared: Compared, rows: dict[tuple[str, int], Row]) -> Callable[[Tallies], NDArray[np.float64]]:
    [rule] = {row.run.recipe.threshold for row in rows.values()}
    return OF_TALLIES.get(compared.score, Rule.of(rule).score)
