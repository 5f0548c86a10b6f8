"""Worker processes get the arrays of data sets as pages of one file."""

import dataclasses
import pickle
import tempfile

import numpy as np
import pandas as pd

from imbaloss.comparison.columns import Column, ColumnKind, Schema
from imbaloss.comparison.own_data import Own
from imbaloss.studies.shared_data import share_data

ROWS = 100_000
FRAME = pd.DataFrame({"narrow": np.arange(ROWS, dtype=np.float32), "wide": np.arange(ROWS) / 3})
FRAME["name"] = pd.Series(["a", "b"] * (ROWS // 2), dtype=object)
KINDS = (ColumnKind.NUMBER, ColumnKind.NUMBER, ColumnKind.CATEGORY)
TABLE = Own(
    name="table",
    negative="no",
    positive="yes",
    features=FRAME,
    labels=np.arange(ROWS) % 2,
    kind=Schema(tuple(map(Column, FRAME.columns, KINDS))),
    checksum="",
)


def test_data_are_loaded_as_they_were():
    with share_data({"table": TABLE}) as shared:
        loaded = shared.load()["table"]
    pd.testing.assert_frame_equal(loaded.features, TABLE.features)
    assert (loaded.labels == TABLE.labels).all()
    same, before = (data.draw(0, data.each_fold[0]).train.inputs for data in (loaded, TABLE))
    assert (same == before).all()


def test_numbers_are_in_the_file_alone():
    with share_data({"table": TABLE}) as shared:
        numbers = 4 * ROWS + 8 * ROWS + 8 * ROWS  # narrow, wide and labels
        assert shared.file.stat().st_size >= numbers
        assert len(shared.content) < len(pickle.dumps(TABLE)) - numbers + 1000


def test_who_writes_changes_its_own_page():
    with share_data({"table": TABLE}) as shared:
        first, second = (shared.load()["table"] for _ in range(2))
        first.labels[:] = 7
        assert (second.labels == TABLE.labels).all()


def test_no_file_is_left_whatever_happens(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    sharing = share_data({"table": TABLE})
    assert sharing.__enter__().file.exists()
    assert not sharing.__exit__(OSError, OSError(), None)
    assert not list(tmp_path.iterdir())


def test_data_without_arrays_are_loaded():
    without = dataclasses.replace(TABLE, features=pd.DataFrame(), labels=np.zeros(0, np.int64))
    with share_data({"empty": without}) as shared:
        assert not len(shared.load()["empty"].labels)
