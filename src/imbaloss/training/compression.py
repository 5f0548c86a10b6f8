"""Exact training in fewer dimensions, where there are fewer samples than inputs.

Gradient descent moves the first layer's weights only within the span of the training inputs. With Q (D, N) an
orthonormal basis of that span, the inputs x = Q u and the weights W = W_0 + Q (V - Q'W_0), where V starts at Q'W_0:
training V (N, H) on the coordinates u is training W (D, H) on x, step by step, with or without momentum.
Weight decay, and optimizers that scale each weight by itself, leave the span; they train W.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from imbaloss.training.recipe import Recipe


def applies(recipe: Recipe, samples: int, inputs: int) -> bool:
    """Whether the training may be compressed, and is smaller for it."""
    return recipe.network == "mlp" and recipe.optimizer == "sgd" and not recipe.weight_decay and samples < inputs


@dataclass
class Compression:
    bases: Tensor  # (G, D, N): Q of each of G splits
    split: Tensor  # (S,): the split of each member
    start: Tensor  # (S, D, H): W_0

    def compressed(self) -> Tensor:
        """V at the start, (S, N, H)."""
        return torch.stack([self.bases[split].T @ start for split, start in zip(self.split, self.start, strict=True)])

    def restored(self, index: int, weight: Tensor) -> Tensor:
        """V (N, H) of one member -> its W (D, H)."""
        basis, start = self.bases[self.split[index]], self.start[index]
        return start + basis @ (weight - basis.T @ start)

    def keep(self, mask: Tensor) -> None:
        self.split, self.start = self.split[mask], self.start[mask]


def orthonormal(inputs: Tensor) -> tuple[Tensor, Tensor]:
    """inputs (N, ...) with N < D -> the basis Q (D, N) of their span and their coordinates in it (N, N)."""
    basis, triangle = torch.linalg.qr(inputs.flatten(1).T.double())
    return basis, triangle.T
