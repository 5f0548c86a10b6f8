"""Exact training in fewer dimensions, where there are fewer samples than inputs.

Gradient descent moves the first layer's weights only within the span of the training inputs. With Q (D, N) an
orthonormal basis of that span, the inputs are x = Q u and the weights W = W_0 + Q (V - Q'W_0), where V starts at Q'W_0:
training V (N, H) on the coordinates u is training W (D, H) on x, step by step, with or without momentum.
Weight decay, and optimizers that scale each weight by itself, leave the span; they train W.
"""

import torch
from torch import Tensor

from imbaloss.training.recipe import Recipe


def applies(recipe: Recipe, samples: int, inputs: int) -> bool:
    """Whether the training may be compressed, and is smaller for it."""
    return recipe.network == "mlp" and recipe.optimizer == "sgd" and not recipe.weight_decay and samples < inputs


def orthonormal(inputs: Tensor) -> tuple[Tensor, Tensor]:
    """inputs (N, ...), N < D -> the basis Q (D, N) of their span, and their coordinates in it, (N, N); float64."""
    basis, triangle = torch.linalg.qr(inputs.flatten(1).T.double())
    return basis, triangle.T


class Compression:
    """The first layers of S networks. bases (G, D, N): Q of each of G splits; start (S, D, H): W_0 of each network."""

    def __init__(self, bases: Tensor, start: Tensor) -> None:
        self.bases = bases
        self.start = start

    def compressed(self, split: Tensor) -> Tensor:
        """V at the start, (S, N, H); split (S,) says which split each network sees."""
        return torch.stack([self.bases[which].T @ start for which, start in zip(split, self.start, strict=True)])

    def restored(self, network: int, split: int, weight: Tensor) -> Tensor:
        """V (N, H) of one network -> its W (D, H)."""
        basis, start = self.bases[split], self.start[network]
        return start + basis @ (weight - basis.T @ start)

    def keep(self, mask: Tensor) -> None:
        """The networks where mask (S,) is true stay."""
        self.start = self.start[mask]
