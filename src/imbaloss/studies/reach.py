"""What a study can show, from its seeds and its test samples, before it is run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Self

from imbaloss.data import Source
from imbaloss.statistics import difference_deviation, fewest_seeds, smallest_found
from imbaloss.studies.study import Run

AREA = 0.8  # under the ROC curve, of both methods: of harder sets. Near 1 areas vary less
CORRELATION = 0.5  # of their areas on the same samples. Of methods that rank alike it is higher, and they differ less
ERROR = 0.05  # in a cell, over all its pairs of methods


@dataclass(frozen=True)
class RunCell:
    """What runs share that are compared with each other: a data set at a level, under a protocol."""

    dataset: str
    level: float
    protocol: str

    @classmethod
    def of(cls, run: Run) -> Self:
        """Return the cell of a run."""
        return cls(run.dataset, run.level, run.protocol)


@dataclass(frozen=True)
class Cell:
    """What its test samples can show of two methods: a difference in ROC-AUC that is found with probability 0.8."""

    dataset: str
    level: float
    protocol: str
    positives: int  # of test; with folds, of the first
    negatives: int
    difference: float | None  # None: a class is missing, or not even a difference of 1 would be found


@dataclass(frozen=True)
class Reach:
    """Of a study that compares methods."""

    methods: int  # in each cell
    pairs: int  # of them
    repetitions: int  # seeds; with folds, seeds x folds
    fewest: int | None  # seeds with which a difference can be found at all; None with folds, whose test has no bound
    cells: tuple[Cell, ...]


def reach(runs: Sequence[Run], datasets: Mapping[str, Source]) -> Reach | None:
    """By the test that decides: sign-flip, or with folds the corrected t-test, at Bonferroni's level. None: one method.

    As if each repetition were tested on samples of its own, and nothing but these samples made methods differ.
    """
    methods = len({(str(run.method), run.recipe.network, run.recipe_name) for run in runs})
    if methods == 1:
        return None
    pairs, repetitions = comb(methods, 2), len({(run.seed, run.fold) for run in runs})
    firsts: dict[RunCell, Run] = {}
    for run in runs:
        firsts.setdefault(RunCell.of(run), run)
    return Reach(
        methods=methods,
        pairs=pairs,
        repetitions=repetitions,
        fewest=None if runs[0].fold else fewest_seeds(pairs, ERROR),
        cells=tuple(cell(run, datasets[run.dataset], repetitions, pairs) for run in firsts.values()),
    )


def cell(run: Run, dataset: Source, repetitions: int, pairs: int) -> Cell:
    """run: any of the cell."""
    parts = dataset.with_positive(run.positive).split_counts(
        level=run.level, protocol=run.protocol, seed=run.seed, fold=run.fold
    )
    test_to_train = sum(parts["test"]) / sum(parts["train"]) if run.fold else None
    negatives, positives = parts["test"]
    found = None
    if positives and negatives:
        deviation = difference_deviation(AREA, positives, negatives, CORRELATION)
        found = smallest_found(repetitions, deviation, pairs, ERROR, test_to_train)
    possible = found is not None and found <= 1
    return Cell(run.dataset, run.level, run.protocol, positives, negatives, found if possible else None)
