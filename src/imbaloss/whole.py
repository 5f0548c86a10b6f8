"""Files: written whole or not at all, and named after any text."""

import os
import re
from contextlib import suppress
from pathlib import Path

LONGEST = 200  # bytes of a name; file systems take 255, of which endings need some


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
    """The text with everything but letters, digits, dots and dashes as underscores, cut to 200 bytes.

    Where nothing or a dot would come first, so does an underscore: it is never empty, hidden, "." or "..".
    """
    name = re.sub(r"[^\w.-]+|^\.", "_", text) or "_"
    return name.encode()[:LONGEST].decode(errors="ignore")
