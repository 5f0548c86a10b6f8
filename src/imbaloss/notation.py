"""Things as text: a loss, a sampler or a rule with parameters, as `name:key=number,...`; values of JSON and TOML."""

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

Parameter = float | tuple[float, ...] | None


@cache
def keyword_defaults(function: Callable[..., Any]) -> Mapping[str, Parameter]:
    """Return the keyword-only parameters of a function and their defaults, in the order of its signature."""
    return {parameter.name: parameter.default for parameter in keyword_parameters(function)}


def keyword_parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the keyword-only parameters of a function, in the order of its signature."""
    every = inspect.signature(function).parameters.values()
    return [parameter for parameter in every if parameter.kind is parameter.KEYWORD_ONLY]


def read(kind: str, text: str) -> tuple[str, dict[str, Parameter]]:
    """The name and its parameters; several numbers are written 1:9. `kind` is what it is: a loss, a sampler, ...

    Raises ValueError where a value is not a number, and for a parameter that is given twice.
    """
    name, _, rest = text.partition(":")
    found: dict[str, Parameter] = {}
    for assignment in filter(None, rest.split(",")):
        key, equals, value = assignment.partition("=")
        try:
            numbers = tuple(float(number) for number in value.split(":"))
        except ValueError:
            equals = ""
        if not equals:
            raise ValueError(f"{kind} is written name:key=number,..., found {assignment!r} in {text!r}")
        if key.strip() in found:
            raise ValueError(f"{key.strip()} is given twice in {text!r}")
        found[key.strip()] = numbers[0] if len(numbers) == 1 else numbers
    return name, found


def write(name: str, chosen: Mapping[str, Parameter], defaults: Mapping[str, Parameter]) -> str:
    """The inverse of `read`, with parameters in order and those at their default left out: one text for one thing."""
    assignments = [f"{key}={written(value)}" for key, value in changed(chosen, defaults).items()]
    return f"{name}:{','.join(assignments)}" if assignments else name


def changed(chosen: Mapping[str, Parameter], defaults: Mapping[str, Parameter]) -> dict[str, float | tuple[float, ...]]:
    """Return the parameters that differ from their defaults, in alphabetical order; None stands for the default."""
    return {key: value for key, value in sorted(chosen.items()) if value is not None and value != defaults[key]}


def written(value: float | tuple[float, ...]) -> str:
    """As short as reads back to the same number."""
    return ":".join(
        repr(float(number)).removesuffix(".0") for number in (value if isinstance(value, tuple) else (value,))
    )


def tuples(value: Any) -> Any:
    """A value of JSON or TOML with tuples for lists."""
    if isinstance(value, dict):
        return {key: tuples(entry) for key, entry in value.items()}
    return tuple(map(tuples, value)) if isinstance(value, list) else value
