"""Checks of a loss's parameters: a value outside its domain is refused in one sentence."""

from collections.abc import Sequence

Counts = Sequence[int] | None  # training samples of each class; (negatives, positives) for two classes


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


def require_counts(counts: Counts, name: str, alternative: str = "") -> Sequence[int]:
    """Return the counts unchanged, or raise ValueError if they are None.

    Args:
        counts: The number of training samples of each class.
        name: The loss, for the message.
        alternative: Ends the message with what may be given in place of counts, such as ", or class_weights".
    """
    if counts is None:
        raise ValueError(f"{name} needs counts=(negatives, positives) of the training set{alternative}")
    return counts


def counts_at_least_one(counts: Counts, name: str, alternative: str = "") -> list[float]:
    """Return the counts as floats with 1 in place of 0, for formulas that divide by them.

    Args:
        counts: The number of training samples of each class.
        name: The loss, for the message.
        alternative: Ends the message with what may be given in place of counts, such as ", or prior".

    Raises:
        ValueError: The counts are None.
    """
    return [max(float(count), 1.0) for count in require_counts(counts, name, alternative)]
