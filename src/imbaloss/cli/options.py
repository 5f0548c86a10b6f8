"""Options that several commands share."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import MISSING
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Argument, Option

from imbaloss.comparison.request import REQUEST_FIELDS
from imbaloss.field_tables import Field
from imbaloss.recipe_fields import DEVICE, FIELDS

Json = Annotated[bool, Option("--json", help="Print JSON on standard output.")]
Quiet = Annotated[bool, Option("--quiet", help="Show no progress.")]
Verbose = Annotated[bool, Option("--verbose", help="Say how the networks are trained.")]
DataDir = Annotated[Path | None, Option(help="A copy of CIFAR-100: its folder, or that folder's parent.")]
Out = Annotated[Path, Option(help="Output folder.")]
Device = Annotated[str, Option(help=DEVICE.help)]
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


def make_option(
    name: str,
    kind: Any,
    text: str,
    *,
    default: Any = None,
    flags: Sequence[str] = (),
    limits: tuple[int | None, int | None] = (None, None),
) -> Parameter:
    """Return the parameter of a command for an option.

    Args:
        name: The name of the parameter.
        kind: The type of the value.
        text: The help of the option.
        default: The value if the option is not given.
        flags: The option as it is written on the command line, if that is not its name.
        limits: The smallest and the largest number.
    """
    hint: Any = kind | None if default is None else kind
    annotation = Annotated[hint, Option(*flags, help=text, min=limits[0], max=limits[1])]
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def help_of(field: Field, *, repeatable: bool = False) -> str:
    """Return the help of the option for a field, with its default in words if the field has one."""
    default = f"[default: {field.entry.default_text}]" if field.entry.default_text else ""
    return " ".join(filter(None, [field.entry.help, "Repeatable." if repeatable else "", default]))


def recipe_options() -> tuple[Parameter, ...]:
    """Return an option for each field of a recipe; the options of the two batch sizes stand side by side."""
    names = [name for name in FIELDS if name != "test_batch"]
    names.insert(names.index("train_batch") + 1, "test_batch")
    return tuple(recipe_option(FIELDS[name]) for name in names)


def recipe_option(field: Field) -> Parameter:
    """Return the option for a field of a recipe. Its value is None unless it is given."""
    kind = str if field.several else field.kind  # a list is a text with commas
    dashed = field.name.replace("_", "-")
    return make_option(
        field.name, kind, help_of(field), flags=[f"--{dashed}/--no-{dashed}"] if field.kind is bool else ()
    )


def request_option(field: Field) -> Parameter:
    """Return the option for a field of a comparison's request, with the default that the field has as a value."""
    dashed = (field.entry.option or field.name).replace("_", "-")
    limits = field.entry.domains[0].limits if field.entry.domains else None
    return make_option(
        field.name,
        list[str] if field.several else field.kind,
        help_of(field, repeatable=field.several),
        default=None if field.default in (MISSING, ()) else field.default,
        flags=[f"--{dashed}/--no-{dashed}" if field.default is True else f"--{dashed}"],
        limits=limits or (None, None),
    )


DATA_OPTIONS = (
    make_option("positive", str, "Name of the rare class. [default: the data set's own]"),
    make_option("protocol", str, "What a level means: table1, stated or ratio. [default: table1]"),
    make_option("sampler", str, "How classes are balanced in training, as smote or balanced_batches. [default: none]"),
)
RECIPE_OPTIONS = recipe_options()
REQUEST_OPTIONS = tuple(request_option(field) for field in REQUEST_FIELDS.values())
READING_OPTIONS = tuple(request_option(REQUEST_FIELDS[name]) for name in ("encoding", "sheet"))


def with_options(
    *more: Sequence[Parameter], before: str | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that gives a command more options; `given` and `entries` read them from its context.

    before: The option of the command that the new options precede in the help. None: they come last.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = signature(command).parameters
        others = [option for options in more for option in options]
        place = len(own) if before is None else [*own].index(before)

        @functools.wraps(command)
        def run(**options: Any) -> None:
            command(**{key: value for key, value in options.items() if key in own})

        parameters = [*own.values()]
        run.__signature__ = Signature([*parameters[:place], *others, *parameters[place:]])  # type: ignore[attr-defined]
        run.__annotations__ = {option.name: option.annotation for option in others} | run.__annotations__
        return run

    return decorate


def given(context: typer.Context, options: Sequence[Parameter]) -> dict[str, Any]:
    """Return the values of the options that were given; the values of a repeatable option are a tuple."""
    values = {option.name: context.params[option.name] for option in options}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return {name: value for name, value in values.items() if value not in (None, ())}


def entries(context: typer.Context) -> dict[str, Any]:
    """Return the entries of a recipe that were given as options.

    Raises ValueError for a text that is no list of numbers, for layers that the network lacks, and for `lr` beside
    `tune_lr`.
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
    """Parse numbers with commas between them. Raises ValueError for another text; an empty one may mean no numbers."""
    if not text and field.entry.may_be_empty:
        return ()
    try:
        return tuple(field.kind(number) for number in text.split(","))
    except ValueError:
        kind = "whole numbers" if field.kind is int else "numbers"
        rule = f"must be {kind} with commas, as {field.entry.example}"
        raise ValueError(f"{field.name.replace('_', '-')} {rule}, found {text!r}") from None
