"""Compare averages of methods with the best single method and with LightGBM, on holdouts of real tables.

    python -m benchmarks.averages rows.jsonl --tables all --rows 2000
    python -m benchmarks.averages rows.jsonl --report

The splits have numbers from 100 on, which no other benchmark uses. On the rows that are not held out, the single
methods are trained in three folds, and the rule of `imbaloss.compare` recommends one of them. Then all methods are
trained on these rows, a fifth of which is validation, and predict the holdout. A row has the scores of a method there.
Finished splits are skipped on the next start.
"""

import argparse
import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import torch

from benchmarks.holdout_tables import LabelledFrame, Table, draw_split, limit_rows, read_table
from benchmarks.holdouts import Prediction, add_table_options, append_lines, choose_tables, describe_commit, measure
from imbaloss.comparison.from_python import TARGET, open_arrays
from imbaloss.comparison.place import Place
from imbaloss.comparison.planning import plan_study
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.learners import Method
from imbaloss.report import compute_findings
from imbaloss.statistics import t_interval
from imbaloss.studies import Store

SINGLES = ("lightgbm", "logistic_regression", "balanced_random_forest", "ce")
AVERAGE, SELECTION = (f"{kind}({', '.join(sorted(SINGLES))})" for kind in ("average", "ensemble_selection"))
SMALL = "average(ce, lightgbm, logistic_regression)"
BY_RULE = "single by the rule"
REPETITIONS, SETTINGS = 3, 3
FIRST_SPLIT = 100
SCORES = ("average_precision", "roc_auc", "f1", "log_loss", "calibration_error", "optimism")


def run_split(table: Table, number: int, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield a row for each method on the holdout of a split, and one for the single method that the rule recommends."""
    split = draw_split(limit_rows(read_table(table, options.data_dir), options.rows), number)
    chosen = recommend_single(split.train)
    request = make_request((*SINGLES, SMALL, AVERAGE, SELECTION), repetitions=1)
    own = open_arrays(table.name, [tuple(split.train), tuple(split.holdout)], request, {})
    study = plan_study(request, own)
    with TemporaryDirectory() as folder:
        place = Place(own, Path(folder), Store(Path(folder)), "cpu")
        place.run(study.runs())
        rows = place.store.rows(study.runs())
        tests = place.store.test_predictions(study.runs())
    for row, test in zip(rows, tests, strict=True):
        scores = measure(test.labels, Prediction(test.probabilities, row.tuned.threshold or 0.5))
        validation = row.scores["validation"]["average_precision"]
        facts = {
            "table": table.name,
            "split": number,
            "rows_limit": options.rows,
            **scores,
            "optimism": validation - scores["average_precision"] if validation is not None else np.nan,
            "weights": row.tuning.setting.to_dict() if row.run.method.members and row.tuning else None,
            "seconds": row.seconds,
            "commit": describe_commit(),
        }
        yield {"method": str(row.run.method), **facts}
        if row.run.method == chosen:
            yield {"method": BY_RULE, **facts, "chosen": str(chosen)}


def recommend_single(train: LabelledFrame) -> Method | None:
    """Return the single method that the rule of `compare` recommends after three folds of some rows."""
    request = make_request(SINGLES, repetitions=REPETITIONS)
    own = open_arrays("folds", [tuple(train)], request, {})
    study = plan_study(request, own)
    with TemporaryDirectory() as folder:
        place = Place(own, Path(folder), Store(Path(folder)), "cpu")
        place.run(study.runs())
        return study.recommend(compute_findings(study, place.store.rows(study.runs()), place.store))


def make_request(methods: tuple[str, ...], repetitions: int) -> ComparisonRequest:
    """Make the request for methods with three settings each, without measuring columns."""
    return ComparisonRequest(
        target=TARGET, positive="1", methods=methods, repetitions=repetitions, settings=SETTINGS, importance=False
    )


def report(rows: pd.DataFrame) -> str:
    """Return Markdown tables: the means of the scores of each method, and paired differences of the averages.

    A difference is the mean over tables of the mean over their splits, with Student's 95 % interval over tables.
    """
    by_table = rows.groupby(["method", "table"])[[*SCORES, "seconds"]].mean()
    means = by_table.groupby("method").mean().round(4)
    counts = f"{rows['table'].nunique()} tables, {rows.groupby('table')['split'].nunique().sum()} splits"
    lines = [counts, "", *write_table(means.reset_index())]
    differences = []
    for method, reference, score in product(
        (SMALL, AVERAGE, SELECTION), (BY_RULE, "lightgbm", AVERAGE), ("average_precision", "roc_auc", "log_loss", "f1")
    ):
        if method != reference:
            paired = (by_table.loc[method][score] - by_table.loc[reference][score]).dropna().to_numpy()
            mean, low, high = t_interval(paired)
            text = f"{mean:+.4f} ({low:+.4f} to {high:+.4f})"
            better = (paired < 0 if score == "log_loss" else paired > 0).mean()
            differences.append([method, reference, score, text, f"{better:.0%}"])
    columns = ["method", "against", "score", "difference (95 % CI)", "tables where it is better"]
    return "\n".join([*lines, "", *write_table(pd.DataFrame(differences, columns=columns))])


def write_table(frame: pd.DataFrame) -> list[str]:
    """Return the lines of a Markdown table."""
    cells = [list(map(str, frame.columns)), ["---"] * frame.shape[1], *frame.astype(str).to_numpy().tolist()]
    return [f"| {' | '.join(row)} |" for row in cells]


def main() -> None:
    """Run the splits that have no row yet, or report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows_file", type=Path, help="JSON-lines file to which rows are appended")
    parser.add_argument("--report", action="store_true", help="print means and differences of the file's rows")
    add_table_options(parser)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    text = options.rows_file.read_text(encoding="utf-8") if options.rows_file.exists() else ""
    rows = pd.DataFrame(map(json.loads, text.splitlines()), columns=None if text else ["table", "split"])
    if options.report:
        print(report(rows))
        return
    finished = set(zip(rows["table"], rows["split"], strict=True))
    numbers = range(FIRST_SPLIT, FIRST_SPLIT + options.splits)
    for number, table in product(numbers, choose_tables(options.tables)):
        if (table.name, number) not in finished:
            append_lines(options.rows_file, [json.dumps(row) for row in run_split(table, number, options)])


if __name__ == "__main__":
    main()
