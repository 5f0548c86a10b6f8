"""Predictions for a file: the options of their decisions, and the counts of what was decided."""

from typing import Any, NamedTuple

from imbaloss.comparison.explanation import Explanation
from imbaloss.comparison.new_data import NewData
from imbaloss.comparison.own_model import OwnModel


class Predicted(NamedTuple):
    """Counts of the predictions for a file, the model that decided, and what the new rows tell."""

    rows: int
    positives: int  # number of rows that were called positive
    unseen: dict[str, int]  # by column, the number of rows with a category that the training did not have
    model: OwnModel  # with the threshold and the share of positives by which it decided
    new: NewData  # the share of positives among the rows, and the columns that have changed
    explanation: Explanation | None = None  # why rows have a high probability; None if it was not asked for

    def to_json(self) -> dict[str, Any]:
        """Return all facts as JSON values."""
        counts = {"rows": self.rows, "positives": self.positives, "unseen": self.unseen}
        threshold = None if self.model.costs else self.model.threshold.value
        decided = {"threshold": threshold, "prevalence": self.model.prevalence}
        explained = None if self.explanation is None else self.explanation.to_json()
        return counts | decided | self.new.to_json() | {"explained": explained}


class Deciding(NamedTuple):
    """Options for the decisions of a model on new rows."""

    threshold: float | str | None = None  # a number or the text of a rule; None for the threshold of the model
    prevalence: float | None = None  # the share of positives to which probabilities are shifted; None for no shift
    adjust: bool = False  # whether they are shifted to the estimated share

    def apply(self, model: OwnModel) -> OwnModel:
        """Return the model with this threshold and this share of positives.

        Raises:
            ValueError: The threshold or the share is wrong, or the model lacks what they need.
        """
        shifted = model if self.prevalence is None else model.with_prevalence(self.prevalence)
        return shifted if self.threshold is None else shifted.with_threshold(self.threshold)


AS_TRAINED = Deciding()
