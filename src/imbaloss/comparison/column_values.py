"""The values of columns as numbers, days and names, from text or from the types of a file."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.choices import suggest
from imbaloss.comparison.columns import MISSING, Column, ColumnKind, NameForm, NumberForm, Period, Schema
from imbaloss.comparison.reading import dates, numbers
from imbaloss.comparison.reading.names import is_unnamed
from imbaloss.comparison.reading.text import columns_by_name, is_text, iterate_blocks
from imbaloss.comparison.vectors import make_vector_series
from imbaloss.plural import join_words

if TYPE_CHECKING:
    import pyarrow as pa

TRUTHS = {"true": "True", "TRUE": "True", "false": "False", "FALSE": "False"}  # as a CSV file may write them
WHOLE_TEXT = re.compile(r"(-?)(0|[1-9]\d*)\.0*")  # as pandas writes a whole number where others are missing
LARGE = 2**17  # number of rows from which on columns become float32 where that is exact
LARGEST = 1e300  # the largest number; beyond it differences overflow
DAY_S = 86_400
UNMARKED = "(none)"  # replaces the mark of a number without one
MARKS = r"^(?P<mark>[<>≤≥~≈=]{1,2})\s*(?P<number>[^<>≤≥~≈=].*)$"
PLAIN_FORMS = {None, NumberForm.PLAIN, NumberForm.WHOLE}  # with a decimal point, and nothing between thousands
CYCLE_FUNCTIONS = {
    ColumnKind.HOUR_SINE: np.sin,
    ColumnKind.HOUR_COSINE: np.cos,
    ColumnKind.WEEKDAY_SINE: np.sin,
    ColumnKind.WEEKDAY_COSINE: np.cos,
}


def parse_number_blocks(texts: "pa.Array", columns: int, rows: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Parse columns of text as plain numbers: with a decimal point, and without separators or leading zeros.

    Args:
        texts: (columns * rows,), the columns one behind the other.
        columns: The number of columns.
        rows: The number of rows.

    Returns:
        The numbers (columns, rows), NaN for nulls; and whether each column holds plain numbers alone, (columns,). The
        numbers of the other columns have no meaning.
    """
    import pyarrow as pa
    from pyarrow import compute

    has_zero = numbers.matches(texts, numbers.LEADING_ZERO).reshape(columns, rows).any(axis=1)
    try:
        values = compute.cast(texts, pa.float64())
        fits: NDArray[np.bool_] = np.logical_not(has_zero)
    except pa.ArrowInvalid:
        is_number = numbers.matches(texts, numbers.NUMBER)
        is_valid = compute.is_valid(texts).to_numpy(zero_copy_only=False)
        fits = np.logical_and((is_number | ~is_valid).reshape(columns, rows).all(axis=1), ~has_zero)
        kept = pa.array(np.repeat(fits, rows) & is_valid)
        values = compute.cast(compute.if_else(kept, texts, pa.scalar(None, texts.type)), pa.float64())
    return numbers.to_floats(values).reshape(columns, rows), fits


def convert_to_floats(name: str, values: "pa.Array") -> NDArray[np.float64]:
    """Convert numbers of any Arrow type to float64, (N,), durations and times of day to days; nulls become NaN.

    name: The name of the column, for messages.

    Raises:
        ValueError: The values are no numbers, such as text, booleans, lists or bytes.
    """
    import pyarrow as pa
    from pyarrow import compute

    kind = values.type
    if pa.types.is_duration(kind):
        return numbers.to_floats(compute.cast(compute.cast(values, pa.duration("us"), safe=False), "int64")) / (
            DAY_S * 1e6
        )
    if pa.types.is_null(kind):
        return np.full(len(values), np.nan)
    if pa.types.is_time(kind):  # of a day
        unit = pa.time64("us") if pa.types.is_time64(kind) else kind
        seconds = {"s": 1, "ms": 1e3, "us": 1e6}[unit.unit]
        whole = compute.cast(values, unit, safe=False).cast(pa.int64() if pa.types.is_time64(kind) else pa.int32())
        return numbers.to_floats(compute.cast(whole, pa.float64(), safe=False)) / (DAY_S * seconds)
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        raise ValueError(f"column {name} holds {kind} values: a value must be one number, date or text")
    return numbers.to_floats(compute.cast(values, pa.float64(), safe=False))


