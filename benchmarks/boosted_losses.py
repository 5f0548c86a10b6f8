"""Does the loss matter for boosted trees? LightGBM with its log-loss and with losses of imbaloss, on real tables.

    python -m benchmarks.boosted_losses rows.jsonl
    python -m benchmarks.boosted_losses rows.jsonl --report

Tables and splits are those of `benchmarks.holdouts`. Every method tries the same settings on the same rows, and stops
early by its own loss on the validation rows. The setting with the highest average precision there predicts the holdout,
and the threshold with the best F1 there decides. A finished fit appends a row, and is skipped on the next start. The
report has paired differences to the method `lightgbm`: means over splits, with a 95 % interval over tables.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, brier_score_loss, f1_score, roc_auc_score

from benchmarks.best_fit import fit_best
from benchmarks.holdout_tables import LabelledFrame, draw_split, limit_rows, read_table
from benchmarks.holdout_tables import Split as TableSplit
from benchmarks.holdouts import add_table_options, append_lines, choose_tables, describe_commit, read_rows
from imbaloss.data import Samples, Split
from imbaloss.evaluation import Rule, calibration, choose_threshold
from imbaloss.statistics import t_interval

REFERENCE = "lightgbm"
METHODS = (REFERENCE, "lightgbm/wce", "lightgbm/mfe", "lightgbm/msfe", "lightgbm/focal")
SETTINGS = 6
SCORES = ("average_precision", "roc_auc", "f1", "brier")
KEY = ["table", "split", "rows_limit", "method"]
RULE = Rule("f1")


def make_parts(split: TableSplit) -> Split:
    """Return train, validation and holdout as numbers; categories become codes, and missing ones NaN."""
    frames = [split.train.features, split.holdout.features]
    features = pd.concat(frames, ignore_index=True)
    names = features.select_dtypes("category").columns
    for name in names:
        features[name] = features[name].cat.codes.astype(np.float64).replace(-1, np.nan)
    rows = features.to_numpy(np.float64)
    train, holdout = rows[: len(frames[0])], rows[len(frames[0]) :]
    chosen, labels = split.is_validation, split.train.labels
    return Split(
        Samples(train[~chosen], labels[~chosen]),
        Samples(train[chosen], labels[chosen]),
        Samples(holdout, split.holdout.labels),
        tuple(int(features.columns.get_loc(name)) for name in names),
    )


def fit_method(text: str, parts: Split, seed: int) -> dict[str, object]:
    """Fit a method with each of its settings, and return the scores on the holdout of the best on validation."""
    best = fit_best(text, parts, seed, SETTINGS)
    odds = [best.model.logits(part.inputs) for part in (parts.validation, parts.test)]
    platt = calibration.fit_calibration("platt", parts.validation.labels, odds[0])
    probabilities = [1 / (1 + np.exp(-platt(each))) for each in odds]
    threshold = choose_threshold(RULE, parts.validation.labels, probabilities[0], resamples=0).threshold
    scores = measure(parts.test.labels, probabilities[1], threshold)
    return {**scores, "seconds": best.seconds, "chosen": best.chosen}


def measure(labels: NDArray[np.int64], probabilities: NDArray[np.float64], threshold: float) -> dict[str, float]:
    """Return the scores of calibrated probabilities, (N,), and of the decisions from a threshold on."""
    return {
        "average_precision": float(average_precision_score(labels, probabilities)),
        "roc_auc": float(roc_auc_score(labels, probabilities)),
        "f1": float(f1_score(labels, probabilities >= threshold)),
        "brier": float(brier_score_loss(labels, probabilities)),
    }


def run_all(options: argparse.Namespace) -> None:
    """Run the fits that have no row yet, and append their rows."""
    finished = {tuple(row) for row in read_rows(options.rows_file).reindex(columns=KEY).itertuples(index=False)}
    for table in choose_tables(options.tables):
        data: LabelledFrame | None = None
        for seed in range(options.splits):
            parts = None
            for text in options.method:
                key = {"table": table.name, "split": seed, "rows_limit": options.rows, "method": text}
                if tuple(key.values()) in finished:
                    continue
                data = data or limit_rows(read_table(table, options.data_dir), options.rows)
                parts = parts or make_parts(draw_split(data, seed))
                row = {**key, **fit_method(text, parts, seed), "commit": describe_commit()}
                append_lines(options.rows_file, [json.dumps(row)])


def report(rows: pd.DataFrame) -> Iterator[str]:
    """Yield the lines of a table: the mean scores of each method, and its mean difference to `lightgbm`."""
    rows = rows.drop_duplicates(KEY, keep="last")
    means = rows.groupby(["method", "table"], sort=False)[[*SCORES, "seconds"]].mean()
    yield f"{rows['table'].nunique()} tables, {rows['split'].nunique()} splits"
    yield f"| method | {' | '.join(SCORES)} | seconds |"
    yield "| --- " * (len(SCORES) + 2) + "|"
    for method in rows["method"].unique():
        cells = []
        for score in SCORES:
            differences = (means.loc[method, score] - means.loc[REFERENCE, score]).dropna()
            mean, low, high = t_interval(differences.to_numpy())
            interval = "" if method == REFERENCE else f" ({mean:+.4f}, {low:+.4f} to {high:+.4f})"
            cells.append(f"{means.loc[method, score].mean():.4f}{interval}")
        yield f"| {method} | {' | '.join(cells)} | {means.loc[method, 'seconds'].mean():.1f} |"


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows_file", type=Path, help="JSON-lines file to which rows are appended")
    parser.add_argument("--report", action="store_true", help="print what the rows of the file say")
    parser.add_argument("--method", nargs="+", default=METHODS, help="methods to fit")
    add_table_options(parser)
    return parser.parse_args(arguments)


def main() -> None:
    """Run the fits that the command line asks for, or report."""
    options = read_options()
    if not options.report:
        options.rows_file.parent.mkdir(parents=True, exist_ok=True)
        run_all(options)
    for line in report(read_rows(options.rows_file)):
        print(line)


if __name__ == "__main__":
    main()
