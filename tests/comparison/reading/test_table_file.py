"""Files of other formats: Parquet, spreadsheets and arrays give the same table."""

import datetime
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import dataset, parquet

from imbaloss.comparison.column_kinds import judge_columns
from imbaloss.comparison.column_values import take_columns
from imbaloss.comparison.missing_values import mark_missing
from imbaloss.comparison.reading.reading_options import ReadingOptions
from imbaloss.comparison.reading.table_file import TableFile, find_ending
from tests.comparison.examples import mixed


def taken(file, **options) -> pd.DataFrame:
    table = mark_missing(TableFile(file, ReadingOptions(**options)).read()[0])
    return take_columns(judge_columns(table), table)


def workbook(file, **sheets) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(file)


def parquet_folder(path):
    dataset.write_dataset(pa.Table.from_pandas(mixed(), preserve_index=False), path, format="parquet")
    (path / "_SUCCESS").write_text("")


FILES = {
    "t.csv": lambda file: mixed().to_csv(file, index=False),
    "t.parquet": lambda file: mixed().to_parquet(file),
    "t.pq": lambda file: mixed().sample(frac=1, random_state=0).sort_index().to_parquet(file),
    "t.xlsx": lambda file: mixed().to_excel(file, index=False),
    "t.XLSM": lambda file: mixed().to_excel(file.with_suffix(".xlsx"), index=False)
    or file.with_suffix(".xlsx").rename(file),
    "folder": parquet_folder,
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_table_says_the_same_in_every_format(tmp_path, name):
    FILES[name](tmp_path / name)
    FILES["t.csv"](tmp_path / "plain.csv")
    wanted = taken(tmp_path / "plain.csv")
    pd.testing.assert_frame_equal(taken(tmp_path / name), wanted)
    parts = [part for part in TableFile(tmp_path / name).iterate_parts(50) if part.num_rows]
    table, *_ = TableFile(tmp_path / name).read()
    schema = judge_columns(table)
    pd.testing.assert_frame_equal(pd.concat([take_columns(schema, part) for part in parts], ignore_index=True), wanted)


def test_the_index_of_pandas_in_a_parquet_file_is_a_column(tmp_path):
    frame = mixed().set_index(pd.Index([f"p{row % 9}" for row in range(120)], name="patient"))
    frame.to_parquet(tmp_path / "t.parquet")
    assert "patient" in taken(tmp_path / "t.parquet")
    frame.reset_index(drop=True).sample(frac=1, random_state=0).to_parquet(tmp_path / "u.parquet")
    table, *_ = TableFile(tmp_path / "u.parquet").read()
    assert str(judge_columns(table).left_out["unnamed 7"]) == "it only counts the rows"


def test_columns_of_cells_have_the_types_of_their_cells(tmp_path):
    rows = [
        ["n", "code", "day", "when", "yes", "none"],
        [7.0, "00123", datetime.date(2026, 11, 28), datetime.datetime(2026, 11, 28, 21, 5), True, None],
        [1 / 3, "00456", datetime.date(1999, 1, 2), datetime.datetime(2026, 11, 28), False, None],
    ]
    workbook(tmp_path / "t.xlsx", one=[[None] * 6, *rows, [None] * 6], empty=[])
    table, *_ = TableFile(tmp_path / "t.xlsx").read()
    assert table.to_pydict() == {
        "n": [7.0, 1 / 3],
        "code": ["00123", "00456"],
        "day": [datetime.datetime(2026, 11, 28), datetime.datetime(1999, 1, 2)],
        "when": [datetime.datetime(2026, 11, 28, 21, 5), datetime.datetime(2026, 11, 28)],
        "yes": [True, False],
        "none": [None, None],
    }


def test_cells_of_several_types_are_text_with_all_their_digits(tmp_path):
    cells = [7.0, 0.1, "x", datetime.date(2026, 11, 28), True, None]
    workbook(tmp_path / "t.xlsx", one=[["a", "b"], *[[cell, 1] for cell in cells]])
    table, *_ = TableFile(tmp_path / "t.xlsx").read()
    assert table["a"].to_pylist() == ["7", "0.1", "x", "2026-11-28", "True", None]


def test_files_of_a_folder_have_the_same_columns(tmp_path):
    parquet.write_table(pa.table({"a": [1], "b": [2]}), tmp_path / "1.parquet")
    parquet.write_table(pa.table({"a": [1], "b": [2], "c": [3]}), tmp_path / "2.parquet")
    with pytest.raises(ValueError, match=r"2\.parquet has other columns than the first file of .*: c"):
        TableFile(tmp_path).read()


def test_a_sheet_is_named_where_several_have_rows(tmp_path):
    workbook(tmp_path / "t.xlsx", North=[["a", "b"], [1, 2]], South=[["a", "b"], [3, 4]])
    with pytest.raises(ValueError, match=r"name one with --sheet\. Sheets: 'North', 'South'"):
        TableFile(tmp_path / "t.xlsx").read()
    with pytest.raises(ValueError, match=r"no sheet 'Sout' \(did you mean 'South'\?\)"):
        TableFile(tmp_path / "t.xlsx", ReadingOptions(sheet="Sout")).read()
    table, *_ = TableFile(tmp_path / "t.xlsx", ReadingOptions(sheet="South")).read()
    assert table.to_pydict() == {"a": [3.0], "b": [4.0]}


def test_arrays_are_columns(tmp_path):
    np.savez(tmp_path / "t.npz", X=np.arange(6).reshape(3, 2), y=np.array([0, 1, 0]))
    assert list(TableFile(tmp_path / "t.npz").read()[0].to_pydict()) == ["X0", "X1", "y"]


def test_parquet_in_parts_has_its_types_without_rows(tmp_path):
    mixed().iloc[:0].to_parquet(tmp_path / "t.parquet")
    [part] = TableFile(tmp_path / "t.parquet").iterate_parts(10)
    assert (part.column_names, part.num_rows) == (list(mixed().columns), 0)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("t.parquet", b"a,b\n", "is no Parquet file that can be read"),
        ("t.parquet", b"", "is no Parquet file that can be read"),
        ("t.xlsx", b"PK\x03\x04abc", "is no spreadsheet that can be read"),
        ("t.xlsx", b"", "is no spreadsheet that can be read"),
        ("t.xls", b"a,b\n", "is no spreadsheet that can be read"),
        ("t.npz", b"a,b\n", "is no NPZ file that can be read"),
        ("t.csv.gz", b"a,b\n1,2\n", "cannot be read"),
        ("t.dat", b"a,b\n", "must end in .csv, .tsv"),
        ("t.gz", b"a,b\n", "must end in .csv, .tsv"),
    ],
)
def test_a_file_that_is_something_else_is_one_sentence(tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=sentence) as error:
        TableFile(tmp_path / name).read()
    assert name in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda array: array.replace(b"NUMPY", b"NUMPI"), "its entry 'X' is no array"),
        (lambda array: array.replace(b"(120,), }   ", b"(9**9,), }  "), "is no NPZ file that can be read: "),
        (lambda array: array.replace(b"(120,), }" + 15 * b" ", b"(12345678901234567890,),"), "is no NPZ file that"),
        (lambda array: array.replace(b"(120,), }" + 9 * b" ", b"(123456789012,), }"), "is no NPZ file that"),
        (
            lambda array: array.replace(b"'<i8'", b"'|O' "),
            "it holds Python objects; save arrays of numbers, dates or text",
        ),
    ],
)
def test_a_damaged_array_is_one_sentence(tmp_path, change, sentence):
    np.save(tmp_path / "X.npy", np.arange(120))
    with zipfile.ZipFile(tmp_path / "t.npz", "w") as archive:
        archive.writestr("X", change((tmp_path / "X.npy").read_bytes()))
    with pytest.raises(ValueError, match=sentence) as error:
        TableFile(tmp_path / "t.npz").read()
    assert "t.npz" in str(error.value)


