"""Damaged files and odd options: whatever stands in a file, it is read, or refused in one sentence that names it."""

import bz2
import gzip
import io
import multiprocessing
import os
import shutil
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from PIL import Image
from pyarrow import parquet

import imbaloss
from imbaloss.comparison import OwnModel, predict_file
from imbaloss.comparison.description import count_copies, describe_data
from imbaloss.comparison.opening import open_own
from imbaloss.comparison.reading.reading_options import ReadingOptions
from imbaloss.comparison.request import ComparisonRequest
from tests.comparison.examples import mixed, write_images

NASTY = [
    "", " ", '"', '"a', "'", "NA", "nan", "inf", "-", "-1", "1,5", "1.234,5", "1'234", "1e999", "-1e308", "1e-400",
    "0007", "9" * 25, "0x1F", "1_000", "12 %", "<5", ">= 7", "<", "٣", "½", "😀", "\0", "\ufeff", "\u2028", "\u0301",
    "a\nb", "\r", "\t", "x" * 140_000, "=1+1", "2026-02-30", "2026-01-02 25:00", "0001-01-01", "0000-01-01",
    "9999-12-31T23:59:59+14:00", "13/14/2026", "03.04.26", "01/02/2026", "True", ";", "a,b", "#", "unnamed 1", "amount",
    "images/ok/001.png", "../x.png", "/dev/null", "a.heic", "\x1b[31m", "{", "%s",
]  # fmt: skip
COLUMNS = [*mixed(1).columns, "file", "y", "X0", "", "unnamed 1", " amount ", "frad", "amount (mark)"]
ENCODINGS = [
    "utf-8",
    "utf-8",
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-8-sig",
    "latin-1",
    "cp1252",
    "shift_jis",
    "utf-7",
    "cp037",
    "gb18030",
]
CODECS = [
    *ENCODINGS,
    "utf-32",
    "hex",
    "idna",
    "punycode",
    "undefined",
    "unicode_escape",
    "rot13",
    "nonsense",
    "",
    "a\0b",
]
EDITS = ("flip", "delete", "insert", "duplicate", "truncate", "splice")
CHANGES = ("value", "value", "column", "name", "longer", "shorter", "again", "without")
IMAGES = ("images", "dataimages.npz", "datalisting.csv")
FORMATS = (
    *(".csv", ".csv", ".tsv", ".txt", ".csv.gz", ".csv.bz2", ".parquet", ".xlsx", ".npz"),
    *(".png", ".jpg", ".tif", ".bmp", "images.npz", "listing.csv"),
)
PLACES = st.integers(0, 9999)


class Input(NamedTuple):
    """One file, how it is damaged, and what is said of it."""

    format: str
    dialect: tuple[str, str, str, bool]  # delimiter, encoding, line end, all values in quotation marks
    changes: Sequence[tuple[str, int, int, str]]  # of the table: kind, row, column, new text
    edits: Sequence[tuple[str, int, int, bytes]]  # of the bytes: kind, two places, new bytes
    inside: bool  # whether bytes are edited before they are compressed
    said: Sequence[tuple[str, object]]
    test: bool  # whether the file is also what is judged by


OPTIONS = st.one_of(
    st.tuples(st.sampled_from(["target", "group", "time"]), st.sampled_from(COLUMNS)),
    st.tuples(st.sampled_from(["drop", "category", "mark", "keep_na"]), st.tuples(st.sampled_from(COLUMNS))),
    st.tuples(st.just("na_values"), st.tuples(st.sampled_from(NASTY))),
    st.tuples(st.just("positive"), st.sampled_from(["yes", "no", "1", "2", "1.0", "cracked", *NASTY])),
    st.tuples(st.just("encoding"), st.sampled_from(CODECS)),
    st.tuples(st.just("sheet"), st.sampled_from(["Sheet", "sheet", ""])),
    st.tuples(st.just("size"), st.sampled_from([4, 9, 32])),
    st.tuples(st.just("folds"), st.sampled_from([3, 4, 9, 1000])),
)
INPUTS = st.builds(
    Input,
    st.sampled_from(FORMATS),
    st.tuples(
        st.sampled_from(",;\t|"), st.sampled_from(ENCODINGS), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans()
    ),
    st.lists(st.tuples(st.sampled_from(CHANGES), PLACES, PLACES, st.sampled_from(NASTY)), max_size=3),
    st.lists(st.tuples(st.sampled_from(EDITS), PLACES, PLACES, st.binary(min_size=1, max_size=4)), max_size=3),
    st.booleans(),
    st.lists(OPTIONS, max_size=2),
    st.integers(0, 9).map(lambda number: number == 0),
)


