"""Writing tables: what is written is what is read, and a broken write leaves nothing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imbaloss.comparison.table_writing import write_table


def read(file: Path) -> pd.DataFrame:
    if file.suffix == ".parquet":
        return pd.read_parquet(file)
    return pd.read_csv(file, sep="\t" if file.suffix == ".tsv" else ",")


def frames_are_alike(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False, rtol=0, atol=0)


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet"])
def test_what_is_written_in_parts_is_read_whole_bit_for_bit(tmp_path, ending):
    frame = pd.DataFrame({"p": np.random.default_rng(0).random(1000), "decision": ["yes", "no"] * 500})
    file = tmp_path / f"data.{ending}"
    assert write_table(file, (frame[start : start + 300] for start in range(0, 1000, 300))) == 1000
    frames_are_alike(read(file), frame)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_write_that_breaks_leaves_nothing_and_keeps_what_was_there(tmp_path, ending):
    file = tmp_path / f"data.{ending}"
    write_table(file, iter([pd.DataFrame({"a": [1]})]))
    before = file.read_bytes()

    def breaking():
        yield pd.DataFrame({"a": [2]})
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        write_table(file, breaking())
    assert file.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [file.name]
