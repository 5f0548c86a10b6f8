"""The protocol of a fitted model, which gives log-odds and probabilities."""

from dataclasses import Field
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from imbaloss.evaluation import Calibration, Decision
from imbaloss.training import Recipe

Floats = NDArray[np.float64]


class FittedModel(Protocol):
    """A fitted model: a stack of networks (`training.Model`) or a model of another library (`EstimatorModel`).

    It is a frozen dataclass.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def recipe(self) -> Recipe:
        """The hyper-parameters by which the model was fitted."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one input: (columns,), or (channels, height, width) of an image."""

    @property
    def prior(self) -> tuple[float, ...]:
        """The prior correction: what is added to the log-probability of each class; empty for nothing."""

    @property
    def calibration(self) -> Calibration:
        """The calibration of the log-odds after the prior correction; its kind is "none" if there is none."""

    @property
    def decision(self) -> Decision:
        """The calibration that was asked for, and the rule by which a threshold for the probabilities is chosen."""

    def logits(self, inputs: NDArray[np.floating[Any]], order: NDArray[np.int64] | None = None) -> Floats:
        """Return the calibrated log-odds of class 1, (N,), for inputs (N, *shape), which the model scales itself.

        order: (N,), the order in which the inputs pass through the model; None: as they are. The result is in the order
        of the inputs.
        """

    def probabilities(self, inputs: NDArray[np.floating[Any]], order: NDArray[np.int64] | None = None) -> Floats:
        """Return the calibrated probability of class 1, (N,), for inputs (N, *shape), which the model scales itself.

        order: (N,), the order in which the inputs pass through the model; None: as they are. The result is in the order
        of the inputs.
        """
