"""Trained networks with everything that prediction needs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import special
from torch import Tensor, nn
from torch.nn import functional as F

from imbaloss import networks
from imbaloss.evaluation import Calibration, Decision
from imbaloss.evaluation.priors import shift_logits
from imbaloss.training.recipe import Recipe
from imbaloss.training.scaling import Scaling

Floats = NDArray[np.float64]
AT_ONCE, IMAGES_AT_ONCE = 4096, 512  # batch sizes for inference; 16 maps of 512 images of 32 x 32 pixels are 32 MiB


@dataclass(frozen=True)
class Model:
    """A trained network, or several whose probabilities are averaged, with everything that prediction needs."""

    recipe: Recipe
    shape: tuple[int, ...]  # shape of one input
    scaling: Scaling
    network: nn.Module  # a stack of the networks
    prior: tuple[float, ...] = ()  # what is added to the log-probability of each class; empty for nothing
    calibration: Calibration = field(default_factory=Calibration)  # calibration of the logits with that prior
    decision: Decision = field(default_factory=Decision)  # how probabilities become classes

    @torch.no_grad()
    def logits(self, inputs: NDArray[np.floating[Any]], order: NDArray[np.int64] | None = None) -> Floats:
        """Return the calibrated log-odds of class 1, (N,), or for more than two classes the log-probabilities, (N, C).

        Prior correction and calibration are applied. The network is put into evaluation mode.

        Args:
            inputs: (N, *shape), unscaled, which pass through the networks in batches of `recipe.test_batch`.
            order: (N,), the order in which they pass; None: as they are. The result is in the order of the inputs.
        """
        self.network.eval()
        logits = compute_in_batches(self._compute_logits, self.recipe, inputs, order)
        return self.calibration(shift_logits(logits, self.prior) if self.prior else logits)

    def _compute_logits(self, inputs: NDArray[np.floating[Any]]) -> Floats:
        """Return the log-odds (B,) or log-probabilities (B, C) of a batch before prior correction and calibration.

        inputs: (B, *shape), which are scaled here.
        """
        scaled = self.scaling(inputs).to(self.recipe.dtype)
        logits: Floats = combine_networks(self.network(scaled.expand(self.networks, *scaled.shape)).double()).numpy()
        return logits

    def probabilities(self, inputs: NDArray[np.floating[Any]], order: NDArray[np.int64] | None = None) -> Floats:
        """Return the probability of class 1, (N,), or of each of more than two classes, (N, C), after calibration.

        Args:
            inputs: (N, *shape), unscaled.
            order: (N,), the order in which they pass through the networks; None: as they are. The result is in the
                order of the inputs.
        """
        return to_probabilities(self.logits(inputs, order))

    @property
    def networks(self) -> int:
        """The number of networks whose probabilities are averaged; 1 for a single network."""
        return len(next(self.network.parameters()))


def compute_in_batches(
    compute: Callable[[NDArray[np.floating[Any]]], Floats],
    recipe: Recipe,
    inputs: NDArray[np.floating[Any]],
    order: NDArray[np.int64] | None,
) -> Floats:
    """Compute the logits of inputs (N, ...) in batches of `recipe.test_batch`; all at once if that is None.

    Convolutional networks take at most 512 images at once.

    Args:
        compute: Inputs of a batch -> its logits.
        recipe: The recipe (hyper-parameters) of the model.
        inputs: (N, ...).
        order: (N,), the order in which the inputs are taken; None: as they are.

    Returns:
        Log-odds (N,), or log-probabilities (N, C) for more than two classes, in the order of the inputs.
    """
    order = np.arange(len(inputs)) if order is None else order
    size = recipe.test_batch or max(len(inputs), 1)
    size = min(size, inference_batch_size(recipe)) if recipe.kind.convolutional else size
    logits = np.empty((len(inputs), recipe.classes)[: 1 + (recipe.classes > 2)])
    for start in range(0, len(inputs), size):
        batch = order[start : start + size]
        logits[batch] = compute(inputs[batch])
    return logits


def to_probabilities(logits: Floats) -> Floats:
    """Turn log-odds (N,) of class 1 or log-probabilities (N, C) into probabilities of the same shape.

    Log-probabilities need not be scaled: the result sums to 1.
    """
    probabilities: Floats = special.expit(logits) if logits.ndim == 1 else special.softmax(logits, axis=1)
    return probabilities


def combine_networks(logits: Tensor) -> Tensor:
    """Average the probabilities of S networks; return log-odds or log-probabilities.

    Args:
        logits: (S, B), (S, B, 2), or (S, B, C) for more than two classes.

    Returns:
        The log-odds (B,) of the mean probability of class 1, or the log-probabilities (B, C) of the mean.
    """
    if logits.ndim == 3 and logits.shape[-1] == 2:
        logits = logits[..., 1] - logits[..., 0]
    if len(logits) == 1:
        return logits[0] if logits.ndim == 2 else F.log_softmax(logits[0], dim=-1)
    if logits.ndim == 2:
        return F.logsigmoid(logits).logsumexp(0) - F.logsigmoid(-logits).logsumexp(0)
    return F.log_softmax(logits, dim=-1).logsumexp(0) - log(len(logits))


def build_network(recipe: Recipe, shape: Sequence[int], weights: Sequence[np.random.Generator]) -> nn.Module:
    """Build a stack of networks by a recipe for inputs of that shape, one for each generator of initial weights.

    Raises ValueError if the network cannot take such inputs.
    """
    return networks.build(recipe.design(shape), weights, init=recipe.init, dtype=recipe.dtype)


def inference_batch_size(recipe: Recipe) -> int:
    """Return the number of samples that pass through a network at once without training.

    It is 512 for a cnn or fcn, and 4096 for other networks.
    """
    return IMAGES_AT_ONCE if recipe.kind.convolutional else AT_ONCE
