"""Losses by name, in Python (`get("focal", gamma=1)`) and as text (`parse("focal:gamma=1,class_weights=1:9")`)."""

import inspect
import re
from collections.abc import Sequence
from typing import Any

import torch

from imbaloss.losses.loss import Loss
from imbaloss.losses.named import NAMED
from imbaloss.nearest import nearest

Parameter = float | tuple[float, ...] | None


def names() -> list[str]:
    """The names that `get` knows."""
    return list(NAMED)


def parameters(name: str) -> dict[str, Parameter]:
    """The parameters of a loss and their defaults."""
    signature = inspect.signature(NAMED[known(name)])
    return {key: value.default for key, value in signature.parameters.items() if key != "counts"}


def facts(name: str) -> dict[str, Any]:
    """What the literature says of a loss: name, title, formula, source; and its parameters with their defaults."""
    title, formula, source = re.split(r": |\n\nSource: ", inspect.getdoc(NAMED[known(name)]) or "", maxsplit=2)
    return {"name": name, "title": title, "formula": formula, "source": source, "parameters": parameters(name)}


def get(name: str, *, counts: Sequence[int] | None = None, **parameters: Any) -> Loss:
    """The loss of that name, ready for a training loop: `loss(logits, targets, sample_weight=None)` -> scalar.

    counts: the number of training samples of each class, (negatives, positives) in the binary case. Losses with
    weights taken from the training set (wmse, wce) need it; every loss accepts it.
    Raises ValueError for an unknown name or parameter, naming the nearest, and for values outside their domain.
    """
    check_parameters(name, parameters)
    if counts is not None and not (len(counts) > 1 and all(count >= 0 for count in counts) and any(counts)):
        raise ValueError(f"counts must be one number >= 0 for each class, not all 0, found {tuple(counts)}")
    loss = NAMED[name](counts, **parameters)
    loss.error(torch.empty(0), torch.empty(0))  # a parameter outside its domain is refused here, not in training
    return loss


def parse(text: str) -> tuple[str, dict[str, Parameter]]:
    """`name` or `name:key=value,...` -> the name and its parameters; a value per class is written 1:9.

    Raises ValueError where the name or a parameter is unknown or a value is not a number.
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
            raise ValueError(f"a loss is written name:key=number,..., found {assignment!r} in {text!r}")
        if key.strip() in found:
            raise ValueError(f"{key.strip()} is given twice in {text!r}")
        found[key.strip()] = numbers[0] if len(numbers) == 1 else numbers
    check_parameters(name, found)
    return name, found


def write(name: str, chosen: dict[str, Parameter]) -> str:
    """The inverse of `parse`, with the parameters in order and defaults left out: one text for one loss."""
    defaults = parameters(name)
    changed = [
        f"{key}={written(value)}"
        for key, value in sorted(chosen.items())
        if value is not None and value != defaults[key]
    ]
    return f"{name}:{','.join(changed)}" if changed else name


def written(value: float | tuple[float, ...]) -> str:
    """As short as reads back to the same number."""
    return ":".join(
        repr(float(number)).removesuffix(".0") for number in (value if isinstance(value, tuple) else (value,))
    )


def check_parameters(name: str, given: dict[str, Any]) -> None:
    allowed = parameters(name)
    for key, value in given.items():
        if key not in allowed:
            raise ValueError(f"{name} has no parameter {key!r}{nearest(key, allowed)}; it has {', '.join(allowed)}")
        if key != "class_weights" and not isinstance(value, int | float):
            raise ValueError(f"{key} must be one number, found {value}")


def known(name: str) -> str:
    if name not in NAMED:
        raise ValueError(f"there is no loss {name!r}{nearest(name, NAMED)}; there are {', '.join(NAMED)}")
    return name
