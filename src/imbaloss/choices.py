"""Check a name against the admitted ones, and suggest the nearest of them in the message."""

import difflib
from collections.abc import Iterable


def check_choice(kind: str, word: str, choices: Iterable[str]) -> None:
    """Raise ValueError if a word is not one of the choices. The message suggests a similar choice and lists all.

    kind: what the choices are, such as "loss" or "data set".
    """
    admitted = list(choices)
    if word not in admitted:
        raise ValueError(f"there is no {kind} {word!r}{suggest(word, admitted)}; there are {', '.join(admitted)}")


def check_parameter(name: str, key: str, parameters: Iterable[str]) -> None:
    """Raise ValueError if a key is not one of the parameters of the loss, sampler, rule or network of that name."""
    admitted = list(parameters)
    if key not in admitted:
        has = f"it has {', '.join(admitted)}" if admitted else "it has none"
        raise ValueError(f"{name} has no parameter {key!r}{suggest(key, admitted)}; {has}")


def suggest(word: str, choices: Iterable[str]) -> str:
    """Return " (did you mean 'x'?)" with the choice x that is most similar to a word; "" if none is similar."""
    close = difflib.get_close_matches(word, list(choices), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
