"""The kinds of columns. Each is decided by all values of the column."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.ambiguous_numbers import check_ambiguous, read_points_as_thousands
from imbaloss.comparison.column_values import (
    are_versions,
    convert_to_floats,
    convert_to_names,
    moments_to_days,
    parse_number_blocks,
    split_marks,
)
from imbaloss.comparison.columns import Column, ColumnKind, DateForm, LeftOut, NameForm, NumberForm, Reason, Schema
from imbaloss.comparison.judgement import ANOTHER_WAY, NOTHING_SAID, ColumnRequest, Judgement
from imbaloss.comparison.missing_values import mark_missing
from imbaloss.comparison.reading import dates, numbers
from imbaloss.comparison.reading.names import is_unnamed
from imbaloss.comparison.reading.text import columns_by_name, is_text, iterate_blocks
from imbaloss.comparison.texts import is_free_text

if TYPE_CHECKING:
    import pyarrow as pa

    Columns = Mapping[str, pa.ChunkedArray]

FEW = 20  # number of different values up to which each value of a category gets an input; beyond it the kind is MANY
MOST = 0.5  # share of values that are numbers (or dates) from which on the others are mistakes
NEARLY_ALL = 0.9  # the same share for columns with at most FEW different numbers (or dates)
FEW_CODES = 0.1  # share of codes such as 007 below which they are mistakes among numbers of other lengths
EXACT_BELOW = 2.0**53  # below it every whole number is exact as a float
ENOUGH_ROWS = 11  # number of rows from which on whole numbers in sequence count the rows
ROW_NUMBER_NAMES = {
    *("index", "level_0", "id", "idx", "row", "rowid", "row_id", "row_nr", "row_number", "rownames", "rn", "nr"),
}  # fmt: skip
IDENTIFIER = re.compile(r"(^|[_\s.-])[iI][dD]$|[a-z]I[dD]$")  # customer_id, PassengerId


def judge_columns(table: "pa.Table", request: ColumnRequest = NOTHING_SAID) -> Schema:
    """Find the kind of each column of a table, and return the columns to learn from and the ones that are left out.

    Args:
        table: The rows, with nulls for missing values.
        request: What the request says of the columns; by default nothing.

    Raises:
        ValueError: A column has values of several kinds, its numbers or dates can be read in two ways, or no column is
            left to learn from.
    """
    names = [name for name in table.column_names if name not in request.aside]
    columns = {
        name: column
        for name, column in columns_by_name(table).items()
        if name not in request.aside and name not in request.embedded
    }
    judgements = dict(judge_plain_numbers(columns, {*request.categories, *request.marks, *request.texts}))
    judgements |= {name: Judgement((Column(name, ColumnKind.EMBEDDED),)) for name in names if name in request.embedded}
    for name in names:
        if name not in judgements:
            judgements[name] = judge_column(name, columns[name].combine_chunks(), request)
    if request.decimal == ",":
        read_points_as_thousands(columns, judgements)
    check_ambiguous(columns, judgements, request)
    left_out = {name: LeftOut(reason) for name, reason in request.aside.items()}
    left_out |= {name: reason for name in names if (reason := judgements[name].left_out)}
    learned = [column for name in names for column in judgements[name].columns]
    if not learned:
        ignored = "; ".join(f"{name} ({reason})" for name, reason in left_out.items())
        raise ValueError(f"there is no column to learn from. Ignored: {ignored or 'none'}")
    if clash := {column.name for column in learned if column.source} & {*request.aside, *names}:
        raise ValueError(
            f"column {min(clash)!r} has the name of a column that imbaloss derives from another one: rename the column"
        )
    return Schema(tuple(learned), left_out, tuple(request.na_values), tuple(request.keep_na))


def judge_series(column: "pd.Series[Any]", *, named: bool) -> tuple[str, str]:
    """Return the kind of a pandas column, such as "category", and the reason to leave it out.

    One of the two texts is "".

    named: Whether its values are names, whatever they look like.

    Raises:
        ValueError: Its values are of several kinds.
    """
    from imbaloss.comparison.reading.frames import table_from_frame

    table = table_from_frame(pd.DataFrame({"column": column}))
    request = ColumnRequest(categories=["column"] if named else [])
    judgement = judge_column("column", mark_missing(table)["column"].combine_chunks(), request)
    return (judgement.columns[0].stored_kind, "") if judgement.columns else ("", str(judgement.left_out))


def judge_plain_numbers(columns: "Columns", excluded: Collection[str]) -> Iterator[tuple[str, Judgement]]:
    """Judge the columns of text that hold plain numbers alone, many at once, and yield each name with its judgement.

    A judgement says what a column gives to learn from, or why it is left out. Other columns are skipped.

    Args:
        columns: The columns of the table by name.
        excluded: The names of columns that must not be judged in this way.
    """
    texts = [name for name, column in columns.items() if is_text(column.type) and name not in excluded]
    for block, array in iterate_blocks(columns, texts):
        rows = len(array) // len(block)
        values, fits = parse_number_blocks(array, len(block), rows)
        names = [name for name, fit in zip(block, fits, strict=True) if fit]
        numbers_only = values[fits]
        is_whole = (np.isnan(numbers_only) | (numbers_only == np.floor(numbers_only))).all(axis=1)
        is_large = np.fmax.reduce(np.abs(numbers_only), axis=1, initial=0) >= EXACT_BELOW
        numeric = [
            Column(name, ColumnKind.NUMBER, NumberForm.WHOLE if whole else NumberForm.PLAIN)
            for name, whole in zip(names, is_whole, strict=True)
        ]
        may_part_thousands = find_thousands_candidates(numbers_only)
        judgements = judge_numbers(numeric, numbers_only)
        for column, place, judgement, may_part, large in zip(
            numeric, np.flatnonzero(fits), judgements, may_part_thousands, is_large, strict=True
        ):
            present = array.slice(place * rows, rows).drop_null() if may_part or large else None
            if present is not None and large and are_large_names(present, values[place]):
                judgement = judge_names(column.name, present)  # noqa: PLW2901
            elif present is not None and judgement.columns:
                judgement = replace(judgement, ambiguous=numbers.find_thousands_with_points(present))  # noqa: PLW2901
            yield column.name, judgement


def find_thousands_candidates(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say which of k columns of numbers may have points as thousands separators, (k,).

    The numbers of such a column are below 1,000, have at most three decimals, and none lies between 0 and 1. Only their
    texts can decide. values: (k, N), NaN for missing values.
    """
    size = np.abs(values)
    with np.errstate(invalid="ignore"):
        excluded = ((size > 0) & (size < 1)) | (size >= 1000)
    candidates: NDArray[np.bool_] = np.logical_not(excluded.any(axis=1))
    thousandths = np.nan_to_num(values[candidates] * 1000)
    candidates[candidates] = np.isclose(thousandths, np.rint(thousandths), rtol=0, atol=1e-6).all(axis=1)
    return candidates


