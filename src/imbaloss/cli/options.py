"""Options that several commands share."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import MISSING
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Argument, Option

from imbaloss.comparison.imported.request import ROLES
from imbaloss.comparison.request import REQUEST_FIELDS
from imbaloss.field_tables import PANELS, Field
from imbaloss.recipe_fields import DEVICE, FIELDS

METAVARS = {str: "TEXT", int: "N", float: "NUMBER", Path: "PATH"}  # what the help shows for a value, by its type
MOST_SEEDS = 1_000_000

Json = Annotated[bool, Option("--json", help="Print JSON on standard output.")]
Quiet = Annotated[bool, Option("--quiet", help="Show no progress.", rich_help_panel="Output")]
Verbose = Annotated[
    bool, Option("--verbose", help="Say on standard error how the networks are trained.", rich_help_panel="Output")
]
DataDir = Annotated[
    Path | None,
    Option(help="Folder of a copy of CIFAR-100, or its parent.", metavar="FOLDER", rich_help_panel="Data"),
]
Out = Annotated[Path, Option(help="Output folder.", metavar="FOLDER")]
Device = Annotated[str, Option(help=DEVICE.help, metavar=DEVICE.metavar, rich_help_panel=DEVICE.panel)]
StudyFile = Annotated[
    str,
    Argument(
        help="A TOML file, or the name of a built-in study, such as table1, digits, news or claim.",
        metavar="STUDY",
    ),
]
Seeds = Annotated[
    int | None,
    Option(
        min=1, max=MOST_SEEDS, metavar="N", help="Number of random seeds: 0 to N-1.", show_default="that of the study"
    ),
]
StackSize = Annotated[
    int | None,
    Option(
        min=1,
        metavar="N",
        help="Number of networks that are trained together.",
        show_default="by their size",
        rich_help_panel="Computing",
    ),
]
Executor = Annotated[
    str,
    Option(
        help="Where stacks are trained: here (this process), processes (worker processes of this machine), "
        "ray (a Ray cluster).",
        metavar="NAME",
        rich_help_panel="Computing",
    ),
]
Workers = Annotated[
    int | None,
    Option(
        min=1,
        metavar="N",
        help="Number of worker processes (executor 'processes' only).",
        show_default="one a processor",
        rich_help_panel="Computing",
    ),
]
Address = Annotated[
    str | None,
    Option(
        "--address",
        "--ray-address",
        metavar="HOST:PORT",
        help="Address of the Ray cluster (executor 'ray' only).",
        show_default="auto",
        rich_help_panel="Computing",
    ),
]
Keep = Annotated[list[str] | None, Option(help="Column to copy into the output. Repeatable.", metavar="COLUMN")]
DecisionThreshold = Annotated[
    str | None,
    Option(
        help="Probability from which a row is flagged, or a rule that chooses it, such as cost:fn=10,fp=1.",
        metavar="NUMBER|RULE",
        show_default="that of the model",
    ),
]
AdjustPrevalence = Annotated[
    bool,
    Option(
        "--adjust-prevalence",
        help="Shift the probabilities to the share of positives that is estimated from DATA, which is read twice.",
    ),
]
Prevalence = Annotated[
    float | None, Option(help="Share of positives in DATA, to which the probabilities are shifted.", metavar="SHARE")
]
Explain = Annotated[
    int | None,
    Option(
        min=1,
        help="Number of rows to explain: those with the highest probabilities, by what each column adds to them.",
        metavar="N",
        show_default="none",
    ),
]
Background = Annotated[
    Path | None,
    Option(
        help="Table to whose average --explain compares rows, such as that of the training.",
        metavar="FILE",
        show_default="DATA",
    ),
]
Predictions = Annotated[Path, Option(help="File of the predictions, as CSV or Parquet.", metavar="FILE")]
Trust = Annotated[
    list[str] | None,
    Option(
        help="Type that the model may hold beside those that imbaloss knows, as mypackage.MyClassifier: it can run "
        "any code. Repeatable.",
        metavar="TYPE",
    ),
]


def make_option(
    name: str,
    kind: Any,
    text: str,
    *,
    default: Any = None,
    default_text: str = "",
    flags: Sequence[str] = (),
    limits: tuple[int | None, int | None] = (None, None),
    metavar: str = "",
    panel: str = PANELS[0],
) -> Parameter:
    """Return the parameter of a command's signature that typer shows as an option. It is keyword-only.

    Args:
        name: The name of the parameter.
        kind: The type of the value.
        text: The help of the option.
        default: The value if the option is not used; None if there is no such value.
        default_text: The default in words, which the help shows. If empty, the help shows the value.
        flags: The option as it is written on the command line. If empty, it is the name with two dashes.
        limits: The smallest and the largest number that is admitted; None for no limit.
        metavar: What the help shows for the value, such as COLUMN. Empty for typer's own choice.
        panel: The heading in the help, of `PANELS`.
    """
    hint: Any = kind | None if default is None else kind
    option = Option(
        *flags,
        help=text,
        show_default=default_text or True,
        min=limits[0],
        max=limits[1],
        metavar=metavar or None,
        rich_help_panel=panel,
    )
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[hint, option])


def metavar_of(field: Field) -> str:
    """Return the placeholder that the help shows for the value of a field, such as N or COLUMN; empty for a flag."""
    return "" if field.kind is bool else field.entry.metavar or METAVARS[field.kind]


def recipe_options(**defaults: str) -> tuple[Parameter, ...]:
    """Return a command-line option for each field of a recipe (network, lr, epochs, ...), in the order of `FIELDS`.

    defaults: The defaults of a command in words, by the name of the field, if they are not those of the field.
    """
    return tuple(recipe_option(field, defaults.get(field.name, field.entry.default_text)) for field in FIELDS.values())


def recipe_option(field: Field, default_text: str) -> Parameter:
    """Return the command-line option for a field of a recipe. Its value is None unless the option is used.

    A flag is written as --shuffle-train or --no-shuffle-train. The value of a field of several numbers is one text.

    Args:
        field: The field.
        default_text: The default in words, which the help shows; empty for none.
    """
    dashed = field.name.replace("_", "-")
    return make_option(
        field.name,
        str if field.several else field.kind,  # numbers with commas between them are one text
        field.entry.help,
        default_text=default_text,
        flags=[f"--{dashed}/--no-{dashed}"] if field.kind is bool else (),
        metavar=metavar_of(field),
        panel=field.entry.panel,
    )


def request_option(field: Field) -> Parameter:
    """Return the option of `imbaloss compare` for a field of its request, such as target or folds.

    Its default is that of the field; None for a required field and for a tuple, whose option is repeatable. A second
    name of the field becomes a second flag.
    """
    entry = field.entry
    dashed = (entry.option or field.name).replace("_", "-")
    has_negation = field.default is True or (field.kind is bool and field.optional)
    flags = [f"--{dashed}/--no-{dashed}" if has_negation else f"--{dashed}"]
    return make_option(
        field.name,
        list[str] if field.several else field.kind,
        f"{entry.help} Repeatable." if field.several else entry.help,
        default=None if field.default in (MISSING, ()) else field.default,
        default_text=entry.default_text,
        flags=[*flags, f"--{entry.option_alias}"] if entry.option_alias else flags,
        limits=(entry.domains[0].limits if entry.domains else None) or (None, None),
        metavar=metavar_of(field),
        panel=entry.panel,
    )


DATA_OPTIONS = (
    make_option("positive", str, "Name of the rare class.", default_text="that of the data set", metavar="CLASS"),
    make_option(
        "protocol",
        str,
        "Meaning of a level of imbalance: table1, stated or ratio.",
        default_text="table1",
        metavar="NAME",
        panel="Data",
    ),
    make_option(
        "sampler",
        str,
        "How classes are balanced in training, as smote or balanced_batches.",
        default_text="none",
        metavar="SAMPLER",
    ),
)
RECIPE_OPTIONS = recipe_options()
COMPARISON_RECIPE_OPTIONS = tuple(
    option
    for option in recipe_options(calibration="auto", optimize="average_precision, or cost if --threshold names costs")
    if option.name not in REQUEST_FIELDS  # features: one's own images get them before any method sees them
)
REQUEST_OPTIONS = tuple(request_option(field) for field in REQUEST_FIELDS.values())
COLUMN_OPTIONS = tuple(
    make_option(
        f"{role}_column",
        str,
        of_role.help,
        default_text=of_role.default_text or role,
        metavar="COLUMN",
        panel=PANELS[1],
    )
    for role, of_role in ROLES.items()
)
READING_OPTIONS = tuple(request_option(REQUEST_FIELDS[name]) for name in ("encoding", "sheet"))


def add_options(*groups: Sequence[Parameter]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that gives a command more options, which `used_options` reads from the command's context.

    The options of the command stand in the order of `PANELS`, the headings of the help. Within a panel the new ones
    precede the command's own `--out`, `--json` and `--quiet`, and follow all others.

    Args:
        groups: The options to add, as `make_option` returns them.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        """Return the command with the added options in its signature; the command itself does not receive them."""
        own = signature(command).parameters
        added = [option for options in groups for option in options]
        place = next((at for at, name in enumerate(own) if name in ENDING), len(own))

        @functools.wraps(command)
        def run(**options: Any) -> None:
            """Call the command with its own options, without the added ones."""
            command(**{key: value for key, value in options.items() if key in own})

        parameters = [*own.values()]
        ordered = sorted([*parameters[:place], *added, *parameters[place:]], key=panel_number)
        run.__signature__ = Signature(ordered)  # type: ignore[attr-defined]
        run.__annotations__ = {option.name: option.annotation for option in added} | run.__annotations__
        return run

    return decorate


ENDING = ("out", "as_json", "quiet")  # parameters of options that stand at the end of their panel


def panel_number(parameter: Parameter) -> int:
    """Return the place of an option's heading in `PANELS`; 0 for an option without heading, -1 for an argument.

    Raises:
        ValueError: The heading is not in `PANELS`.
    """
    if parameter.kind is not Parameter.KEYWORD_ONLY:
        return -1
    [option] = parameter.annotation.__metadata__
    return PANELS.index(option.rich_help_panel or PANELS[0])


def used_options(context: typer.Context, options: Sequence[Parameter]) -> dict[str, Any]:
    """Return the values of options by the names of their parameters, both typed values and defaults.

    A value of None is left out, and so is a repeatable option that was not used. The values of a repeatable option are
    a tuple.

    Args:
        context: The parsed command line, given by typer.
        options: The options to read. The command must have all of them.
    """
    values = {option.name: context.params[option.name] for option in options}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return {name: value for name, value in values.items() if value not in (None, ())}


def recipe_entries(context: typer.Context, options: Sequence[Parameter] = RECIPE_OPTIONS) -> dict[str, Any]:
    """Return the recipe's fields that the user typed as options, by name, such as {"lr": 0.1, "hidden": (100, 10)}.

    Args:
        context: The parsed command line, given by typer.
        options: The options of the recipe that the command has.

    Raises:
        ValueError: A text is no list of numbers, the network is unknown or lacks the layers, or both `lr` and `tune_lr`
            are set. Values outside their domain raise nothing here.
    """
    recipe = {
        name: parse_numbers(FIELDS[name], value) if FIELDS[name].several else value
        for name, value in used_options(context, options).items()
    }
    if not recipe:
        return {}
    from imbaloss.training.recipe import check_entries  # here, since it takes NumPy

    check_entries(recipe)
    if "tune_lr" in recipe and "lr" in recipe:
        raise ValueError("--lr and --tune-lr exclude each other: --tune-lr chooses the learning rate, so leave one out")
    return recipe


def parse_numbers(field: Field, text: str) -> tuple[int | float, ...]:
    """Parse numbers with commas between them, such as "100,10" to (100, 10), in the type of the field.

    An empty text gives the empty tuple if the field may be empty.

    Raises:
        ValueError: The text is no such list. The message names the field's option.
    """
    if not text and field.entry.may_be_empty:
        return ()
    try:
        return tuple(field.kind(number) for number in text.split(","))
    except ValueError:
        kind = "whole numbers" if field.kind is int else "numbers"
        dashed = field.name.replace("_", "-")
        raise ValueError(
            f"--{dashed} must be {kind} with commas between them, as {field.entry.example}, found {text!r}"
        ) from None
