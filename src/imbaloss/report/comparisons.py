"""Comparisons of all pairs of methods by each score, made from cells."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.report.cells import EVERYWHERE, Cell
from imbaloss.report.intervals import NONE, Scored
from imbaloss.report.row_names import CellKey
from imbaloss.statistics import ALPHA, Comparison, Interval, Verdict, compare, signed_rank_probabilities

SAMPLES = 10_000  # draws from the posterior of a pair


class Outcomes(NamedTuple):
    """The probabilities that each outcome is the most likely one on a new data set; NaN if they are unknown."""

    worse: float  # the first method is worse by more than the margin
    same: float  # the difference lies within the margin
    better: float  # the first method is better by more than the margin

    @property
    def turned(self) -> "Outcomes":
        """The probabilities from the view of the second method: worse and better are swapped."""
        return Outcomes(self.better, self.same, self.worse)


UNKNOWN = Outcomes(np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class CellComparison:
    """The comparison of two methods by one score, in one cell or over all cells.

    The difference is above 0 if the first method is better. For costs it is what the first method saves.
    """

    score: str  # label of the score
    setting: str
    level: float  # NaN for all cells
    margin: float  # largest difference that does not matter; for costs a share of the best constant decision's cost
    comparison: Comparison
    interval: Interval  # of the difference; its ends are cut off at the largest difference that is possible
    on_new_dataset: Outcomes = UNKNOWN  # known for all cells of several data sets
    both: Interval = NONE  # of the difference for other seeds and other test samples; for ROC-AUC in single cells
    lower: bool = False  # lower scores are better

    @property
    def first(self) -> str:
        """The name of the first method."""
        return self.comparison.first

    @property
    def second(self) -> str:
        """The name of the second method, which is subtracted."""
        return self.comparison.second

    @property
    def pairs(self) -> int:
        """The number of repetitions (seeds or folds) in which both methods have a score."""
        return self.comparison.pairs

    @property
    def verdict(self) -> Verdict:
        """Whether the first method is better than the second, worse or equivalent, or whether this is undecided."""
        return self.comparison.verdict

    @property
    def turned(self) -> "CellComparison":
        """A copy with the methods swapped: differences change their sign, better becomes worse."""
        return replace(
            self,
            comparison=self.comparison.turned,
            interval=self.interval.turned,
            on_new_dataset=self.on_new_dataset.turned,
            both=self.both.turned,
        )


def compare_cells(
    scored: Scored, margin: float, *, alpha: float = ALPHA, alphas: Mapping[str, float] = MappingProxyType({})
) -> list[CellComparison]:
    """Compare all pairs of methods by each score, in each cell (a setting at a level) and over all cells.

    All pairs of one cell and score are tested together. For costs, differences change their sign, so that above 0
    always means that the first method is better.

    Args:
        scored: The cells of each compared score.
        margin: The largest difference that does not matter, in the unit of each cell: 1, or for costs the cost of the
            best constant decision.
        alpha: The error allowed in one cell.
        alphas: A smaller error for the pairs of some methods, by method.

    Returns:
        One comparison for each score, cell and pair. A pair without common repetitions has NaN as its difference.
    """
    comparisons = []
    for compared, cells in scored.items():
        means = average_by_dataset(cells)
        for cell in cells:
            sign, within = -1 if compared.lower else 1, margin * cell.unit
            scores = {method: sign * values for method, values in cell.scores.items()}
            farthest = cell.largest_difference
            for comparison in compare(
                scores, margin=within, alpha=alpha, alphas=alphas, test_to_train=cell.test_to_train
            ):
                mean, *ends = comparison.difference
                interval = Interval(mean, *np.clip(ends, -farthest, farthest).tolist())
                outcomes = UNKNOWN
                if cell.setting == EVERYWHERE:
                    differences = means.differences(comparison.first, comparison.second)
                    outcomes = estimate_outcomes(sign * differences, within)
                comparisons.append(
                    CellComparison(
                        score=compared.label,
                        setting=cell.setting,
                        level=cell.level,
                        margin=within,
                        comparison=comparison,
                        interval=interval,
                        on_new_dataset=outcomes,
                        lower=compared.lower,
                    )
                )
    return comparisons


def estimate_outcomes(differences: np.ndarray, margin: float) -> Outcomes:
    """Return the probabilities that the first method is worse, alike or better on a new data set.

    They come from the Bayesian signed-rank test with a fixed random seed. They are NaN (`UNKNOWN`) for fewer than two
    data sets.

    Args:
        differences: (data sets,), the first method's mean minus the second's; above 0 if the first is better.
        margin: The largest difference that does not matter.
    """
    if len(differences) < 2:
        return UNKNOWN
    return Outcomes(*signed_rank_probabilities(differences, margin, np.random.default_rng(0), SAMPLES))


@dataclass(frozen=True, eq=False)
class DatasetMeans:
    """The mean score of each method on each data set, over settings and levels."""

    datasets: Sequence[str]
    methods: Sequence[str]
    values: NDArray[np.float64]  # (data sets, methods); NaN if a cell of the data set lacks the method's score

    def differences(self, first: str, second: str) -> NDArray[np.float64]:
        """Return the mean of the first method minus that of the second, (data sets,).

        Data sets that lack the mean of one of them are left out.

        Raises:
            ValueError: A name is not among the methods.
        """
        gains = self.values[:, self.methods.index(first)] - self.values[:, self.methods.index(second)]
        return gains[~np.isnan(gains)]


def average_by_dataset(cells: Sequence[Cell]) -> DatasetMeans:
    """Average the means of each method over the cells of each data set. A cell is a setting at a level.

    The cell for all cells is ignored, and so are cells in which no method has a score. A mean is NaN if one of the data
    set's other cells lacks the method's score.
    """
    single = [cell for cell in cells if cell.setting != EVERYWHERE]
    means = [{method: cell.interval(method).estimate for method in cell.scores} for cell in single]
    frame = pd.DataFrame(means, index=[cell.dataset for cell in single], dtype=float).dropna(how="all")
    groups = frame.groupby(level=0, sort=False)
    complete = groups.mean().where(groups.count().eq(groups.size(), axis=0))  # NaN if a cell lacks the method
    return DatasetMeans(complete.index.tolist(), complete.columns.tolist(), complete.to_numpy())


def select_overall(lines: Sequence[CellComparison]) -> list[CellComparison]:
    """Keep the comparisons over all cells (settings at a level), or those in the only cell.

    The result is empty if there are several cells without a comparison over all of them.
    """
    single = len({CellKey(line.setting, line.level) for line in lines}) == 1
    return [line for line in lines if single or line.setting == EVERYWHERE]


def select_repeated(lines: Sequence[CellComparison]) -> list[CellComparison]:
    """Keep the comparisons with at least two repetitions (seeds or folds) in which both methods have a score."""
    return [line for line in lines if line.pairs > 1]


def group_by_score(lines: Sequence[CellComparison]) -> dict[str, list[CellComparison]]:
    """Group comparisons by the label of their score, such as "ROC-AUC", in the order of the lines."""
    groups: dict[str, list[CellComparison]] = {}
    for line in lines:
        groups.setdefault(line.score, []).append(line)
    return groups


def select_of_method(lines: Sequence[CellComparison], method: str) -> list[CellComparison]:
    """Keep the comparisons in which a method takes part, each swapped if needed so that the method is the first.

    The result is empty for an unknown name.
    """
    return [line if line.first == method else line.turned for line in lines if method in {line.first, line.second}]


def find_best_method(lines: Sequence[CellComparison]) -> str:
    """Return the name of the method with the largest sum of mean differences to the others.

    Of equal ones it is the first by name. For costs, a difference is what a method saves.

    Args:
        lines: The comparisons of all pairs by one score, in one cell or several; at least one.
    """
    gains = pd.DataFrame([(line.first, line.second, line.interval.estimate) for line in lines])
    first, second = (gains.groupby(place)[2].sum() for place in (0, 1))
    return str(first.sub(second, fill_value=0).idxmax())


def tabulate_comparisons(lines: Sequence[CellComparison]) -> pd.DataFrame:
    """Return the comparisons as the table of comparisons.csv, one line each; empty for no comparisons.

    The columns are names, differences with their ends, p-values, verdicts and probabilities, as `flatten` names them.
    """
    return pd.DataFrame([flatten(line) for line in lines])


def flatten(line: CellComparison) -> dict[str, object]:
    """Return a comparison as a line of comparisons.csv: a dict from column to value.

    The columns are score, setting, level and margin; the methods, the difference with the ends of its 95 % interval,
    p-values and verdict (fields of `Comparison`); the probabilities for a new data set; and the ends of the interval
    for other seeds and other test samples.
    """
    entries = asdict(line.comparison) | {"verdict": line.verdict.value}
    del entries["difference"]
    methods = {name: entries.pop(name) for name in ("first", "second", "pairs")}
    return {
        **{"score": line.score, "setting": line.setting, "level": line.level, "margin": line.margin},
        **methods,
        **dict(zip(("difference", "low", "high"), line.interval, strict=True)),
        **entries,
        **{f"probability_{name}": probability for name, probability in line.on_new_dataset._asdict().items()},
        **{"both_low": line.both.low, "both_high": line.both.high},
    }
