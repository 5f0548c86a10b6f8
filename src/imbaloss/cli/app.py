"""The application: start and end of all commands, and how errors become messages and exit codes."""

import io
import os
import shlex
import sys
from collections.abc import Container, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer import Option

from imbaloss.cli.terminal import tell
from imbaloss.field_tables import FieldError

INTERRUPTED = 130  # the exit code after Ctrl-C

# The headings under which `imbaloss --help` shows the commands.
OWN_DATA = "Your own data"
STUDIES = "Studies"
LOOK_UP = "Look-up"

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


@app.callback()
def root(
    version: Annotated[bool, Option("--version", help="Print the version and stop.")] = False,
    verbose: Annotated[
        bool, Option("--verbose", help="With --version: print libraries and machine too, as a bug report needs them.")
    ] = False,
) -> None:
    """Find out which loss finds the rare class best, and whether the difference is real.

    Example: imbaloss compare fraud.csv --target fraud --budget 10m

    The environment variable IMBALOSS_DATA names the folder with CIFAR-100.
    """
    if verbose and not version:
        raise InputError("--verbose is only for `imbaloss --version --verbose`")
    if verbose:
        from imbaloss.cli.environment import describe_environment

        for name, value in describe_environment().items():
            print(f"{name:24}{value}")
        raise typer.Exit
    if version:
        from imbaloss import __version__

        print(__version__)
        raise typer.Exit


@contextmanager
def explain_input_errors(options: Container[str] = ()) -> Iterator[None]:
    """Turn errors within the block that wrong input causes into an InputError, which `main` prints in one line.

    A context manager. ValueError, OSError, MemoryError and PyTorch's lack of memory are turned; other exceptions pass.

    Args:
        options: Fields of a recipe that the user typed as options. A message about one of them begins with the option.

    Raises:
        InputError: The block raised such an error; it has the same message, or names the option too.
    """
    try:
        with explain_system_errors():
            yield
    except FieldError as error:
        option = f"--{error.field.replace('_', '-')}"
        if error.field not in options:
            raise InputError(str(error)) from error
        raise InputError(error.sentence(option) if error.named else f"{option}: {error.problem}") from error
    except ValueError as error:
        raise InputError(str(error)) from error


@contextmanager
def explain_system_errors() -> Iterator[None]:
    """Turn an OSError or a lack of memory within the block into an InputError, which `main` prints in one line.

    A context manager. MemoryError and PyTorch's RuntimeError "... allocate memory" are a lack of memory. Other
    exceptions pass, ValueError too.

    Raises:
        InputError: The block raised such an error. The message names the file, or advises a smaller --stack-size.
    """
    try:
        yield
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from error
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "allocate memory" not in str(error):  # PyTorch's words
            raise
        raise InputError("not enough memory for these networks; try a smaller --stack-size") from error


class InputError(typer.TyperException):
    """The input or the options are wrong; `main` prints the message in one line and exits with code 2."""


RULES = {  # pydantic's names of errors in the values of options, in our words
    "greater_than_equal": "must be {ge:g} or more, found {value}",
    "less_than_equal": "must be {le:g} or less, found {value}",
    "int_parsing": "must be a whole number, found {value!r}",
    "int_from_float": "must be a whole number, found {value!r}",
    "float_parsing": "must be a number, found {value!r}",
}


def describe_error(error: typer.TyperException) -> str:
    """Return the message of an error; for a wrong number in an option, "--folds must be 3 or more, found 2"."""
    problems: list[dict[str, Any]] = getattr(error.__cause__, "errors", list)()
    if not isinstance(error, typer.BadParameter) or error.param is None or len(problems) != 1:
        return error.format_message()
    [problem] = problems
    if problem["type"] not in RULES:
        return error.format_message()
    rule = RULES[problem["type"]].format(value=problem["input"], **problem.get("ctx", {}))
    return f"{' / '.join(error.param.opts)} {rule}"


def main() -> None:
    """Run the command `imbaloss` with the words of `sys.argv`, or print its help if there are none, and exit.

    The exit code is 0, or 2 for wrong input or options, or 130 after Ctrl-C. For 2 and 130, one line on standard error
    says why. Other exceptions pass with their traceback. Sets the environment variable GOMP_SPINCOUNT unless it is set.

    Raises:
        SystemExit: Always, with the exit code.
    """
    # threads that soon fall asleep when they wait leave the cores to other programs; beside those, spinning slows ours
    os.environ.setdefault("GOMP_SPINCOUNT", "3000")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without the sign for plus or minus is no failure
    try:
        code = app(sys.argv[1:] or ["--help"], prog_name="imbaloss", standalone_mode=False)
        if code == INTERRUPTED:
            tell(f"interrupted; to go on: {shlex.join(['imbaloss', *sys.argv[1:]])}")
    except typer.TyperException as error:
        tell(f"imbaloss: {' '.join(describe_error(error).split())}")
        code = 2
    sys.exit(code)
