"""The explorer of thresholds: coverage of its intervals by simulation, and the time and size of its numbers.

    python -m benchmarks.explorer --tables 300

Two learners train on drawn tables: five folds, divided twice, or ten seeds with one test part. A fifth of the rows
calibrates (Platt). The true mean over training and test rows comes from 200 other tables and a large population; with
one test part, that over seeds comes from 20 other seeds. Intervals of the rows alone stand beside ours.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from lightgbm import LGBMClassifier
from numpy.typing import NDArray
from scipy import special
from sklearn.linear_model import LogisticRegression

from imbaloss.comparison.summary.explorer import ExploredThreshold, Explorer, MistakeCosts, list_points
from imbaloss.comparison.summary.flagged_rows import count_flagged_rows
from imbaloss.comparison.summary.threshold_bands import find_share_ends
from imbaloss.statistics import Interval
from imbaloss.studies import Predictions

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Model = Callable[[Floats], Floats]
FOLDS, ROUNDS, SEEDS, COLUMNS = 5, 2, 10, 10
OTHER_TABLES, OTHER_SEEDS, POPULATION = 200, 20, 50_000
FACTORS = (0.5, 1, 2, 4, 8)  # thresholds, as multiples of the share of positives
OUTCOMES = ("recall", "flagged", "precision", "cost")


@dataclass(frozen=True)
class Case:
    """Tables of so many rows, from which a learner learns in folds or with seeds that share a test part of a fourth."""

    learner: str
    rows: int
    positives: int
    is_shared: bool = False

    @property
    def share(self) -> float:
        return self.positives / self.rows

    @property
    def thresholds(self) -> Floats:
        return np.array(FACTORS) * self.share

    def draw(self, generator: np.random.Generator, rows: int, positives: int) -> tuple[Floats, Labels]:
        labels = generator.permutation(np.arange(rows) < positives).astype(np.int64)
        values = generator.normal(size=(rows, COLUMNS))
        values[:, :3] += 0.8 * labels[:, None]
        return values, labels

    def fit(self, train: tuple[Floats, Labels], validation: tuple[Floats, Labels]) -> Model:
        if self.learner == "lightgbm":
            trees = LGBMClassifier(n_estimators=30, num_leaves=7, verbose=-1, n_jobs=1).fit(*train)
            score: Model = lambda values: trees.predict(values, raw_score=True)  # noqa: E731
        else:
            score = LogisticRegression().fit(*train).decision_function
        platt = LogisticRegression(C=1e3).fit(score(validation[0])[:, None], validation[1])
        return lambda values: platt.predict_proba(score(values)[:, None])[:, 1]

    def fit_division(self, table: tuple[Floats, Labels], folds: Labels, fold: int) -> Model:
        """Fit on all folds but the one with this number and the next, which calibrates."""
        values, labels = table
        validation = folds == (fold + 1) % FOLDS
        train = ~validation if self.is_shared else ~validation & (folds != fold)
        return self.fit((values[train], labels[train]), (values[validation], labels[validation]))

    def list_shares(self, model: Model, test: tuple[Floats, Labels]) -> Floats:
        """Return the share of negatives and of positives that each threshold flags, (2, K)."""
        values, labels = test
        flagged = model(values)[:, None] >= self.thresholds
        return np.stack([flagged[labels == label].mean(axis=0) for label in (0, 1)])

    def measure(self, generator: np.random.Generator) -> tuple[Floats, Floats]:
        """Draw a table; return the shares of its repetitions, (J, 2, K), and of other seeds, (2, K): 0 for folds."""
        table = self.draw(generator, self.rows, self.positives)
        if not self.is_shared:
            return self.measure_folds(generator, table), np.zeros((2, len(FACTORS)))
        test, population = (self.draw(generator, rows, int(rows * self.share)) for rows in (self.rows // 4, POPULATION))
        models = [self.fit_division(table, divide(generator, table[1]), 0) for _ in range(SEEDS + OTHER_SEEDS)]
        of_seeds = np.stack([self.list_shares(model, test) for model in models[:SEEDS]])
        return of_seeds, np.mean([self.list_shares(model, population) for model in models[SEEDS:]], axis=0)

    def measure_folds(self, generator: np.random.Generator, table: tuple[Floats, Labels]) -> Floats:
        """Return the shares of the folds of all rounds, (J, 2, K)."""
        shares = []
        for _ in range(ROUNDS):
            folds = divide(generator, table[1])
            for fold in range(FOLDS):
                test = table[0][folds == fold], table[1][folds == fold]
                shares.append(self.list_shares(self.fit_division(table, folds, fold), test))
        return np.stack(shares)

    def find_truth(self, generator: np.random.Generator) -> Floats:
        """Return the mean shares over other training rows, on a large population, (2, K)."""
        population = self.draw(generator, POPULATION, POPULATION // 5)
        shares = []
        for _ in range(OTHER_TABLES):
            table = self.draw(generator, self.rows, self.positives)
            model = self.fit_division(table, divide(generator, table[1]), 0)
            shares.append(self.list_shares(model, population))
        return np.mean(shares, axis=0)


def divide(generator: np.random.Generator, labels: Labels) -> Labels:
    """Assign each row to a fold, within its class."""
    folds = np.empty(len(labels), np.int64)
    for label in (0, 1):
        rows = generator.permutation(np.flatnonzero(labels == label))
        folds[rows] = np.arange(len(rows)) % FOLDS
    return folds


def explore(case: Case, shares: Floats, *, by_repetitions: bool) -> Explorer:
    """Make an explorer of the shares of repetitions, (J, 2, K), with the test part as new rows."""
    rows = case.rows // 4 if case.is_shared else case.rows
    totals = np.array([rows - rows * case.share, rows * case.share])
    means, points = shares.mean(axis=0), []
    ends = [
        find_share_ends(
            means[label],
            shares[:, label] if by_repetitions else shares[:1, label],
            float(totals[label]),
            None if case.is_shared else 1 / (FOLDS - 1),
        )
        for label in (0, 1)
    ]
    for place, threshold in enumerate(case.thresholds):
        fpr, recall = (Interval(means[label, place], *(end[place] for end in ends[label])) for label in (0, 1))
        points.append(ExploredThreshold(threshold, fpr.estimate, recall.estimate, fpr, recall))
    costs = MistakeCosts(fn=10.0, fp=1.0)
    return Explorer(points, 0, *totals.tolist(), len(shares), 1000, costs, True, True, True, False, False)


def measure_coverage(case: Case, tables: int) -> None:
    """Print the coverage of each outcome at each threshold, beside that of intervals of the rows alone."""
    generator = np.random.default_rng([case.rows, case.positives, case.is_shared])
    truth = None if case.is_shared else case.find_truth(generator)
    covered = np.zeros((2, len(OUTCOMES), len(FACTORS)))
    defined = np.zeros_like(covered)
    for _ in range(tables):
        shares, of_seeds = case.measure(generator)
        true = explore(case, (of_seeds if truth is None else truth)[None], by_repetitions=False)
        for row, by_repetitions in enumerate((True, False)):
            explorer = explore(case, shares, by_repetitions=by_repetitions)
            for place in range(len(FACTORS)):
                outcomes, true_outcomes = explorer.count_outcomes(place), true.count_outcomes(place)
                for column, name in enumerate(OUTCOMES):
                    _, low, high = getattr(outcomes, name)
                    defined[row, column, place] += np.isfinite(low)
                    covered[row, column, place] += low - 1e-9 <= getattr(true_outcomes, name).estimate <= high + 1e-9
    kind = f"{SEEDS} seeds, one test part" if case.is_shared else f"{FOLDS * ROUNDS} folds"
    print(f"{case.learner}, {case.rows} rows, {case.positives} positive, {kind}")
    for name, of_bands in zip(("ours", "rows alone"), covered / defined, strict=True):
        by_outcome = dict(zip(OUTCOMES, of_bands, strict=True))
        texts = (f"{outcome} {min(values):.2f} to {max(values):.2f}" for outcome, values in by_outcome.items())
        print(f"  {name}: {', '.join(texts)}")


def measure_size() -> None:
    """Print the time to count, and the size in the page, of 100,000 test rows in each of ten repetitions."""
    generator, tests = np.random.default_rng(0), []
    for _ in range(10):
        labels = (generator.random(100_000) < 0.03).astype(np.int64)
        log_odds = 2 * generator.normal(size=len(labels)) + 2 * labels - 4
        tests.append(Predictions(labels, special.expit(log_odds), np.arange(len(labels))))
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        points = list_points(count_flagged_rows(tests, 0.123456789), 0.25)
        seconds.append(time.perf_counter() - start)
    explorer = Explorer(points, 0, 970_000, 30_000, 10, 1000, None, True, True, True, False, False)
    size = len(json.dumps(explorer.to_json()))
    print(f"{len(points)} thresholds, {min(seconds):.2f} to {max(seconds):.2f} s, {size / 1000:.0f} kB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=300)
    tables = parser.parse_args().tables
    measure_size()
    for case in (
        Case("logistic_regression", 400, 20),
        Case("logistic_regression", 1000, 50),
        Case("logistic_regression", 5000, 150),
        Case("lightgbm", 1000, 50),
        Case("logistic_regression", 1000, 50, is_shared=True),
        Case("lightgbm", 1000, 50, is_shared=True),
    ):
        measure_coverage(case, tables)


if __name__ == "__main__":
    main()
