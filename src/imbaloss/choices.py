"""Check a name against the admitted ones, and suggest the nearest of them in the message."""

import difflib
from collections.abc import Iterable


def check_choice(kind: str, word: str, choices: Iterable[str]) -> None:
    """Raise ValueError if a word is not one of the choices. The message suggests the most similar choice and lists all.

    Args:
        kind: What the choices are, for the message, such as "loss" or "data set".
        word: The word; it must equal a choice exactly.
        choices: All admitted words.
    """
    admitted = list(choices)
    if word not in admitted:
        raise ValueError(f"there is no {kind} {word!r}{suggest(word, admitted)}; there are {', '.join(admitted)}")


def check_parameter(name: str, key: str, parameters: Iterable[str]) -> None:
    """Raise ValueError if a key is not among the parameters of something; the message suggests the most similar one.

    Args:
        name: The loss, sampler, rule or network, for the message.
        key: The parameter that was given.
        parameters: The names of the parameters that it has; the message lists them.
    """
    admitted = list(parameters)
    if key not in admitted:
        has = f"it has {', '.join(admitted)}" if admitted else "it has none"
        raise ValueError(f"{name} has no parameter {key!r}{suggest(key, admitted)}; {has}")


def suggest(word: str, choices: Iterable[str]) -> str:
    """Return " (did you mean 'x'?)" with the choice x that is most similar to a word, or "" if none is similar.

    Similar is what Python's difflib.get_close_matches returns at its default cutoff of 0.6.
    """
    close = difflib.get_close_matches(word, list(choices), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
