"""From probabilities to decisions: what the classifier's parameters threshold, costs and prevalence ask for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbaloss.data import Samples
from imbaloss.evaluation import Rule, Tuned, costs, priors, tuned
from imbaloss.training import Model
from imbaloss.training.recipe import require

Floats = NDArray[np.float64]
Metric = Callable[[NDArray[np.int64], NDArray[np.int64]], float]
EXPECTED_COST = "expected_cost"


@dataclass(frozen=True)
class DecisionRequest:
    """How the classifier is asked to decide between classes 0 to C - 1."""

    classes: int
    threshold: float | Rule | Metric | None  # None: by expected cost
    costs: Floats | None  # (C, C)
    shares: tuple[float, ...] | None  # of the classes in use; None: those of the samples

    @classmethod
    def of(cls, classes: int, threshold: Any, matrix: Any, prevalence: Any) -> "DecisionRequest":
        """Check the classifier's parameters threshold, costs and prevalence, and return what they ask for.

        Raises ValueError for an unknown threshold or rule, and for one that lacks costs or does not fit the number of
        classes.
        """
        checked = None if matrix is None else costs.checked_costs(matrix, classes)
        shares = None if prevalence is None else priors.checked_prevalence(prevalence, classes)
        if isinstance(threshold, str) and threshold in {"cost", EXPECTED_COST}:
            rows = "a matrix with a row for each true class"
            require(checked is not None, f"threshold {threshold!r} takes costs, {rows}")
        if isinstance(threshold, str) and threshold == EXPECTED_COST:
            return cls(classes, None, checked, shares)
        read = number_rule_or_metric(threshold, checked)
        half = isinstance(read, float) and read == 0.5
        require(
            classes == 2 or half, f"a threshold is for two classes, and y has {classes}: take 0.5 or {EXPECTED_COST}"
        )
        return cls(classes, read, checked, shares)

    @property
    def chosen(self) -> bool:
        """Say whether the threshold is chosen on samples."""
        return self.threshold is not None and not isinstance(self.threshold, float)

    @property
    def deciding_costs(self) -> Floats | None:
        """Return the costs if they decide among several classes, else None."""
        return self.costs if self.threshold is None and self.classes > 2 else None

    def fixed(self) -> float | None:
        """Return the threshold if no samples are needed to choose it, else None; None also for several classes."""
        if self.classes > 2:
            return None
        if self.threshold is None and self.costs is not None:
            return costs.threshold_of(self.costs)
        return self.threshold if isinstance(self.threshold, float) else None

    def tuned(self, model: Model, validation: Samples) -> Tuned:
        """Choose the threshold that is best on samples that the model was not trained on.

        Raises ValueError where a class has no sample, and where no threshold meets the rule.
        """
        assert isinstance(self.threshold, Rule) or callable(self.threshold)
        return tuned(
            self.threshold, validation.labels, model.probabilities(validation.inputs), self.weights(validation)
        )

    def weights(self, part: Samples) -> Floats | None:
        """Return the sample weights that give the classes their shares in use; None if every weight is 1."""
        if self.shares is None:
            return part.weights
        weights = np.ones(len(part)) if part.weights is None else part.weights
        of_classes = np.bincount(part.labels, weights)
        weighted: Floats = weights * (np.array(self.shares) * of_classes.sum() / of_classes)[part.labels]
        return weighted


def number_rule_or_metric(threshold: Any, matrix: Floats | None) -> float | Rule | Metric:
    """Return the parameter threshold as a number, a rule or a function; a rule "cost" takes its costs from the matrix.

    Raises ValueError for an unknown rule, for a number that is no probability, and for costs that are given twice.
    """
    if isinstance(threshold, str):
        rule = Rule.of(threshold)
        if rule.name != "cost" or matrix is None:
            return rule
        require(threshold == "cost", f"costs are given twice, also in the threshold {threshold!r}")
        (tn, fp), (fn, tp) = matrix.tolist()
        return Rule("cost", {"fn": fn - tp, "fp": fp - tn})
    if callable(threshold):
        metric: Metric = threshold
        return metric
    number = isinstance(threshold, int | float | np.integer | np.floating) and not isinstance(threshold, bool)
    known = number and 0 <= threshold <= 1
    require(known, f"threshold must be a probability, a rule or a function, found {threshold!r}")
    return float(threshold)
