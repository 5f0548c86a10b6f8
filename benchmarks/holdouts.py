"""Compare methods on holdouts of real tables: imbaloss as a user has it, LightGBM, and pytabkit's RealMLP-TD.

    python -m benchmarks.holdouts rows.jsonl --method lightgbm --method imbaloss --budget 10m
    python -m benchmarks.holdouts rows.jsonl --report

Each table is split three times: 70 % of the rows go to a method, 30 % are the holdout. The method runs in a process of
its own, which is never given the labels of the holdout. A finished fit appends a row, and is skipped on the next start.

LightGBM needs `pip install --constraint constraints.txt lightgbm`, RealMLP an environment of its own with pytabkit,
whose interpreter `--realmlp-python` names. Both learn from 80 % of their rows; the rest stops them early, chooses
LightGBM's settings, and gives the threshold with the best F1. `lightgbm+platt` is the same fit with probabilities that
are calibrated on these rows.

Rows of a changed imbaloss go into a new file; for the report `--reference` names the file that has LightGBM's rows. A
budget is time on a clock: fits that are compared run on an idle machine. `--repetitions` takes its place on a busy one.

Three tables are for checking (`--tables checking`): no method is changed because of them.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import platformdirs
from numpy.typing import NDArray
from scipy import special
from sklearn.metrics import average_precision_score, brier_score_loss, f1_score, log_loss, roc_auc_score

from benchmarks.holdout_methods import HOLDOUT, LABELS, OPTIONS, PREDICTION, TRAIN
from benchmarks.holdout_tables import TABLES, Split, Table, draw_split, limit_rows, read_table
from imbaloss.evaluation import Rule, calibration, choose_threshold, expected_calibration_error
from imbaloss.statistics import t_interval

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

SPLITS = 3
CALIBRATION_BINS = 15
SMALLEST_PROBABILITY = 1e-12
REFERENCE = "lightgbm"
METHODS = ("imbaloss", "lightgbm", "realmlp")
ROOT = Path(__file__).parents[1]

KEY = ("table", "split", "method", "rows_limit", "budget")  # what makes a fit the same


class Prediction(NamedTuple):
    """Probabilities of the positive class for the holdout, (N,), and the threshold from which a row is positive."""

    probabilities: Floats
    threshold: float


def run_method(method: str, split: Split, options: dict[str, Any], realmlp_python: str | None) -> dict[str, Any]:
    """Fit a method in a process of its own, and return the arrays that it wrote.

    Raises:
        subprocess.CalledProcessError: The process failed.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        split.train.features.to_parquet(folder / TRAIN)
        split.holdout.features.to_parquet(folder / HOLDOUT)
        np.savez(folder / LABELS, labels=split.train.labels, is_validation=split.is_validation)
        (folder / OPTIONS).write_text(json.dumps(options))
        numbers = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        environment = os.environ | {number: str(options["threads"]) for number in numbers}
        if method == "realmlp":
            environment.pop("PYTHONPATH", None)  # the modules of this interpreter are not for that one
            command = [str(realmlp_python), str(ROOT / "benchmarks" / "realmlp.py"), name]
        else:
            command = [sys.executable, "-m", "benchmarks.holdout_methods", method, name]
        subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        with np.load(folder / PREDICTION) as arrays:
            return {key: arrays[key][()] for key in arrays.files}


def choose_thresholds(fit_output: dict[str, Any], validation_labels: Labels) -> dict[str, Prediction]:
    """Return the predictions of a method, by what is added to its name.

    A method that decides by itself has one. For one that gives probabilities of the validation rows the threshold has
    their best F1, and there is a second prediction with Platt's calibration.
    """
    if "threshold" in fit_output:
        return {"": Prediction(fit_output["holdout"], float(fit_output["threshold"]))}
    holdout, validation = (fit_output[key].astype(np.float64) for key in ("holdout", "validation"))
    bounds = SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY
    log_odds = [special.logit(np.clip(probabilities, *bounds)) for probabilities in (holdout, validation)]
    platt = calibration.fit_calibration("platt", validation_labels, log_odds[1])
    calibrated = [special.expit(platt(odds)) for odds in log_odds]
    rule = Rule("f1")
    return {
        "": Prediction(holdout, choose_threshold(rule, validation_labels, validation, resamples=0).threshold),
        "+platt": Prediction(
            calibrated[0], choose_threshold(rule, validation_labels, calibrated[1], resamples=0).threshold
        ),
    }


def measure(labels: Labels, prediction: Prediction) -> dict[str, float]:
    """Return the scores of a prediction on the holdout; labels (N,)."""
    probabilities = prediction.probabilities
    return {
        "average_precision": float(average_precision_score(labels, probabilities)),
        "roc_auc": float(roc_auc_score(labels, probabilities)),
        "f1": float(f1_score(labels, probabilities >= prediction.threshold, zero_division=0.0)),
        "log_loss": float(log_loss(labels, probabilities)),
        "brier": float(brier_score_loss(labels, probabilities)),
        "calibration_error": expected_calibration_error(labels, probabilities, CALIBRATION_BINS),
        "threshold": prediction.threshold,
    }


