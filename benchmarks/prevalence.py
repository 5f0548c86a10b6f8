"""Does the interval of the share of positives cover, and does drift of columns give false alarms? By simulation.

    python -m benchmarks.prevalence [--simulations 2000] [--draws 200]

First table: coverage of 95 % intervals over simulated shifts. Log-odds of both classes are normal. A model gives them
bent, so that its probabilities are too sure and too high. Reference rows have a given number of positives; they fit
Platt's calibration ("yes") or none ("no"). New rows have 0.5 to 3 times the share of positives. `below` and `above` are
the shares of intervals that miss the true share because it lies below or above them. Compared are: `bins`, which
imbaloss uses; `decision`, the black box shift estimation of Lipton et al. (2018) by the threshold that is best for F1,
with Fieller's interval; `mean`, the same by the mean probability (Bella et al. 2010); `em`, the maximum likelihood of
Saerens et al. (2002), whose probabilities are taken as true. `width` is the median width in units of the true share.

Second table: drift of ten columns. New tables are clean but for another share of positives, or have one planted change.
Values are the share of tables with any column flagged, and with the changed column flagged.
"""

import argparse
from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import special, stats

from imbaloss.evaluation import Rule, choose_threshold, prevalence
from imbaloss.evaluation.calibration import fit_calibration
from imbaloss.statistics import Interval

Floats = NDArray[np.float64]
SEPARATION = 1.5  # distance of the classes in standard deviations; the ROC-AUC is 0.86
SIZES = ((10, 0.1, 1000), (20, 0.02, 1000), (20, 0.2, 1000), (100, 0.02, 5000), (500, 0.05, 20_000))
RATIOS = (0.5, 1.0, 2.0, 3.0)
GRID = np.concatenate([[0.0], special.expit(np.linspace(-12, 12, 1201)), [1.0]])


class Case(NamedTuple):
    """Reference rows and new rows with their probabilities, and the true share of positives in the new rows."""

    labels: NDArray[np.int64]
    probabilities: Floats
    new: Floats
    share: float


def draw_case(size: tuple[int, float, int], ratio: float, *, calibrated: bool, generator: Generator) -> Case:
    """Draw the rows of a case. size: positives of the reference, their share, and the number of new rows."""
    positives, level, rows = size
    labels = np.repeat([1, 0], [positives, round(positives / level) - positives])
    share = ratio * level

    def draw_odds(truth: NDArray[np.int64]) -> Floats:
        return SEPARATION * generator.normal(SEPARATION * truth, 1) - SEPARATION**2 / 2 + special.logit(level)

    odds, new = draw_odds(labels), draw_odds((generator.random(rows) < share).astype(np.int64))
    odds, new = 2.5 * odds + 3, 2.5 * new + 3
    if calibrated:
        calibration = fit_calibration("platt", labels, odds)
        odds, new = calibration(odds), calibration(new)
    return Case(labels, special.expit(odds), special.expit(new), share)


def by_bins(case: Case) -> Interval | None:
    edges = prevalence.find_edges(case.labels, case.probabilities)
    reference = [prevalence.count_bins(case.probabilities[case.labels == label], edges) for label in (0, 1)]
    return prevalence.estimate_share(prevalence.count_bins(case.new, edges), np.stack(reference))


def by_decision(case: Case) -> Interval | None:
    threshold = choose_threshold(Rule("f1"), case.labels, case.probabilities, resamples=0).threshold
    decided = [(each >= threshold).astype(np.float64) for each in (case.probabilities, case.new)]
    return fieller(case.labels, *decided)


def by_mean(case: Case) -> Interval | None:
    return fieller(case.labels, case.probabilities, case.new)


def fieller(labels: NDArray[np.int64], values: Floats, new: Floats) -> Interval | None:
    """Estimate (mean of new - mean of negatives) / (mean of positives - mean of negatives), with Fieller's interval.

    The quantiles are Student's, with Satterthwaite's degrees of freedom of the reference rows.
    """
    (mean_0, variance_0, rows_0), (mean_1, variance_1, rows_1) = (
        (values[labels == label].mean(), values[labels == label].var(ddof=1), (labels == label).sum())
        for label in (0, 1)
    )
    difference = mean_1 - mean_0
    of_new = GRID * variance_1 + (1 - GRID) * variance_0 + GRID * (1 - GRID) * difference**2
    of_0, of_1 = (1 - GRID) ** 2 * variance_0 / rows_0, GRID**2 * variance_1 / rows_1
    variance = of_new / len(new) + of_0 + of_1 + 1e-300
    degrees = variance**2 / np.maximum(of_1**2 / (rows_1 - 1) + of_0**2 / (rows_0 - 1), 1e-300)
    squares = (new.mean() - GRID * mean_1 - (1 - GRID) * mean_0) ** 2 / variance
    inside = GRID[squares <= stats.t.ppf(0.975, np.clip(degrees, 1, 1e9)) ** 2]
    estimate = float(np.clip((new.mean() - mean_0) / difference, 0, 1))
    return Interval(estimate, inside[0], inside[-1]) if len(inside) else Interval(estimate, estimate, estimate)


def by_em(case: Case) -> Interval | None:
    level = case.labels.mean()
    odds = special.logit(np.clip(case.new, 1e-12, 1 - 1e-12)) - special.logit(level)
    ratios = np.exp(odds)
    shares = GRID[1:-1]
    likelihoods = np.array([np.log(share * ratios + 1 - share).sum() for share in shares])
    best = likelihoods.argmax()
    inside = shares[2 * (likelihoods[best] - likelihoods) <= stats.chi2.ppf(0.95, 1)]
    return Interval(float(shares[best]), inside[0], inside[-1])


ESTIMATORS: dict[str, Callable[[Case], Interval | None]] = {
    "bins": by_bins,
    "decision": by_decision,
    "mean": by_mean,
    "em": by_em,
}


def print_coverage(simulations: int, estimators: list[str]) -> None:
    print(
        "positives level rows ratio calibrated | "
        + " | ".join(f"{name}: cover below above width" for name in estimators)
    )
    covered = {name: list[bool]() for name in estimators}
    for size, ratio, calibrated in product(SIZES, RATIOS, (True, False)):
        generator = np.random.default_rng([size[0], size[2], round(10 * ratio), calibrated])
        found = {name: list[tuple[float, float, float]]() for name in estimators}
        for _ in range(simulations):
            case = draw_case(size, ratio, calibrated=calibrated, generator=generator)
            for name in estimators:
                interval = ESTIMATORS[name](case) or Interval(np.nan, 0.0, 1.0)
                found[name].append(
                    (interval.low > case.share, interval.high < case.share, interval.high - interval.low)
                )
        cells = []
        for name in estimators:
            above, below, width = np.array(found[name]).T
            covered[name] += ((above + below) == 0).tolist()
            cover = 1 - above.mean() - below.mean()
            cells.append(f"{cover:.3f} {above.mean():.3f} {below.mean():.3f} {np.median(width) / case.share:.2f}")
        print(*size, ratio, "yes" if calibrated else "no ", "|", " | ".join(cells), flush=True)
    print("all", " | ".join(f"{name} {np.mean(values):.3f}" for name, values in covered.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=2000)
    parser.add_argument("--estimators", default=",".join(ESTIMATORS))
    arguments = parser.parse_args()
    print_coverage(arguments.simulations, arguments.estimators.split(","))


if __name__ == "__main__":
    main()
