"""NPZ files, whose arrays are columns."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imbaloss.comparison.reading.names import check_names, name_columns

if TYPE_CHECKING:
    import pyarrow as pa

ENDINGS = (".npz",)
Arrays = dict[str, NDArray[Any]]


def read_arrays(path: Path) -> Arrays:
    """Read the arrays of an NPZ file, by name, without unpickling anything.

    Raises:
        OSError: The system does not give the file.
        ValueError: The file is damaged or no NPZ file, or holds Python objects.
    """
    try:
        with path.open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on files that Python 2 wrote
            content = np.load(stream, allow_pickle=False)
            if not isinstance(content, np.lib.npyio.NpzFile):
                raise ValueError("it holds one array without a name")
            with content:
                arrays = {name: content[name] for name in content.files}
    except Exception as error:  # damaged archives and arrays raise many types
        if isinstance(error, OSError) and error.filename is not None:
            raise
        reason = " ".join(str(error).split()) or type(error).__name__
        if "pickle" in reason:  # NumPy's advice is unsafe for files from others
            reason = "it holds Python objects; save arrays of numbers, dates or text"
        raise ValueError(f"{path} is no NPZ file that can be read: {reason}") from error
    if wrong := [name for name, array in arrays.items() if not isinstance(array, np.ndarray)]:
        raise ValueError(f"{path} is no NPZ file that can be read: its entry {wrong[0]!r} is no array")
    return arrays


def table_from_arrays(source: Path | str, arrays: Arrays) -> "pa.Table":
    """Make an Arrow table of arrays: (N,) becomes a column of its name, X (N, D) the columns X0, X1 and so on.

    source: The file, for messages.

    Raises:
        ValueError: There is no array, the arrays have different numbers of rows or more than two axes, two columns get
            one name, or values are no numbers, dates or text.
    """
    import pyarrow as pa

    sizes = {name: len(array) if array.ndim else None for name, array in arrays.items()}
    if not arrays or None in sizes.values() or len(set(sizes.values())) > 1:
        raise ValueError(
            f"{source} must hold arrays with the same number of rows, such as X (N, D) and y (N,), found rows {sizes}"
        )
    columns: Arrays = {}
    for name, array in arrays.items():
        if array.ndim == 1:
            columns[name] = array
        elif array.ndim == 2:
            columns |= {f"{name}{place}": column for place, column in enumerate(array.T)}
        else:
            raise ValueError(f"{source}: array {name!r} has shape {array.shape}; a table has (N,) and (N, D)")
    check_names(source, names := name_columns(columns))
    return pa.table([convert_to_arrow(name, column) for name, column in columns.items()], names=list(names))


def convert_to_arrow(name: str, column: NDArray[Any]) -> "pa.Array":
    """Convert one column (N,) to an Arrow array; NaN and NaT become nulls, and bytes are read as UTF-8.

    name: The name of the column, for messages.

    Raises:
        ValueError: The values are complex numbers, records, or something else that is no number, date or text.
    """
    import pyarrow as pa

    if np.iscomplexobj(column):
        raise ValueError(
            f"column {name} has complex numbers, which have no order: give real and imaginary parts as two columns"
        )
    if column.dtype.kind == "S":
        column = np.char.decode(column, "utf-8", "replace")
    if column.dtype.kind == "f" and column.dtype.itemsize not in {2, 4, 8}:
        column = column.astype(np.float64)
    try:
        return pa.array(column.astype(column.dtype.newbyteorder("=")), from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise ValueError(f"column {name} of type {column.dtype} holds no numbers, dates or text") from error
