"""One-vs-rest: each class in turn is the positive one, and the other classes together are the negative one."""

from typing import TypeVar

from torch import Tensor

from imbaloss.losses.errors import log_odds_of_every_class, one_hot
from imbaloss.losses.reductions import apply_class_weights

Weight = TypeVar("Weight", Tensor, Tensor | None)


def split_one_vs_rest(logits: Tensor, targets: Tensor, sample_weight: Weight) -> tuple[Tensor, Tensor, Weight]:
    """Turn a problem of C classes into C binary problems, in each of which one class is positive and the rest negative.

    The logit of class c is log(p_c / (1 - p_c)), with p = softmax(logits).

    Args:
        logits: (S, B, C).
        targets: (S, B), from 0 to C - 1; or the shares of the classes, (S, B, C), in [0, 1].
        sample_weight: (S, B), or None, which stays None.

    Returns:
        Logits, targets and sample weights, each (S, C, B). The targets are boolean, or shares if they were.
    """
    classes = logits.shape[-1]
    weight = None if sample_weight is None else sample_weight.unsqueeze(-2).expand(-1, classes, -1)
    of_each_class = targets if targets.ndim == logits.ndim else one_hot(targets, classes)
    return log_odds_of_every_class(logits).transpose(-1, -2), of_each_class.transpose(-1, -2), weight


def mean_over_classes(values: Tensor, class_weights: Tensor | None) -> Tensor:
    """Compute the mean over the C classes of class weight x value: (..., C) -> (...). Weights of None are ones.

    The divisor is C, also if some classes have no samples; their values are 0.
    """
    return apply_class_weights(values, class_weights).mean(-1)
