"""The catalogue: losses by name, as in `get("focal", gamma=1)`, their parameters and what the guide says of them."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from torch import distributed as dist

from imbaloss.choices import check_choice, check_parameter
from imbaloss.losses import adjusted, errors, reductions
from imbaloss.losses.checks import explain_per_class
from imbaloss.losses.criterion import Criterion
from imbaloss.losses.domains import require
from imbaloss.losses.loss import Loss, LossOptions
from imbaloss.losses.named import NAMED
from imbaloss.spec_text import Parameter, read_keyword_defaults

NO_NUMBERS = ("sync", "soft", "per_label")  # options that no text of a loss has
OPTIONS: dict[str, Parameter] = {  # of every loss, with their defaults
    name: default
    for name, default in read_keyword_defaults(Loss).items()
    if name in LossOptions.__optional_keys__ and name not in NO_NUMBERS
}
PER_CLASS = ("class_weights", "prior")  # parameters with one number for each class

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
    """Return the names of the named losses, such as "msfe", in the order of the guide.

    `get` also takes every pair "error/reduction" of `ERRORS` and `REDUCTIONS`, such as "focal/worst_class".
    """
    return list(NAMED)


def get(
    name: str,
    *,
    counts: Sequence[int] | Sequence[Sequence[int]] | None = None,
    sync: "bool | dist.ProcessGroup" = False,
    soft: bool = False,
    per_label: bool = False,
    **parameters: Any,
) -> Criterion:
    """Build a loss for a training loop: `loss(logits, targets, sample_weight=None)` -> scalar.

    Args:
        name: One of `names()`, or a pair "error/reduction", such as "cross_entropy/sum_of_class_means".
        counts: The number of training samples of each class, (negatives, positives) in the binary case, as a sequence,
            an array or a tensor; with `per_label` also (negatives, positives) of each label, (labels, 2). Losses with
            weights, priors or margins from the training set need it. The other losses only check it.
        sync: True, or a process group of torch.distributed: the loss is that of the batches of all its ranks together.
            Every rank of the group must then call the loss equally often.
        soft: Whether targets are shares in [0, 1] of the classes, in the shape of the logits: binary, or (B, C, ...)
            with shares that sum to 1.
        per_label: Whether axis 1 of logits and targets holds labels that are each yes or no, with class totals of
            their own; the loss is their mean. class_weights and prior are then one pair, or one for each label.
        parameters: Those of the loss, as `parameters(name)` lists them, which include class_weights, ignore_index and
            running. A number may be one of NumPy or torch; several numbers may be a sequence, an array or a tensor.

    Returns:
        The loss. With the reduction `none` it returns one error for each sample instead of a scalar.

    Raises:
        ValueError: The name or a parameter is unknown (the message suggests the nearest one), a value is outside its
            domain, the loss needs counts and has none, or it does not go with `sync`, `soft` or `per_label`.
    """
    arguments = {key: to_python_numbers(value) for key, value in parameters.items()}
    check_parameters(name, arguments, ("counts", *NO_NUMBERS), per_label=per_label)
    if counts is not None:
        counts = to_python_numbers(counts)
        check_counts(counts, per_label=per_label)
        if needs_counts(name):
            arguments["counts"] = counts
    build = partial(NAMED[name] if name in NAMED else partial(build_pair, name), soft=soft, per_label=per_label)
    # a parameter outside its domain is refused here, not in training
    build(**arguments).probe(counts or arguments.get("prior"))
    # anew, since the probe may have moved running totals; without sync, it did not wait for other ranks
    return build(**arguments, sync=sync)


def to_python_numbers(value: Any) -> Any:
    """Turn lists, arrays and tensors into tuples of Python's numbers, and a number of NumPy or torch into Python's.

    Nested lists become nested tuples. Everything else, also a text, is returned unchanged.
    """
    value = value.tolist() if hasattr(value, "tolist") else value
    return tuple(map(to_python_numbers, value)) if isinstance(value, Sequence) and not isinstance(value, str) else value


def check_counts(counts: Any, *, per_label: bool) -> None:
    """Raise ValueError unless the counts are whole numbers >= 0, one for each class, not all 0.

    Args:
        counts: A tuple of numbers, or with `per_label` also a tuple of pairs, one for each label.
        per_label: Whether there are labels with class totals of their own.
    """
    rule = "counts must be whole numbers >= 0, one for each class, not all 0"
    if is_pair_per_label(counts):
        if not per_label:
            raise ValueError(f"{rule}; a pair for each label needs per_label=True")
        for label, pair in enumerate(counts):
            require(are_counts(pair), f"{rule}, also for label {label}", pair)
        return
    require(are_counts(counts), rule, counts)
    if per_label and len(counts) != 2:
        raise ValueError(
            "with per_label=True counts are (negatives, positives), the same for all labels or one such pair for "
            f"each, found {counts}"
        )


def are_counts(values: Any) -> bool:
    """Say whether the values are a tuple of at least two whole numbers >= 0, not all 0."""
    return is_number_per_class(values) and any(values) and all(0 <= value == value // 1 for value in values)


def is_number_per_class(value: Any) -> bool:
    """Say whether the value is a tuple of at least two ints or floats; lists and arrays are not."""
    return isinstance(value, tuple) and len(value) > 1 and all(map(is_number, value))


def is_pair_per_label(value: Any) -> bool:
    """Say whether the value is a tuple of pairs of ints or floats, at least one; lists and arrays are not."""
    return (
        isinstance(value, tuple) and bool(value) and all(is_number_per_class(pair) and len(pair) == 2 for pair in value)
    )


def is_number(value: Any) -> bool:
    """Say whether the value is an int or a float; a bool is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def build_pair(name: str, **arguments: Any) -> Loss:
    """Build the loss of a pair "error/reduction", such as "focal/worst_class".

    Args:
        name: The pair.
        arguments: Parameters of the error, of the reduction and of `Loss`. Each takes its own, and a keyword that both
            have, such as counts, goes to both. Unknown keywords are dropped without an error.

    Raises:
        ValueError: The error or the reduction is unknown.
    """
    parts = []
    for part in find_parts(name):
        own = {key: arguments[key] for key in read_keyword_defaults(part) if key in arguments}
        parts.append(partial(part, **own) if own else part)
    return Loss(*parts, **{key: value for key, value in arguments.items() if key in LossOptions.__optional_keys__})


