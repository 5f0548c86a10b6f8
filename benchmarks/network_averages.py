"""Do averages of three networks at three learning rates rank better than single networks at six rates?

    python -m benchmarks.network_averages rows.jsonl [--tables ecoli3 yeast4] [--splits 3] [--rows 4000]
    python -m benchmarks.network_averages rows.jsonl --report

On each split of a table, networks of cross-entropy are trained with three seeds at each of six learning rates. From
these the row has the average precision on the holdout of four methods: single networks (the mean over the seeds) and
the average of the three networks, at all six rates or at the three largest. The rate is chosen by the average precision
on the validation part. Finished splits are skipped on the next start.

The report has the difference of each method to single networks at six rates, and to RealMLP's rows of the same splits
(benchmarks/realmlp.jsonl, 20,000 rows), with 95 % intervals over tables.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from benchmarks.holdout_tables import Split, draw_split, limit_rows, read_table
from benchmarks.holdouts import add_table_options, append_lines, choose_tables, read_rows
from imbaloss.comparison.column_values import take_columns
from imbaloss.comparison.from_python import TARGET, open_arrays
from imbaloss.comparison.reading.frames import table_from_frame
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.data import InputForm, Samples
from imbaloss.data import Split as Parts
from imbaloss.learners import NETWORKS
from imbaloss.losses import LossSpec
from imbaloss.statistics import t_interval
from imbaloss.training import Member, Recipe, plan_training
from imbaloss.training.default_recipe import make_default_entries

SEEDS = range(3)
RATES = {"six rates": slice(0, 6), "three rates": slice(3, 6)}  # of the candidates, the smallest rate first
REFERENCE = "single, six rates"
REALMLP = Path(__file__).parent / "realmlp.jsonl"


def prepare(name: str, split: Split) -> Parts:
    """Return train, validation and holdout of a split as inputs of networks, prepared by the rows of train alone."""
    request = ComparisonRequest(target=TARGET, positive="1")
    own = open_arrays(name, [(split.train.features, split.train.labels)], request, {})
    train, validation = (np.flatnonzero(split.is_validation == of_validation) for of_validation in (False, True))
    preparation, inputs = own.fit_preparation(train, InputForm.PREPARED)
    return Parts(
        Samples(inputs, own.labels[train]),
        Samples(preparation(own.take_features(validation)), own.labels[validation]),
        Samples(preparation(take_columns(own.kind, table_from_frame(split.holdout.features))), split.holdout.labels),
    )


def train_networks(parts: Parts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Train a network for each seed and rate; return probabilities on validation and holdout, (seeds, rates, N)."""
    recipe = Recipe(**make_default_entries(len(parts.train), RATES["six rates"].stop), scaling="unit")
    candidates = recipe.candidates()
    members = [Member(parts, LossSpec("ce"), candidate, seed) for seed in SEEDS for candidate in candidates]
    plan = plan_training(candidates[0], len(parts.train), parts.train.inputs.shape[1:])
    outcomes = NETWORKS.fit(members, device="cpu", plan=plan, on_epoch=lambda _: None)
    models = [outcome.model for outcome in outcomes]
    if not all(models):
        raise ValueError(next(outcome.failure for outcome in outcomes if outcome.failure))
    shape = len(SEEDS), len(candidates), -1
    of_validation, of_holdout = (
        np.stack([model.probabilities(part.inputs) for model in models if model]).reshape(shape)
        for part in (parts.validation, parts.test)
    )
    return of_validation, of_holdout


def score_methods(parts: Parts) -> dict[str, float]:
    """Return the average precision on the holdout of each method: single or average, at six or three rates."""
    validation, holdout = train_networks(parts)
    scores = {}
    for rates, places in RATES.items():
        singles = [
            score_best_rate(parts, validation[seed, places], holdout[seed, places]) for seed in range(len(SEEDS))
        ]
        scores[f"single, {rates}"] = float(np.mean(singles))
        of_average = (probabilities[:, places].mean(0) for probabilities in (validation, holdout))
        scores[f"average, {rates}"] = score_best_rate(parts, *of_average)
    return scores


def score_best_rate(parts: Parts, validation: NDArray[np.float64], holdout: NDArray[np.float64]) -> float:
    """Return the average precision on the holdout at the rate that is best on validation, of probabilities (rates, N).

    Of equal rates the smallest counts.
    """
    reached = [average_precision_score(parts.validation.labels, probabilities) for probabilities in validation]
    return float(average_precision_score(parts.test.labels, holdout[int(np.argmax(reached))]))


def describe_difference(name: str, differences: "pd.Series[float]") -> str:
    """Return a line with the mean difference over tables, its 95 % interval, and the tables above 0."""
    mean, low, high = t_interval(differences.to_numpy())
    above = f"above 0 on {(differences > 0).sum()} of {len(differences)} tables"
    return f"- {name}: {mean:+.4f} (95 % CI {low:+.4f} to {high:+.4f}), {above}"


def report(rows: pd.DataFrame) -> list[str]:
    """Return the lines of the report: the means of each table in Markdown, and the differences over tables."""
    methods = [column for column in rows.columns if column not in {"table", "split", "rows_limit"}]
    means = rows.groupby("table", sort=False)[methods].mean()
    lines = [f"| table | {' | '.join(methods)} |", f"| {' | '.join(['---'] * (len(methods) + 1))} |"]
    lines += [
        f"| {table} | {' | '.join(f'{value:.3f}' for value in of_table)} |" for table, *of_table in means.itertuples()
    ]
    lines.append("")
    for method in methods:
        if method != REFERENCE:
            lines.append(describe_difference(f"{method}, to {REFERENCE}", means[method] - means[REFERENCE]))
    realmlp = read_rows(REALMLP).query("method == 'realmlp'")
    pairs = rows.merge(realmlp[["table", "split", "rows_limit", "average_precision"]])
    if pairs["table"].nunique() > 1:
        of_pairs = pairs.groupby("table")[[*methods, "average_precision"]].mean()
        lines += [
            describe_difference(f"{method}, to RealMLP-TD", of_pairs[method] - of_pairs["average_precision"])
            for method in methods
        ]
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on the splits that the file lacks, or report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows_file", type=Path, help="JSON-lines file to which rows are appended")
    parser.add_argument("--report", action="store_true", help="print the differences over the rows of the file")
    add_table_options(parser)
    options = parser.parse_args(arguments)
    rows = read_rows(options.rows_file)
    if options.report:
        print("\n".join(report(rows)) if len(rows) else f"{options.rows_file} has no rows")
        return
    finished = set(rows[["table", "split", "rows_limit"]].itertuples(index=False, name=None))
    for table in choose_tables(options.tables):
        data = limit_rows(read_table(table, options.data_dir), options.rows)
        for split in range(options.splits):
            key = table.name, split, options.rows
            if key not in finished:
                facts = dict(zip(("table", "split", "rows_limit"), key, strict=True))
                scores = score_methods(prepare(table.name, draw_split(data, split)))
                append_lines(options.rows_file, [json.dumps(facts | scores)])


if __name__ == "__main__":
    main()
