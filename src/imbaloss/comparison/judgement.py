"""What a person says of columns, and what is found of one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from imbaloss.comparison.columns import Column, LeftOut, Reason

ANOTHER_WAY = "leave the column out (--drop), or take its values for names (--category)"


@dataclass(frozen=True)
class ColumnRequest:
    """What a person says of the columns.

    categories: columns whose values are names, whatever they look like. marks: columns of numbers some of which have a
    mark (>4) or are none (unknown). na_values: further texts that mean a missing value. keep_na: columns in which NA,
    None and the like are values. aside: columns that are not learned from, each with the reason. decimal: the mark of
    decimals where the values do not tell it. delimiter: of the values in the file, where it is text.
    """

    categories: Collection[str] = ()
    marks: Collection[str] = ()
    na_values: tuple[str, ...] = ()
    keep_na: tuple[str, ...] = ()
    aside: Mapping[str, Reason] = field(default_factory=dict)
    decimal: str | None = None
    delimiter: str | None = None


NOTHING_SAID = ColumnRequest()


@dataclass(frozen=True)
class Judgement:
    """What a column is: the columns that are learned from it, or the reason why it is left out."""

    columns: tuple[Column, ...] = ()
    left_out: LeftOut | None = None
    ambiguous: str | None = None  # a value that parts thousands or decimals; nothing else in the column tells
