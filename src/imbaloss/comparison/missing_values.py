"""Missing values: texts and numbers that mean one become nulls."""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from imbaloss.comparison.reading import numbers
from imbaloss.comparison.reading.text import NA_TEXTS, columns_by_name, is_text, map_blocks

if TYPE_CHECKING:
    import pyarrow as pa


def mark_missing(table: "pa.Table", na_values: Sequence[str] = (), keep_na: Collection[str] = ()) -> "pa.Table":
    """Return a table with nulls for missing values: NA, ? and the like in text, NaN in numbers, and `na_values`.

    Args:
        table: Any table; it is not changed.
        na_values: Further texts that mean a missing value. A number means it in any notation: -999 is also -999.0.
        keep_na: Columns of text in which NA and the like stay values. `na_values` become nulls there too.
    """
    import pyarrow as pa

    parsed = numbers.parse_numbers(pa.array(list(na_values), pa.large_string()), None)
    numeric = parsed[~np.isnan(parsed)].tolist()
    drop_requested = make_nulls_of(na_values, numeric)
    drop_all = make_nulls_of([*NA_TEXTS, *na_values], numeric)
    columns = columns_by_name(table)
    texts = [name for name, column in columns.items() if is_text(column.type)]
    columns |= map_blocks(columns, [name for name in texts if name not in keep_na], drop_all)
    columns |= map_blocks(columns, [name for name in texts if name in keep_na], drop_requested)
    for name, column in columns.items():
        if pa.types.is_dictionary(column.type) and is_text(column.type.value_type):
            columns[name] = drop_from_categories(column, drop_requested if name in keep_na else drop_all)
        elif pa.types.is_floating(column.type) or (numeric and pa.types.is_integer(column.type)):
            columns[name] = drop_numbers(column, numeric)
    return pa.table(list(columns.values()), names=list(columns))


def make_nulls_of(texts: Sequence[str], numeric: Sequence[float]) -> "Callable[[pa.Array], pa.Array]":
    """Return a function that takes an array of text, and replaces these texts and these numbers in it by nulls."""
    import pyarrow as pa
    from pyarrow import compute

    unwanted, unwanted_numbers = pa.array(list(texts), pa.large_string()), pa.array(list(numeric), pa.float64())

    def drop(array: "pa.Array") -> "pa.Array":
        """Replace the unwanted values of an array of text by nulls; without such values the same array is returned."""
        missing = compute.is_in(array, unwanted)
        if len(unwanted_numbers):
            missing = compute.or_(missing, compute.is_in(read_numbers(array), unwanted_numbers))
        if not compute.any(missing, min_count=0).as_py():
            return array  # an unchanged array is not copied
        return compute.if_else(missing, pa.scalar(None, array.type), array)

    return drop


def read_numbers(texts: "pa.Array") -> "pa.Array":
    """Read texts with a decimal point or comma as an Arrow array of floats.

    Codes such as 00999 and other texts become nulls.
    """
    import pyarrow as pa
    from pyarrow import compute

    points = compute.replace_substring_regex(texts, r"^([+-]?\d+),(\d+)$", r"\1.\2")
    is_number = pa.array(numbers.matches(points, numbers.NUMBER))
    parsed = numbers.parse_numbers(compute.if_else(is_number, points, pa.scalar(None, points.type)), None)
    return pa.array(parsed, from_pandas=True)


def drop_from_categories(column: "pa.ChunkedArray", drop: "Callable[[pa.Array], pa.Array]") -> "pa.ChunkedArray":
    """Replace the values of a dictionary column by nulls if their category is unwanted.

    drop: Turns unwanted texts of an array into nulls.
    """
    import pyarrow as pa
    from pyarrow import compute

    chunks = []
    for chunk in column.unify_dictionaries().chunks:
        kept = drop(chunk.dictionary.cast(pa.large_string())).is_valid()
        indices = compute.if_else(kept.take(chunk.indices), chunk.indices, pa.scalar(None, chunk.indices.type))
        chunks.append(pa.DictionaryArray.from_arrays(indices, chunk.dictionary))
    return pa.chunked_array(chunks) if chunks else column


def drop_numbers(column: "pa.ChunkedArray", values: Sequence[float]) -> "pa.ChunkedArray":
    """Replace NaN and these numbers by nulls in a column of integers or floats, which keeps its type."""
    import pyarrow as pa
    from pyarrow import compute

    floats = compute.cast(column, pa.float64(), safe=False)
    missing = compute.or_(compute.is_nan(floats), compute.is_in(floats, pa.array(list(values), pa.float64())))
    if not compute.any(missing, min_count=0).as_py():
        return column  # an unchanged column is not copied
    return compute.if_else(missing, pa.scalar(None, column.type), column)


def find_target(table: "pa.Table", target: str, na_values: Sequence[str]) -> "pa.Array":
    """Return the target of each row, (N,), with nulls for empty values, NaN and `na_values`; the text NA stays a class.

    target: The name of its column.

    Raises:
        KeyError: The table has no such column.
    """
    return mark_missing(table.select([target]), na_values, keep_na=[target])[target].combine_chunks()
