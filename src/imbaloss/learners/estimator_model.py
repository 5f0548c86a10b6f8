"""A fitted model of another library, such as LightGBM or scikit-learn, with what its prediction needs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from imbaloss.evaluation import Calibration, Decision
from imbaloss.evaluation.priors import shift_logits
from imbaloss.training import Recipe
from imbaloss.training.model import compute_in_batches, to_probabilities
from imbaloss.training.scaling import Scaling

Floats = NDArray[np.float64]


class Predictor(Protocol):
    """The part of a model that another library has fitted, with the form in which it is saved."""

    kind: ClassVar[str]  # the name of its form in model files
    file: ClassVar[str]  # the name of its file in the folder of a model

    def log_odds(self, rows: Floats) -> Floats:
        """Return the log-odds (N,) of class 1, or another score that rises with them, for rows (N, D)."""

    def dump(self) -> bytes:
        """Return the content of its file."""

    @classmethod
    def parse(cls, path: Path, content: bytes, trusted: Sequence[str]) -> "Predictor":
        """Read the content of its file.

        Args:
            path: The path of the file, for messages.
            content: What `dump` returned.
            trusted: Names of types that the content may hold beside those that imbaloss trusts.

        Raises:
            ValueError: The content is not as `dump` returned it, or holds types that are not trusted.
        """


@dataclass(frozen=True)
class EstimatorModel:
    """A fitted model of another library, which takes inputs as flat rows."""

    recipe: Recipe
    shape: tuple[int, ...]
    scaling: Scaling | None  # None: the predictor takes columns as they are
    predictor: Predictor
    prior: tuple[float, ...] = ()  # what is added to the log-probability of each class; empty for nothing
    calibration: Calibration = field(default_factory=Calibration)
    decision: Decision = field(default_factory=Decision)

    def logits(self, inputs: NDArray[np.floating[Any]], order: NDArray[np.int64] | None = None) -> Floats:
        """Return the log-odds of class 1, (N,), after prior correction and calibration, for inputs (N, *shape).

        order: (N,), the order in which the inputs are taken; None: as they are. The result is in the order of the
        inputs.
        """
        logits = compute_in_batches(self._compute_logits, self.recipe, inputs, order)
        return self.calibration(shift_logits(logits, self.prior) if self.prior else logits)

    def probabilities(self, inputs: NDArray[np.floating[Any]], order: NDArray[np.int64] | None = None) -> Floats:
        """Return the probability of class 1, (N,), after prior correction and calibration, for inputs (N, *shape).

        order: (N,), the order in which the inputs are taken; None: as they are. The result is in the order of the
        inputs.
        """
        return to_probabilities(self.logits(inputs, order))

    def _compute_logits(self, inputs: NDArray[np.floating[Any]]) -> Floats:
        """Return the log-odds (B,) of a batch before prior correction and calibration."""
        return self.predictor.log_odds(flatten_rows(inputs, self.scaling, self.recipe.dtype))


def flatten_rows(inputs: NDArray[np.floating[Any]], scaling: Scaling | None, dtype: torch.dtype) -> Floats:
    """Flatten inputs (N, ...) to rows (N, D) of float64.

    With a scaling they are first scaled and rounded to a type; without one they stay as they are.
    """
    if scaling is None:
        return inputs.reshape(len(inputs), -1).astype(np.float64, copy=False)
    rows: Floats = scaling(inputs).to(dtype).double().flatten(1).numpy()
    return rows
