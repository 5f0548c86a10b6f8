"""Frames of pandas, polars, pyarrow and others, and arrays, as Arrow tables."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from imbaloss.comparison.reading.arrays import convert_to_arrow
from imbaloss.comparison.reading.names import check_names, name_columns
from imbaloss.comparison.reading.parquet import is_bytes
from imbaloss.comparison.reading.text import clean_text

if TYPE_CHECKING:
    import pyarrow as pa


def table_from_frame(frame: Any) -> "pa.Table":
    """Convert a frame (pandas, polars, pyarrow and others) or an array (N, D) to an Arrow table.

    The columns of an array are called X0, X1 and so on. Text is trimmed, empty text becomes null, and the index of a
    pandas frame is dropped.

    Raises:
        ValueError: It is no frame and no array of two axes, is sparse, has two columns of one name, or has values that
            are no number, date or text.
        TypeError: It is a lazy frame.
    """
    if isinstance(frame, pd.DataFrame):
        return clean_text(table_from_pandas(frame))
    if hasattr(frame, "tocsr"):
        raise ValueError("X is sparse, but networks need dense inputs: use X.toarray()")
    import narwhals as nw
    import pyarrow as pa

    if isinstance(frame, pa.RecordBatch):
        frame = pa.Table.from_batches([frame])
    wrapped = nw.from_native(frame, pass_through=True)
    if isinstance(wrapped, nw.LazyFrame):
        raise TypeError("X is a lazy frame: use X.collect()")
    if isinstance(wrapped, nw.DataFrame):
        try:
            table = wrapped.to_arrow()
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
    """Convert a pandas frame to an Arrow table. The index is dropped, and NaN, NaT and None become nulls.

    Values of mixed types in one column become text.

    Raises:
        ValueError: Names have several levels, two columns have one name, or a column holds complex numbers, lists or
            the like.
    """
    import pyarrow as pa

    if frame.columns.nlevels > 1:
        raise ValueError("X has column names in several levels: give each column one name")
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
    """Say whether values of an Arrow type are numbers, dates, booleans, text, or categories of these.

    Lists and bytes are not.
    """
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return is_simple(kind.value_type)
    return not (pa.types.is_nested(kind) or is_bytes(kind) or isinstance(kind, pa.BaseExtensionType))


def array_from_series(name: str, column: "pd.Series[Any]") -> "pa.Array":
    """Convert one pandas column to an Arrow array; values of mixed types become text, missing ones nulls.

    name: The name of the column, for messages.

    Raises:
        ValueError: The values are complex numbers, lists or the like.
    """
    import pyarrow as pa

    if isinstance(column.dtype, np.dtype) and column.dtype != object:
        return convert_to_arrow(name, column.to_numpy())
    if isinstance(column.dtype, pd.SparseDtype):
        column = column.astype(column.dtype.subtype)
    try:
        array = pa.array(column, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        array = None
    if array is not None and is_simple(array.type):
        return array
    if any(isinstance(value, list | dict | set | tuple | np.ndarray) for value in column):
        raise ValueError(f"column {name} holds lists or the like: a value must be one number or text")
    texts = [value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in column]
    return pa.array([None if pd.isna(value) else str(value) for value in texts], pa.string())
