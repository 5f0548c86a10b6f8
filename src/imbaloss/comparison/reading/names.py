"""The names of columns: normalised, unique, and given to columns without one."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

UNNAMED = "unnamed"
UNNAMED_COLUMN = re.compile(rf"{UNNAMED}:? \d+(\.\d+)?", re.IGNORECASE)  # as we call it, and as pandas does


def normalize_text(text: str) -> str:
    """Return a text without surrounding blanks, in Unicode's normal form C: é is é, composed or not."""
    return unicodedata.normalize("NFC", text.strip())


def name_columns(names: Iterable[str]) -> tuple[str, ...]:
    """Return the normalised names of columns; a column without a name is called "unnamed" and its place, from 1."""
    return tuple(normalize_text(name) or f"{UNNAMED} {place}" for place, name in enumerate(names, 1))


def check_names(source: Path | str, names: Sequence[str]) -> None:
    """Check that no two columns have the same name. source: The file, for the message.

    Raises:
        ValueError: Two columns have the same name.
    """
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise ValueError(f"{source} has two columns {twice[0]!r}: give each a name of its own")


def is_unnamed(name: str) -> bool:
    """Say whether a column had no name in its file, like the index that pandas and R write."""
    return UNNAMED_COLUMN.fullmatch(name) is not None
