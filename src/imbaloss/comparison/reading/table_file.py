"""Files with a table. The ending decides the format, and every format gives an Arrow table."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from imbaloss.comparison.reading import arrays, delimited, parquet, workbook
from imbaloss.comparison.reading.dates import check_moments
from imbaloss.comparison.reading.reading_options import AS_DETECTED, ReadingOptions
from imbaloss.comparison.reading.text import clean_text
from imbaloss.plural import format_count

if TYPE_CHECKING:
    import pyarrow as pa

COMPRESSED = (".gz", ".zst", ".bz2")  # endings of compressed delimited text
ENDINGS = (*delimited.ENDINGS, *parquet.ENDINGS, *workbook.ENDINGS, *arrays.ENDINGS)


class ReadTable(NamedTuple):
    """The content of a file as an Arrow table, with notes for the reader and the delimiter of delimited text."""

    table: "pa.Table"
    notes: tuple[str, ...]
    delimiter: str | None  # of delimited text; None for other formats


@dataclass(frozen=True)
class TableFile:
    """A file with a table, and the options to read it.

    Text is trimmed and in Unicode's normal form C; empty values are null.
    """

    path: Path
    options: ReadingOptions = AS_DETECTED

    def read(self) -> "ReadTable":
        """Read all rows: an Arrow table, notes, and the delimiter, which is None for formats other than delimited text.

        Rows without any value at the end of delimited text are dropped, with a note.

        Raises:
            OSError: The file cannot be read.
            ValueError: The file holds no table or no rows, has an unknown ending, or has a format that an option is not
                for, such as an encoding for a spreadsheet.
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
                [table] = self.iterate_typed_parts(ending, None)
        table = clean_text(table)
        if delimiter is not None:
            table, note = drop_empty_end(self.path, table)
            notes += (note,) if note else ()
        if not table.num_rows:
            raise ValueError(f"{self.path} has a header but no rows")
        return ReadTable(table, notes, delimiter)

    def iterate_parts(self, rows: int) -> "Iterator[pa.Table]":
        """Yield all rows as Arrow tables, one part of the file each; a file without rows gives one table without rows.

        The function is a generator: the file is opened and checked when the first part is taken.

        Args:
            rows: The number of rows of a part of Parquet, at most; other formats have parts of their own size.

        Raises:
            OSError: The file cannot be read.
            ValueError: The file holds no table, has an unknown ending, or has a format that an option is not for.
        """
        ending = self.check()
        with explaining(self.path):
            if ending in delimited.ENDINGS:
                parts = delimited.open_delimited(self.path, self.options.encoding).iterate_parts()
            else:
                parts = self.iterate_typed_parts(ending, rows)
            yield from map(clean_text, parts)

    def iterate_typed_parts(self, ending: str, rows: int | None) -> "Iterator[pa.Table]":
        """Yield the rows of a Parquet file, spreadsheet or NPZ file, whose values have types, as Arrow tables.

        Text is not yet trimmed.

        Args:
            ending: The ending that decides the format, as `check` returns it.
            rows: The number of rows of a part of Parquet, at most; None for all rows in one table. Other formats always
                give one table.

        Raises:
            ValueError: The file is damaged or holds no table, or a date lies outside of the years 1 to 9999.
        """
        if ending in parquet.ENDINGS:
            yield from map(check_moments, parquet.read_parquet(self.path, rows))
        elif ending in workbook.ENDINGS:
            yield workbook.read_workbook(self.path, self.options.sheet)
        else:
            yield check_moments(arrays.table_from_arrays(self.path, arrays.read_arrays(self.path)))

    @property
    def is_text(self) -> bool:
        """Whether values may be text in which numbers are written in several forms: true for CSV and spreadsheets.

        Raises:
            OSError: There is no such file.
            ValueError: The path has an unknown ending, or a format that an option is not for.
        """
        return self.check() in (*delimited.ENDINGS, *workbook.ENDINGS)

    def check(self) -> str:
        """Check the options, and return the ending that decides the format, in lower case and without .gz and the like.

        A folder of Parquet files has the ending ".parquet".

        Raises:
            OSError: There is no such file.
            ValueError: The path is a folder of other files or has an unknown ending; an encoding is given for a file
                that is no delimited text; or a sheet is given for a file that is no spreadsheet.
        """
        ending = find_ending(self.path)
        if self.options.encoding is not None and ending not in delimited.ENDINGS:
            raise ValueError(f"{self.path} has an encoding of its own: leave out --encoding, which is for CSV files")
        if self.options.sheet is not None and ending not in workbook.ENDINGS:
            raise ValueError(f"{self.path} has no sheets: leave out --sheet, which is for spreadsheets")
        return ending


def drop_empty_end(path: Path, table: "pa.Table") -> "tuple[pa.Table, str]":
    """Drop the rows at the end of a table in which all values are null, and return the table with a note.

    Excel may write such rows. The note names the file of `path`; it is "" if nothing was dropped. A table that has no
    other rows is returned unchanged.
    """
    rows = table.num_rows
    while rows and not any(table.column(place)[rows - 1].is_valid for place in range(table.num_columns)):
        rows -= 1
    if not rows or rows == table.num_rows:
        return table, ""
    left_out = format_count(table.num_rows - rows, "row")
    return table.slice(0, rows), f"{path.name}: left out {left_out} at the end that hold nothing but delimiters"


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Turn errors of pyarrow in a with-statement into a ValueError that says that the file of `path` cannot be read.

    The function is a context manager. An OSError that the system raised, with a number, passes unchanged, and so do
    errors of other types.

    Raises:
        ValueError: The file is damaged.
        OSError: The system does not give the file.
    """
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(f"{path} cannot be read: {' '.join(str(error).split())}") from error


def find_ending(path: Path) -> str:
    """Return the ending that decides the format of a file: .csv for t.CSV.gz, .parquet for a folder of Parquet files.

    Raises:
        OSError: There is no such file.
        ValueError: The path is a folder of other files, or has an unknown ending.
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
        raise ValueError(f"{path} must end in {', '.join(ENDINGS)}: the ending decides how a file is read")
    return ending
