"""The names of the columns of a file, without its rows."""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from imbaloss.comparison.reading import delimited, header, parquet, workbook
from imbaloss.comparison.reading.reading_options import ReadingOptions
from imbaloss.comparison.reading.table_file import TableFile

SMALL = 2**20  # number of bytes up to which a spreadsheet is read for the names of its columns


def read_names(source: Path, reading: ReadingOptions, wanted: Collection[str]) -> Collection[str] | None:
    """Read the names of the columns of a file, if that is quick or a wanted column seems to be lacking; else None.

    A header of delimited text that has all wanted columns is taken as it stands at the beginning of the file. Only a
    file that seems to lack one is read as far as the reading of its rows would read it. Spreadsheets are read up to
    1 MiB. NPZ files and images are left to their reading.

    Args:
        source: The file or folder.
        reading: Options for reading it.
        wanted: The names of the columns that are needed.

    Raises:
        OSError: The file cannot be read.
        ValueError: The file holds no table.
    """
    if source.is_dir() and not parquet.is_parquet_folder(source):
        return None
    ending = TableFile(source, reading).check()
    if ending in delimited.ENDINGS:
        with suppress(ValueError):  # a file in another encoding, or without a header
            start = header.decode_start(source, reading.encoding or "utf-8")
            if any(set(wanted) <= set(each.names) for each in header.propose_headers(source, start)):
                return None
        return delimited.open_delimited(source, reading.encoding).names
    if ending in parquet.ENDINGS:
        return parquet.read_names(source)
    if ending in workbook.ENDINGS and source.stat().st_size <= SMALL:
        names: Collection[str] = workbook.read_workbook(source, reading.sheet).column_names
        return names
    return None
