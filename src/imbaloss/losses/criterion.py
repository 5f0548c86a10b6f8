"""What every loss has in common: how it is called, what it refuses, which samples it does not see."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from imbaloss.losses.checks import check_batch, checked_class_weights, explain_class_weights
from imbaloss.losses.domains import require


class Criterion(nn.Module, ABC):
    """`loss(logits, targets, sample_weight=None)` returns a scalar.

    - Logits and targets of equal shape are binary, whatever the shape: targets are 0 or 1, and 1 is the positive class.
    - Otherwise axis 1 of the logits is the classes: logits (B, C, ...), targets (B, ...) from 0 to C - 1.
    - sample_weight has the targets' shape. A class whose weights sum to 0 adds nothing to value and gradient.
    - class_weights holds one number for each class, (negative, positive) in the binary case.
    - Targets equal to ignore_index have no weight.
    - float16 and bfloat16 logits are computed in float32, and the loss is then float32.
    - Under torch.compile and inside torch.func the values of targets and sample_weight are trusted; shapes are checked.

    Raises ValueError for shapes that do not match, targets that name no class, and weights that are negative or
    not finite.
    """

    after = 0  # the epoch from which on it does not change any more

    @abstractmethod
    def stacked(self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """Compute the loss of each of S networks: logits (S, B) or (S, B, C), targets and sample_weight (S, B) -> (S,).

        Training loops call it: values and shapes are trusted.
        """

    @abstractmethod
    def probe(self, of_classes: Sequence[float] | None) -> None:
        """Compute the loss of an empty batch, so that parameters outside their domain are refused before a training.

        Args:
            of_classes: Counts or prior, one number for each class; two classes unless given.

        Raises:
            ValueError: A parameter is outside its domain, or there are class weights for other classes.
        """

    def set_epoch(self, epoch: int) -> None:
        """Tells a loss with a schedule which epoch begins; the first is 0, as in DistributedSampler."""

    def keep(self, mask: Tensor) -> None:
        """The networks of the stack where mask (S,) is true stay: slices state that has an axis S."""


class WeightedCriterion(Criterion):
    """A criterion with class weights and an ignored target of its own."""

    of_alpha = False  # whether class_weights come from focal's alpha

    def __init__(self, *, class_weights: Sequence[float] | None = None, ignore_index: int | None = None) -> None:
        """Raise ValueError for class weights that are negative or not finite, and for an index that is not whole."""
        super().__init__()
        # numbers, not a buffer: `module.half()` would round a buffer for good
        self.class_weights = None if class_weights is None else checked_class_weights(class_weights)
        self.ignore_index = ignore_index
        require(ignore_index is None or ignore_index == int(ignore_index), "ignore_index must be whole", ignore_index)

    def checked(
        self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """The batch as a stack of one: logits (1, N) or (1, N, C), targets and sample_weight (1, N)."""
        check_batch(logits, targets, sample_weight, self.class_weights, self.ignore_index, of_alpha=self.of_alpha)
        classes = () if logits.shape == targets.shape else (logits.shape[1],)
        flat = logits.movedim(1, -1) if classes else logits
        weight = None if sample_weight is None else sample_weight.reshape(1, -1)
        return flat.reshape(1, targets.numel(), *classes), targets.reshape(1, -1), weight

    def stacked(self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """See `Criterion.stacked`."""
        return self.of(*self.seen(logits, targets, sample_weight))

    @abstractmethod
    def of(self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None) -> Tensor:
        """`stacked`, of a batch as `seen` leaves it."""

    def probe(self, of_classes: Sequence[float] | None) -> None:
        """See `Criterion.probe`."""
        weights = self.class_weights
        if weights and of_classes and len(weights) != len(of_classes):
            raise ValueError(explain_class_weights(len(weights), len(of_classes), of_alpha=self.of_alpha))
        classes = len(weights or of_classes or (0, 1))
        self.stacked(torch.empty(1, 0) if classes == 2 else torch.empty(1, 0, classes), torch.empty(1, 0))

    def seen(
        self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """The batch without half precision, ignored targets, and wild logits of samples that have no weight."""
        if logits.dtype in {torch.float16, torch.bfloat16}:
            logits = logits.float()
        if self.ignore_index is not None:
            ignored = targets.long() == self.ignore_index
            targets = targets.masked_fill(ignored, 0)
            weight = torch.ones_like(targets, dtype=logits.dtype) if sample_weight is None else sample_weight
            sample_weight = weight.masked_fill(ignored, 0)
        if sample_weight is not None:  # what has no weight has no error, even where its logit is not finite
            silent = (sample_weight == 0).reshape(targets.shape + (1,) * (logits.ndim - targets.ndim))
            logits = logits.masked_fill(silent & ~logits.isfinite(), 0)
        return logits, targets, sample_weight

    def options(self, more: Mapping[str, object]) -> str:
        """Those that were given, for `extra_repr`."""
        given = {"class_weights": self.class_weights, "ignore_index": self.ignore_index, **more}
        return ", ".join(f"{key}={value}" for key, value in given.items() if value is not None and value is not False)


def described(part: Callable[..., object]) -> str:
    """The name of an error or a reduction, with the parameters that it was given."""
    if isinstance(part, partial):
        return f"{described(part.func)}({', '.join(f'{key}={value}' for key, value in part.keywords.items())})"
    return getattr(part, "__name__", type(part).__name__)
