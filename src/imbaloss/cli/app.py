"""The application: start and end of all commands, and how errors become messages and exit codes."""

import io
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from typer import Option

from imbaloss.cli.terminal import tell

INTERRUPTED = 130  # the exit code after Ctrl-C

# The headings under which `imbaloss --help` shows the commands.
OWN_DATA = "Your own data"
STUDIES = "Studies"
LOOK_UP = "Look-up"

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


@app.callback()
def root(
    version: Annotated[bool, Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    """Find out which loss finds the rare class best, and whether the difference is real.

    Example: imbaloss compare fraud.csv --target fraud --budget 10m
    """
    if version:
        from imbaloss import __version__

        print(__version__)
        raise typer.Exit


@contextmanager
def explain_input_errors() -> Iterator[None]:
    """Turn errors within the block that wrong input causes into an InputError, which `main` prints in one line.

    A context manager. ValueError, OSError, MemoryError and PyTorch's lack of memory are turned; other exceptions pass.

    Raises:
        InputError: The block raised such an error; it has the same message.
    """
    try:
        with explain_system_errors():
            yield
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
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
        if code == INTERRUPTED:
            tell(f"interrupted; to go on: {shlex.join(['imbaloss', *sys.argv[1:]])}")
    except typer.TyperException as error:
        tell(f"imbaloss: {' '.join(error.format_message().split())}")
        code = 2
    sys.exit(code)
