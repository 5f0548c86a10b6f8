"""Cells -> comparisons of all pairs of methods by each score."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.report.cells import EVERYWHERE, Cell
from imbaloss.report.intervals import NONE, Scored
from imbaloss.report.naming import CellKey
from imbaloss.statistics import Comparison, Interval, Verdict, compare, signed_rank_probabilities

SAMPLES = 10_000  # of the posterior, for a pair


class Outcomes(NamedTuple):
    """Probabilities that an outcome is the most likely one on a new data set; NaN where they are unknown."""

    worse: float  # the first method, by more than the margin
    same: float
    better: float

    @property
    def turned(self) -> "Outcomes":
        """The probabilities for the second method."""
        return Outcomes(self.better, self.same, self.worse)


UNKNOWN = Outcomes(np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class CellComparison:
    """Two methods compared by one score in one cell, or over all cells.

    The difference is above 0 where the first method is better: of costs it is what the first saves.
    """

    score: str  # its label
    setting: str
    level: float  # NaN over all cells
    margin: float  # differences within it do not matter; of costs a share of what the best constant decision costs
    comparison: Comparison
    interval: Interval  # the difference, with ends that differences of the score can reach
    on_new_dataset: Outcomes = UNKNOWN  # known over all cells of several data sets
    both: Interval = NONE  # the difference for other seeds and other test samples; of ROC-AUC in single cells

    @property
    def first(self) -> str:
        return self.comparison.first

    @property
    def second(self) -> str:
        return self.comparison.second

    @property
    def pairs(self) -> int:
        return self.comparison.pairs

    @property
    def verdict(self) -> Verdict:
        return self.comparison.verdict

    @property
    def turned(self) -> "CellComparison":
        """The same comparison with the second method as the first."""
        return replace(
            self,
            comparison=self.comparison.turned,
            interval=self.interval.turned,
            on_new_dataset=self.on_new_dataset.turned,
            both=self.both.turned,
        )


def compare_cells(scored: Scored, margin: float) -> list[CellComparison]:
    """Compare all pairs of methods by each score, in each cell and over all.

    Holm's adjustment is over the pairs of one cell and score.
    """
    found = []
    for compared, cells in scored.items():
        means = average_by_dataset(cells)
        for cell in cells:
            sign, within = -1 if compared.lower else 1, margin * cell.unit
            scores = {method: sign * values for method, values in cell.scores.items()}
            farthest = np.inf if cell.lower else 1.0  # of scores in [0, 1]
            for one in compare(scores, margin=within, test_to_train=cell.test_to_train):
                mean, *ends = one.difference
                interval = Interval(mean, *np.clip(ends, -farthest, farthest).tolist())
                new = UNKNOWN
                if cell.setting == EVERYWHERE:
                    new = estimate_outcomes(sign * means.differences(one.first, one.second), within)
                found.append(
                    CellComparison(
                        score=compared.label,
                        setting=cell.setting,
                        level=cell.level,
                        margin=within,
                        comparison=one,
                        interval=interval,
                        on_new_dataset=new,
                    )
                )
    return found


def estimate_outcomes(differences: np.ndarray, margin: float) -> Outcomes:
    """Return the probabilities for a new data set; UNKNOWN where differences on fewer than two are known.

    differences (data sets,): of the means of two methods.
    """
    if len(differences) < 2:
        return UNKNOWN
    return Outcomes(*signed_rank_probabilities(differences, margin, np.random.default_rng(0), SAMPLES))


@dataclass(frozen=True, eq=False)
class DatasetMeans:
    """The mean score of each method on each data set, over settings and levels."""

    datasets: Sequence[str]
    methods: Sequence[str]
    values: NDArray[np.float64]  # (data sets, methods), NaN where a data set lacks the method in some cell

    def differences(self, first: str, second: str) -> NDArray[np.float64]:
        """Return the mean of the first method less that of the second, on the data sets that have both."""
        gains = self.values[:, self.methods.index(first)] - self.values[:, self.methods.index(second)]
        return gains[~np.isnan(gains)]


def average_by_dataset(cells: Sequence[Cell]) -> DatasetMeans:
    """Average the means of the cells of each data set. A cell in which no method has a score does not count."""
    single = [cell for cell in cells if cell.setting != EVERYWHERE]
    means = [{method: cell.interval(method).estimate for method in cell.scores} for cell in single]
    found = pd.DataFrame(means, index=[cell.dataset for cell in single], dtype=float).dropna(how="all")
    groups = found.groupby(level=0, sort=False)
    known = groups.mean().where(groups.count().eq(groups.size(), axis=0))  # not over some of its cells alone
    return DatasetMeans(known.index.tolist(), known.columns.tolist(), known.to_numpy())


def select_overall(lines: Sequence[CellComparison]) -> list[CellComparison]:
    """Keep those over all cells together, or in the only one; none where there are several that have no mean."""
    single = len({CellKey(one.setting, one.level) for one in lines}) == 1
    return [one for one in lines if single or one.setting == EVERYWHERE]


def select_repeated(lines: Sequence[CellComparison]) -> list[CellComparison]:
    """Keep those that have repetitions."""
    return [one for one in lines if one.pairs > 1]


def group_by_score(lines: Sequence[CellComparison]) -> dict[str, list[CellComparison]]:
    """Group by the label of the score, in the order of the lines."""
    groups: dict[str, list[CellComparison]] = {}
    for one in lines:
        groups.setdefault(one.score, []).append(one)
    return groups


def seen_from(lines: Sequence[CellComparison], method: str) -> list[CellComparison]:
    """Keep the comparisons of a method, each turned so that the method is the first."""
    return [one if one.first == method else one.turned for one in lines if method in {one.first, one.second}]


def best_of(lines: Sequence[CellComparison]) -> str:
    """Return the method with the largest sum of gains over the others; of equal ones the first by name.

    lines: all pairs of a score, in one cell or several.
    """
    gains = pd.DataFrame([(one.first, one.second, one.interval.estimate) for one in lines])
    first, second = (gains.groupby(place)[2].sum() for place in (0, 1))
    return str(first.sub(second, fill_value=0).idxmax())


def tabulate_comparisons(lines: Sequence[CellComparison]) -> pd.DataFrame:
    """Return the comparisons as a table to export, one line each: see `flatten`."""
    return pd.DataFrame([flatten(one) for one in lines])


def flatten(one: CellComparison) -> dict[str, object]:
    """Return what comparisons.csv has of a comparison, by column.

    Columns: score, setting, level, margin, then those of `Comparison`, the difference as its mean and the ends of its
    95 % interval; the probabilities for a new data set; the ends of the interval for other seeds and test samples.
    """
    entries = asdict(one.comparison) | {"verdict": one.verdict.value}
    del entries["difference"]
    methods = {name: entries.pop(name) for name in ("first", "second", "pairs")}
    return {
        **{"score": one.score, "setting": one.setting, "level": one.level, "margin": one.margin},
        **methods,
        **dict(zip(("difference", "low", "high"), one.interval, strict=True)),
        **entries,
        **{f"probability_{name}": probability for name, probability in one.on_new_dataset._asdict().items()},
        **{"both_low": one.both.low, "both_high": one.both.high},
    }
