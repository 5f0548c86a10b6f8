"""Coverage of the interval of what the chosen method reaches, on subsets that are drawn from large real tables.

    python -m benchmarks.reached_on_real_tables rows.jsonl
    python -m benchmarks.reached_on_real_tables rows.jsonl --report

`imbaloss.compare` chooses among quick methods on 800 drawn rows, by their average precision. There are three kinds of
draws:

- folds: 800 rows, two times five folds. The score of the final model is measured on the rest of the table, too.
- training part: as many rows as a fold leaves for training and validation. The final model of the same comparison is
  measured on the rest. The mean over these draws is the truth for the intervals of folds.
- test part: 560 rows to learn from and a fixed test part of 240 rows, five seeds. The truth of each draw is the mean
  score of its chosen method on the rest, over ten seeds with the same rows to learn from.

The average precision of few rows is too high on average: a test part with few positives gives a random order more than
their share. Each truth is therefore measured twice: on all rows of the rest together, and as the mean over parts of the
rest that are as large as a test part.

A finished draw appends a row, and is skipped on the next start. Rows of a changed imbaloss go into a new file.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import platformdirs
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import average_precision_score
from sklearn.model_selection import train_test_split

import imbaloss
from benchmarks.holdout_tables import TABLES, LabelledFrame, limit_rows, read_table, take_rows
from benchmarks.holdouts import append_lines, describe_commit, read_rows
from benchmarks.reached import Coverage, measure_coverage
from imbaloss.comparison.answer import Answer
from imbaloss.statistics import Interval

Floats = NDArray[np.float64]
Facts = dict[str, Any]
LARGE = ("give_me_some_credit", "bank_marketing", "vub_credit_scoring", "pakdd_2009")  # tables of 10,000 rows or more
METHODS = ("lightgbm", "logistic_regression", "extra_trees:n_estimators=30", "sklearn.naive_bayes:GaussianNB")
SETTINGS = 2  # that each method tries
ROWS = 800
FOLDS, REPETITIONS = 5, 10
TEST_ROWS, SEEDS, SEEDS_OF_TRUTH = 240, 5, 10
MOST_REST = 20_000  # rows of the rest on which models are measured
KEY = ("table", "kind", "draw")  # what makes a row the same


class Truth(NamedTuple):
    """The average precision of a model on the rest of a table, measured in two ways."""

    rest: float  # on all rows together
    parts: float  # the mean over parts of the size of a test part

    @classmethod
    def of(cls, labels: NDArray[np.int64], probabilities: Floats, part_rows: int) -> "Truth":
        """Measure the predictions of a model, (N,), for the rest of a table."""
        parts = [average_precision_score(labels[part], probabilities[part]) for part in deal_rows(labels, part_rows)]
        return cls(float(average_precision_score(labels, probabilities)), float(np.mean(parts)))


def deal_rows(labels: NDArray[np.int64], part_rows: int) -> list[NDArray[np.int64]]:
    """Deal rows at random into parts with about so many rows, and return the places of each part.

    The numbers of positives of two parts differ by 1 at most.
    """
    shuffled = np.random.default_rng(0).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    parts = max(len(labels) // part_rows, 1)
    return [by_class[first::parts] for first in range(parts)]


def draw_rows(data: LabelledFrame, rows: int, seed: int) -> tuple[LabelledFrame, LabelledFrame]:
    """Draw so many rows of a table, and return them and the rest, both with the table's share of positives."""
    drawn, rest = train_test_split(
        np.arange(len(data.labels)), train_size=rows, stratify=data.labels, random_state=seed
    )
    return take_rows(data, drawn), limit_rows(take_rows(data, rest), MOST_REST)


def run_compare(learn: LabelledFrame, methods: Sequence[str], repetitions: int, test: LabelledFrame | None) -> Answer:
    """Compare methods on drawn rows, by folds or on a test part, without a page."""
    return imbaloss.compare(
        learn.features, learn.labels, positive=1, methods=methods, settings=SETTINGS, folds=FOLDS,
        repetitions=repetitions, executor="here", test=None if test is None else (test.features, test.labels),
    )  # fmt: skip


def describe_answer(answer: Answer) -> Facts:
    """Return the chosen method, the interval of what it reaches, and the t interval of its own scores."""
    [cell] = answer.findings.scored[answer.advice.score]
    return {"chosen": answer.best, "expected": [*answer.expected], "own": [*cell.interval(answer.best)]}