def describe_commit() -> str:
    """Return the commit of this checkout, with `-dirty` where files differ from it."""
    command = ["git", "describe", "--always", "--exclude=*", "--dirty"]
    return subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True).stdout.strip()


def make_rows(table: Table, method: str, split: Split, fit_output: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a row for each prediction of a fit, without the options that it ran under."""
    predictions = choose_thresholds(fit_output, split.train.labels[split.is_validation])
    for suffix, prediction in predictions.items():
        yield {
            "table": table.name,
            "method": method + suffix,
            **measure(split.holdout.labels, prediction),
            **{key: round(float(fit_output[key]), 3) for key in ("fit_wall_s", "fit_cpu_s")},
            "train_rows": len(split.train.labels),
            "holdout_rows": len(split.holdout.labels),
            "holdout_positives": int(split.holdout.labels.sum()),
            "chosen": str(fit_output["chosen"]),
            "version": str(fit_output["version"]),
            "commit": describe_commit(),
            "processor": platform.processor() or platform.machine(),
        }


def read_rows(file: Path) -> pd.DataFrame:
    """Read the rows of a file that need not exist; a line that broke off is left out."""
    rows = []
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            print(f"a line of {file} is not whole and is left out: {line[:40]}", file=sys.stderr)
    return pd.DataFrame(rows, columns=None if rows else list(KEY))


def append_lines(file: Path, lines: Sequence[str]) -> None:
    """Append lines to a file; a last line that broke off stays a line of its own."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    start = "" if not text or text.endswith("\n") else "\n"
    with file.open("a", encoding="utf-8") as stream:
        stream.write(start + "".join(f"{line}\n" for line in lines))


def describe_budget(options: argparse.Namespace) -> str:
    """Return the budget of a comparison as rows have it: a time such as 10m, or 3 repetitions if that is asked for."""
    return f"{options.repetitions} repetitions" if options.repetitions else options.budget


def run_all(tables: Sequence[Table], options: argparse.Namespace) -> int:
    """Run the fits that have no row yet, and append their rows; return how many failed."""
    failures = 0
    finished = {tuple(row) for row in read_rows(options.rows_file)[list(KEY)].itertuples(index=False)}
    options.rows_file.parent.mkdir(parents=True, exist_ok=True)
    for table in tables:
        data = None
        for seed, method in product(range(options.splits), options.method):
            budget = describe_budget(options) if method == "imbaloss" else ""
            facts = {"split": seed, "rows_limit": options.rows, "budget": budget}
            if (table.name, seed, method, options.rows, budget) in finished:
                continue
            data = data or limit_rows(read_table(table, options.data_dir), options.rows)
            split = draw_split(data, seed)
            try:
                settings = {"seed": seed, "threads": options.threads, "budget": budget}
                settings |= {"repetitions": options.repetitions}
                fit_output = run_method(method, split, settings, options.realmlp_python)
            except subprocess.CalledProcessError as error:
                print(f"{table.name}, split {seed}: {method} failed, {error}", file=sys.stderr)
                failures += 1
                continue
            lines = [json.dumps(row | facts) for row in make_rows(table, method, split, fit_output)]
            append_lines(options.rows_file, lines[::-1])  # the row that counts as finished is the last one
            print(*lines, sep="\n", flush=True)
    return failures


def pair_with_reference(rows: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """Return a line a table: means of a method's scores, and LightGBM's with the suffix `_reference`.

    The means are over the splits that both have. `difference` is that of the average precisions, `error` its standard
    error over the splits, NaN for one split.
    """
    pairs = rows.merge(reference, on=["table", "split", "rows_limit"], suffixes=("", "_reference"))
    pairs["difference"] = pairs["average_precision"] - pairs["average_precision_reference"]
    scores = ["average_precision", "f1", "calibration_error", "fit_cpu_s"]
    by_table = pairs.groupby("table", sort=False)
    means = by_table[["difference", *scores, *(f"{score}_reference" for score in scores)]].mean()
    return means.assign(error=by_table["difference"].sem(), splits=by_table.size())


def report(rows: pd.DataFrame, tables: Sequence[Table]) -> str:
    """Return a Markdown table and a summary for each method, compared with LightGBM on the same splits.

    Of rows of the same fit the last one counts. Tables without a pair of rows are named.
    """
    rows = rows[rows["table"].isin([table.name for table in tables])].drop_duplicates(list(KEY), keep="last")
    is_reference = rows["method"] == REFERENCE
    parts = []
    for (method, budget), method_rows in rows[~is_reference].groupby(["method", "budget"]):
        pairs = pair_with_reference(method_rows, rows[is_reference])
        if len(pairs):
            title = f"{method}, budget {budget}" if budget else method
            parts.append("\n".join([f"{title}, compared with {REFERENCE}:", "", *describe_pairs(pairs, tables)]))
    return "\n\n".join(parts) or f"No split has rows of both {REFERENCE} and another method."


def describe_pairs(pairs: pd.DataFrame, tables: Sequence[Table]) -> list[str]:
    """Return the lines of a report on one method. AP: average precision, its difference with the standard error.

    ECE: expected calibration error.
    """
    lines = [
        "| table | rows | positives | splits | AP, LightGBM | AP difference | F1 difference | ECE, LightGBM | ECE |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for table in tables:
        if table.name in pairs.index:
            pair = pairs.loc[table.name]
            error = f" ± {pair['error']:.3f}" if pair["splits"] > 1 else ""
            lines.append(
                f"| {table.name} | {table.rows:,} | {table.positives:,} | {pair['splits']:.0f} "
                f"| {pair['average_precision_reference']:.3f} | {pair['difference']:+.3f}{error} "
                f"| {pair['f1'] - pair['f1_reference']:+.3f} "
                f"| {pair['calibration_error_reference']:.3f} | {pair['calibration_error']:.3f} |"
            )
    missing = [table.name for table in tables if table.name not in pairs.index]
    return [*lines, "", *summarise(pairs), *([f"- Missing: {', '.join(missing)}."] if missing else [])]


def summarise(pairs: pd.DataFrame) -> list[str]:
    """Return what the reach of a method is, as items of a list."""
    mean, low, high = t_interval(pairs["difference"].to_numpy())
    interval = f"(95 % CI {low:+.4f} to {high:+.4f})" if np.isfinite(low) else "(no interval)"
    ours, reference = pairs["calibration_error"].mean(), pairs["calibration_error_reference"].mean()
    seconds = [pairs[column].mean() for column in ("fit_cpu_s", "fit_cpu_s_reference")]
    return [
        f"- Mean difference in average precision over {len(pairs)} tables: {mean:+.4f} "
        f"{interval}. Aim: lower bound above -0.01.",
        f"- Mean expected calibration error: {ours:.4f}, {ours / reference:.2f} times LightGBM's {reference:.4f}. "
        "Aim: at most 1.2 times.",
        f"- Worst table: {pairs['difference'].idxmin()}, {pairs['difference'].min():+.4f}. Aim: none below -0.03.",
        f"- Mean time of a fit: {seconds[0]:.0f} s of CPU, LightGBM {seconds[1]:.0f} s.",
    ]


def add_table_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which rows of which tables are used, and with how many threads."""
    add = parser.add_argument
    names = [table.name for table in TABLES]
    groups = ["development", "checking", "all"]
    add("--tables", nargs="+", default=["development"], choices=[*groups, *names], help="tables, or a group of them")
    add("--splits", type=int, default=SPLITS, help="number of splits of each table")
    add("--rows", type=int, default=20_000, help="larger tables are reduced to so many rows, stratified")
    add("--threads", type=int, default=1, help="threads of a fit")
    cache = Path(platformdirs.user_cache_dir("imbaloss")) / "holdouts"
    add("--data-dir", type=Path, default=cache, help="folder of the wheels, which are downloaded once")


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("rows_file", type=Path, help="JSON-lines file to which rows are appended")
    add("--report", action="store_true", help="print the comparison of the file's rows with LightGBM's")
    add("--reference", type=Path, help="further file of rows for the report, as of LightGBM")
    add("--method", action="append", choices=METHODS, help="method to run, may be repeated (default: lightgbm)")
    add_table_options(parser)
    add("--budget", default="10m", help="time that imbaloss.compare is given for a fit")
    add("--repetitions", type=int, help="repetitions of imbaloss.compare, in place of a budget")
    add("--realmlp-python", help="interpreter of the environment that has pytabkit")
    options = parser.parse_args()
    options.method = options.method or [REFERENCE]
    if "realmlp" in options.method and options.realmlp_python is None:
        parser.error("realmlp needs --realmlp-python, the interpreter of an environment that has pytabkit")
    return options


def choose_tables(names: Sequence[str]) -> list[Table]:
    """Return the tables with these names or in these groups, in their usual order."""
    groups = {"development": {False}, "checking": {True}, "all": {False, True}}
    return [
        table
        for table in TABLES
        if table.name in names or any(table.checking in groups.get(name, ()) for name in names)
    ]


def main() -> None:
    """Run the fits that the command line asks for, or report."""
    options = read_options()
    tables = choose_tables(options.tables)
    if options.report:
        files = [file for file in (options.reference, options.rows_file) if file is not None]
        print(report(pd.concat(map(read_rows, files)), tables))
    elif failures := run_all(tables, options):
        sys.exit(f"{failures} fits failed")


if __name__ == "__main__":
    main()
