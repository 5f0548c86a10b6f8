"""Decisions: how the probability that a model gives becomes a class."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbaloss.choices import check_choice
from imbaloss.evaluation.guarantees import Guarantee, is_guarantee
from imbaloss.evaluation.objective import COST, AnyRule, Objective
from imbaloss.evaluation.sample_costs import EXPECTED_COST, ExpectedCost
from imbaloss.evaluation.thresholds import Rule
from imbaloss.field_tables import FieldError
from imbaloss.recipe_fields import DECISION_FIELDS, DEFAULT_CONFIDENCE, DecisionFields

RULES_OF_COSTS = (COST, EXPECTED_COST)
DEFAULT = Objective("average_precision")  # the score that is optimised where there are no costs
OLD = Objective("roc_auc")  # the score that chose settings in version 0.1


@dataclass(frozen=True)
class Decision:
    """The score that is optimised, a calibration and a threshold rule, which are fitted on the validation part.

    A guarantee chooses the threshold on samples that were set apart instead.
    """

    calibration: str = DecisionFields.calibration
    rule: AnyRule = field(default_factory=lambda: Rule.parse(DecisionFields.threshold))
    optimize: Objective | None = None  # the score that chooses settings and methods; None: as version 0.1

    @classmethod
    def read(cls, entries: Mapping[str, Any]) -> "Decision":
        """Read a decision from the entries `calibration`, `threshold`, `optimize` and `confidence` of a recipe.

        Other entries are ignored, and None counts as missing. Without a threshold the rule is the one that goes with
        the score, and otherwise F1. Without a calibration there is none, and without a score it is None.

        Raises:
            FieldError: The calibration, the rule or the score is unknown or no text, a parameter or the confidence is
                outside its domain, costs are to be optimised and the rule names none, or the guarantee does not go with
                the score, or the confidence with the rule.
        """
        texts = {name: text for name in DECISION_FIELDS if (text := entries.get(name)) is not None}
        confidence = texts.pop("confidence", None)
        for name, text in texts.items():
            if not isinstance(text, str):
                raise FieldError(name, f"must be a text, found {text!r}")
        chosen = texts.get("calibration", DecisionFields.calibration)
        with naming_field("calibration"):
            check_choice("calibration", chosen, DECISION_FIELDS["calibration"].entry.names)
        with naming_field("optimize"):
            objective = Objective.parse(texts["optimize"]) if "optimize" in texts else None
        with naming_field("threshold"):
            named = read_rule(texts["threshold"]) if "threshold" in texts else None
        rule = named or (objective and objective.rule) or Rule.parse(DecisionFields.threshold)
        if isinstance(rule, Guarantee):
            check_optimized_beside_guarantee(objective, rule)
            return cls(chosen, replace(rule, confidence=read_confidence(confidence)), objective)
        if confidence is not None:
            raise FieldError("confidence", f"is of a guarantee such as recall>=0.9, and the threshold is {rule}")
        if objective and objective.needs_costs and rule.name not in RULES_OF_COSTS:
            problem = (
                f"{objective} needs costs: give them as the threshold, such as cost:fn=10,fp=1, or by row to `compare` "
                f"(cost, as fn=amount,fp=5), found {rule}"
            )
            raise FieldError("optimize", problem)
        return cls(chosen, rule, objective)

    def score(
        self,
        labels: NDArray[np.int64],
        probabilities: NDArray[np.float64],
        weights: NDArray[np.float64] | None = None,
        costs: NDArray[np.float64] | None = None,
    ) -> float | None:
        """Return the score that is optimised, of samples with their probabilities; more is better.

        A score at a threshold is that at the best threshold for these samples, and a cost is negative. The score of
        version 0.1 is the ROC-AUC. None if the score is undefined, as without positives.

        Args:
            labels: (N,), 0 or 1.
            probabilities: (N,) of class 1.
            weights: (N,), of the samples, > 0; None for equal ones.
            costs: (N, 4), of the samples, for the rule "expected_cost"; else ignored.
        """
        return (self.optimize or OLD).compute_best(self.rule, labels, probabilities, weights, costs)

    @property
    def entries(self) -> dict[str, Any]:
        """The entries `calibration` and `threshold` of a recipe, as texts, and `optimize` if there is one.

        The confidence of a guarantee follows. `read` makes an equal decision of them.
        """
        entries: dict[str, Any] = {"calibration": self.calibration, "threshold": str(self.rule)}
        entries |= {"optimize": str(self.optimize)} if self.optimize else {}
        return entries | ({"confidence": self.rule.confidence} if isinstance(self.rule, Guarantee) else {})


@contextmanager
def naming_field(name: str) -> Iterator[None]:
    """Turn a ValueError of the block into a FieldError of that field with the same message. A context manager."""
    try:
        yield
    except ValueError as error:
        raise FieldError(name, str(error), named=False) from error


def read_rule(text: str) -> AnyRule:
    """Read a rule from its text: one for a threshold, a guarantee, or "expected_cost".

    Raises ValueError for any other text.
    """
    if text == EXPECTED_COST:
        return ExpectedCost()
    return Guarantee.parse(text) if is_guarantee(text) else Rule.parse(text)


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


def check_optimized_beside_guarantee(objective: Objective | None, guarantee: Guarantee) -> None:
    """Check that the score that is optimised needs no threshold, since samples set apart may choose no method.

    Raises:
        FieldError: It is the score of decisions at the chosen threshold.
    """
    if objective and objective.needs_threshold:
        problem = (
            f"{objective} rates methods at a threshold, and the rows that choose it for {guarantee} may choose nothing "
            "else: leave it out, or take average_precision or roc_auc"
        )
        raise FieldError("optimize", problem)


def choose_objective(rule: AnyRule) -> Objective:
    """Return the score that is optimised unless another is named: the cost if the rule has costs, else the default."""
    return Objective(COST) if rule.name in RULES_OF_COSTS else DEFAULT
