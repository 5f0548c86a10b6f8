"""Tables as files: CSV in its many dialects, Parquet and NPZ, read whole or in parts."""

import codecs
import csv
import os
import re
import warnings
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

CSV, PARQUET, NPZ = (".csv", ".tsv", ".txt"), (".parquet", ".pq"), (".npz",)
ENDINGS = (*CSV, *PARQUET, *NPZ)
SEPARATORS = (",", ";", "\t", "|")
SAMPLE = 2**18  # characters, by which the dialect of a CSV file is told
MARKS = {  # first bytes of files that are something else than text
    b"PAR1": "a Parquet file",
    b"PK": "a ZIP archive, such as NPZ or XLSX",
    b"\x1f\x8b": "compressed by gzip",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"SQLite": "an SQLite database",
    b"%PDF": "a PDF",
}
UTF16 = (b"\xff\xfe", b"\xfe\xff")
NOTHING = ("", "?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "None")  # missing values
COMMA, POINT, CODE = (
    re.compile(form, re.IGNORECASE) for form in (r"[+-]?\d+,\d+(e[+-]?\d+)?", r"[+-]?\d*\.\d+(e[+-]?\d+)?", r"0\d+")
)  # decimal numbers, and what looks like a number and is none
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
UNNAMED = "unnamed"


@dataclass(frozen=True)
class Dialect:
    """Of a CSV file."""

    names: tuple[str, ...]
    separator: str
    decimal: str  # of all columns but `commas`
    encoding: str
    codes: tuple[str, ...] = ()  # columns to read as text: values as 007 are no numbers, and 1,234 may be two
    commas: tuple[str, ...] = ()  # columns with decimal commas, beside others with points

    @classmethod
    def of(cls, file: Path) -> "Dialect":
        """Told by the beginning of the file, but for the encoding: it is all of it, UTF-8 or else Windows-1252.

        Raises ValueError for an empty file, for what is no text, and for a first line that names no columns, or a name
        twice.
        """
        encoding = encoding_of(file)
        with file.open(encoding=encoding, newline="") as content:
            text = content.read(SAMPLE)
        if not text.strip():
            raise ValueError(f"{file} is empty")
        if "\0" in text:
            raise ValueError(f"{file} is no text: it holds bytes of zero")
        first = text.splitlines()[0]
        separator = max(SEPARATORS, key=lambda one: outside_quotes(first, one))
        lines = text.splitlines(keepends=True)  # of a longer file the last one may be a part
        rows = list(csv.reader(lines[:-1] if len(text) == SAMPLE and len(lines) > 1 else lines, delimiter=separator))
        names = named(file, rows[0])
        columns = dict(zip(names, zip_longest(*rows[1:], fillvalue=""), strict=False))
        codes, commas, points = (
            tuple(name for name, column in columns.items() if any(form.fullmatch(value.strip()) for value in column))
            for form in (CODE, COMMA, POINT)
        )
        commas = tuple(name for name in commas if separator != "," and name not in points)
        parted = tuple(name for name in commas if all_part_thousands(columns[name], COMMA))
        commas = tuple(name for name in commas if name not in parted)
        for name in points if commas else ():
            if all_part_thousands(columns[name], POINT):
                told = f"as {commas[0]!r} has decimal commas, those of {name!r} may part thousands"
                raise ValueError(
                    f"{file} has decimal points and commas: {told}; write all with a point, and no other mark"
                )
        decimal, others = (",", ()) if commas and not points else (".", commas)
        return cls(names, separator, decimal, encoding, (*codes, *parted), others)

    def options(self, text: Collection[str], whole: Collection[str]) -> dict[str, Any]:
        """For pandas. text: columns whose values are to stay as they are written; whole: those of which a value is
        missing only where nothing stands.
        """
        return {
            "sep": self.separator,
            "decimal": self.decimal,
            "encoding": self.encoding,
            "names": list(self.names),
            "header": 0,
            "index_col": False,
            "skipinitialspace": True,
            "dtype": dict.fromkeys({*text, *whole, *self.codes, *self.commas} & set(self.names), str),
            "keep_default_na": False,
            "na_values": {name: [""] if name in whole else list(NOTHING) for name in self.names},
        }


def all_part_thousands(column: Sequence[str], mark: "re.Pattern[str]") -> bool:
    """Whether each of its values with that mark, as 1,234, may have it for thousands."""
    marked = [value.strip() for value in column if mark.fullmatch(value.strip())]
    return bool(marked) and all(map(THOUSANDS.fullmatch, marked))


def outside_quotes(line: str, mark: str) -> int:
    return sum(part.count(mark) for part in line.split('"')[::2])


def named(file: Path, header: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns; a column without one is called by its place."""
    names = [name.strip() or f"{UNNAMED} {place}" for place, name in enumerate(header, 1)]
    if all(re.fullmatch(r"[+-]?[\d.,]+(e[+-]?\d+)?", name, re.IGNORECASE) for name in names):
        raise ValueError(f"{file} has numbers in its first line, which must name the columns: {', '.join(names[:3])}")
    check_names(file, names)
    return tuple(names)


def check_names(source: Path | str, names: Sequence[str]) -> None:
    """Raises ValueError for a name that stands twice."""
    twice = [name for place, name in enumerate(names) if name in names[:place]]
    if twice:
        raise ValueError(f"{source} has two columns {twice[0]!r}: give each a name of its own")


def encoding_of(file: Path) -> str:
    with file.open("rb") as content:
        first = content.read(8)
        if what := next((what for mark, what in MARKS.items() if first.startswith(mark)), None):
            raise ValueError(f"{file} is no CSV file: it is {what}")
        if first.startswith(UTF16):
            return "utf-16"
        content.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            for block in iter(lambda: content.read(2**20), b""):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def check_file(file: Path) -> None:
    """Raises OSError for a file that is not there, ValueError for one with another ending."""
    if not file.exists():
        raise FileNotFoundError(f"there is no file {file}")
    if file.is_dir():
        raise ValueError(f"{file} is a folder, not a table")
    if file.suffix.lower() not in ENDINGS:
        raise ValueError(f"{file} has another ending than {', '.join(ENDINGS)}, which tells how to read it")


def read_table(file: Path, text: Collection[str] = (), whole: Collection[str] = ()) -> pd.DataFrame:
    """All rows. Of CSV: text are columns whose values are to stay as they are written; whole are the same, and have a
    value wherever something stands, be it NA or None.

    Raises OSError for a file that cannot be read, ValueError for one that is no table.
    """
    check_file(file)
    if file.suffix.lower() in PARQUET:
        found = pd.concat(parquet(file, None), ignore_index=True)
    elif file.suffix.lower() in NPZ:
        found = from_arrays(file)
    else:
        found = pd.concat(comma_separated(file, None, text, whole), ignore_index=True)
    if not len(found):
        raise ValueError(f"{file} names columns and has no rows")
    return found


def parts_of_table(file: Path, rows: int, text: Collection[str] = ()) -> Iterator[pd.DataFrame]:
    """The same, so many rows at a time; of NPZ all at once. A file without rows gives one part without rows."""
    check_file(file)
    if file.suffix.lower() in PARQUET:
        yield from parquet(file, rows)
    elif file.suffix.lower() in NPZ:
        yield from_arrays(file)
    else:
        yield from comma_separated(file, rows, text)


def comma_separated(
    file: Path, rows: int | None, text: Collection[str], whole: Collection[str] = ()
) -> Iterator[pd.DataFrame]:
    dialect = Dialect.of(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # that values without a column are left out
            options = dialect.options(text, whole)
            with pd.read_csv(file, chunksize=rows or 2**62, low_memory=False, **options) as parts:
                for part in without_numbers_of_rows(iter(parts)):
                    yield part.assign(**{name: pointed(part[name]) for name in dialect.commas if name not in text})
    except pd.errors.ParserWarning as error:
        raise ValueError(
            f"{file} has rows with more values than the {len(dialect.names)} columns that it names"
        ) from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ValueError(f"{file} cannot be read as a table: {' '.join(str(error).split())}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} is no text in UTF-8 or Windows-1252: {error}") from error


def pointed(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Numbers, of text with decimal commas; what is none stays text."""
    written = column.str.strip()
    written = written.str.replace(",", ".", n=1, regex=False).where(written.str.fullmatch(COMMA), written)
    try:
        return pd.to_numeric(written)
    except ValueError:
        return written


def without_numbers_of_rows(parts: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """A first column without a name, which counts the rows as pandas writes them, is left out."""
    start, counts = 0, True
    for part in parts:
        first = part.columns[0] if len(part.columns) else ""
        numbers = np.arange(start, start + len(part))
        counts = counts and first == f"{UNNAMED} 1" and np.array_equal(part[first].to_numpy(), numbers)
        start += len(part)
        yield part.drop(columns=first) if counts else part


def parquet(file: Path, rows: int | None) -> Iterator[pd.DataFrame]:
    import pyarrow as pa  # here, since it takes a quarter of a second
    from pyarrow import parquet as pq

    try:
        with pq.ParquetFile(file) as content:
            schema = content.schema_arrow
            check_names(file, schema.names)
            for entry in schema:
                if pa.types.is_nested(entry.type) or pa.types.is_binary(entry.type):
                    raise ValueError(
                        f"{file} has a column {entry.name!r} of {entry.type}: a value must be one number or text"
                    )
            empty = schema.empty_table().to_pandas().reset_index(drop=True)
            if rows is None:
                yield content.read().to_pandas().reset_index(drop=True)
                return
            batches = content.iter_batches(batch_size=rows)
            for part in chain((batch.to_pandas() for batch in batches), [] if content.metadata.num_rows else [empty]):
                yield part.reset_index(drop=True)
    except pa.ArrowException as error:
        raise ValueError(f"{file} is no Parquet file that can be read: {' '.join(str(error).split())}") from error


def arrays_of(file: Path) -> dict[str, NDArray[Any]]:
    """Of an NPZ file. Raises ValueError for one that is none, or holds Python objects."""
    try:
        with np.load(file, allow_pickle=False) as content:
            if not isinstance(content, np.lib.npyio.NpzFile):
                raise ValueError(f"{file} is no NPZ file: it holds one array without a name")
            return {name: content[name] for name in content.files}
    except (zipfile.BadZipFile, EOFError, KeyError, ValueError) as error:
        raise ValueError(f"{file} is no NPZ file that can be read: {' '.join(str(error).split())}") from error


def from_arrays(file: Path) -> pd.DataFrame:
    """Arrays (N,) are columns, an array X (N, D) is columns X0, X1, ..."""
    columns: dict[str, NDArray[Any]] = {}
    arrays = arrays_of(file)
    sizes = {name: len(array) if array.ndim else None for name, array in arrays.items()}
    if not arrays or None in sizes.values() or len(set(sizes.values())) > 1:
        raise ValueError(f"{file} must hold arrays of as many rows each, as X (N, D) and y (N,), found rows {sizes}")
    for name, array in arrays.items():
        if array.ndim == 1:
            columns[name] = array
        elif array.ndim == 2:
            columns |= {f"{name}{place}": column for place, column in enumerate(array.T)}
        else:
            raise ValueError(f"{file}: array {name!r} has shape {array.shape}; a table has (N,) and (N, D)")
    return pd.DataFrame(columns)


def write_table(file: Path, parts: Iterator[pd.DataFrame]) -> int:
    """Writes CSV or Parquet, by the ending of the file, whole or not at all; returns the number of rows."""
    unfinished = file.with_name(f"{file.name}.{os.getpid()}.unfinished")
    parts = chain([next(parts)], parts)  # what is wrong with the first is found before a folder is made
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        if file.suffix.lower() in PARQUET:
            rows = write_parquet(unfinished, parts)
        else:
            rows = write_csv(unfinished, parts, "\t" if file.suffix.lower() == ".tsv" else ",")
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return rows


def write_csv(file: Path, parts: Iterator[pd.DataFrame], separator: str) -> int:
    rows = 0
    with file.open("w", encoding="utf-8", newline="") as stream:
        for number, part in enumerate(parts):
            part.to_csv(stream, index=False, header=not number, sep=separator)
            rows += len(part)
    return rows


def write_parquet(file: Path, parts: Iterator[pd.DataFrame]) -> int:
    import pyarrow as pa
    from pyarrow import parquet as pq

    first = next(parts)
    rows, schema = 0, pa.Table.from_pandas(first, preserve_index=False).schema
    with pq.ParquetWriter(file, schema) as writer:
        for part in chain([first], parts):
            writer.write_table(pa.Table.from_pandas(part, schema=schema, preserve_index=False))
            rows += len(part)
    return rows
