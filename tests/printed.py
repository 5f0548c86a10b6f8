"""What documents show of the output of their code: run as printed, compared by tests/test_docs.py.

`python -m tests.printed README.md own-table.ipynb` runs the pages and notebooks of these names, or without names all
of them, and writes what they print now.
A ```text block holds lines that the code above it prints. A line `…` stands for lines that are left out.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient

from tests.peers import name_operators_of_torchvision

ROOT = Path(__file__).parents[1]
QUICK = [ROOT / "docs" / "get-started" / f"{name}.md" for name in ("own-loop", "scikit-learn")]
SLOW = [ROOT / "README.md", *(ROOT / "docs" / "get-started" / f"{name}.md" for name in ("own-table", "own-images"))]
RECIPES = [ROOT / "docs" / "recipes-trainers.md"]
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
BLOCK = re.compile(r"```(python|console|text)\n(.*?)```", re.DOTALL)
SETS_UP = re.compile(r"(python3? -m )?(pip|venv|make|source)\b|\S+/pip\b")  # an environment: the tests have one
LEFT_OUT = "…\n"
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Shown:
    """A block of a page and what its code printed since the block before."""

    text: str
    printed: str

    def segments(self) -> list[str]:
        """Return the parts of the text between lines that stand for what is left out."""
        return self.text.split(LEFT_OUT)


def read_demo() -> list[str]:
    """Return the commands of `make demo` but for the study of digits, which takes longest."""
    demo = re.search(r"^demo:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    lines = [line.strip().removeprefix("@").replace("$(BIN)/", "") for line in demo.strip().splitlines()]
    return [line for line in lines if " reproduce " not in line]


def list_commands(block: str) -> Iterator[str]:
    """Yield the commands of a block; `make demo` is what it runs, and what sets up an environment is left out."""
    for line in block.splitlines():
        command = " ".join(shlex.split(line.removeprefix("$ "), comments=True))
        if command == "make demo":
            yield from read_demo()
        elif not SETS_UP.match(command):
            yield line.removeprefix("$ ")


def run_page(text: str, commands: Path = BIN) -> list[Shown]:
    """Run code and commands of a page in their order, in the working folder; return the outputs that it shows.

    commands: The folder of the command `imbaloss`, or of all commands of its environment.
    """
    environment = os.environ | {"PATH": f"{commands}:{BIN}:{os.environ['PATH']}", "COLUMNS": "100"}
    names: dict[str, object] = {}
    printed, shown = "", []
    for kind, block in BLOCK.findall(text):
        if kind == "python":
            with redirect_stdout(StringIO()) as output:
                exec(compile(block, "page", "exec"), names)
            printed += output.getvalue()
        elif kind == "console":
            for command in list_commands(block):
                run = ["bash", "-c", command]
                printed += subprocess.run(run, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
        else:
            shown.append(Shown(block, printed))
            printed = ""
    return shown


def run_notebook(path: Path) -> nbformat.NotebookNode:
    """Run the cells of a notebook in a new kernel, and return it with the outputs of this run and no times."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    NotebookClient(notebook, timeout=300, record_timing=False).execute()
    notebook.metadata.pop("language_info")  # the version of Python
    return notebook


def renew(shown: Shown) -> str:
    """Return the lines of the output now that a block shows; each part is found by the first letters of its first line.

    Raises:
        ValueError: A part begins with no line that is printed.
    """
    lines = shown.printed.splitlines(keepends=True)
    parts, place = [], 0
    for segment in map(str.splitlines, shown.segments()):
        starts = [number for number in range(place, len(lines)) if lines[number].startswith(segment[0][:6])]
        if not starts:
            raise ValueError(f"no line is printed that begins with {segment[0][:6]!r}:\n{shown.printed}")
        place = starts[0] + len(segment)
        parts.append("".join(lines[starts[0] : place]))
    return LEFT_OUT.join(parts)


def write_page(page: Path) -> None:
    """Run a page in an empty folder, and write the outputs of this run into it."""
    text = page.read_text()
    with TemporaryDirectory() as folder, chdir(folder):
        renewed = iter([renew(shown) for shown in run_page(text)])
    page.write_text(BLOCK.sub(lambda block: f"```text\n{next(renewed)}```" if block[1] == "text" else block[0], text))


if __name__ == "__main__":
    name_operators_of_torchvision()
    pages = (*QUICK, *SLOW, *RECIPES, *NOTEBOOKS)
    named = [path for path in pages if path.name in sys.argv[1:] or not sys.argv[1:]]
    for path in named:
        if path.suffix == ".ipynb":
            nbformat.write(run_notebook(path), path)
        else:
            write_page(path)
