"""Prototype learning: a sample gets the class whose prototypes are nearest.

Source: Yang et al. 2018, "Robust Classification with Convolutional Prototype Learning" (arXiv 1805.03438). S stack, B
batch, C classes, K prototypes of a class, E numbers of an embedding.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


class Prototypes(nn.Module):
    """A head on any body: logits (S, B) of two classes with one output, else (S, B, C).

    Class c has the logit log sum_k exp(-gamma d_ck). Here d_ck = |f(x) - m_ck|^2 is the squared distance between the
    body's embedding f(x) and prototype m_ck. The softmax of the logits is the paper's probability, and its
    cross-entropy the paper's DCE. One output is the difference of two logits, so that every binary loss can be used.

    The initial prototypes are normal with deviation 0.3 E^(-1/2). That is close to the origin: prototypes that start
    far outside would never become the nearest of a sample.

    Args:
        body: Inputs (S, B, ...) -> embeddings (S, B, E).
        generators: One for each network, for its initial prototypes; the body has drawn from them before.
        outputs: 1 logit for two classes, or one for each class.
        per_class: The number K of prototypes of a class.
        embedding: The number E.
        gamma: The factor of the squared distances in the logits.
        compactness: The weight of `penalty`.
        dtype: The type of the prototypes.
    """

    def __init__(
        self,
        body: nn.Module,
        generators: Sequence[np.random.Generator],
        *,
        outputs: int,
        per_class: int,
        embedding: int,
        gamma: float,
        compactness: float,
        dtype: torch.dtype,
    ) -> None:
        """Draw the initial prototypes of a network from each of the generators.

        The parameters are explained at the class; their domains are not checked.
        """
        super().__init__()
        self.body = body
        self.outputs = outputs
        self.gamma = gamma
        self.compactness = compactness
        shape = (max(outputs, 2), per_class, embedding)
        drawn = np.stack([generator.normal(0, 0.3 * embedding**-0.5, shape) for generator in generators])
        self.prototypes = nn.Parameter(torch.from_numpy(drawn).to(dtype))  # (S, C, K, E)
        self.distances: Tensor | None = None  # of the batch in training, until `penalty` has taken them

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the logits of inputs (S, B, ...): (S, B) with one output, else (S, B, C).

        In training mode, also keep the distances to the prototypes until `penalty` takes them.
        """
        distances = squared_distances(self.embeddings(inputs), self.prototypes)
        if self.training:
            self.distances = distances
        logits = class_logits(distances, self.gamma)
        return logits[..., 1] - logits[..., 0] if self.outputs == 1 else logits

    def embeddings(self, inputs: Tensor) -> Tensor:
        """Return the body's outputs for inputs (S, B, ...): the embeddings, (S, B, E)."""
        embeddings: Tensor = self.body(inputs)
        # a body with one output gives (S, B), since it takes that for a logit
        return embeddings if self.prototypes.shape[-1] > 1 else embeddings.unsqueeze(-1)

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes for copy and pickle, with distances None: a graph of autograd cannot be copied."""
        return {**self.__dict__, "distances": None}

    def penalty(self, targets: Tensor, weights: Tensor | None) -> Tensor:
        """Return compactness times the mean squared distance of samples to their class's nearest prototype, (S,).

        The samples are those of the last forward pass in training mode; its distances are dropped.

        Args:
            targets: (S, B), the classes.
            weights: (S, B), of the samples; None for equal ones.

        Raises:
            RuntimeError: No batch has passed in training mode since the last call.
        """
        if self.distances is None:
            raise RuntimeError("a penalty is that of a batch which has just passed in training mode")
        distances, self.distances = self.distances, None
        return self.compactness * prototype_loss(distances, targets, weights)


def squared_distances(embeddings: Tensor, prototypes: Tensor) -> Tensor:
    """Compute |e - m|^2 of each sample and prototype: embeddings (S, B, E), prototypes (S, C, K, E) -> (S, B, C, K)."""
    return (embeddings[:, :, None, None] - prototypes[:, None]).square().sum(-1)


def class_logits(distances: Tensor, gamma: float) -> Tensor:
    """Compute the logit of each class, log sum_k exp(-gamma d_k), from squared distances to its K prototypes.

    distances: (..., C, K). The result is (..., C).
    """
    return (-gamma * distances).logsumexp(-1)


def prototype_loss(distances: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
    """Compute the mean squared distance of samples to the nearest prototype of their own class, (S,).

    As a penalty it draws the embeddings of a class together around its prototypes.

    Args:
        distances: (S, B, C, K), squared.
        targets: (S, B), the classes.
        weights: (S, B), of the samples; None for equal ones. If they sum to 0, so does the result.

    Source: Yang et al. 2018, the prototype loss PL.
    """
    nearest = distances.amin(-1).gather(-1, targets.long().unsqueeze(-1)).squeeze(-1)
    if weights is None:
        return nearest.mean(-1)
    total = weights.sum(-1)
    return (weights * nearest).sum(-1) / total.where(total > 0, 1)
