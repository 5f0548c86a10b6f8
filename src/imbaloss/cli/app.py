"""The application: what all commands have in common when they begin and end."""

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

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def root(
    version: Annotated[bool, Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    """Which loss finds the rare class best, and is the difference real?"""
    if version:
        from imbaloss import __version__

        print(__version__)
        raise typer.Exit


@contextmanager
def refusing() -> Iterator[None]:
    """What is wrong with the input becomes one line and exit code 2."""
    try:
        with reporting():
            yield
    except ValueError as error:
        raise InputError(str(error)) from error


@contextmanager
def reporting() -> Iterator[None]:
    """What the system refuses, as room on a disk, becomes one line and exit code 2."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from error
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "allocate memory" not in str(error):  # PyTorch's words
            raise
        raise InputError("there is not enough memory for these networks; try a smaller --stack-size") from error


class InputError(typer.TyperException):
    """The input or the options are wrong."""


def main() -> None:
    """The command `imbaloss`."""
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
