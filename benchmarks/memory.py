"""What `imbaloss compare` takes in memory for each row of a large table, beyond the numbers of the table itself.

    python -m benchmarks.memory                                   500,000 and 1,000,000 rows x 30 columns, from Parquet
    python -m benchmarks.memory --rows 5000000 --repetitions 1    the peak alone
    python -m benchmarks.memory --source ../before/src            the same by the code of another checkout

The methods are those of `--methods quick`, with few trees and iterations: their number decides the time, and hardly
the memory. The peak is the largest resident set of the process. Of two tables it also prints the growth of the peak for
each row, less the 4 bytes (float32 from Parquet) or 8 bytes of each number in the frame. Decimals of a CSV file have 8
bytes, since float32 does not hold them exactly.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

COLUMNS = 30
METHODS = (
    "lightgbm:num_iterations=20", "logistic_regression:max_iter=20", "balanced_random_forest:n_estimators=20",
)  # fmt: skip
BLOCK = 250_000  # number of rows that are made at once
LIMIT = 4.9  # of the score, above which 2.3 % of the rows are positive
KIB, MIB = 2**10, 2**20


class Measured(NamedTuple):
    """What a command took."""

    seconds: float
    peak: int  # the largest resident set, in bytes


def write_table(file: Path, rows: int, dtype: str) -> None:
    """Write normal and skewed numbers of a type, and a target that some of them tell of, block by block."""
    writer = None
    for start in range(0, rows, BLOCK):
        generator, size = np.random.default_rng(start // BLOCK), min(BLOCK, rows - start)
        numbers = generator.standard_normal((size, COLUMNS)).astype(dtype)
        numbers[:, ::3] = np.exp(numbers[:, ::3])
        score = numbers[:, 1] + numbers[:, 2] * numbers[:, 4] + generator.normal(0, 2, size)
        columns = {f"x{place}": numbers[:, place] for place in range(COLUMNS)}
        table = pa.table(columns | {"rare": (score > LIMIT).astype(int)})
        if writer is None:
            kind = csv.CSVWriter if file.suffix == ".csv" else parquet.ParquetWriter
            writer = kind(file, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def measure(file: Path, out: Path, source: Path | None, options: list[str]) -> Measured:
    """Run the command on a file, by the code of `source` if that is given, and measure it."""
    command = [sys.executable, "-m", "imbaloss", "compare", str(file), "--target", "rare", "--out", str(out)]
    methods = [word for method in METHODS for word in ("--method", method)]
    environment = os.environ | ({"PYTHONPATH": str(source)} if source else {})
    started = time.monotonic()
    process = subprocess.Popen(
        [*command, *methods, "--executor", "here", *options], stdout=subprocess.DEVNULL, env=environment
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit("the command failed")
    return Measured(time.monotonic() - started, usage.ru_maxrss * KIB)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[500_000, 1_000_000])
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--format", choices=["parquet", "csv"], default="parquet")
    parser.add_argument("--source", type=Path, help="folder of the package, for the code of another checkout")
    arguments, options = parser.parse_known_args()
    print(f"{COLUMNS} columns of {arguments.dtype}, {arguments.format}\n")
    print("| rows | seconds | peak, MiB | bytes a row more than the line before, beyond the frame |")
    print("| --- " * 4 + "|")
    number = np.dtype(arguments.dtype if arguments.format == "parquet" else "float64")
    frame, before = COLUMNS * number.itemsize, None
    for rows in arguments.rows:
        with TemporaryDirectory() as folder:
            file = Path(folder) / f"table.{arguments.format}"
            write_table(file, rows, arguments.dtype)
            took = measure(file, Path(folder) / "out", arguments.source, options or ["--repetitions", "2"])
        beyond = "" if before is None else f"{(took.peak - before[1]) / (rows - before[0]) - frame:.0f}"
        print(f"| {rows:,} | {took.seconds:.0f} | {took.peak / MIB:.0f} | {beyond} |", flush=True)
        before = (rows, took.peak)


if __name__ == "__main__":
    main()
