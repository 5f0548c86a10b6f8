"""Protocols: the number of images of each class that a level of imbalance stands for."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from imbaloss.choices import check_choice
from imbaloss.data.samples import Counts


def table1_counts(level: Fraction, available: Counts) -> Counts:
    """Return N = n - P negatives and P = level x 2 n positives: the counts behind the 2023 study's Table 1.

    P is rounded to a whole number, halves up. level: half the share of positives, at most 1/2. available: the images of
    each class, of which the smaller number is n.
    """
    size = min(available)
    positives = round_half_up(level * 2 * size)
    return Counts(size - positives, positives)


def stated_counts(level: Fraction, available: Counts) -> Counts:
    """Return N = n - P negatives and P = level x n positives: the rule that the 2023 study states.

    P is rounded to a whole number, halves up. level: the share of positives, at most 1. available: the images of each
    class, of which the smaller number is n.
    """
    size = min(available)
    positives = round_half_up(level * size)
    return Counts(size - positives, positives)


def ratio_counts(level: Fraction, available: Counts) -> Counts:
    """Return all N negatives that are available and P = level x N positives, rounded halves up.

    level: the ratio of positives to negatives. P may be more than are available: that is not checked. It is the rule of
    Wang et al. 2016.
    """
    return Counts(available.negatives, round_half_up(level * available.negatives))


def round_half_up(number: Fraction) -> int:
    """Round to the nearest whole number; a half is rounded up, as 2.5 to 3 and -2.5 to -2."""
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
    """Raise ValueError if the protocol (rule for the counts) is unknown or does not admit the level.

    Levels must be from 0 to 0.5 for table1, from 0 to 1 for stated, and finite and at least 0 for ratio.
    """
    check_choice("protocol", protocol, PROTOCOLS)
    highest = PROTOCOLS[protocol].highest_level
    if not 0 <= level < float("inf") or (highest is not None and level > highest):
        limits = ">= 0" if highest is None else f"from 0 to {float(highest):g}"
        raise ValueError(f"level must be {limits} under protocol {protocol}, found {level:g}")
