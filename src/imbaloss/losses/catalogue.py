"""Losses by name: `get("focal", gamma=1)`."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from torch import distributed as dist

from imbaloss.choices import check_choice, check_parameter
from imbaloss.losses import adjusted, errors, reductions
from imbaloss.losses.criterion import Criterion
from imbaloss.losses.domains import require
from imbaloss.losses.loss import Loss, LossOptions
from imbaloss.losses.named import NAMED
from imbaloss.spec_text import Parameter, read_keyword_defaults

OPTIONS: dict[str, Parameter] = {  # those of every loss that a text may name
    name: default
    for name, default in read_keyword_defaults(Loss).items()
    if name in LossOptions.__optional_keys__ and name != "sync"
}
FOR_EACH_CLASS = ("class_weights", "prior")

ERRORS: dict[str, Callable[..., Any]] = {
    error.__name__: error
    for error in (
        errors.squared, errors.cross_entropy, errors.focal, errors.asymmetric, errors.poly1, errors.absolute,
        errors.huber, errors.hinge, adjusted.logit_adjusted, adjusted.ldam, adjusted.vector_scaling,
    )
}  # fmt: skip
REDUCTIONS: dict[str, Callable[..., Any]] = {
    reduction.__name__: reduction
    for reduction in (
        reductions.mean, reductions.class_balanced_mean, reductions.sum_of_class_means,
        reductions.sum_of_squared_class_means, reductions.p_norm_of_class_means, reductions.worst_class,
        reductions.soft_worst_class, reductions.none,
    )
}  # fmt: skip


def names() -> list[str]:
    """The losses that have a name. `get` also knows every pair of `ERRORS` and `REDUCTIONS`, as "focal/worst_class"."""
    return list(NAMED)


def get(
    name: str, *, counts: Sequence[int] | None = None, sync: "bool | dist.ProcessGroup" = False, **parameters: Any
) -> Criterion:
    """The loss of that name, ready for a training loop: `loss(logits, targets, sample_weight=None)` -> scalar.

    name: one of `names()`, or a pair "error/reduction", as "cross_entropy/sum_of_class_means".
    counts: the number of training samples of each class, (negatives, positives) in the binary case, as a sequence, an
    array or a tensor. Losses that take weights, priors or margins from the training set need it; every loss accepts it.
    sync: the loss of the batches of all ranks of torch.distributed, or of a process group, together; see `Loss`.
    parameters: the loss's own, as `parameters(name)` lists them, with class_weights, ignore_index and running.
    Raises ValueError for an unknown name or parameter, naming the nearest, and for values outside their domain.
    """
    given = {key: plain(value) for key, value in parameters.items()}
    check_parameters(name, given)
    if counts is not None:
        counts = plain(counts)
        rule = "counts must be whole numbers >= 0, one for each class, not all 0"
        require(of_each_class(counts) and any(counts) and all(0 <= c == c // 1 for c in counts), rule, counts)
        if needs_counts(name):
            given["counts"] = counts
    build = NAMED[name] if name in NAMED else partial(pair, name)
    # a parameter outside its domain is refused here, not in training
    build(**given).probe(counts or given.get("prior"))
    return build(**given, sync=sync)


def plain(value: Any) -> Any:
    """A list, an array or a tensor as a tuple of Python's numbers; NumPy's and torch's numbers as Python's."""
    value = value.tolist() if hasattr(value, "tolist") else value
    return tuple(map(plain, value)) if isinstance(value, Sequence) and not isinstance(value, str) else value


def of_each_class(value: Any) -> bool:
    """Whether it is two numbers or more."""
    return isinstance(value, tuple) and len(value) > 1 and all(map(is_number, value))


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def pair(name: str, **given: Any) -> Loss:
    """The loss "error/reduction": each part takes those of the given parameters that it knows."""
    parts = []
    for part in parts_of(name):
        own = {key: given[key] for key in read_keyword_defaults(part) if key in given}
        parts.append(partial(part, **own) if own else part)
    return Loss(*parts, **{key: value for key, value in given.items() if key in LossOptions.__optional_keys__})


def parameters(name: str) -> dict[str, Parameter]:
    """The parameters of a loss and their defaults: its own, then those of every loss."""
    own = {key: value for part in signatures(name) for key, value in part.items() if key != "counts"}
    return own | {key: value for key, value in OPTIONS.items() if key not in own}


def needs_counts(name: str) -> bool:
    """Say whether a loss takes the number of training samples of each class."""
    return any("counts" in part for part in signatures(name))


def facts(name: str) -> dict[str, Any]:
    """Return what the guide says of a loss with a name.

    Its title, formula, the same in LaTeX (math), source, what it does with a missing class, when to use it; whether it
    needs counts; its own parameters with their defaults.
    """
    summary, sections = read_docstring(NAMED[known_name(name)])
    title, formula = summary.split(": ", maxsplit=1)
    own = {key: value for key, value in parameters(name).items() if key not in OPTIONS or value != OPTIONS[key]}
    return {
        "name": name,
        "title": title,
        "formula": formula,
        "math": sections["Math"],
        "source": sections["Source"],
        "missing_class": sections["Missing class"],
        "use": sections["Use"],
        "counts": needs_counts(name),
        "parameters": own,
    }


def read_docstring(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """Return the first paragraph of a docstring and its sections by name, each as one line.

    A section begins with "Name: " at the start of a line; the lines that continue it are indented.
    """
    summary, _, rest = (inspect.getdoc(function) or "").partition("\n\n")
    sections: dict[str, str] = {}
    for section in re.split(r"\n(?! )", rest):
        heading, _, content = section.partition(": ")
        sections[heading] = " ".join(content.split())
    return " ".join(summary.split()), sections


def check_parameters(name: str, given: dict[str, Any]) -> None:
    """Raise ValueError for a parameter that the loss lacks, and for a value that is not one number.

    `FOR_EACH_CLASS` names the parameters with a number for each class. None stands for a default that is None.
    """
    allowed = parameters(name)
    for key, value in given.items():
        check_parameter(name, key, allowed)
        if value is None and allowed[key] is None:
            continue
        if key in FOR_EACH_CLASS and not of_each_class(value):
            raise ValueError(f"{key} must hold one number for each of two or more classes, found {value!r}")
        if key not in FOR_EACH_CLASS and not is_number(value):
            raise ValueError(f"{key} must be one number, found {value!r}")


def known_name(name: str) -> str:
    check_choice("loss", name, NAMED)
    return name


def parts_of(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The error and the reduction of a pair."""
    error, _, reduction = name.partition("/")
    check_choice("error", error, ERRORS)
    check_choice("reduction", reduction, REDUCTIONS)
    return ERRORS[error], REDUCTIONS[reduction]


def signatures(name: str) -> list[Mapping[str, Parameter]]:
    """The keyword parameters, with defaults, of a named loss; of both parts of a pair."""
    return [read_keyword_defaults(part) for part in (parts_of(name) if "/" in name else (NAMED[known_name(name)],))]
