"""Files that are written whole or not at all."""

import os
from pathlib import Path


def write_whole(file: Path, content: bytes) -> Path:
    """Replaces the file, if there is one; another process may do the same at the same time."""
    unfinished = file.with_name(f"{file.name}.{os.getpid()}.unfinished")
    unfinished.write_bytes(content)
    return unfinished.replace(file)
