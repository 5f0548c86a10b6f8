"""A fitted average of models: the weighted mean of their calibrated log-odds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from imbaloss.data import InputForm
from imbaloss.evaluation import Calibration, Decision
from imbaloss.evaluation.priors import shift_logits
from imbaloss.learners.fitted_model import FittedModel
from imbaloss.training import Recipe
from imbaloss.training.model import to_probabilities

Floats = NDArray[np.float64]
LARGEST = 30.0  # log-odds of a member beyond this are cut off, so that a probability of 0 or 1 does not decide alone


@dataclass(frozen=True)
class AverageModel:
    """A weighted mean of the calibrated log-odds of fitted models."""

    recipe: Recipe
    shape: tuple[int, ...]  # of one input: of the form that all members take, or of both forms side by side
    members: tuple[FittedModel, ...]
    weights: tuple[float, ...]  # of the members; their sum is 1
    forms: tuple[InputForm, ...]  # of the inputs of each member
    prior: tuple[float, ...] = ()  # what is added to the log-probability of each class; empty for nothing
    calibration: Calibration = field(default_factory=Calibration)
    decision: Decision = field(default_factory=Decision)

    def logits(self, inputs: NDArray[np.floating[Any]], order: NDArray[np.int64] | None = None) -> Floats:
        """Return the log-odds of class 1, (N,), after prior correction and calibration, for inputs (N, *shape).

        order: (N,), the order in which the inputs are taken; None: as they are. The result is in the order of the
        inputs.
        """
        parts = zip(self.members, self.forms, strict=True)
        probabilities = [member.probabilities(self._take_inputs(inputs, member, form), order) for member, form in parts]
        logits = average_log_odds(to_log_odds(np.stack(probabilities)), self.weights)
        return self.calibration(shift_logits(logits, self.prior) if self.prior else logits)

    def probabilities(self, inputs: NDArray[np.floating[Any]], order: NDArray[np.int64] | None = None) -> Floats:
        """Return the probability of class 1, (N,), after prior correction and calibration, for inputs (N, *shape).

        order: (N,), the order in which the inputs are taken; None: as they are. The result is in the order of the
        inputs.
        """
        return to_probabilities(self.logits(inputs, order))

    def _take_inputs(
        self, inputs: NDArray[np.floating[Any]], member: FittedModel, form: InputForm
    ) -> NDArray[np.floating[Any]]:
        """Return the inputs of a member: its columns if both forms stand side by side, or else all of them.

        Columns stand first. Prepared numbers were float32 before they were joined, and become so again.
        """
        if len(set(self.forms)) == 1 or len(self.shape) > 1:
            return inputs
        width = member.shape[0]
        return inputs[:, :width] if form is InputForm.COLUMNS else inputs[:, -width:].astype(np.float32)


def to_log_odds(probabilities: Floats) -> Floats:
    """Return the log-odds of probabilities of any shape, cut off at -30 and 30."""
    with np.errstate(divide="ignore"):
        log_odds: Floats = np.clip(special.logit(probabilities), -LARGEST, LARGEST)
    return log_odds


def average_log_odds(log_odds: Floats, weights: Sequence[float] | Floats) -> Floats:
    """Return the weighted mean of log-odds, (M, N) -> (N,), summed member by member.

    The mean of a row then does not depend on the number of rows or threads. weights: (M,), which sum to 1.
    """
    total = np.zeros(log_odds.shape[1])
    for odds, weight in zip(log_odds, weights, strict=True):
        total += weight * odds
    return total
