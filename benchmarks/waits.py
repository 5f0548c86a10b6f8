"""How long a person waits before anything happens: commands and imports, as ratios of processor time within one run.

    python -m benchmarks.waits [--turns 7]

Each row is a process of its own. The processes take turns, so that a busy machine slows all alike; a figure is the
median of processor times, and its range. Modules are compiled before the first turn.
"""

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

IMPORTS = "import torch, sklearn, pandas"
OF_TORCH = "import torch"
ROWS = 100  # of a file to predict for
QUICK = ("--repetitions", "2", "--settings", "1", "--quiet")
METHODS = {"a network": "ce", "LightGBM": "lightgbm", "logistic regression": "logistic_regression",
           "a random forest": "random_forest"}  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--turns", type=int, default=7)
    turns = options.parse_args().turns
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_rows(folder / "rows.csv", 600)
        write_rows(folder / "new.csv", ROWS)
        for method in METHODS.values():
            run(folder, [*imbaloss("compare", "rows.csv", "--target", "rare", "--method", method), *QUICK,
                         "--epochs", "5", "--out", method])  # fmt: skip
        commands = list_commands()
        seconds = take_turns(folder, commands, turns)
    print(f"{describe_processor()}, {turns} turns, processor time of a process\n")
    print("| what | seconds | to torch, sklearn, pandas | to torch |\n| --- | --- | --- | --- |")
    for name, each in seconds.items():
        ratios = [statistics.median(each) / statistics.median(seconds[base]) for base in (IMPORTS, OF_TORCH)]
        print(f"| {name} | {statistics.median(each):.2f} ({min(each):.2f} to {max(each):.2f}) | "
              f"{ratios[0]:.2f} | {ratios[1]:.2f} |")  # fmt: skip


def list_commands() -> dict[str, list[str]]:
    """The command of each row of the table, by its name."""
    compare = ("compare", "rows.csv", "--target", "rare")
    return {
        IMPORTS: [sys.executable, "-c", IMPORTS],
        OF_TORCH: [sys.executable, "-c", OF_TORCH],
        **{f"predict {ROWS} rows by {name}": imbaloss("predict", f"{method}/model", "new.csv", "--out", "found.csv")
           for name, method in METHODS.items()},
        "import imbaloss": [sys.executable, "-c", "import imbaloss"],
        "import imbaloss.losses": [sys.executable, "-c", "import imbaloss.losses"],
        "--help": imbaloss("--help"),
        "refused: an unknown option": imbaloss(*compare, "--fold", "5"),
        "refused: a number out of range": imbaloss(*compare, "--folds", "2"),
        "refused: a rule that does not exist": imbaloss(*compare, "--threshold", "f2"),
        "refused: a path that does not exist": imbaloss("compare", "row.csv", "--target", "rare"),
        "refused: a misspelt method": imbaloss(*compare, "--method", "lightgm"),
        "refused: a misspelt column": imbaloss("compare", "rows.csv", "--target", "rear"),
        "refused: predict without a model": imbaloss("predict", "nothing", "new.csv"),
    }  # fmt: skip


def imbaloss(*words: str) -> list[str]:
    """A command of imbaloss, run by this interpreter."""
    return [sys.executable, "-m", "imbaloss", *words]


def write_rows(file: Path, rows: int) -> None:
    """Write a drawn table of 20 numbers and 2 categories, of which 10 % of the rows are positive."""
    generator = np.random.default_rng(rows)
    target = np.arange(rows) % 10 == 0
    frame = pd.DataFrame(generator.normal(size=(rows, 20)) + 0.5 * target[:, None]).add_prefix("number_")
    for name in ("colour", "shape"):
        frame[name] = generator.choice(["red", "green", "blue"], rows)
    frame.assign(rare=np.where(target, "yes", "no")).to_csv(file, index=False)


def take_turns(folder: Path, commands: dict[str, list[str]], turns: int) -> dict[str, list[float]]:
    """Processor seconds of each command in each turn, by its name; a first turn, which compiles, is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(turns + 1):
        for name, command in commands.items():
            spent = run(folder, command)
            if turn:
                seconds[name].append(spent)
    return seconds


def run(folder: Path, command: Sequence[str]) -> float:
    """Run a command in a folder; return the processor seconds that it took."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in {0, 2}:
        raise RuntimeError(f"{command}: {done.stderr}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def describe_processor() -> str:
    """The processor with the number of its cores, and whether it has AVX-512, as Linux tells it."""
    file = Path("/proc/cpuinfo")
    lines = dict(line.split(":", 1) for line in file.read_text().splitlines() if ":" in line) if file.exists() else {}
    facts = {name.strip(): value.strip() for name, value in lines.items()}
    has = "with" if "avx512f" in facts.get("flags", "").split() else "without"
    name = facts.get("model name", platform.processor())
    return f"{name}, family {facts.get('cpu family')} model {facts.get('model')}, {os.cpu_count()} cores, {has} AVX-512"


if __name__ == "__main__":
    main()