def moments_to_days(values: "pa.Array", *, local: bool = False) -> NDArray[np.float64]:
    """Convert an Arrow array of dates or times to days since 1970, (N,); nulls become NaN.

    local: Whether to count in the time of the zone of the values; by default days are in UTC.
    """
    import pyarrow as pa
    from pyarrow import compute

    if local and getattr(values.type, "tz", None) is not None:
        values = compute.local_timestamp(values)
    naive = compute.cast(values, pa.timestamp("us", getattr(values.type, "tz", None)), safe=False)
    return numbers.to_floats(compute.cast(naive, "int64")) / dates.DAY_US


def convert_to_names(values: "pa.Array", *, shorten: bool = True) -> NDArray[np.object_]:
    """Convert values of any type to text as names, (N,); nulls become None.

    True, true and TRUE are one name, and so are 1.0 and 1.

    shorten: Whether text such as 1.0 is written as 1, since pandas writes 1 as 1.0 in columns with missing values.
    Without it only floats are.
    """
    import pyarrow as pa
    from pyarrow import compute

    if pa.types.is_dictionary(values.type):
        values = compute.cast(values, values.type.value_type)
    encoded = values.dictionary_encode()
    texts = [*(write_name(value, shorten=shorten) for value in encoded.dictionary.to_pylist()), None]
    indices = compute.fill_null(encoded.indices, len(texts) - 1).to_numpy(zero_copy_only=False)
    names: NDArray[np.object_] = np.array(texts, dtype=object)[indices]
    return names


def are_versions(names: Iterable[Any]) -> bool:
    """Say whether names are like versions 1, 1.0 and 1.1.

    Then some have decimals, and to write 1.0 as 1 would merge two of them. Values that are not text are ignored.
    """
    texts = [name for name in names if isinstance(name, str)]
    has_decimals = any(re.fullmatch(r"-?\d+\.\d*[1-9]\d*", text) for text in texts)
    return has_decimals and len({write_name(text) for text in texts}) < len(
        {write_name(text, shorten=False) for text in texts}
    )


def write_name(value: Any, *, shorten: bool = True) -> str:
    """Write a value as a name, trimmed: True and False in this spelling, whole numbers without a point.

    shorten: Whether text such as 1.0 becomes 1 too; floats always do.
    """
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    text = str(value).strip()
    if shorten and (whole := WHOLE_TEXT.fullmatch(text)):
        return whole[2] if whole[2] == "0" else whole[1] + whole[2]
    return TRUTHS.get(text, text)


@dataclass(frozen=True)
class MarkedNumbers:
    """A column such as 3, >4, unknown, split into numbers (3, 4, NaN) and marks (None, >, unknown)."""

    numbers: NDArray[np.float64]  # (N,), NaN for a value without a number
    marks: NDArray[np.object_]  # (N,), such as > or unknown; None for a number without a mark and for nulls
    form: NumberForm  # how the numbers are written
    ambiguous: str | None = None  # a number whose mark may separate thousands or decimals; None if all are clear


def split_marks(name: str, values: "pa.Array", form: NumberForm | None = None) -> MarkedNumbers:
    """Split each value of a column into a number and a mark: >4 into 4 and >, unknown into NaN and unknown.

    A column that is not text has numbers without marks.

    Args:
        name: The name of the column, for messages.
        values: Its values, of any type.
        form: The form of the numbers, such as with decimal commas; None to find it.

    Returns:
        The numbers and marks, (N,) each, the form, and a number that leaves the form open, or None.

    Raises:
        ValueError: The values are neither text nor numbers.
    """
    import pyarrow as pa
    from pyarrow import compute

    if pa.types.is_dictionary(values.type):
        values = compute.cast(values, values.type.value_type)
    if not is_text(values.type):
        return MarkedNumbers(
            convert_to_floats(name, values), np.full(len(values), None, dtype=object), NumberForm.PLAIN
        )
    fields = compute.extract_regex(values, MARKS)
    has_mark = compute.is_valid(fields)
    bare = compute.if_else(has_mark, compute.struct_field(fields, "number"), values)
    bare = compute.cast(bare, pa.large_string())
    ambiguous = None
    if form is None:
        distinct = bare.drop_null().unique()
        distinct = distinct.filter(pa.array(numbers.matches(distinct, r"^[+\-\x{2212}]?[\d.,]")))
        number_fit = numbers.find_number_form(distinct) if len(distinct) else None
        form, ambiguous = (number_fit.form, number_fit.ambiguous) if number_fit else (NumberForm.PLAIN, None)
    parsed = numbers.parse_numbers(bare, form)
    sign = compute.struct_field(fields, "mark").to_numpy(zero_copy_only=False)
    text = values.to_numpy(zero_copy_only=False)
    marked = has_mark.to_numpy(zero_copy_only=False)
    is_text_only = np.isnan(parsed) & compute.is_valid(values).to_numpy(zero_copy_only=False)
    marks = np.where(is_text_only, text, np.where(marked, sign, None))
    return MarkedNumbers(parsed, marks, form, ambiguous)


