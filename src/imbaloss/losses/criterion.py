"""What every loss has in common: how it is called, which arguments it refuses and which samples it ignores."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from imbaloss.losses.checks import (
    check_batch,
    check_class_weights,
    explain_class_weights,
    find_ignored,
    widen_unsigned,
)
from imbaloss.losses.domains import PerClass, PerLabel, is_per_label, require_labels
from imbaloss.losses.target_form import TargetForm


class Criterion(nn.Module, ABC):
    """A loss of logits and targets; `loss(logits, targets, sample_weight=None)` returns a scalar.

    - Logits and targets of equal shape are binary, whatever the shape: targets are 0 or 1, and 1 is the positive class.
    - Otherwise axis 1 of the logits is the classes: logits (B, C, ...), targets (B, ...) from 0 to C - 1.
    - Targets between 0 and 1 need a loss that was built with soft=True, which reads equal shapes in another way.
    - sample_weight has the targets' shape; for soft targets (B, C, ...) it is (B, ...). A class whose weights sum to 0
      adds nothing to value and gradient.
    - class_weights holds one number for each class, (negative, positive) in the binary case.
    - Targets equal to ignore_index have no weight.
    - A sample of weight 0 is not looked at: its logit and its target may be NaN.
    - float16 and bfloat16 logits are computed in float32, and the loss is then float32.
    - Under torch.compile and inside torch.func the values of targets and sample_weight are trusted; shapes are checked.

    Raises ValueError for shapes that do not match, targets that name no class, and weights that are negative or
    not finite.
    """

    after = 0  # the epoch from which on the loss no longer changes

    @abstractmethod
    def stacked(self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """Compute the loss of each of S networks at once, (S,), as a training loop calls it.

        Values and shapes are trusted, not checked.

        Args:
            logits: (S, B) for two classes, or (S, B, C).
            targets: (S, B), from 0 on.
            sample_weight: (S, B); None for weights of 1.
        """

    @abstractmethod
    def probe(self, per_class: PerClass | PerLabel | None) -> None:
        """Compute the loss of an empty batch and drop it, so that wrong parameters raise before a training begins.

        Args:
            per_class: Counts or prior, one number for each class or one pair for each label; only their number is used.
                None for two classes.

        Raises:
            ValueError: A parameter is outside its domain, or the class weights are for another number of classes.
        """

    def set_epoch(self, epoch: int) -> None:
        """Tell a loss whose formula changes with the epoch which epoch begins; the first is 0.

        Other losses do nothing.
        """

    def keep(self, mask: Tensor) -> None:
        """Keep the state of the networks where mask (S,) is true, in place, and drop that of the others.

        A loss without state, as most are, does nothing.
        """


class WeightedCriterion(Criterion):
    """A criterion with class weights and a form of targets, which may name a target that it ignores."""

    weights_from = ""  # "alpha" or "counts" if class_weights come from these

    def __init__(
        self,
        *,
        class_weights: PerClass | PerLabel | None = None,
        ignore_index: int | None = None,
        soft: bool = False,
        per_label: bool = False,
    ) -> None:
        """Set the class weights, None for none, and the form of the targets, as `TargetForm` says.

        Raises:
            ValueError: There are fewer than two class weights, one is negative or not finite, or ignore_index is not
                whole or given with `soft`.
        """
        super().__init__()
        # numbers, not a buffer: `module.half()` would round a buffer for good
        self.class_weights = None if class_weights is None else check_class_weights(class_weights, per_label=per_label)
        self.form = TargetForm(soft, per_label, ignore_index)

    def check_and_flatten(
        self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Check a batch and reshape it to a stack of one network, as `stacked` takes it.

        Args:
            logits: The shape of the targets, or (B, C, ...).
            targets: Any shape, or (B, ...). N is the number of samples.
            sample_weight: The shape of the samples; None stays None.

        Returns:
            Logits (1, N) or (1, N, C), targets (1, N), and sample weights (1, N) or None. Soft targets of several
            classes are (1, N, C). With `per_label` there is one row for each label in the place of 1.

        Raises:
            ValueError: Shapes do not match, logits are not floating point, a target is not admitted, or a sample weight
                is negative or not finite.
        """
        targets = widen_unsigned(targets)
        check_batch(logits, targets, sample_weight, self.class_weights, self.form, weights_from=self.weights_from)
        return self.form.flatten(logits, targets, sample_weight)

    def stacked(self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """Compute the loss of each of S networks, (S,), after ignored samples are masked: (S, B) or (S, B, C) logits.

        Values and shapes are trusted. targets (S, B), or (S, B, C) if they are soft; sample_weight (S, B) or None. A
        row is a network, or a label of a loss with `per_label`.
        """
        return self.compute(*self.mask_ignored(logits, targets, sample_weight))

    @abstractmethod
    def compute(self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None) -> Tensor:
        """Compute the loss of each network, (S,), or of each sample, (S, B), for a loss that is not reduced.

        The tensors are those that `mask_ignored` returned: logits (S, B) or (S, B, C), targets (S, B), weights (S, B)
        or None.
        """

    def probe(self, per_class: PerClass | PerLabel | None) -> None:
        """Compute the loss of an empty batch and drop it, so that wrong parameters raise before a training begins.

        per_class: counts or prior, one number for each class or one pair for each label; only their number is used.
        None for two classes.

        Raises:
            ValueError: A parameter is outside its domain, or the class weights are for another number of classes or
                labels.
        """
        tables = [values for values in (per_class, self.class_weights) if values]
        labels = [len(values) for values in tables if is_per_label(values)] or [1]
        classes = [2 if is_per_label(values) else len(values) for values in tables] or [2]
        require_labels(labels[-1], labels[0], "class_weights")
        if classes[-1] != classes[0]:
            raise ValueError(explain_class_weights(classes[-1], classes[0], self.weights_from))
        logits = torch.empty(labels[0], 0) if classes[0] == 2 else torch.empty(labels[0], 0, classes[0])
        self.stacked(logits, logits if self.form.soft else torch.empty(labels[0], 0))

    def mask_ignored(
        self, logits: Tensor, targets: Tensor, sample_weight: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return logits, targets and sample weights with ignored samples made harmless.

        Shapes stay, and nothing changes in place. Without weights and ignore_index, the sample weights stay None.

        - Logits in half precision become float32.
        - Targets equal to ignore_index get the sample weight 0; the weights of the others are 1 unless per_classes.
        - Of samples with weight 0, logits that are not finite and targets that name no class become 0, so that no NaN
          enters a sum. Soft targets of such samples all become 0.
        """
        if logits.dtype in {torch.float16, torch.bfloat16}:
            logits = logits.float()
        if self.form.ignore_index is not None:
            is_ignored = find_ignored(targets, self.form.ignore_index)
            weight = torch.ones_like(targets, dtype=logits.dtype) if sample_weight is None else sample_weight
            sample_weight = weight.masked_fill(is_ignored, 0)
        if sample_weight is not None:
            has_no_weight = (sample_weight == 0).reshape(
                sample_weight.shape + (1,) * (logits.ndim - sample_weight.ndim)
            )
            logits = logits.masked_fill(has_no_weight & ~logits.isfinite(), 0)
            if self.form.soft:
                targets = targets.masked_fill(has_no_weight, 0)
            else:
                classes = 2 if logits.ndim == targets.ndim else logits.shape[-1]
                is_class = (targets >= 0) & (targets < classes)  # a weight of 0 has a gradient, by its own class
                targets = targets.masked_fill((sample_weight == 0) & ~is_class, 0)
        return logits, targets, sample_weight

    def format_arguments(self, *parts: str, **options: object) -> str:
        """Write the arguments of a loss as one text `part, key=value`, for `extra_repr`.

        Options that are None or False are left out.

        Args:
            parts: The texts of the error, the reduction or the function of ranks.
            options: The options of the subclass, written after class_weights and those of the targets.
        """
        form = {name: getattr(self.form, name) for name in ("ignore_index", "soft", "per_label")}
        options = {"class_weights": self.class_weights, **form, **options}
        chosen = {key: value for key, value in options.items() if value is not None and value is not False}
        return ", ".join([*parts, *(f"{key}={value}" for key, value in chosen.items())])


def describe_part(part: Callable[..., object]) -> str:
    """Return the name of an error or a reduction function with its bound parameters, such as `focal(gamma=1.0)`.

    A callable without a name, such as a module of PyTorch, is called by its type.
    """
    if isinstance(part, partial):
        parameters = ", ".join(f"{key}={value}" for key, value in part.keywords.items())
        return f"{describe_part(part.func)}({parameters})"
    return getattr(part, "__name__", type(part).__name__)