def are_large_names(present: "pa.Array", values: NDArray[np.float64]) -> bool:
    """Say whether different values become equal as floats, as identifiers of 18 digits do: then they are names.

    Args:
        present: The values that are not missing, as the file has them.
        values: (N,), the same as floats, NaN if missing.
    """
    size = np.nanmax(np.abs(values)) if len(present) else 0
    return bool(size >= EXACT_BELOW) and len(present.unique()) > len(np.unique(values[~np.isnan(values)]))


def judge_numbers(columns: Sequence[Column], values: NDArray[np.float64]) -> list[Judgement]:
    """Judge k columns of numbers: each is learned from, or left out without a value, with one value, or as row numbers.

    Args:
        columns: The k columns.
        values: (k, N), NaN for missing values.

    Returns:
        One judgement a column: the column itself, or the reason to leave it out.
    """
    if not values.shape[1]:
        return [Judgement(left_out=LeftOut(Reason.NO_VALUE))] * len(columns)
    lows, highs = np.fmin.reduce(values, axis=1), np.fmax.reduce(values, axis=1)
    return [
        judge_range(column, of_column, low, high)
        for column, of_column, low, high in zip(columns, values, lows.tolist(), highs.tolist(), strict=True)
    ]


def judge_range(column: Column, values: NDArray[np.float64], low: float, high: float) -> Judgement:
    """Judge a column of numbers: return it as learned from, or with the reason why it is left out.

    It is left out without a value, with one value, or if it only numbers the rows.

    Args:
        column: The column.
        values: (N,), NaN for missing values.
        low: The smallest number, NaN if there is none.
        high: The largest number, NaN if there is none.
    """
    if low != low:  # noqa: PLR0124  # NaN
        return Judgement(left_out=LeftOut(Reason.NO_VALUE))
    if low == high:
        return judge_constant(f"{low:.15g}")
    if counts_rows(column.name, values, low, high):
        is_gapless = high - low < len(values)
        return Judgement(left_out=LeftOut(Reason.ROW_COUNT if is_gapless else Reason.ROW_NUMBER))
    return Judgement((column,))


