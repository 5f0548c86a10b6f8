"""Hashes of columns and rows are those of pandas: they stand in checksums of saved results."""

import numpy as np
import pandas as pd
import pytest

from imbaloss.comparison import hashes
from imbaloss.comparison.request import ComparisonRequest
from tests.comparison.examples import mixed, of_frames, take

CHECKSUM_OF_MIXED = "23231439ad3cf817c2e74c414f6f5ce87b62e37459c123b0153fa28349697c66"  # as first written to folders


def table(rows: int = 30, columns: int = 9) -> pd.DataFrame:
    """Numbers and text in turns, with missing, equal and special values."""
    generator = np.random.default_rng(0)
    numbers = generator.choice([0.0, -0.0, np.nan, 1.5, 1e290], (rows, columns))
    frame = pd.DataFrame(numbers, columns=[f"x{place}" for place in range(columns)])
    return frame.assign(x1=generator.choice(["a", "b", "ü"], rows).astype(object), x5="same")


@pytest.mark.parametrize("block", [2**20, 60, 1])
def test_they_are_those_of_pandas(monkeypatch, block):
    monkeypatch.setattr(hashes, "BLOCK", block)
    frame = table()
    assert hashes.hash_rows(frame).tobytes() == pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes()
    for (_, column), found in zip(frame.items(), hashes.hash_columns(frame), strict=True):
        assert (found == pd.util.hash_pandas_object(column, index=False).to_numpy()).all()


def test_numbers_of_float32_have_the_hashes_of_float64():
    frame = table().replace(1e290, 2.0)
    narrow = frame.astype({name: np.float32 for name in frame.columns if frame[name].dtype == np.float64})
    assert hashes.hash_rows(narrow).tobytes() == hashes.hash_rows(frame).tobytes()


def test_the_checksum_of_data_stays():
    own = of_frames("data", [mixed().drop(columns="day")], ComparisonRequest(target="fraud"))
    assert own.checksum == CHECKSUM_OF_MIXED


def test_the_numbers_of_a_frame_share_one_array():
    """pandas takes rows of separate columns one by one, which is slow where there are thousands."""
    frame = table(columns=120).assign(y=["yes", "no", "no"] * 10)
    own = of_frames("data", [frame], ComparisonRequest(target="y"))
    assert tuple(own.features.columns) == own.kind.names
    pd.testing.assert_frame_equal(own.features, take(own.kind, frame.drop(columns="y")))
    assert np.shares_memory(own.features["x0"].to_numpy(), own.features["x2"].to_numpy().base)
