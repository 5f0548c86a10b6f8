"""Objectives: the score that is optimised, as average_precision or recall_at_precision:precision=0.8."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from imbaloss import spec_text
from imbaloss.evaluation import rankings
from imbaloss.evaluation.confusion import ConfusionCounts
from imbaloss.evaluation.guarantees import Guarantee
from imbaloss.evaluation.sample_costs import ExpectedCost, average_constant_costs, find_least_cost, take_costs
from imbaloss.evaluation.scores import CONFUSION_SCORES, explain_undefined, probability_formulas
from imbaloss.evaluation.thresholds import Rule, choose_threshold, read_formula

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
AnyRule = Rule | ExpectedCost | Guarantee  # how samples with probabilities are decided
COST, SAVINGS, BRIER = "cost", "savings", "brier"
RANKINGS: dict[str, Callable[..., float]] = {  # scores of a ranking, from false and true positives at its thresholds
    "average_precision": rankings.average_precision_of,
    "roc_auc": rankings.roc_auc_of,
    "partial_roc_auc": rankings.partial_roc_auc_of,
    "recall_at_precision": rankings.recall_at_precision_of,
    "precision_at_share": rankings.precision_at_share_of,
}
RULED = ("f1", "balanced_accuracy")  # scores at the threshold that a rule of the same name chooses
OF_COSTS = (COST, SAVINGS)  # scores at the threshold of costs
OBJECTIVES = (
    *("average_precision", "roc_auc", "partial_roc_auc", "f1", "balanced_accuracy", COST, SAVINGS),
    *("recall_at_precision", "precision_at_share", BRIER),
)


@dataclass(frozen=True)
class Objective:
    """The score that chooses settings and methods: its name, and all of its parameters."""

    name: str
    parameters: Mapping[str, float] = field(default_factory=dict, hash=False)

    @classmethod
    def parse(cls, text: str) -> "Objective":
        """Read a score from its text, such as `f1` or `partial_roc_auc:max_fpr=0.2`.

        Parameters that the text lacks get their defaults.

        Raises:
            ValueError: The score or a parameter is unknown, or a value is not above 0 and at most 1.
        """
        return cls(*read_formula("score to optimize", text, OBJECTIVES, RANKINGS))

    def __str__(self) -> str:
        """Write the score as `parse` reads it, without the parameters at their default."""
        return spec_text.write_spec(self.name, self.parameters, find_defaults(self.name))

    @property
    def needs_costs(self) -> bool:
        """Whether the score is made of costs: the mean cost, or the savings."""
        return self.name in OF_COSTS

    @property
    def needs_threshold(self) -> bool:
        """Whether the score is one of decisions at a chosen threshold."""
        return self.needs_costs or self.name in RULED

    @property
    def rule(self) -> Rule | None:
        """The threshold rule that goes with the score, unless another one is named; None if it implies no threshold."""
        if self.name == "precision_at_share":
            return Rule("top_share", self.parameters)
        return Rule(self.name, self.parameters) if self.name in {*RULED, "recall_at_precision"} else None

    def compute(self, labels: Labels, probabilities: Floats, weights: Floats | None = None) -> float | None:
        """Compute a score that needs no threshold; None if it is undefined, as without positives.

        Args:
            labels: (N,), 0 or 1.
            probabilities: (N,), of class 1.
            weights: (N,), of the samples, > 0; None for equal ones.

        Raises:
            KeyError: The score is one at a threshold.
        """
        formulas = probability_formulas()
        needs = self.name if self.name in formulas else "roc_auc"
        if explain_undefined(needs, labels, labels) is not None:
            return None
        if self.name in formulas:
            return float(formulas[self.name](labels, probabilities, sample_weight=weights))
        return partial(RANKINGS[self.name], **self.parameters)(*rankings.count_ranking(labels, probabilities, weights))

    def compute_decided(
        self,
        rule: AnyRule,
        labels: Labels,
        flagged: NDArray[np.bool_],
        weights: Floats | None = None,
        costs: Floats | None = None,
    ) -> float | None:
        """Compute a score of decisions: F1, balanced accuracy, the mean cost, or the savings. None if it is undefined.

        Args:
            rule: The rule of the decision, which has the costs for a score that is made of costs.
            labels: (N,), 0 or 1; N is at least 1.
            flagged: (N,), whether each sample is predicted positive.
            weights: (N,), of the samples, > 0; None for equal ones.
            costs: (N, 4), of the samples, for the rule "expected_cost".

        Raises:
            KeyError: The score needs no threshold.
            ValueError: The rule is "expected_cost", the score is made of costs, and there are none.
        """
        numbers = np.bincount(2 * labels + flagged, weights, minlength=4).astype(np.float64)
        counts = ConfusionCounts(*(np.array(number) for number in numbers))
        if not self.needs_costs:
            is_undefined = explain_undefined(self.name, labels, flagged.astype(np.int64)) is not None
            return None if is_undefined else float(CONFUSION_SCORES[self.name](counts))
        if isinstance(rule, Rule):
            cost = float(rule.score(counts))
        else:
            cost = float(np.average(take_costs(labels, flagged, require_costs(costs)), weights=weights))
        if self.name == COST:
            return cost
        constant = min(average_constants(rule, labels, costs, weights))
        return 1 - cost / constant if constant else None

    def compute_best(
        self,
        rule: AnyRule,
        labels: Labels,
        probabilities: Floats,
        weights: Floats | None = None,
        costs: Floats | None = None,
    ) -> float | None:
        """Compute the score by which candidates are compared on validation; higher is better, so a cost is negative.

        A score at a threshold is that at the best threshold for these samples. None if it is undefined, as savings are
        where a constant decision costs nothing.

        Args:
            rule: The rule of the decision, which has the costs for a score that is made of costs.
            labels: (N,), 0 or 1.
            probabilities: (N,), of class 1.
            weights: (N,), of the samples, > 0; None for equal ones.
            costs: (N, 4), of the samples, for the rule "expected_cost".

        Raises:
            ValueError: The rule is "expected_cost", the score is made of costs, and there are none.
        """
        if not self.needs_threshold:
            score = self.compute(labels, probabilities, weights)
            return -score if score is not None and self.name == BRIER else score
        if self.needs_costs and isinstance(rule, ExpectedCost):
            best = -find_least_cost(labels, probabilities, require_costs(costs), weights)
        else:
            of_threshold = rule if self.needs_costs and isinstance(rule, Rule) else Rule(self.name)
            try:
                best = choose_threshold(of_threshold, labels, probabilities, weights, resamples=0).value
            except ValueError:
                return None
        if self.name != SAVINGS:
            return best
        constant = min(average_constants(rule, labels, costs, weights))
        return 1 + best / constant if constant else None


def find_chance_level(name: str, share: float) -> float:
    """Return the score of a ranking that knows nothing: the share of positives, ½, or 0 for all other scores.

    Args:
        name: The name of the score.
        share: The share of positives, from 0 to 1.
    """
    if name in {"average_precision", "precision_at_share"}:
        return share
    return 0.5 if name in {"roc_auc", "partial_roc_auc", "balanced_accuracy"} else 0.0


def find_defaults(name: str) -> Mapping[str, spec_text.Parameter]:
    """Return the parameters of a score with their defaults; none for one without parameters."""
    return spec_text.read_keyword_defaults(RANKINGS[name]) if name in RANKINGS else {}


def average_constants(
    rule: AnyRule, labels: Labels, costs: Floats | None = None, weights: Floats | None = None
) -> tuple[float, float]:
    """Return the mean costs of flagging no sample and of flagging all samples.

    Args:
        rule: The rule "cost" with its costs, or "expected_cost".
        labels: (N,), 0 or 1.
        costs: (N, 4), of the samples, for the rule "expected_cost".
        weights: (N,), of the samples; None for equal ones.

    Raises:
        ValueError: The rule is "expected_cost" and there are no costs.
    """
    if isinstance(rule, ExpectedCost):
        return average_constant_costs(labels, require_costs(costs), weights)
    positives = float(np.average(labels, weights=weights))
    return rule.parameters["fn"] * positives, rule.parameters["fp"] * (1 - positives)


def require_costs(costs: Floats | None) -> Floats:
    """Return the costs of samples; raise ValueError if there are none."""
    if costs is None:
        raise ValueError("the rule expected_cost needs the costs of each row: give them by --cost")
    return costs
