"""The decisions that the classifier's parameters threshold, costs and prevalence ask for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbaloss.data import Samples
from imbaloss.evaluation import Rule, Tuned, choose_threshold, costs, priors
from imbaloss.evaluation.guarantees import is_guarantee
from imbaloss.learners import FittedModel
from imbaloss.training.recipe import require

Floats = NDArray[np.float64]
Metric = Callable[[NDArray[np.int64], NDArray[np.int64]], float]
EXPECTED_COST = "expected_cost"


@dataclass(frozen=True)
class DecisionRequest:
    """The way in which the classifier is asked to decide between the classes 0 to C - 1."""

    classes: int  # C
    threshold: float | Rule | Metric | None  # None: the expected cost decides
    costs: Floats | None  # (C, C); None if there are none
    shares: tuple[float, ...] | None  # shares of the classes in use, (C,); None: those of the samples

    @classmethod
    def read(cls, classes: int, threshold: Any, matrix: Any, prevalence: Any) -> "DecisionRequest":
        """Check the classifier's parameters threshold, costs and prevalence, and build the request for decisions.

        Args:
            classes: The number of classes.
            threshold: The parameter threshold.
            matrix: The parameter costs; None for none.
            prevalence: The parameter prevalence; None for none.

        Raises:
            ValueError: A value is not admitted, the threshold needs costs and there are none, or it is for two classes
                and there are more.
        """
        checked = None if matrix is None else costs.read_costs(matrix, classes)
        shares = None if prevalence is None else priors.read_prevalence(prevalence, classes)
        if isinstance(threshold, str) and threshold in {"cost", EXPECTED_COST}:
            rows = "a matrix with a row for each true class"
            require(checked is not None, f"threshold {threshold!r} takes costs, {rows}")
        if isinstance(threshold, str) and threshold == EXPECTED_COST:
            return cls(classes, None, checked, shares)
        read = read_threshold(threshold, checked)
        half = isinstance(read, float) and read == 0.5
        require(
            classes == 2 or half, f"a threshold is for two classes, and y has {classes}: take 0.5 or {EXPECTED_COST}"
        )
        return cls(classes, read, checked, shares)

    @property
    def chosen(self) -> bool:
        """Whether the threshold is chosen on samples, by a rule or a function, and is no fixed number."""
        return self.threshold is not None and not isinstance(self.threshold, float)

    @property
    def deciding_costs(self) -> Floats | None:
        """The costs (C, C) if they decide among more than two classes (threshold "expected_cost"), else None."""
        return self.costs if self.threshold is None and self.classes > 2 else None

    def fixed_threshold(self) -> float | None:
        """Return the threshold for two classes if it is a number or follows from the costs, else None.

        It is None if samples choose it, and for more than two classes.
        """
        if self.classes > 2:
            return None
        if self.threshold is None and self.costs is not None:
            return costs.costs_to_threshold(self.costs)
        return self.threshold if isinstance(self.threshold, float) else None

    def choose_threshold(self, model: FittedModel, validation: Samples) -> Tuned:
        """Choose the threshold that is best on samples that the model was not trained on.

        Return it with its interval and its score. Call it only if `chosen` is true. Samples are weighted to the shares
        of the classes in use, if there are any.

        Raises:
            ValueError: A class has no sample, or no threshold meets the rule.
        """
        assert isinstance(self.threshold, Rule) or callable(self.threshold)
        return choose_threshold(
            self.threshold, validation.labels, model.probabilities(validation.inputs), self.weigh_samples(validation)
        )

    def weigh_samples(self, part: Samples) -> Floats | None:
        """Return the sample weights, (N,), that give the classes of a part of the data their shares in use.

        Without such shares, they are the weights of the part: None if it has none.
        """
        if self.shares is None:
            return part.weights
        weights = np.ones(len(part)) if part.weights is None else part.weights
        of_classes = np.bincount(part.labels, weights)
        weighted: Floats = weights * (np.array(self.shares) * of_classes.sum() / of_classes)[part.labels]
        return weighted


def read_threshold(threshold: Any, matrix: Floats | None) -> float | Rule | Metric:
    """Read the parameter threshold: return a number from 0 to 1, a rule, or a function unchanged.

    A text is read as a rule. "cost" becomes the rule with the costs of the matrix.

    Args:
        threshold: The parameter.
        matrix: The costs (2, 2) that the rule "cost" takes; None if there are none.

    Raises:
        ValueError: The rule is unknown, a number is not from 0 to 1, costs are given twice, or the value is none of the
            three.
    """
    if isinstance(threshold, str):
        refused = f"the guarantee {threshold!r} takes rows that chose nothing else, which `imbaloss.compare` sets apart"
        require(not is_guarantee(threshold), f"{refused}: a classifier takes a probability, a rule or a function")
        rule = Rule.parse(threshold)
        if rule.name != "cost" or matrix is None:
            return rule
        require(threshold == "cost", f"costs are given twice, also in the threshold {threshold!r}")
        return make_cost_rule(matrix)
    if callable(threshold):
        metric: Metric = threshold
        return metric
    number = isinstance(threshold, int | float | np.integer | np.floating) and not isinstance(threshold, bool)
    is_probability = number and 0 <= threshold <= 1
    require(is_probability, f"threshold must be a probability, a rule or a function, found {threshold!r}")
    return float(threshold)


def make_cost_rule(matrix: Floats) -> Rule:
    """Return the rule "cost" with the costs of a matrix (2, 2): what an error costs beyond the right decision."""
    (tn, fp), (fn, tp) = matrix.tolist()
    return Rule("cost", {"fn": fn - tp, "fp": fp - tn})
