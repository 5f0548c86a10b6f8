"""Options for reading a file, and its name in messages. They need no package beside Python's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ReadingOptions:
    """Options for reading a file."""

    encoding: str | None = None  # of delimited text; None to detect it
    sheet: str | None = None  # of a spreadsheet; None for the only one with rows


AS_DETECTED = ReadingOptions()


@contextmanager
def naming(*paths: Path | None) -> Iterator[None]:
    """Put the first path before the message of a ValueError that is raised in a with-statement.

    The function is a context manager. A message that has one of the paths in it stays as it is. The first path must not
    be None; later paths that are None are ignored.

    Raises:
        ValueError: The body of the with-statement raised it.
    """
    try:
        yield
    except ValueError as error:
        if any(str(path) in str(error) for path in paths if path is not None):
            raise
        raise ValueError(f"{paths[0]}: {error}") from error
