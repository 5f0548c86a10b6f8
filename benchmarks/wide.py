"""What wide tables cost before training: time to open and describe one, and to prepare a fold, against pandas.read_csv.

    python -m benchmarks.wide [--columns 2000 20000] [--rows 60] [--turns 7]

The steps take turns, after one turn with a small table that is not counted. A ratio is the median of the turns' ratios.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import sklearn

from benchmarks.losses import processor
from imbaloss.comparison.description import count_copies, describe_data
from imbaloss.comparison.opening import open_own
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.request import ComparisonRequest

STEPS = ("pandas.read_csv", "open and describe", "prepare a fold")


def write_table(file: Path, rows: int, columns: int) -> Path:
    """Write normal numbers and a target, 1 in every fourth row, that five of the columns tell of."""
    labels = (np.arange(rows) % 4 == 0).astype(int)
    numbers = np.random.default_rng(0).standard_normal((rows, columns))
    numbers[:, :5] += labels[:, None]
    frame = pd.DataFrame(np.round(numbers, 4)).add_prefix("x")
    frame["rare"] = labels
    frame.to_csv(file, index=False)
    return file


def open_and_describe(file: Path) -> Own:
    own = open_own(file, ComparisonRequest(target="rare"))
    describe_data(own, count_copies(own))
    return own


def timed(function: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """Return the seconds of the call, and its result."""
    start = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - start, result


def time_steps(file: Path) -> list[float]:
    """Return the seconds of each of `STEPS`."""
    of_pandas, _ = timed(pd.read_csv, file)
    of_opening, own = timed(open_and_describe, file)
    of_preparation, _ = timed(own.prepare_split, 0, own.each_fold[0])
    return [of_pandas, of_opening, of_preparation]


def has_avx512() -> bool:
    """Say whether Linux lists AVX-512 among the features of the processor."""
    cpuinfo = Path("/proc/cpuinfo")
    return cpuinfo.exists() and "avx512f" in cpuinfo.read_text()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--columns", type=int, nargs="+", default=[2_000, 20_000])
    parser.add_argument("--rows", type=int, default=60)
    parser.add_argument("--turns", type=int, default=7)
    arguments = parser.parse_args()
    versions = ", ".join(f"{module.__name__} {module.__version__}" for module in (np, pd, sklearn))
    print(f"{arguments.rows} rows, {versions}, {processor()}, AVX-512: {'yes' if has_avx512() else 'no'}\n")
    print("| columns | step | seconds | ratio |\n| --- | --- | --- | --- |")
    with TemporaryDirectory() as folder:
        time_steps(write_table(Path(folder) / "small.csv", arguments.rows, 10))
        for columns in arguments.columns:
            file = write_table(Path(folder) / "table.csv", arguments.rows, columns)
            turns = [time_steps(file) for _ in range(arguments.turns)]
            for place, step in enumerate(STEPS):
                seconds = statistics.median(turn[place] for turn in turns)
                ratio = statistics.median(turn[place] / turn[0] for turn in turns)
                print(f"| {columns:,} | {step} | {seconds:.3f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
