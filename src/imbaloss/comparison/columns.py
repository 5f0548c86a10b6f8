"""The columns of a table: which kind each is, and how its values were written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

NUMBER, DATE, CATEGORY, MANY = "number", "date", "category", "many"
DAY_FIRST, MONTH_FIRST = "date, day first", "date, month first"
DATES = (DATE, DAY_FIRST, MONTH_FIRST)
HOUR_SINE, HOUR_COSINE = "hour, sine", "hour, cosine"
WEEKDAY_SINE, WEEKDAY_COSINE = "weekday, sine", "weekday, cosine"
CYCLES = (HOUR_SINE, HOUR_COSINE, WEEKDAY_SINE, WEEKDAY_COSINE)
MARKED, MARK = "marked number", "mark"  # the two columns of a column such as 1, 3, >4
MISSING = "(missing)"  # what stands for a missing category

PLAIN, DECIMAL_COMMA, THOUSANDS_COMMA = "plain", "decimal comma", "thousands comma"  # forms of numbers as text
POINTS_AND_COMMA = "thousands points and decimal comma"
WHOLE = "whole numbers"  # plain, and without decimals
AS_WRITTEN = "as written"  # form of categories whose texts are never shortened, as 1.0 is to 1


@dataclass(frozen=True)
class Column:
    """A column that a network learns from."""

    name: str
    kind: str
    form: str | None = None  # how the training file wrote its values; None: not as text, or not known
    source: str | None = None  # the column of the file, where it is not `name`

    @property
    def read_from(self) -> str:
        """The name of the column of the file."""
        return self.name if self.source is None else self.source

    @property
    def is_date(self) -> bool:
        """Whether the values are days since 1970."""
        return self.kind in DATES

    @property
    def is_cycle(self) -> bool:
        """Whether the values are the sine or cosine of an hour or a weekday."""
        return self.kind in CYCLES

    @property
    def is_number(self) -> bool:
        """Whether the values are numbers; a date is the number of a day."""
        return self.kind in {NUMBER, MARKED} or self.is_date

    @property
    def is_category(self) -> bool:
        """Whether the values are names."""
        return self.kind in {CATEGORY, MANY, MARK}

    def to_json(self) -> list[str | None]:
        """Return name and kind, then form and source where there is one, as the constructor takes them."""
        fields = [self.name, self.kind, self.form, self.source]
        while fields[-1] is None:
            fields.pop()
        return fields


@dataclass(frozen=True)
class Schema:
    """The columns that a network learns from, and those of the same file that it does not, each with the reason."""

    columns: tuple[Column, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    na_values: tuple[str, ...] = ()  # texts that mean a missing value, beside the usual ones
    keep_na: tuple[str, ...] = ()  # columns in which texts such as NA are values
    noun: ClassVar[str] = "row"
    of_images: ClassVar[bool] = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns as the network sees them."""
        return tuple(column.name for column in self.columns)

    @property
    def read_from(self) -> tuple[str, ...]:
        """The columns of the file that are needed, each once."""
        return tuple(dict.fromkeys(column.read_from for column in self.columns))

    @property
    def identity(self) -> str:
        """Names and kinds of columns as version 0.1 wrote them, so that its results are found again."""
        kinds = {column.name: DATE if column.is_date else column.kind for column in self.columns}
        described = [f"Column(name={name!r}, kind={kind!r})" for name, kind in kinds.items()]
        return f"({', '.join(described)}{',' * (len(described) == 1)})"

    def to_json(self) -> dict[str, Any]:
        """Return the entries of a model file."""
        return {
            "columns": [column.to_json() for column in self.columns],
            "left_out": [[name, reason] for name, reason in self.left_out.items()],
            "na_values": list(self.na_values),
            "keep_na": list(self.keep_na),
        }
