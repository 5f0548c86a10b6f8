"""Text in Arrow tables, whole columns at a time; narrow columns of wide tables are worked on together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

    Columns = Mapping[str, pa.ChunkedArray]

NA_TEXTS = (  # that mean a missing value, beside nothing at all
    *("?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "Nan", "-nan", "-NaN", "NULL", "null", "None"),
)  # fmt: skip
LONG = 2**16  # rows, from which on each column is worked on by itself, without a copy
BLOCK = 2**20  # values that are worked on together, at most, unless one column has more


def is_text(kind: "pa.DataType") -> bool:
    """Return whether values of an Arrow type are text."""
    import pyarrow as pa

    found: bool = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    return found


def clean_text(table: "pa.Table") -> "pa.Table":
    """Trim all text, bring it into Unicode's normal form C, and make nulls of empty texts."""
    import pyarrow as pa

    columns = columns_by_name(table)
    texts = [name for name, column in columns.items() if is_text(column.type)]
    columns |= map_blocks(columns, texts, clean_array)
    return pa.table(list(columns.values()), names=list(columns))


def columns_by_name(table: "pa.Table") -> "dict[str, pa.ChunkedArray]":
    """Return the columns of a table, whose own look-up by name takes longer the more columns there are."""
    return dict(zip(table.column_names, table.columns, strict=True))


def clean_array(array: "pa.Array") -> "pa.Array":
    """Trim texts, bring them into Unicode's normal form C, and make nulls of empty ones."""
    import pyarrow as pa
    from pyarrow import compute

    trimmed = compute.utf8_trim_whitespace(array)
    if not trimmed.equals(array):  # what need not change is not copied
        array = trimmed
    if not compute.all(compute.string_is_ascii(array), min_count=0).as_py():
        array = compute.utf8_normalize(array, "NFC")
    empty = compute.equal(array, "")
    if compute.any(empty).as_py():
        array = compute.if_else(empty, pa.scalar(None, array.type), array)
    return array


def map_blocks(
    columns: "Columns", names: Sequence[str], change: "Callable[[pa.Array], pa.Array]"
) -> "Iterator[tuple[str, pa.ChunkedArray]]":
    """Yield name and changed values of columns of text; `change` gets those of many columns in one array."""
    import pyarrow as pa

    for block, array in iterate_blocks(columns, names):
        changed = change(array)
        rows = len(array) // len(block)
        for place, name in enumerate(block):
            yield name, pa.chunked_array([changed.slice(place * rows, rows)])


def iterate_blocks(columns: "Columns", names: Sequence[str]) -> "Iterator[tuple[Sequence[str], pa.Array]]":
    """Yield names of columns of text and their values one behind the other, in blocks of at most `BLOCK` values."""
    import pyarrow as pa

    rows = len(columns[names[0]]) if names else 0
    width = max(BLOCK // max(rows, 1), 1) if rows < LONG else 1
    for start in range(0, len(names), width):
        block = names[start : start + width]
        chunks: list[Any] = []
        for name in block:
            column = columns[name]
            chunks += column.chunks if column.type == pa.large_string() else column.cast(pa.large_string()).chunks
        if len(chunks) == 1:
            yield block, chunks[0]
        else:
            yield block, pa.concat_arrays(chunks) if chunks else pa.array([], pa.large_string())


def find_in_columns(texts: "pa.Array", columns: int, pattern: str) -> NDArray[np.bool_]:
    """Return in which of several columns, one behind the other in one array, a pattern is found, (columns,).

    Upper and lower case are the same.
    """
    from pyarrow import compute

    found = compute.fill_null(compute.match_substring_regex(texts, pattern, ignore_case=True), False)
    in_columns: NDArray[np.bool_] = found.to_numpy(zero_copy_only=False).reshape(columns, -1).any(axis=1)
    return in_columns


def select(table: "pa.Table", names: Sequence[str]) -> "pa.Table":
    """Return the columns of these names, in their order."""
    import pyarrow as pa

    columns = columns_by_name(table)
    return pa.table([columns[name] for name in names], names=list(names))
