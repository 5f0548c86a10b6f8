"""Level and power of tests by folds and by rows, by simulation; a part of `benchmarks.verdicts`.

"The methods are equally good" can mean two things. Of procedures: their expected scores on new data are equal, over
new training rows. Of models: those that were fitted have equal expected scores on new rows. The level of each test is
measured under both hypotheses.

Shapes: T tables, J repetitions, M methods, P positive or N negative rows, Q pairs of methods.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from benchmarks.simulated_models import FoldCase, Measured, Methods, SeedCase
from benchmarks.simulated_tables import BLOCK, FEW_POSITIVES, FOLDS, OWN_EFFECT, Cells, TableKind, make_generator
from imbaloss.statistics import Roc, corrected_t, holm, sign_flip
from imbaloss.statistics.joint import FoldTest
from imbaloss.statistics.verdicts import compute_joint_p

Floats = NDArray[np.float64]
Case = FoldCase | SeedCase
LEVEL = 0.05
TEST_TO_TRAIN = 1 / (FOLDS - 2)  # one fold is the test part and another one the validation part
MANY_ROWS = TableKind(positives=200, negatives=1800)
MANY_METHODS = 5


@dataclass(frozen=True)
class Pairs:
    """The paired differences of Q pairs of methods on one table."""

    places: list[tuple[int, int]]
    differences: Floats  # (J, Q), the first method minus the second
    sampling_variances: Floats  # (Q,), of the mean differences over new rows, by DeLong
    smaller_class: int  # the number of tested rows of the rarer class

    @classmethod
    def of(cls, scores: Floats, contributions: Floats, smaller_class: int) -> "Pairs":
        """Return the differences of all pairs of methods, from scores (J, M) and contributions (P + N, M)."""
        places = list_pairs(scores.shape[1])
        means = [
            Roc(mean, each, smaller_class) for mean, each in zip(scores.mean(axis=0), contributions.T, strict=True)
        ]
        variances = [means[first].minus(means[second]).variance for first, second in places]
        first, second = np.array(places).T
        return cls(places, scores[:, first] - scores[:, second], np.array(variances), smaller_class)


def list_pairs(methods: int) -> list[tuple[int, int]]:
    """List all pairs of methods; those of the first method come first."""
    return list(combinations(range(methods), 2))


def compare_by_folds(pairs: Pairs) -> Floats:
    """Return the p-value of each pair, (Q,), by which `imbaloss.compare` decides over folds."""
    p = np.array([corrected_t(values, TEST_TO_TRAIN) for values in pairs.differences.T])
    return compute_joint_p(FoldTest.of(pairs.differences, pairs.places, TEST_TO_TRAIN), p)


def compare_by_rows(pairs: Pairs) -> Floats:
    """Return the p-value of DeLong's test of each pair by the rows that were tested, (Q,), after Holm's correction."""
    standard = pairs.differences.mean(axis=0) / np.sqrt(pairs.sampling_variances)
    return holm(2 * stats.norm.sf(np.abs(standard)))


def compare_by_seeds(pairs: Pairs) -> Floats:
    """Return the p-value of the sign-flip test of each pair, (Q,), after Holm's correction."""
    return holm(np.array([sign_flip(values) for values in pairs.differences.T]))


def compare_by_seeds_and_rows(pairs: Pairs) -> Floats:
    """Return the larger p-value of each pair, (Q,): by seeds alone, or by seeds and test rows.

    The second one is that of the interval `imbaloss.statistics.seeds_and_redrawn`, with DeLong's variance in the place
    of the bootstrap's. Both are needed where `imbaloss.compare` has a fixed test part.
    """
    seeds = len(pairs.differences)
    of_seeds, of_rows = pairs.differences.var(axis=0, ddof=1) / seeds, pairs.sampling_variances
    variances = of_seeds + of_rows
    degrees = variances**2 / (of_seeds**2 / (seeds - 1) + of_rows**2 / (pairs.smaller_class - 1))
    p = 2 * stats.t.sf(np.abs(pairs.differences.mean(axis=0)) / np.sqrt(variances), degrees)
    return np.maximum(holm(p), compare_by_seeds(pairs))


