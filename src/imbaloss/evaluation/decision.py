"""Decisions: how the probability that a model gives becomes a class."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbaloss.choices import check_choice
from imbaloss.evaluation.guarantees import Guarantee, is_guarantee
from imbaloss.evaluation.scores import explain_undefined, probability_formulas
from imbaloss.evaluation.thresholds import Rule, choose_threshold
from imbaloss.field_tables import FieldError
from imbaloss.recipe_fields import DECISION_FIELDS, DEFAULT_CONFIDENCE, DecisionFields

COST = "cost"  # the rule whose score is a mean cost
OPTIMIZE = "average_precision"  # the score that is optimised where there are no costs


@dataclass(frozen=True)
class Decision:
    """The score that is optimised, a calibration and a threshold rule, which are fitted on the validation part.

    A guarantee chooses the threshold on samples that were set apart instead.
    """

    calibration: str = DecisionFields.calibration
    rule: Rule | Guarantee = field(default_factory=lambda: Rule.parse(DecisionFields.threshold))
    optimize: str | None = DecisionFields.optimize  # the score that chooses settings and methods; None: as version 0.1

    @classmethod
    def read(cls, entries: Mapping[str, Any]) -> "Decision":
        """Read a decision from the entries `calibration`, `threshold`, `optimize` and `confidence` of a recipe.

        Other entries are ignored; a missing one gets its default: "none", "f1", None and None.

        Raises:
            FieldError: The calibration, the rule or the score is unknown, a parameter of the rule or the confidence is
                outside its domain, the cost is to be optimised and the rule names no costs, or the guarantee does not
                go with the score, or the confidence with the rule.
        """
        chosen, text, optimize, confidence = (
            entries.get(name, field.default) for name, field in DECISION_FIELDS.items()
        )
        for name, words, value in (("calibration", "calibration", chosen), ("optimize", "score to optimize", optimize)):
            try:
                if value is not None:
                    check_choice(words, value, DECISION_FIELDS[name].entry.names)
            except ValueError as error:
                raise FieldError(name, str(error), named=False) from error
        try:
            rule = Guarantee.parse(text) if is_guarantee(text) else Rule.parse(text)
        except ValueError as error:
            raise FieldError("threshold", str(error), named=False) from error
        if isinstance(rule, Guarantee):
            check_optimized_beside_guarantee(optimize, rule)
            return cls(chosen, replace(rule, confidence=read_confidence(confidence)), optimize)
        if confidence is not None:
            raise FieldError("confidence", f"is of a guarantee such as recall>=0.9, and the threshold is {rule}")
        if optimize == COST and rule.name != COST:
            problem = f"cost needs costs: give them as the threshold, such as cost:fn=10,fp=1, found {rule}"
            raise FieldError("optimize", problem)
        return cls(chosen, rule, optimize)

    def score(
        self,
        labels: NDArray[np.int64],
        probabilities: NDArray[np.float64],
        weights: NDArray[np.float64] | None = None,
    ) -> float | None:
        """Return the score that is optimised, of samples with their probabilities; more is better.

        F1 and the cost are those at the best threshold for these samples, and a cost is negative. The score of version
        0.1 is the ROC-AUC. None if the score is undefined, as without positives.

        Args:
            labels: (N,), 0 or 1.
            probabilities: (N,) of class 1.
            weights: (N,), of the samples, > 0; None for equal ones.
        """
        name = self.optimize or "roc_auc"
        if name in probability_formulas():
            defined = explain_undefined(name, labels, labels) is None
            return (
                float(probability_formulas()[name](labels, probabilities, sample_weight=weights)) if defined else None
            )
        rule = self.rule if name == COST else Rule(name)
        assert isinstance(rule, Rule)
        try:
            return choose_threshold(rule, labels, probabilities, weights, resamples=0).value
        except ValueError:
            return None

    @property
    def entries(self) -> dict[str, Any]:
        """The entries `calibration` and `threshold` of a recipe, as texts, and `optimize` if there is one.

        The confidence of a guarantee follows. `read` makes an equal decision of them.
        """
        entries: dict[str, Any] = {"calibration": self.calibration, "threshold": str(self.rule)}
        entries |= {"optimize": self.optimize} if self.optimize else {}
        return entries | ({"confidence": self.rule.confidence} if isinstance(self.rule, Guarantee) else {})


def read_confidence(confidence: Any) -> float:
    """Return the confidence of a guarantee as a float, 0.95 for None.

    Raises FieldError unless it is a number above 0 and below 1.
    """
    if confidence is None:
        return DEFAULT_CONFIDENCE
    is_number = isinstance(confidence, Real) and not isinstance(confidence, bool)
    for domain in DECISION_FIELDS["confidence"].entry.domains:
        if not (is_number and domain.contains(confidence)):
            raise FieldError("confidence", f"{domain.rule}, found {confidence!r}")
    return float(confidence)


def check_optimized_beside_guarantee(optimize: str | None, guarantee: Guarantee) -> None:
    """Check that the score that is optimised needs no threshold, since samples set apart may choose no method.

    Raises:
        FieldError: It is the score of decisions at the chosen threshold.
    """
    if optimize is not None and optimize not in probability_formulas():
        problem = (
            f"{optimize} rates methods at a threshold, and the rows that choose it for {guarantee} may choose nothing "
            "else: leave it out, or take average_precision or roc_auc"
        )
        raise FieldError("optimize", problem)


def choose_score(rule: Rule | Guarantee) -> str:
    """Return the score that is optimised unless another is named: the cost if the rule has costs, else the default."""
    return COST if rule.name == COST else OPTIMIZE
