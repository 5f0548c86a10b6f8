"""Paired comparisons along one axis of a study, such as its losses, averaged over all other axes seed by seed."""

from collections.abc import Sequence
from math import log2
from typing import Any

import numpy as np
import pandas as pd

from imbaloss.report.comparisons import CellComparison, flatten
from imbaloss.statistics import Interval, compare, t_interval

F1, TUNED, ROC, PRECISION, YOUDEN = "f1", "tuned_f1", "roc_auc", "average_precision", "youden"
CALIBRATED, MOVED = "calibrated_f1", "moved_f1"  # scores of the finding `thresholds`
SCORES = (F1, TUNED, ROC, PRECISION)
MARGIN = 0.01  # largest difference that does not matter
HALVED = "halved"  # column: log2 of a number of epochs
MARGINS = {HALVED: log2(1.1)}  # margins of scores in other units


def compare_entries(
    frame: pd.DataFrame,
    by: str,
    *,
    within: Sequence[str] = (),
    against: str | None = None,
    scores: Sequence[str] = SCORES,
) -> pd.DataFrame:
    """Compare the entries of one axis in pairs, by each score.

    The score of an entry for a seed is the mean over all other axes. Seeds for which an entry lacks a score are left
    out of its pairs. The pairs of one group and score are tested together.

    Args:
        frame: A line a training, with the axes, seed and scores as columns.
        by: The axis whose entries are compared.
        within: The axes that divide the trainings into groups, in each of which entries are compared.
        against: The entry with which all others are compared; by default all pairs are.
        scores: The columns of the scores.

    Returns:
        A line for each pair: the columns of `within`, those of comparisons.csv, and `comparison`, the `CellComparison`.
    """
    table = []
    groups = frame.groupby(list(within), sort=False) if within else [((), frame)]
    for key, group in groups:
        place: dict[str, Any] = dict(zip(within, key if isinstance(key, tuple) else (key,), strict=True))
        setting, level = place.get("dataset", ""), place.get("level", np.nan)
        for score in scores:
            by_seed = tabulate_by_seed(group, by, score)
            values = {str(name): by_seed[name].to_numpy(float) for name in by_seed}
            margin = MARGINS.get(score, MARGIN)
            for comparison in compare(values, margin=margin, against=against):
                line = CellComparison(score, setting, level, margin, comparison, comparison.difference)
                table.append(place | flatten(line) | {"comparison": line})
    return pd.DataFrame(table)


def tabulate_by_seed(frame: pd.DataFrame, by: str, score: str) -> pd.DataFrame:
    """Average a score for each seed (lines) and entry of `by` (columns, in their order); NaN if a score is missing."""
    return average(frame, ["seed", by], score).unstack(by)[list(dict.fromkeys(frame[by]))]


def average(frame: pd.DataFrame, keys: Sequence[str], score: str) -> pd.Series:
    """Average a score in each group of the keys; NaN if a score of the group is missing."""
    return frame.groupby(list(keys), sort=False)[score].agg(lambda group: group.mean(skipna=False))


def select_lines(lines: pd.DataFrame, **where: object) -> pd.DataFrame:
    """Keep the lines whose columns have these values."""
    for column, value in where.items():
        lines = lines[lines[column] == value]
    return lines


def find_comparison(
    lines: pd.DataFrame, first: str, score: str, second: str | None = None, **where: object
) -> CellComparison:
    """Return the comparison of a pair by one score, turned so that `first` is the first method.

    Without a second, the pair is the only one in which `first` is the first.

    Raises:
        ValueError: There is no such pair, or several.
    """
    of_score = select_lines(lines, score=score, **where)
    pairs = select_lines(of_score, first=first)
    if second is not None:
        pairs = select_lines(pairs, second=second)
        if pairs.empty:
            turned = select_lines(of_score, first=second, second=first)
            return turned["comparison"].item().turned  # type: ignore[no-any-return]
    comparison: CellComparison = pairs["comparison"].item()
    return comparison


def find_highest(lines: pd.DataFrame, score: str, **where: object) -> CellComparison:
    """Return the comparison with the highest difference by one score; the first of equal ones."""
    of_score = select_lines(lines, score=score, **where)
    comparison: CellComparison = of_score["comparison"].iloc[int(of_score["difference"].to_numpy().argmax())]
    return comparison


def average_over_seeds(frame: pd.DataFrame, score: str) -> Interval:
    """Return the mean and interval over the seeds of each seed's mean; seeds that lack a score are left out."""
    return t_interval(np.asarray(average(frame, ["seed"], score).dropna(), np.float64))