Test = Callable[[Pairs], Floats]
FOLD_TESTS: dict[str, Test] = {"folds": compare_by_folds, "rows": compare_by_rows}
SEED_TESTS: dict[str, Test] = {"seeds": compare_by_seeds, "seeds and rows": compare_by_seeds_and_rows}
EFFECTS = {TableKind(): 0.65, FEW_POSITIVES: 0.8, MANY_ROWS: 0.45}  # of a better method
CASES: list[Case] = [
    *(FoldCase(rounds, Methods(kind), EFFECTS[kind]) for kind in EFFECTS for rounds in (1, 2)),
    *(FoldCase(2, Methods(TableKind(), count), EFFECTS[TableKind()]) for count in (5, 12)),
    *(FoldCase(2, Methods(kind, settings=1), 0.8) for kind in (TableKind(), FEW_POSITIVES)),
    *(SeedCase(10, Methods(kind), EFFECTS[kind]) for kind in EFFECTS),
]


class Shares(NamedTuple):
    """How often a test decides, as shares of tables."""

    procedures: float  # any pair, if all procedures are equal
    models: float  # any pair, by the scores minus the truths of the models
    power: float  # rightly, of the pairs of the better method with each other one
    adjusted: float  # the same with the limit that decides any pair of equal procedures in 5 % of the tables


def measure_test(test: Test, equal: Measured, better: Measured, smaller_class: int) -> Shares:
    """Measure how often a test decides.

    Args:
        test: Returns the p-values of pairs.
        equal: Tables on which the procedures are equal.
        better: Tables on which the first one is better than the others, which are equal.
        smaller_class: The number of tested rows of the rarer class.
    """
    smallest, of_models = (
        apply_test(test, measured, smaller_class).min(axis=1) for measured in (equal, equal.subtract_truths())
    )
    means = better.scores.mean(axis=1)
    is_ahead = means[:, :1] > means[:, 1:]
    of_better = apply_test(test, better, smaller_class)[:, : is_ahead.shape[1]]
    powers = [float((is_ahead & (of_better <= limit)).mean()) for limit in (LEVEL, np.quantile(smallest, LEVEL))]
    return Shares(float((smallest <= LEVEL).mean()), float((of_models <= LEVEL).mean()), *powers)


def apply_test(test: Test, measured: Measured, smaller_class: int) -> Floats:
    """Return the p-values of a test on each table, (T, Q)."""
    tables = zip(measured.scores, measured.contributions, strict=True)
    return np.array([test(Pairs.of(scores, contributions, smaller_class)) for scores, contributions in tables])


def measure_in_blocks(case: Case, of_methods: Floats, tables: int, generator: np.random.Generator) -> Measured:
    """Measure a case on that many tables, of which up to 100 are worked on at a time."""
    sizes = [min(BLOCK, tables - start) for start in range(0, tables, BLOCK)]
    blocks = [case.measure(of_methods, size, generator) for size in sizes]
    return Measured(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))


def measure_case(case: Case, tables: int) -> dict[str, Shares]:
    """Measure each test of a case on drawn tables, the same for all tests."""
    generator = make_generator("rows", case)
    others = np.full(case.methods.count, OWN_EFFECT)
    with_better = np.where(np.arange(case.methods.count) == 0, case.better, OWN_EFFECT)
    equal, better = (measure_in_blocks(case, effects, tables, generator) for effects in (others, with_better))
    tests = FOLD_TESTS if isinstance(case, FoldCase) else SEED_TESTS
    return {name: measure_test(test, equal, better, case.methods.kind.positives) for name, test in tests.items()}


def limit_tables(case: Case, tables: int) -> int:
    """Return the number of tables of a case: fewer, but at least one, where each table takes long."""
    divisor = 4 if case.methods.count > MANY_METHODS else 2 if case.methods.kind == MANY_ROWS else 1
    return max(tables // divisor, 1)


def report_rows(tables: int) -> Cells:
    """Yield the rows of the report, in %: for each case and test its level under both hypotheses, and its power."""
    columns = ("equal procedures: any pair decided", "equal models: any pair decided")
    powers = ("one better: pairs decided", "with a limit for 5 % of equal procedures")
    yield "repetitions", "methods", "settings", "positive rows", "tables", "test", *columns, *powers
    for case in CASES:
        methods, count = case.methods, limit_tables(case, tables)
        cells = (case.name, str(methods.count), str(methods.settings), methods.kind.share, f"{count:,}")
        for name, shares in measure_case(case, count).items():
            yield *cells, name, *(f"{100 * share:.1f}" for share in shares)