def judge_constant(value: Any) -> Judgement:
    """Return the judgement that a column is left out because it has one value only. value: shown in the reason."""
    return Judgement(left_out=LeftOut(Reason.ONE_VALUE, str(value)))


def counts_rows(name: str, values: NDArray[np.float64], low: float, high: float) -> bool:
    """Say whether a column of numbers only numbers the rows.

    That holds in three cases. The column rises by 1 from row to row. Or it has no name or a name such as index or id,
    and all its values are different whole numbers. Or it has no name, rises by 1 and begins anew, as in files that were
    joined. A column of fewer than 11 rows never counts them.

    Args:
        name: The name of the column.
        values: (N,), NaN for missing values.
        low: The smallest value.
        high: The largest value.
    """
    if len(values) < ENOUGH_ROWS or not low.is_integer():
        return False
    is_next = np.diff(values) == 1
    if high - low == len(values) - 1 and bool(is_next.all()):
        return True
    if not (name.casefold() in ROW_NUMBER_NAMES or IDENTIFIER.search(name) or is_unnamed(name)):
        return False
    present = values[~np.isnan(values)]
    if len(present) < ENOUGH_ROWS or low < 0 or bool((present != np.floor(present)).any()):
        return False
    begins_anew = bool((is_next | (values[1:] == low)).all()) and values[0] == low
    return len(np.unique(present)) == len(present) or (begins_anew and is_unnamed(name))


def judge_column(name: str, values: "pa.Array", request: ColumnRequest) -> Judgement:
    """Judge one column of any type: return the columns that it gives to learn from, or the reason why it is left out.

    A date also gives sines and cosines of hour and weekday; a number with marks also gives its marks.

    Args:
        name: The name of the column.
        values: (N,), nulls for missing values.
        request: May decide the kind of the column.

    Raises:
        ValueError: Its values are of several kinds.
    """
    import pyarrow as pa

    kind, present = values.type, values.drop_null()
    if not len(present):
        return Judgement(left_out=LeftOut(Reason.NO_VALUE))
    if name in request.marks or name in request.texts:
        return judge_marked_numbers(name, values) if name in request.marks else judge_free_text(name, values)
    if name in request.categories or pa.types.is_dictionary(kind) or pa.types.is_boolean(kind):
        return judge_names(name, values)
    first = present[0].as_py()
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        column = Column(name, ColumnKind.DATE, DateForm.YEAR_FIRST)
        return judge_dates(column, moments_to_days(values, local=True), first)
    if is_text(kind):
        return judge_text(name, values, request)
    as_floats = convert_to_floats(name, values)
    judgement = judge_numbers([Column(name, ColumnKind.NUMBER)], as_floats[None])[0]
    return judge_names(name, present) if are_large_names(present, as_floats) else judgement


