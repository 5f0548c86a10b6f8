"""Columns of vectors: the frozen features of an image or a text in each row, as an Arrow array and in a frame."""

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa


def make_vector_column(features: NDArray[np.float16]) -> "pa.Array":
    """Return features (N, D) as an Arrow array of N lists of D numbers, without a copy."""
    import pyarrow as pa

    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(features).ravel()), features.shape[1])


def is_vector(kind: "pa.DataType") -> bool:
    """Say whether values of an Arrow type are vectors: lists of one length."""
    import pyarrow as pa

    return bool(pa.types.is_fixed_size_list(kind))


def make_vector_series(values: "pa.Array") -> "pd.Series[Any]":
    """Return an Arrow array of vectors as a column of a frame, without a copy."""
    return pd.Series(pd.arrays.ArrowExtensionArray(values), copy=False)


def read_vectors(column: "pd.Series[Any]", rows: NDArray[np.int64] | None = None) -> NDArray[np.float16]:
    """Return the vectors of a column of a frame, (N, D); rows: (N,), the places of the rows, or None for all."""
    import pyarrow as pa

    values = pa.array(column.array)
    flat = (values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values).flatten()
    vectors: NDArray[np.float16] = flat.to_numpy(zero_copy_only=False).reshape(len(column), values.type.list_size)
    return vectors if rows is None else vectors[rows]


def hash_vectors(column: "pd.Series[Any]") -> NDArray[np.uint64]:
    """Return a hash of each row of a column of vectors, (N,), equal for equal vectors."""
    rows = np.ascontiguousarray(read_vectors(column))
    digests = b"".join(hashlib.blake2b(row.tobytes(), digest_size=8).digest() for row in rows)
    return np.frombuffer(digests, np.uint64)
