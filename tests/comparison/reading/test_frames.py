"""Frames of any library: names and kinds are kept."""

import datetime
import decimal

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from imbaloss.comparison.column_kinds import judge_columns
from imbaloss.comparison.column_values import take_columns
from imbaloss.comparison.missing_values import mark_missing
from imbaloss.comparison.reading.frames import table_from_frame
from tests.comparison.examples import mixed


def taken(frame) -> pd.DataFrame:
    table = mark_missing(table_from_frame(frame))
    return take_columns(judge_columns(table), table)


LIBRARIES = {
    "polars": pl.from_pandas,
    "polars with categories": lambda frame: pl.from_pandas(frame).with_columns(pl.col("country").cast(pl.Categorical)),
    "pyarrow": pa.Table.from_pandas,
    "narwhals": lambda frame: nw.from_native(pl.from_pandas(frame)),
    "pandas with another index": lambda frame: frame.set_index(frame.index[::-1] * 3),
    "pandas with Arrow types": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "pandas with nullable types": lambda frame: frame.convert_dtypes(),
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_frame_says_the_same_in_every_library(library):
    pd.testing.assert_frame_equal(taken(LIBRARIES[library](mixed())), taken(mixed()))


def test_a_batch_of_rows_has_its_names_and_a_masked_array_its_gaps():
    batch = pa.RecordBatch.from_pydict({"age": [1.5, 2.5, 4], "town": ["a", "b", "a"]})
    assert list(taken(batch)) == ["age", "town"]
    masked = np.ma.masked_equal(np.array([[1, 2], [-1, 3], [4, 5]]), -1)
    assert taken(masked).isna().to_numpy().tolist() == [[False, False], [True, False], [False, False]]


def test_an_array_has_names_of_its_own():
    assert list(taken(np.random.default_rng(0).normal(size=(9, 3)))) == ["X0", "X1", "X2"]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([decimal.Decimal("1.5"), decimal.Decimal(2), None], [1.5, 2, None]),
        ([datetime.date(1970, 1, 2), datetime.date(9999, 12, 31), None], [1, 2932896, None]),
        ([datetime.timedelta(hours=6), datetime.timedelta(days=2), None], [0.25, 2, None]),
        (pd.array([1, None, 3], dtype="Int64"), [1, None, 3]),
        (pd.arrays.SparseArray([0.0, 1.0, np.nan]), [0, 1, None]),
        (np.array([1, 2, 3], dtype=">i4"), [1, 2, 3]),
        (np.array([0.5, 1, 2], dtype=np.float16), [0.5, 1, 2]),
        (np.array([0.5, 1, 2], dtype=np.longdouble), [0.5, 1, 2]),
        ([2**63, 2**64 - 1, 5], [2.0**63, 2.0**64, 5]),
        (["x", 1, None], ["x", "1", "(missing)"]),
        ([True, "maybe", None], ["True", "maybe", "(missing)"]),
        (pd.period_range("2026-01", periods=3, freq="M"), ["2026-01", "2026-02", "2026-03"]),
        (np.array([b"a", b"b", b"a"]), ["a", "b", "a"]),
        ([10**30, 5, 7], [1e30, 5, 7]),
        (pd.cut([1, 5, 1], [0, 2, 6]), ["(0, 2]", "(2, 6]", "(0, 2]"]),
    ],
)
def test_values_of_every_type_are_numbers_days_or_names(values, wanted):
    found = taken(pd.DataFrame({"a": values}))["a"]
    assert [None if pd.isna(value) else value for value in found] == wanted


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (pd.DataFrame({"a": [1j, 2]}), "column a has complex numbers"),
        (pd.DataFrame({"a": [[1], [2]]}), "column a holds lists or the like"),
        (pd.DataFrame({"a": [{"b": 1}, {}]}), "column a holds lists or the like"),
        (pd.DataFrame(np.ones((2, 2)), columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])), "in several levels"),
        (pd.DataFrame(np.ones((2, 2)), columns=["a", " a"]), "has two columns 'a'"),
        (pd.DataFrame(np.ones((2, 2)), columns=[1, "1"]), "has two columns '1'"),
        (np.ones(3), r"an array of shape \(3,\)"),
        (pl.DataFrame({"a": [[1], [2]]}), "column a holds"),
    ],
)
def test_what_is_no_table_of_values_is_refused(frame, sentence):
    with pytest.raises(ValueError, match=sentence):
        taken(frame)


def test_a_frame_that_is_not_computed_is_refused():
    with pytest.raises(TypeError, match=r"use X\.collect\(\)"):
        table_from_frame(pl.LazyFrame({"a": [1]}))
