"""Skops files of scikit-learn objects. The header of a model keeps their checksum."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from imbaloss.learners.network_file import check_unchanged


def dump(value: object) -> bytes:
    """Return the content of a skops file for an object of scikit-learn."""
    import skops.io  # here, since it takes half a second

    content: bytes = skops.io.dumps(value)
    return content


def read_unchanged(file: Path, checksum: str) -> bytes:
    """Read a file and return its content.

    Raises ValueError if it is missing or has another SHA-256 checksum, and OSError if it cannot be read.
    """
    if not file.is_file():
        raise ValueError(f"{file} is missing, which the model needs")
    content = file.read_bytes()
    check_unchanged(file, checksum, hashlib.sha256(content).hexdigest())
    return content


def load(file: Path, content: bytes, trusted: Sequence[str]) -> Any:
    """Load the scikit-learn object in the content of a skops file.

    Args:
        file: The file that messages name.
        content: The content of the file, as `dump` returned it.
        trusted: Names of types that it may hold beside those that skops trusts by itself.

    Raises:
        ValueError: The content holds other types.
    """
    import skops.io

    foreign = set(skops.io.get_untrusted_types(data=content)) - set(trusted)
    if foreign:
        types = ", ".join(sorted(foreign))
        raise ValueError(
            f"{file} holds types that imbaloss does not write: {types}; do not load it: ask where it comes from, or "
            "save the model again"
        )
    return skops.io.loads(content, trusted=list(trusted))
