"""What a loss refuses, in one sentence each: the rule, the offending value, where it stands."""

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
    of_alpha: bool = False,
) -> None:
    """Raises ValueError where the arguments of a loss break the rules that `Criterion` states."""
    if not logits.is_floating_point():
        raise ValueError(f"logits must be floating point, found {logits.dtype}")
    classes = number_of_classes(logits.shape, targets.shape)
    if class_weights is not None and len(class_weights) != classes:
        raise ValueError(explain_class_weights(len(class_weights), classes, of_alpha=of_alpha))
    if sample_weight is not None and sample_weight.shape != targets.shape:
        shapes = f"{tuple(targets.shape)}, found {tuple(sample_weight.shape)}"
        raise ValueError(f"sample_weight must have the shape of targets {shapes}")
    if traced():
        return
    if ignore_index is not None or not all_whole_below(targets, classes):
        known = (targets == targets.long()) & (targets >= 0) & (targets < classes)
        rule = f"targets must be {'0 or 1' if classes == 2 else f'0 to {classes - 1}'}"
        if ignore_index is not None:
            known |= targets.long() == ignore_index
            rule += f", or {ignore_index}"
        refuse_first(targets, ~known, rule)
    if sample_weight is not None and not all_below_infinity(sample_weight):
        good = (sample_weight >= 0) & sample_weight.isfinite()
        refuse_first(sample_weight, ~good, "sample_weight must be finite and >= 0")


def explain_class_weights(found: int, classes: int, *, of_alpha: bool) -> str:
    """Say how many class weights are needed. of_alpha: they are those that focal loss makes of alpha."""
    rule = f"class_weights must have one entry a class, found {found} for {classes} classes"
    if not of_alpha:
        return rule
    weights = ", ".join(f"w{place}" for place in range(classes)) if classes < 6 else f"w0, ..., w{classes - 1}"
    return f"{rule}: they come from focal's alpha, which is for two classes; give class_weights=({weights})"


def all_whole_below(targets: Tensor, classes: int) -> bool:
    """Whether all are whole numbers from 0 to C - 1: in two passes at most, and two waits for a GPU."""
    if targets.dtype == torch.bool or not targets.numel():
        return True
    low, high = extremes(targets)
    return low >= 0 and high < classes and not (targets.is_floating_point() and targets.frac().any())


def all_below_infinity(weights: Tensor) -> bool:
    """Whether all are finite and >= 0."""
    if weights.dtype == torch.bool or not weights.numel():
        return True
    low, high = extremes(weights)
    return low >= 0 and high < torch.inf


def extremes(values: Tensor) -> list[float]:
    """Smallest and largest, both NaN where there is one: one pass, one wait for a GPU."""
    return torch.stack(values.aminmax()).tolist()


def traced() -> bool:
    """Whether a look at values would break a graph: under torch.compile, and inside torch.func's transforms."""
    return torch.compiler.is_compiling() or transformed()


def transformed() -> bool:
    """Whether this is inside a transform of torch.func. PyTorch has no public way to ask."""
    return torch._C._functorch.maybe_current_level() is not None


def number_of_classes(logits: torch.Size, targets: torch.Size) -> int:
    """Return the number of classes that the shapes tell: 2 for equal shapes, else C of (B, C, ...) and (B, ...).

    Raises ValueError for shapes of another form.
    """
    if logits == targets:
        return 2
    if len(logits) > 1 and logits[1] > 1 and logits[:1] + logits[2:] == targets:
        return logits[1]
    raise ValueError(
        "logits and targets must have equal shapes (binary) or be (B, C, ...) and (B, ...) with C > 1 classes, "
        f"found {tuple(logits)} and {tuple(targets)}"
    )


def checked_class_weights(class_weights: Sequence[float]) -> tuple[float, ...]:
    """One number a class."""
    weights = torch.as_tensor(class_weights, dtype=torch.float64)
    if weights.ndim != 1 or len(weights) < 2:
        raise ValueError(f"class_weights must hold one number for each of two or more classes, found {class_weights}")
    refuse_first(weights, ~((weights >= 0) & weights.isfinite()), "class_weights must be finite and >= 0")
    return tuple(weights.tolist())


def refuse_first(values: Tensor, wrong: Tensor, rule: str) -> None:
    """Raise ValueError if a value is wrong, and name the rule, the first wrong value and its index."""
    if wrong.any():
        index = wrong.nonzero()[0].tolist()
        where = index[0] if len(index) == 1 else tuple(index)
        raise ValueError(
            f"{rule}, found {values[tuple(index)].item():g} at index {where} of shape {tuple(wrong.shape)}"
        )
