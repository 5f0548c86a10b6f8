"""The text form `name:key=number,...` of a loss, sampler, rule or network."""

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

Parameter = float | tuple[float, ...] | None


@cache
def read_keyword_defaults(function: Callable[..., Any]) -> Mapping[str, Parameter]:
    """Return the defaults of a function's keyword-only parameters by name, in the order of its signature.

    A parameter without a default has inspect.Parameter.empty. Other parameters are left out. The result is cached.
    """
    return {parameter.name: parameter.default for parameter in list_keyword_parameters(function)}


def list_keyword_parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the keyword-only parameters of a function as inspect.Parameter objects, in the order of its signature."""
    every = inspect.signature(function).parameters.values()
    return [parameter for parameter in every if parameter.kind is parameter.KEYWORD_ONLY]


def read_spec(kind: str, text: str) -> tuple[str, dict[str, Parameter]]:
    """Read a text `name:key=number,...`: return the name and its parameters, as numbers or tuples of numbers.

    Whether the name and the keys exist is not checked.

    Args:
        kind: What the text stands for, such as "a loss"; used in messages.
        text: A name alone or with parameters. A tuple of numbers is written 1:9.

    Raises:
        ValueError: A parameter has no value, a value is not a number, or a parameter is given twice.
    """
    name, _, rest = text.partition(":")
    parameters: dict[str, Parameter] = {}
    for assignment in filter(None, rest.split(",")):
        key, equals, value = assignment.partition("=")
        try:
            numbers = tuple(float(number) for number in value.split(":"))
        except ValueError:
            equals = ""
        if not equals:
            raise ValueError(f"{kind} is written name:key=number,..., found {assignment!r} in {text!r}")
        if key.strip() in parameters:
            raise ValueError(f"{key.strip()} is given twice in {text!r}")
        parameters[key.strip()] = numbers[0] if len(numbers) == 1 else numbers
    return name, parameters


def write_spec(name: str, parameters: Mapping[str, Parameter], defaults: Mapping[str, Parameter]) -> str:
    """Write a name and its parameters as `name:key=number,...`, which `read_spec` reads.

    Keys are in alphabetical order. Parameters that are None or at their default are left out, so that equal settings
    have equal texts; without parameters the text is the name alone. Raises KeyError for a parameter without a default.
    """
    assignments = [f"{key}={write_value(value)}" for key, value in drop_defaults(parameters, defaults).items()]
    return f"{name}:{','.join(assignments)}" if assignments else name


def drop_defaults(
    parameters: Mapping[str, Parameter], defaults: Mapping[str, Parameter]
) -> dict[str, float | tuple[float, ...]]:
    """Return the parameters that are not None and differ from their defaults, in alphabetical order.

    Raises KeyError for a parameter that has a value and no default.
    """
    return {key: value for key, value in sorted(parameters.items()) if value is not None and value != defaults[key]}


def write_value(value: float | tuple[float, ...]) -> str:
    """Write a number, as 0.5 or 3, or the numbers of a tuple with colons between, as 1:9.

    Each number has the fewest digits that read back the same float.
    """
    numbers = value if isinstance(value, tuple) else (value,)
    return ":".join(repr(float(number)).removesuffix(".0") for number in numbers)


def to_tuples(value: Any) -> Any:
    """Return a JSON or TOML value with each list, at any depth, replaced by a tuple.

    Dictionaries become new dictionaries with the same keys; other values stay as they are.
    """
    if isinstance(value, dict):
        return {key: to_tuples(entry) for key, entry in value.items()}
    return tuple(map(to_tuples, value)) if isinstance(value, list) else value
