"""What comes of fitting a learner: a model that gives log-odds and probabilities."""

from dataclasses import Field
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from imbaloss.evaluation import Calibration, Decision
from imbaloss.training import Recipe
from imbaloss.training.scaling import Scaling

Floats = NDArray[np.float64]


class FittedModel(Protocol):
    """A frozen dataclass: a stack of networks (`training.Model`), or a classifier of scikit-learn (`SklearnModel`)."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def recipe(self) -> Recipe: ...

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one input."""

    @property
    def scaling(self) -> Scaling: ...

    @property
    def prior(self) -> tuple[float, ...]:
        """What is added to the log-probability of each class; empty for nothing."""

    @property
    def calibration(self) -> Calibration:
        """What is done to the log-odds with that prior."""

    @property
    def decision(self) -> Decision:
        """The decision that turns its probabilities into actions."""

    def logits(self, inputs: NDArray[np.floating[Any]], order: NDArray[np.int64] | None = None) -> Floats:
        """Return the log-odds of class 1, (N,), of inputs (N, *shape), which are taken in that order."""

    def probabilities(self, inputs: NDArray[np.floating[Any]], order: NDArray[np.int64] | None = None) -> Floats:
        """Return the probability of class 1, (N,), as `logits`."""
