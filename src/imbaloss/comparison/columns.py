"""The columns of a table: which kind each is, and how its values were written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any, ClassVar, Self

MISSING = "(missing)"  # what stands for a missing category


class Period(StrEnum):
    """What a date repeats, so that it is learned as a point on a circle."""

    HOUR = "hour"
    WEEKDAY = "weekday"


class ColumnKind(StrEnum):
    """What the values of a column are."""

    NUMBER = "number"
    DATE = "date"
    CATEGORY = "category"
    MANY = "many"  # a category with many values
    HOUR_SINE = "hour, sine"
    HOUR_COSINE = "hour, cosine"
    WEEKDAY_SINE = "weekday, sine"
    WEEKDAY_COSINE = "weekday, cosine"
    MARKED = "marked number"  # the numbers of a column such as 1, 3, >4
    MARK = "mark"  # the marks of such a column

    @property
    def period(self) -> Period | None:
        """The period of a cycle; None for kinds that are no cycle."""
        return PERIODS.get(self)


class NumberForm(StrEnum):
    """How numbers are written in a text."""

    PLAIN = "plain"
    DECIMAL_COMMA = "decimal comma"
    THOUSANDS_COMMA = "thousands comma"
    POINTS_AND_COMMA = "thousands points and decimal comma"
    WHOLE = "whole numbers"  # plain, and without decimals


class DateForm(StrEnum):
    """How dates are written in a text. In a model file the form of a date stands in place of its kind."""

    YEAR_FIRST = "date"  # also the form of dates with a type of their own
    DAY_FIRST = "date, day first"
    MONTH_FIRST = "date, month first"


class NameForm(StrEnum):
    """How categories are written, where that matters."""

    AS_WRITTEN = "as written"  # their texts are never shortened, as 1.0 is to 1


PERIODS = {
    ColumnKind.HOUR_SINE: Period.HOUR,
    ColumnKind.HOUR_COSINE: Period.HOUR,
    ColumnKind.WEEKDAY_SINE: Period.WEEKDAY,
    ColumnKind.WEEKDAY_COSINE: Period.WEEKDAY,
}


@dataclass(frozen=True)
class Column:
    """A column that a network learns from.

    form: how the training file wrote its values; None where they were no text, or where it is not known. A cycle has
    the form of its date. source: the column of the file, where it is not `name`.
    """

    name: str
    kind: ColumnKind
    form: NumberForm | DateForm | NameForm | None = None
    source: str | None = None

    @property
    def read_from(self) -> str:
        """The name of the column of the file."""
        return self.name if self.source is None else self.source

    @property
    def is_date(self) -> bool:
        """Whether the values are days since 1970."""
        return self.kind == ColumnKind.DATE

    @property
    def is_cycle(self) -> bool:
        """Whether the values are the sine or cosine of an hour or a weekday."""
        return self.kind.period is not None

    @property
    def is_number(self) -> bool:
        """Whether the values are numbers; a date is the number of a day."""
        return self.kind in {ColumnKind.NUMBER, ColumnKind.MARKED, ColumnKind.DATE}

    @property
    def is_category(self) -> bool:
        """Whether the values are names."""
        return self.kind in {ColumnKind.CATEGORY, ColumnKind.MANY, ColumnKind.MARK}

    @property
    def number_form(self) -> NumberForm | None:
        """How numbers are written; None where it is not known."""
        return self.form if isinstance(self.form, NumberForm) else None

    @property
    def date_form(self) -> DateForm:
        """How dates are written; with the year first where it is not known."""
        return self.form if isinstance(self.form, DateForm) else DateForm.YEAR_FIRST

    @property
    def stored_kind(self) -> str:
        """The kind as model files and messages have it: for a date it is the form."""
        return str(self.date_form if self.is_date else self.kind)

    def to_json(self) -> list[str | None]:
        """Return name and kind, then form and source where there is one, as `from_json` takes them."""
        fields = [self.name, self.stored_kind, None if self.is_date else self.form, self.source]
        while fields[-1] is None:
            fields.pop()
        return fields

    @classmethod
    def from_json(cls, name: str, kind: str, form: str | None = None, source: str | None = None) -> Self:
        """Return the column that `to_json` described.

        Raises:
            ValueError: There is no such kind, or its values have no such form.
        """
        try:
            if kind in tuple(DateForm):
                return cls(name, ColumnKind.DATE, DateForm(kind), source)
            known = ColumnKind(kind)
            is_name = known in {ColumnKind.CATEGORY, ColumnKind.MANY}
            forms = DateForm if known.period else NameForm if is_name else NumberForm
            return cls(name, known, None if form is None else forms(form), source)
        except ValueError as error:
            written = f"kind {kind!r}" + (f" and form {form!r}" if form is not None else "")
            raise ValueError(f"column {name}: this version of imbaloss does not know {written}") from error


class Reason(Enum):
    """Why a column is left out. The value ends a sentence that begins with the name of the column; {} is the detail."""

    TARGET = "is the target"
    GROUP = "is the group of a row"
    TIME = "is the time of a row"
    DROPPED = "was left out as asked"
    NO_VALUE = "has no value"
    ONE_VALUE = "has the same value, {}, in each row that has one"
    ROW_COUNT = "only counts the rows"
    ROW_NUMBER = "is another whole number in each row"
    MOSTLY_DIFFERENT_TEXTS = "is text that differs from row to row ({})"
    STORED = "{}"  # a model file has the sentence alone


@dataclass(frozen=True)
class LeftOut:
    """The reason why a column is left out, and what its sentence says beside."""

    reason: Reason
    detail: str = ""

    def __str__(self) -> str:
        return self.reason.value.format(self.detail)


@dataclass(frozen=True)
class Schema:
    """The columns that a network learns from, and those of the same file that it does not, each with the reason."""

    columns: tuple[Column, ...]
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)
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
        kinds = {column.name: str(column.kind) for column in self.columns}
        described = [f"Column(name={name!r}, kind={kind!r})" for name, kind in kinds.items()]
        return f"({', '.join(described)}{',' * (len(described) == 1)})"

    def to_json(self) -> dict[str, Any]:
        """Return the entries of a model file."""
        return {
            "columns": [column.to_json() for column in self.columns],
            "left_out": [[name, str(left_out)] for name, left_out in self.left_out.items()],
            "na_values": list(self.na_values),
            "keep_na": list(self.keep_na),
        }