def take_columns(schema: Schema, table: "pa.Table", first_row: int = 1, also: Iterable[str] = ()) -> pd.DataFrame:
    """Return the columns of a schema as a frame, in its order: numbers and dates as float64, names as text.

    Frozen features, which the table has as vectors, stay vectors of float16. Dates are days since 1970. Missing numbers become NaN, missing names "(missing)". With 131,072 rows or more, a
    column of numbers becomes float32 if that keeps each of its values exactly.

    Args:
        schema: The columns to return, and the ones that may be present too.
        table: The rows, with nulls for missing values.
        first_row: The number of the first row, for messages.
        also: Names of further columns that the table may have.

    Raises:
        ValueError: A column is missing or unknown, or a value is not of the column's kind.
    """
    allowed = {*schema.left_out, *also, *filter(is_unnamed, table.column_names)}
    if difference := describe_column_difference(schema.read_from, table.column_names, allowed):
        raise ValueError(f"the columns are not the ones that the model was trained on: {difference}")
    columns = columns_by_name(table)
    plain = [column.name for column in schema.columns if is_plain_text(column, columns)]
    whole = {column.name for column in schema.columns if column.form == NumberForm.WHOLE}
    is_large = table.num_rows >= LARGE
    taken: dict[str, Any] = {
        column.name: make_vector_series(columns[column.name].combine_chunks())
        for column in schema.columns
        if column.is_embedded
    }
    for block, array in iterate_blocks(columns, plain):
        parsed = numbers.parse_numbers(array, NumberForm.PLAIN).reshape(len(block), table.num_rows)
        is_valid = array.is_valid().to_numpy(zero_copy_only=False).reshape(parsed.shape)
        wrong = ((is_valid & np.isnan(parsed)) | (np.abs(parsed) > LARGEST)).any(axis=1)
        for place in np.flatnonzero(wrong).tolist():
            texts = array.slice(place * table.num_rows, table.num_rows)
            column = Column(block[place], ColumnKind.NUMBER, NumberForm.PLAIN)
            check_values(column, parsed[place], is_valid[place], texts, first_row)
        check_whole(block, array, parsed.shape, whole, first_row)
        taken |= zip(block, map(narrow, parsed) if is_large else parsed, strict=True)
    for column in schema.columns:
        if column.name not in taken:
            values = take_column(column, columns[column.read_from].combine_chunks(), first_row)
            taken[column.name] = narrow(values) if is_large and not column.is_category else values
    return assemble_large_frame(schema, taken) if is_large else assemble_frame(schema, taken, table.num_rows)


def narrow(values: NDArray[np.float64]) -> NDArray[np.float32] | NDArray[np.float64]:
    """Return numbers, (N,), as float32 if that keeps each value exactly, else unchanged. NaN stays NaN.

    Whole numbers up to 2^24 are kept, and so are numbers that were float32 in the file. Most decimals, such as 0.1, and
    larger identifiers, amounts and dates with a time are not, so that such columns stay as they are.
    """
    with np.errstate(over="ignore"):  # infinite is another value
        narrowed = values.astype(np.float32)
    return narrowed if np.array_equal(narrowed, values, equal_nan=True) else values


