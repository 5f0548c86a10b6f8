"""Tables as files: what is written is what is read, in every dialect, whole and in parts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbaloss.comparison.reading.tables import Dialect, parts_of_table, read_table, write_table
from tests.comparison.examples import mixed, write_csv

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)


def frames_are_alike(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False, rtol=0, atol=0)


@given(
    values=st.lists(st.tuples(NUMBERS, st.sampled_from(["a", 'b "c"', "d;e", "f,g"])), min_size=1, max_size=20),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    rows=st.integers(1, 7),
)
def test_every_dialect_gives_the_same_table(tmp_path_factory, values, separator, encoding, rows):
    frame = pd.DataFrame(values, columns=["number", "text"]).assign(whole=range(len(values)))
    decimal = "," if separator != "," else "."
    file = tmp_path_factory.mktemp("table") / "data.csv"
    frame.to_csv(file, index=False, sep=separator, decimal=decimal, encoding=encoding)
    frames_are_alike(read_table(file), frame)
    frames_are_alike(pd.concat(parts_of_table(file, rows), ignore_index=True), frame)


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("a,b\n1,2\n", (",", ".", "utf-8-sig")),
        ("a;b\n1,5;2\n", (";", ",", "utf-8-sig")),
        ("a;b\n1.5;2\n", (";", ".", "utf-8-sig")),
        ('"a;b"\tc\n1\t2\n', ("\t", ".", "utf-8-sig")),
        ("a;b\nx;y\n", (";", ".", "utf-8-sig")),
    ],
)
def test_the_dialect_is_told_by_the_beginning(tmp_path, text, dialect):
    (tmp_path / "data.csv").write_text(text)
    found = Dialect.of(tmp_path / "data.csv")
    assert (found.separator, found.decimal, found.encoding) == dialect


def test_decimal_commas_may_come_late_and_with_blanks(tmp_path):
    (tmp_path / "data.csv").write_text("a;b\n" + "1;0.5\n" * 3000 + " 1,25 ;1.5\n")
    found = read_table(tmp_path / "data.csv")
    assert found.iloc[-1].tolist() == [1.25, 1.5]
    assert found["a"].iloc[0] == 1


def test_a_name_may_have_a_line_end(tmp_path):
    (tmp_path / "data.csv").write_text('"first\nname",b\n1,2\n')
    assert read_table(tmp_path / "data.csv")["b"].tolist() == [2]


def test_a_file_that_is_no_utf_8_is_windows_1252(tmp_path):
    (tmp_path / "data.csv").write_bytes("a,b\n1,Mañana 5 €\n".encode("cp1252"))
    assert read_table(tmp_path / "data.csv")["b"].tolist() == ["Mañana 5 €"]


def test_a_letter_across_two_blocks_is_utf_8(tmp_path):
    text = "a,b\n" + "1,x\n" * 262_143 + "1,é\n"  # the blocks are of 2^20 bytes
    (tmp_path / "data.csv").write_text(text, encoding="utf-8")
    assert read_table(tmp_path / "data.csv")["b"].iloc[-1] == "é"


def test_numbers_of_rows_without_a_name_are_left_out_and_other_unnamed_columns_kept(tmp_path):
    mixed().to_csv(tmp_path / "data.csv")
    assert list(read_table(tmp_path / "data.csv").columns) == list(mixed().columns)
    (tmp_path / "data.csv").write_text(",a\n7,1\n9,2\n")
    assert list(read_table(tmp_path / "data.csv").columns) == ["unnamed 1", "a"]


def test_columns_of_text_stay_as_they_are_written(tmp_path):
    file = write_csv(tmp_path, pd.DataFrame({"code": ["007", "010"], "n": [1, 2]}))
    assert read_table(file, ["code", "no such column"])["code"].tolist() == ["007", "010"]


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet"])
def test_what_is_written_in_parts_is_read_whole_bit_for_bit(tmp_path, ending):
    frame = pd.DataFrame({"p": np.random.default_rng(0).random(1000), "decision": ["yes", "no"] * 500})
    file = tmp_path / f"data.{ending}"
    assert write_table(file, (frame[start : start + 300] for start in range(0, 1000, 300))) == 1000
    frames_are_alike(read_table(file), frame)


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


def test_parquet_in_parts_has_its_types_without_rows(tmp_path):
    mixed().iloc[:0].to_parquet(tmp_path / "data.parquet")
    [part] = parts_of_table(tmp_path / "data.parquet", 10)
    assert list(part.columns) == list(mixed().columns)
    assert not len(part)


def test_arrays_are_columns(tmp_path):
    np.savez(tmp_path / "data.npz", X=np.arange(6).reshape(3, 2), y=np.array([0, 1, 0]))
    assert list(read_table(tmp_path / "data.npz").columns) == ["X0", "X1", "y"]