def judge_text(name: str, values: "pa.Array", request: ColumnRequest) -> Judgement:
    """Judge a column of text, in which numbers and dates may be written: numbers, dates, or else names.

    Free text that differs from row to row is a column of text, in place of an identifier that is left out.

    Args:
        name: The name of the column.
        values: (N,); at least one is not null.
        request: Has the decimal mark, which decides if the values leave it open.

    Returns:
        The columns to learn from, or the reason why the column is left out. If the numbers can be read in two ways, the
        result has an example as `ambiguous` instead of an error.

    Raises:
        ValueError: Most values are numbers, or most are dates, and the others are neither; or day and month of dates
            are open.
    """
    present = values.drop_null()
    counted = present.value_counts()
    distinct, counts = counted.field("values"), counted.field("counts").to_numpy()
    if are_codes(distinct, counts):
        return judge_names(name, values)
    number_form = numbers.find_number_form(distinct, request.decimal)
    if number_form.fits.all():
        column = Column(name, ColumnKind.NUMBER, number_form.form)
        if number_form.ambiguous is not None and len(distinct) > 1:
            return Judgement((column,), ambiguous=number_form.ambiguous)
        if len(distinct) == 1:
            return judge_constant(present[0].as_py())
        return judge_numbers([column], numbers.parse_numbers(values, number_form.form)[None])[0]
    if date_form := dates.find_date_form(distinct):
        days = dates.parse_dates(values, date_form, local=True)
        return judge_dates(Column(name, ColumnKind.DATE, date_form), days, present[0].as_py())
    check_one_kind(name, values, distinct, counts, number_form.fits)
    named = judge_names(name, values)
    is_different = named.left_out is not None and named.left_out.reason is Reason.MOSTLY_DIFFERENT_TEXTS
    return judge_free_text(name, values) if is_different and is_free_text(distinct.to_pylist()) else named


def are_codes(distinct: "pa.Array", counts: NDArray[np.int64]) -> bool:
    """Say whether a column of digits holds codes such as 007 and 012, which are names and not numbers.

    That holds if some text begins with 0 and either all texts have one length, or at least 10 % of the rows begin so.
    Fewer such texts are mistakes. It does not hold if a text has another character than digits.

    Args:
        distinct: (D,), the different texts of the column.
        counts: (D,), the number of rows with each text.
    """
    is_code = numbers.matches(distinct, numbers.CODE)
    if not is_code.any() or not numbers.matches(distinct, r"^\d+$").all():
        return False
    lengths = {len(text) for text in distinct.to_pylist()}
    return len(lengths) == 1 or bool(counts[is_code].sum() >= FEW_CODES * counts.sum())


def judge_dates(column: Column, days: NDArray[np.float64], first: Any) -> Judgement:
    """Judge a column of dates; if it is learned from, it also gives columns for the hour and the weekday if these vary.

    A column with one date only is left out.

    Args:
        column: The column of the dates.
        days: (N,), days since 1970, in local time if the column has time zones; NaN for missing dates.
        first: The first value as the file has it, for the message on a constant column.
    """
    present = days[~np.isnan(days)]
    if len(present) and present.min() == present.max():
        return judge_constant(first)
    cycles: list[ColumnKind] = []
    if len(present) and np.ptp(present % 1) > 0:
        cycles += [ColumnKind.HOUR_SINE, ColumnKind.HOUR_COSINE]
    if len(present) and np.ptp(np.floor(present) % 7) > 0:
        cycles += [ColumnKind.WEEKDAY_SINE, ColumnKind.WEEKDAY_COSINE]
    derived = [Column(f"{column.name} ({kind})", kind, column.form, column.name) for kind in cycles]
    return Judgement((column, *derived))


def judge_names(name: str, values: "pa.Array") -> Judgement:
    """Judge a column of names: a category, a category with many values (more than 20), or left out.

    It is left out if it has one value, or if more than half of the rows (and more than 20) have different texts. Texts
    such as 1.0 stay as they are written if 1.1 and 1 are names too. At least one value must not be null.
    """
    form = NameForm.AS_WRITTEN if are_versions(values.drop_null().unique().to_pylist()) else None
    texts = convert_to_names(values, shorten=form is None)
    present = texts[~pd.isna(texts)]
    distinct = pd.unique(present)
    if len(distinct) == 1:
        return judge_constant(repr(distinct[0]))
    if len(distinct) > max(FEW, len(present) / 2):
        detail = f"{len(distinct):,} different texts in {len(present):,} rows, such as {present[0][:30]!r}"
        return Judgement(left_out=LeftOut(Reason.MOSTLY_DIFFERENT_TEXTS, detail))
    return Judgement((Column(name, ColumnKind.CATEGORY if len(distinct) <= FEW else ColumnKind.MANY, form),))


def judge_free_text(name: str, values: "pa.Array") -> Judgement:
    """Judge a column of free text: its words are learned from, unless it has one value only.

    At least one value must not be null.
    """
    distinct = pd.unique(convert_to_names(values.drop_null(), shorten=False))
    return judge_constant(repr(distinct[0])) if len(distinct) == 1 else Judgement((Column(name, ColumnKind.TEXT),))


