"""Write files whole or not at all, and name files after any text."""

import os
import re
from contextlib import suppress
from pathlib import Path

LONGEST = 200  # bytes of a file's name without its ending; file systems allow 255 with it


def write_atomically(file: Path, content: bytes) -> Path:
    """Write a file whole or not at all, and return its path. An existing file is replaced.

    The content goes into a temporary file beside it first, whose name has the number of this process. So several
    processes may write the same file at the same time.

    Raises:
        OSError: The file cannot be written. The error names it, and nothing of the new content is left behind.
    """
    unfinished = file.with_name(f"{file.name}.{os.getpid()}.unfinished")
    try:
        unfinished.write_bytes(content)
        return unfinished.replace(file)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(file)) from error


def make_file_name(text: str) -> str:
    """Turn any text into the name of a file, without a folder.

    Each run of characters other than letters, digits, dots, dashes and underscores becomes one underscore. So does a
    leading dot, and an empty text. The name is cut to 200 bytes in UTF-8. It is never empty, hidden, "." or "..".
    Different texts may give the same name.
    """
    name = re.sub(r"[^\w.-]+|^\.", "_", text) or "_"
    return name.encode()[:LONGEST].decode(errors="ignore")
