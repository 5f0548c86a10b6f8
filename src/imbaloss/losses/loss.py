"""A loss: error -> class totals -> reduction."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from imbaloss.losses.checks import check_batch, checked_class_weights
from imbaloss.losses.totals import Totals, class_totals

Error = Callable[[Tensor, Tensor], Tensor]
Reduction = Callable[[Totals, Tensor | None], Tensor]


class Loss(nn.Module):
    """Any error under any reduction: `Loss(errors.squared, reductions.sum_of_class_means)` is MFE.

    `loss(logits, targets, sample_weight=None)` returns a scalar.

    - Logits and targets of equal shape are binary, whatever the shape: targets are 0 or 1, and 1 is the positive class.
    - Otherwise axis 1 of the logits is the classes: logits (B, C, ...), targets (B, ...) from 0 to C - 1.
    - sample_weight has the targets' shape. A class whose weights sum to 0 adds nothing to value and gradient.
    - class_weights holds one number for each class, (negative, positive) in the binary case.
    - Under torch.compile the values of targets and sample_weight are trusted; their shapes are checked.
    - float16 and bfloat16 logits are computed in float32, and the loss is then float32.

    Raises ValueError for shapes that do not match, targets that name no class, and weights that are negative or
    not finite.
    """

    def __init__(self, error: Error, reduction: Reduction, *, class_weights: Sequence[float] | None = None) -> None:
        super().__init__()
        self.error = error
        self.reduction = reduction
        # numbers, not a buffer: `module.half()` would round a buffer for good
        self.class_weights = None if class_weights is None else checked_class_weights(class_weights)

    def forward(self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        check_batch(logits, targets, sample_weight, self.class_weights)
        if logits.shape == targets.shape:
            logits = logits.reshape(1, -1)
        else:
            logits = logits.movedim(1, -1).reshape(1, -1, logits.shape[1])
        if sample_weight is not None:
            sample_weight = sample_weight.reshape(1, -1)
        return self.stacked(logits, targets.reshape(1, -1), sample_weight).squeeze(0)

    def stacked(self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """The loss of each of S networks: logits (S, B) or (S, B, C), targets and sample_weight (S, B) -> (S,).

        Made for training loops: values and shapes are trusted.
        """
        if logits.dtype in {torch.float16, torch.bfloat16}:
            logits = logits.float()
        if sample_weight is not None:  # what has no weight has no error, even where its logit is not finite
            silent = (sample_weight == 0).reshape(targets.shape + (1,) * (logits.ndim - targets.ndim))
            logits = logits.masked_fill(silent, 0)
        classes = 2 if logits.ndim == targets.ndim else logits.shape[-1]
        totals = class_totals(self.error(logits, targets), targets, classes, sample_weight)
        weights = None if self.class_weights is None else totals.errors.new_tensor(self.class_weights)
        return self.reduction(totals, weights)

    def extra_repr(self) -> str:
        parts = [getattr(part, "func", part).__name__ for part in (self.error, self.reduction)]
        return f"{', '.join(parts)}, class_weights={self.class_weights}"
