"""The reference of the commands, docs/reference/commands.md, made from their help by `make docs`."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from imbaloss.cli import app
from imbaloss.field_tables import PANELS

INTRODUCTION = """# Commands and their options

<!-- Made from the help of the commands by `make docs`: change the help, not this page. -->

`imbaloss COMMAND --help` shows the same in a terminal. [The guide to the commands](../commands.md) explains what they
do and what goes with what; [what the commands write](outputs.md) has every file and every column. An option
without a default changes nothing unless it is used. The defaults of `train` and `reproduce` for networks are those of
the data set and the loss: [options of `train` and `reproduce`](../commands.md#options-of-train-and-reproduce).
"""
COLUMNS = "| {} | default | what it does |\n| --- | --- | --- |\n"


def render_reference() -> str:
    """Return the text of docs/reference/commands.md: each command with its arguments and options."""
    root = get_command(app)
    assert isinstance(root, TyperGroup)
    commands = [command for command in root.commands.values() if isinstance(command, TyperCommand)]
    return "\n".join([INTRODUCTION, *describe_command("imbaloss", root), *(
        part for command in commands for part in describe_command(f"imbaloss {command.name}", command)
    )])  # fmt: skip


def describe_command(name: str, command: TyperCommand | TyperGroup) -> Iterator[str]:
    """Yield the parts of a command's section: heading, help, usage, and a table for each panel of its options."""
    arguments = [each for each in command.params if isinstance(each, TyperArgument)]
    options = [each for each in command.params if isinstance(each, TyperOption) and not each.hidden]
    text, _, example = (command.help or "").partition("Example: ")
    example, _, rest = example.partition("\n\n")
    yield f"## `{name}`\n"
    yield f"{text.strip()}\n"
    yield f"```console\n$ {example.strip()}\n```\n"
    if rest:
        yield f"{rest.strip()}\n"
    if arguments:
        rows = [write_row(write_metavar(each), each) for each in arguments]
        yield COLUMNS.format("argument") + "".join(rows)
    for panel in PANELS:
        in_panel = [each for each in options if (each.rich_help_panel or PANELS[0]) == panel]
        if in_panel:
            yield f"**{panel}**\n"
            yield COLUMNS.format("option") + "".join(write_row(write_flags(each), each) for each in in_panel)


def write_flags(option: TyperOption) -> str:
    """Write the names of an option with the placeholder of its value, as "--method, --methods METHOD"."""
    flags = ", ".join([*option.opts, *option.secondary_opts])
    return flags if option.is_flag else f"{flags} {write_metavar(option)}"


def write_metavar(parameter: TyperArgument | TyperOption) -> str:
    """Write the placeholder that stands for a value, such as DATA; by default the name of the parameter."""
    return parameter.metavar or (parameter.name or "").upper()


def write_row(names: str, parameter: TyperArgument | TyperOption) -> str:
    """Write the line of an argument or an option in a table: its names, its default, its help and its limits."""
    help_text = re.sub(r"(?<![\w-])--[a-z][a-z-]*", r"`\g<0>`", f"{parameter.help}{write_limits(parameter)}")
    cells = [cell.replace("|", r"\|") for cell in (f"`{names}`", write_default(parameter), help_text)]
    return f"| {' | '.join(cells)} |\n"


def write_limits(parameter: TyperArgument | TyperOption) -> str:
    """Write the smallest and the largest number that is admitted, as " From 1 to 6."; empty without limits."""
    if parameter.min is None:
        return ""
    return f" From {parameter.min} on." if parameter.max is None else f" From {parameter.min} to {parameter.max:,}."


def write_default(parameter: TyperArgument | TyperOption) -> str:
    """Write the default of an argument or an option as its help does; empty if there is none."""
    if isinstance(parameter.show_default, str):
        return parameter.show_default
    if parameter.required:
        return "required"
    if isinstance(parameter, TyperOption) and parameter.is_bool_flag:
        return "with" if parameter.default is True and parameter.secondary_opts else ""
    return "" if parameter.default is None or parameter.default == () else f"`{parameter.default}`"


def write_reference(folder: Path) -> None:
    """Write reference/commands.md into the folder of the documents. An existing file is replaced."""
    (folder / "reference" / "commands.md").write_text(render_reference(), encoding="utf-8")


if __name__ == "__main__":
    write_reference(Path(sys.argv[1]))
