"""Coverage of the intervals of segments, and errors of the tests between them, by simulation.

    python -m benchmarks.segments --draws 500

The log-odds of a model are normal in each class. Its probabilities are true, and it decides at a fixed threshold or by
costs of each row. The scores of a population of 400,000 rows are the true ones.
"""

import argparse
from functools import partial

import numpy as np
from scipy import special

from imbaloss.comparison.segment_scores import SHARE, JudgedRows, are_few, compare_segments, score_rows
from imbaloss.evaluation import Objective
from imbaloss.evaluation.sample_costs import decide_by_costs, take_costs
from imbaloss.statistics import holm
from imbaloss.studies import Segments

POPULATION = 400_000
SETTINGS = ((60, 0.25), (200, 0.1), (1000, 0.03), (1000, 0.1), (4000, 0.1))  # rows, and share of positives
SEPARATION = 2.0  # of the means of the log-odds, in deviations: a ROC-AUC of 0.92


def draw_rows(generator: np.random.Generator, rows: int, share: float) -> JudgedRows:
    """Draw test rows with true probabilities, decided by costs of their own."""
    labels = (generator.random(rows) < share).astype(np.int64)
    evidence = SEPARATION * (generator.normal(size=rows) + SEPARATION * (labels - 0.5))
    probabilities = special.expit(evidence + special.logit(share))
    amounts = np.exp(generator.normal(2.5, 1, rows))
    costs = np.stack([np.zeros(rows), np.full(rows, 3.0), amounts, np.full(rows, 3.0)], axis=1)
    flagged, every_row = decide_by_costs(probabilities, costs), np.ones(rows, np.bool_)
    taken = np.stack([take_costs(labels, flags, costs) for flags in (flagged, ~every_row, every_row)], axis=1)
    return JudgedRows(np.arange(rows), labels, probabilities, flagged, taken)


def measure_coverage(rows: int, share: float, draws: int, objective: Objective) -> dict[str, float]:
    """Return the share of draws whose interval has the true score, by score. Segments too small are drawn again."""
    score = partial(score_rows, objective=objective, are_ranked=True)
    truth = {name: interval.estimate for name, interval in score_population(share, objective).items()}
    covered: dict[str, list[bool]] = {name: [] for name in truth}
    generator = np.random.default_rng([0, rows, int(1000 * share)])
    while len(covered[SHARE]) < draws:
        part = draw_rows(generator, rows, share)
        if are_few(part):
            continue
        for name, (value, low, high) in score(part).items():
            if np.isfinite(value):
                covered[name].append(bool(low <= truth[name] <= high))
    return {name: float(np.mean(of_score)) for name, of_score in covered.items()}


def score_population(share: float, objective: Objective) -> dict:
    """Return the scores of a large population; the intervals mean nothing."""
    return score_rows(draw_rows(np.random.default_rng(1), POPULATION, share), objective=objective, are_ranked=True)


def measure_errors(rows: int, share: float, draws: int, shift: float) -> tuple[float, float]:
    """Return how often any of the tests between five alike segments is significant, with and without correction.

    shift: What is added to the log-odds of all rows, so that all segments are calibrated badly alike.
    """
    generator = np.random.default_rng([2, rows, int(1000 * share)])
    errors, uncorrected = [], []
    for _ in range(draws):
        part = draw_rows(generator, rows, share)
        moved = special.expit(special.logit(part.probabilities) + shift)
        part = JudgedRows(part.rows, part.labels, moved, part.flagged, part.costs)
        codes = generator.integers(0, 5, rows)
        cut = Segments(tuple("abcde"), codes)
        p = np.array([each.p for each in compare_segments(part, codes, cut, are_ranked=True, is_calibrated=True)])
        if len(p):
            errors.append(bool(holm(p).min() <= 0.05))
            uncorrected.append(bool(p.min() <= 0.05))
    return float(np.mean(errors)), float(np.mean(uncorrected))


def main() -> None:
    """Print the coverage of each score and the errors of the tests."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=500)
    draws = parser.parse_args().draws
    for objective in map(Objective.parse, ("balanced_accuracy", "savings")):
        for rows, share in SETTINGS:
            coverage = measure_coverage(rows, share, draws, objective)
            print(f"{rows} rows, {share:.0%}:", ", ".join(f"{name} {value:.3f}" for name, value in coverage.items()))
    for rows, share, shift in ((500, 0.25, 0.0), (2000, 0.1, 0.0), (2000, 0.1, 0.7), (10_000, 0.05, 0.0)):
        errors = measure_errors(rows, share, draws, shift)
        print(
            f"{rows} rows, {share:.0%}, shift {shift}: {errors[0]:.3f} with Holm's correction, {errors[1]:.3f} without"
        )


if __name__ == "__main__":
    main()
