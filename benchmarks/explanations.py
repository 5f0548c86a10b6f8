"""Explanations of rows: what they cost by method and columns, and how near random orders come to exact values.

    python -m benchmarks.explanations

The tables are simulated: normal numbers with 5 % positives, which depend on five columns and on a product of two. A
model is fitted with one setting on 2,000 rows, and explains ten rows of 1,000 others. `seconds` is processor time
without the compilation of shap, which is timed once. `error` is the largest difference between a contribution of
random orders and the exact one, for tables of 12 columns.
"""

import time
from unittest import mock

import numpy as np
import pandas as pd

import imbaloss
from imbaloss.comparison import OwnModel, column_contributions

METHODS = ("logistic_regression", "lightgbm", "random_forest", "ce")
COLUMNS = (12, 30, 300)
ROWS, NEW, EXPLAINED = 2000, 1000, 10


def simulate(rows: int, columns: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return numbers, and labels with 5 % positives that depend on the first five columns and a product of two."""
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(rows, columns))
    score = values[:, :5] @ [1.5, -1.0, 0.7, 0.5, 0.3] + 1.5 * values[:, 0] * values[:, 1] + generator.normal(size=rows)
    frame = pd.DataFrame(values, columns=[f"x{place}" for place in range(columns)])
    return frame, score >= np.quantile(score, 0.95)


def fit(method: str, columns: int) -> OwnModel:
    """Fit the model of a method, which is compared with nothing."""
    features, labels = simulate(ROWS, columns, 0)
    answer = imbaloss.compare(
        features, labels, methods=[method], folds=3, repetitions=3, references=False, settings=1, importance=False
    )
    assert answer.model is not None
    return answer.model


def explain(model: OwnModel, columns: int) -> tuple[pd.DataFrame, float]:
    """Explain ten rows, and return the explanations and the processor time in seconds."""
    features, _ = simulate(NEW, columns, 1)
    began = time.process_time()
    explained = model.explain(features, EXPLAINED)
    return explained, time.process_time() - began


def main() -> None:
    """Print a line for each method and number of columns."""
    print("method               columns  seconds   error")
    is_compiled = False
    for method in METHODS:
        for columns in COLUMNS:
            model = fit(method, columns)
            if not is_compiled:
                print(f"first explanation, with compilation: {explain(model, columns)[1]:.1f} s")
                is_compiled = True
            sampled, seconds = explain(model, columns)
            error = ""
            if columns == min(COLUMNS):
                with mock.patch.object(column_contributions, "MOST_SUBSETS", 2**columns):
                    exact, _ = explain(model, columns)
                pairs = sampled.merge(exact, on=["row", "column"])
                error = f"{(pairs['contribution_x'] - pairs['contribution_y']).abs().max():.4f}"
            print(f"{method:20} {columns:7d} {seconds:8.2f}  {error}", flush=True)


if __name__ == "__main__":
    main()
