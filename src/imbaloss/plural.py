"""Counts, shares and lists of words in sentences."""

from collections.abc import Iterable


def format_count(number: int, noun: str) -> str:
    """Write a count with its noun: "1 training", "2 trainings", "0 trainings". The plural is the noun and an s."""
    return f"{number} {noun}{'s' * (number != 1)}"


def join_words(words: Iterable[str], most: int | None = None) -> str:
    """List words in a sentence: "a", "a and b", "a, b and c".

    most: how many are listed; the others are counted, "a, b and 3 more". None: all are listed.

    Raises:
        ValueError: There are no words.
    """
    names = list(words)
    if most is not None and len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    *before, last = names
    return f"{', '.join(before)} and {last}" if before else last


def write_percent(share: float) -> str:
    """Write a share in percent with one decimal, or with two significant digits below 1 %: 7.2 %, 20 %, 0.17 %."""
    percent = 100 * share
    return f"{percent:.2g} %" if percent < 1 else f"{percent:.1f} %".replace(".0 %", " %")
