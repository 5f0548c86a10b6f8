"""Losses for data in which one class is rare. A loss is error -> class totals -> reduction.

>>> import torch, imbaloss.losses
>>> loss = imbaloss.losses.get("msfe")
>>> loss(torch.tensor([-2.0, 0.5, 3.0]), torch.tensor([0, 0, 1]))
tensor(0.0101)
"""

from imbaloss.losses import errors, reductions
from imbaloss.losses.catalogue import facts, get, names, parameters, parse, write
from imbaloss.losses.loss import Loss
from imbaloss.losses.totals import Totals, class_means, class_totals

__all__ = [
    "Loss",
    "Totals",
    "class_means",
    "class_totals",
    "errors",
    "facts",
    "get",
    "names",
    "parameters",
    "parse",
    "reductions",
    "write",
]