def judge_marked_numbers(name: str, values: "pa.Array") -> Judgement:
    """Judge a column of numbers with marks such as >4: it gives a column of numbers and one of marks, "NAME (mark)".

    If the numbers can be read in two ways, the result has an example as `ambiguous`.

    Raises:
        ValueError: The column has no number, or no mark.
    """
    split = split_marks(name, values)
    if np.isnan(split.numbers).all():
        raise ValueError(f"column {name} has no numbers, with or without a mark: leave out --marked-number {name}")
    if not any(mark is not None for mark in split.marks):
        raise ValueError(f"column {name} has nothing but numbers: leave out --marked-number {name}")
    number = Column(name, ColumnKind.MARKED, split.form)
    mark = Column(f"{name} (mark)", ColumnKind.MARK, split.form, name)
    return Judgement((number, mark), ambiguous=split.ambiguous)


def check_one_kind(
    name: str, values: "pa.Array", distinct: "pa.Array", counts: NDArray[np.int64], is_number: NDArray[np.bool_]
) -> None:
    """Check that a column of names is not a column of numbers or dates with a few mistakes.

    Args:
        name: The name of the column.
        values: (N,), its values.
        distinct: (D,), its different texts.
        counts: (D,), the number of rows with each text.
        is_number: (D,), whether each text is a number.

    Raises:
        ValueError: At least half of the values are numbers or dates with the year first (90 % if few of these differ);
            or all are dates whose day and month are unclear.
    """
    is_date, is_unclear = dates.is_clear_date(distinct), dates.is_unclear_date(distinct)
    if (is_date | is_unclear).all():
        raise ValueError(explain_unclear_dates(name, values, distinct, is_date))
    for kind, fits in ((ColumnKind.NUMBER, is_number), (ColumnKind.DATE, is_date)):
        if counts[fits].sum() / counts.sum() >= (MOST if fits.sum() > FEW else NEARLY_ALL):
            mistakes = {text for text, fit in zip(distinct.to_pylist(), fits, strict=True) if not fit}
            raise ValueError(explain_mistakes(name, values, mistakes, kind))


def explain_mistakes(name: str, values: "pa.Array", mistakes: Collection[str], kind: ColumnKind) -> str:
    """Write the message on a column of numbers or dates with a few other values, the mistakes, and how to correct it.

    Args:
        name: The name of the column.
        values: (N,), its values.
        mistakes: The texts that are mistakes; at least one occurs.
        kind: Number or date.
    """
    rows = [row for row, text in enumerate(values.to_pylist(), 1) if text in mistakes]
    more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    first = values[rows[0] - 1].as_py()
    options = [f"--category {name}: its values are names", f"--drop {name}"]
    if kind == ColumnKind.NUMBER:
        options.insert(0, f"--marked-number {name}: a number, and a mark beside it")
    options.insert(0, f"--na-values '{first}': it means missing")
    return (
        f"column {name} has {kind}s except for {first!r} in row {rows[0]}{more}: correct it, leave it empty if it is "
        f"unknown, or say what it is ({'; '.join(options)})"
    )


def explain_unclear_dates(name: str, values: "pa.Array", distinct: "pa.Array", is_date: NDArray[np.bool_]) -> str:
    """Write the message on dates that leave day and month open, or that are written in several forms.

    Args:
        name: The name of the column.
        values: (N,), its values; at least one is not null.
        distinct: (D,), its different texts.
        is_date: (D,), whether each text is a date with the year first.
    """
    clear = {text for text, is_clear in zip(distinct.to_pylist(), is_date, strict=True) if is_clear}
    present = [(row, text) for row, text in enumerate(values.to_pylist(), 1) if text is not None]
    first = present[0][1]
    advice = f"write all as 2026-11-26, or {ANOTHER_WAY}"
    for row, text in present:
        if (text in clear) != (first in clear):
            return f"column {name} has dates in several forms, {first!r} and in row {row} {text!r}: {advice}"
    return f"column {name} has dates such as {first!r}, in which day and month cannot be told apart: {advice}"
