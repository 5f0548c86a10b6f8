"""Trained networks with all that they need to predict."""

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
from imbaloss.evaluation.priors import moved
from imbaloss.training.recipe import Recipe
from imbaloss.training.scaling import Scaling

Floats = NDArray[np.float64]
AT_ONCE, IMAGES_AT_ONCE = 4096, 512  # samples; of 32 x 32 pixels, 16 maps of 512 images are 32 MiB


@dataclass(frozen=True)
class Model:
    """network is a stack, the mean of whose probabilities counts; shape is that of one input."""

    recipe: Recipe
    shape: tuple[int, ...]
    scaling: Scaling
    network: nn.Module
    prior: tuple[float, ...] = ()  # what is added to the log-probability of each class; empty for nothing
    calibration: Calibration = field(default_factory=Calibration)  # of the logits with that prior
    decision: Decision = field(default_factory=Decision)  # how its probabilities become actions

    @torch.no_grad()
    def logits(self, inputs: NDArray[np.floating[Any]], order: NDArray[np.int64] | None = None) -> Floats:
        """inputs (N, *shape) -> the log-odds of class 1, (N,), or of several classes the log-probabilities, (N, C).

        They pass through the network in that order, `recipe.test_batch` at a time.
        """
        self.network.eval()
        found = compute_in_batches(self._compute_logits, self.recipe, inputs, order)
        return self.calibration(moved(found, self.prior) if self.prior else found)

    def _compute_logits(self, inputs: NDArray[np.floating[Any]]) -> Floats:
        """Return the logits of a batch, without prior and calibration."""
        scaled = self.scaling(inputs).to(self.recipe.dtype)
        logits: Floats = together(self.network(scaled.expand(self.networks, *scaled.shape)).double()).numpy()
        return logits

    def probabilities(self, inputs: NDArray[np.floating[Any]], order: NDArray[np.int64] | None = None) -> Floats:
        """As `logits`: the probability of class 1, (N,), or of each of several classes, (N, C)."""
        return to_probabilities(self.logits(inputs, order))

    @property
    def networks(self) -> int:
        return len(next(self.network.parameters()))


def compute_in_batches(
    compute: Callable[[NDArray[np.floating[Any]]], Floats],
    recipe: Recipe,
    inputs: NDArray[np.floating[Any]],
    order: NDArray[np.int64] | None,
) -> Floats:
    """Compute the logits of inputs (N, ...) in batches of the recipe's size for tests: (N,), or (N, C) of more classes.

    order: (N,), in which the inputs are taken; None: as they are.
    """
    order = np.arange(len(inputs)) if order is None else order
    size = recipe.test_batch or max(len(inputs), 1)
    size = min(size, at_once(recipe)) if recipe.kind.convolutional else size
    logits = np.empty((len(inputs), recipe.classes)[: 1 + (recipe.classes > 2)])
    for start in range(0, len(inputs), size):
        batch = order[start : start + size]
        logits[batch] = compute(inputs[batch])
    return logits


def to_probabilities(logits: Floats) -> Floats:
    """log-odds (N,) or log-probabilities (N, C) -> probabilities of the same shape."""
    found: Floats = special.expit(logits) if logits.ndim == 1 else special.softmax(logits, axis=1)
    return found


def together(logits: Tensor) -> Tensor:
    """Of S networks, (S, B), (S, B, 2) or (S, B, C): log-odds (B,), or log-probabilities (B, C), of their mean."""
    if logits.ndim == 3 and logits.shape[-1] == 2:
        logits = logits[..., 1] - logits[..., 0]
    if len(logits) == 1:
        return logits[0] if logits.ndim == 2 else F.log_softmax(logits[0], dim=-1)
    if logits.ndim == 2:
        return F.logsigmoid(logits).logsumexp(0) - F.logsigmoid(-logits).logsumexp(0)
    return F.log_softmax(logits, dim=-1).logsumexp(0) - log(len(logits))


def build_network(recipe: Recipe, shape: Sequence[int], weights: Sequence[np.random.Generator]) -> nn.Module:
    """A stack of as many networks as there are generators of initial weights, for inputs of that shape."""
    return networks.build(recipe.design(shape), weights, init=recipe.init, dtype=recipe.dtype)


def at_once(recipe: Recipe) -> int:
    """Samples that pass through networks at once, where no step is taken."""
    return IMAGES_AT_ONCE if recipe.kind.convolutional else AT_ONCE
