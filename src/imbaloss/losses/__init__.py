"""Losses for data in which one class is rare. Most are built as error -> class totals -> reduction.

>>> import torch, imbaloss.losses
>>> loss = imbaloss.losses.get("msfe")
>>> loss(torch.tensor([-2.0, 0.5, 3.0]), torch.tensor([0, 0, 1]))
tensor(0.0101)
"""

from imbaloss.losses import adjusted, errors, partial_areas, ranking, reductions, whole_set
from imbaloss.losses.catalogue import ERRORS, REDUCTIONS, facts, get, names, parameters
from imbaloss.losses.class_errors import ClassErrors
from imbaloss.losses.criterion import Criterion
from imbaloss.losses.deferred import Deferred
from imbaloss.losses.loss import Loss
from imbaloss.losses.ranking import Ranking
from imbaloss.losses.spec import LossSpec
from imbaloss.losses.totals import Totals, class_means, class_totals, join_totals

__all__ = [
    "ERRORS",
    "REDUCTIONS",
    "ClassErrors",
    "Criterion",
    "Deferred",
    "Loss",
    "LossSpec",
    "Ranking",
    "Totals",
    "adjusted",
    "class_means",
    "class_totals",
    "errors",
    "facts",
    "get",
    "join_totals",
    "names",
    "parameters",
    "partial_areas",
    "ranking",
    "reductions",
    "whole_set",
]
