"""Files that are written whole or not at all."""

import os
import re
from contextlib import suppress
from pathlib import Path


def write_whole(file: Path, content: bytes) -> Path:
    """Replaces the file, if there is one; another process may do the same at the same time.

    Raises OSError, which names the file and leaves nothing behind.
    """
    unfinished = file.with_name(f"{file.name}.{os.getpid()}.unfinished")
    try:
        unfinished.write_bytes(content)
        return unfinished.replace(file)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(file)) from error


def file_name(text: str) -> str:
    """The text with everything but letters, digits, dots and dashes as underscores."""
    return re.sub(r"[^\w.-]+", "_", text)
