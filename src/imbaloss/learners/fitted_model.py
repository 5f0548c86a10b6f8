"""The protocol of a fitted model, which gives log-odds and probabilities."""

from dataclasses import Field
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from imbaloss.evaluation import Calibration, Decision
from imbaloss.training import Recipe
from imbaloss.training.scaling import Scaling

Floats = NDArray[np.float64]


class FittedModel(Protocol):
    """A fitted model: a stack of networks (`training.Model`) or a classifier of scikit-learn (`SklearnModel`).

    It is a frozen dataclass.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def recipe(self) -> Recipe:
        """The recipe of the fit."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one input."""

    @property
    def scaling(self) -> Scaling:
        """The scaling of its inputs."""

    @property
    def prior(self) -> tuple[float, ...]:
        """What is added to the log-probability of each class; empty for nothing."""

    @property
    def calibration(self) -> Calibration:
        """The calibration of the log-odds with that prior."""

    @property
    def decision(self) -> Decision:
        """The decision that turns its probabilities into actions."""

    def logits(self, inputs: NDArray[np.floating[Any]], order: NDArray[np.int64] | None = None) -> Floats:
        """Return the log-odds of class 1, (N,), for inputs (N, *shape).

        order: (N,), the order in which the inputs pass through the model; None: as they are. The result is in the order
        of the inputs.
        """

    def probabilities(self, inputs: NDArray[np.floating[Any]], order: NDArray[np.int64] | None = None) -> Floats:
        """Return the probability of class 1, (N,), for the arguments of `logits`."""
