"""Objects of scikit-learn in skops files, whose checksum the header of a model keeps."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from imbaloss.learners.network_file import check_unchanged


def dump(value: object) -> bytes:
    """Return the content of a file that holds an object of scikit-learn."""
    import skops.io  # here, since it takes half a second

    content: bytes = skops.io.dumps(value)
    return content


def read_unchanged(file: Path, checksum: str) -> bytes:
    """Read a file. Raises ValueError where it is missing or has another checksum."""
    if not file.is_file():
        raise ValueError(f"{file} is missing, which the model needs")
    content = file.read_bytes()
    check_unchanged(file, checksum, hashlib.sha256(content).hexdigest())
    return content


def load(file: Path, content: bytes, trusted: Sequence[str]) -> Any:
    """Load the object in the content of a file.

    Args:
        file: What a message calls the content.
        content: As `dump` returned it.
        trusted: Types that it may hold beside those that skops trusts by itself.

    Raises:
        ValueError: The content holds other types.
    """
    import skops.io

    others = set(skops.io.get_untrusted_types(data=content)) - set(trusted)
    if others:
        raise ValueError(f"{file} holds types that imbaloss does not write: {', '.join(sorted(others))}")
    return skops.io.loads(content, trusted=list(trusted))
