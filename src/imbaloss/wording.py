"""Numbers and lists in sentences."""

from collections.abc import Iterable


def counted(number: int, noun: str) -> str:
    """As "1 training", "2 trainings"."""
    return f"{number} {noun}{'s' * (number != 1)}"


def listed(words: Iterable[str]) -> str:
    """As "a", "a and b", "a, b and c"; of one word or more."""
    *before, last = words
    return f"{', '.join(before)} and {last}" if before else last
