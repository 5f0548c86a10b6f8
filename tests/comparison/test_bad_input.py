"""Bad input: one clear line, exit code 2, nothing half-written; or a handling that is told."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from imbaloss.comparison.opening import open_own
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.data import Fold
from tests.comparison.examples import QUICK, mixed, open_source, write_csv, write_images


def text(folder: Path, content: str | bytes, name: str = "data.csv") -> Path:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def changed(folder: Path, **columns) -> Path:
    return write_csv(folder, mixed().assign(**columns))


def with_values(folder: Path, column: str, **values) -> Path:
    """values: of rows, as r3="abc", from 1."""
    frame = mixed().astype({column: object})
    for row, value in values.items():
        frame.loc[int(row[1:]) - 1, column] = value
    return write_csv(folder, frame)


def broken_image(folder: Path) -> Path:
    images = write_images(folder)
    (images / "ok" / "000.png").write_bytes(b"no image")
    return images


def cut_image(folder: Path) -> Path:
    images = write_images(folder, size=64)
    whole = (images / "ok" / "000.png").read_bytes()
    (images / "ok" / "000.png").write_bytes(whole[: len(whole) // 2])
    return images


def huge_image(folder: Path) -> Path:
    images = write_images(folder)
    Image.new("1", (20_000, 10_000)).save(images / "ok" / "000.png")
    return images


def looping_image(folder: Path) -> Path:
    images = write_images(folder)
    (images / "ok" / "loop.png").symlink_to(images / "ok" / "loop.png")
    return images


def missing_image(folder: Path) -> Path:
    names = [f"images/ok/{place:03}.png" for place in range(20)] + ["images/ok/none.png"] * 5
    write_images(folder)
    return write_csv(folder, pd.DataFrame({"file": names, "label": ["a"] * 20 + ["b"] * 5}))


def npz(folder: Path, **arrays) -> Path:
    np.savez(folder / "data.npz", **arrays)
    return folder / "data.npz"


def parquet(folder: Path, frame: pd.DataFrame) -> Path:
    frame.to_parquet(folder / "data.parquet")
    return folder / "data.parquet"


ASKED = ComparisonRequest(target="fraud")
HALF = ["yes", "no"] * 60
BAD = {
    # the file
    "no such file": (lambda f: f / "none.csv", (), "there is no file or folder"),
    "empty file": (lambda f: text(f, ""), (), "is empty"),
    "only blanks": (lambda f: text(f, " \n\n"), (), "is empty"),
    "header only": (lambda f: text(f, "a,b,fraud\n"), (), "has a header but no rows"),
    "no header": (lambda f: text(f, "1,2,0\n3,4,1\n"), (), "has numbers in its first line, which must name"),
    "wrong extension": (lambda f: text(f, "a,fraud\n1,yes\n", "data.dat"), (), "must end in .csv"),
    "an Excel file": (lambda f: text(f, "x", "data.xlsx"), (), "is no spreadsheet that can be read"),
    "Parquet called CSV": (lambda f: parquet(f, mixed()).rename(f / "d.csv"), (), "is no CSV file: it is a Parquet"),
    "ZIP called CSV": (lambda f: text(f, b"PK\x03\x04abc"), (), "is no CSV file: it is a ZIP archive"),
    "gzip called CSV": (lambda f: text(f, b"\x1f\x8b\x08abc"), (), "is no CSV file: it is compressed by gzip"),
    "CSV called Parquet": (lambda f: text(f, "a,b\n", "data.parquet"), (), "is no Parquet file that can be read"),
    "CSV called NPZ": (lambda f: text(f, "a,b\n", "data.npz"), (), "is no NPZ file that can be read"),
    "bytes of zero": (lambda f: text(f, b"a,fraud\n\0\0,yes\n"), (), "is not text: byte 8 is zero"),
    "rows too long": (lambda f: text(f, "a,fraud\n1,yes\n1,2,no\n"), (), "row 2, which begins '1,2,no', has 3 values"),
    "all rows too long": (
        lambda f: text(f, "a,fraud\n1,2,yes\n1,2,no\n"), (), "more values than the 2 columns that its header names",
    ),
    "an open quote": (lambda f: text(f, 'a,fraud\n"1,yes\n2,no\n'), (), "A quotation mark in it is not closed"),
    "two columns of one name": (lambda f: text(f, "a,a,fraud\n1,2,yes\n"), (), "has two columns 'a'"),
    "objects in NPZ": (lambda f: npz(f, X=np.ones((3, 2)), y=np.array([1, "a", None], object)), (), "is no NPZ file"),
    "arrays of other lengths": (
        lambda f: npz(f, X=np.ones((3, 2)), y=np.ones(4)), (), "arrays with the same number of rows",
    ),
    "lists in Parquet": (
        lambda f: parquet(f, mixed().assign(age=[[1, 2]] * 120)), (), "has a column 'age' of list<",
    ),
    # the target
    "target missing": (lambda f: write_csv(f, mixed().drop(columns="fraud")), (), "'fraud', which --target names"),
    "target misspelt": (write_csv, ("--target", "fruad"), "did you mean 'fraud'?"),
    "no target named": (write_csv, ("--target", ""), "has no column ''"),
    "one class": (lambda f: changed(f, fraud="no"), (), "has one class alone, 'no': two are needed"),
    "one positive": (
        lambda f: changed(f, fraud=["yes"] + ["no"] * 119), (), "1 positive and 119 negatives: each class needs at",
    ),
    "two positives": (lambda f: changed(f, fraud=["yes"] * 2 + ["no"] * 118), (), "each class needs at least 3"),
    "fewer positives than folds": (
        lambda f: changed(f, fraud=["yes"] * 4 + ["no"] * 116), (), "too few for 5 folds: use --folds 4",
    ),
    "three classes": (lambda f: changed(f, fraud=["a", "b", "c"] * 40), (), "has 3 classes, a (40), b (40) and c (40)"),
    "classes as frequent": (lambda f: changed(f, fraud=HALF), (), "no and yes, of 60 rows each: name the class"),
    "a number as target": (lambda f: changed(f, fraud=np.arange(120) / 7), (), "has 120 different values"),
    "a missing target": (
        lambda f: with_values(f, "fraud", r3=None, r9=None), (), "the target 'fraud' is missing in row 3 and 1 more",
    ),
    "no such positive": (write_csv, ("--positive", "Yes"), "has no class 'Yes' (did you mean 'yes'?); it has"),
    # the columns
    "text in numbers": (
        lambda f: with_values(f, "amount", r5="abc", r8="n.n."), (),
        "column amount has numbers except for 'abc' in row 5 and 1 more",
    ),
    "a decimal comma": (lambda f: with_values(f, "amount", r5="1,5"), (), "numbers except for '1,5' in row 5"),
    "infinite values": (lambda f: with_values(f, "amount", r5="inf"), (), "column amount: inf in row 5 is infinite"),
    "a huge number": (lambda f: with_values(f, "amount", r5="1e305"), (), "column amount: 1e+305 in row 5 is infinite"),
    "mixed dates": (
        lambda f: changed(f, day=["2026-01-02", "03/04/2026"] * 60), (),
        "column day has dates in several forms, '2026-01-02' and in row 2 '03/04/2026'",
    ),
    "numbers with commas": (
        lambda f: changed(f, amount=[f"{n},000" for n in range(1, 121)]), (),
        "column amount has numbers with commas, such as '1,000': write all with a decimal point",
    ),
    "thousands in a file of tabs": (
        lambda f: write_csv(f, mixed().assign(amount=[f"{n},{n + 100}" for n in range(1, 121)]), sep="\t"), (),
        "column amount has numbers with commas, such as '1,101'",
    ),
    "thousands with points beside decimal commas": (
        lambda f: text(f, "rate;income;fraud\n" + "3,5;12.345;yes\n4,25;999;no\n" * 60), (),
        "column 'rate' has decimal commas, so the points in column 'income' may separate thousands",
    ),
    "numbers but for many": (
        lambda f: changed(f, amount=["-"] * 40 + [n / 7 for n in range(80)]), (),
        "column amount has numbers except for '-' in row 1 and 39 more",
    ),
    "dates of two orders": (
        lambda f: changed(f, day=["13/04/2026", "04/13/2026"] * 60), (), "day and month cannot be told apart",
    ),
    "unclear dates": (
        lambda f: changed(f, day=["03/04/2026", "05/04/2026"] * 60), (), "day and month cannot be told apart",
    ),
    "dates but for one": (lambda f: with_values(f, "day", r4="soon"), (), "day has dates except for 'soon' in row 4"),
    "nothing to learn from": (
        lambda f: write_csv(f, pd.DataFrame({"a": [1] * 20, "fraud": ["x"] * 5 + ["y"] * 15})), (),
        "there is no column to learn from",
    ),
    "all columns missing": (
        lambda f: write_csv(f, pd.DataFrame({"a": [None] * 20, "fraud": ["x"] * 5 + ["y"] * 15})), (),
        "Ignored: fraud (it is the target); a (it has no values)",
    ),
    "no such column to drop": (write_csv, ("--drop", "colour"), "has no column 'colour', which --drop names"),
    "the target dropped": (write_csv, ("--drop", "fraud"), "the target, 'fraud', cannot be left out"),
    "complex numbers": (
        lambda f: npz(f, X=np.arange(6) * 1j, fraud=np.arange(6) // 3), ("--positive", "1"), "complex numbers",
    ),
    # groups and times
    "no such group": (write_csv, ("--group", "customer"), "has no column 'customer', which --group names"),
    "the group is the target": (write_csv, ("--group", "fraud"), "the group column is the target"),
    "the group equals the target": (
        lambda f: changed(f, who=mixed()["fraud"].map({"yes": "a", "no": "b"})), ("--group", "who"),
        "the group 'who' is the same as the target",
    ),
    "too few groups": (
        lambda f: changed(f, who=["a", "b", "c"] * 40), ("--group", "who"),
        "column 'who' has 3 groups, fewer than 5 folds",
    ),
    "a missing group": (lambda f: with_values(f, "shop", r2=None), ("--group", "shop"), "'shop' is missing in row 2"),
    "text as time": (write_csv, ("--time", "country"), "'country' is missing in row 1"),
    "words as time": (
        write_csv, ("--time", "shop"), "the time 'shop' must be numbers or dates, and 'shop-24' in row 1 is text",
    ),
    "a missing time": (
        lambda f: with_values(f, "age", r2=None), ("--time", "age"),
        "the time 'age' is missing in row 1 and 18 more: leave rows without a time out of the file",
    ),
    "dates to mark": (lambda f: parquet(f, mixed()), ("--marked-number", "day"), "column day holds timestamp"),
    "the time is the target": (write_csv, ("--time", "fraud"), "the time column is the target"),
    "no positives late": (
        lambda f: write_csv(f, mixed().sort_values("fraud", ascending=False).assign(when=range(120))),
        ("--time", "when"), "the validation part has no positives if the rows are divided by 'when'",
    ),
    "one positive divided by time": (
        lambda f: write_csv(f, mixed().assign(fraud=["yes"] + ["no"] * 119, when=range(120))), ("--time", "when"),
        "1 positive and 119 negatives: each class needs at least 3, one each for train, validation and test",
    ),
    "group beside time, each group at all times": (
        lambda f: changed(f, who=["a", "b", "c"] * 40), ("--group", "who", "--time", "day"),
        "the validation part has no positives if rows of 'who' whose group is in an earlier part by 'day' are left out",
    ),
    "group and time at once": (write_csv, ("--group", "day", "--time", "day"), "both group and time"),
    # segments
    "no such segment": (write_csv, ("--segment", "countri"), "has no column 'countri', which --segment names (did you"),
    "the segment is the target": (write_csv, ("--segment", "fraud"), "the segment column is the target, 'fraud'"),
    "a segment of one value": (
        lambda f: changed(f, same=3), ("--segment", "same"), "the column 'same' does not divide the rows into segments",
    ),
    "segments of a folder of images": (write_images, ("--segment", "patient"), "has no columns: leave out --segment"),
    # text
    "no such column of text": (write_csv, ("--text-column", "shopp"), "'shopp', which --text-column names (did you"),
    "text and a category": (
        write_csv, ("--text-column", "shop", "--category", "shop"), "'shop' is both a category and free text",
    ),
    "the target as text": (write_csv, ("--text-column", "fraud"), "the text column is the target, 'fraud'"),
    "text that is left out": (
        write_csv, ("--text-column", "shop", "--drop", "shop"), "'shop' is both free text and to be left out",
    ),
    "no such extractor": (write_csv, ("--text", "bert"), "no extractor of texts 'bert': name wordllama, model2vec:"),
    "an extractor without a name": (write_csv, ("--text", "model2vec"), "'model2vec' lacks the name of a model"),
    "segments of texts": (
        lambda f: changed(f, note=[f"it came late and broken again {n}" for n in range(120)]), ("--segment", "note"),
        "the column 'note' does not divide the rows into segments: it is free text",
    ),
    "texts of images": (write_images, ("--text-column", "note"), "--text-column is for tables, and these are images"),
    # a file to judge by
    "no such test file": (write_csv, ("--test", "none.csv"), "there is no file none.csv"),
    "a test file with other columns": (
        lambda f: write_csv(f, mixed().drop(columns="age"), "t.csv") and write_csv(f), ("--test", "t.csv"),
        "the test file has other columns than the first file: age missing",
    ),
    "a test file with classes of another spelling": (
        lambda f: write_csv(f, mixed().replace({"fraud": {"yes": "Yes"}}), "t.csv") and write_csv(f),
        ("--test", "t.csv"),
        "the target 'fraud' of the test file has Yes, which the first file lacks; it has no and yes",
    ),
    "a class that may mean missing": (
        lambda f: changed(f, fraud=["yes"] * 20 + ["no"] * 80 + ["NA"] * 20), (),
        "name the class to find with --positive, or if NA means an unknown class, leave those rows out",
    ),
    "a class that means missing": (
        lambda f: changed(f, fraud=["yes"] * 20 + ["no"] * 80 + ["-999"] * 20), ("--na-values", "-999"),
        "the target 'fraud' is missing in row 101 and 19 more",
    ),
    "times that may part thousands": (
        lambda f: changed(f, when=["1.234", "98", "765"] * 40), ("--time", "when"),
        "the time 'when' has numbers such as '1.234', whose mark may separate thousands or decimals",
    ),
    "a test file without positives": (
        lambda f: write_csv(f, mixed().query("fraud == 'no'"), "t.csv") and write_csv(f), ("--test", "t.csv"),
        "the test part has no positives",
    ),
    "a wrong value in the test file": (
        lambda f: write_csv(f, mixed().assign(age=["x"] + [1] * 119), "t.csv") and write_csv(f), ("--test", "t.csv"),
        "t.csv: column age: 'x' in row 1 is no number",
    ),
    "fewer positives beside a test file than folds": (
        lambda f: write_csv(f, mixed(seed=1), "t.csv") and changed(f, fraud=["yes"] * 4 + ["no"] * 116),
        ("--test", "t.csv"), "without the test file there are 4 positives and 116 negatives, too few for 5 folds: use",
    ),
    "too few positives beside a test file": (
        lambda f: write_csv(f, mixed(seed=1), "t.csv") and changed(f, fraud=["yes"] * 2 + ["no"] * 118),
        ("--test", "t.csv"), "too few for 5 folds: each class needs at least 3",
    ),
    # images
    "an empty folder": (lambda f: (f / "images").mkdir() or f / "images", (), "a folder of images for each class"),
    "one class of images": (
        lambda f: write_images(f).joinpath("ok").rename(f / "ok") and f / "images", (), "it has cracked (8 images)",
    ),
    "a size of a table": (write_csv, ("--image-size", "16"), "none of its columns names image files, such as"),
    "a size of images as arrays": (
        lambda f: npz(f, X=np.zeros((6, 4, 4), np.uint8), fraud=np.array([0, 0, 0, 1, 1, 1])), ("--image-size", "16"),
        "holds images as arrays: leave out --image-size",
    ),
    "no images": (lambda f: (f / "images" / "ok").mkdir(parents=True) or f / "images", (), "it has ok (0 images)"),
    "an image that does not decode": (broken_image, (), "000.png is no image that can be decoded"),
    "half an image": (cut_image, (), "000.png is no image that can be decoded"),
    "a huge image": (huge_image, (), "000.png is too large an image"),
    "a link to itself": (looping_image, (), "loop.png"),
    "a listed image that is not there": (missing_image, ("--target", "label"), "none.png"),
    "columns of a folder": (write_images, ("--group", "patient"), "has no columns: leave out --group"),
    "a file to judge a folder by": (
        lambda f: write_csv(f, name="t.csv") and write_images(f), ("--test", "t.csv"), "the test data must be a folder",
    ),
    "images of a strange shape": (
        lambda f: npz(f, X=np.zeros((6, 4, 4, 5), np.uint8), fraud=np.array([0, 0, 0, 1, 1, 1])), (), "images must be",
    ),
}  # fmt: skip
WISHES = {
    "no such loss": (write_csv, ("--loss", "mfse"), "there is no method 'mfse' (did you mean"),
    "no such sampler": (write_csv, ("--sampler", "smoot"), "there is no sampler 'smoot' (did you mean 'smote'?)"),
    "a budget that is no time": (write_csv, ("--budget", "soon"), "budget must be a time, such as 90s, 10m or 2h"),
    "a budget of nothing": (write_csv, ("--budget", "0m"), "budget must be a time"),
    "no such rule": (write_csv, ("--threshold", "profit"), "profit"),
    "a guarantee of another sign": (
        write_csv, ("--threshold", "recall<=0.9"), "a guarantee is written recall>=0.9, precision>=0.8 or fpr<=0.05",
    ),
    "a guarantee of another score": (write_csv, ("--threshold", "f1>=0.5"), "is written recall>=0.9, precision>=0.8"),
    "a guarantee of everything": (
        write_csv, ("--threshold", "recall>=1"), "the recall of a guarantee must be a number above 0 and below 1",
    ),
    "a guarantee in percent": (write_csv, ("--threshold", "fpr<=5%"), "must be a number above 0 and below 1, found"),
    "a guarantee by too few positives": (
        write_csv, ("--threshold", "recall>=0.9"), "data: with 5 positives set apart no recall above 0.54 can be "
        "guaranteed at 95 % confidence, except by flagging every row, and recall>=0.9 needs 29: ask for recall>=0.54, "
        "lower the confidence to 0.4, or give more rows. A fifth of the rows is set apart",
    ),
    "a guarantee by too few negatives": (
        write_csv, ("--threshold", "fpr<=0.05", "--confidence", "0.9"), "no false positive rate below 0.12 can be",
    ),
    "a guarantee that leaves too few rows": (
        lambda f: changed(f, fraud=["yes"] * 5 + ["no"] * 115), ("--threshold", "recall>=0.5", "--confidence", "0.5"),
        "besides the rows set apart for recall>=0.5 there are 4 positives and 92 negatives, too few for 5 folds",
    ),
    "a guarantee beside times": (
        write_csv, ("--threshold", "recall>=0.5", "--time", "day"), "recall>=0.5 and --time cannot be combined: a "
        "guarantee is for new rows of the same kind, and with times later rows are of another kind",
    ),
    "a guarantee beside groups": (
        write_csv, ("--threshold", "recall>=0.5", "--group", "shop"), "recall>=0.5 and --group cannot be combined: a "
        "guarantee counts rows that do not depend on each other",
    ),
    "a guarantee beside a score at a threshold": (
        write_csv, ("--threshold", "recall>=0.5", "--optimize", "f1"), "f1 rates methods at a threshold, and the rows "
        "that choose it for recall>=0.5 may choose nothing else",
    ),
    "a confidence without a guarantee": (
        write_csv, ("--confidence", "0.9"), "--confidence is of a guarantee such as recall>=0.9, and the threshold is",
    ),
    "a confidence of certainty": (
        write_csv, ("--threshold", "recall>=0.5", "--confidence", "1"), "--confidence must be above 0 and below 1",
    ),
    "a confidence of nothing": (
        write_csv, ("--threshold", "recall>=0.5", "--confidence", "0"), "--confidence must be above 0 and below 1",
    ),
    "a confidence that is no number": (
        write_csv, ("--threshold", "recall>=0.5", "--confidence", "high"), "--confidence must be a number, found",
    ),
    "a margin of nothing": (write_csv, ("--margin", "0"), "margin must be above 0"),
    "two folds": (write_csv, ("--folds", "2"), "folds"),
    "no such device": (write_csv, ("--device", "gpu"), "device must be cpu, cuda or cuda:N, found 'gpu'"),
    "too wide": (write_csv, ("--hidden", "0"), "hidden widths must be 1 to"),
}  # fmt: skip
BAD |= WISHES


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_nothing_is_written(case, imbaloss, tmp_path):
    make, options, sentence = BAD[case]
    source = make(tmp_path)
    target = () if "--target" in options else ("--target", "fraud")
    words = (
        ("compare", str(source), *target, *QUICK) if "--budget" not in options else ("compare", str(source), *target)
    )
    code, out, err = imbaloss(*words, *options)
    assert (code, out) == (2, "")
    last = err.strip().splitlines()[-1]
    assert last.startswith("imbaloss: ")
    assert sentence in last
    assert source.name in last or case in WISHES or "--test" in options
    assert "Traceback" not in err
    assert not (tmp_path / "results").exists()


def test_there_are_many_cases():
    assert len(BAD) >= 60


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_one_line(imbaloss, tmp_path):
    file = write_csv(tmp_path)
    file.chmod(0)
    code, _, err = imbaloss("compare", str(file), "--target", "fraud")
    assert code == 2
    assert "Permission denied" in err


def test_a_folder_in_place_of_a_table_to_judge_by_is_one_line(imbaloss, tmp_path):
    code, _, err = imbaloss("compare", str(write_csv(tmp_path)), "--target", "fraud", "--test", str(tmp_path))
    assert code == 2
    assert "is a folder, not a table" in err


SAME = {
    "decimal commas beside points": lambda f: write_csv(
        f,
        mixed().assign(age=mixed()["age"].map(lambda age: "" if pd.isna(age) else f"{age:.1f}".replace(".", ","))),
        sep=";",
    ),
    "question marks for missing values": lambda f: write_csv(f, na_rep="?"),
    "NA for missing values": lambda f: write_csv(f, na_rep="NA"),
    "dates with the day first": lambda f: changed(f, day=mixed()["day"].dt.strftime("%d.%m.%Y")),
    "dates with the month first": lambda f: changed(f, day=mixed()["day"].dt.strftime("%m/%d/%Y")),
    "BOM": lambda f: write_csv(f, encoding="utf-8-sig"),
    "UTF-16": lambda f: write_csv(f, encoding="utf-16"),
    "semicolons and decimal commas": lambda f: write_csv(f, sep=";", decimal=","),
    "tabs": lambda f: write_csv(f, sep="\t", name="data.tsv"),
    "bars": lambda f: write_csv(f, sep="|", name="data.txt"),
    "row numbers": lambda f: text(f, mixed().to_csv()),
    "Parquet": lambda f: parquet(f, mixed()),
    "an all-missing column": lambda f: changed(f, empty=None),
    "a constant column": lambda f: changed(f, always=3),
    "blank lines at the end": lambda f: text(f, mixed().to_csv(index=False) + "\n\n"),
    "blanks after separators": lambda f: text(f, mixed().to_csv(index=False).replace(",", ", ")),
    "lines that end as on Windows": lambda f: write_csv(f, lineterminator="\r\n"),
}


@pytest.mark.parametrize("case", SAME)
def test_a_table_says_the_same_in_every_form(case, tmp_path):
    (tmp_path / "plain").mkdir()
    plain = open_own(write_csv(tmp_path / "plain"), ASKED)
    assert open_own(SAME[case](tmp_path), ASKED).checksum == plain.checksum


KINDS = {
    "latin-1": (
        lambda f: write_csv(f, mixed().replace({"country": {"FR": "Côte d'Ivoire"}}), encoding="latin-1"), "country",
        "category",
    ),
    "true and false": (lambda f: changed(f, new=[True, False, None] * 40), "new", "category"),
    "codes with zeros in front": (lambda f: changed(f, new=["007", "010"] * 60), "new", "category"),
    "quotes and separators in text": (lambda f: changed(f, new=['a "b", c', "d"] * 60), "new", "category"),
    "names with blanks": (lambda f: write_csv(f, mixed().rename(columns={"shop": " shöp "})), "shöp", "many"),
    "a duplicate column": (lambda f: changed(f, new=mixed()["amount"]), "new", "number"),
}  # fmt: skip


@pytest.mark.parametrize("case", KINDS)
def test_a_messy_column_is_what_it_says(case, tmp_path):
    make, name, kind = KINDS[case]
    schema = open_own(make(tmp_path), ASKED).kind
    assert {column.name: column.stored_kind for column in schema.columns}[name] == kind


def test_a_class_may_be_called_none(tmp_path):
    frame = mixed().assign(fraud=["NA"] * 20 + ["None"] * 100)
    own = open_own(write_csv(tmp_path, frame), ASKED)
    assert (own.positive, own.negative) == ("NA", "None")


def test_a_test_file_may_lack_what_is_left_out(tmp_path):
    test = write_csv(tmp_path, mixed(seed=1).drop(columns="shop"), "test.csv")
    own = open_source(write_csv(tmp_path), "fraud", drop=("shop",), test=test)
    assert own.held_out == 120


def test_what_is_read_can_be_learned_from(imbaloss, tmp_path):
    code, out, err = imbaloss("compare", str(changed(tmp_path, empty=None)), "--target", "fraud", *QUICK)
    assert (code, "training 6 networks" in err) == (0, False)  # --quiet hides progress, and no note
    assert "Ignored column `empty`: it has no values" in err
    assert "open results/data/report.html" in out


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1", "I;16", "LA"])
def test_images_of_every_mode_and_size_are_read(mode, tmp_path):
    images = write_images(tmp_path)
    name = "000.tif" if mode in {"CMYK", "I;16"} else "000.png"
    picture = Image.new("RGB", (300, 20), (200, 30, 90)).convert("I" if mode == "I;16" else mode)
    (picture.convert("I;16") if mode == "I;16" else picture).save(images / "ok" / name)
    own = open_source(images, "folder")
    assert own.features.shape[1:] == (3, 32, 32)
    assert np.isfinite(own.draw(0, Fold(0, 0, 5)).train.inputs).all()


def test_a_loop_of_folders_is_not_followed(tmp_path):
    images = write_images(tmp_path)
    (images / "ok" / "again").symlink_to(images)
    (images / "loop").symlink_to(images / "loop")
    assert open_source(images, "folder").counts == (24, 8)


def test_an_archive_that_unpacks_to_nothing_is_one_line(imbaloss, tmp_path):
    with zipfile.ZipFile(tmp_path / "data.npz", "w"):
        pass
    code, _, err = imbaloss("compare", str(tmp_path / "data.npz"))
    assert code == 2
    assert "must hold arrays" in err
