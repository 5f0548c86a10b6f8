"""Run the same commands at two commits and compare what they print and write.

`python -m tests.golden BASE HEAD` prints "same" or "DIFFERENT" for each item. BASE and HEAD are commits; the word
`worktree` stands for the files of this checkout as they are, committed or not.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.golden.cases import DATA_DIR, INTERFACE, ITEMS, Item, write_inputs
from tests.golden.differences import Change, find_differences, listed_reasons, normalise, read_changes, replace_folders

ROOT = Path(__file__).parents[2]
CHANGES = Path(__file__).with_name("changes.toml")
WORKTREE = "worktree"
IMBALOSS = "from imbaloss.cli import main; main()"  # runs at every commit: some have no imbaloss/__main__.py
LOCATE = "import imbaloss, matplotlib.font_manager; print(imbaloss.__file__)"  # also fills matplotlib's cache of fonts
LONGEST_DIFF, LONGEST_LINE = 12, 200  # lines, characters
UNWANTED = ("FORCE_COLOR", "IMBALOSS_DATA")  # environment variables that change what imbaloss prints or reads


@dataclass(frozen=True)
class Side:
    """One of the two versions of the package."""

    name: str  # base or head
    checkout: Path  # folder that holds src/imbaloss
    folder: Path  # where its commands run, each item in a sub-folder of its own
    inputs: Path
    data_dir: Path | None

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment variables of every command: its own package, one thread, no cache of the user."""
        kept = {name: value for name, value in os.environ.items() if name not in UNWANTED}
        return kept | {
            "PYTHONPATH": str(self.checkout / "src"),
            "PYTHONSAFEPATH": "1",
            "OMP_NUM_THREADS": "1",
            "XDG_CACHE_HOME": str(self.folder / "cache"),
        }

    def run_python(self, words: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
        """Run the current interpreter with this side's package; the exit code is not checked."""
        return subprocess.run(
            [sys.executable, *words], cwd=folder, env=self.environment, capture_output=True, text=True, check=False
        )

    def check_package(self) -> None:
        """Raise RuntimeError if Python finds another imbaloss than this side's."""
        self.folder.mkdir()
        ran = self.run_python(["-c", LOCATE], self.folder)
        if not ran.stdout.startswith(str(self.checkout)):
            raise RuntimeError(
                f"{self.name}: imbaloss cannot be imported from {self.checkout}: {ran.stdout}{ran.stderr}"
            )

    def run_item(self, item: Item) -> dict[str, str]:
        """Run the commands of an item in a fresh folder; return its outputs, normalised, by name."""
        folder = self.folder / item.name
        shutil.copytree(self.inputs, folder)
        outputs = {}
        for program, *options in item.commands:
            words = [str(self.data_dir) if word == DATA_DIR else word for word in options]
            start = [str(Path(__file__).with_name("interface.py"))] if program == INTERFACE else ["-c", IMBALOSS]
            ran = self.run_python([*start, *words], folder)
            json = program == INTERFACE or "--json" in options
            outputs[f"{words[0]}.{'json' if json else 'txt'}"] = ran.stdout
            outputs[f"{words[0]}.err"] = f"{ran.stderr}exit code {ran.returncode}\n"
        written = [file for file in item.files if (folder / file).exists()]
        outputs |= {file: (folder / file).read_bytes().decode(errors="backslashreplace") for file in written}
        names = {folder: "<FOLDER>", self.checkout: "<CHECKOUT>"}
        return {name: normalise(name, replace_folders(text, names)) for name, text in outputs.items()}


def failed(outputs: dict[str, str]) -> bool:
    """Say whether a command of an item ended with an error."""
    return any(name.endswith(".err") and not text.endswith("exit code 0\n") for name, text in outputs.items())


def compare_item(item: Item, sides: Sequence[Side], changes: Sequence[Change]) -> bool:
    """Run an item on both sides at the same time and print how it compares.

    An item that fails on the first side proves nothing, so that it counts as different.

    Returns:
        Whether all outputs are the same or changed as listed.
    """
    start = time.monotonic()
    with ThreadPoolExecutor(len(sides)) as pool:
        base, head = pool.map(lambda side: side.run_item(item), sides)
    differences = find_differences(base, head)
    reasons = {difference.output: listed_reasons(item.name, difference, changes) for difference in differences}
    unlisted = [difference for difference in differences if not reasons[difference.output]]
    verdict = "FAILED" if failed(base) else "DIFFERENT" if unlisted else "changed" if differences else "same"
    print(f"{verdict:10} {item.name} (outputs: {len(base)}, {time.monotonic() - start:.0f} s)", flush=True)
    if failed(base):
        print(*(f"    {line}" for name in base if name.endswith(".err") for line in base[name].splitlines()), sep="\n")
    for difference in differences:
        if reasons[difference.output]:
            print(f"    {difference.output} changed as listed: {'; '.join(reasons[difference.output])}")
            continue
        print(f"    {difference.output}: {len(difference.changed_lines)} changed lines")
        print(*(f"      {line[:LONGEST_LINE]}" for line in difference.diff[:LONGEST_DIFF]), sep="\n")
        if len(difference.diff) > LONGEST_DIFF:
            print(f"      ... and {len(difference.diff) - LONGEST_DIFF} more lines of the diff")
    return not unlisted and not failed(base)


def git(*words: str) -> str:
    """Run git in this repository; return what it prints. Raises CalledProcessError if it fails."""
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def check_out(version: str, folder: Path) -> Iterator[Path]:
    """Check out a commit as a worktree in the folder and remove it afterwards; `worktree` is this checkout itself."""
    if version == WORKTREE:
        yield ROOT
        return
    git("worktree", "add", "--detach", "--quiet", str(folder), version)
    try:
        yield folder
    finally:
        git("worktree", "remove", "--force", str(folder))


def parse_version(text: str) -> str:
    """Return `worktree`, or the commit that the text names. Raises ArgumentTypeError if there is none."""
    if text == WORKTREE:
        return text
    try:
        return git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{text}^{{commit}}")
    except subprocess.CalledProcessError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a commit nor the word {WORKTREE!r}") from None


def parse_folder(text: str) -> Path:
    """Return an existing folder as an absolute path. Raises ArgumentTypeError if there is none."""
    folder = Path(text).resolve()
    if not folder.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a folder")
    return folder


def main(arguments: Sequence[str]) -> int:
    """Compare the items and return the exit code: 0 if all are the same or changed as listed, 1 if not.

    Raises:
        SystemExit: The arguments or changes.toml are wrong (exit code 2).
    """
    parser = argparse.ArgumentParser("python -m tests.golden", description=__doc__, allow_abbrev=False)
    parser.add_argument("base", type=parse_version, metavar="BASE")
    parser.add_argument("head", type=parse_version, metavar="HEAD")
    parser.add_argument("--data-dir", type=parse_folder, help="folder of CIFAR-100; without it study_tree is left out")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[item.name for item in ITEMS], help="items to run")
    asked = parser.parse_args(arguments)
    try:
        changes = read_changes(CHANGES, [item.name for item in ITEMS])
    except ValueError as error:
        parser.error(str(error))
    items = [item for item in ITEMS if not asked.only or item.name in asked.only]
    left_out = [item for item in items if item.needs_data and asked.data_dir is None]
    for item in left_out:
        print(f"{'left out':10} {item.name} (needs --data-dir)")
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="golden-") as name:
        folder = Path(name).resolve()
        write_inputs(folder / "inputs")
        side = partial(Side, inputs=folder / "inputs", data_dir=asked.data_dir)
        with check_out(asked.base, folder / "base") as base, check_out(asked.head, folder / "head") as head:
            sides = [side("base", base, folder / "run-base"), side("head", head, folder / "run-head")]
            for one in sides:
                one.check_package()
            same = [compare_item(item, sides, changes) for item in items if item not in left_out]
    print(f"{sum(same)} of {len(same)} items same or changed as listed, in {time.monotonic() - start:.0f} s")
    return 0 if all(same) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
