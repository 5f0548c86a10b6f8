"""What `imbaloss compare` costs on large tables: time and memory of the whole command, by the number of rows.

python -m benchmarks.own_data                      1,000,000 rows x 30 columns, and an eighth, a quarter, a half of them
python -m benchmarks.own_data --columns 54 --rows 500000
python -m benchmarks.own_data --columns 40 --rows 20000 --parts 1 --budgets 1m 3m 10m

Each line is one command: two repetitions with all methods, or those that fit into a budget, the report, the model on
all rows, from Parquet. The use of the processors is the processor time of the command and its workers as a share of
what all processors had in that time; it says little on a busy machine.
"""

import argparse
import os
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pandas as pd

from imbaloss.studies import count_processors

SHARE = 0.02  # of positives
MIB = 2**10  # in KiB, as Linux tells memory


def table(rows: int, columns: int) -> pd.DataFrame:
    """Normal and skewed numbers, a category, and a target that some of them tell of."""
    generator = np.random.default_rng(0)
    numbers = generator.standard_normal((rows, columns - 1)).astype(np.float32)
    numbers[:, ::3] = np.exp(numbers[:, ::3])
    found = pd.DataFrame(numbers, columns=[f"x{place}" for place in range(columns - 1)])
    found["kind"] = generator.choice(["a", "b", "c", "d"], rows)
    score = (
        numbers[:, 1] + numbers[:, 2] * numbers[:, 4] + (found["kind"] == "a").to_numpy() + generator.normal(0, 2, rows)
    )
    found["rare"] = (score >= np.quantile(score, 1 - SHARE)).astype(int)
    return found


class Measured(NamedTuple):
    """What a command took."""

    seconds: float
    memory: float  # the most of one process, in MiB
    use: float  # of the processors, 0 to 1


def measured(file: Path, out: Path, options: list[str]) -> Measured:
    """Run the command, and measure it with its workers."""
    command = [
        str(Path(sys.executable).with_name("imbaloss")),
        "compare",
        str(file),
        "--target",
        "rare",
        "--out",
        str(out),
    ]
    started = time.monotonic()
    process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)  # its workers' time too, which it waits for
    if status:
        sys.exit("the command failed")
    seconds = time.monotonic() - started
    use = (usage.ru_utime + usage.ru_stime) / (seconds * count_processors())
    return Measured(seconds, usage.ru_maxrss / MIB, use)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--parts", type=int, nargs="*", default=[8, 4, 2, 1], help="of the rows: 1/N of them")
    parser.add_argument("--budgets", nargs="*", default=[], help="instead of two repetitions, as 3m")
    arguments, options = parser.parse_known_args()
    print(f"{arguments.columns} columns, {SHARE:.0%} positives\n")
    print("| rows | asked for | seconds | seconds per 100,000 rows | most memory, MiB | use of the processors |")
    print("| --- " * 6 + "|")
    asked = [["--budget", budget] for budget in arguments.budgets] or [["--repetitions", "2"]]
    for part, time_or_number in product(arguments.parts, asked):
        rows = arguments.rows // part
        with TemporaryDirectory() as folder:
            file = Path(folder) / "table.parquet"
            table(rows, arguments.columns).to_parquet(file)
            seconds, memory, use = measured(file, Path(folder) / "out", [*time_or_number, *options])
        words = " ".join(time_or_number).removeprefix("--")
        print(
            f"| {rows:,} | {words} | {seconds:.0f} | {seconds / rows * 1e5:.1f} | {memory:.0f} | {use:.0%} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
