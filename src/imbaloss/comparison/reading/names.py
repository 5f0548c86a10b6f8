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
    """Return the names of columns, trimmed and in Unicode's normal form C; a name that is empty becomes "unnamed 3".

    The number is the place of the column, from 1. Two columns may get one name.
    """
    return tuple(normalize_text(name) or f"{UNNAMED} {place}" for place, name in enumerate(names, 1))


def check_names(source: Path | str, names: Sequence[str]) -> None:
    """Check that no two columns have the same name. source: the file or object, which begins the message.

    Raises:
        ValueError: Two columns have the same name.
    """
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise ValueError(f"{source} has two columns {twice[0]!r}: give each a name of its own")


def is_unnamed(name: str) -> bool:
    """Say whether a name is one for a column without a name: "unnamed 3" of imbaloss or "Unnamed: 0" of pandas.

    The pattern must match the whole name; upper and lower case are the same. The index that pandas and R write is such
    a column.
    """
    return UNNAMED_COLUMN.fullmatch(name) is not None
