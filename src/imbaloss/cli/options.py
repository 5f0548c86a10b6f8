"""Options that several commands share."""

import functools
from collections.abc import Callable, Sequence
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Argument, Option

from imbaloss.recipe_fields import FIELDS, Field

Json = Annotated[bool, Option("--json", help="Print JSON on standard output.")]
Quiet = Annotated[bool, Option("--quiet", help="Show no progress.")]
Verbose = Annotated[bool, Option("--verbose", help="Say how the networks are trained.")]
DataDir = Annotated[Path | None, Option(help="A copy of CIFAR-100: its folder, or that folder's parent.")]
Out = Annotated[Path, Option(help="Output folder.")]
Device = Annotated[str, Option(help="cpu, cuda or cuda:N.")]
StudyFile = Annotated[
    str,
    Argument(
        help="A TOML file, or a built-in study: table1, digits, news, or one of docs/findings, as claim.",
        metavar="STUDY",
    ),
]
Seeds = Annotated[
    int | None, Option(min=1, max=1_000_000, help="Seeds 0 to N-1 for every cell. [default: the study's]")
]
StackSize = Annotated[int | None, Option(min=1, help="Networks in a stack. [default: by their size]")]
Executor = Annotated[str, Option(help="Where to train: here, processes or ray.")]
Workers = Annotated[int | None, Option(min=1, help="Of the executor processes. [default: one a processor]")]
Address = Annotated[str | None, Option(help="Of the Ray cluster. [default: auto]")]


def make_option(name: str, kind: Any, text: str, default: str = "") -> Parameter:
    """Return the parameter of a command for an option that is None unless it is given.

    text: What the help says of it; default: what it says happens without the option, if anything.
    """
    text = f"{text} [default: {default}]" if default else text
    dashed = name.replace("_", "-")
    flags = [f"--{dashed}/--no-{dashed}"] if kind is bool else []
    annotation = Annotated[kind | None, Option(*flags, help=text)]
    return Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def recipe_options() -> tuple[Parameter, ...]:
    """Return an option for each field of a recipe, those of the two batch sizes side by side."""
    names = [name for name in FIELDS if name != "test_batch"]
    names.insert(names.index("train_batch") + 1, "test_batch")
    return tuple(option_of(FIELDS[name]) for name in names)


def option_of(field: Field) -> Parameter:
    kind = str if field.several else field.kind  # a list is a text with commas
    return make_option(field.name, kind, field.entry.help, field.entry.default_text)


DATA_OPTIONS = (
    make_option("positive", str, "Name of the rare class.", "the data set's own"),
    make_option("protocol", str, "What a level means: table1, stated or ratio.", "table1"),
    make_option("sampler", str, "How classes are balanced in training, as smote or balanced_batches.", "none"),
)
RECIPE_OPTIONS = recipe_options()


def with_options(*more: Sequence[Parameter]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that gives a command more options; `given` and `entries` read them from its context."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = signature(command).parameters
        others = [option for options in more for option in options]

        @functools.wraps(command)
        def run(**options: Any) -> None:
            command(**{key: value for key, value in options.items() if key in own})

        run.__signature__ = Signature([*own.values(), *others])  # type: ignore[attr-defined]
        run.__annotations__ = {option.name: option.annotation for option in others} | run.__annotations__
        return run

    return decorate


def given(context: typer.Context, options: Sequence[Parameter]) -> dict[str, Any]:
    """Return those of the options that were given."""
    found = {option.name: context.params[option.name] for option in options}
    return {key: value for key, value in found.items() if value is not None}


def entries(context: typer.Context) -> dict[str, Any]:
    """Return the entries of a recipe that were given.

    Raises ValueError for lists that are none, for layers that the network lacks, and for `lr` beside `tune_lr`.
    """
    from imbaloss.training.recipe import check_entries  # here, since torch takes a second

    recipe = {
        name: parse_numbers(FIELDS[name], value) if FIELDS[name].several else value
        for name, value in given(context, RECIPE_OPTIONS).items()
    }
    check_entries(recipe)
    if "tune_lr" in recipe and "lr" in recipe:
        raise ValueError("give --lr, or --tune-lr to choose one, not both")
    return recipe


def parse_numbers(field: Field, text: str) -> tuple[int | float, ...]:
    """Parse the numbers of a field. Raises ValueError for another text than numbers with commas."""
    if not text and field.entry.may_be_empty:
        return ()
    try:
        return tuple(field.kind(number) for number in text.split(","))
    except ValueError:
        kind = "whole numbers" if field.kind is int else "numbers"
        rule = f"must be {kind} with commas, as {field.entry.example}"
        raise ValueError(f"{field.name.replace('_', '-')} {rule}, found {text!r}") from None