def measure_final_model(data: LabelledFrame, rows: int, seed: int) -> Facts:
    """Compare methods by folds of drawn rows, and measure the final model on the rest.

    Raises:
        ValueError: The final model could not be trained.
    """
    learn, rest = draw_rows(data, rows, seed)
    answer = run_compare(learn, METHODS, REPETITIONS, None)
    if answer.model is None:
        raise ValueError(f"{answer.best} is chosen, but it could not be trained on all rows")
    probabilities = answer.model.predict_proba(rest.features)[:, 1]
    return describe_answer(answer) | Truth.of(rest.labels, probabilities, ROWS // FOLDS)._asdict()


def measure_folds(data: LabelledFrame, draw: int) -> Facts:
    """Measure one draw of the kind "folds"."""
    return measure_final_model(data, ROWS, draw)


def measure_training_part(data: LabelledFrame, draw: int) -> Facts:
    """Measure one draw of the kind "training part"; its rows are independent of those of the kind "folds"."""
    return measure_final_model(data, ROWS - ROWS // FOLDS, 100_000 + draw)


def measure_test_part(data: LabelledFrame, draw: int) -> Facts:
    """Measure one draw of the kind "test part"."""
    drawn, rest = draw_rows(data, ROWS, 200_000 + draw)
    test, learn = draw_rows(drawn, TEST_ROWS, draw)
    answer = run_compare(learn, METHODS, SEEDS, test)
    on_rest = run_compare(learn, [answer.best], SEEDS_OF_TRUTH, rest)
    store, rows = on_rest.findings.store, on_rest.findings.rows
    predictions = [store.predictions(row.run)["test"] for row in rows]
    truths = [Truth.of(each.labels, each.probabilities, TEST_ROWS) for each in predictions]
    return describe_answer(answer) | Truth(*np.mean(truths, axis=0).tolist())._asdict()


KINDS: dict[str, Callable[[LabelledFrame, int], Facts]] = {
    "folds": measure_folds,
    "training part": measure_training_part,
    "test part": measure_test_part,
}


def run_all(options: argparse.Namespace) -> None:
    """Measure the draws that have no row yet, one of each table and kind after the other, and append their rows."""
    options.rows_file.parent.mkdir(parents=True, exist_ok=True)
    finished = set(read_rows(options.rows_file).reindex(columns=KEY).itertuples(index=False, name=None))
    tables = {table.name: read_table(table, options.data_dir) for table in TABLES if table.name in options.tables}
    for draw, name, kind in product(range(options.draws), tables, options.kinds):
        if (name, kind, draw) in finished:
            continue
        start = time.process_time()
        facts = KINDS[kind](tables[name], draw)
        seconds = round(time.process_time() - start, 2)
        row = {"table": name, "kind": kind, "draw": draw, **facts, "seconds": seconds, "commit": describe_commit()}
        append_lines(options.rows_file, [json.dumps(row)])
        print(json.dumps(row), flush=True)


def compare_with_truths(rows: pd.DataFrame, truths: Floats) -> tuple[str, ...]:
    """Return how well the interval of what is reached, and that of own scores, cover the truth of each draw, (n,)."""
    cells = [f"{np.mean(truths):.3f}"]
    for column in ("expected", "own"):
        measured = measure_coverage([Interval(*interval) for interval in rows[column]], truths)
        error, _, width = measured.format()
        cells += [write_coverage(measured, len(rows)), error, width]
    return tuple(cells)


def write_coverage(coverage: Coverage, draws: int) -> str:
    """Write how many of so many intervals cover, with the exact 95 % interval of the share in %."""
    covered = round(coverage.covered * draws)
    low, high = stats.binomtest(covered, draws).proportion_ci()
    return f"{covered} of {draws} ({100 * low:.0f} to {100 * high:.0f} %)"


def list_lines(of_kind: Mapping[str, pd.DataFrame]) -> Iterator[tuple[str, ...]]:
    """Yield the lines of the report on the draws from one table, by kind, as cells of text without its name."""
    folds, training, test = (of_kind.get(kind) for kind in KINDS)
    for way, where in (("rest", "all other rows"), ("parts", "parts like a test part")):
        if folds is not None and training is not None:
            truth, error = training[way].mean(), training[way].sem()
            title = f"procedure, {where} (mean of {len(training)} draws ± {error:.3f})"
            yield "folds", title, *compare_with_truths(folds, np.full(len(folds), truth))
        if folds is not None:
            yield "folds", f"final model, {where}", *compare_with_truths(folds, folds[way].to_numpy())
        if test is not None:
            yield "test part", f"chosen method, {where}", *compare_with_truths(test, test[way].to_numpy())


def report(rows: pd.DataFrame) -> str:
    """Return a Markdown table: for each table, kind of draws and truth, the coverage of both intervals."""
    columns = ("covered", "error of the mean", "width")
    head = ("table", "kind", "truth: score of", "truth", *columns, f"own scores: {columns[0]}", *columns[1:])
    lines = [head, ("---",) * len(head)]
    for name, of_table in rows.drop_duplicates(list(KEY), keep="last").groupby("table", sort=False):
        lines += [(name, *line) for line in list_lines(dict(list(of_table.groupby("kind"))))]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("rows_file", type=Path, help="JSON-lines file to which rows are appended")
    add("--report", action="store_true", help="print the coverage of the file's rows")
    add("--tables", nargs="+", default=list(LARGE[:2]), choices=LARGE, help="tables to draw from")
    add("--kinds", nargs="+", default=list(KINDS), choices=KINDS, help="kinds of draws")
    add("--draws", type=int, default=50, help="draws of each kind from each table")
    cache = Path(platformdirs.user_cache_dir("imbaloss")) / "holdouts"
    add("--data-dir", type=Path, default=cache, help="folder of the wheels, which are downloaded once")
    return parser.parse_args()


def main() -> None:
    """Measure the draws that the command line asks for, or report."""
    options = read_options()
    if not options.report:
        run_all(options)
        return
    rows = read_rows(options.rows_file)
    if rows.empty:
        sys.exit(f"{options.rows_file} has no rows: run the program without --report first")
    print(report(rows))


if __name__ == "__main__":
    main()
