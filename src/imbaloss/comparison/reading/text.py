"""Text in Arrow tables, by whole columns; the short columns of wide tables are processed together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

    Columns = Mapping[str, pa.ChunkedArray]

NA_TEXTS = (  # texts that mean a missing value, in addition to empty ones
    *("?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "Nan", "-nan", "-NaN", "NULL", "null", "None"),
)  # fmt: skip
LONG = 2**16  # number of rows from which on each column is processed alone, without a copy
BLOCK = 2**20  # number of values that are processed together, at most, unless one column has more


def is_text(kind: "pa.DataType") -> bool:
    """Say whether values of an Arrow type are text. Dictionaries (categories) and bytes are not."""
    import pyarrow as pa

    is_string: bool = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    return is_string


def clean_text(table: "pa.Table") -> "pa.Table":
    """Return a table whose text is trimmed and in Unicode's normal form C, with nulls for empty texts.

    Columns of other types are unchanged. Text of every Arrow type becomes large_string.
    """
    import pyarrow as pa

    columns = columns_by_name(table)
    texts = [name for name, column in columns.items() if is_text(column.type)]
    columns |= map_blocks(columns, texts, clean_array)
    return pa.table(list(columns.values()), names=list(columns))


def columns_by_name(table: "pa.Table") -> "dict[str, pa.ChunkedArray]":
    """Return the columns of a table, keyed by name.

    A dictionary is faster than pyarrow's look-up in tables of many columns.
    """
    return dict(zip(table.column_names, table.columns, strict=True))


def clean_array(array: "pa.Array") -> "pa.Array":
    """Return texts trimmed and in Unicode's normal form C, with nulls for empty ones. Nulls stay nulls."""
    import pyarrow as pa
    from pyarrow import compute

    trimmed = compute.utf8_trim_whitespace(array)
    if not trimmed.equals(array):  # an unchanged array is not copied
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
    """Yield the name and the changed values of each column of text.

    Args:
        columns: The columns of a table by name, all of the same length.
        names: The columns to change; they must be text.
        change: Gets the values of one or more columns, one behind the other in one array, or some values of a long
            column, and returns as many in the same order.
    """
    import pyarrow as pa

    if names and len(columns[names[0]]) >= LONG:
        for name in names:  # by chunk, so that unchanged ones are not copied
            chunks = columns[name].cast(pa.large_string()).chunks
            yield name, pa.chunked_array([change(chunk) for chunk in chunks], pa.large_string())
        return
    for block, array in iterate_blocks(columns, names):
        changed = change(array)
        rows = len(array) // len(block)
        for place, name in enumerate(block):
            yield name, pa.chunked_array([changed.slice(place * rows, rows)])


def iterate_blocks(columns: "Columns", names: Sequence[str]) -> "Iterator[tuple[Sequence[str], pa.Array]]":
    """Yield columns of text in blocks: their names, and their values one column behind the other in one array.

    A block has at most 2^20 values, or one column. Columns of 65,536 rows or more come alone.

    Args:
        columns: The columns of a table by name, all of the same length.
        names: The columns to yield; they must be text. Nothing is yielded if there are none.
    """
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
    """Say for each column whether a pattern occurs anywhere in one of its values, (columns,); case does not count.

    Args:
        texts: The values, one column behind the other; nulls have no match.
        columns: The number of columns.
        pattern: A regular expression.
    """
    from pyarrow import compute

    is_match = compute.fill_null(compute.match_substring_regex(texts, pattern, ignore_case=True), False)
    in_columns: NDArray[np.bool_] = is_match.to_numpy(zero_copy_only=False).reshape(columns, -1).any(axis=1)
    return in_columns


def select(table: "pa.Table", names: Sequence[str]) -> "pa.Table":
    """Return a table of the columns of these names, in this order.

    Raises:
        KeyError: The table has no column of a name.
    """
    import pyarrow as pa

    columns = columns_by_name(table)
    return pa.table([columns[name] for name in names], names=list(names))
