"""How often a threshold breaks its guarantee: whole comparisons on simulated tables, judged on many new rows.

python -m benchmarks.guarantees --tables 2000

Each table has 1,000 rows, a fifth of them positive. Two methods are compared by average precision, the recommended one
is trained on all rows, and its threshold is chosen on the rows set apart. In every other table the columns are whole
numbers, so that many rows have the same probability. For contrast, a threshold is chosen in the usual way on the
validation part, where it may just reach the bound.
"""

import argparse
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import imbaloss
from imbaloss.comparison.answer import Answer
from imbaloss.evaluation import Guarantee, Rule, choose_threshold
from imbaloss.evaluation.confusion import ConfusionCounts
from imbaloss.studies.execution import score_tuned
from imbaloss.studies.store import Predictions

SHARE = 0.2  # of positives
ROWS, NEW_ROWS = 1000, 20_000  # of a table; and new rows of each class
GUARANTEES = ("recall>=0.8", "fpr<=0.05", "precision>=0.5")
USUAL = {"recall>=0.8": "precision_at_recall:recall=0.8", "precision>=0.5": "recall_at_precision:precision=0.5"}
METHODS = ("logistic_regression", "sklearn.naive_bayes:GaussianNB")


class Outcome(NamedTuple):
    """A threshold for one rule in one table; without a threshold the scores on new rows are NaN."""

    rule: str
    reached: float  # the score of the rule on new rows
    recall: float  # the recall on new rows
    broken: bool  # whether the score is on the wrong side of the bound


def draw_rows(labels: NDArray[np.int64], generator: np.random.Generator, *, whole: bool) -> pd.DataFrame:
    """Draw three columns of rows with these labels (N,); of whole numbers, if `whole`."""
    columns = generator.normal(size=(len(labels), 3)) + labels[:, None] * np.array([1.5, 0.8, 0.0])
    return pd.DataFrame(np.round(columns) if whole else columns, columns=["a", "b", "c"])


def compare_once(seed: int) -> tuple[Answer, pd.DataFrame]:
    """Compare the methods on a table, and return the answer with new rows, the positive ones behind the others."""
    generator, whole = np.random.default_rng(seed), bool(seed % 2)
    labels = (generator.random(ROWS) < SHARE).astype(np.int64)
    table = draw_rows(labels, generator, whole=whole)
    answer = imbaloss.compare(
        table, labels, methods=METHODS, threshold=GUARANTEES[0], repetitions=2, settings=1, calibration="platt"
    )
    return answer, draw_rows(np.repeat([0, 1], NEW_ROWS), generator, whole=whole)


def judge(rule: str, guarantee: Guarantee, threshold: float | None, probabilities: NDArray[np.float64]) -> Outcome:
    """Compute the true score of a guarantee at a threshold, by the probabilities of the new rows."""
    if threshold is None:
        return Outcome(rule, np.nan, np.nan, broken=False)
    fpr, recall = (probabilities.reshape(2, -1) >= threshold).mean(axis=1)
    counts = ConfusionCounts(
        *np.array([(1 - fpr) * (1 - SHARE), fpr * (1 - SHARE), (1 - recall) * SHARE, recall * SHARE])
    )
    right, decisions = guarantee.count_right(counts)
    share = float(right / decisions) if decisions > 0 else 1.0
    reached = 1 - share if guarantee.score == "fpr" else share
    return Outcome(rule, reached, float(recall), broken=share < guarantee.needed_share)


def judge_table(seed: int) -> Iterator[Outcome]:
    """Choose a threshold by each guarantee and in the usual way in one table, and yield what they reach on new rows."""
    answer, new = compare_once(seed)
    assert answer.model is not None
    row = answer.advice.row
    assert row is not None
    model = answer.model
    probabilities = model.model.probabilities(model.preparation(new))
    predictions = answer.findings.store.predictions(row.run)
    validation: Predictions = predictions["validation"]
    for text in GUARANTEES:
        guarantee = Guarantee.parse(text)
        chosen = score_tuned(predictions | {"test": validation}, guarantee).threshold
        if text == GUARANTEES[0]:
            assert chosen == (row.threshold.value if row.threshold else None)
        yield judge(text, guarantee, chosen, probabilities)
        if text in USUAL:
            rule = Rule.parse(USUAL[text])
            try:
                usual = choose_threshold(rule, validation.labels, validation.probabilities, resamples=0).threshold
            except ValueError:
                usual = None
            yield judge(str(rule), guarantee, usual, probabilities)


def simulate(tables: int, first: int = 0) -> pd.DataFrame:
    """Simulate tables, and return one line a rule: in how many its bound is broken, and what it reaches on average."""
    outcomes = pd.DataFrame([each for seed in range(first, first + tables) for each in judge_table(seed)])
    lines = outcomes.groupby("rule", sort=False)
    return pd.DataFrame({
        "tables": lines.size(),
        "with a threshold": lines["reached"].count(),
        "broken": lines["broken"].sum(),
        "broken, %": 100 * lines["broken"].mean(),
        "mean score": lines["reached"].mean(),
        "mean recall": lines["recall"].mean(),
    })  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=200, help="number of simulated tables")
    print(simulate(parser.parse_args().tables).round(3).to_string())


if __name__ == "__main__":
    main()
