"""Frames of pandas, polars, pyarrow and others, and arrays, as Arrow tables."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from imbaloss.comparison.reading.arrays import arrow_array
from imbaloss.comparison.reading.names import check_names, name_columns
from imbaloss.comparison.reading.parquet import is_bytes
from imbaloss.comparison.reading.text import clean_text

if TYPE_CHECKING:
    import pyarrow as pa


def table_from_frame(frame: Any) -> "pa.Table":
    """Return a frame as an Arrow table with its names and types, or an array (N, D) as columns X0, X1 and so on.

    Raises:
        ValueError: It has no rows and columns, two columns of one name, or values that are no number, date or text.
        TypeError: It is a frame that is not computed yet.
    """
    if isinstance(frame, pd.DataFrame):
        return clean_text(table_from_pandas(frame))
    if hasattr(frame, "tocsr"):
        raise ValueError("X is sparse, and networks here learn from dense inputs: give X.toarray()")
    import narwhals as nw
    import pyarrow as pa

    if isinstance(frame, pa.RecordBatch):
        frame = pa.Table.from_batches([frame])
    known = nw.from_native(frame, pass_through=True)
    if isinstance(known, nw.LazyFrame):
        raise TypeError("X is a frame that is not computed yet: give X.collect()")
    if isinstance(known, nw.DataFrame):
        try:
            table = known.to_arrow()
        except (pa.ArrowException, ValueError, TypeError) as error:
            raise ValueError(f"X has values that Arrow does not know: {' '.join(str(error).split())}") from error
        names = name_columns(map(str, table.column_names))
        check_names("X", names)
        return clean_text(table.rename_columns(list(names)))
    is_masked = isinstance(frame, np.ma.MaskedArray)
    array = frame.astype(np.float64).filled(np.nan) if is_masked else np.asarray(frame)
    if array.ndim != 2:
        raise ValueError(f"X must be a frame or an array (N, D), found an array of shape {array.shape}")
    return clean_text(table_from_pandas(pd.DataFrame(array, columns=[f"X{place}" for place in range(array.shape[1])])))


def table_from_pandas(frame: pd.DataFrame) -> "pa.Table":
    """Return a pandas frame as an Arrow table. The index is left out; NaN, NaT and None are nulls."""
    import pyarrow as pa

    if frame.columns.nlevels > 1:
        raise ValueError("X has names of columns in several levels: give each column one name")
    names = name_columns(map(str, frame.columns))
    check_names("X", names)
    named = frame.set_axis(list(names), axis=1)
    try:
        table = pa.Table.from_pandas(named, preserve_index=False).replace_schema_metadata(None)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):  # some column has values of several types
        table = None
    if table is not None and all(map(is_simple, table.schema.types)):
        return table
    return pa.table([array_from_series(name, named[name]) for name in names], names=list(names))


def is_simple(kind: "pa.DataType") -> bool:
    """Return whether values of an Arrow type are numbers, dates, truths, categories or text."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return is_simple(kind.value_type)
    return not (pa.types.is_nested(kind) or is_bytes(kind) or isinstance(kind, pa.BaseExtensionType))


def array_from_series(name: str, column: "pd.Series[Any]") -> "pa.Array":
    """Return one pandas column as Arrow; values of several types become text.

    Raises:
        ValueError: The values are complex numbers, lists or the like.
    """
    import pyarrow as pa

    if isinstance(column.dtype, np.dtype) and column.dtype != object:
        return arrow_array(name, column.to_numpy())
    if isinstance(column.dtype, pd.SparseDtype):
        column = column.astype(column.dtype.subtype)
    try:
        found = pa.array(column, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        found = None
    if found is not None and is_simple(found.type):
        return found
    if any(isinstance(value, list | dict | set | tuple | np.ndarray) for value in column):
        raise ValueError(f"column {name} holds lists or the like: a value must be one number or text")
    texts = [value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in column]
    return pa.array([None if pd.isna(value) else str(value) for value in texts], pa.string())
