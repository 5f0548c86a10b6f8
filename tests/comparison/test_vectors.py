"""A column of frozen features joins the numbers: read, hashed, prepared and permuted as one column of the file."""

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from imbaloss.comparison.column_permutation import rank_values
from imbaloss.comparison.column_values import LARGE, take_columns
from imbaloss.comparison.columns import Column, ColumnKind, Schema
from imbaloss.comparison.embedding import Embedding
from imbaloss.comparison.hashes import hash_rows
from imbaloss.comparison.own_model import read_kind
from imbaloss.comparison.preparation import TablePreparation
from imbaloss.comparison.vectors import make_vector_column, read_vectors
from imbaloss.data import InputForm
from imbaloss.features import ExtractorFacts

SCHEMA = Schema(
    (Column("age", ColumnKind.NUMBER), Column("photo", ColumnKind.EMBEDDED), Column("city", ColumnKind.CATEGORY)),
    embeddings={"photo": Embedding(ExtractorFacts("timm:some", 4, "00"))},
)


def make_table(rows: int) -> tuple[pa.Table, NDArray[np.float16]]:
    features = np.random.default_rng(0).normal(size=(rows, 4)).astype(np.float16)
    cities = np.array(["Bonn", "Ulm"], dtype=object)[np.arange(rows) % 2]
    columns = {"age": np.arange(rows) * 1.1, "photo": make_vector_column(features), "city": pa.array(cities)}
    return pa.table(columns), features


def test_a_table_small_or_large_keeps_its_vectors() -> None:
    for rows in (7, LARGE):
        table, features = make_table(rows)
        frame = take_columns(SCHEMA, table)
        assert list(frame.columns) == ["age", "photo", "city"]
        chosen = np.array([5, 0, 5])
        assert np.array_equal(read_vectors(frame["photo"]), features)
        assert np.array_equal(read_vectors(frame["photo"].iloc[chosen]), features[chosen])
        assert np.array_equal(read_vectors(frame["photo"], chosen), features[chosen])


def test_features_are_scaled_for_networks_and_unchanged_for_trees() -> None:
    table, features = make_table(40)
    frame, labels, rows = take_columns(SCHEMA, table), np.arange(40) % 3 == 0, np.arange(0, 40, 2)
    of_train = features[rows].astype(np.float32)
    for form in (InputForm.PREPARED, InputForm.COLUMNS):
        preparation, inputs = TablePreparation.fit(SCHEMA, frame, labels[rows].astype(np.int64), form, rows)
        assert preparation.input_columns[-4:] == ("photo",) * 4
        assert len(preparation.input_columns) == inputs.shape[1]
        expected = features.astype(np.float32)
        if form is InputForm.PREPARED:
            expected = (expected - of_train.mean(axis=0)) / of_train.std(axis=0)
        np.testing.assert_allclose(preparation(frame)[:, -4:], expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(inputs[:, -4:], expected[rows], rtol=1e-5, atol=1e-6)


def test_rows_with_other_features_have_other_hashes() -> None:
    table, features = make_table(6)
    frame = take_columns(SCHEMA, table)
    changed = features.copy()
    changed[2, 3] += 1
    changed[5] = changed[4]
    other = take_columns(SCHEMA, table.set_column(1, "photo", make_vector_column(changed)))
    assert (hash_rows(frame) != hash_rows(other)).tolist() == [False, False, True, False, False, True]
    ranks = rank_values(pd.Series(other["photo"]))
    assert ranks[4] == ranks[5]
    assert len(set(ranks.tolist())) == 5


def test_a_model_file_keeps_what_makes_the_features() -> None:
    assert read_kind(SCHEMA.to_json()) == SCHEMA
