"""The differences between methods that a study can detect, from its seeds and test samples, before it is run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Self

from imbaloss.data import Source
from imbaloss.statistics import difference_deviation, fewest_seeds, smallest_found
from imbaloss.studies.study import Run

AREA = 0.8  # assumed ROC-AUC of both methods, as on harder data sets; areas near 1 vary less
CORRELATION = 0.5  # assumed of the two areas on the same samples; it is higher for methods that rank alike
ERROR = 0.05  # level of the tests of a cell, for all its pairs of methods together


@dataclass(frozen=True)
class RunCell:
    """The cell of a run: its data set, level of imbalance and protocol. Runs are compared within a cell."""

    dataset: str
    level: float
    protocol: str

    @classmethod
    def of(cls, run: Run) -> Self:
        """Return the cell of a run: its data set, level of imbalance and protocol."""
        return cls(run.dataset, run.level, run.protocol)


@dataclass(frozen=True)
class DetectableCell:
    """The difference between two methods that the test samples of one cell, a data set at a level, can show."""

    dataset: str
    level: float
    protocol: str
    positives: int  # number of positives in the test part; of the first fold if there are folds
    negatives: int
    difference: float | None  # in ROC-AUC, detected with probability 0.8; None: a class is missing, or it is above 1


@dataclass(frozen=True)
class DetectableDifferences:
    """The differences that a study of several methods can detect, cell by cell."""

    methods: int  # number of methods in each cell
    pairs: int  # number of pairs of methods
    repetitions: int  # number of seeds, or of seeds x folds
    fewest: int | None  # fewest seeds with which any difference can be found; None with folds, which have no such bound
    cells: tuple[DetectableCell, ...]


def compute_detectable_differences(runs: Sequence[Run], datasets: Mapping[str, Source]) -> DetectableDifferences | None:
    """Compute the smallest difference in ROC-AUC that each cell of a study detects with probability 0.8.

    A cell is a data set at a level of imbalance under a protocol. A difference is detected if the best method, which is
    ahead of all others by it, rules one of them out. The computation assumes that each repetition has test samples of
    its own, and that methods differ by the chance in these alone.

    Args:
        runs: All runs of the study, at least one.
        datasets: The data sets by name.

    Returns:
        The differences, one for each cell in the order of the runs. None for a study of one method.

    Raises:
        ValueError: A data set cannot give the split of a run.
    """
    methods = len({(str(run.method), run.recipe.network, run.recipe_name) for run in runs})
    if methods == 1:
        return None
    pairs, repetitions = comb(methods, 2), len({(run.seed, run.fold) for run in runs})
    first_runs: dict[RunCell, Run] = {}
    for run in runs:
        first_runs.setdefault(RunCell.of(run), run)
    return DetectableDifferences(
        methods=methods,
        pairs=pairs,
        repetitions=repetitions,
        fewest=None if runs[0].fold else fewest_seeds(ERROR),
        cells=tuple(
            compute_detectable_cell(run, datasets[run.dataset], repetitions, methods) for run in first_runs.values()
        ),
    )


def compute_detectable_cell(run: Run, dataset: Source, repetitions: int, methods: int) -> DetectableCell:
    """Compute the smallest difference in ROC-AUC that one cell detects, from the class counts of its parts.

    The difference is None if a class is missing in test, if the repetitions are too few, or if it would be above 1.

    Args:
        run: Any run of the cell.
        dataset: The data set of the cell.
        repetitions: The number of paired differences: seeds, or seeds x folds.
        methods: The number of methods that are compared.

    Raises:
        ValueError: The data set cannot give the split of the run.
    """
    parts = dataset.with_positive(run.positive).split_counts(
        level=run.level, protocol=run.protocol, seed=run.seed, fold=run.fold
    )
    test_to_train = sum(parts["test"]) / sum(parts["train"]) if run.fold else None
    negatives, positives = parts["test"]
    smallest = None
    if positives and negatives:
        deviation = difference_deviation(AREA, positives, negatives, CORRELATION)
        smallest = smallest_found(repetitions, deviation, methods, ERROR, test_to_train)
    possible = smallest is not None and smallest <= 1
    return DetectableCell(run.dataset, run.level, run.protocol, positives, negatives, smallest if possible else None)
