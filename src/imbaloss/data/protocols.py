"""Protocols: how many images of each class a level of imbalance means."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from imbaloss.choices import check_choice
from imbaloss.data.samples import Counts


def table1_counts(level: Fraction, available: Counts) -> Counts:
    """P = level x both classes together, N = the size of one class - P: the counts behind the report's Table 1."""
    size = min(available)
    positives = rounded(level * 2 * size)
    return Counts(size - positives, positives)


def stated_counts(level: Fraction, available: Counts) -> Counts:
    """P = level x the size of one class, N = that size - P: the counting rule that the report states."""
    size = min(available)
    positives = rounded(level * size)
    return Counts(size - positives, positives)


def ratio_counts(level: Fraction, available: Counts) -> Counts:
    """N = all of the majority, P = level x N: the rule of Wang et al. 2016."""
    return Counts(available.negatives, rounded(level * available.negatives))


def rounded(number: Fraction) -> int:
    """To the nearest whole number, halves up."""
    return floor(number + Fraction(1, 2))


@dataclass(frozen=True)
class Protocol:
    counts: Callable[[Fraction, Counts], Counts]
    highest_level: Fraction | None  # None: as far as the images of the rare class go


PROTOCOLS = {
    "table1": Protocol(table1_counts, Fraction(1, 2)),
    "stated": Protocol(stated_counts, Fraction(1)),
    "ratio": Protocol(ratio_counts, None),
}


def check_level(level: float, protocol: str) -> None:
    """Raises ValueError for an unknown protocol and for a level that it does not admit."""
    check_choice("protocol", protocol, PROTOCOLS)
    highest = PROTOCOLS[protocol].highest_level
    if not 0 <= level < float("inf") or (highest is not None and level > highest):
        limits = ">= 0" if highest is None else f"from 0 to {float(highest):g}"
        raise ValueError(f"level must be {limits} under protocol {protocol}, found {level:g}")
