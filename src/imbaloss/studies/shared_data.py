"""Data sets for the worker processes of one machine: their arrays lie in one file, which all workers map."""

import mmap
import os
import pickle
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from imbaloss.data import Source

ALIGNMENT = 64  # in bytes, of an array in the file; NumPy's loops are fastest so


@dataclass(frozen=True)
class SharedData:
    """Pickled data sets without their arrays, and the file that holds the arrays."""

    content: bytes
    file: Path
    places: tuple[tuple[int, int], ...]  # start and end of each array in the file

    def load(self) -> Mapping[str, Source]:
        """Return the data sets by name.

        Their arrays are the pages of the file, which all processes share. A page that a process writes to becomes a
        page of its own.

        Raises:
            OSError: The file does not exist any more.
        """
        with self.file.open("rb") as file:
            pages = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
        datasets: Mapping[str, Source] = pickle.loads(
            self.content, buffers=[pages[start:end] for start, end in self.places]
        )
        return datasets


@contextmanager
def share_data(datasets: Mapping[str, Source]) -> Iterator[SharedData]:
    """Write data sets to a temporary file from which other processes load them; a context manager.

    The file is deleted at the end. Processes that have loaded it keep the data. On Linux the file has no name, so that
    it goes even if this process is killed.

    Raises:
        OSError: The file cannot be written.
    """
    number, name = tempfile.mkstemp(prefix="imbaloss-")
    file, buffers = Path(name), list[pickle.PickleBuffer]()
    try:
        with os.fdopen(number, "wb") as target:
            content = pickle.dumps(dict(datasets), protocol=5, buffer_callback=buffers.append)
            places = [write_aligned(target, buffer) for buffer in buffers]
            target.write(b"\n")  # an empty file cannot be mapped
            target.flush()
            if (nameless := Path(f"/proc/{os.getpid()}/fd/{number}")).exists():
                file.unlink()
                file = nameless
            yield SharedData(content, file, tuple(places))
    finally:
        Path(name).unlink(missing_ok=True)


def write_aligned(target: BinaryIO, buffer: pickle.PickleBuffer) -> tuple[int, int]:
    """Write an array to a file from the next multiple of 64 bytes on, and return its start and end."""
    target.write(bytes(-target.tell() % ALIGNMENT))
    start = target.tell()
    target.write(buffer.raw())
    return start, target.tell()
