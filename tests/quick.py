"""The tests that are nearest to a change, for a minute at most: `make quick`.

    python -m tests.quick              nearest to what is not committed, or else to the last commit
    python -m tests.quick --base main  nearest to all that changed since another commit

A test file is as far from a changed module as the chain of imports between them is long. Of those at the same distance,
the ones in the folder of the same name come first. What this leaves out, `make test` runs.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
OF_ANY_CHANGE = ("tests/test_house.py", "tests/test_words.py")
OF_DOCUMENTS = ("tests/test_docs.py", "tests/test_reference.py", "tests/test_changelog.py")
MOST_FILES = 12  # more take too long to collect
SECONDS = 35  # after which no further test starts


class Clock:
    """A plugin of pytest, which each of its processes loads: it skips the tests that would start too late."""

    end = float("inf")

    def pytest_collection_finish(self) -> None:
        self.end = time.monotonic() + SECONDS

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        if time.monotonic() > self.end:
            pytest.skip("the time is over")


def pytest_configure(config: pytest.Config) -> None:
    """Register the clock."""
    config.pluginmanager.register(Clock())


def list_changed(base: str | None) -> list[str]:
    """List the files that differ from a commit; without one, those not committed, or else those of the last commit."""

    def ask_git(*words: str) -> list[str]:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()

    new = ask_git("ls-files", "--others", "--exclude-standard")
    changed = ask_git("diff", "--name-only", base or "HEAD") + new
    return changed if changed or base else ask_git("diff", "--name-only", "HEAD~1")


def name_module(file: str, known: Iterable[str]) -> str | None:
    """Name the module of a file; for a file that is no module (a template, a table), the package that holds it."""
    parts = Path(file).with_suffix("").parts
    parts = parts[1:] if parts[0] == "src" else parts
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in names if name in known), None)


def walk_importers(graph: grimp.ImportGraph, modules: set[str]) -> Iterator[tuple[int, str]]:
    """Yield the modules and all that import them, each with the length of the shortest chain of imports."""
    seen, distance = set[str](), 0
    while modules := modules - seen:
        yield from ((distance, module) for module in modules)
        seen |= modules
        modules = {importer for module in modules for importer in graph.find_modules_that_directly_import(module)}
        distance += 1


def find_nearest(changed: Iterable[str]) -> list[str]:
    """List the test files that the changed files reach, the nearest first."""
    graph = grimp.build_graph("imbaloss", "tests", "benchmarks", "findings")
    modules = {name for file in changed if (name := name_module(file, graph.modules))}
    folders = {part for module in modules for part in module.split(".")[:-1]} - {"imbaloss", "tests"}
    found = []
    for distance, module in walk_importers(graph, modules):
        *above, name = module.split(".")
        if name.startswith("test_"):
            found.append((distance, not folders & set(above), module.replace(".", "/") + ".py"))
    return [file for _, _, file in sorted(found)]


def main() -> None:
    """Run the nearest tests; the exit code is that of pytest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", help="Commit since which something changed.")
    arguments = parser.parse_args()
    changed = list_changed(arguments.base)
    documents = OF_DOCUMENTS if any(file.endswith(".md") for file in changed) else ()
    nearest = [*dict.fromkeys([*OF_ANY_CHANGE, *documents, *find_nearest(changed)])]
    files = nearest[:MOST_FILES]
    print(f"{len(changed)} changed files; the nearest {len(files)} of {len(nearest)} test files that they reach:")
    print(*files, sep="\n", flush=True)
    command = [sys.executable, "-m", "pytest", "-p", "tests.quick", "-q", "-x", "--numprocesses", "2", *files]
    sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)


if __name__ == "__main__":
    main()
