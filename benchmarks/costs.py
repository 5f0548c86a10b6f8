"""Savings of decisions by the costs of each row, against one threshold for mean costs, and one for F1.

    python -m benchmarks.costs FOLDER

FOLDER holds tables whose columns of costs have names that begin with cost_, as `export` writes them in an environment
with empulse 0.13.1 and pandas:

    python -c "from benchmarks.costs import export; export('FOLDER')"

Each table is divided in half five times. Savings are those of the test half by the costs of its rows, 1 minus their
share of the cost of the best constant decision.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

TABLES = {
    "pakdd": "load_credit_scoring_pakdd",
    "vub": "load_vub_credit_scoring",
    "churn": "load_churn_tv_subscriptions",
}
LOSS_GIVEN_DEFAULT = 0.75
SPLITS = 5
MOST_ROWS = 10_000
OPTIONS: dict[str, Any] = {"methods": "lightgbm", "settings": 1, "repetitions": 1, "folds": 5}


def export(folder: str) -> None:
    """Write the three tables with costs by row that empulse brings as CSV files: pakdd, vub and churn."""
    from empulse import datasets

    for name, loader in TABLES.items():
        table = getattr(datasets, loader)(backend="pandas")
        costs = table.instance_costs
        of_rows = {
            "cost_fn": costs["fn_cost"] if "fn_cost" in costs else LOSS_GIVEN_DEFAULT * costs["cl"],
            "cost_fp": costs["fp_cost"],
            "cost_tp": costs.get("tp_cost", 0.0),
            "cost_tn": costs.get("tn_cost", 0.0),
        }
        frame = pd.DataFrame(table.data).assign(**of_rows, target=np.asarray(table.target))
        frame.to_csv(Path(folder) / f"{name}.csv", index=False)


def measure_savings(frame: pd.DataFrame, flagged: np.ndarray) -> float:
    """Return the savings of decisions, (N,), on rows with costs."""
    truth = frame["target"].to_numpy() == 1

    def cost(flags: np.ndarray) -> float:
        """Return the cost of decisions on these rows."""
        of_positives = np.where(flags, frame["cost_tp"], frame["cost_fn"])
        return float(np.where(truth, of_positives, np.where(flags, frame["cost_fp"], frame["cost_tn"])).sum())

    constant = min(cost(np.zeros(len(frame), bool)), cost(np.ones(len(frame), bool)))
    return 1 - cost(flagged) / constant


def compare_decisions(train: pd.DataFrame, test: pd.DataFrame) -> dict[str, float]:
    """Return the savings on test of decisions by the costs of each row, by mean costs, and by F1."""
    import imbaloss

    mistakes = train["cost_fn"] - train["cost_tp"], train["cost_fp"] - train["cost_tn"]
    fn, fp = (max(float(each.mean()), 1e-9) for each in mistakes)
    asked = {
        "by row": {"cost": "fn=cost_fn,fp=cost_fp,tp=cost_tp,tn=cost_tn"},
        "by mean costs": {"threshold": f"cost:fn={fn},fp={fp}"},
        "for F1": {"threshold": "f1"},
    }
    costs = [name for name in train.columns if name.startswith("cost_")]
    savings = {}
    for name, options in asked.items():
        drop = [] if "cost" in options else costs
        marked = [column for column in ("v8",) if column in train]  # of vub: numbers, and >4
        answer = imbaloss.compare(
            train.drop(columns="target"),
            train["target"],
            positive=1,
            drop=drop,
            mark=marked,
            **OPTIONS,
            **options,
        )
        decisions = answer.model.predict(test.drop(columns="target"))
        savings[name] = measure_savings(test, decisions == 1)
    return savings


def main(folder: Path) -> None:
    """Print the savings of each table and decision: the mean over splits, and the difference to decisions by row."""
    print("| table | decided | savings, mean of 5 splits | less than by row |\n| --- | --- | --- | --- |")
    for name in TABLES:
        frame = pd.read_csv(folder / f"{name}.csv")
        splits = []
        for seed in range(SPLITS):
            order = np.random.default_rng(seed).permutation(len(frame))[:MOST_ROWS]
            train, test = (frame.iloc[part].reset_index(drop=True) for part in np.array_split(order, 2))
            splits.append(compare_decisions(train, test))
        savings = pd.DataFrame(splits)
        for decided in savings:
            less = savings["by row"] - savings[decided]
            print(f"| {name} | {decided} | {savings[decided].mean():.3f} | {less.mean():+.3f} (SD {less.std():.3f}) |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
