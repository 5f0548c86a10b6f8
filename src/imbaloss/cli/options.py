"""Options that several commands share."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from typer import Argument, Option

Number = TypeVar("Number", int, float)

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


def data_options(
    positive: Annotated[str | None, Option(help="Name of the rare class. [default: the data set's own]")] = None,
    protocol: Annotated[
        str | None, Option(help="What a level means: table1, stated or ratio. [default: table1]")
    ] = None,
    sampler: Annotated[
        str | None, Option(help="How classes are balanced in training, as smote or balanced_batches. [default: none]")
    ] = None,
) -> None:
    """The options of the data of every command that trains on sets that imbaloss knows."""


def recipe_options(
    network: Annotated[
        str | None, Option(help="mlp, cnn, fcn or prototype; also cnn/prototype:per_class=2 and the like.")
    ] = None,
    hidden: Annotated[str | None, Option(help="Widths of the hidden layers of an mlp, as 1000,100,10.")] = None,
    channels: Annotated[str | None, Option(help="Of the stages of a cnn or fcn, as 16,32,64.")] = None,
    activation: Annotated[str | None, Option(help="Of the hidden layers: relu, sigmoid or tanh.")] = None,
    outputs: Annotated[int | None, Option(help="1 logistic or 2 softmax outputs.")] = None,
    init: Annotated[str | None, Option(help="Initial weights: torch, xavier, he or normal.")] = None,
    scaling: Annotated[str | None, Option(help="Pixels in [0, 1] (unit) or standardised (standard).")] = None,
    optimizer: Annotated[str | None, Option(help="sgd or adam.")] = None,
    lr: Annotated[float | None, Option(help="Learning rate.")] = None,
    tune_lr: Annotated[
        str | None, Option(help="Rates, as 0.01,0.1: each training takes the best on its tune part.")
    ] = None,
    momentum: Annotated[float | None, Option(help="Of sgd.")] = None,
    weight_decay: Annotated[float | None, Option(help="L2 penalty.")] = None,
    epochs: Annotated[int | None, Option(help="Number of epochs.")] = None,
    patience: Annotated[
        int | None, Option(help="Epochs without a lower loss on tune, then stop. [default: never]")
    ] = None,
    train_batch: Annotated[int | None, Option(help="Samples in a training batch.")] = None,
    test_batch: Annotated[int | None, Option(help="Samples in a test batch. [default: all]")] = None,
    shuffle_train: Annotated[
        bool | None, Option("--shuffle-train/--no-shuffle-train", help="New order each epoch.")
    ] = None,
    flip: Annotated[bool | None, Option("--flip/--no-flip", help="Images left to right, at random.")] = None,
    shift: Annotated[
        int | None, Option(help="Pixels by which images are moved at random, at most. [default: 0]")
    ] = None,
    shuffle_test: Annotated[
        bool | None, Option("--shuffle-test/--no-shuffle-test", help="No score depends on it.")
    ] = None,
    precision: Annotated[
        str | None, Option(help="float32, float64, or bf16: float32 weights, bfloat16 products.")
    ] = None,
    calibration: Annotated[str | None, Option(help="On tune: temperature, platt or isotonic. [default: none]")] = None,
    threshold: Annotated[
        str | None, Option(help="What the tuned threshold is best for, as f1, g_mean, cost:fn=10. [default: f1]")
    ] = None,
) -> None:
    """The options of every command that trains: the entries of a recipe."""


def with_options(*more: Callable[..., None]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A decorator: the command has these options as well, and `entries` reads them from its context."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own, *others = (inspect.signature(function).parameters for function in (command, *more))

        @functools.wraps(command)
        def run(**options: Any) -> None:
            command(**{key: value for key, value in options.items() if key in own})

        parameters = [*own.values(), *(one for shared in others for one in shared.values())]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        for function in more:
            run.__annotations__ = function.__annotations__ | run.__annotations__
        return run

    return decorate


def given(context: typer.Context, options: Callable[..., None]) -> dict[str, Any]:
    """Those of the options that were given."""
    found = {key: context.params[key] for key in inspect.signature(options).parameters}
    return {key: value for key, value in found.items() if value is not None}


def entries(context: typer.Context) -> dict[str, Any]:
    """The entries of a recipe that were given. Raises ValueError for lists that are none, and layers of no network."""
    from imbaloss.training.recipe import check_entries  # here, since torch takes a second

    recipe = given(context, recipe_options)
    if "hidden" in recipe:
        widths = "whole numbers with commas, as 1000,100,10"
        recipe["hidden"] = numbers("hidden", recipe["hidden"], int, widths) if recipe["hidden"] else ()
    if "channels" in recipe:
        recipe["channels"] = numbers("channels", recipe["channels"], int, "whole numbers with commas, as 16,32,64")
    check_entries(recipe)
    if "tune_lr" in recipe:
        recipe["tune_lr"] = numbers("tune-lr", recipe["tune_lr"], float, "numbers with commas, as 0.01,0.1")
        if "lr" in recipe:
            raise ValueError("give --lr, or --tune-lr to choose one, not both")
    return recipe


def numbers(name: str, text: str, kind: type[Number], rule: str) -> tuple[Number, ...]:
    try:
        return tuple(kind(number) for number in text.split(","))
    except ValueError:
        raise ValueError(f"{name} must be {rule}, found {text!r}") from None
