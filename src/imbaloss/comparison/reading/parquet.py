"""Parquet: a file, or a folder of files of one table."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from imbaloss.comparison.reading import endings
from imbaloss.comparison.reading.names import check_names, name_columns

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import dataset

ENDINGS = endings.PARQUET
INDEX = "__index_level_"  # begins the name that pandas gives to an index without a name


def is_parquet_folder(folder: Path) -> bool:
    """Say whether a path is a folder that holds Parquet files, at any depth, and no others but hidden ones."""
    if not folder.is_dir():
        return False
    files = [file for file in folder.rglob("*") if file.is_file() and not file.name.startswith((".", "_"))]
    return bool(files) and all(file.suffix.lower() in ENDINGS for file in files)


def read_parquet(path: Path, rows: int | None = None) -> "Iterator[pa.Table]":
    """Yield all rows as one Arrow table, or as tables of at most `rows` rows.

    A file without rows gives one table without rows. The columns of a pandas index are columns too; an index without a
    name is called "unnamed" and its place. In a folder, sub-folders such as year=2026 give a column. Errors are raised
    when the first part is taken.

    Args:
        path: A file, or a folder of files of one table.
        rows: The largest number of rows of a part; None for one table.

    Raises:
        ValueError: The file is damaged or no Parquet file, two columns have one name, or a column holds lists or bytes.
        OSError: The system does not give the file.
    """
    import pyarrow as pa  # here, since it takes a quarter of a second

    with explaining_damage(path):
        content = open_dataset(path)
        check_names(path, content.schema.names)
        check_same_columns(path, content)
        for field in content.schema:
            is_extension = isinstance(field.type, pa.BaseExtensionType)
            if pa.types.is_nested(field.type) or is_bytes(field.type) or is_extension:
                raise ValueError(
                    f"{path} has a column {field.name!r} of {field.type}: a value must be one number or text"
                )
        if rows is None:
            yield rename_index(content.to_table(batch_readahead=1, fragment_readahead=1))
            return
        count = 0
        for batch in content.to_batches(batch_size=rows):
            if batch.num_rows:
                count += batch.num_rows
                yield rename_index(pa.Table.from_batches([batch]))
        if not count:
            yield rename_index(content.schema.empty_table())


@contextmanager
def explaining_damage(path: Path) -> Iterator[None]:
    """Turn errors of pyarrow in a with-statement into a ValueError that says that a file is no Parquet file.

    The function is a context manager. An OSError that the system raised, with a number, passes unchanged.

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
        raise ValueError(f"{path} is no Parquet file that can be read: {' '.join(str(error).split())}") from error


def read_names(path: Path) -> tuple[str, ...]:
    """Return the names of the columns of a file, or of a folder of files of one table, as `read_parquet` gives them.

    Raises:
        OSError: The system does not give the file.
        ValueError: The file is damaged or no Parquet file.
    """
    with explaining_damage(path):
        return rename_columns(open_dataset(path).schema.names)


def open_dataset(path: Path) -> "dataset.Dataset":
    """Open a file, or a folder of files of one table, without reading its rows. Raises what pyarrow raises."""
    from pyarrow import dataset

    # a buffer would hold the whole file, compressed, beside the table
    parquet = dataset.ParquetFileFormat(
        default_fragment_scan_options=dataset.ParquetFragmentScanOptions(pre_buffer=False)
    )
    return dataset.dataset(path, format=parquet, partitioning="hive" if path.is_dir() else None)


def check_same_columns(path: Path, content: "dataset.Dataset") -> None:
    """Check that all files of a folder have columns of the same names; a single file always passes.

    Args:
        path: The file or folder.
        content: The same as a data set of pyarrow.

    Raises:
        ValueError: A file has other columns than the first.
    """
    first: set[str] | None = None
    for fragment in content.get_fragments() if path.is_dir() else ():
        names = set(fragment.physical_schema.names)
        first = names if first is None else first
        if difference := sorted(first ^ names):
            raise ValueError(
                f"{fragment.path} has other columns than the first file of {path}: {', '.join(difference)}"
            )


def is_bytes(kind: "pa.DataType") -> bool:
    """Say whether values of an Arrow type are bytes, of any or of fixed length."""
    import pyarrow as pa

    is_binary: bool = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    return is_binary


def rename_index(table: "pa.Table") -> "pa.Table":
    """Return a table without the metadata of pandas, its index columns without a name called "unnamed" and their place.

    Such a column is called __index_level_0__ in the file. All other names are trimmed.
    """
    return table.rename_columns(list(rename_columns(table.column_names))).replace_schema_metadata(None)


def rename_columns(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of columns as `rename_index` gives them."""
    return name_columns("" if name.startswith(INDEX) else name for name in names)
