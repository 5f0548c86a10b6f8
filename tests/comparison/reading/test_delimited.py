"""Text files with rows: every dialect gives the same table, and what is wrong is said with its row."""

import bz2
import gzip
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbaloss.comparison.reading import delimited
from imbaloss.comparison.reading.delimited import open_delimited
from imbaloss.comparison.reading.reading_options import ReadingOptions
from imbaloss.comparison.reading.table_file import TableFile

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp", "Mn")), min_size=1)


def write(folder, text: str | bytes, name: str = "t.csv"):
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def read(file, **options) -> dict[str, list]:
    table, *_ = TableFile(file, ReadingOptions(**options)).read()
    return table.to_pydict()


def notes(file, **options) -> str:
    return "\n".join(TableFile(file, ReadingOptions(**options)).read()[1])


@given(
    values=st.lists(st.tuples(NUMBERS, st.sampled_from(["a", 'b "c"', "d;e", "f,g", "h\ni"])), min_size=1, max_size=20),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_every_dialect_gives_the_same_text(tmp_path_factory, values, delimiter, encoding, line_end):
    frame = pd.DataFrame(values, columns=["number", "text"]).assign(whole=range(len(values)))
    file = tmp_path_factory.mktemp("table") / "t.csv"
    frame.to_csv(file, index=False, sep=delimiter, encoding=encoding, lineterminator=line_end)
    found = read(file)
    assert [float(number) for number in found["number"]] == frame["number"].tolist()
    assert found["text"] == frame["text"].tolist()
    parts = [part.to_pydict() for part in TableFile(file).iterate_parts(3)]
    assert {name: [value for part in parts for value in part[name]] for name in found} == found


@given(header=st.lists(TEXTS, min_size=2, max_size=6, unique_by=str.casefold), rows=st.integers(1, 5))
def test_any_names_are_read_as_they_are_written(tmp_path_factory, header, rows):
    """Names as pandas quotes them, whatever separators and quotation marks are in them."""
    frame = pd.DataFrame([["x"] * len(header)] * rows, columns=["a" + name for name in header])
    file = tmp_path_factory.mktemp("table") / "t.csv"
    frame.to_csv(file, index=False)
    assert [name.replace("\u0344", "") for name in open_delimited(file).names] == [
        pd.Series(["a" + name]).str.normalize("NFC").str.strip()[0] for name in header
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a,b\n1,2\n", ("a", "b")),
        ("a;b\n1,5;2\n", ("a", "b")),
        ('"a;b"\tc\n1\t2\n', ("a;b", "c")),
        ("price, EUR;name\n1,5;x\n2,5;y\n", ("price, EUR", "name")),
        ("day, time;amount\n1;2\n", ("day, time", "amount")),
        ("x|y|z|w,v\n1|2|3|4\n", ("x", "y", "z", "w,v")),
        ('"a", "b", "y"\n1, 2, 3\n', ("a", "b", "y")),
        ('"first\nname",b\n1,2\n', ("first\nname", "b")),
        (" a , b \n1,2\n", ("a", "b")),
        ("0,1,2\n5,6,7\n", ("0", "1", "2")),
        (",0,1\n0,6,7\n", ("unnamed 1", "0", "1")),
        ("a,b\n0,1,2\n1,5,6\n", ("unnamed 1", "a", "b")),
        ('a,b\n"x",1,2\n"y",5,6\n', ("unnamed 1", "a", "b")),
        ("a,b\n1,2,\n5,6,\n", ("a", "b", "unnamed 3")),
        ("a,b,\n1,2\n5,6\n", ("a", "b")),
        ("e\u0301tat,b\n1,2\n", ("\u00e9tat", "b")),
    ],
)
def test_the_header_is_what_every_row_confirms(tmp_path, text, names):
    file = write(tmp_path, text)
    assert open_delimited(file).names == names
    assert len(read(file)[names[0]]) == len([line for line in text.splitlines() if line]) - text.count("first\n") - 1


@pytest.mark.parametrize(
    "before",
    [
        "sep=;\n",
        '"sep=;"\n',
        "SEP=;\r\n",
        "\n\n",
        " \n",
        "# exported 2026-01-01\n",
        "# a\n#b\n\n",
        "\ufeff",
        "\ufeffsep=;\n",
    ],
)
def test_what_stands_before_the_header_is_passed_over(tmp_path, before):
    found = read(write(tmp_path, before + "a;b\n1;x\n2;y\n"))
    assert found == {"a": ["1", "2"], "b": ["x", "y"]}