def parameters(name: str) -> dict[str, Parameter]:
    """Return the parameters of a loss and their defaults, by name: its own, then those of every loss.

    Those of every loss are class_weights, ignore_index and running. counts is left out.

    Args:
        name: A named loss or a pair "error/reduction".

    Raises:
        ValueError: The name is unknown.
    """
    own = {key: value for part in list_keywords(name) for key, value in part.items() if key != "counts"}
    return own | {key: value for key, value in OPTIONS.items() if key not in own}


def needs_counts(name: str) -> bool:
    """Say whether a loss has the parameter counts, the number of training samples of each class.

    name: a named loss or a pair "error/reduction". Raises ValueError for an unknown name.
    """
    return any("counts" in part for part in list_keywords(name))


def facts(name: str) -> dict[str, Any]:
    """Return what the guide says of a named loss.

    Returns:
        name, title, formula, math (the formula in LaTeX), source, missing_class (what the loss does without samples of
        a class), use (when to use it), counts (whether it needs them) and parameters (its own, with their defaults).

    Raises:
        ValueError: No named loss has this name; pairs have no facts.
    """
    summary, sections = read_docstring(find_named_loss(name))
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
    """Return the first paragraph of a function's docstring, and its further sections by heading.

    A section begins with "Heading: " at the start of a line; the lines that continue it are indented. Paragraph and
    sections are joined into one line each. A section without ": " is empty. Without a docstring the text and the
    dictionary are empty.
    """
    summary, _, rest = (inspect.getdoc(function) or "").partition("\n\n")
    sections: dict[str, str] = {}
    for section in re.split(r"\n(?! )", rest):
        heading, _, content = section.partition(": ")
        sections[heading] = " ".join(content.split())
    return " ".join(summary.split()), sections


def check_parameters(
    name: str, arguments: dict[str, Any], options: Sequence[str] = (), *, per_label: bool = False
) -> None:
    """Raise ValueError for a parameter that a loss does not have, and for a value that is not the right kind of number.

    class_weights and prior take a tuple with one number for each of two or more classes, the others one int or float.
    With `per_label` they take a tuple of pairs, too. None is allowed only where it is the default. Whether a number is
    inside its domain is not checked.

    Args:
        name: A named loss or a pair "error/reduction"; ValueError if it is unknown.
        arguments: The parameters by name.
        options: What may be given beside them and is not checked here; the message for an unknown parameter lists it.
        per_label: Whether there are labels with class totals of their own.
    """
    allowed = parameters(name)
    for key, value in arguments.items():
        if key not in allowed:
            check_parameter(name, key, [*allowed, *options])
        if value is None and allowed[key] is None:
            continue
        if key in PER_CLASS and not (is_number_per_class(value) or (per_label and is_pair_per_label(value))):
            raise ValueError(f"{explain_per_class(key, per_label=per_label)}, found {value!r}")
        if key not in PER_CLASS and not is_number(value):
            raise ValueError(f"{key} must be one number, found {value!r}")


def find_named_loss(name: str) -> Callable[..., Criterion]:
    """Return the function that builds the named loss.

    Raises:
        ValueError: There is no such loss; the message suggests the nearest name.
    """
    check_choice("loss", name, NAMED)
    return NAMED[name]


def find_parts(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the error function and the reduction function of a pair "error/reduction", in this order.

    Raises:
        ValueError: One of them is unknown or the "/" is missing; the message suggests the nearest name.
    """
    error, _, reduction = name.partition("/")
    check_choice("error", error, ERRORS)
    check_choice("reduction", reduction, REDUCTIONS)
    return ERRORS[error], REDUCTIONS[reduction]


def list_keywords(name: str) -> list[Mapping[str, Parameter]]:
    """Return the keyword parameters of a loss with their defaults: one mapping for a named loss, two for a pair.

    A pair "error/reduction" gives that of the error, then that of the reduction. counts is among the keywords.

    Raises:
        ValueError: The name is unknown.
    """
    return [read_keyword_defaults(part) for part in (find_parts(name) if "/" in name else (find_named_loss(name),))]
