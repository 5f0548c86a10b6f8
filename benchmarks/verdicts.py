"""Error and power of the verdicts on methods, and coverage of what the chosen method reaches, by simulation.

    python -m benchmarks.verdicts [--part seeds] [--part folds] [--part reached] [--part rows] [--part race]
        [--tables 2000]

1. Over independent seeds, the joint test of all pairs is compared with Holm's correction of sign-flip tests.
2. Over folds of drawn tables, whose training parts overlap, Dunnett's limit for corrected resampled t-tests rules
   methods out; it is compared with Holm's correction for all pairs, which decides between pairs.
3. On the same kind of tables, the interval of what the chosen method reaches is compared with the t interval of that
   method's own scores. Both cover the expected score of the chosen method, averaged over all tables.
4. On tables where each method chooses a setting on a validation part, tests by folds and by rows are compared. Both
   are asked whether the procedures differ, and whether the models differ that were fitted.
5. Races, which drop methods at looks: the error of all looks together, and the trainings that are saved.

In "equal" all methods are equal. In "two best" the first two are the best, and all others are equally worse: with seeds
by one standard deviation of a paired difference. A method is ruled out by Holm's correction if it is worse in any pair
that is decided.

The seeds are fixed: the same options give the same figures, whichever parts are chosen. They go to standard output as
tables in Markdown. On one core of a busy machine the seeds and the folds take 10 minutes each, the third part one, and
the fourth 10 to 20. The races take 5 minutes of a core with --tables 1000.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.race import report_race
from benchmarks.reached import report_reached
from benchmarks.rows import report_rows
from benchmarks.simulated_tables import (
    BETWEEN,
    FEW_POSITIVES,
    FOLDS,
    OWN_EFFECT,
    TEST_TO_TRAIN,
    Cells,
    SeedScores,
    TableKind,
    draw_fold_scores,
    make_generator,
)
from imbaloss.statistics import corrected_t, holm, sign_flip, smallest_difference
from imbaloss.statistics.joint import MOST_EXACT, FoldTest, JointTest, flip_signs, lower_slightly
from imbaloss.statistics.verdicts import compute_joint_p

Floats = NDArray[np.float64]
Judge = Callable[[Floats, Floats], dict[str, "Figures"]]
LEVEL = 0.05
TABLES = 2000
FEWER = {(20, 12): 4, (20, 30): 8, (5, 30): 10}  # divisors of the number of tables, by repetitions and methods
STRONGER = 0.9  # effect in the own columns of the best methods; of all others it is OWN_EFFECT
SEEDS, METHODS = (6, 10, 20), (5, 12, 30)
SEED_CASES = [
    *(SeedScores(*case) for case in product(SEEDS, METHODS, (BETWEEN, 0.95))),
    SeedScores(10, 12, heavy=True),
]
FOLD_CASES = [  # kind of tables, rounds of five folds, methods
    *product([TableKind()], (1, 2), (5, 12)),
    (TableKind(), 1, 30),
    (TableKind(common=8), 2, 12),
    (FEW_POSITIVES, 2, 12),
]
COLUMNS = (
    *("test", "equal: any pair decided", "equal: a best one ruled out", "two best: any pair wrong"),
    *("two best: one of them ruled out", "worse ones ruled out", "pairs decided"),
)


class Figures(NamedTuple):
    """The figures of a test on one table, or their averages over tables."""

    wrong: float  # whether any pair is decided although its methods are equal, or the worse one is called better
    best_out: float  # whether the first of the best methods is ruled out
    worse_out: float  # the share of the worse methods that are ruled out; NaN if there are none
    decided: float  # the share of the pairs of a best and a worse method that are rightly decided; NaN if none


class Differences(NamedTuple):
    """The paired differences of all pairs of methods."""

    pairs: list[tuple[int, int]]
    values: Floats  # (J, P), the first method minus the second


def subtract_pairs(scores: Floats) -> Differences:
    """Compute the paired differences of all pairs of methods from their scores, (J, M)."""
    pairs = list(combinations(range(scores.shape[1]), 2))
    first, second = np.array(pairs).T
    return Differences(pairs, scores[:, first] - scores[:, second])


def judge(differences: Differences, p: Floats, truths: Floats, is_ruled_out: NDArray[np.bool_] | None) -> Figures:
    """Count what the p-values of pairs and the rulings on methods say of one table.

    Args:
        differences: The paired differences.
        p: (P,), corrected for all pairs.
        truths: (M,), the true means of the methods, or anything that orders them; the first method is a best one.
        is_ruled_out: (M,); None if a method is ruled out by any pair in which it is worse.
    """
    first, second = np.array(differences.pairs).T
    signs = np.sign(differences.values.mean(axis=0))
    true_signs = np.sign(truths[first] - truths[second])
    is_decided = p <= LEVEL
    if is_ruled_out is None:
        is_ruled_out = np.isin(np.arange(len(truths)), np.where(signs > 0, second, first)[is_decided])
    is_best = truths == truths[0]
    is_decided_rightly = (is_decided & (signs == true_signs))[is_best[first] != is_best[second]]
    return Figures(
        wrong=float(np.any(is_decided & (signs != true_signs))),
        best_out=float(is_ruled_out[0]),
        worse_out=float(is_ruled_out[~is_best].mean()) if not is_best.all() else np.nan,
        decided=float(is_decided_rightly.mean()) if len(is_decided_rightly) else np.nan,
    )


def judge_jointly(differences: Differences, test: JointTest | FoldTest, p: Floats, truths: Floats) -> Figures:
    """Count what a test of all pairs says of one table, as `imbaloss.statistics.compare` and `rule_out` use it."""
    is_ruled_out = np.array([test.rule(method).p <= LEVEL for method in range(len(truths))])
    return judge(differences, compute_joint_p(test, p), truths, is_ruled_out)


def judge_seeds(scores: Floats, truths: Floats) -> dict[str, Figures]:
    """Return the figures of each test on one table of independent seeds, (J, M)."""
    differences = subtract_pairs(scores)
    test = flip_signs(differences.values, differences.pairs)
    p = flip_each_pair(differences, test)
    return {
        "joint": judge_jointly(differences, test, p, truths),
        "Holm": judge(differences, holm(p), truths, None),
    }


def flip_each_pair(differences: Differences, test: JointTest) -> Floats:
    """Return the p-value of the sign-flip test of each pair alone, (P,).

    Up to 15 seeds the joint test has the statistics of all flips, which saves time.
    """
    if len(differences.values) > MOST_EXACT:
        return np.array([sign_flip(values) for values in differences.values.T])
    return np.asarray(np.mean(np.abs(test.drawn) >= lower_slightly(np.abs(test.observed)), axis=0))


def judge_folds(scores: Floats, truths: Floats) -> dict[str, Figures]:
    """Return the figures of each test on one table of folds, (J, M)."""
    differences = subtract_pairs(scores)
    p = np.array([corrected_t(values, TEST_TO_TRAIN) for values in differences.values.T])
    test = FoldTest.of(differences.values, differences.pairs, TEST_TO_TRAIN)
    return {
        "Dunnett": judge_jointly(differences, test, p, truths),
        "Holm": judge(differences, holm(p), truths, None),
    }


def average_figures(judge_table: Judge, scores: Floats, truths: Floats) -> dict[str, Figures]:
    """Average the figures of each test over tables, (T, J, M)."""
    judged = [judge_table(of_table, truths) for of_table in scores]
    return {test: Figures(*np.mean([figures[test] for figures in judged], axis=0)) for test in judged[0]}


def list_rows(case: Sequence[str], equal: Mapping[str, Figures], two_best: Mapping[str, Figures]) -> Cells:
    """Yield a row for each test, in %: its figures for equal methods, then those for two that are the best.

    case: The first cells.
    """
    for test, figures in equal.items():
        values = (figures.wrong, figures.best_out, *two_best[test])
        yield *case, test, *(f"{100 * value:.1f}" for value in values)


def report_seeds(tables: int) -> Cells:
    """Yield the rows of the report on independent seeds."""
    yield "seeds", "methods", "correlation within a family", "tables", *COLUMNS
    for case in SEED_CASES:
        count = limit_tables(tables, case.seeds, case.methods)
        noise = case.draw(count, make_generator("seeds", case))
        behind = np.where(np.arange(case.methods) < 2, 0.0, -case.deviations)
        equal = average_figures(judge_seeds, noise, np.zeros(case.methods))
        two_best = average_figures(judge_seeds, noise + behind, behind)
        correlation = f"{case.within}, heavy tails" if case.heavy else str(case.within)
        yield from list_rows((str(case.seeds), str(case.methods), correlation, f"{count:,}"), equal, two_best)


def limit_tables(tables: int, repetitions: int, methods: int) -> int:
    """Return the number of tables of a case: fewer, but at least one, where each table takes long."""
    return max(tables // FEWER.get((repetitions, methods), 1), 1)


def report_power(tables: int) -> Cells:
    """Yield the rows of the report on the lead that rules a method out with a probability of 80 %, by its formula."""
    yield "seeds", "methods", "tables", "lead for power 80 %, in deviations of a difference", "ruled out"
    for seeds, methods in product(SEEDS, METHODS):
        case, lead = SeedScores(seeds, methods), smallest_difference(seeds, methods)
        assert lead is not None
        scores = case.draw(tables, make_generator("power", case))
        scores[:, :, 0] += lead * case.deviations[0]
        share = np.mean([is_ruled_out(of_table, 1) for of_table in scores])
        yield str(seeds), str(methods), f"{tables:,}", f"{lead:.2f}", f"{100 * share:.1f}"


def is_ruled_out(scores: Floats, method: int) -> bool:
    """Say whether a method is ruled out by independent seeds, (J, M), from its pairs alone."""
    rivals = [rival for rival in range(scores.shape[1]) if rival != method]
    test = flip_signs(scores[:, rivals] - scores[:, [method]], [(rival, method) for rival in rivals])
    return test.rule(method).p <= LEVEL


def report_folds(tables: int) -> Cells:
    """Yield the rows of the report on folds."""
    yield "folds", "methods", "positive rows", "common columns", "tables", *COLUMNS
    for kind, rounds, methods in FOLD_CASES:
        generator, count = make_generator("folds", kind, rounds, methods), limit_tables(tables, FOLDS * rounds, methods)
        figures = []
        for effects in (np.full(methods, OWN_EFFECT), np.where(np.arange(methods) < 2, STRONGER, OWN_EFFECT)):
            scores = draw_fold_scores(kind, effects, rounds=rounds, tables=count, generator=generator)
            figures.append(average_figures(judge_folds, scores, effects))
        case = (str(FOLDS * rounds), str(methods), kind.share, str(kind.common), f"{count:,}")
        yield from list_rows(case, *figures)


PARTS = {
    "seeds": (report_seeds, report_power),
    "folds": (report_folds,),
    "reached": (report_reached,),
    "rows": (report_rows,),
    "race": (report_race,),
}


def print_table(rows: Cells) -> None:
    """Print rows as a Markdown table, each as soon as it is known."""
    for number, cells in enumerate(rows):
        print(f"| {' | '.join(cells)} |", flush=True)
        if not number:
            print(f"|{' --- |' * len(cells)}")


def main() -> None:
    """Print the parts that the command line names, or all."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=PARTS, action="append", help="Part of the report; may be repeated.")
    parser.add_argument("--tables", type=int, default=TABLES, help="Number of tables of most cases.")
    options = parser.parse_args()
    error = 100 * np.sqrt(LEVEL * (1 - LEVEL) / options.tables)
    print(f"Shares are in %. The standard error of a share of 5 % is {error:.1f} points for {options.tables:,} tables.")
    for part in options.part or PARTS:
        print(f"\n## {part.capitalize()}")
        for report in PARTS[part]:
            print()
            print_table(report(options.tables))


if __name__ == "__main__":
    main()