def test_a_header_may_begin_with_the_sign_of_comments(tmp_path):
    assert read(write(tmp_path, "#chrom,pos\n1,2\n3,4\n")) == {"#chrom": ["1", "3"], "pos": ["2", "4"]}
    assert read(write(tmp_path, "a,b\n#1,2\n3,4\n"))["a"] == ["#1", "3"]


def test_a_title_before_the_header_is_told(tmp_path):
    file = write(tmp_path, "Sales of 2026\nNorth\n\na,b\n1,2\n")
    assert read(file) == {"a": ["1"], "b": ["2"]}
    assert "skipped 2 lines before the header, beginning with 'Sales of 2026'" in notes(file)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way_and_blank_ones_do_not_count(tmp_path, line_end):
    text = line_end.join(["a,b", "1,x", "", "2,y", "", ""])
    assert read(write(tmp_path, text)) == {"a": ["1", "2"], "b": ["x", "y"]}


def test_the_last_line_needs_no_end_and_blanks_are_no_value(tmp_path):
    assert read(write(tmp_path, 'a,b\n  ,"x"\n"",  y  ')) == {"a": [None, None], "b": ["x", "y"]}


def test_blanks_before_quotation_marks_do_not_make_them_text(tmp_path):
    found = read(write(tmp_path, '"a", "b"\n1, "x, y"\n2,   "z"\n'))
    assert found == {"a": ["1", "2"], "b": ["x, y", "z"]}


@pytest.mark.parametrize(("ending", "compress"), [(".csv.gz", gzip.compress), (".txt.bz2", bz2.compress)])
def test_compressed_files_are_read_as_what_their_names_say(tmp_path, ending, compress):
    assert read(write(tmp_path, compress(b"a,b\n1,2\n"), "t" + ending)) == {"a": ["1"], "b": ["2"]}


