"""The lines of the table: a summary of the trainings of each method in each cell."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Protocol, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss import studies
from imbaloss.evaluation import CONFUSION, DECISION_SCORES, RULES_ALONE, SCORES
from imbaloss.report.cells import ComparedScore, choose_compared_scores
from imbaloss.report.intervals import NONE, MethodInCell, MethodIntervals
from imbaloss.report.published import published_scores
from imbaloss.report.row_names import RUN_ENTRIES, CellKey, RowName
from imbaloss.statistics import Interval
from imbaloss.studies import THRESHOLDS, Row, Run
from imbaloss.training import Setting

ALIKE = [  # columns in which all trainings of a line agree
    *("dataset", "level", "loss", "protocol", "negative", "positive", "sampler", "network", "recipe", "split"),
    *("threshold_for", "calibration"),
]
PARTS = ("train", "validation", "test")
KINDS = ("negatives", "positives")
COUNTED = [f"{part}_{kind}" for part in PARTS for kind in KINDS]
RESAMPLED = [f"resampled_{kind}" for kind in KINDS]
TUNED = tuple(f"tuned_{name}" for name in ("f1", *THRESHOLDS, *(name for name in DECISION_SCORES if name != "f1")))
AT_TUNED = (*DECISION_SCORES, *RULES_ALONE)  # scores at the tuned threshold
COSTS = ("cost", "tuned_cost")  # known if the rule of the threshold names costs
OF_RULE = (*COSTS, *(f"tuned_{rule}" for rule in RULES_ALONE if rule != "cost"))
Numbers = Mapping[Hashable, float]  # by column
SUMMARISED = (*SCORES, *CONFUSION, *TUNED, *OF_RULE)  # columns of which a line has mean and standard deviation


@dataclass(frozen=True)
class Counts:
    """The number of samples of each class; a mean over the folds if there are folds."""

    positives: float
    negatives: float


@dataclass(frozen=True)
class ScoreSummary:
    """A score over the trainings of a method in a cell; NaN for a value that is unknown."""

    mean: float
    deviation: float  # standard deviation (n - 1)
    low: float  # lower end of the 95 % interval of the mean
    high: float
    published: float  # value that the 2023 study printed


class ScoreLine(Protocol):
    """The summary of a method in a cell, as figures and page need it."""

    @property
    def cell(self) -> CellKey:
        """The cell, a setting at a level."""

    @property
    def method(self) -> str:
        """The name of the method."""

    @property
    def setting(self) -> str:
        """The name of the setting, such as the data set."""

    @property
    def level(self) -> float:
        """The level of imbalance; `NO_LEVEL` without one."""

    @property
    def trainings(self) -> int:
        """The number of repetitions that have a result."""

    @property
    def train(self) -> Counts | None:
        """The number of training samples of each class; None if it is unknown."""

    @property
    def test(self) -> Counts | None:
        """The number of test samples of each class; None if it is unknown."""

    @property
    def scores(self) -> Mapping[str, ScoreSummary]:
        """The summary of each score, by its column."""

    @property
    def interval_over(self) -> str | None:
        """What the intervals are over, such as seeds; None if there are none."""

    @property
    def roc_auc_both(self) -> Interval:
        """The interval of the mean ROC-AUC for other seeds and other test samples; NaN if it is unknown."""


@dataclass(frozen=True)
class CellLine:
    """The summary of a method in a cell, a setting at a level."""

    cell: CellKey
    method: str  # name of the method in the report
    run: Run  # the first run; the others differ from it in seed, fold and learning rate alone
    negative: str  # name of the negative class
    trainings: int  # number of trainings that succeeded
    failed: int  # number of trainings that failed
    epochs: float  # mean number of epochs; NaN if unknown
    train: Counts
    validation: Counts
    test: Counts
    resampled: Counts | None  # samples that an epoch shows after the sampler; None without a sampler
    scores: Mapping[str, ScoreSummary]  # by the column of each score
    interval_over: str | None  # seeds, folds or test samples; None if every training failed
    roc_auc_both: Interval  # of the mean ROC-AUC, for other seeds and other test samples
    chosen_settings: Mapping[Setting, int]  # number of trainings that chose each setting; empty if none was chosen

    @property
    def setting(self) -> str:
        """The name of its data set, with protocol and split if these vary."""
        return self.cell.setting

    @property
    def level(self) -> float:
        """The level of imbalance, such as 0.1: a share of positives, or their ratio to negatives, by the protocol."""
        return self.cell.level


def summarise(
    rows: Sequence[Row], row_names: Sequence[RowName], intervals: Mapping[MethodInCell, MethodIntervals]
) -> list[CellLine]:
    """Summarise the rows (results of runs) in a line for each method in each cell, a setting at a level.

    The lines are in the order of the rows. Means and standard deviations (n - 1) are over the trainings that have a
    value. A mean without values is NaN, and a deviation of fewer than two.

    Args:
        rows: The finished runs.
        row_names: The names of each row's setting and method.
        intervals: The intervals of each method in each cell.

    Raises:
        KeyError: `intervals` lacks a method in a cell.
    """
    compared = [score for score in choose_compared_scores(rows) if score.column not in SUMMARISED]
    summarised = [*SUMMARISED, *(score.column for score in compared)]
    with studies.pause_garbage_collection():
        groups = tabulate_rows(rows, compared).groupby(ALIKE, sort=False)
        means = groups[[*summarised, *COUNTED, *RESAMPLED, "epochs"]].mean().to_dict("records")
        deviations = groups[summarised].std().to_dict("records")
        members: list[list[int]] = [[] for _ in means]
        for at, line in enumerate(groups.ngroup()):
            members[line].append(at)
        lines = []
        for places, mean, deviation in zip(members, means, deviations, strict=True):
            name, of_line = row_names[places[0]], [rows[at] for at in places]
            key = MethodInCell(CellKey(name.setting, of_line[0].run.level), name.method)
            lines.append(make_line(of_line, key, mean, deviation, intervals[key]))
        return lines


def make_line(
    rows: Sequence[Row], key: MethodInCell, means: Numbers, deviations: Numbers, intervals: MethodIntervals
) -> CellLine:
    """Make the line of the table for a method in a cell, a setting at a level.

    Args:
        rows: The finished runs of the method in the cell, at least one.
        key: The method and the cell.
        means: The mean of the rows in each column.
        deviations: The standard deviation in each column.
        intervals: The intervals of the compared scores.
    """
    run, failed = rows[0].run, sum(row.failure is not None for row in rows)
    train, validation, test, resampled = (
        Counts(means[f"{part}_positives"], means[f"{part}_negatives"]) for part in (*PARTS, "resampled")
    )
    return CellLine(
        cell=key.cell,
        method=key.method,
        run=run,
        negative=rows[0].classes[0],
        trainings=len(rows) - failed,
        failed=failed,
        epochs=means["epochs"],
        train=train,
        validation=validation,
        test=test,
        resampled=None if np.isnan(resampled.positives) else resampled,
        scores=summarise_scores(run, means, deviations, intervals.scores),
        interval_over=intervals.over,
        roc_auc_both=intervals.roc_auc_both,
        chosen_settings=Counter(row.tuning.setting for row in rows if row.tuning and row.tuning.setting),
    )


def summarise_scores(
    run: Run, means: Numbers, deviations: Numbers, intervals: Mapping[str, Interval]
) -> dict[str, ScoreSummary]:
    """Return the summary of each score by its column in table.csv: mean, deviation, interval, published value.

    The interval of a score that is not compared is NaN, and so is a value that the 2023 study did not publish.

    Args:
        run: One of the runs that are summarised, for the published value.
        means: The mean of each score, and of other columns, which are ignored.
        deviations: The standard deviation of each score.
        intervals: The interval of each compared score.
    """
    published = published_scores(run)
    summaries = {}
    for column, deviation in deviations.items():
        _, low, high = intervals.get(str(column), NONE)
        summaries[str(column)] = ScoreSummary(means[column], deviation, low, high, published.get(str(column), np.nan))
    return summaries


def tabulate_rows(rows: Sequence[Row], further: Sequence[ComparedScore] = ()) -> pd.DataFrame:
    """Return a table with a line for each row (the result of a run): the columns to group by and those to summarise.

    A value that a row lacks is NaN.

    Args:
        rows: The finished runs.
        further: Scores to summarise that are none of `SUMMARISED`.
    """
    no_threshold = (np.nan,) * len(THRESHOLDS)
    thresholds = np.array([row.threshold or no_threshold for row in rows]).reshape(-1, len(THRESHOLDS))
    counts = {part: np.array([getattr(row.counts, part) for row in rows]) for part in PARTS}
    resampled = np.array([row.counts.resampled or (np.nan, np.nan) for row in rows])
    return pd.DataFrame({
        "dataset": [row.run.dataset for row in rows],
        "level": [row.run.level for row in rows],
        "loss": [row.run.method.learned for row in rows],
        "negative": [row.classes[0] for row in rows],
        "positive": [row.run.positive for row in rows],
        **{entry: [read(row.run) for row in rows] for entry, read in RUN_ENTRIES.items()},
        **{f"{part}_{kind}": counts[part][:, place] for part, (place, kind) in product(PARTS, enumerate(KINDS))},
        **{name: resampled[:, place] for place, name in enumerate(RESAMPLED)},
        **{name: to_array(row.scores["test"].get(name) for row in rows) for name in (*CONFUSION, *SCORES, "cost")},
        **{f"tuned_{name}": to_array(row.tuned.scores.get(name) for row in rows) for name in AT_TUNED},
        **{f"tuned_{name}": thresholds[:, place] for place, name in enumerate(THRESHOLDS)},
        **{score.column: to_array(map(score.value_in, rows)) for score in further},
        "failed": [row.failure is not None for row in rows],
        "epochs": to_array(row.computed.epochs for row in rows),
        "threshold_for": [str(row.run.method.decision.rule) for row in rows],
        "calibration": [row.run.method.decision.calibration for row in rows],
        "tuned_lr": [
            row.tuning.setting.to_dict().get("lr") if row.tuning and row.tuning.setting else None for row in rows
        ],
    })  # fmt: skip


def to_array(scores: Iterable[float | None]) -> NDArray[np.float64]:
    """Return scores (n,) as a float64 array, with NaN for undefined ones (None)."""
    return np.array(list(scores), dtype=np.float64)


Line = TypeVar("Line", bound=ScoreLine)


def group_by_cell(lines: Iterable[Line]) -> list[list[Line]]:
    """Group the lines by cell (a setting at a level), in the order of the lines."""
    groups: dict[CellKey, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.cell, []).append(line)
    return list(groups.values())


def has_published(lines: Iterable[ScoreLine], compared: ComparedScore) -> bool:
    """Say whether any of the lines has a value of the score that the 2023 study published.

    Raises:
        KeyError: The lines lack the score.
    """
    return any(not np.isnan(line.scores[compared.column].published) for line in lines)


def best_mean(lines: Sequence[ScoreLine], compared: ComparedScore) -> float:
    """Return the best mean score of the lines: the lowest for costs, otherwise the highest; NaN if all are NaN.

    Raises:
        KeyError: The lines lack the score.
    """
    means = [line.scores[compared.column].mean for line in lines]
    finite = [mean for mean in means if not np.isnan(mean)]
    return (min if compared.lower else max)(finite, default=np.nan)