def test_an_archive_that_points_before_its_beginning_is_one_sentence(tmp_path):
    """Of which NumPy makes an OSError without a name, and leaves the file open."""
    file = tmp_path / "t.npz"
    np.savez(file, X=np.arange(120))
    file.write_bytes(file.read_bytes()[100:])
    with pytest.raises(ValueError, match=r"t\.npz is no NPZ file that can be read"):
        TableFile(file).read()


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        (pa.array([1, 2**31 - 1], pa.int32()).cast(pa.date32()), "has dates outside of the years 1 to 9999"),
        (pa.array([-(2**60), 0], pa.timestamp("us")), "has dates outside of the years 1 to 9999"),
        (pa.array([253402300799000, 0], pa.timestamp("ms", "+14:00")), "has dates outside of the years 1 to 9999"),
        (pa.array([0, 1], pa.timestamp("us", "Mars/X")), "has times of the unknown zone 'Mars/X'"),
        (pa.ExtensionArray.from_storage(pa.json_(), pa.array(["1", "2"])), "'a' of extension<arrow.json>"),
    ],
)
def test_values_that_no_text_can_stand_for_are_refused(tmp_path, column, sentence):
    parquet.write_table(pa.table({"a": column}), tmp_path / "t.parquet")
    for read in (TableFile.read, lambda file: list(file.iterate_parts(1))):
        with pytest.raises(ValueError, match=sentence):
            read(TableFile(tmp_path / "t.parquet"))


def test_the_first_and_the_last_day_are_read(tmp_path):
    days = [datetime.date(1, 1, 1), None, datetime.date(9999, 12, 31)]
    for kind in (pa.date32(), pa.date64(), pa.timestamp("s"), pa.timestamp("us")):
        parquet.write_table(pa.table({"a": pa.array(days, pa.date32()).cast(kind)}), tmp_path / "t.parquet")
        assert TableFile(tmp_path / "t.parquet").read()[0].num_rows == 3


def test_text_in_an_array_that_is_no_unicode_is_refused(tmp_path):
    np.savez(tmp_path / "t.npz", a=np.array(["\ud800", "b"]))
    with pytest.raises(ValueError, match="column a of type <U1 holds no numbers, dates or text"):
        TableFile(tmp_path / "t.npz").read()


def test_columns_of_lists_and_bytes_are_refused(tmp_path):
    for values in ([[1], [2]], [b"a", b"b"]):
        parquet.write_table(pa.table({"a": values}), tmp_path / "t.parquet")
        with pytest.raises(ValueError, match="has a column 'a' of"):
            TableFile(tmp_path / "t.parquet").read()


def test_a_folder_of_other_files_is_no_table(tmp_path):
    (tmp_path / "a.txt").write_text("")
    with pytest.raises(ValueError, match="is a folder, not a table"):
        find_ending(tmp_path)
