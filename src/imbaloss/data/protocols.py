"""Protocols: the number of images of each class that a level of imbalance stands for."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from imbaloss.choices import check_choice
from imbaloss.data.samples import Counts


def table1_counts(level: Fraction, available: Counts) -> Counts:
    """Compute P = level x 2 n and N = n - P for classes of n images: the counts behind the report's Table 1.

    n is the size of the smaller class, so that both classes count as equally large.
    """
    size = min(available)
    positives = round_half_up(level * 2 * size)
    return Counts(size - positives, positives)


def stated_counts(level: Fraction, available: Counts) -> Counts:
    """Compute P = level x n and N = n - P for classes of n images: the rule that the report states.

    n is the size of the smaller class.
    """
    size = min(available)
    positives = round_half_up(level * size)
    return Counts(size - positives, positives)


def ratio_counts(level: Fraction, available: Counts) -> Counts:
    """Compute P = level x N for all N negatives that are available: the rule of Wang et al. 2016."""
    return Counts(available.negatives, round_half_up(level * available.negatives))


def round_half_up(number: Fraction) -> int:
    """Round to the nearest whole number, halves up."""
    return floor(number + Fraction(1, 2))


@dataclass(frozen=True)
class Protocol:
    """A rule for the counts at a level, and the highest level that it admits."""

    counts: Callable[[Fraction, Counts], Counts]  # level and available counts -> counts to draw
    highest_level: Fraction | None  # None: the images of the positive class are the only limit


PROTOCOLS = {
    "table1": Protocol(table1_counts, Fraction(1, 2)),
    "stated": Protocol(stated_counts, Fraction(1)),
    "ratio": Protocol(ratio_counts, None),
}


def check_level(level: float, protocol: str) -> None:
    """Raise ValueError if the protocol is unknown or does not admit the level."""
    check_choice("protocol", protocol, PROTOCOLS)
    highest = PROTOCOLS[protocol].highest_level
    if not 0 <= level < float("inf") or (highest is not None and level > highest):
        limits = ">= 0" if highest is None else f"from 0 to {float(highest):g}"
        raise ValueError(f"level must be {limits} under protocol {protocol}, found {level:g}")
