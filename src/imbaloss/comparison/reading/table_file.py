"""Files that hold a table: their endings tell the format, and every format gives an Arrow table."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from imbaloss.comparison.reading import arrays, delimited, parquet, workbook
from imbaloss.comparison.reading.dates import check_moments
from imbaloss.comparison.reading.text import clean_text
from imbaloss.plural import format_count

if TYPE_CHECKING:
    import pyarrow as pa

COMPRESSED = (".gz", ".zst", ".bz2")  # of delimited text
ENDINGS = (*delimited.ENDINGS, *parquet.ENDINGS, *workbook.ENDINGS, *arrays.ENDINGS)


@dataclass(frozen=True)
class ReadingOptions:
    """What a person says of how a file is written."""

    encoding: str | None = None  # of delimited text; None: detected
    sheet: str | None = None  # of a spreadsheet; None: the only one with rows


AS_DETECTED = ReadingOptions()


class ReadTable(NamedTuple):
    """What was read of a file."""

    table: "pa.Table"
    notes: tuple[str, ...]
    delimiter: str | None  # of text; None for other formats


@dataclass(frozen=True)
class TableFile:
    """A file with a table. Text is trimmed and in Unicode's normal form C; empty values are nulls."""

    path: Path
    options: ReadingOptions = AS_DETECTED

    def read(self) -> "ReadTable":
        """Return all rows, notes on what was found and done, and the delimiter of text.

        Raises:
            OSError: The file cannot be read.
            ValueError: It holds no table, or no rows.
        """
        ending = self.check()
        notes: tuple[str, ...] = ()
        delimiter = None
        with explaining(self.path):
            if ending in delimited.ENDINGS:
                file = delimited.open_delimited(self.path, self.options.encoding)
                table, delimiter = file.read(), file.header.delimiter
                notes = (*file.notes, *delimited.find_swallowed_rows(file, table))
            else:
                [table] = self.typed_parts(ending, None)
        table = clean_text(table)
        if delimiter is not None:
            table, note = drop_empty_end(self.path, table)
            notes += (note,) if note else ()
        if not table.num_rows:
            raise ValueError(f"{self.path} names columns and has no rows")
        return ReadTable(table, notes, delimiter)

    def parts(self, rows: int) -> "Iterator[pa.Table]":
        """Yield the same rows in parts, of Parquet at most `rows`; one part without rows where there are none.

        Raises:
            OSError: The file cannot be read.
            ValueError: It holds no table.
        """
        ending = self.check()
        with explaining(self.path):
            if ending in delimited.ENDINGS:
                parts = delimited.open_delimited(self.path, self.options.encoding).batches()
            else:
                parts = self.typed_parts(ending, rows)
            yield from map(clean_text, parts)

    def typed_parts(self, ending: str, rows: int | None) -> "Iterator[pa.Table]":
        """Yield the rows of a format whose values have types of their own."""
        if ending in parquet.ENDINGS:
            yield from map(check_moments, parquet.read_parquet(self.path, rows))
        elif ending in workbook.ENDINGS:
            yield workbook.read_workbook(self.path, self.options.sheet)
        else:
            yield check_moments(arrays.table_from_arrays(self.path, arrays.read_arrays(self.path)))

    @property
    def is_text(self) -> bool:
        """Whether all values stand as text, so that numbers may be written in several ways."""
        return self.check() in (*delimited.ENDINGS, *workbook.ENDINGS)

    def check(self) -> str:
        """Return the ending that tells the format.

        Raises:
            OSError: There is no such file.
            ValueError: It is a folder of other files, has another ending, or does not take the options.
        """
        ending = find_ending(self.path)
        if self.options.encoding is not None and ending not in delimited.ENDINGS:
            raise ValueError(f"{self.path} has an encoding of its own: leave out --encoding, which is for CSV files")
        if self.options.sheet is not None and ending not in workbook.ENDINGS:
            raise ValueError(f"{self.path} has no sheets: leave out --sheet, which is for spreadsheets")
        return ending


def drop_empty_end(path: Path, table: "pa.Table") -> "tuple[pa.Table, str]":
    """Return a table without rows at its end in which nothing stands, as Excel may write them, and a note."""
    rows = table.num_rows
    while rows and not any(table.column(place)[rows - 1].is_valid for place in range(table.num_columns)):
        rows -= 1
    if not rows or rows == table.num_rows:
        return table, ""
    left_out = format_count(table.num_rows - rows, "row")
    return table.slice(0, rows), f"{path.name}: left out {left_out} at the end with nothing but delimiters"


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Turn what libraries raise for a damaged file into a ValueError that names it; what the system says stays."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(f"{path} cannot be read: {' '.join(str(error).split())}") from error


@contextmanager
def naming(*paths: Path | None) -> Iterator[None]:
    """Put the first path before the message of a ValueError that names none of them, as one about a column or a row."""
    try:
        yield
    except ValueError as error:
        if any(str(path) in str(error) for path in paths if path is not None):
            raise
        raise ValueError(f"{paths[0]}: {error}") from error


def find_ending(path: Path) -> str:
    """Return the ending of a file that tells its format: of t.CSV.gz it is .csv, of a folder of Parquet .parquet.

    Raises:
        OSError: There is no such file.
        ValueError: It is a folder of something else, or a file with another ending.
    """
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    if path.is_dir():
        if not parquet.is_parquet_folder(path):
            raise ValueError(f"{path} is a folder, not a table")
        return parquet.ENDINGS[0]
    ending = path.suffix.lower()
    if ending in COMPRESSED and (inner := Path(path.stem).suffix.lower()) in delimited.ENDINGS:
        return inner
    if ending not in ENDINGS:
        raise ValueError(f"{path} has another ending than {', '.join(ENDINGS)}, which tells how to read it")
    return ending
