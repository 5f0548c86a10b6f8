"""Paired comparisons of what an axis of a study holds, averaged over the others, seed by seed."""

from collections.abc import Sequence
from math import log2
from typing import Any

import numpy as np
import pandas as pd

from imbaloss.report.comparisons import CellComparison, flatten
from imbaloss.statistics import Interval, compare, t_interval

F1, TUNED, ROC, PRECISION, YOUDEN = "f1", "tuned_f1", "roc_auc", "average_precision", "youden"
CALIBRATED, MOVED = "calibrated_f1", "moved_f1"  # of `thresholds`
SCORES = (F1, TUNED, ROC, PRECISION)
MARGIN = 0.01  # differences within it do not matter
HALVED = "halved"  # log2 of a number of epochs
MARGINS = {HALVED: log2(1.1)}  # of other units


def compared(
    frame: pd.DataFrame,
    by: str,
    *,
    within: Sequence[str] = (),
    against: str | None = None,
    scores: Sequence[str] = SCORES,
) -> pd.DataFrame:
    """One line a pair of entries of the axis `by`, or one a entry and the one it is held `against`, in each score.

    A seed's score of an entry is its mean over all else, in each group of `within`. Columns: those of `within`, those
    of comparisons.csv, and comparison, the `CellComparison` itself. Holm's adjustment is over the pairs of one group
    and score. Seeds in which an entry lacks a score do not count.
    """
    found = []
    groups = frame.groupby(list(within), sort=False) if within else [((), frame)]
    for key, group in groups:
        place: dict[str, Any] = dict(zip(within, key if isinstance(key, tuple) else (key,), strict=True))
        setting, level = place.get("dataset", ""), place.get("level", np.nan)
        for score in scores:
            table = seeds_by(group, by, score)
            values = {str(name): table[name].to_numpy(float) for name in table}
            margin = MARGINS.get(score, MARGIN)
            for one in compare(values, margin=margin, against=against):
                line = CellComparison(score, setting, level, margin, one, one.difference)
                found.append(place | flatten(line) | {"comparison": line})
    return pd.DataFrame(found)


def seeds_by(frame: pd.DataFrame, by: str, score: str) -> pd.DataFrame:
    """A line a seed, a column an entry of `by`, in their order: means over all else, NaN where one is missing."""
    return means(frame, ["seed", by], score).unstack(by)[list(dict.fromkeys(frame[by]))]


def means(frame: pd.DataFrame, keys: Sequence[str], score: str) -> pd.Series:
    """Over all else, NaN where one is missing."""
    return frame.groupby(list(keys), sort=False)[score].agg(lambda some: some.mean(skipna=False))


def at(lines: pd.DataFrame, **where: object) -> pd.DataFrame:
    """Those whose columns have these values."""
    for column, value in where.items():
        lines = lines[lines[column] == value]
    return lines


def gap(lines: pd.DataFrame, first: str, score: str, second: str | None = None, **where: object) -> CellComparison:
    """Return the comparison of one pair in one score with `first` as the first, whichever way it stands there.

    Without a second: that with the one held against.
    """
    there = at(lines, score=score, **where)
    found = at(there, first=first) if second is None else at(there, first=first, second=second)
    if second is not None and found.empty:
        return gap(lines, second, score, first, **where).turned
    one: CellComparison = found["comparison"].item()
    return one


def highest(lines: pd.DataFrame, score: str, **where: object) -> CellComparison:
    """Return the comparison with the highest difference in one score."""
    found = at(lines, score=score, **where)
    one: CellComparison = found["comparison"].iloc[int(found["difference"].to_numpy().argmax())]
    return one


def mean_of(frame: pd.DataFrame, score: str) -> Interval:
    """Over the seeds, of each seed's mean over all else; those that lack a score do not count."""
    return t_interval(np.asarray(means(frame, ["seed"], score).dropna(), np.float64))