def check_whole(
    names: Sequence[str], texts: "pa.Array", shape: tuple[int, ...], whole: set[str], first_row: int
) -> None:
    """Check that columns of whole numbers have no text such as 1.234, whose point may be a thousands separator.

    Args:
        names: The names of the columns.
        texts: Their values, one column behind the other.
        shape: The number of columns and rows.
        whole: The names of the columns that had whole numbers in training; the others are not checked.
        first_row: The number of the first row, for messages.

    Raises:
        ValueError: A column has such a value. The message says how to write it.
    """
    if whole.isdisjoint(names):
        return
    is_group = numbers.matches(texts, numbers.POINT_GROUP).reshape(shape)
    for place in np.flatnonzero(is_group.any(axis=1)).tolist():
        if names[place] in whole:
            row = int(is_group[place].argmax())
            value = texts[place * shape[1] + row].as_py()
            raise ValueError(
                f"column {names[place]}: {value!r} in row {first_row + row} may be a whole number or a decimal, and in "
                f"training all were whole numbers: write {value.replace('.', '')} or, for the decimal, {value}0"
            )


def is_plain_text(column: Column, columns: "Mapping[str, pa.ChunkedArray]") -> bool:
    """Say whether a column holds numbers that are text with a decimal point or none, and no thousands separators.

    Columns that are derived from others, such as marks, do not count.

    Args:
        column: The column.
        columns: The columns of the table by name.
    """
    plain = column.kind == ColumnKind.NUMBER and column.form in PLAIN_FORMS and column.source is None
    return plain and is_text(columns[column.name].type)


def assemble_frame(schema: Schema, taken: dict[str, Any], rows: int) -> pd.DataFrame:
    """Return the columns as a frame (rows, columns) in the order of the schema. Numbers share one array, which is fast.

    Args:
        schema: The columns.
        taken: The values of each column by name; numbers are removed from it, which frees memory.
        rows: The number of rows.
    """
    numeric = [column.name for column in schema.columns if column.is_simple and not column.is_category]
    others = [column for column in schema.columns if not column.is_simple or column.is_category]
    matrix = np.empty((len(numeric), rows), dtype=np.float64)
    for place, name in enumerate(numeric):
        matrix[place] = taken.pop(name)  # frees its memory
    frame = pd.DataFrame(matrix.T, columns=numeric, copy=False)
    if not others:
        return frame
    beside = {column.name: pd.Series(taken[column.name], dtype=find_series_type(column)) for column in others}
    return pd.concat([frame, pd.DataFrame(beside, index=frame.index)], axis=1)[list(schema.names)]


def find_series_type(column: Column) -> type[object] | None:
    """Return the type that a column has in a frame: object for names, and None for that of its values."""
    return object if column.is_category else None


def assemble_large_frame(schema: Schema, taken: Mapping[str, Any]) -> pd.DataFrame:
    """Return the columns as a frame (rows, columns) in the order of the schema, without a copy of any column.

    Args:
        schema: The columns.
        taken: The values of each column by name.
    """
    columns = {
        column.name: pd.Series(taken[column.name], dtype=find_series_type(column), copy=False)
        for column in schema.columns
    }
    return pd.DataFrame(columns, copy=False)  # a copy would join the columns to one array


def take_column(column: Column, values: "pa.Array", first_row: int) -> NDArray[Any]:
    """Return the values of one column, (N,): float64 with NaN for missing values, or text with "(missing)".

    Dates become days since 1970. Numbers in a column of marks become "(none)".

    Args:
        column: The column, with the kind and form of the training.
        values: The values of the column of the file, with nulls for missing ones.
        first_row: The number of the first row, for messages.

    Raises:
        ValueError: A value is not of the column's kind; the message names column, value and row.
    """
    import pyarrow as pa

    if column.kind == ColumnKind.MARK:
        marks = split_marks(column.read_from, values, column.number_form).marks
        unmarked = np.array([UNMARKED if valid else MISSING for valid in values.is_valid().to_pylist()], dtype=object)
        return np.where([mark is not None for mark in marks], marks, unmarked)
    if column.is_category:
        as_written = column.form == NameForm.AS_WRITTEN
        if as_written and pa.types.is_floating(values.type):  # some names have decimals
            values = pa.array(
                [None if value is None else repr(value) for value in values.to_pylist()], pa.large_string()
            )
        texts = convert_to_names(values, shorten=not as_written)
        texts[texts == None] = MISSING  # noqa: E711  # element by element
        return texts
    if column.kind == ColumnKind.MARKED:
        marked = split_marks(column.name, values, column.number_form).numbers
        check_values(column, marked, ~np.isnan(marked), values, first_row)
        return marked
    is_moment = pa.types.is_date(values.type) or pa.types.is_timestamp(values.type)
    if column.is_date or column.is_cycle:
        if is_moment:
            floats = moments_to_days(values, local=column.is_cycle)
        elif is_text(values.type):
            floats = dates.parse_dates(values, column.date_form, local=column.is_cycle)
        else:
            floats = np.full(len(values), np.nan)
        if column.is_cycle:
            return compute_cycle(column.kind, floats)
    elif is_text(values.type):
        floats = numbers.parse_numbers(values, column.number_form)
    else:
        floats = np.full(len(values), np.nan) if is_moment else convert_to_floats(column.name, values)
    check_values(column, floats, values.is_valid().to_numpy(zero_copy_only=False), values, first_row)
    return floats


