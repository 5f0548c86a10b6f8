"""The values of columns: numbers, days and names, from text or from the types of a file."""

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
from imbaloss.plural import join_words

if TYPE_CHECKING:
    import pyarrow as pa

TRUTHS = {"true": "True", "TRUE": "True", "false": "False", "FALSE": "False"}  # as a CSV file may write them
WHOLE_TEXT = re.compile(r"(-?)(0|[1-9]\d*)\.0*")  # as pandas writes a whole number where others are missing
LARGEST = 1e300  # of a number: beyond it differences overflow
DAY_S = 86_400
UNMARKED = "(none)"  # the mark of a number without one
MARKS = r"^(?P<mark>[<>≤≥~≈=]{1,2})\s*(?P<number>[^<>≤≥~≈=].*)$"
PLAIN_FORMS = {None, NumberForm.PLAIN, NumberForm.WHOLE}  # with a decimal point, and nothing between thousands
CYCLE_OF = {
    ColumnKind.HOUR_SINE: np.sin,
    ColumnKind.HOUR_COSINE: np.cos,
    ColumnKind.WEEKDAY_SINE: np.sin,
    ColumnKind.WEEKDAY_COSINE: np.cos,
}


def parse_number_blocks(texts: "pa.Array", columns: int, rows: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Parse columns of text, one behind the other in one array, as plain numbers.

    Returns:
        Values (columns, rows), NaN for nulls and in columns that do not fit; and which columns have nothing but plain
        numbers, (columns,).
    """
    import pyarrow as pa
    from pyarrow import compute

    has_zero = numbers.matches(texts, numbers.LEADING_ZERO).reshape(columns, rows).any(axis=1)
    try:
        values = compute.cast(texts, pa.float64())
        fits: NDArray[np.bool_] = np.logical_not(has_zero)
    except pa.ArrowInvalid:
        is_number = numbers.matches(texts, numbers.NUMBER)
        known = compute.is_valid(texts).to_numpy(zero_copy_only=False)
        fits = np.logical_and((is_number | ~known).reshape(columns, rows).all(axis=1), ~has_zero)
        kept = pa.array(np.repeat(fits, rows) & known)
        values = compute.cast(compute.if_else(kept, texts, pa.scalar(None, texts.type)), pa.float64())
    return numbers.to_floats(values).reshape(columns, rows), fits


def typed_numbers(name: str, values: "pa.Array") -> NDArray[np.float64]:
    """Return numbers of any type (N,) as float64, durations as days; NaN for nulls.

    Raises:
        ValueError: The values are something else, such as lists or bytes.
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
    """Return dates and times (N,) as days since 1970, in UTC or the local time of their zone; NaN for nulls."""
    import pyarrow as pa
    from pyarrow import compute

    if local and getattr(values.type, "tz", None) is not None:
        values = compute.local_timestamp(values)
    naive = compute.cast(values, pa.timestamp("us", getattr(values.type, "tz", None)), safe=False)
    return numbers.to_floats(compute.cast(naive, "int64")) / dates.DAY_US


def texts_of_values(values: "pa.Array", *, shorten: bool = True) -> NDArray[np.object_]:
    """Return each value as the name that it stands for, (N,); None for nulls.

    shorten: write whole numbers without a point, since 1.0 may be the 1 of a column in which others are missing.
    """
    import pyarrow as pa
    from pyarrow import compute

    if pa.types.is_dictionary(values.type):
        values = compute.cast(values, values.type.value_type)
    encoded = values.dictionary_encode()
    texts = [*(text_of(value, shorten=shorten) for value in encoded.dictionary.to_pylist()), None]
    indices = compute.fill_null(encoded.indices, len(texts) - 1).to_numpy(zero_copy_only=False)
    found: NDArray[np.object_] = np.array(texts, dtype=object)[indices]
    return found


def are_versions(names: Iterable[Any]) -> bool:
    """Return whether some names are numbers with decimals, and 1.0 and 1 are two of them."""
    texts = [name for name in names if isinstance(name, str)]
    has_decimals = any(re.fullmatch(r"-?\d+\.\d*[1-9]\d*", text) for text in texts)
    return has_decimals and len({text_of(text) for text in texts}) < len(
        {text_of(text, shorten=False) for text in texts}
    )


def text_of(value: Any, *, shorten: bool = True) -> str:
    """Return a value as a name: truths as True and False, whole numbers without a point unless `shorten` is off."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    text = str(value).strip()
    if shorten and (whole := WHOLE_TEXT.fullmatch(text)):
        return whole[2] if whole[2] == "0" else whole[1] + whole[2]
    return TRUTHS.get(text, text)


@dataclass(frozen=True)
class MarkedNumbers:
    """Numbers of which some have a mark: 3, >4, unknown.

    numbers: (N,), NaN where there is none. marks: (N,), as > or unknown; None for a number without a mark, and for
    nulls. form: how the numbers are written. ambiguous: a number that may part thousands or be a decimal, else None.
    """

    numbers: NDArray[np.float64]
    marks: NDArray[np.object_]
    form: NumberForm
    ambiguous: str | None = None


def split_marks(name: str, values: "pa.Array", form: NumberForm | None = None) -> MarkedNumbers:
    """Split each value of a column into a number and a mark. form: of the numbers; None to find it.

    Of `>4` the mark is `>` and the number 4; of a text without a number the mark is the text.
    """
    import pyarrow as pa
    from pyarrow import compute

    if pa.types.is_dictionary(values.type):
        values = compute.cast(values, values.type.value_type)
    if not is_text(values.type):
        return MarkedNumbers(typed_numbers(name, values), np.full(len(values), None, dtype=object), NumberForm.PLAIN)
    fields = compute.extract_regex(values, MARKS)
    has_mark = compute.is_valid(fields)
    bare = compute.if_else(has_mark, compute.struct_field(fields, "number"), values)
    bare = compute.cast(bare, pa.large_string())
    ambiguous = None
    if form is None:
        distinct = bare.drop_null().unique()
        distinct = distinct.filter(pa.array(numbers.matches(distinct, r"^[+\-\x{2212}]?[\d.,]")))
        found = numbers.find_number_form(distinct) if len(distinct) else None
        form, ambiguous = (found.form, found.ambiguous) if found else (NumberForm.PLAIN, None)
    parsed = numbers.parse_numbers(bare, form)
    sign = compute.struct_field(fields, "mark").to_numpy(zero_copy_only=False)
    text = values.to_numpy(zero_copy_only=False)
    marked = has_mark.to_numpy(zero_copy_only=False)
    is_text_only = np.isnan(parsed) & compute.is_valid(values).to_numpy(zero_copy_only=False)
    marks = np.where(is_text_only, text, np.where(marked, sign, None))
    return MarkedNumbers(parsed, marks, form, ambiguous)


def take_columns(schema: Schema, table: "pa.Table", first_row: int = 1, also: Iterable[str] = ()) -> pd.DataFrame:
    """Return the columns of a schema, in its order: float64 of numbers and dates, text of names.

    Args:
        schema: The columns that are wanted.
        table: Rows of any file or frame with these columns, in which `mark_missing` has made nulls of what is missing.
        first_row: The number of the first row, for messages.
        also: Other columns that may be there.

    Raises:
        ValueError: A column is missing or unknown, or a value is not of the column's kind.
    """
    allowed = {*schema.left_out, *also, *filter(is_unnamed, table.column_names)}
    if told := describe_difference(schema.read_from, table.column_names, allowed):
        raise ValueError(f"the columns are not those that the model was made of: {told}")
    columns = columns_by_name(table)
    plain = [column.name for column in schema.columns if is_plain_text(column, columns)]
    whole = {column.name for column in schema.columns if column.form == NumberForm.WHOLE}
    taken: dict[str, NDArray[Any]] = {}
    for block, array in iterate_blocks(columns, plain):
        parsed = numbers.parse_numbers(array, NumberForm.PLAIN).reshape(len(block), table.num_rows)
        known = array.is_valid().to_numpy(zero_copy_only=False).reshape(parsed.shape)
        wrong = ((known & np.isnan(parsed)) | (np.abs(parsed) > LARGEST)).any(axis=1)
        for place in np.flatnonzero(wrong).tolist():
            texts = array.slice(place * table.num_rows, table.num_rows)
            column = Column(block[place], ColumnKind.NUMBER, NumberForm.PLAIN)
            check_values(column, parsed[place], known[place], texts, first_row)
        check_whole(block, array, parsed.shape, whole, first_row)
        taken |= zip(block, parsed, strict=True)
    for column in schema.columns:
        if column.name not in taken:
            taken[column.name] = take_column(column, columns[column.read_from].combine_chunks(), first_row)
    return assemble_frame(schema, taken, table.num_rows)


def check_whole(
    names: Sequence[str], texts: "pa.Array", shape: tuple[int, ...], whole: set[str], first_row: int
) -> None:
    """Check that columns that had whole numbers in training have none that may part thousands with a point.

    texts: of columns with these names, one behind the other; shape: their number and that of the rows. whole: the names
    of the columns that had whole numbers.

    Raises:
        ValueError: One has.
    """
    if whole.isdisjoint(names):
        return
    is_group = numbers.matches(texts, numbers.POINT_GROUP).reshape(shape)
    for place in np.flatnonzero(is_group.any(axis=1)).tolist():
        if names[place] in whole:
            row = int(is_group[place].argmax())
            value = texts[place * shape[1] + row].as_py()
            raise ValueError(
                f"column {names[place]}: {value!r} in row {first_row + row} may be {value.replace('.', '')} or a "
                "decimal, and in training all were whole numbers: write it without a point, or with other decimals"
            )


def is_plain_text(column: Column, columns: "Mapping[str, pa.ChunkedArray]") -> bool:
    """Return whether a column is of numbers that stand as text without decimal commas or marks between thousands."""
    plain = column.kind == ColumnKind.NUMBER and column.form in PLAIN_FORMS and column.source is None
    return plain and is_text(columns[column.name].type)


def assemble_frame(schema: Schema, taken: dict[str, NDArray[Any]], rows: int) -> pd.DataFrame:
    """Move the columns into a frame; numbers share one array, so that wide tables stay fast."""
    numeric = [column.name for column in schema.columns if not column.is_category]
    names = [column.name for column in schema.columns if column.is_category]
    matrix = np.empty((len(numeric), rows), dtype=np.float64)
    for place, name in enumerate(numeric):
        matrix[place] = taken.pop(name)  # which frees it
    frame = pd.DataFrame(matrix.T, columns=numeric, copy=False)
    if not names:
        return frame
    texts = pd.DataFrame({name: pd.Series(taken[name], dtype=object) for name in names}, index=frame.index)
    return pd.concat([frame, texts], axis=1)[list(schema.names)]


def take_column(column: Column, values: "pa.Array", first_row: int) -> NDArray[Any]:
    """Return the values of one column, (N,), by its kind.

    Raises:
        ValueError: A value is not of that kind.
    """
    import pyarrow as pa

    if column.kind == ColumnKind.MARK:
        marks = split_marks(column.read_from, values, column.number_form).marks
        unmarked = np.array([UNMARKED if valid else MISSING for valid in values.is_valid().to_pylist()], dtype=object)
        return np.where([mark is not None for mark in marks], marks, unmarked)
    if column.is_category:
        as_written = column.form == NameForm.AS_WRITTEN
        if as_written and pa.types.is_floating(values.type):  # of whose names some have decimals
            values = pa.array(
                [None if value is None else repr(value) for value in values.to_pylist()], pa.large_string()
            )
        texts = texts_of_values(values, shorten=not as_written)
        texts[texts == None] = MISSING  # noqa: E711  # element by element
        return texts
    if column.kind == ColumnKind.MARKED:
        found = split_marks(column.name, values, column.number_form).numbers
        check_values(column, found, ~np.isnan(found), values, first_row)
        return found
    is_moment = pa.types.is_date(values.type) or pa.types.is_timestamp(values.type)
    if column.is_date or column.is_cycle:
        if is_moment:
            found = moments_to_days(values, local=column.is_cycle)
        elif is_text(values.type):
            found = dates.parse_dates(values, column.date_form, local=column.is_cycle)
        else:
            found = np.full(len(values), np.nan)
        if column.is_cycle:
            return cycle_of(column.kind, found)
    elif is_text(values.type):
        found = numbers.parse_numbers(values, column.number_form)
    else:
        found = np.full(len(values), np.nan) if is_moment else typed_numbers(column.name, values)
    check_values(column, found, values.is_valid().to_numpy(zero_copy_only=False), values, first_row)
    return found


def cycle_of(kind: ColumnKind, days: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the sine or cosine of the hour or the weekday of days since 1970, (N,)."""
    turns = days % 1 if kind.period == Period.HOUR else np.floor(days) % 7 / 7
    found: NDArray[np.float64] = CYCLE_OF[kind](2 * np.pi * turns)
    return found


def check_values(
    column: Column, found: NDArray[np.float64], known: NDArray[np.bool_], values: "pa.Array", first_row: int
) -> None:
    """Check that every value that is not missing was understood, and is finite.

    Raises:
        ValueError: One was not; the message names column, value and row.
    """
    what = column.stored_kind if column.is_date else "number"
    if column.number_form not in PLAIN_FORMS:
        what += f" with a {column.form}, as in training"
    for wrong, verdict in ((known & np.isnan(found), f"is no {what}"), (np.abs(found) > LARGEST, "is infinite")):
        if wrong.any():
            place = int(wrong.argmax())
            value = values[place].as_py()
            shown = f"{value:g}" if isinstance(value, int | float) else repr(value)
            if verdict == "is infinite" and isinstance(value, str):
                shown = f"{found[place]:g}"
            advice = "" if verdict == "is infinite" else "; correct it, or leave it empty where it is unknown"
            raise ValueError(f"column {column.name}: {shown} in row {first_row + place} {verdict}{advice}")


def describe_difference(wanted: Sequence[str], there: Sequence[str], also: Collection[str] = ()) -> str:
    """Say which columns are missing, and which are there beside them and those that may be; "" where all is well."""
    present, allowed = set(there), {*wanted, *also}
    missing = [name for name in wanted if name not in present]
    unknown = [name for name in there if name not in allowed]
    told = [f"without {name_some(missing)}{suggest(missing[0], unknown)}"] if missing else []
    told += [f"with {name_some(unknown)}"] if unknown else []
    return " and ".join(told)


def check_test_columns(needed: Sequence[str], there: Sequence[str], allowed: Collection[str]) -> None:
    """Check that a file to judge by has the columns that are needed, and beside them allowed or unnamed ones only.

    Raises:
        ValueError: It has not.
    """
    if told := describe_difference(needed, there, {*allowed, *filter(is_unnamed, there)}):
        raise ValueError(f"the test file has other columns than the first one: {told}")


def name_some(names: Sequence[str]) -> str:
    """Return up to five names as a list in words, and how many more there are."""
    return f"{', '.join(names[:5])} and {len(names) - 5} more" if len(names) > 5 else join_words(names)
