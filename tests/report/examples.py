"""Rows as a study would leave them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from imbaloss import report, studies
from imbaloss.data import SETS
from imbaloss.evaluation import best_for_f1, scores
from imbaloss.report import Findings
from imbaloss.report.cells import COMPARED, Cell, Compared, cells
from imbaloss.report.naming import names
from imbaloss.studies import Predictions, Row, Run, Store, Study
from imbaloss.training import Recipe

LOSSES = ("msfe", "focal:alpha=0.75", "wmse")
LABELS = np.repeat([0, 1], [90, 10])
IMAGES = np.concatenate([np.arange(90), np.arange(10)])


def predictions(row: Row) -> dict[str, Predictions]:
    """Random probabilities, the same ones on tune and test, in place of a trained network's; none where that failed."""
    generator = np.random.default_rng([row.run.seed, *f"{row.run.dataset} {row.run.loss}".encode()])
    found = Predictions(LABELS, generator.random(100), IMAGES)
    return {} if row.failure else {"tune": found, "test": found}


def find(study: Study, some: Sequence[Row], folder: Path) -> Findings:
    """Of rows that the store of a folder then has."""
    store = Store(folder)
    store.add((row, predictions(row)) for row in some)
    return report.find(study, some, store)


def write(study: Study, some: Sequence[Row], folder: Path) -> Path:
    """The report of those rows."""
    return report.write(find(study, some, folder), folder)


def table(some: Sequence[Row]) -> pd.DataFrame:
    with TemporaryDirectory() as place:
        return find(studies.built_in("table1"), some, Path(place)).table


def scored(some: Sequence[Row]) -> dict[Compared, list[Cell]]:
    return {compared: cells(some, names(some), compared) for compared in COMPARED}


def rows(seeds: int = 2, datasets: tuple[str, ...] = ("tree_1", "tree_2")) -> list[Row]:
    """At level 0.05."""
    found = []
    for dataset in datasets:
        positive = SETS[dataset].positive if dataset in SETS else "a rare one"
        for seed in range(seeds):
            for loss in LOSSES:
                recipe = Recipe(epochs=6 if loss == "wmse" else 4)
                row = Row(
                    run=Run(dataset, 0.05, "table1", positive, loss, recipe, seed),
                    classes=("a tree", positive),
                    counts={"train": (450, 50), "tune": (90, 10), "test": (90, 10)},
                    scores={},
                    undefined={part: {} for part in ("tune", "test", "tuned")},
                    losses=tuple(np.linspace(0.5, 0.1 + seed / 100, recipe.epochs).tolist()),
                    failure=None,
                    computed={"device": "cpu", "versions": {"imbaloss": "0"}, "stack_seconds": 60.0, "stack_size": 6},
                )
                probabilities = predictions(row)["test"].probabilities
                test, _ = scores(LABELS, probabilities)
                threshold = best_for_f1(LABELS, probabilities)
                tuned = {**scores(LABELS, probabilities, threshold)[0], "threshold": threshold}
                found.append(replace(row, scores={"tune": test, "test": test, "tuned": tuned}))
    return found