def compute_cycle(kind: ColumnKind, days: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the sine or cosine of the hour or the weekday of days since 1970, (N,). NaN stays NaN.

    kind: Says which of the four; it must be the kind of a cycle, such as `HOUR_SINE`.
    """
    turns = days % 1 if kind.period == Period.HOUR else np.floor(days) % 7 / 7
    cycle: NDArray[np.float64] = CYCLE_FUNCTIONS[kind](2 * np.pi * turns)
    return cycle


def check_values(
    column: Column, floats: NDArray[np.float64], is_valid: NDArray[np.bool_], values: "pa.Array", first_row: int
) -> None:
    """Check that every value that is not missing was understood and is at most 1e300 in size.

    Args:
        column: The column.
        floats: (N,), its values as numbers, NaN if they were missing or not understood.
        is_valid: (N,), false for missing values.
        values: (N,), its values as the file has them.
        first_row: The number of the first row, for messages.

    Raises:
        ValueError: A value was not understood or is infinite; the message names column, value and row.
    """
    kind = column.stored_kind if column.is_date else "number"
    if column.number_form not in PLAIN_FORMS:
        kind += f" with a {column.form}, as in training"
    for wrong, verdict in ((is_valid & np.isnan(floats), f"is no {kind}"), (np.abs(floats) > LARGEST, "is infinite")):
        if wrong.any():
            place = int(wrong.argmax())
            value = values[place].as_py()
            shown = f"{value:g}" if isinstance(value, int | float) else repr(value)
            if verdict == "is infinite" and isinstance(value, str):
                shown = f"{floats[place]:g}"
            advice = "" if verdict == "is infinite" else "; correct it, or leave it empty if it is unknown"
            raise ValueError(f"column {column.name}: {shown} in row {first_row + place} {verdict}{advice}")


def describe_column_difference(needed: Sequence[str], names: Sequence[str], also: Collection[str] = ()) -> str:
    """Say which needed columns are missing and which columns are unknown, such as "age missing"; "" if there are none.

    Args:
        needed: The names of the columns that must be present.
        names: The names of the columns that are present.
        also: The names of further columns that may be present.
    """
    present, allowed = set(names), {*needed, *also}
    missing = [name for name in needed if name not in present]
    unknown = [name for name in names if name not in allowed]
    differences = [f"{list_names(missing)} missing{suggest(missing[0], unknown)}"] if missing else []
    differences += [f"{list_names(unknown)} unknown"] if unknown else []
    return "; ".join(differences)


def check_test_columns(needed: Sequence[str], names: Sequence[str], allowed: Collection[str]) -> None:
    """Check that a test file has all needed columns, and otherwise only allowed columns or ones without a name.

    Args:
        needed: The names of the columns that must be present.
        names: The names of the columns of the test file.
        allowed: The names of further columns that may be present.

    Raises:
        ValueError: A needed column is missing, or there is another column.
    """
    if difference := describe_column_difference(needed, names, {*allowed, *filter(is_unnamed, names)}):
        raise ValueError(f"the test file has other columns than the first file: {difference}")


def list_names(names: Sequence[str]) -> str:
    """List up to five names in a sentence, and count the others: "a, b, c, d, e and 2 more".

    Raises:
        ValueError: There are no names.
    """
    return join_words(names, most=5)
