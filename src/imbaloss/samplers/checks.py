"""Checks of what a sampler is given. A message states the rule, the value that was found and its place."""

import math
import operator
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Sampler

Numbers = Tensor | Iterable[float]


def read_labels(labels: Numbers) -> Tensor:
    """Return labels as int64 on the CPU, (N,).

    Raises:
        ValueError: They are not (N,) or not whole numbers from 0, there are fewer than two classes, or a class has no
            sample.
    """
    if isinstance(labels, Sampler):
        kind = type(labels).__name__
        raise ValueError(
            f"labels must be the class of each sample, found a {kind}: if Lightning put it there, give its Trainer "
            "use_distributed_sampler=False"
        )
    numbers = read_numbers("labels", labels)
    numbers = numbers if numbers.is_floating_point() else numbers.long()  # PyTorch compares no uint16 and uint32
    is_right = (numbers >= 0) & (numbers == numbers.long())
    require(bool(is_right.all()), "labels must be whole numbers from 0", *explain_first(numbers, ~is_right))
    classes = numbers.long()
    present = sorted(set(classes.tolist()))  # a count of each class up to the last could need more memory than there is
    gaps = [label for label, number in enumerate(present) if label != number]
    if gaps:
        raise ValueError(f"class {gaps[0]} has no samples, and the last class is {present[-1]}: leave no class out")
    require(len(present) > 1, "labels must name two or more classes", "class 0 alone")
    return classes


def read_numbers(name: str, values: Numbers, dtype: torch.dtype | None = None) -> Tensor:
    """Return one number for each sample as a new tensor on the CPU, (N,), of type `dtype` or that of the values.

    Raises:
        ValueError: They are no numbers, not (N,), or there are none.
    """
    try:
        array: Any = values.to_numpy() if hasattr(values, "to_numpy") else values  # a column of a frame has an index
        array = array.tolist() if str(getattr(array, "dtype", "")) == "object" else array
        numbers = torch.asarray(array, dtype=dtype, copy=True, device="cpu").detach()
    except (TypeError, ValueError, RuntimeError):
        advice = ": number names by np.unique(labels, return_inverse=True)[1]" if name == "labels" else ""
        kind = type(values).__name__
        raise ValueError(f"{name} must be numbers, one for each sample, found {kind}{advice}") from None
    require(numbers.ndim == 1, f"{name} must be (N,), one for each sample", f"shape {tuple(numbers.shape)}")
    require(len(numbers) > 0, f"{name} must be one for each sample", "none")
    return numbers


def read_shares(shares: Sequence[float], classes: int) -> tuple[float, ...]:
    """Return the shares of the classes as floats, (C,).

    Raises:
        ValueError: There are more or fewer than `classes`, one is not above 0, or their sum is not 1 to within 1e-6.
    """
    numbers = read_numbers("shares", shares, torch.float64).tolist()
    require(len(numbers) == classes, f"shares must be one for each of {classes} classes", len(numbers))
    is_right = all(share > 0 for share in numbers) and abs(math.fsum(numbers) - 1) < 1e-6
    require(is_right, "shares must be above 0 and sum to 1", numbers)
    return tuple(numbers)


def read_whole(name: str, value: Any, fewest: int = 0) -> int:
    """Return a whole number of Python, NumPy or torch as an int.

    Raises:
        ValueError: It is a bool, no whole number, or below `fewest`.
    """
    try:
        number = fewest - 1 if isinstance(value, bool) else operator.index(value)
    except (TypeError, ValueError):
        number = fewest - 1
    shown = repr(value) if isinstance(value, str | float) else value
    require(number >= fewest, f"{name} must be a whole number, {fewest} or more", shown)
    return number


def explain_first(values: Tensor, is_wrong: Tensor) -> tuple[str]:
    """Return the first wrong one of values (N,) and its place as text; "nothing" if none is wrong."""
    places = is_wrong.nonzero().flatten().tolist()
    return (f"{values[places[0]].item():g} at index {places[0]}" if places else "nothing",)


def require(is_right: bool, rule: str, value: object) -> None:
    """Raise ValueError with the rule and the value that was found, unless the value is right."""
    if not is_right:
        raise ValueError(f"{rule}, found {value}")
