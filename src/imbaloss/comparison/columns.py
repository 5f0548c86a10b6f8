"""The columns of a table: the kind of each, and how its values are written."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    from imbaloss.comparison.embedding import Embedding

MISSING = "(missing)"  # replaces a missing category


class Period(StrEnum):
    """A cycle of dates that is learned as a point on a circle."""

    HOUR = "hour"
    WEEKDAY = "weekday"


class ColumnKind(StrEnum):
    """The kind of the values of a column."""

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
    EMBEDDED = "features"  # vectors: the frozen features of an image or a text in each row

    @property
    def period(self) -> Period | None:
        """The period of a sine or cosine, hour or weekday; None for all other kinds."""
        return PERIODS.get(self)


class NumberForm(StrEnum):
    """The form in which numbers are written as text."""

    PLAIN = "plain"
    DECIMAL_COMMA = "decimal comma"
    THOUSANDS_COMMA = "thousands comma"
    POINTS_AND_COMMA = "thousands points and decimal comma"
    WHOLE = "whole numbers"  # plain, and without decimals


class DateForm(StrEnum):
    """The form in which dates are written as text. A model file has it in place of the kind of a column of dates."""

    YEAR_FIRST = "date"  # also the form of dates with a type of their own
    DAY_FIRST = "date, day first"
    MONTH_FIRST = "date, month first"


class NameForm(StrEnum):
    """The form in which categories are written, if it matters."""

    AS_WRITTEN = "as written"  # their texts are never shortened, as 1.0 is to 1


PERIODS = {
    ColumnKind.HOUR_SINE: Period.HOUR,
    ColumnKind.HOUR_COSINE: Period.HOUR,
    ColumnKind.WEEKDAY_SINE: Period.WEEKDAY,
    ColumnKind.WEEKDAY_COSINE: Period.WEEKDAY,
}


@dataclass(frozen=True)
class Column:
    """A column that a method learns from."""

    name: str
    kind: ColumnKind
    # how the training file wrote the values (a cycle: its dates); None if they were no text or it is unknown
    form: NumberForm | DateForm | NameForm | None = None
    source: str | None = None  # the column of the file that this one is derived from; None if it is the same

    @property
    def read_from(self) -> str:
        """The name of the column of the file that has the values: the source of a derived column, else its own name."""
        return self.name if self.source is None else self.source

    @property
    def is_date(self) -> bool:
        """Whether the values are dates, as days since 1970."""
        return self.kind == ColumnKind.DATE

    @property
    def is_cycle(self) -> bool:
        """Whether the values are the sine or cosine of the hour or weekday of a date."""
        return self.kind.period is not None

    @property
    def is_number(self) -> bool:
        """Whether the values are numbers, with or without marks, or dates (days since 1970).

        Sines and cosines are not.
        """
        return self.kind in {ColumnKind.NUMBER, ColumnKind.MARKED, ColumnKind.DATE}

    @property
    def is_category(self) -> bool:
        """Whether the values are names: categories, categories with many values, and marks of numbers."""
        return self.kind in {ColumnKind.CATEGORY, ColumnKind.MANY, ColumnKind.MARK}

    @property
    def is_embedded(self) -> bool:
        """Whether the values are vectors: frozen features of an image or a text in each row."""
        return self.kind == ColumnKind.EMBEDDED

    @property
    def is_simple(self) -> bool:
        """Whether each value is one number or one name, so that values can be counted and compared one by one."""
        return not self.is_embedded

    @property
    def number_form(self) -> NumberForm | None:
        """The form in which numbers are written, such as with decimal commas; None if unknown or no form of numbers."""
        return self.form if isinstance(self.form, NumberForm) else None

    @property
    def date_form(self) -> DateForm:
        """The form in which dates are written: year, day or month first; the year first if it is unknown."""
        return self.form if isinstance(self.form, DateForm) else DateForm.YEAR_FIRST

    @property
    def stored_kind(self) -> str:
        """The kind as model files and messages have it, such as "number". A date has its form: "date, day first"."""
        return str(self.date_form if self.is_date else self.kind)

    def to_json(self) -> list[str | None]:
        """Return the column as a list for a model file: name, kind, form and source, without None at the end."""
        fields = [self.name, self.stored_kind, None if self.is_date else self.form, self.source]
        while fields[-1] is None:
            fields.pop()
        return fields

    @classmethod
    def from_json(cls, name: str, kind: str, form: str | None = None, source: str | None = None) -> Self:
        """Return the column that a model file describes.

        Args:
            name: The name.
            kind: The kind; for a date its form, such as "date, day first".
            form: The form in which the values are written; None if unknown.
            source: The column of the file that this one is derived from; None if it is the same.

        Raises:
            ValueError: This version does not know the kind, or the kind does not have the form.
        """
        try:
            if kind in tuple(DateForm):
                return cls(name, ColumnKind.DATE, DateForm(kind), source)
            column_kind = ColumnKind(kind)
            is_name = column_kind in {ColumnKind.CATEGORY, ColumnKind.MANY}
            forms = DateForm if column_kind.period else NameForm if is_name else NumberForm
            return cls(name, column_kind, None if form is None else forms(form), source)
        except ValueError as error:
            written = f"kind {kind!r}" + (f" and form {form!r}" if form is not None else "")
            raise ValueError(f"column {name}: this version of imbaloss does not know {written}") from error


class Reason(Enum):
    """A reason to leave out a column. The value follows "Ignored column `x`: "; {} stands for the detail."""

    TARGET = "it is the target"
    GROUP = "it names the group of each row"
    TIME = "it gives the time of each row"
    COST = "it is a cost (--keep-cost-columns to learn from it too)"
    WEIGHT = "it is the weight of each row"
    BASELINE = "it is the score or decision in use today"
    NOT_BASELINE = "it is not the score or decision in use today"
    DROPPED = "you asked to leave it out"
    NO_VALUE = "it has no values"
    ONE_VALUE = "its only value is {}"
    ROW_COUNT = "it only counts the rows"
    ROW_NUMBER = "it has a different whole number in each row (an identifier?)"
    MOSTLY_DIFFERENT_TEXTS = "it has {} (an identifier?)"
    STORED = "{}"  # read from a model file, which has the sentence alone


@dataclass(frozen=True)
class LeftOut:
    """The reason why a column is left out, with a detail. As text it is the sentence."""

    reason: Reason
    detail: str = ""

    def __str__(self) -> str:
        """Return the reason with its detail, such as "its only value is 7"."""
        return self.reason.value.format(self.detail)


@dataclass(frozen=True)
class Schema:
    """The columns of a table that methods learn from, and the ones that are left out."""

    columns: tuple[Column, ...]
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)  # by name, with the reason
    na_values: tuple[str, ...] = ()  # texts that mean a missing value, in addition to the usual ones
    keep_na: tuple[str, ...] = ()  # columns in which texts such as NA are values
    embeddings: Mapping[str, "Embedding"] = field(default_factory=dict)  # what makes features, by column
    noun: ClassVar[str] = "row"
    of_images: ClassVar[bool] = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns that methods learn from, in order.

        Derived ones, such as hours of dates, are among them.
        """
        return tuple(column.name for column in self.columns)

    @property
    def simple(self) -> "Schema":
        """The same columns without those whose values cannot be counted one by one, such as frozen features."""
        return replace(self, columns=tuple(column for column in self.columns if column.is_simple))

    @property
    def read_from(self) -> tuple[str, ...]:
        """The names of the columns of the file that are needed, each once, in order."""
        return tuple(dict.fromkeys(column.read_from for column in self.columns))

    @property
    def identity(self) -> str:
        """The names and kinds of the columns as version 0.1 wrote them, so that its results keep their checksum."""
        kinds = {column.name: str(column.kind) for column in self.columns}
        described = [f"Column(name={name!r}, kind={kind!r})" for name, kind in kinds.items()]
        return f"({', '.join(described)}{',' * (len(described) == 1)})"

    def to_json(self) -> dict[str, Any]:
        """Return the entries of a model file on the columns: "columns", "left_out", "na_values" and "keep_na".

        With frozen features there is also "embeddings".
        """
        entries: dict[str, Any] = {
            "columns": [column.to_json() for column in self.columns],
            "left_out": [[name, str(left_out)] for name, left_out in self.left_out.items()],
            "na_values": list(self.na_values),
            "keep_na": list(self.keep_na),
        }
        if self.embeddings:
            entries["embeddings"] = {name: embedding.to_json() for name, embedding in self.embeddings.items()}
        return entries
