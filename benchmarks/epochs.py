"""At which epoch should a network stop: the lowest validation loss, or the best validation score?

    python -m benchmarks.epochs [--tables development] [--splits 3] [--rows 3000]

Networks of three losses are trained on real tables, for each of 1 to 40 epochs. Of each loss and split, the epoch with
the lowest loss on the validation part is taken, or that with the best score there. Both are scored on the holdout. The
table has the mean score on the holdout over tables by the rule, and the difference with its 95 % interval over tables.
"""

import argparse
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats
from torch import from_numpy

from benchmarks.holdout_tables import Split, draw_split, limit_rows, read_table
from benchmarks.holdouts import add_table_options, choose_tables
from imbaloss import losses
from imbaloss.comparison.column_values import take_columns
from imbaloss.comparison.from_python import TARGET, open_arrays
from imbaloss.comparison.reading.frames import table_from_frame
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.evaluation import Objective
from imbaloss.evaluation.thresholds import Rule
from imbaloss.learners import NETWORKS
from imbaloss.losses import LossSpec
from imbaloss.training import Member, Recipe, plan_training
from imbaloss.training.default_recipe import make_default_entries

EPOCHS = (*range(1, 21), *range(22, 41, 2))
LOSSES = ("ce", "wce", "mfe")
SCORES = ("average_precision", "roc_auc", "f1")


def measure_split(name: str, split: Split, loss: str) -> list[dict[str, object]]:
    """Train a network for each number of epochs, and return the scores on the holdout of each choice of an epoch."""
    request = ComparisonRequest(target=TARGET, positive="1")
    own = open_arrays(name, [(split.train.features, split.train.labels)], request, {}).without_test
    prepared = own.prepare_split(0, None)
    parts = prepared.split
    entries = make_default_entries(len(parts.train), 1) | {"tune_lr": (), "patience": 0, "lr": 1e-3}
    recipes = [Recipe(**entries | {"epochs": epochs}, scaling="unit") for epochs in EPOCHS]
    members = [Member(parts, LossSpec.parse(loss), recipe, 0) for recipe in recipes]
    plan = plan_training(recipes[0], len(parts.train), parts.train.inputs.shape[1:])
    models = [outcome.model for outcome in NETWORKS.fit(members, device="cpu", plan=plan, on_epoch=lambda _: None)]
    assert all(models)
    holdout = prepared.preparation(take_columns(own.kind, table_from_frame(split.holdout.features)))
    validation_logits = [model.logits(parts.validation.inputs) for model in models if model]
    formula = losses.get(loss, counts=tuple(parts.train.counts))
    of_loss = [float(formula(from_numpy(logits), from_numpy(parts.validation.labels))) for logits in validation_logits]
    rule, rows = Rule("f1"), []
    for score in SCORES:
        objective = Objective(score)
        on_validation, on_holdout = (
            [objective.compute_best(rule, labels, model.probabilities(inputs)) for model in models if model]
            for inputs, labels in ((parts.validation.inputs, parts.validation.labels), (holdout, split.holdout.labels))
        )
        places = {"loss": int(np.argmin(of_loss)), "score": int(np.argmax(np.array(on_validation, dtype=float)))}
        reached = {f"by {rule}": on_holdout[place] for rule, place in places.items()}
        epochs = {f"epochs by {rule}": EPOCHS[place] for rule, place in places.items()}
        rows.append({"table": name, "loss": loss, "score": score, **reached, **epochs})
    return rows


def report(rows: pd.DataFrame) -> list[str]:
    """Return the lines of a table in Markdown: for each score and loss the means and their difference."""
    lines = [
        "| score | loss | by loss | by score | difference (95 % CI over tables) |",
        "| --- | --- | --- | --- | --- |",
    ]
    for (score, loss), group in rows.groupby(["score", "loss"], sort=False):
        means = group.groupby("table")[["by loss", "by score"]].mean()
        gains = means["by score"] - means["by loss"]
        half = stats.t.ppf(0.975, len(gains) - 1) * gains.std() / np.sqrt(len(gains))
        interval = f"{gains.mean():+.4f} ({gains.mean() - half:+.4f} to {gains.mean() + half:+.4f})"
        lines.append(
            f"| {score} | {loss} | {means['by loss'].mean():.4f} | {means['by score'].mean():.4f} | {interval} |"
        )
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on the tables that the command line names, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_table_options(parser)
    parser.set_defaults(rows=3000)
    options = parser.parse_args(arguments)
    rows = []
    for table in choose_tables(options.tables):
        data = limit_rows(read_table(table, options.data_dir), options.rows)
        for place in range(options.splits):
            for loss in LOSSES:
                rows += measure_split(table.name, draw_split(data, place), loss)
    print("\n".join(report(pd.DataFrame(rows))))


if __name__ == "__main__":
    main()
