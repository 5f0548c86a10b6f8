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
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import special, stats

from imbaloss.comparison.columns import MISSING, Column, ColumnKind
from imbaloss.comparison.new_data import NewData, NewRows
from imbaloss.comparison.reference import ColumnReference, Reference
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


NUMBERS, NAMES, MANY = ("amount", "age", "balance", "visits", "hour"), ("country", "colour", "flag"), ("shop", "street")
TABLE_LEVEL, TRAINED, NEW = 0.05, 5000, 2000
KINDS = dict.fromkeys(NUMBERS, ColumnKind.NUMBER) | dict.fromkeys(NAMES, ColumnKind.CATEGORY)
KINDS |= dict.fromkeys(MANY, ColumnKind.MANY)


def draw_table(rows: int, share: float, generator: Generator) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Draw ten columns and the labels of their rows. Amount, visits and country tell something of the label."""
    labels = (generator.random(rows) < share).astype(np.int64)
    table = pd.DataFrame(
        {
            "amount": generator.lognormal(3 + 1.5 * labels, 1.0),
            "age": np.where(generator.random(rows) < 0.1, np.nan, generator.normal(50, 15, rows)),
            "balance": np.where(generator.random(rows) < 0.6, 0.0, generator.normal(0, 100, rows)),
            "visits": generator.poisson(2 + labels, rows).astype(float),
            "hour": generator.uniform(0, 24, rows),
            "country": generator.choice(["DE", "FR", "IT"], rows).astype(object),
            "colour": generator.choice(12, rows, p=np.arange(1, 13) / 78).astype(str).astype(object),
            "flag": np.where(generator.random(rows) < 0.05, MISSING, "a").astype(object),
            "shop": np.char.mod("shop %d", np.minimum(generator.geometric(0.05, rows), 60)).astype(object),
            "street": np.char.mod("street %d", generator.zipf(1.6, rows) % 5000).astype(object),
        }
    )
    table.loc[(labels == 1) & (generator.random(rows) < 0.5), "country"] = "FR"
    return table, labels


def score_rows(table: pd.DataFrame) -> Floats:
    odds = 1.4 * np.log(table["amount"]) + 0.4 * table["visits"] + 1.2 * (table["country"] == "FR") - 10
    probabilities: Floats = special.expit(odds.to_numpy())
    return probabilities


def change_some(column: str, share: float, values: object) -> Callable[[pd.DataFrame, Generator], pd.DataFrame]:
    """Return a change that gives a share of the rows another value in a column."""
    return lambda table, generator: table.assign(
        **{column: table[column].mask(generator.random(len(table)) < share, values)}
    )


CHANGES: dict[str, tuple[str, Callable[[pd.DataFrame, Generator], pd.DataFrame]]] = {
    "age 5 years higher": ("age", lambda table, _: table.assign(age=table["age"] + 5)),
    "1 % of ages in days": ("age", change_some("age", 0.01, 18_000.0)),
    "10 % more ages missing": ("age", change_some("age", 0.1, np.nan)),
    "amount in another currency": ("amount", lambda table, _: table.assign(amount=1.3 * table["amount"])),
    "2 % a new country": ("country", change_some("country", 0.02, "ES")),
    "10 % moved to one colour": ("colour", change_some("colour", 0.1, "3")),
    "every shop renamed": ("shop", lambda table, _: table.assign(shop="new " + table["shop"])),
    "10 % new streets": ("street", change_some("street", 0.1, "street new")),
}


def find_columns(table: pd.DataFrame, labels: NDArray[np.int64]) -> tuple[Reference, dict[str, set[str]]]:
    """Return what a model would keep of these rows, and the names of each column in the train part.

    The last fifth of the rows is the validation part.
    """
    train = len(table) * 4 // 5
    seen = {name: set(table[name][:train]) for name in (*NAMES, *MANY)}
    unseen = {name: int((~table[name][train:].isin(names)).sum()) for name, names in seen.items()}
    columns = tuple(
        ColumnReference.of(Column(name, kind), table[name].to_numpy(), labels, unseen.get(name, 0))
        for name, kind in KINDS.items()
    )
    return Reference(labels[train:], score_rows(table)[train:], columns), seen


def judge_rows(reference: Reference, seen: dict[str, set[str]], table: pd.DataFrame) -> NewData:
    counted = NewRows(reference)
    unseen = {name: int((~table[name].isin(names)).sum()) for name, names in seen.items()}
    counted.add(table, score_rows(table), unseen)
    return counted.judge()


def print_drift(draws: int) -> None:
    print("change | ratio: any column flagged, the changed one flagged, the share does not hold")
    for change, (column, apply) in ({"none": ("", lambda table, _: table)} | CHANGES).items():
        cells = []
        for ratio in RATIOS:
            generator = np.random.default_rng([len(change), round(10 * ratio)])
            flags = []
            for _ in range(draws):
                reference, seen = find_columns(*draw_table(TRAINED, TABLE_LEVEL, generator))
                new, _ = draw_table(NEW, ratio * TABLE_LEVEL, generator)
                judged = judge_rows(reference, seen, apply(new, generator))
                changed = [each.column for each in judged.changed]
                flags.append((bool(changed), column in changed, not judged.holds))
            cells.append(f"{ratio:g}: " + " ".join(f"{value:.3f}" for value in np.mean(flags, axis=0)))
        print(f"{change:28} | " + " | ".join(cells), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=2000)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--estimators", default=",".join(ESTIMATORS))
    arguments = parser.parse_args()
    if arguments.simulations:
        print_coverage(arguments.simulations, arguments.estimators.split(","))
    if arguments.draws:
        print_drift(arguments.draws)


if __name__ == "__main__":
    main()
