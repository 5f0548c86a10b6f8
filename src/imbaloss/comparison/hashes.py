"""Hashes of the columns and rows of a table, equal to those of pandas, computed in blocks of columns."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.vectors import hash_vectors

BLOCK = 2**20  # number of values that are hashed together
START, FACTOR, STEP, END = 0x345678, 1_000_003, 82_520, 97_531  # constants of CPython's tuple hash before 3.8


def hash_columns(frame: pd.DataFrame) -> Iterator[NDArray[np.uint64]]:
    """Yield the hashes of each column's values, (N,), equal to `pandas.util.hash_pandas_object` without the index.

    Numbers of float32 have the hashes of the same numbers in float64. pandas cannot hash columns of vectors, which have
    hashes of ours.
    """
    size = max(1, BLOCK // max(1, len(frame)))
    for start in range(0, len(frame.columns), size):
        block = frame.iloc[:, start : start + size]
        numbers = np.array([dtype in (np.float64, np.float32) for dtype in block.dtypes])
        hashes = np.empty((len(numbers), len(frame)), np.uint64)
        if numbers.any():
            values = np.ascontiguousarray(block.loc[:, numbers].to_numpy(np.float64).T)
            hashes[numbers] = pd.util.hash_array(values.ravel()).reshape(values.shape)
        for place, (_, column) in zip(np.flatnonzero(~numbers), block.loc[:, ~numbers].items(), strict=True):
            is_vector = isinstance(column.dtype, pd.ArrowDtype)
            hashes[place] = hash_vectors(column) if is_vector else pd.util.hash_pandas_object(column, index=False)
        yield from hashes


def hash_rows(frame: pd.DataFrame) -> NDArray[np.uint64]:
    """Return the hash of each row, (N,), equal to `pandas.util.hash_pandas_object` without the index.

    pandas makes a Series of each column, which takes most of its time for many short columns.
    """
    columns = len(frame.columns)
    steps = STEP + 2 * np.arange(columns, 0, -1, dtype=np.uint64)
    factors = np.cumsum(np.append(np.uint64(FACTOR), steps[:-1]))
    hashes = np.full(len(frame), START, np.uint64)
    for of_column, factor in zip(hash_columns(frame), factors, strict=True):
        hashes ^= of_column
        hashes *= factor
    return hashes + np.uint64(END)
