"""What `imbaloss compare` costs on large tables: time and memory of the whole command, by the number of rows.

python -m benchmarks.own_data                      1,000,000 rows x 30 columns, and an eighth, a quarter, a half of them
python -m benchmarks.own_data --columns 54 --rows 500000

Each line is one process of its own: two repetitions with all methods, the report, the model on all rows, from Parquet.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

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


def measured(file: Path, out: Path, options: list[str]) -> tuple[float, float]:
    """Seconds and the most memory in MiB of the command."""
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
    process = subprocess.Popen([*command, "--repetitions", "2", *options], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit("the command failed")
    return time.monotonic() - started, usage.ru_maxrss / MIB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--parts", type=int, nargs="*", default=[8, 4, 2, 1], help="of the rows: 1/N of them")
    arguments, options = parser.parse_known_args()
    print(f"{arguments.columns} columns, {SHARE:.0%} positives, two repetitions\n")
    print("| rows | seconds | seconds per 100,000 rows | most memory, MiB |\n| --- | --- | --- | --- |")
    for part in arguments.parts:
        rows = arguments.rows // part
        with TemporaryDirectory() as folder:
            file = Path(folder) / "table.parquet"
            table(rows, arguments.columns).to_parquet(file)
            seconds, memory = measured(file, Path(folder) / "out", options)
        print(f"| {rows:,} | {seconds:.0f} | {seconds / rows * 1e5:.1f} | {memory:.0f} |", flush=True)


if __name__ == "__main__":
    main()
