"""Reading of many small NPZ files, as a store holds one for each training."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

LENGTH_AT, HEADER_AT = 8, 10  # where an NPY file of version 1 has the length of its header, and the header


class NpzArrays(Mapping[str, NDArray[Any]]):
    """The arrays of an NPZ file by name, each read when it is asked for.

    `np.load` does the same in three times the time, mostly since it parses the header of each array. The arrays of a
    store have few different headers, so that each of them is parsed once.

    Raises:
        zipfile.BadZipFile: The content is no ZIP file. If it is damaged, the access to an array may raise it, too, or
            `zlib.error`.
    """

    def __init__(self, content: bytes) -> None:
        """Open the content of an NPZ file; raise `zipfile.BadZipFile` if it is none."""
        self.archive = zipfile.ZipFile(io.BytesIO(content))

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Read an array; raise KeyError if there is none of that name, and ValueError if it is no NPY file."""
        content = bytearray(self.archive.read(f"{name}.npy"))  # unlike bytes, it gives an array that can be changed
        start = HEADER_AT + int.from_bytes(content[LENGTH_AT:HEADER_AT], "little")
        shape, is_fortran, dtype = parse_npy_header(bytes(content[:start]))
        return np.frombuffer(content, dtype, offset=start).reshape(shape, order="F" if is_fortran else "C")

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the arrays."""
        return (name.removesuffix(".npy") for name in self.archive.namelist())

    def __len__(self) -> int:
        """Return the number of arrays."""
        return len(self.archive.namelist())


@lru_cache(maxsize=256)
def parse_npy_header(header: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return shape, whether the order is Fortran's, and type of an array from the beginning of an NPY file.

    The last results are cached.

    Raises:
        ValueError: It is no header of version 1, which holds all types and shapes of a store.
    """
    with io.BytesIO(header) as file:
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError("an array of a store must be an NPY file of version 1.0")
        return np.lib.format.read_array_header_1_0(file)
