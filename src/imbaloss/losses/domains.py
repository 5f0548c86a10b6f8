"""Checks of a loss's parameters: a value outside its domain is refused in one sentence."""

from collections.abc import Callable, Sequence
from typing import TypeGuard, TypeVar

PerClass = Sequence[float]  # a number for each class
PerLabel = Sequence[PerClass]  # (negative, positive) for each label
Counts = PerClass | PerLabel | None  # training samples of each class; (negatives, positives) for two classes
Row = TypeVar("Row")


def require(holds: bool, rule: str, value: object) -> None:
    """Raise ValueError unless `holds` is true, with a message such as "gamma must be >= 0, found -1".

    Write the condition so that NaN makes it false: `require(gamma >= 0, ...)`, not `require(not gamma < 0, ...)`.

    Args:
        holds: The condition.
        rule: The first half of the message.
        value: The offending value, for the second half.
    """
    if not holds:
        raise ValueError(f"{rule}, found {value:g}" if isinstance(value, float) else f"{rule}, found {value}")


def require_counts(counts: Counts, name: str, alternative: str = "") -> PerClass | PerLabel:
    """Return the counts unchanged, or raise ValueError if they are None.

    Args:
        counts: The number of training samples of each class, or of each class of each label.
        name: The loss, for the message.
        alternative: Ends the message with what may be given in place of counts, such as ", or class_weights".
    """
    if counts is None:
        raise ValueError(f"{name} needs counts=(negatives, positives) of the training set{alternative}")
    return counts


def counts_at_least_one(counts: Counts, name: str, alternative: str = "") -> list[float] | list[list[float]]:
    """Return the counts as floats with 1 in place of 0, for formulas that divide by them.

    Args:
        counts: The number of training samples of each class, or of each class of each label.
        name: The loss, for the message.
        alternative: Ends the message with what may be given in place of counts, such as ", or prior".

    Raises:
        ValueError: The counts are None.
    """
    at_least_one = map_labels(
        lambda sizes: [max(float(size), 1.0) for size in sizes], require_counts(counts, name, alternative)
    )
    return at_least_one


def map_labels(formula: Callable[[PerClass], Row], values: PerClass | PerLabel) -> Row | list[Row]:
    """Apply a formula to one number for each class: once, or to each label's own numbers if there are several rows.

    Args:
        formula: One number for each class -> a number or a list.
        values: C numbers, or (negative, positive) for each of L labels.

    Returns:
        What the formula returns, or a list of L of it.
    """
    return [formula(row) for row in values] if is_per_label(values) else formula(values)  # type: ignore[arg-type]


def is_per_label(values: PerClass | PerLabel) -> TypeGuard[PerLabel]:
    """Say whether the values are rows of numbers, one row for each label, and not one number for each class.

    Values and rows may be sequences, arrays or tensors.
    """
    return len(values) > 0 and (isinstance(values[0], (list, tuple)) or getattr(values[0], "ndim", 0) > 0)


def require_labels(rows: int, labels: int, name: str = "counts and prior") -> None:
    """Raise ValueError unless there is a row for each label. name: what has the rows, for the message."""
    require(rows == labels, f"{name} must have one pair for each of {labels} labels", rows)
