"""Checks of a loss's arguments. A message states the rule, the offending value and its index."""

from collections.abc import Sequence

import torch
from torch import Tensor


def check_batch(
    logits: Tensor,
    targets: Tensor,
    sample_weight: Tensor | None,
    class_weights: tuple[float, ...] | None,
    ignore_index: int | None,
    *,
    weights_from_alpha: bool = False,
) -> None:
    """Raise ValueError if the arguments of a loss have wrong types, shapes or values.

    Logits must be floating point. Shapes must match, as given below. Targets must be whole numbers from 0 to C - 1 or
    ignore_index. Sample weights must be finite and >= 0. Under torch.compile and inside torch.func, values are not
    checked.

    Args:
        logits: The shape of the targets (two classes), or (B, C, ...).
        targets: Any shape, or (B, ...).
        sample_weight: The shape of the targets; None for weights of 1.
        class_weights: One number for each class; None for none.
        ignore_index: A target that is allowed beside the classes; None for none.
        weights_from_alpha: Whether the class weights come from focal's alpha; the message then says so.
    """
    if not logits.is_floating_point():
        raise ValueError(f"logits must be floating point, found {logits.dtype}")
    classes = count_classes(logits.shape, targets.shape)
    if class_weights is not None and len(class_weights) != classes:
        raise ValueError(explain_class_weights(len(class_weights), classes, from_alpha=weights_from_alpha))
    if sample_weight is not None and sample_weight.shape != targets.shape:
        shapes = f"{tuple(targets.shape)}, found {tuple(sample_weight.shape)}"
        raise ValueError(f"sample_weight must have the shape of targets {shapes}")
    if is_traced():
        return
    if ignore_index is not None or not are_class_indices(targets, classes):
        is_valid = (targets == targets.long()) & (targets >= 0) & (targets < classes)
        rule = f"targets must be {'0 or 1' if classes == 2 else f'0 to {classes - 1}'}"
        if ignore_index is not None:
            is_valid |= targets.long() == ignore_index
            rule += f", or {ignore_index}"
        refuse_first(targets, ~is_valid, rule)
    if sample_weight is not None and not are_weights(sample_weight):
        is_valid = (sample_weight >= 0) & sample_weight.isfinite()
        refuse_first(sample_weight, ~is_valid, "sample_weight must be finite and >= 0")


def explain_class_weights(number: int, classes: int, *, from_alpha: bool) -> str:
    """Return the message for a wrong number of class weights; nothing is raised here.

    Args:
        number: How many class weights there are.
        classes: How many are needed.
        from_alpha: Whether they come from focal's alpha, which is for two classes; the message then asks for
            class_weights.
    """
    rule = f"class_weights must have one entry a class, found {number} for {classes} classes"
    if not from_alpha:
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


def count_classes(logits: torch.Size, targets: torch.Size) -> int:
    """Return the number of classes: 2 if both shapes are equal, else C of logits (B, C, ...) and targets (B, ...).

    Raises:
        ValueError: The shapes have another form, or C is 1.
    """
    if logits == targets:
        return 2
    if len(logits) > 1 and logits[1] > 1 and logits[:1] + logits[2:] == targets:
        return logits[1]
    raise ValueError(
        "logits and targets must have equal shapes (binary) or be (B, C, ...) and (B, ...) with C > 1 classes, "
        f"found {tuple(logits)} and {tuple(targets)}"
    )


def check_class_weights(class_weights: Sequence[float]) -> tuple[float, ...]:
    """Return the class weights as a tuple of Python's floats.

    Raises:
        ValueError: There are fewer than two, they are no flat sequence, or one is negative or not finite.
    """
    weights = torch.as_tensor(class_weights, dtype=torch.float64)
    if weights.ndim != 1 or len(weights) < 2:
        raise ValueError(f"class_weights must hold one number for each of two or more classes, found {class_weights}")
    refuse_first(weights, ~((weights >= 0) & weights.isfinite()), "class_weights must be finite and >= 0")
    return tuple(weights.tolist())


def refuse_first(values: Tensor, is_wrong: Tensor, rule: str) -> None:
    """Raise ValueError if any value is wrong; the message has the rule, the first wrong value and its index.

    Args:
        values: Any shape.
        is_wrong: Boolean, of the same shape.
        rule: What all values must be, such as "sample_weight must be finite and >= 0".
    """
    if is_wrong.any():
        index = is_wrong.nonzero()[0].tolist()
        where = index[0] if len(index) == 1 else tuple(index)
        raise ValueError(
            f"{rule}, found {values[tuple(index)].item():g} at index {where} of shape {tuple(is_wrong.shape)}"
        )
