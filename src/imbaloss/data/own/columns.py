"""The columns of a table: which kind each is, and the same columns of other rows."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from imbaloss.nearest import nearest
from imbaloss.wording import listed

NUMBER, DATE, CATEGORY, MANY = "number", "date", "category", "many"
DAY_FIRST, MONTH_FIRST = "date, day first", "date, month first"
DATES = {DATE: "ISO8601", DAY_FIRST: "%d/%m/%Y", MONTH_FIRST: "%m/%d/%Y"}  # how each is written, after . became /
FEW = 20  # values of a category, each of which becomes a column; a category with more is MANY
DAY_S = 86_400
TRUTHS = {"true": "True", "TRUE": "True", "false": "False", "FALSE": "False"}  # as a CSV file may write them
MISSING = "(missing)"  # what stands for a missing category
MOST = 0.5  # of the values of a column that are of one kind, if more than FEW: the others are then mistakes
NEARLY_ALL = 0.9  # the same of few different values
LARGEST = 1e300  # of a number: beyond it differences overflow
ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?")
PARTS = re.compile(r"(\d{1,2})([/.])(\d{1,2})[/.]\d{4}")
UNCLEAR = re.compile(r"\d{1,2}[/.]\d{1,2}[/.](\d{4}|\d{2})|\d{4}/\d{1,2}/\d{1,2}")
WITH_COMMA = re.compile(r"[+-]?\d[\d.]*,[\d.,]*\d")
ANOTHER_WAY = "leave the column out (--drop), or take its values for names (--category)"


@dataclass(frozen=True)
class Column:
    name: str
    kind: str

    @property
    def is_number(self) -> bool:
        """Or a date, which is the number of a day."""
        return self.kind == NUMBER or self.kind in DATES

    @property
    def is_category(self) -> bool:
        return self.kind in {CATEGORY, MANY}


@dataclass(frozen=True)
class Schema:
    """The columns that a network learns from, and those of the same file that it does not, each with the reason."""

    columns: tuple[Column, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, frame: pd.DataFrame, categories: Collection[str] = (), left_out: Mapping[str, str] | None = None
    ) -> "Schema":
        """categories: columns whose values are names, whatever they look like; left_out: those already set aside.

        Raises ValueError for a column that is neither one kind nor the other.
        """
        columns, reasons = [], dict(left_out or {})
        for name in frame.columns:
            if name in reasons:
                continue
            kind, reason = judged(frame[name], named=name in categories)
            if reason:
                reasons[name] = reason
            else:
                columns.append(Column(name, kind))
        if not columns:
            said = "; ".join(f"{name} {reason}" for name, reason in reasons.items())
            raise ValueError(f"there is no column to learn from: {said or 'the table has none beside the target'}")
        return cls(tuple(columns), reasons)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def text(self) -> tuple[str, ...]:
        """The columns whose values are names: how they are written is what they are."""
        return tuple(column.name for column in self.columns if column.is_category)

    def take(self, frame: pd.DataFrame, first_row: int = 1, also: Iterable[str] = ()) -> pd.DataFrame:
        """The columns, in this order: float64 of numbers and dates (in days since 1970), text of categories.

        first_row: the number of the first row, in sentences; also: other columns that may be there. Raises ValueError
        for missing and for unknown columns, and for values that are not of a column's kind.
        """
        if said := differing(self.names, list(frame.columns), {*self.left_out, *also}):
            raise ValueError(f"the columns are not those that the model was made of: {said}")
        taken = {column.name: values(frame[column.name], column, first_row) for column in self.columns}
        return pd.DataFrame(taken, copy=False)


def differing(wanted: Sequence[str], there: Sequence[str], also: Collection[str] = ()) -> str:
    """Which columns are missing, and which are there beside them and those that may be; nothing where all is well."""
    missing = [name for name in wanted if name not in there]
    unknown = [name for name in there if name not in {*wanted, *also}]
    said = [f"without {some(missing)}{nearest(missing[0], unknown)}"] if missing else []
    said += [f"with {some(unknown)}"] if unknown else []
    return " and ".join(said)


def some(names: Sequence[str]) -> str:
    """Of many, the first ones."""
    return listed(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def judged(column: "pd.Series[Any]", *, named: bool) -> tuple[str, str]:
    """The kind of a column, or why it is left out. Raises ValueError where its values are of several kinds."""
    known, api = column.dropna(), pd.api.types
    if not len(known):
        return "", "has no value"
    if named or api.is_bool_dtype(known.dtype):
        return of_names(texts(known))
    if api.is_complex_dtype(known.dtype):
        raise ValueError(f"column {column.name} has complex numbers, of which none is more than another")
    if api.is_datetime64_any_dtype(known.dtype):
        return of_values(known, DATE)
    if api.is_numeric_dtype(known.dtype) or api.is_timedelta64_dtype(known.dtype):
        return of_values(known, NUMBER)
    return of_text(column, texts(known))


def of_text(column: "pd.Series[Any]", written: "pd.Series[str]") -> tuple[str, str]:
    """The same, of text: numbers and dates may be written as it."""
    distinct = pd.Series(written.unique(), dtype=object)
    is_number = pd.to_numeric(distinct, errors="coerce").notna() & ~distinct.map(leads_with_zero)
    is_date, is_unclear = (
        distinct.map(lambda text, form=form: bool(form.fullmatch(text))).astype(bool) for form in (ISO, UNCLEAR)
    )
    for kind, fits in ((NUMBER, is_number), (DATE, is_date)):
        if fits.all():
            return of_values(written, kind)
    if kind := day_or_month_first(list(distinct)):
        return of_values(written, kind)
    if (is_date | is_unclear).all():
        raise ValueError(unclear_dates(column, written, set(distinct[is_date])))
    for kind, fits in ((NUMBER, is_number), (DATE, is_date)):
        if written.isin(distinct[fits]).mean() >= (MOST if fits.sum() > FEW else NEARLY_ALL):
            raise ValueError(said_of(column, written.isin(distinct[~fits]), f"{kind}s but for"))
    has_comma = distinct.map(lambda text: bool(WITH_COMMA.fullmatch(text))).astype(bool)
    if has_comma.any() and (has_comma | is_number).all():
        first = distinct[has_comma].iloc[0]
        advice = f"write all with a decimal point and nothing else, or {ANOTHER_WAY}"
        raise ValueError(f"column {column.name} has numbers with commas, such as {first!r}: {advice}")
    return of_names(written)


def leads_with_zero(text: str) -> bool:
    """Whether it is written as no number is, as the codes 007 and 01234 are."""
    return bool(re.fullmatch(r"0\d+", text))


def day_or_month_first(distinct: Sequence[str]) -> str:
    """The kind of dates such as 13/01/2026 and 1.2.2026, which have the day first where points stand; "" where it is
    not clear, or where there are others.
    """
    parts = [PARTS.fullmatch(text) for text in distinct]
    if not all(parts):
        return ""
    first, second = (max(int(one[place]) for one in parts if one) for place in (1, 3))
    day_first = first > 12 or all(one[2] == "." for one in parts if one)
    if (max(first, second) <= 12 and not day_first) or min(first, second) > 12:
        return ""
    return DAY_FIRST if day_first and second <= 12 else MONTH_FIRST


def unclear_dates(column: "pd.Series[Any]", written: "pd.Series[str]", clear: set[str]) -> str:
    """Why dates of which day and month cannot be told, or that are of several forms, are no use."""
    first = written.iloc[0]
    others = written[written.isin(clear) != (first in clear)]
    advice = f"write all as 2026-11-26, or {ANOTHER_WAY}"
    if len(others):
        row = row_of(column, others.index[0])
        return (
            f"column {column.name} has dates in several forms, {first!r} and in row {row} {others.iloc[0]!r}: {advice}"
        )
    return f"column {column.name} has dates such as {first!r}, which tell not what is day and what is month: {advice}"


def said_of(column: "pd.Series[Any]", wrong: "pd.Series[bool]", what: str) -> str:
    """What is to be done about a column of which few values are wrong."""
    rows = wrong.index[wrong]
    more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    first = f"{column[rows[0]]!r} in row {row_of(column, rows[0])}{more}"
    return f"column {column.name} has {what} {first}: correct it, leave it empty where it is unknown, or {ANOTHER_WAY}"


def row_of(column: "pd.Series[Any]", index: Any) -> int:
    """From 1, without the line of names."""
    return int(column.index.get_loc(index)) + 1  # type: ignore[arg-type]


def of_values(known: "pd.Series[Any]", kind: str) -> tuple[str, str]:
    return (kind, "") if known.nunique() > 1 else ("", f"has the same value, {known.iloc[0]}, in each row that has one")


def of_names(written: "pd.Series[str]") -> tuple[str, str]:
    distinct = written.nunique()
    if distinct == 1:
        return "", f"has the same value, {written.iloc[0]!r}, in each row that has one"
    if distinct > max(FEW, len(written) / 2):
        such = f"{distinct} values in {len(written)} rows, such as {written.iloc[0][:30]!r}"
        return "", f"is text that differs from row to row ({such})"
    return (CATEGORY if distinct <= FEW else MANY), ""


def texts(column: "pd.Series[Any]") -> "pd.Series[str]":
    """Each value as it is written; whole numbers that pandas keeps as 1.0, since others are missing, as 1."""
    try:
        codes, distinct = pd.factorize(column)
    except TypeError:
        raise ValueError(f"column {column.name} holds lists or the like: a value must be one number or text") from None
    written = [MISSING, *map(text_of, distinct)]
    return pd.Series(np.array(written, dtype=object)[codes + 1], index=column.index, name=column.name, dtype=object)


def text_of(value: Any) -> str:
    whole = isinstance(value, float | np.floating) and float(value).is_integer()
    text = str(int(value)) if whole else str(value).strip()
    if re.fullmatch(r"-?[1-9]\d*\.0", text):  # as pandas writes a whole number of a column in which others are missing
        return text.removesuffix(".0")
    return TRUTHS.get(text, text)


def values(column: "pd.Series[Any]", of: Column, first_row: int) -> "pd.Series[Any]":
    """Raises ValueError for the first value that is not of the kind."""
    if of.is_category:
        return texts(column)
    known = column.notna()
    if of.kind in DATES:
        numbers = days(column, DATES[of.kind])
    elif pd.api.types.is_timedelta64_dtype(column.dtype):
        numbers = column.dt.total_seconds() / DAY_S
    elif pd.api.types.is_datetime64_any_dtype(column.dtype):
        numbers = pd.Series(np.nan, index=column.index)
    else:
        numbers = pd.to_numeric(column, errors="coerce")
    found = numbers.astype(np.float64)
    for wrong, what in ((known & found.isna(), f"is no {of.kind}"), (found.abs() > LARGEST, "is infinite")):
        if wrong.any():
            place = int(wrong.to_numpy().argmax())
            value = column.iloc[place]
            shown = f"{value:g}" if isinstance(value, int | float | np.number) else repr(value)
            raise ValueError(f"column {of.name}: {shown} in row {first_row + place} {what}")
    return found


def days(column: "pd.Series[Any]", form: str) -> "pd.Series[float]":
    """Since 1970, NaN for what is no date of that form. A time without a zone is taken as UTC."""
    if not pd.api.types.is_datetime64_any_dtype(column.dtype):
        if pd.api.types.is_numeric_dtype(column.dtype):
            return pd.Series(np.nan, index=column.index)
        written = column.astype(object) if form == DATES[DATE] else column.str.strip().str.replace(".", "/")
        column = pd.to_datetime(written, format=form, utc=True, errors="coerce")
    if column.dt.tz is not None:
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    return (column - pd.Timestamp(0)) / pd.Timedelta(days=1)
