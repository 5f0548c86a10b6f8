"""Class totals: all that a reduction gets to see of a batch."""

from typing import NamedTuple

import torch
from torch import Tensor

from imbaloss.losses.errors import one_hot


class Totals(NamedTuple):
    """Sums over the samples of each class. Both (..., C); class c stands at index c."""

    errors: Tensor  # sum of sample weight x error
    weights: Tensor  # sum of the sample weights; the number of samples where there are no weights


def class_totals(errors: Tensor, targets: Tensor, classes: int, sample_weight: Tensor | None = None) -> Totals:
    """errors, targets and sample_weight (..., B) -> totals (..., C)."""
    member = one_hot(targets, classes)
    weights = torch.ones_like(errors) if sample_weight is None else sample_weight.to(errors.dtype)
    return Totals(
        errors=(weights * errors).unsqueeze(-1).where(member, 0).sum(-2),
        weights=weights.unsqueeze(-1).where(member, 0).sum(-2),
    )


def class_means(totals: Totals) -> Tensor:
    """Mean error of each class (..., C); 0, with gradient 0, for a class that is absent (its weight is 0)."""
    return totals.errors / totals.weights.where(totals.weights > 0, 1)
