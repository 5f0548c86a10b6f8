"""Checks of a loss's arguments. A message states the rule, the offending value and its index."""

import torch
from torch import Tensor

from imbaloss.losses.domains import PerClass, PerLabel, is_per_label, require_labels
from imbaloss.losses.target_form import TargetForm


def check_batch(
    logits: Tensor,
    targets: Tensor,
    sample_weight: Tensor | None,
    class_weights: PerClass | PerLabel | None,
    form: TargetForm,
    *,
    weights_from: str = "",
) -> None:
    """Raise ValueError if the arguments of a loss have wrong types, shapes or values.

    Logits must be floating point. Shapes must match, as `form` says. Targets must be whole numbers from 0 to C - 1 or
    ignore_index; soft targets are checked by `check_soft_targets`. Targets of samples of weight 0 are not checked.
    Sample weights must be finite and >= 0. Under torch.compile and inside torch.func, values are not checked.

    Args:
        logits: The shape of the targets, or (B, C, ...).
        targets: Any shape, or (B, ...).
        sample_weight: The shape of the samples; None for weights of 1.
        class_weights: One number for each class, or one pair for each label; None for none.
        form: How the targets are written.
        weights_from: "alpha" or "counts" if the class weights come from these; messages then say so.
    """
    if not logits.is_floating_point():
        raise ValueError(f"logits must be floating point, found {logits.dtype}")
    classes = form.count_classes(logits.shape, targets.shape)
    if class_weights is not None and is_per_label(class_weights):
        require_labels(len(class_weights), logits.shape[1], weights_from or "class_weights")
    elif class_weights is not None and len(class_weights) != classes:
        raise ValueError(explain_class_weights(len(class_weights), classes, weights_from))
    if sample_weight is not None and sample_weight.shape != (shape := form.sample_shape(targets.shape)):
        place = "targets without their axis 1," if form.has_class_axis(targets.shape) else "targets"
        raise ValueError(
            f"sample_weight must have the shape of {place} {tuple(shape)}, found {tuple(sample_weight.shape)}"
        )
    if is_traced():
        return
    if form.soft:
        check_soft_targets(targets, sample_weight, classes if form.has_class_axis(targets.shape) else 1)
    elif form.ignore_index is not None or not are_class_indices(targets, classes):
        check_class_indices(targets, sample_weight, classes, form.ignore_index)
    if sample_weight is not None and not are_weights(sample_weight):
        is_valid = (sample_weight >= 0) & sample_weight.isfinite()
        refuse_first(sample_weight, ~is_valid, "sample_weight must be finite and >= 0")


def check_class_indices(targets: Tensor, sample_weight: Tensor | None, classes: int, ignore_index: int | None) -> None:
    """Raise ValueError unless all targets are whole numbers from 0 to classes - 1, or ignore_index if it is not None.

    Targets of samples of weight 0 are not checked; sample_weight has the shape of the targets, or is None. If the first
    wrong target is a share between 0 and 1, the message names the option `soft`.
    """
    is_wrong = ~((targets == targets.long()) & (targets >= 0) & (targets < classes))
    rule = f"targets must be {'0 or 1' if classes == 2 else f'0 to {classes - 1}'}"
    if ignore_index is not None:
        is_wrong &= ~find_ignored(targets, ignore_index)
        rule += f", or {ignore_index}"
    if sample_weight is not None:
        is_wrong &= sample_weight != 0
    refuse_first(targets, is_wrong, rule, "; only a loss with soft=True takes soft labels")


def widen_unsigned(targets: Tensor) -> Tensor:
    """Return targets of uint16, uint32 or uint64, which PyTorch does not compare, as int64; others as they are."""
    return targets.long() if targets.dtype in {torch.uint16, torch.uint32, torch.uint64} else targets


def find_ignored(targets: Tensor, ignore_index: int) -> Tensor:
    """Return true where a target equals ignore_index, in the shape of the targets. No target is rounded."""
    # int64, since an ignore_index of -1 would wrap around to 255 beside uint8
    return (targets if targets.is_floating_point() else targets.long()) == ignore_index


def check_soft_targets(targets: Tensor, sample_weight: Tensor | None, classes: int) -> None:
    """Raise ValueError unless all soft targets are in [0, 1] and, of several classes, sum to 1 over axis 1.

    A share may be outside [0, 1], and a sum may differ from 1, by 1e-5, or by four times the machine epsilon of a
    shorter type. Targets of samples of weight 0 are not checked.

    Args:
        targets: (B, C, ...) of several classes, else any shape.
        sample_weight: The shape of the samples; None for weights of 1.
        classes: C, or 1 if there is no axis of classes.
    """
    if not targets.numel():
        return
    targets = targets if targets.is_floating_point() else targets.float()
    if sample_weight is not None:
        weight = sample_weight.unsqueeze(1) if classes > 1 else sample_weight
        targets = targets.where(weight != 0, 1 / classes)
    tolerance = max(1e-5, 4 * torch.finfo(targets.dtype).eps)
    lowest, highest = min_and_max(targets)
    if not (lowest >= -tolerance and highest <= 1 + tolerance):
        is_share = (targets >= -tolerance) & (targets <= 1 + tolerance)
        refuse_first(targets, ~is_share, "soft targets must be between 0 and 1")
    if classes > 1:
        sums = targets.sum(1, dtype=torch.promote_types(targets.dtype, torch.float32))
        rule = (
            f"soft targets of {classes} classes must sum to 1 over axis 1 (labels apart need per_label=True, a binary "
            "map the shape (B, 1, ...))"
        )
        refuse_first(sums, (sums - 1).abs() > tolerance, rule)


