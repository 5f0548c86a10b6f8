"""Several classes as several binary problems: each class in turn is the positive one, the others together negative."""

from typing import TypeVar

import torch
from torch import Tensor

from imbaloss.losses.errors import one_hot
from imbaloss.losses.reductions import weighted

Weight = TypeVar("Weight", Tensor, Tensor | None)


def one_vs_rest(logits: Tensor, targets: Tensor, sample_weight: Weight) -> tuple[Tensor, Tensor, Weight]:
    """logits (S, B, C), targets and sample_weight (S, B) -> all three (S, C, B), binary.

    The logit of class c is log(p_c / (1 - p_c)), with p = softmax(logits).
    """
    classes = logits.shape[-1]
    largest = one_hot(logits.argmax(-1), classes)
    every = logits.logsumexp(-1, keepdim=True)
    share = (logits - every).exp().where(~largest, 0)  # at most 1/2, so that log(1 - share) is exact
    but_largest = logits.masked_fill(largest, -torch.inf).logsumexp(-1, keepdim=True)
    rest = but_largest.where(largest, every + torch.log1p(-share))
    weight = None if sample_weight is None else sample_weight.unsqueeze(-2).expand(-1, classes, -1)
    return (logits - rest).transpose(-1, -2), one_hot(targets, classes).transpose(-1, -2), weight


def mean_over_classes(values: Tensor, class_weights: Tensor | None) -> Tensor:
    """(..., C) -> (...): the mean of w_c x the value of class c; a class without samples has the value 0."""
    return weighted(values, class_weights).mean(-1)
