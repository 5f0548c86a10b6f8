"""Words that must be one of some, and the nearest right one for a message about a wrong one."""

import difflib
from collections.abc import Iterable


def one_of(kind: str, word: str, words: Iterable[str]) -> None:
    """Raises ValueError where the word is not one of them; `kind` is what they are: loss, data set, ..."""
    known = list(words)
    if word not in known:
        raise ValueError(f"there is no {kind} {word!r}{nearest(word, known)}; there are {', '.join(known)}")


def parameter_of(name: str, key: str, known: Iterable[str]) -> None:
    """Raises ValueError where the thing of that name has no such parameter."""
    there = list(known)
    if key not in there:
        has = f"it has {', '.join(there)}" if there else "it has none"
        raise ValueError(f"{name} has no parameter {key!r}{nearest(key, there)}; {has}")


def nearest(word: str, words: Iterable[str]) -> str:
    """` (did you mean 'x'?)` where one of the words is close, else nothing."""
    close = difflib.get_close_matches(word, list(words), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
