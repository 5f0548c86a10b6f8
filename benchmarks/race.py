"""The part of `benchmarks.verdicts` on races: the error of all looks together, trainings saved, and recommendations.

In "equal" all methods are equal, so that each is a best one. In "half worse" every second method is worse, by as much
as the other parts of the report have it for folds, and for seeds by about 1.4 standard deviations of a paired
difference. The worse ones then come first in the order of preference of the recommendation.

Seeds share one test part, as in `imbaloss compare`. The score of a training is a mean over its rows of the rarer class:
the part of a method on a row, and the part of a method in a seed.
"""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulated_tables import FOLDS, TEST_TO_TRAIN, Cells, TableKind, draw_fold_scores, make_generator
from imbaloss.comparison.race_schedule import find_error_left, list_looks
from imbaloss.comparison.recommendation import choose_method
from imbaloss.statistics import ALPHA, Ruling, rule_out
from imbaloss.statistics.joint import redraw_rows

Floats = NDArray[np.float64]
Rule = Callable[[Floats, float], dict[int, Ruling]]  # from scores (J, M), NaN after a drop, and the error allowed
EQUAL, WORSE = 0.9, 0.35  # effects in the own columns of a best and of a worse method
ROWS, ROW_DEVIATION, LEAD = 40, 2.0, 2.0  # in deviations of the part of a method in a seed
REDRAWN = 500  # bootstrap samples of the test rows
DRAWS = 4000  # of the test over seeds and rows, a fifth of those of `imbaloss compare`
FOLD_CASES = ((10, 5), (10, 12), (20, 5), (20, 12))  # repetitions, methods
SEED_CASES = ((12, 5), (20, 5), (40, 5), (12, 12), (20, 12), (40, 12))
COLUMNS = (
    *("equal: a best one ruled out", "without race", "equal: any ruled out", "without race"),
    *("half worse: a best one ruled out", "worse ones ruled out", "without race", "trainings saved"),
    *("other method recommended", "worse one recommended", "without race"),
)


class Raced(NamedTuple):
    """The end of a race of M methods."""

    repetitions: NDArray[np.int64]  # (M,), of each method
    is_ruled_out: NDArray[np.bool_]  # (M,), by a look or at the end
    rulings: dict[int, Ruling]  # at the end, on the methods that are kept at least


class Figures(NamedTuple):
    """The figures of a race on one table, or their averages over tables; NaN without worse methods."""

    best_out: float  # the share of the best methods that are ruled out
    best_out_without: float  # that share without a race
    any_out: float  # whether any of the best methods is ruled out
    any_out_without: float
    worse_out: float
    worse_out_without: float
    saved: float  # the share of the trainings that are saved
    differs: float  # whether another method is recommended than without a race
    worse_chosen: float  # whether a worse method is recommended
    worse_chosen_without: float


def run_race(scores: Floats, folds: int, rule: Rule) -> Raced:
    """Race methods by their scores, (J, M), as `imbaloss.comparison.racing` does.

    Args:
        scores: The scores of all methods in all repetitions, of which those after a drop are not used.
        folds: The number of folds of a round; 0 for seeds.
        rule: Rules methods out.
    """
    seen = scores.copy()
    repetitions = np.full(scores.shape[1], len(scores))
    for look in list_looks(len(scores), folds):
        still = np.flatnonzero(repetitions == len(scores))
        rulings = rule(seen[: look.repetitions], look.alpha)
        out = [method for method in still if method in rulings and rulings[method].is_ruled_out]
        if len(out) < len(still):
            repetitions[out] = look.repetitions
            seen[look.repetitions :, out] = np.nan
    rulings = rule(seen, find_error_left(len(scores), folds))
    is_dropped = repetitions < len(scores)
    is_out = [is_dropped[method] or rulings[method].is_ruled_out for method in range(len(repetitions))]
    return Raced(repetitions, np.array(is_out), rulings)


def rule_by_folds(scores: Floats, alpha: float) -> dict[int, Ruling]:
    """Rule on each method by folds, with those that are dropped among its rivals."""
    rulings = rule_out({str(place): of_method for place, of_method in enumerate(scores.T)}, test_to_train=TEST_TO_TRAIN)
    return {int(name): Ruling(ruling.p, ruling.behind, alpha) for name, ruling in rulings.items()}