def test_long_values_and_wide_rows_are_read(tmp_path):
    long = "x" * 300_000
    assert read(write(tmp_path, f"a,b\n1,{long}\n"))["b"] == [long]
    names = [f"ENSG{place:011}" for place in range(20_000)]
    found = read(write(tmp_path, ",".join(names) + "\n" + ",".join(["1"] * 20_000) + "\n"))
    assert list(found) == names


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b\n1,2\n1,2,3\n", "row 2, which begins '1,2,3', has 3 values where the header names 2"),
        ("a,b\n1,2\n\n\n7\n", "row 2, which begins '7', has 1 value where the header names 2"),
        ("sep=,\n\na,b\n1,2\n1,2,3\n", "row 2, which begins '1,2,3'"),
        ('a,b\n"x\ny",2\n1,2,3\n', "row 2, which begins '1,2,3'"),
        ('a,b,c\n1,2,3\n5,"pipe 5,0\n6,7,8\n9,1,2\n', "row 2, which begins '5,\"pipe 5,0'"),
        ('a,b,c\n1,2,3\n5,"pipe 5,0\n6,7,8\n9,1,2\n', "A quotation mark in it is not closed and takes in 2 more lines"),
        ('a,b\n1,2\n5,"pipe\n6,7\n9,1\n', "row 2, column b: a quotation mark is not closed and takes in 2 more lines"),
        ("a,b\n1,2\ntotal: 1\n", "row 2, which begins 'total: 1', has 1 value"),
        ("1,2,0\n3,4,1\n", "has numbers in its first line, which must name the columns: 1, 2, 0"),
        ("a,a,y\n1,2,3\n", "has two columns 'a': give each a name of its own"),
        ("\u00e9,e\u0301,y\n1,2,3\n", "has two columns"),
        ("a,b\n5,x,y\n7,x,y\n", "rows with more values than the 2 columns that its header names"),
        ('a,"b,c\n1,2,3\n', "a quotation mark in the header, 'a,\"b,c', is not closed"),
        (" \n \n", "is empty"),
        ("", "is empty"),
        (b"a,b\n1,\x002\n", "is not text: byte 6 is zero"),
        (b"PAR1abcdefgh", "it is a Parquet file"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_row(tmp_path, text, sentence):
    with pytest.raises(ValueError, match=r"t\.csv") as error:
        read(write(tmp_path, text))
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_rows_of_blanks_do_not_count(tmp_path):
    file = write(tmp_path, "a,b\n1,2\n  \n3,4\n \t \n")
    assert read(file) == {"a": ["1", "3"], "b": ["2", "4"]}
    assert [part.num_rows for part in TableFile(file).iterate_parts(10)] == [2]


def test_blanks_before_a_late_quotation_mark_are_taken_out_too(tmp_path):
    file = write(tmp_path, "a,b\n" + "1,2\n" * 30_000 + '3, "p, q"\n')
    assert read(file)["b"][-1] == "p, q"
    assert [text for part in TableFile(file).iterate_parts(10) for text in part["b"].to_pylist()][-1] == "p, q"


def test_rows_of_delimiters_at_the_end_are_left_out_and_told(tmp_path):
    file = write(tmp_path, "a;b\n1;x\n;\n2;y\n;\n ; \n")
    assert read(file) == {"a": ["1", None, "2"], "b": ["x", None, "y"]}
    assert notes(file) == "t.csv: left out 2 rows at the end that hold nothing but delimiters"


def test_names_of_rows_as_r_writes_them_are_told(tmp_path):
    file = write(tmp_path, 'a,b\n"1",5,x\n"2",7,y\n')
    assert read(file) == {"unnamed 1": ["1", "2"], "a": ["5", "7"], "b": ["x", "y"]}
    assert "the header has no name for the first value of each row" in notes(file)


def test_rows_that_a_quotation_mark_swallows_are_told(tmp_path):
    rows = [f"{n},{n % 7},x{n},0" for n in range(600)]
    rows[5], rows[90] = '5,5,"pipe 5,0', '90,6,"pipe 90,0'
    file = write(tmp_path, "a,b,text,y\n" + "\n".join(rows) + "\n")
    assert len(read(file)["a"]) == 515
    assert "row 6, column text: the value takes in 85 more lines that look like rows" in notes(file)


@pytest.mark.parametrize(
    "rows",
    [
        'a,b,"good, very\nbad, too"\n',
        'a,b,"good, very\nbad, too"\nc,d,e\n',
        'a,b,"one\ntwo, three\nfour"\nc,d,"x\ny"\n',
    ],
)
def test_closed_text_of_several_lines_is_no_fault_wherever_it_stands(tmp_path, rows):
    file = write(tmp_path, "x,y,text\n" + rows)
    assert read(file)["x"][0] == "a"
    assert notes(file) == ""


def test_blanks_within_quoted_text_stay(tmp_path):
    assert read(write(tmp_path, 'x,t,y\n1,"say, ""hi""",no\n'))["t"] == ['say, "hi"']
    assert read(write(tmp_path, 'x,t,y\n1, "say, ""hi""", no\n'))["t"] == ['say, "hi"']


def test_marks_within_names_are_text(tmp_path):
    assert list(read(write(tmp_path, 'c,Size ("),y\n1,2,3\n'))) == ["c", 'Size (")', "y"]
    assert list(read(write(tmp_path, "#c;x;y\n0;0,1257;yes\n"))) == ["#c", "x", "y"]


def test_text_of_several_lines_is_no_fault(tmp_path):
    assert notes(write(tmp_path, 'a,b\n1,"Dear Sir,\nplease\n\ncall"\n2,x\n')) == ""


@pytest.mark.parametrize("place", [0, 60_000])
def test_a_late_row_counts_as_much_as_an_early_one(tmp_path, place):
    """Of several delimiters the one is taken that fits all rows, wherever the one stands that decides."""
    rows = ["1,5;2"] * 70_000
    rows[place] = "1;2"
    assert open_delimited(write(tmp_path, "a,x;b\n" + "\n".join(rows) + "\n")).header.delimiter == ";"


def test_a_file_larger_than_a_block_is_read_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "LARGEST_ROW", 4096)
    numbers = np.random.default_rng(0).normal(size=(5_000, 3)).round(3)
    text = io.StringIO()
    pd.DataFrame(numbers, columns=list("abc")).to_csv(text, index=False)
    parts = list(TableFile(write(tmp_path, text.getvalue())).iterate_parts(10))
    assert len(parts) > 10
    assert [text for part in parts for text in part["c"].to_pylist()] == [str(number) for number in numbers[:, 2]]


def test_a_row_longer_than_a_block_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "LARGEST_ROW", 4096)
    with pytest.raises(ValueError, match="a row is longer than"):
        read(write(tmp_path, "a,b\n1,2\n" + "x" * 20_000 + ",2\n"))


@pytest.mark.parametrize("text", ["a,b\n", "a,b", "a,b\n\n\n", "\ufeffa,b"])
def test_a_header_without_rows_is_told_and_gives_one_part_without_rows(tmp_path, text):
    file = write(tmp_path, text)
    with pytest.raises(ValueError, match="has a header but no rows"):
        read(file)
    [part] = TableFile(file).iterate_parts(10)
    assert (part.column_names, part.num_rows) == (["a", "b"], 0)
