"""Segments of the rows by the values of a column, for which the recommended method is judged one by one."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.column_kinds import judge_columns
from imbaloss.comparison.column_values import UNMARKED, take_columns
from imbaloss.comparison.columns import MISSING, ColumnKind
from imbaloss.comparison.judgement import ColumnRequest
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.plural import format_count
from imbaloss.studies import Segments

if TYPE_CHECKING:
    import pyarrow as pa

MOST_VALUES = 10  # values of a column that are segments of their own
QUARTILES = (0.25, 0.5, 0.75)
SECONDS = 86_400  # of a day


def cut_segments(tables: "Sequence[pa.Table]", request: ComparisonRequest) -> dict[str, Segments]:
    """Cut the rows into segments by each column that the request names for that, and return these by column.

    A column of groups has names, whatever they look like.

    Args:
        tables: The rows to learn from and, if there are any, the test rows, with nulls for missing values.
        request: Names the columns.

    Raises:
        ValueError: A column has one value, values of several kinds, or a different text in each row.
    """
    names = {*request.category, *filter(None, (request.group,))}
    of_columns = ColumnRequest(
        names,
        marks=request.mark,
        na_values=request.na_values,
        keep_na=request.keep_na,
        decimal=request.decimal,
    )
    return {name: cut_column(name, tables, of_columns) for name in request.segment}


def cut_column(name: str, tables: "Sequence[pa.Table]", request: ColumnRequest) -> Segments:
    """Cut the rows into segments by a column: one for each value, or one for each quarter of many numbers or dates.

    Of names, the ten most frequent are segments, and all others are one together. Rows without a value are a segment.
    The segments are in the order of numbers and dates, or of the frequency of names; other and missing values come
    last.

    Args:
        name: The name of the column.
        tables: The rows to learn from and, if there are any, the test rows, with nulls for missing values. The first
            table decides the kind of the column.
        request: What is asked of columns.

    Raises:
        ValueError: The column has one value, or values of several kinds, or a different text in each row.
    """
    try:
        schema = judge_columns(tables[0].select([name]), request)
    except ValueError as error:
        raise ValueError(f"the column {name!r} does not divide the rows into segments: {error}") from error
    frame = pd.concat([take_columns(schema, table.select([name])) for table in tables], ignore_index=True)
    first = schema.columns[0]
    if first.is_text:
        raise ValueError(f"the column {name!r} does not divide the rows into segments: it is free text")
    values = frame[first.name]
    if not first.is_number:
        return cut_names(values)
    marks = [frame[column.name] for column in schema.columns if column.kind == ColumnKind.MARK]
    numbers = values.to_numpy(np.float64)
    unnumbered = np.full(len(frame), MISSING, dtype=object)
    if marks:
        unnumbered = marks[0].replace(UNMARKED, MISSING).to_numpy(object)
    return cut_numbers(numbers, unnumbered, is_date=first.is_date)


def cut_names(values: "pd.Series[Any]") -> Segments:
    """Cut rows into segments by names: one for each of the ten most frequent, then one for all others together.

    The last one has the rows without a name. Segments without rows are left out.

    values: (N,), the names, "(missing)" for a missing one.
    """
    counts = values[values != MISSING].value_counts(sort=False).sort_index().sort_values(ascending=False, kind="stable")
    frequent, rest = list(counts.index[:MOST_VALUES]), len(counts) - MOST_VALUES
    name_of_rest = f"other ({format_count(rest, 'value')})"
    names = [*frequent, *([name_of_rest] if rest > 0 else []), *([MISSING] if (values == MISSING).any() else [])]
    places = {name: place for place, name in enumerate(frequent)} | {MISSING: len(names) - 1}
    return Segments(tuple(map(str, names)), values.map(lambda name: places.get(name, len(frequent))).to_numpy(np.int64))


def cut_numbers(values: NDArray[np.float64], unnumbered: NDArray[np.object_], *, is_date: bool) -> Segments:
    """Cut rows into segments by numbers or dates: one for each of up to ten values, or four ranges at the quartiles.

    Args:
        values: (N,), NaN where there is none; dates as days since 1970.
        unnumbered: (N,), names; those of rows without a number are segments.
        is_date: Whether the values are dates.
    """
    is_number = np.isfinite(values)
    numbers = values[is_number]
    distinct = np.unique(numbers)
    if len(distinct) <= MOST_VALUES:
        names, places = write_values(distinct, is_date=is_date), np.searchsorted(distinct, numbers)
    else:
        edges = np.unique(np.quantile(numbers, QUARTILES, method="inverted_cdf"))
        edges = edges[edges < numbers.max()]
        edges = edges if len(edges) else distinct[-2:-1]
        names, places = write_ranges(write_values(edges, is_date=is_date)), np.searchsorted(edges, numbers)
    codes = np.empty(len(values), np.int64)
    codes[is_number] = places
    if not is_number.all():
        texts, of_text = np.unique(unnumbered[~is_number].astype(str), return_inverse=True)
        codes[~is_number] = len(names) + of_text
        names = [*names, *texts.tolist()]
    return Segments(tuple(names), codes)


def write_values(values: NDArray[np.float64], *, is_date: bool) -> list[str]:
    """Write numbers as text, such as "2.5"; or days since 1970 as dates, with the time if one is not midnight."""
    if not is_date:
        return [f"{value:.15g}" for value in values.tolist()]
    moments = np.round(values * SECONDS).astype("datetime64[s]")
    has_times = (moments != moments.astype("datetime64[D]")).any()
    return [str(text).replace("T", " ") for text in np.datetime_as_string(moments, unit="m" if has_times else "D")]


def write_ranges(edges: Sequence[str]) -> list[str]:
    """Write the ranges between edges, of which each is the last value of its range; at least one edge."""
    between = [f"above {low} to {high}" for low, high in pairwise(edges)]
    return [f"up to {edges[0]}", *between, f"above {edges[-1]}"]
