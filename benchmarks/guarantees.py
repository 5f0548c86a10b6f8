"""How often a threshold breaks its guarantee: whole comparisons on simulated tables, judged on many new rows.

    python -m benchmarks.guarantees --tables 2000
    python -m benchmarks.guarantees --corrections 400

Each table has 1,000 rows, a fifth of them positive. Two methods are compared by average precision, the recommended one
is trained on all rows, and its threshold is chosen on the rows set apart. In every other table the columns are whole
numbers, so that many rows have the same probability. For contrast, a threshold is chosen in the usual way on the
validation part, where it may just reach the bound.

With `--corrections` four ways to test many thresholds for a precision are compared on scores of two normal
distributions: how often each finds a threshold, its recall, and how often it breaks the bound.
"""

import argparse
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

import imbaloss
from imbaloss.comparison.answer import Answer
from imbaloss.evaluation import (
    Decision,
    Guarantee,
    Rule,
    ScoredSamples,
    choose_guaranteed_threshold,
    choose_threshold,
    count_confusion,
)
from imbaloss.evaluation.confusion import ConfusionCounts
from imbaloss.studies.execution import score_tuned
from imbaloss.studies.store import Predictions

SHARE = 0.2  # of positives
ROWS, NEW_ROWS = 1000, 20_000  # of a table; and new rows of each class
GUARANTEES = ("recall>=0.8", "fpr<=0.05", "precision>=0.5")
USUAL = {"recall>=0.8": "precision_at_recall:recall=0.8", "precision>=0.5": "recall_at_precision:precision=0.5"}
CASES = (  # rows, share of positives, distance of the classes, precision
    (400, 0.1, 2.5, 0.5), (400, 0.1, 3.0, 0.7), (2000, 0.05, 2.5, 0.5), (2000, 0.05, 3.0, 0.8),
    (10_000, 0.02, 2.5, 0.3),
)  # fmt: skip
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
        chosen = score_tuned(predictions | {"test": validation}, Decision(rule=guarantee)).threshold
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


def draw_scores(rows: int, share: float, distance: float, generator: np.random.Generator) -> ScoredSamples:
    """Draw rows whose scores are normal, with means that are `distance` apart; as probabilities without meaning."""
    labels = (generator.random(rows) < share).astype(np.int64)
    return ScoredSamples(labels, norm.cdf(generator.normal(size=rows) + distance * labels))


def find_last_passed(p_values: NDArray[np.float64], starts: int, error: float) -> int | None:
    """Return the last of K thresholds, descending, that passes; each start has its part of the error. None for none.

    From each start the tests go on until one fails. K starts are Bonferroni's correction, with tests that go on.
    """
    passed = [-1]
    for start in np.arange(starts) * len(p_values) // starts:
        failures = np.flatnonzero(p_values[start:] > error / starts)
        passed.append(
            (start + failures[0] if len(failures) else len(p_values)) - 1 if p_values[start] <= error / starts else -1
        )
    return max(passed) if max(passed) >= 0 else None


def compare_corrections(repetitions: int) -> pd.DataFrame:
    """Compare ways to test many thresholds for a precision, one line a case and way."""
    lines = []
    for rows, share, distance, bound in CASES:
        guarantee, generator = Guarantee("precision", bound), np.random.default_rng(0)
        chosen: dict[str, list[float]] = {}
        for _ in range(repetitions):
            validation, apart = (draw_scores(rows, share, distance, generator) for _ in range(2))
            try:
                ours = choose_guaranteed_threshold(guarantee, apart, validation)
            except ValueError:
                ours = np.nan
            chosen.setdefault("from the best of validation", []).append(ours)
            for size, starts in ((32, 32), (16, 4), (64, 4)):
                ranks = np.unique(np.geomspace(1, rows, size).astype(int))  # of the flagged validation rows
                thresholds = np.sort(validation.probabilities)[::-1][ranks - 1]
                counts = count_confusion(apart.labels, apart.probabilities >= thresholds[:, None])
                last = find_last_passed(guarantee.compute_p_values(counts), min(starts, len(ranks)), guarantee.error)
                name = f"{size} thresholds, {starts} starts"
                chosen.setdefault(name, []).append(np.nan if last is None else thresholds[last])
        for name, thresholds_chosen in chosen.items():
            at = norm.ppf(np.array(thresholds_chosen))
            recall, fpr = np.nan_to_num(norm.sf(at - distance)), norm.sf(at)
            precision = share * recall / (share * recall + (1 - share) * fpr)
            case = f"{rows} rows, {share:g} positive, {distance:g} apart, precision>={bound:g}"
            lines.append((case, name, np.isfinite(at).mean(), recall.mean(), np.mean(precision < bound)))
    return pd.DataFrame(lines, columns=["case", "tests", "with a threshold", "mean recall", "broken"])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=200, help="number of simulated tables")
    parser.add_argument("--corrections", type=int, help="compare ways to test many thresholds, in so many draws a case")
    options = parser.parse_args()
    lines = compare_corrections(options.corrections) if options.corrections else simulate(options.tables)
    print(lines.round(3).to_string())


if __name__ == "__main__":
    main()