def judge(scores: Floats, is_best: NDArray[np.bool_], folds: int, rule: Rule) -> Figures:
    """Return the figures of the race on one table, (J, M)."""
    raced = run_race(scores, folds, rule)
    is_whole = bool((raced.repetitions == len(scores)).all())
    rulings = raced.rulings if is_whole else rule(scores, ALPHA)
    without = np.array([ruling.p <= ALPHA for ruling in rulings.values()])
    kept = np.where(np.arange(len(scores))[:, None] < raced.repetitions, scores, np.nan)
    ratio = TEST_TO_TRAIN if folds else None
    order = np.argsort(is_best, kind="stable").tolist()
    chosen, chosen_without = (
        choose_method({place: table[:, place] for place in order}, test_to_train=ratio) for table in (kept, scores)
    )
    worse = ~is_best
    return Figures(
        best_out=float(raced.is_ruled_out[is_best].mean()),
        best_out_without=float(without[is_best].mean()),
        any_out=float(raced.is_ruled_out[is_best].any()),
        any_out_without=float(without[is_best].any()),
        worse_out=float(raced.is_ruled_out[worse].mean()) if worse.any() else np.nan,
        worse_out_without=float(without[worse].mean()) if worse.any() else np.nan,
        saved=1 - float(raced.repetitions.mean()) / len(scores),
        differs=float(chosen != chosen_without),
        worse_chosen=float(chosen is not None and worse[chosen]),
        worse_chosen_without=float(chosen_without is not None and worse[chosen_without]),
    )


def list_best(methods: int, *, half: bool) -> NDArray[np.bool_]:
    """Say which methods are the best ones, (M,): all, or every second one from the first on."""
    return np.arange(methods) % 2 == 0 if half else np.ones(methods, bool)


def race_on_folds(repetitions: int, methods: int, tables: int, *, half: bool) -> Figures:
    """Average the figures of races over drawn tables, whose training parts overlap."""
    is_best = list_best(methods, half=half)
    effects = np.where(is_best, EQUAL if half else WORSE, WORSE)
    generator = make_generator("race of folds", repetitions, methods, half)
    drawn = draw_fold_scores(TableKind(), effects, rounds=repetitions // FOLDS, tables=tables, generator=generator)
    return average(judge(scores, is_best, FOLDS, rule_by_folds) for scores in drawn)


def race_on_seeds(repetitions: int, methods: int, tables: int, *, half: bool) -> Figures:
    """Average the figures of races over drawn test parts that all seeds share."""
    is_best = list_best(methods, half=half)
    generator = make_generator("race of seeds", repetitions, methods, half)
    return average(race_on_test_part(repetitions, is_best, generator) for _ in range(tables))


def race_on_test_part(repetitions: int, is_best: NDArray[np.bool_], generator: np.random.Generator) -> Figures:
    """Draw a test part and the scores of all trainings on it, and return the figures of the race."""
    of_rows = ROW_DEVIATION * generator.standard_normal((len(is_best), ROWS))
    of_seeds = generator.standard_normal((repetitions, len(is_best))) - np.where(is_best, 0.0, LEAD)
    weights = generator.multinomial(ROWS, np.full(ROWS, 1 / ROWS), REDRAWN) / ROWS
    redrawn_rows = weights @ of_rows.T

    def rule(scores: Floats, alpha: float) -> dict[int, Ruling]:
        """Rule on each method with a score in every seed, against the other ones."""
        methods = np.flatnonzero(np.isfinite(scores).all(axis=0))
        pairs = list(combinations(range(len(methods)), 2))
        first, second = methods[np.array(pairs, np.int64).reshape(-1, 2).T]
        means = of_seeds[: len(scores)].mean(axis=0)
        redrawn = redrawn_rows[:, first] - redrawn_rows[:, second] + means[first] - means[second]
        joint = redraw_rows(scores[:, first] - scores[:, second], redrawn, pairs, ROWS, draws=DRAWS)
        return {int(method): joint.rule(place, alpha) for place, method in enumerate(methods)}

    return judge(of_seeds + of_rows.mean(axis=1), is_best, 0, rule)


def average(figures: Iterator[Figures]) -> Figures:
    """Average figures over tables."""
    return Figures(*np.mean(list(figures), axis=0))


def report_race(tables: int) -> Cells:
    """Yield the rows of the report on races, in %."""
    yield "repetitions", "methods", "tables", *COLUMNS
    for race, noun, cases in ((race_on_folds, "folds", FOLD_CASES), (race_on_seeds, "seeds", SEED_CASES)):
        for repetitions, methods in cases:
            equal, half = (race(repetitions, methods, tables, half=half) for half in (False, True))
            figures = (*equal[:4], half.best_out, *half[4:])
            yield f"{repetitions} {noun}", str(methods), f"{tables:,}", *(f"{100 * value:.1f}" for value in figures)
