"""A store of 100,000 rows: status, the start of a resume, and the table, each in a process of its own.

    python -m benchmarks.store [--seeds 2222]

The rows are those of the digits study with made-up scores; each has losses of 300 epochs and 150 predictions.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from imbaloss import studies
from imbaloss.data import Counts
from imbaloss.evaluation import TunedScores, scores
from imbaloss.studies import Predictions, Row, Store
from imbaloss.studies.row import Computation, PartCounts

STEPS = {
    "status": "print(studies.Status.of(folder).finished)",
    "start of a resume": """
datasets = data.load_data_sets(study.datasets, quiet=True)
jobs = studies.cut_into_stacks(study.runs(), datasets)
studies.execute(jobs, Store(folder), datasets, "cpu", executor=lambda *_: iter(()))
""",
    "table": """
rows = Store(folder).rows(study.runs())
called = name_rows(rows)
without = MethodIntervals(None, {}, NONE)
cells = group_successful_rows(rows, called).items()
lines = summarise(rows, called, {MethodInCell(cell, method): without for cell, methods in cells for method in methods})
print(len(tabulate(lines, ())))
""",
}
BEGIN = """
import sys
from pathlib import Path
from imbaloss import data, studies
from imbaloss.report.intervals import NONE, MethodInCell, MethodIntervals, group_successful_rows
from imbaloss.report.lines import summarise
from imbaloss.report.row_names import name_rows
from imbaloss.report.tables import tabulate
from imbaloss.studies import Store
folder = Path(sys.argv[1])
study = studies.read_study(folder)
"""


def fill(folder: Path, seeds: int) -> int:
    """A store of all runs but the last."""
    study = replace(studies.built_in("digits"), seeds=tuple(range(seeds)))
    studies.write_study(study, {}, folder)
    generator, labels = np.random.default_rng(0), np.repeat([0, 1], [120, 30])
    drawn = [Predictions(labels, generator.random(150), np.arange(150)) for _ in range(20)]
    found = [scores(one.labels, one.probabilities)[0] for one in drawn]
    parts = [({"validation": one, "test": one}, TunedScores(0.5, None, one, {})) for one in found]
    losses = tuple(generator.random(300).tolist())
    runs = study.runs()[:-1]
    plan = {"first_layer": "within the span of the samples", "steps": "fused", "products": "oneDNN"}
    computed = Computation("cpu", 2, plan, stack_size=256, stack_seconds=60.0, versions={"imbaloss": "0"})
    counts = PartCounts(Counts(120, 30), Counts(120, 30), Counts(120, 30))
    store = Store(folder)
    for start in range(0, len(runs), 1000):
        store.add(
            (
                Row(run, ("a", "b"), counts,
                    parts[place % 20][0], {"validation": {}, "test": {}}, parts[place % 20][1], None, computed,
                    losses=losses),
                {"validation": drawn[place % 20], "test": drawn[place % 20]},
            )
            for place, run in enumerate(runs[start : start + 1000])
        )  # fmt: skip
    return len(runs)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seeds", type=int, default=2222)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        number = fill(folder, options.parse_args().seeds)
        size = (folder / "results.sqlite").stat().st_size / 2**20
        print(f"{number} rows, {size:.0f} MiB\n\n| step | seconds |\n| --- | --- |")
        for name, step in STEPS.items():
            start = time.perf_counter()
            command = [sys.executable, "-c", BEGIN + step, str(folder)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            print(f"| {name} | {time.perf_counter() - start:.1f} |", flush=True)


if __name__ == "__main__":
    main()
