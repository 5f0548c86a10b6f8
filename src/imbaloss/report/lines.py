"""The lines of the table, typed: what each method came to in each cell."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from imbaloss.report.cells import Compared
from imbaloss.statistics import Interval

DEVIATION = "_sd"  # ends the column of a score's deviation


@dataclass(frozen=True)
class Counts:
    """Samples of each class; means over the folds where there are folds."""

    positives: float
    negatives: float


@dataclass(frozen=True)
class ScoreSummary:
    """A score over the trainings of a method in a cell; NaN where a value is not known."""

    mean: float
    deviation: float
    low: float  # end of the 95 % interval
    high: float
    published: float


@dataclass(frozen=True)
class CellLine:
    """A method in a cell."""

    setting: str
    level: float
    method: str
    loss: str
    trainings: int  # that succeeded
    failed: int
    train: Counts
    test: Counts
    resampled: Counts | None  # None without a sampler
    scores: Mapping[str, ScoreSummary]  # by the column of the score
    interval_over: str | None  # what the intervals are over
    roc_auc_both: Interval  # of ROC-AUC for other seeds and other test samples
    tuned_lr: str | None  # each learning rate that was chosen, and how often


def read_lines(table: pd.DataFrame) -> list[CellLine]:
    """Read the lines of the table that `findings.find` makes."""
    return [read_line(record) for record in table.to_dict("records")]


def read_line(record: Mapping[Hashable, Any]) -> CellLine:
    """Read a line from its values by column."""
    columns = [str(column).removesuffix(DEVIATION) for column in record if str(column).endswith(DEVIATION)]
    resampled = Counts(record["resampled_positives"], record["resampled_negatives"])
    return CellLine(
        setting=record["setting"],
        level=record["level"],
        method=record["method"],
        loss=record["loss"],
        trainings=record["seeds"],
        failed=record["failed"],
        train=Counts(record["train_positives"], record["train_negatives"]),
        test=Counts(record["test_positives"], record["test_negatives"]),
        resampled=None if pd.isna(resampled.positives) else resampled,
        scores={column: read_score(record, column) for column in columns},
        interval_over=none_if_missing(record["interval_over"]),
        roc_auc_both=Interval(record["roc_auc"], record["roc_auc_both_low"], record["roc_auc_both_high"]),
        tuned_lr=none_if_missing(record["tuned_lr"]),
    )


def read_score(record: Mapping[Hashable, Any], column: str) -> ScoreSummary:
    """Read what the columns of a score say. A score that is not compared has no interval."""
    names = (column, f"{column}{DEVIATION}", f"{column}_low", f"{column}_high", f"published_{column}")
    return ScoreSummary(*(record.get(name, np.nan) for name in names))


def none_if_missing(value: Any) -> Any:
    """Return the value, or None for what pandas takes for missing."""
    return None if pd.isna(value) else value


def group_by_cell(lines: Iterable[CellLine]) -> list[list[CellLine]]:
    """Group the lines by setting and level, in the order of the lines."""
    groups: dict[tuple[str, float], list[CellLine]] = {}
    for line in lines:
        groups.setdefault((line.setting, line.level), []).append(line)
    return list(groups.values())


def has_published(lines: Iterable[CellLine], compared: Compared) -> bool:
    """Say whether a value of the score is published in any of the lines."""
    return any(not np.isnan(line.scores[compared.column].published) for line in lines)


def best_mean(lines: Sequence[CellLine], compared: Compared) -> float:
    """Return the best mean of the lines; NaN where none is known."""
    means = [line.scores[compared.column].mean for line in lines]
    known = [mean for mean in means if not np.isnan(mean)]
    return (min if compared.lower else max)(known, default=np.nan)
