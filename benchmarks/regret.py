"""Measure by how much rules of recommendation miss the best method, on the holdouts of `benchmarks.holdouts`.

    python -m benchmarks.holdouts lightgbm.jsonl --method lightgbm
    python -m benchmarks.regret rows.jsonl --method lightgbm --method ce --method "ce + smote" --processes 2
    python -m benchmarks.regret rows.jsonl --report --reference lightgbm.jsonl --first lightgbm

On the rows of a split that are not held out, all methods are trained in all folds, as `imbaloss.compare` trains them.
Then each is trained on all of these rows, as `compare` trains the method that it recommends, and predicts the holdout.
A row has the scores of a method in each fold and on the holdout. Finished methods are skipped on the next start; rows
are appended when all methods of a split are finished. Rows of a changed imbaloss go into a new file.

The report compares rules that see the scores in the folds alone: benchmarks/regret_rules.py.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import product
from json import dumps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.holdout_tables import Split, Table, draw_split, limit_rows, read_table
from benchmarks.holdouts import (
    REFERENCE,
    Prediction,
    add_table_options,
    append_lines,
    choose_tables,
    describe_commit,
    measure,
    read_rows,
)
from benchmarks.regret_rules import gather_candidates, report
from imbaloss.comparison.comparing import train_final_model
from imbaloss.comparison.from_python import TARGET, open_arrays
from imbaloss.comparison.place import Place
from imbaloss.comparison.planning import plan_study
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.study import OwnStudy
from imbaloss.learners import Method
from imbaloss.studies import Row, Store

REPETITIONS = 5
KEY = ("table", "split", "method", "rows_limit", "repetitions")  # what makes a row the same


@dataclass(frozen=True)
class Task:
    """The methods to measure on one split of a table."""

    table: Table
    split: int
    methods: tuple[str, ...]
    rows_limit: int
    repetitions: int
    data_dir: Path


def measure_task(task: Task) -> list[dict[str, Any]]:
    """Train the methods of a task in all folds and on all rows, and return a row for each method.

    Raises:
        OSError: The wheel of the table cannot be downloaded.
        ValueError: A method cannot be trained on these data.
    """
    data = limit_rows(read_table(task.table, task.data_dir), task.rows_limit)
    split = draw_split(data, task.split)
    request = ComparisonRequest(target=TARGET, positive="1", methods=task.methods, repetitions=task.repetitions)
    own = open_arrays(task.table.name, [(split.train.features, split.train.labels)], request, {})
    study = plan_study(request, own)
    facts = {
        "table": task.table.name,
        "split": task.split,
        "rows_limit": task.rows_limit,
        "repetitions": task.repetitions,
        "train_rows": len(split.train.labels),
        "train_positives": int(split.train.labels.sum()),
        "holdout_positives": int(split.holdout.labels.sum()),
        "commit": describe_commit(),
    }
    with TemporaryDirectory() as folder:
        place = Place(own, Path(folder), Store(Path(folder)), "cpu")
        place.run(study.runs())
        rows = place.store.rows(study.runs())
        return [facts | measure_method(method, rows, study, place, split) for method in study.methods]


def measure_method(method: Method, rows: Sequence[Row], study: OwnStudy, place: Place, split: Split) -> dict[str, Any]:
    """Train a method on all rows, predict the holdout, and return its scores there and in the folds.

    The seconds of a fold are the method's share of the stack that it was trained in. If a training failed, the entry
    "failure" says why; if it was the last one, there are no scores on the holdout.

    Args:
        method: The method.
        rows: The finished folds of all methods.
        study: The study.
        place: The data and the store.
        split: The split of the table.
    """
    of_method = [row for row in rows if row.run.method == method]
    started = time.perf_counter()
    model = train_final_model(study, method, TARGET, place)
    final_seconds = time.perf_counter() - started
    scores: dict[str, Any] = {}
    if model is not None:
        probabilities = model.predict_proba(split.holdout.features)[:, 1]
        scores = measure(split.holdout.labels, Prediction(probabilities, model.threshold.value))
    trainings = [*of_method, *place.store.rows([study.final_run(method)])]
    failures = (row.failure for row in trainings if row.failure is not None)
    return {
        "method": str(method),
        **scores,
        "fold_average_precision": [row.scores["test"]["average_precision"] for row in of_method],
        "fold_f1": [row.tuned.scores["f1"] for row in of_method],
        "fold_seconds": [round(row.seconds, 3) for row in of_method],
        "final_seconds": round(final_seconds, 3),
        "test_to_train": sum(of_method[0].counts.test) / sum(of_method[0].counts.train),
        "failure": next(failures, None),
    }


def plan_tasks(tables: Sequence[Table], options: argparse.Namespace) -> list[Task]:
    """Return the tasks with methods that have no row yet: the first split of all tables, then the second one."""
    finished = set(read_rows(options.rows_file).reindex(columns=KEY).itertuples(index=False, name=None))
    tasks = []
    for split, table in product(range(options.splits), tables):
        keys = {method: (table.name, split, method, options.rows, options.repetitions) for method in options.method}
        methods = tuple(method for method, key in keys.items() if key not in finished)
        if methods:
            tasks.append(Task(table, split, methods, options.rows, options.repetitions, options.data_dir))
    return tasks


def run_all(tables: Sequence[Table], options: argparse.Namespace, executor: Executor) -> int:
    """Run the tasks that are left, append their rows, and return how many tasks failed."""
    failures = 0
    options.rows_file.parent.mkdir(parents=True, exist_ok=True)
    futures = {executor.submit(measure_task, task): task for task in plan_tasks(tables, options)}
    for future in as_completed(futures):
        task = futures[future]
        if error := future.exception():
            print(f"{task.table.name}, split {task.split} failed: {error}", file=sys.stderr)
            failures += 1
            continue
        rows = future.result()
        append_lines(options.rows_file, [dumps(row) for row in rows])
        seconds = sum(sum(row["fold_seconds"]) + row["final_seconds"] for row in rows)
        print(f"{task.table.name}, split {task.split}: {len(rows)} methods, {seconds:.0f} s", flush=True)
    return failures


def report_rows(tables: Sequence[Table], options: argparse.Namespace) -> str:
    """Return the report on the rows of the file with this limit of rows and this number of repetitions.

    If the command line names methods, it is about these alone.
    """
    rows, reference = read_rows(options.rows_file), read_rows(options.reference)
    own_loop = reference[reference["method"] == REFERENCE]
    if own_loop.empty:
        return f"{options.reference} has no rows of {REFERENCE}: make them with benchmarks.holdouts."
    named = rows.reindex(columns=KEY)["table"].isin([table.name for table in tables])
    rows = rows[named & (rows["rows_limit"] == options.rows) & (rows["repetitions"] == options.repetitions)]
    methods = options.method or list(rows["method"].unique())
    if options.first not in methods:
        return f"{options.rows_file} has no rows of {options.first}: name another method with --first."
    methods = [options.first, *(method for method in methods if method != options.first)]
    splits = gather_candidates(rows, own_loop, methods)
    if not splits:
        return f"No split has rows of {', '.join(methods)} and of {REFERENCE} in {options.reference}."
    return report(splits, methods, options.seen or [options.repetitions])


def read_options() -> argparse.Namespace:
    """Read the command line. Methods are brought into the text that rows have."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("rows_file", type=Path, help="JSON-lines file to which rows are appended")
    add("--report", action="store_true", help="print the comparison of rules")
    add("--reference", type=Path, help="rows of benchmarks.holdouts with LightGBM's own loop, for the report")
    add("--first", default=REFERENCE, help="method that is preferred in advance, for the report")
    add("--seen", type=int, nargs="+", help="numbers of repetitions that rules see, for the report (default: all)")
    add("--method", action="append", default=[], help="method to measure, repeated")
    add("--repetitions", type=int, default=REPETITIONS, help="number of folds, of five each")
    add("--processes", type=int, default=1, help="number of splits that are measured at a time")
    add_table_options(parser)
    options = parser.parse_args()
    try:
        options.method = [str(Method.parse(text)) for text in options.method]
    except ValueError as error:
        parser.error(str(error))
    if options.report and options.reference is None:
        parser.error("--report needs --reference, the rows of LightGBM's own loop")
    if not options.report and not options.method:
        parser.error("there is nothing to measure: name methods with --method")
    return options


def main() -> None:
    """Run the tasks that the command line asks for, or report."""
    options = read_options()
    tables = choose_tables(options.tables)
    if options.report:
        print(report_rows(tables, options))
        return
    numbers = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    os.environ.update({number: str(options.threads) for number in numbers})  # the worker processes inherit them
    with ProcessPoolExecutor(options.processes, multiprocessing.get_context("spawn")) as executor:
        failures = run_all(tables, options, executor)
    if failures:
        sys.exit(f"{failures} splits failed")


if __name__ == "__main__":
    main()
