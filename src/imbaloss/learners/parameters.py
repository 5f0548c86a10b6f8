"""Parameters of models of other libraries in the text of a method, as in `lightgbm:num_leaves=63,max_depth=4`."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from imbaloss.training.setting import Value

Parameters = tuple[tuple[str, Value], ...]  # by name, in alphabetical order
WORDS: Mapping[str, Value] = {"none": None, "true": True, "false": False}
PLAIN = re.compile(r"[^,=:\s][^,=\s]*")  # texts that a method can hold
CHECKSUM = re.compile(r"object-[0-9a-f]{8}")  # stands for an object in the text of a method


def read_parameters(text: str, method: str) -> Parameters:
    """Read parameters `name=value,...`: whole numbers, numbers, true, false, none, and other texts.

    Args:
        text: The parameters; may be empty.
        method: The text of the whole method, for messages.

    Raises:
        ValueError: A parameter has no name or no value, or is given twice.
    """
    values: dict[str, Value] = {}
    for assignment in filter(None, text.split(",")):
        name, _, value = (part.strip() for part in assignment.partition("="))
        if not name.isidentifier() or not value:
            raise ValueError(f"parameters are written name=value,..., found {assignment!r} in {method!r}")
        if name in values:
            raise ValueError(f"{name} is given twice in {method!r}")
        values[name] = read_value(value)
    return tuple(sorted(values.items()))


def read_value(text: str) -> Value:
    """Read a value: a whole number, a number, true, false or none in any case, or else the text itself."""
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def write_parameters(parameters: Iterable[tuple[str, Any]]) -> str:
    """Write parameters as `read_parameters` reads them; the text is empty if there are none."""
    return ",".join(f"{name}={write_value(value)}" for name, value in parameters)


def write_learner(name: str, parameters: Parameters) -> str:
    """Write the text of a learner: its name, and its parameters behind a colon if there are any."""
    return ":".join(filter(None, [name, write_parameters(parameters)]))


def write_value(value: Value) -> str:
    """Write a value as `read_value` reads it."""
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def is_plain(value: Any) -> bool:
    """Say whether the text of a method can hold the value of a parameter, and gives the same value when it is read."""
    if not (value is None or isinstance(value, bool | int | float | str)):
        return False
    text = write_value(value)
    if is_checksum(text):
        return False
    return PLAIN.fullmatch(text) is not None and read_value(text) == value and type(read_value(text)) is type(value)


def write_checksum(value: Any) -> str:
    """Write the text that stands for an object: "object-" and the first eight digits of its checksum.

    Equal objects have the same text in every process. It differs between processes for objects that pickle does not
    take, such as lambdas and objects of a class that was defined in a function.

    Raises:
        Exception: The object holds something that cannot be copied, such as an open file.
    """
    import cloudpickle
    import joblib

    try:
        checksum = joblib.hash(value)
    except Exception:  # noqa: BLE001  # of pickle and of the object
        checksum = joblib.hash(cloudpickle.dumps(value))
    return f"object-{checksum[:8]}"


def is_checksum(value: Value) -> bool:
    """Say whether the value of a parameter is a text of `write_checksum`."""
    return isinstance(value, str) and CHECKSUM.fullmatch(value) is not None
