"""Coverage of the interval of what the chosen method reaches, by simulation; a part of `benchmarks.verdicts`."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulated_tables import (
    FEW_POSITIVES,
    FOLDS,
    OWN_EFFECT,
    TEST_TO_TRAIN,
    Cells,
    TableKind,
    draw_fold_scores,
    make_generator,
)
from imbaloss.comparison.reached import estimate_on_folds, score_choices
from imbaloss.comparison.recommendation import choose_method, scale_standard_errors
from imbaloss.statistics import Interval, t_interval
from imbaloss.statistics.paired import inflation_of

Floats = NDArray[np.float64]
Choose = Callable[[Mapping[int, Floats], int], int]
METHODS = 12
EFFECTS = {
    "equal": np.full(METHODS, OWN_EFFECT),
    "three tied best": np.where(np.arange(METHODS) >= 9, 0.55, OWN_EFFECT),
    "spread": np.roll(np.linspace(0.2, 0.5, METHODS), 6),  # the preferred one is in the middle
    "one strong": np.where(np.arange(METHODS) == 11, 1.0, OWN_EFFECT),
}
CASES = [
    *product([TableKind()], EFFECTS, (3, 5, 10)),
    *product([FEW_POSITIVES], ["equal", "spread"], (5, 10)),
]


def choose_best_mean(scores: Mapping[int, Floats], folds: int) -> int:  # noqa: ARG001
    """Choose the method with the highest mean score, whatever the number of folds of the table."""
    return max(scores, key=lambda method: float(scores[method].mean()))


def choose_as_compare(scores: Mapping[int, Floats], folds: int) -> int:
    """Choose by the rule of `imbaloss.compare` for a table of so many folds; the first method is the preferred one."""
    standard_errors = scale_standard_errors(len(scores[0]), folds, TEST_TO_TRAIN)
    return choose_method(scores, test_to_train=TEST_TO_TRAIN, standard_errors=standard_errors) or 0


CHOICES: dict[str, Choose] = {"best mean": choose_best_mean, "rule of compare": choose_as_compare}


class Estimates(NamedTuple):
    """The method that is chosen on a table, and two intervals of what it reaches."""

    chosen: int
    reached: Interval  # by choices in which a fold takes no part
    own: Interval  # the t interval of the method's own scores, which allows for the overlap of training parts


def estimate_table(scores: Floats, choose: Choose) -> Estimates:
    """Choose a method by its scores in some folds, (J, M), and estimate what it reaches."""
    folds = len(scores)
    of_methods = dict(enumerate(scores.T))
    chosen = choose(of_methods, folds)
    rounds = [place // FOLDS for place in range(folds)]
    reached = score_choices(of_methods, rounds, lambda scores: choose(scores, folds))
    own = t_interval(of_methods[chosen], inflation=inflation_of(folds, TEST_TO_TRAIN))
    return Estimates(chosen, estimate_on_folds(reached, of_methods[chosen], TEST_TO_TRAIN), own)


class Coverage(NamedTuple):
    """How well an interval covers the truth, over tables."""

    error: float  # of its estimate, on average
    covered: float  # the share of tables where it covers the truth
    width: float  # on average

    def format(self) -> tuple[str, str, str]:
        """Return the figures as cells, the coverage in %."""
        return f"{self.error:+.4f}", f"{100 * self.covered:.1f}", f"{self.width:.3f}"


def measure_coverage(intervals: Sequence[Interval], truth: float | Floats) -> Coverage:
    """Measure how well the intervals of tables cover one truth, or each its own."""
    estimates, lows, highs = np.array(intervals).T
    is_covered = (lows <= truth) & (truth <= highs)
    return Coverage(float(np.mean(estimates - truth)), float(is_covered.mean()), float((highs - lows).mean()))


def measure_choice(scores: Floats, truths: Floats, choose: Choose) -> tuple[float, Coverage, Coverage]:
    """Measure what the chosen method reaches, and how well both intervals cover it.

    Args:
        scores: (T, J, M).
        truths: (M,), the expected score of each method.
        choose: Chooses a method by its scores in some folds.

    Returns:
        The expected score of the chosen method, averaged over tables, and the coverage of the interval of what is
        reached and of that of the method's own scores.
    """
    estimates = [estimate_table(of_table, choose) for of_table in scores]
    truth = float(np.mean([truths[each.chosen] for each in estimates]))
    reached = measure_coverage([each.reached for each in estimates], truth)
    return truth, reached, measure_coverage([each.own for each in estimates], truth)


def compute_truths(scores: Floats, own_effects: Floats) -> Floats:
    """Compute the expected score of each method, (M,), as the mean over tables, (T, J, M), and over equal methods."""
    means = scores.mean(axis=(0, 1))
    return np.array([means[own_effects == effect].mean() for effect in own_effects])


def report_reached(tables: int) -> Cells:
    """Yield the rows of the report: for each case and choice the figures of both intervals, with coverage in %."""
    columns = ("error of the mean", "covered", "width", "own scores: error of the mean", "covered", "width")
    yield "methods", "positive rows", "folds", "tables", "choice", "truth", *columns
    for kind, name, folds in CASES:
        effects = EFFECTS[name]
        generator = make_generator("reached", kind, name, folds)
        scores = draw_fold_scores(kind, effects, rounds=-(-folds // FOLDS), tables=tables, generator=generator)
        for choice, choose in CHOICES.items():
            truth, *measured = measure_choice(scores[:, :folds], compute_truths(scores, effects), choose)
            cells = (name, kind.share, str(folds), f"{tables:,}", choice, f"{truth:.3f}")
            yield *cells, *(cell for figures in measured for cell in figures.format())