def explain_class_weights(number: int, classes: int, source: str) -> str:
    """Return the message for a wrong number of class weights; nothing is raised here.

    Args:
        number: How many class weights there are.
        classes: How many are needed.
        source: What they come from: "counts", focal's "alpha", which is for two classes, or "" if they were given. With
            alpha, the message asks for class_weights.
    """
    name = "counts" if source == "counts" else "class_weights"
    rule = f"{name} must have one entry a class, found {number} for {classes} classes"
    if source != "alpha":
        return rule
    weights = ", ".join(f"w{place}" for place in range(classes)) if classes < 6 else f"w0, ..., w{classes - 1}"
    return f"{rule}: they come from focal's alpha, which is for two classes; give class_weights=({weights})"


def are_class_indices(targets: Tensor, classes: int) -> bool:
    """Say whether all targets are whole numbers from 0 to classes - 1; true if there are none, false if one is NaN.

    Costs at most two passes and two GPU synchronisations.
    """
    if targets.dtype == torch.bool or not targets.numel():
        return True
    lowest, highest = min_and_max(targets)
    return lowest >= 0 and highest < classes and not (targets.is_floating_point() and targets.frac().any())


def are_weights(weights: Tensor) -> bool:
    """Say whether all weights are finite and >= 0; true if there are none, false if one is NaN."""
    if weights.dtype == torch.bool or not weights.numel():
        return True
    lowest, highest = min_and_max(weights)
    return lowest >= 0 and highest < torch.inf


def min_and_max(values: Tensor) -> list[float]:
    """Return the list [minimum, maximum] of a tensor in one pass; both are NaN if any value is NaN.

    Costs one GPU synchronisation. Raises RuntimeError for an empty tensor.
    """
    return torch.stack(values.aminmax()).tolist()


def is_traced() -> bool:
    """Say whether torch.compile or a transform of torch.func is active, where the values of tensors cannot be read."""
    return torch.compiler.is_compiling() or is_transformed()


def is_transformed() -> bool:
    """Say whether a transform of torch.func, such as vmap or grad, is active.

    PyTorch has no public function for it; this one asks a private one.
    """
    return torch._C._functorch.maybe_current_level() is not None


def check_class_weights(
    class_weights: PerClass | PerLabel, *, per_label: bool
) -> tuple[float, ...] | tuple[tuple[float, ...], ...]:
    """Return the class weights as a tuple of Python's floats, or as a tuple of such pairs, one for each label.

    Args:
        class_weights: One number for each class, or with `per_label` also one pair for each label.
        per_label: Whether there are labels with class totals of their own.

    Raises:
        ValueError: There are fewer than two, they are neither, or one is negative or not finite.
    """
    weights = torch.as_tensor(class_weights, dtype=torch.float64)
    is_of_labels = per_label and weights.ndim == 2 and weights.shape[1] == 2 and len(weights)
    if not is_of_labels and (weights.ndim != 1 or len(weights) < 2):
        raise ValueError(f"{explain_per_class('class_weights', per_label=per_label)}, found {class_weights}")
    refuse_first(weights, ~((weights >= 0) & weights.isfinite()), "class_weights must be finite and >= 0")
    return tuple(map(tuple, weights.tolist())) if is_of_labels else tuple(weights.tolist())


def explain_per_class(name: str, *, per_label: bool) -> str:
    """Return the rule for a parameter of this name that has a number for each class, or a pair for each label."""
    labels = ", or one pair for each label" if per_label else ""
    return f"{name} must hold one number for each of two or more classes{labels}"


def refuse_first(values: Tensor, is_wrong: Tensor, rule: str, advice_for_share: str = "") -> None:
    """Raise ValueError if any value is wrong; the message has the rule, the first wrong value and its index.

    Args:
        values: Any shape.
        is_wrong: Boolean, of the same shape.
        rule: What all values must be, such as "sample_weight must be finite and >= 0".
        advice_for_share: Ends the message if the value is between 0 and 1.
    """
    if is_wrong.any():
        index = is_wrong.nonzero()[0].tolist()
        where = index[0] if len(index) == 1 else tuple(index)
        value = values[tuple(index)].item()
        advice = advice_for_share if 0 < value < 1 else ""
        shape = tuple(is_wrong.shape)
        raise ValueError(f"{rule}, found {write_number(value)} at index {where} of shape {shape}{advice}")


def write_number(value: float) -> str:
    """Write a number with six digits, or with all of them if it would look whole and is not."""
    text = f"{value:g}"
    return repr(value) if float(text).is_integer() and float(text) != value else text