def change_table(rows: list[list[str]], changes: Sequence[tuple[str, int, int, str]]) -> list[list[str]]:
    """Change texts, names, and the lengths of rows; the first row has the names."""
    rows = [list(row) for row in rows]
    for kind, place, column, text in changes:
        row = rows[1 + place % (len(rows) - 1)]
        column %= max(len(row), 1)  # noqa: PLW2901
        if kind == "value" and row:
            row[column] = text
        elif kind == "column":
            for other in rows[1:]:
                other[column:] = [text, *other[column + 1 :]]
        elif kind == "name":
            rows[0][column % len(rows[0])] = text
        elif kind == "longer":
            row.insert(column, text)
        elif kind == "shorter":
            del row[column:]
        elif kind == "again":
            rows.append(row)
        else:
            del rows[1 + place % len(rows) :]
            rows.append(row)
    return rows


def edit_bytes(content: bytes, edits: Sequence[tuple[str, int, int, bytes]]) -> bytes:
    """Damage a file; places count from its beginning, and go on there beyond its end."""
    for kind, first, second, new in edits:
        start, end = sorted((first % (len(content) + 1), second % (len(content) + 1)))
        near = start + len(new)
        content = {
            "flip": content[:start] + bytes(byte ^ 255 for byte in content[start:near]) + content[near:],
            "delete": content[:start] + content[near:],
            "insert": content[:start] + new + content[start:],
            "duplicate": content[:end] + content[start:],
            "truncate": content[:end],
            "splice": content[:start] + content[end:],
        }[kind]
    return content


