"""Skops files of scikit-learn objects. The header of a model keeps their checksum."""

import hashlib
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from imbaloss.learners.network_file import check_unchanged
from imbaloss.learners.skops_reader import UnknownContentError, read_known


def dump(value: object, trusted: Sequence[str] = ()) -> bytes:
    """Return the content of a skops file for an object of scikit-learn.

    Args:
        value: The object.
        trusted: Names of types that are known to be read back. If there are others that skops does not trust by itself,
            the file is read once, to know that it can be.

    Raises:
        ValueError: The object, or something in it, cannot be read from such a file, such as a lambda.
    """
    import skops.io  # here, since it takes longer than torch

    name = type(value).__name__
    try:
        content: bytes = skops.io.dumps(value, compression=zipfile.ZIP_DEFLATED)
        types = skops.io.get_untrusted_types(data=content)
        if not set(types) <= set(trusted):
            skops.io.loads(content, trusted=types)
    except Exception as error:
        raise ValueError(f"{name} cannot be saved by skops: {error}") from error
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

    Nothing is imported for it before all of its types are known to be trusted. A file of known types alone is read
    without skops.

    Args:
        file: The file that messages name.
        content: The content of the file, as `dump` returned it.
        trusted: Names of types that it may hold beside those that skops trusts by itself.

    Raises:
        ValueError: The content holds other types, or one that cannot be imported.
    """
    with suppress(UnknownContentError):
        return read_known(content)
    import skops.io

    foreign = sorted(set(skops.io.get_untrusted_types(data=content)) - set(trusted))
    if foreign:
        options = " ".join(f"--trust {name}" for name in foreign)
        raise ValueError(
            f"{file} holds types that imbaloss does not load by itself: {', '.join(foreign)}; they can run any code: "
            f"only if you know who wrote the file, allow them by {options} (in Python trusted={foreign})"
        )
    try:
        return skops.io.loads(content, trusted=list(trusted))
    except (ImportError, AttributeError) as error:
        raise ValueError(f"{file} needs a class that cannot be imported: {error}") from error
