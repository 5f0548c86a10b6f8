"""Decisions: how the probability that a model gives becomes a class."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imbaloss.choices import check_choice
from imbaloss.evaluation.thresholds import Rule
from imbaloss.field_tables import FieldError
from imbaloss.recipe_fields import DECISION_FIELDS, DecisionFields


@dataclass(frozen=True)
class Decision:
    """A calibration and a rule for the threshold, both of which are fitted on the validation part."""

    calibration: str = DecisionFields.calibration
    rule: Rule = field(default_factory=lambda: Rule.parse(DecisionFields.threshold))

    @classmethod
    def read(cls, entries: Mapping[str, Any]) -> "Decision":
        """Read calibration and threshold rule from the entries `calibration` and `threshold` of a recipe.

        Other entries are ignored; a missing one gets its default, "none" and "f1".

        Raises:
            FieldError: The calibration or the rule is unknown, or a parameter of the rule is outside its domain.
        """
        chosen, rule = (entries.get(name, field.default) for name, field in DECISION_FIELDS.items())
        try:
            check_choice("calibration", chosen, DECISION_FIELDS["calibration"].entry.names)
        except ValueError as error:
            raise FieldError("calibration", str(error), named=False) from error
        try:
            return cls(chosen, Rule.parse(rule))
        except ValueError as error:
            raise FieldError("threshold", str(error), named=False) from error

    @property
    def entries(self) -> dict[str, str]:
        """The entries `calibration` and `threshold` of a recipe, as texts.

        `read` makes an equal decision of them.
        """
        return {"calibration": self.calibration, "threshold": str(self.rule)}