def edit_archive(content: bytes, edits: Sequence[tuple[str, int, int, bytes]]) -> bytes:
    """Damage one file of a ZIP archive, whose checksums are right again."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if edits:
        name = sorted(members)[edits[0][1] % len(members)]
        members[name] = edit_bytes(members[name], edits)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, member in members.items():
            archive.writestr(name or "none", member)
    return made.getvalue()


def as_text(rows: list[list[str]], dialect: tuple[str, str, str, bool]) -> bytes:
    delimiter, encoding, line_end, quoted = dialect
    lines = [[f'"{text}"' if quoted or (delimiter in text and len(text) > 1) else text for text in row] for row in rows]
    return (line_end.join(map(delimiter.join, lines)) + line_end).encode(encoding, "replace")


def as_columns(rows: list[list[str]]) -> list[list[object]]:
    """Return the columns of a table that may be ragged, with numbers where all texts are numbers."""
    width = len(rows[0])
    columns = zip(*([*row, *[""] * width][:width] for row in rows[1:]), strict=True)
    return [list(pd.to_numeric(pd.Series(column), errors="coerce").fillna(0)) if "." in column[0] else list(column)
            for column in columns]  # fmt: skip


def as_parquet(rows: list[list[str]]) -> bytes:
    made = io.BytesIO()
    parquet.write_table(pa.Table.from_arrays([pa.array(column) for column in as_columns(rows)], names=rows[0]), made)
    return made.getvalue()


def as_workbook(rows: list[list[str]]) -> bytes:
    book, made = openpyxl.Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet("Sheet")
    for row in rows:
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", text)[:30_000] for text in row])
    book.save(made)
    return made.getvalue()


def as_arrays(**arrays: object) -> bytes:
    made = io.BytesIO()
    np.savez(made, **{name: np.asarray(array) for name, array in arrays.items()})
    return made.getvalue()


def as_image(ending: str) -> bytes:
    made = io.BytesIO()
    pixels = Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3))
    pixels.save(made, {".jpg": "jpeg", ".tif": "tiff"}.get(ending, ending[1:]))
    return made.getvalue()


def write_input(folder: Path, drawn: Input) -> tuple[Path, ComparisonRequest]:
    """Write the file in a folder that has images, and return what `compare` is given."""
    frame = mixed(60)
    if drawn.format == "listing.csv":
        names = [f"images/ok/{place:03}.png" for place in range(7)] + [
            f"images/cracked/{place:03}.png" for place in range(5)
        ]
        frame = pd.DataFrame({"file": names, "fraud": ["no"] * 7 + ["yes"] * 5, "shop": range(12)})
    rows = change_table(
        [list(frame.columns), *frame.astype(object).fillna("").astype(str).to_numpy().tolist()], drawn.changes
    )
    source, target = folder / f"data{drawn.format}", "fraud"
    inside: Callable[[bytes], bytes] = lambda content: edit_bytes(content, drawn.edits if drawn.inside else ())  # noqa: E731
    if drawn.format in {".png", ".jpg", ".tif", ".bmp"}:
        content, source, target = as_image(drawn.format), folder / "images", "folder"
    elif drawn.format == ".parquet":
        content = as_parquet(rows)
    elif drawn.format == ".xlsx":
        content = as_workbook(rows)
    elif drawn.format == ".npz":
        names = [(name or "none")[:60_000] for name in rows[0]]  # a ZIP archive has no longer ones
        content = as_arrays(**dict(zip(names, as_columns(rows), strict=True)))
    elif drawn.format == "images.npz":
        content, target = (
            as_arrays(X=np.arange(12 * 48, dtype=np.uint16).reshape(12, 4, 4, 3), y=[0] * 7 + [1] * 5),
            "y",
        )
    else:
        content = inside(as_text(rows, drawn.dialect))
        content = {"z": gzip.compress, "2": bz2.compress}.get(drawn.format[-1], bytes)(content)
    if drawn.inside and drawn.format[-3:] in {"npz", "lsx"}:
        content = edit_archive(content, drawn.edits)
    elif not drawn.inside:
        content = edit_bytes(content, drawn.edits)
    for earlier in (folder / "images" / "ok").glob("damaged*"):
        earlier.unlink()
    (source / "ok" / f"damaged{drawn.format}" if source.name == "images" else source).write_bytes(content)
    said = {"target": target} | dict(drawn.said)
    return source, ComparisonRequest(**said, test=source if drawn.test else None)


class Workplace(NamedTuple):
    """A folder with images, and the models that predict for what is written there."""

    folder: Path
    of_table: OwnModel
    of_images: OwnModel


@pytest.fixture(scope="module")
def workplace(tmp_path_factory) -> Workplace:
    folder = tmp_path_factory.mktemp("fuzz")
    write_images(folder, rare=5, others=7, size=8)
    frame = mixed(60).astype({"amount": str})  # the form of its numbers is known, and that of `age` is not
    quick = {"losses": ["ce"], "epochs": 1, "hidden": (4,), "repetitions": 1, "references": False}
    of_table = imbaloss.compare(frame.drop(columns="fraud"), frame["fraud"], **quick).model
    pixels = np.arange(12 * 48, dtype=np.uint16).reshape(12, 4, 4, 3)
    of_images = imbaloss.compare(pixels, [0] * 7 + [1] * 5, **quick).model
    return Workplace(folder, of_table, of_images)


def is_read(named: Path, read: Callable[[], object]) -> bool:
    """Return whether a file is read; it may be refused in one sentence that names it, and in no other way."""
    try:
        read()
    except (ValueError, OSError) as error:
        assert str(named) in str(error)  # noqa: PT017
        return False
    return True


def read_as_compare(source: Path, request: ComparisonRequest) -> None:
    """Do what `compare` does before it trains."""
    own = open_own(source, request)
    assert all(describe_data(own, count_copies(own)))
    split, _ = own.prepare_split(0, own.each_fold[0])
    assert np.isfinite(split.train.inputs).all()
    assert np.isfinite(split.test.inputs).all()


def try_input(workplace: Workplace, drawn: Input) -> None:
    source, request = write_input(workplace.folder, drawn)
    is_read(source, lambda: read_as_compare(source, request))
    model, out = workplace.of_images if source.name in IMAGES else workplace.of_table, workplace.folder / "out.csv"
    reading = ReadingOptions(request.encoding, request.sheet)
    is_read(source, lambda: predict_file(model, source, out, (), reading))
    assert not list(workplace.folder.glob("*.unfinished"))


# A failing example with a long text would be hidden behind a warning about its length.
OF_LONG_TEXTS = pytest.mark.filterwarnings("ignore:Generating overly large repr")


def house(examples: int) -> settings:
    return settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )


@OF_LONG_TEXTS
@house(150)
@given(INPUTS)
def test_what_is_damaged_or_odd_is_read_or_refused_in_one_sentence(workplace, drawn):
    try_input(workplace, drawn)


@pytest.mark.slow
@OF_LONG_TEXTS
@house(1000)
@given(INPUTS)
def test_a_thousand_damaged_files_are_read_or_refused_in_one_sentence(workplace, drawn):
    try_input(workplace, drawn)


def run_command(words: Sequence[str], told: Path) -> None:
    """Run a command in this process, which ends with its exit code; what it tells goes to a file."""
    from imbaloss.cli import main

    stream = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(stream, 1)
    os.dup2(stream, 2)
    sys.argv = ["imbaloss", *words]
    main()


def command_lines(workplace: Workplace, drawn: Input) -> tuple[list[str], list[str]]:
    """Return the options of `compare` and of `predict` for a file, which is written."""
    source, request = write_input(workplace.folder, drawn)
    model = workplace.of_images if source.name in IMAGES else workplace.of_table
    saved = model.save(workplace.folder / "model").parent
    alone = ("encoding", "sheet", "test", "target", "positive", "folds", "group", "time", "size")
    said = {name: getattr(request, name) for name in alone}
    lists = ("drop", "category", "mark", "na_values", "keep_na")
    said |= {name: next(iter(getattr(request, name)), None) for name in lists}
    words = [f"--{name.replace('_', '-')}={value}" for name, value in said.items() if value is not None]
    quick = ["--epochs=2", "--repetitions=1", "--loss=ce", "--no-references", f"--out={workplace.folder / 'results'}"]
    return (
        ["compare", str(source), *quick, *words],
        ["predict", str(saved), str(source), f"--out={workplace.folder / 'out.csv'}"],
    )


@pytest.mark.slow
@house(25)
@given(drawn=INPUTS)
def test_the_commands_end_with_0_or_with_2_and_one_line(workplace, drawn):
    """In 50 real processes, two at a time; what all of them import is imported once."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__, "imbaloss.cli", "imbaloss.comparison.comparing", "sklearn.pipeline"])
    files = [workplace.folder / name for name in ("compare.txt", "predict.txt")]
    commands = zip(command_lines(workplace, drawn), files, strict=True)
    started = [processes.Process(target=run_command, args=arguments) for arguments in commands]
    try:
        for process in started:
            process.start()
        for process, file in zip(started, files, strict=True):
            process.join(timeout=120)
            told = file.read_text(errors="replace")
            assert process.exitcode in {0, 2}, told
            assert "Traceback" not in told
            assert "Warning" not in told
            assert (process.exitcode == 2) == told.rstrip("\n").split("\n")[-1].startswith("imbaloss: "), told
        assert started[0].exitcode == 0 or not (workplace.folder / "results").exists()
    finally:
        shutil.rmtree(workplace.folder / "results", ignore_errors=True)
