"""The request that concerns columns, and the judgement on one column."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from imbaloss.comparison.columns import Column, LeftOut, Reason

ANOTHER_WAY = "leave the column out (--drop), or treat its values as names (--category)"


@dataclass(frozen=True)
class ColumnRequest:
    """The parts of a request that concern columns."""

    categories: Collection[str] = ()  # columns whose values are names, whatever they look like
    texts: Collection[str] = ()  # columns of free text, whose words are learned from, whatever they look like
    marks: Collection[str] = ()  # columns of numbers in which some values have a mark (>4) or are no number (unknown)
    na_values: tuple[str, ...] = ()  # further texts that mean a missing value
    keep_na: tuple[str, ...] = ()  # columns in which NA, None and the like are values
    aside: Mapping[str, Reason] = field(default_factory=dict)  # columns to leave out, each with the reason
    decimal: str | None = None  # the decimal mark, for columns whose values leave it open
    delimiter: str | None = None  # the delimiter of a text file; None for other formats
    embedded: Collection[str] = ()  # columns of frozen features


NOTHING_SAID = ColumnRequest()


@dataclass(frozen=True)
class Judgement:
    """The judgement on a column of a file: the columns that it gives to learn from, or the reason to leave it out."""

    columns: tuple[Column, ...] = ()
    left_out: LeftOut | None = None
    ambiguous: str | None = None  # a number whose mark separates thousands or decimals, if the column leaves it open
