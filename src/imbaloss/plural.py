"""Counts and lists of words in sentences."""

from collections.abc import Iterable


def format_count(number: int, noun: str) -> str:
    """Write a count with its noun: "1 training", "2 trainings", "0 trainings". The plural is the noun and an s."""
    return f"{number} {noun}{'s' * (number != 1)}"


def join_words(words: Iterable[str]) -> str:
    """Join words for a sentence: "a", "a and b", "a, b and c".

    Raises:
        ValueError: There are no words.
    """
    *before, last = words
    return f"{', '.join(before)} and {last}" if before else last
