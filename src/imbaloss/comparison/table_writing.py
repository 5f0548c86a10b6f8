"""Writing tables of any length atomically."""

import os
from collections.abc import Collection, Iterator
from itertools import chain
from pathlib import Path

import pandas as pd

from imbaloss.comparison.reading import parquet


def write_table(file: Path, parts: Iterator[pd.DataFrame], rounded: Collection[str] = ()) -> int:
    """Write a table as CSV or Parquet, by the ending of the file, and return the number of rows.

    The file appears only when it is complete; after an error an earlier file is unchanged. Missing folders are made.
    Endings other than those of Parquet give CSV, with tabs for .tsv.

    Args:
        file: The file to write.
        parts: The parts of the table, one or more; all rows have the columns of the first part.
        rounded: Columns of floats that CSV gets with six significant digits. Parquet keeps all of their digits.

    Raises:
        OSError: The file cannot be written.
    """
    unfinished = file.with_name(f"{file.name}.{os.getpid()}.unfinished")
    parts = chain([next(parts)], parts)  # an error in the first part comes before a folder is made
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        if file.suffix.lower() in parquet.ENDINGS:
            rows = write_parquet(unfinished, parts)
        else:
            texts = (round_columns(part, rounded) for part in parts)
            rows = write_csv(unfinished, texts, "\t" if file.suffix.lower() == ".tsv" else ",")
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return rows


def round_columns(part: pd.DataFrame, names: Collection[str]) -> pd.DataFrame:
    """Return a table whose columns of these names are texts with six significant digits; NaN stays."""
    return part.assign(**{name: part[name].map("{:.6g}".format, na_action="ignore") for name in names})


def write_csv(file: Path, parts: Iterator[pd.DataFrame], separator: str) -> int:
    """Write the parts of a table as UTF-8 text with one header, and return the number of rows.

    separator: Stands between the values.
    """
    rows = 0
    with file.open("w", encoding="utf-8", newline="") as stream:
        for number, part in enumerate(parts):
            part.to_csv(stream, index=False, header=not number, sep=separator)
            rows += len(part)
    return rows


def write_parquet(file: Path, parts: Iterator[pd.DataFrame]) -> int:
    """Write one or more parts of a table as Parquet with the types of the first part, and return the number of rows.

    Raises:
        pyarrow.ArrowException: A later part has values that these types do not hold.
    """
    import pyarrow as pa
    from pyarrow import parquet as pq

    first = next(parts)
    rows, schema = 0, pa.Table.from_pandas(first, preserve_index=False).schema
    with pq.ParquetWriter(file, schema) as writer:
        for part in chain([first], parts):
            writer.write_table(pa.Table.from_pandas(part, schema=schema, preserve_index=False))
            rows += len(part)
    return rows
