"""The facts that the sentences of an answer are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from imbaloss.comparison.column_importance import ColumnImportance
from imbaloss.comparison.race_schedule import Drop
from imbaloss.comparison.recommendation import choose_method, compute_mean, find_most_scored
from imbaloss.evaluation import CONFUSION
from imbaloss.evaluation.objective import find_chance_level
from imbaloss.learners import Method
from imbaloss.report import Findings
from imbaloss.report.cells import COST, Cell, ComparedScore, constant_costs
from imbaloss.report.comparisons import CellComparison
from imbaloss.report.lines import CellLine
from imbaloss.statistics import Interval, Ruling
from imbaloss.studies import ReportableStudy, Row


@dataclass(frozen=True, eq=False)
class Case:
    """The facts that the sentences are made of."""

    findings: Findings
    methods: Sequence[Method]  # that the study compares, in the order of preference
    sought: str  # the positive class in words, such as churned = yes
    score: ComparedScore  # the score by which a method is recommended
    cell: Cell  # the values of that score in each repetition
    best: Method  # the recommended method
    repetitions: Mapping[Method, int]  # the number in which each method has a score
    comparisons: Mapping[Method, CellComparison]  # of the best method with each other method that has repetitions
    drops: Mapping[Method, Drop]  # the methods that a race dropped
    rulings: Mapping[Method, Ruling]  # whether each other method may be the best; empty for one repetition
    reached: Interval  # what the choice of a method reaches on new data, estimated; NaN ends for one repetition
    final: Row | None  # the training on all rows; None before it is finished
    cost: str = ""  # what outcomes cost in each row, as the request names it; empty without such costs
    importance: Sequence[ColumnImportance] = ()  # of each column, the most important first; empty if not measured
    copies: int = 0  # test rows of the first division that also occur in train or validation

    @property
    def study(self) -> ReportableStudy:
        """The study that the findings are of: its methods, folds and nouns."""
        return self.findings.study

    @property
    def repetition(self) -> str:
        """The noun for one repetition of the study: "repetition" with folds, else "seed"."""
        return "repetition" if self.study.folds else "seed"

    @property
    def sample(self) -> str:
        """The noun for one sample with its article: "a row" or "an image"."""
        noun = self.study.noun.removesuffix("s")
        return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"

    @property
    def scores(self) -> dict[Method, NDArray[np.float64]]:
        """The deciding score of each method in each repetition, (J,), NaN if it is missing; in order of preference."""
        return {method: self.cell.scores[str(method)] for method in self.methods if str(method) in self.cell.scores}

    @property
    def kept_scores(self) -> dict[Method, NDArray[np.float64]]:
        """The scores of the methods that are not dropped, as `scores` has them."""
        return {method: values for method, values in self.scores.items() if method not in self.drops}

    def is_ruled_out(self, method: Method) -> bool:
        """Say whether a method is ruled out as the best, by a race or at the end; false if that is unknown."""
        return method in self.drops or (method in self.rulings and self.rulings[method].is_ruled_out)

    @property
    def first_choice(self) -> Method:
        """The method that is recommended unless another one is clearly ahead of it."""
        return find_most_scored(self.kept_scores)[0]

    @property
    def leader(self) -> Method:
        """The method with the best mean score; the recommended one if its mean is equal to that."""
        best_first = {self.best: self.scores[self.best]} | self.kept_scores
        best_mean = choose_method(best_first, test_to_train=None, lower=self.score.lower, standard_errors=0.0)
        return best_mean or self.best

    @property
    def chance_level(self) -> float:
        """The score of a model that knows nothing: the share of positives, ½ or 0."""
        tn, fp, fn, tp = (self.line.scores[count].mean for count in CONFUSION)  # sums of weights if rows have them
        return find_chance_level(self.score.score, (tp + fn) / (tn + fp + fn + tp))

    @property
    def finds_nothing(self) -> bool:
        """Whether no method has a mean score above that of a model that knows nothing; never for the Brier score.

        For costs it is whether no method costs less than the best constant decision.
        """
        mean = self.mean_of(self.leader)
        if self.score.score == COST.score:
            return mean >= min(self.constant_costs)
        return not self.score.lower and mean <= self.chance_level

    @property
    def constant_costs(self) -> tuple[float, float]:
        """The mean costs of flagging no sample and of flagging all, over the test parts of the best method.

        Raises:
            KeyError: The rule names no costs.
        """
        none, every = np.nanmean([constant_costs(row) for row in self.best_rows], axis=0).tolist()
        return none, every

    @property
    def possible_best(self) -> list[Method]:
        """The methods that may be the best, in the order of preference; empty for one repetition."""
        return [method for method in self.rulings if not self.is_ruled_out(method)]

    @property
    def compared(self) -> int:
        """The number of methods that may be the best or are ruled out, also by a race."""
        return len(self.rulings) + len(self.drops)

    @property
    def pairs(self) -> int:
        """The number of pairs of methods, for which verdicts are corrected."""
        return comb(len(self.cell.scores), 2)

    def mean_of(self, method: Method) -> float:
        """Return the mean score of a method that has a score in at least one repetition."""
        return compute_mean(self.scores[method])

    @property
    def best_rows(self) -> list[Row]:
        """The rows (results) of the best method in the repetitions, also of trainings that failed."""
        return [row for row in self.findings.rows if row.run.method == self.best]

    @property
    def total(self) -> int:
        """The number of repetitions that were run."""
        return self.cell.repetitions

    @property
    def interval(self) -> Interval:
        """The mean score of the best method with the ends of its 95 % interval, which are NaN for one repetition."""
        return self.cell.interval(str(self.best))

    @property
    def line(self) -> CellLine:
        """The line of the table of the report that is about the best method, with means over the repetitions."""
        return next(line for line in self.findings.lines if line.method == str(self.best))
