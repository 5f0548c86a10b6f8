"""Rows -> the lines of the table: what the trainings of each method in each cell came to."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss import studies
from imbaloss.evaluation import CONFUSION, DECISION_SCORES, RULES_ALONE, SCORES
from imbaloss.report.cells import Compared
from imbaloss.report.intervals import NONE, MethodInCell, MethodIntervals
from imbaloss.report.naming import OTHERS, CellKey, Name
from imbaloss.report.published import published_scores
from imbaloss.statistics import Interval
from imbaloss.studies import THRESHOLDS, Row, Run

ALIKE = [  # columns in which the trainings of a line are alike
    *("dataset", "level", "loss", "protocol", "negative", "positive", "sampler", "network", "recipe", "split"),
    *("threshold_for", "calibration"),
]
PARTS = ("train", "validation", "test")
KINDS = ("negatives", "positives")
COUNTED = [f"{part}_{kind}" for part in PARTS for kind in KINDS]
RESAMPLED = [f"resampled_{kind}" for kind in KINDS]
TUNED = tuple(f"tuned_{name}" for name in ("f1", *THRESHOLDS, *(name for name in DECISION_SCORES if name != "f1")))
AT_TUNED = (*DECISION_SCORES, *RULES_ALONE)  # scores at the tuned threshold
COSTS = ("cost", "tuned_cost")  # where the threshold's rule names costs
OF_RULE = (*COSTS, *(f"tuned_{rule}" for rule in RULES_ALONE if rule != "cost"))
Numbers = Mapping[Hashable, float]  # by column
SUMMARISED = (*SCORES, *CONFUSION, *TUNED, *OF_RULE)  # by mean and deviation


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

    cell: CellKey
    method: str  # what a reader calls it
    run: Run  # the first; the others differ in seed, fold and learning rate alone
    negative: str  # class
    trainings: int  # that succeeded
    failed: int
    epochs: float  # that trainings took on average; NaN where none is known
    train: Counts
    validation: Counts
    test: Counts
    resampled: Counts | None  # None without a sampler
    scores: Mapping[str, ScoreSummary]  # by the column of the score
    interval_over: str | None  # what the intervals are over
    roc_auc_both: Interval  # of ROC-AUC for other seeds and other test samples
    chosen_rates: Mapping[float, int]  # how many trainings chose each learning rate; empty where none was chosen

    @property
    def setting(self) -> str:
        """The setting of the cell."""
        return self.cell.setting

    @property
    def level(self) -> float:
        """The level of the cell."""
        return self.cell.level


def summarise(
    rows: Sequence[Row], called: Sequence[Name], intervals: Mapping[MethodInCell, MethodIntervals]
) -> list[CellLine]:
    """Return a line for each method in each cell, in the order of the rows.

    Means and deviations (n - 1) are over the trainings that have a value, NaN where there are too few.

    Args:
        rows: The finished runs.
        called: The name of each row.
        intervals: The intervals of each method in each cell.
    """
    with studies.pause_garbage_collection():
        groups = tabulate_rows(rows).groupby(ALIKE, sort=False)
        means = groups[[*SUMMARISED, *COUNTED, *RESAMPLED, "epochs"]].mean().to_dict("records")
        deviations = groups[list(SUMMARISED)].std().to_dict("records")
        members: list[list[int]] = [[] for _ in means]
        for at, line in enumerate(groups.ngroup()):
            members[line].append(at)
        lines = []
        for places, mean, deviation in zip(members, means, deviations, strict=True):
            name, some = called[places[0]], [rows[at] for at in places]
            key = MethodInCell(CellKey(name.setting, some[0].run.level), name.method)
            lines.append(make_line(some, key, mean, deviation, intervals[key]))
        return lines


def make_line(
    rows: Sequence[Row], key: MethodInCell, means: Numbers, deviations: Numbers, intervals: MethodIntervals
) -> CellLine:
    """Make the line of a method in a cell from its rows, their means and deviations by column, and its intervals."""
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
        chosen_rates=Counter(row.tuning.lr for row in rows if row.tuning and row.tuning.lr is not None),
    )


def summarise_scores(
    run: Run, means: Numbers, deviations: Numbers, intervals: Mapping[str, Interval]
) -> dict[str, ScoreSummary]:
    """Return the summary of each score by its column. A score that is not compared has no interval.

    Args:
        run: One of the runs that are summarised.
        means: The mean of each score.
        deviations: The deviation of each score.
        intervals: The interval of each score that is compared.
    """
    published = published_scores(run)
    summaries = {}
    for column in SUMMARISED:
        _, low, high = intervals.get(column, NONE)
        theirs = published.get(column, np.nan)
        summaries[column] = ScoreSummary(means[column], deviations[column], low, high, theirs)
    return summaries


def tabulate_rows(rows: Sequence[Row]) -> pd.DataFrame:
    """Return a table with a line a row: what the lines of cells are grouped by, and what is summarised.

    A value that a row lacks is NaN.
    """
    nothing = (np.nan,) * len(THRESHOLDS)
    thresholds = np.array([row.threshold or nothing for row in rows]).reshape(-1, len(THRESHOLDS))
    counts = {part: np.array([getattr(row.counts, part) for row in rows]) for part in PARTS}
    resampled = np.array([row.counts.resampled or (np.nan, np.nan) for row in rows])
    return pd.DataFrame({
        "dataset": [row.run.dataset for row in rows],
        "level": [row.run.level for row in rows],
        "loss": [row.run.method.learned for row in rows],
        "negative": [row.classes[0] for row in rows],
        "positive": [row.run.positive for row in rows],
        **{key: [told(row.run) for row in rows] for key, told in OTHERS.items()},
        **{f"{part}_{kind}": counts[part][:, place] for part, (place, kind) in product(PARTS, enumerate(KINDS))},
        **{name: resampled[:, place] for place, name in enumerate(RESAMPLED)},
        **{name: in_floats(row.scores["test"].get(name) for row in rows) for name in (*CONFUSION, *SCORES, "cost")},
        **{f"tuned_{name}": in_floats(row.tuned.scores.get(name) for row in rows) for name in AT_TUNED},
        **{f"tuned_{name}": thresholds[:, place] for place, name in enumerate(THRESHOLDS)},
        "failed": [row.failure is not None for row in rows],
        "epochs": in_floats(row.computed.epochs for row in rows),
        "threshold_for": [str(row.run.method.decision.rule) for row in rows],
        "calibration": [row.run.method.decision.calibration for row in rows],
        "tuned_lr": [row.tuning.lr if row.tuning else None for row in rows],
    })  # fmt: skip


def in_floats(scores: Iterable[float | None]) -> NDArray[np.float64]:
    """Return scores as an array, NaN where one is undefined."""
    return np.array(list(scores), dtype=np.float64)


def group_by_cell(lines: Iterable[CellLine]) -> list[list[CellLine]]:
    """Group the lines by cell, in the order of the lines."""
    groups: dict[CellKey, list[CellLine]] = {}
    for line in lines:
        groups.setdefault(line.cell, []).append(line)
    return list(groups.values())


def has_published(lines: Iterable[CellLine], compared: Compared) -> bool:
    """Say whether a value of the score is published in any of the lines."""
    return any(not np.isnan(line.scores[compared.column].published) for line in lines)


def best_mean(lines: Sequence[CellLine], compared: Compared) -> float:
    """Return the best mean of the lines; NaN where none is known."""
    means = [line.scores[compared.column].mean for line in lines]
    known = [mean for mean in means if not np.isnan(mean)]
    return (min if compared.lower else max)(known, default=np.nan)
