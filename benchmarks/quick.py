"""What `imbaloss compare --methods quick` costs beside a tuned LightGBM alone, on the same folds of the same table.

python -m benchmarks.quick                        20,000 rows x 40 columns, 5 % positives, 5 folds, one turn
python -m benchmarks.quick --turns 3              three turns
python -m benchmarks.quick --profile              the functions that take most processor time, in this process

LightGBM tries the same six settings in each fold, stops early, and is chosen by average precision on the validation
part. Platt's calibration and the threshold for F1 are fitted there too. A turn takes both one after the other: the
command from its start to its report, with the training on all rows and the page, and the loop without its imports. The
use of the processors is the processor time as a share of what all processors had.
"""

import argparse
import cProfile
import pstats
import resource
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import lightgbm
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score, precision_recall_curve

from benchmarks.holdout_methods import LIGHTGBM_NAMES, LIGHTGBM_PATIENCE, LIGHTGBM_ROUNDS, LIGHTGBM_SETTINGS
from benchmarks.own_data import measured
from imbaloss.data.splits import Fold, split_rows
from imbaloss.studies import count_processors

SHARE = 0.05  # of positives
FOLDS = 5
QUICK = ["--methods", "quick", "--repetitions", str(FOLDS), "--folds", str(FOLDS)]
Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


def make_table(rows: int, columns: int) -> pd.DataFrame:
    """Return columns of numbers, a quarter of them informative, and the target `rare`."""
    inputs, labels = make_classification(
        rows, columns, n_informative=columns // 4, n_redundant=columns // 8, n_clusters_per_class=4,
        weights=[1 - SHARE], flip_y=0.01, class_sep=0.8, random_state=0,
    )  # fmt: skip
    return pd.DataFrame(inputs.round(5), columns=[f"x{place}" for place in range(columns)]).assign(rare=labels)


def score_tuned_lightgbm(inputs: Floats, labels: Labels, fold: Fold) -> tuple[float, float]:
    """Return average precision and F1 on test of a fold, of the setting that is best on its validation part."""
    rows = dict(split_rows(labels, fold, 0))
    of_part = {part: (inputs[places], labels[places]) for part, places in rows.items()}
    fixed = {
        "objective": "binary", "metric": "binary_logloss", "feature_pre_filter": False, "verbose": -1, "seed": 0,
        "num_threads": count_processors(),
    }  # fmt: skip
    train = lightgbm.Dataset(*of_part["train"], params=fixed, free_raw_data=False)
    validation = train.create_valid(*of_part["validation"], params=fixed)
    boosters = []
    for values in LIGHTGBM_SETTINGS:
        booster = lightgbm.train(
            fixed | dict(zip(LIGHTGBM_NAMES, values, strict=True)), train, LIGHTGBM_ROUNDS, valid_sets=[validation],
            callbacks=[lightgbm.early_stopping(LIGHTGBM_PATIENCE, verbose=False)],
        )  # fmt: skip
        odds = booster.predict(of_part["validation"][0], raw_score=True)
        boosters.append((average_precision_score(of_part["validation"][1], odds), odds, booster))
    _, odds, booster = max(boosters, key=lambda each: each[0])
    platt = LogisticRegression(C=np.inf).fit(odds[:, None], of_part["validation"][1])
    precision, recall, thresholds = precision_recall_curve(
        of_part["validation"][1], platt.predict_proba(odds[:, None])[:, 1]
    )
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    test_inputs, test_labels = of_part["test"]
    probabilities = platt.predict_proba(booster.predict(test_inputs, raw_score=True)[:, None])[:, 1]
    called = probabilities >= thresholds[f1[:-1].argmax()]
    return average_precision_score(test_labels, probabilities), f1_score(test_labels, called)


def measure_lightgbm(table: pd.DataFrame) -> tuple[float, float, Floats]:
    """Run LightGBM on all folds; return seconds, use of the processors, and mean average precision and F1."""
    inputs, labels = table.drop(columns="rare").to_numpy(), table["rare"].to_numpy()
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    scores = [score_tuned_lightgbm(inputs, labels, Fold(0, place, FOLDS)) for place in range(FOLDS)]
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, used / (seconds * count_processors()), np.mean(scores, axis=0)


def profile(function: Callable[[], object]) -> None:
    """Call a function in this process and print the functions that take most processor time, with what they call."""
    profiler = cProfile.Profile(time.process_time)  # of all threads, so that a busy machine does not matter
    profiler.runcall(function)
    pstats.Stats(profiler).sort_stats("cumulative").print_stats("imbaloss|sklearn|lightgbm", 60)


def main() -> None:
    """Print one line a turn, and a profile if it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--columns", type=int, default=40)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--profile", action="store_true", help="profile the comparison, without turns")
    arguments, options = parser.parse_known_args()
    table = make_table(arguments.rows, arguments.columns)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "table.csv"
        table.to_csv(file, index=False)
        if arguments.profile:
            from imbaloss.cli import app

            words = ["compare", str(file), "--target", "rare", "--out", f"{folder}/out", *QUICK, *options]
            profile(lambda: app(words, standalone_mode=False))
            return
        print("| ratio | compare, s | use of the processors | LightGBM, s | use | its average precision | its F1 |")
        print("| --- " * 7 + "|")
        for turn in range(arguments.turns):
            seconds, use, (precision, f1) = measure_lightgbm(table)
            command = measured(file, Path(folder) / f"out{turn}", [*QUICK, *options])
            print(
                f"| {command.seconds / seconds:.2f} | {command.seconds:.1f} | {command.use:.0%} | {seconds:.1f} "
                f"| {use:.0%} | {precision:.3f} | {f1:.3f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
