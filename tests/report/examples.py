"""Rows as a study would leave them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from imbaloss import report, studies
from imbaloss.data import NONE, SETS, Counts, Fold, SamplerSpec
from imbaloss.evaluation import Rule, TunedScores, choose_threshold, no_scores, scores
from imbaloss.learners import Method
from imbaloss.report import Findings, tables
from imbaloss.report.cells import COMPARED, Cell, ComparedScore, group_into_cells
from imbaloss.report.comparisons import CellComparison, compare_cells
from imbaloss.report.row_names import name_rows
from imbaloss.statistics import Comparison, Interval, Verdict
from imbaloss.studies import Predictions, Row, Run, Store, Study
from imbaloss.studies.row import Computation, PartCounts
from imbaloss.training import Recipe

LOSSES = ("msfe", "focal:alpha=0.75", "wmse")
LABELS = np.repeat([0, 1], [90, 10])
POOL = (180, 20)  # images of each class, of which a seed draws half


def predictions(row: Row) -> dict[str, Predictions]:
    """Random probabilities in place of a trained network's; none where that failed."""
    generator = np.random.default_rng([row.run.seed, *f"{row.run.dataset} {row.run.method.learned}".encode()])
    drawn = np.random.default_rng(row.run.seed)
    found = {}
    for part in ("test", "validation"):
        images = np.concatenate([drawn.permutation(some)[: some // 2] for some in POOL])
        found[part] = Predictions(LABELS, generator.random(100), images)
    return {} if row.failure else found


def find(study: Study, some: Sequence[Row], folder: Path) -> Findings:
    """Of rows that the store of a folder then has."""
    store = Store(folder)
    store.add((row, predictions(row)) for row in some)
    return report.compute_findings(study, some, store)


def write(study: Study, some: Sequence[Row], folder: Path) -> Path:
    """The report of those rows."""
    return report.write_report(find(study, some, folder), folder)


def found_in(some: Sequence[Row]) -> Findings:
    """What the rows say, of which the store is gone."""
    with TemporaryDirectory() as place:
        return find(studies.built_in("table1"), some, Path(place))


def table(some: Sequence[Row]) -> pd.DataFrame:
    return found_in(some).table


def markdown(some: Sequence[Row]) -> str:
    found = found_in(some)
    return tables.write_markdown(found.lines, list(found.scored))


def latex(some: Sequence[Row]) -> str:
    found = found_in(some)
    return tables.write_latex(found.lines, list(found.scored))


def scored(some: Sequence[Row]) -> dict[ComparedScore, list[Cell]]:
    return {compared: group_into_cells(some, name_rows(some), compared) for compared in COMPARED}


def rows(seeds: int = 2, datasets: tuple[str, ...] = ("tree_1", "tree_2")) -> list[Row]:
    """At level 0.05."""
    return [example(dataset, seed, loss) for dataset in datasets for seed in range(seeds) for loss in LOSSES]


@cache
def example(dataset: str, seed: int, loss: str) -> Row:
    positive = SETS[dataset].positive if dataset in SETS else "a rare one"
    recipe = Recipe(epochs=6 if loss == "wmse" else 4)
    row = Row(
        run=Run(dataset, 0.05, "table1", positive, Method.parse(loss), recipe, seed),
        classes=("a tree", positive),
        counts=PartCounts(Counts(450, 50), Counts(90, 10), Counts(90, 10)),
        scores={},
        undefined={"validation": {}, "test": {}},
        tuned=TunedScores.without_threshold("it was not scored yet"),
        losses=tuple(np.linspace(0.5, 0.1 + seed / 100, recipe.epochs).tolist()),
        failure=None,
        computed=Computation("cpu", threads=1, plan={}, stack_size=6, stack_seconds=60.0, versions={"imbaloss": "0"}),
    )
    test, validation = (part.probabilities for part in predictions(row).values())
    threshold, low, high, _ = choose_threshold(Rule.parse("f1"), LABELS, validation)
    at = TunedScores(threshold, (low, high), scores(LABELS, test, threshold)[0], {})
    return replace(row, scores={"validation": scores(LABELS, validation)[0], "test": scores(LABELS, test)[0]}, tuned=at)


def changed(row: Row, *, sampler: str = NONE, threshold: str = "f1", **changes: Any) -> Row:
    """The row with these changes of what was asked."""
    decision = replace(row.run.method.decision, rule=Rule.parse(threshold))
    method = replace(row.run.method, sampler=SamplerSpec.parse(sampler), decision=decision)
    return replace(row, run=replace(row.run, method=method, **changes))


def scoring(row: Row, value: float | None, score: str = "roc_auc") -> Row:
    """The row with another score on test."""
    return replace(row, scores={**row.scores, "test": {**row.scores["test"], score: value}})


def failed(row: Row) -> Row:
    values, reasons = no_scores(why := "the training failed")
    return replace(
        row,
        scores={"validation": values, "test": values},
        undefined={"validation": reasons, "test": reasons},
        tuned=TunedScores.without_threshold(why),
        losses=(),
        failure="the loss was no longer finite",
    )


def folded(some: Sequence[Row]) -> list[Row]:
    """With a fold of seed 0 in the place of each seed."""
    folds = 1 + max(row.run.seed for row in some)
    return [replace(row, run=replace(row.run, seed=0, fold=Fold(0, row.run.seed, folds))) for row in some]


def gaining(gains: dict[str, float], seeds: int = 12, spread: float = 0.004, score: str = "roc_auc") -> list[Row]:
    """Rows whose score is 0.7, a part of the seed's own, the gain of the loss, and noise."""
    found = []
    for row in rows(seeds=seeds):
        own = np.random.default_rng([row.run.seed, *row.run.dataset.encode()])
        noise = np.random.default_rng([row.run.seed, *row.run.method.learned.encode()]).normal(scale=spread)
        value = 0.7 + own.normal(scale=0.05) + gains[row.run.method.learned] + float(noise)
        found.append(scoring(row, value, score))
    return found


def comparisons(some: Sequence[Row]) -> list[CellComparison]:
    return compare_cells(scored(some), 0.01)


def of_cells(*several: Cell, margin: float = 0.01) -> list[CellComparison]:
    """Comparisons by ROC-AUC in these cells."""
    return compare_cells({ComparedScore("ROC-AUC", "roc_auc"): several}, margin)


def cell(setting: str, level: float = 0.1, dataset: str | None = None, **means: float) -> Cell:
    """Two repetitions about each mean; the setting is the data set unless that is named."""
    return Cell(
        dataset or setting,
        setting,
        level,
        {name: np.array([mean - 0.01, mean + 0.01]) for name, mean in means.items()},
        None,
    )


def comparison(
    first: str,
    second: str,
    verdict: str,
    difference: tuple[float, float, float],
    *,
    score: str = "ROC-AUC",
    setting: str = "tree",
    level: float = 0.1,
    margin: float = 0.01,
    pairs: int = 5,
) -> CellComparison:
    """A comparison that says so, whatever a test would. difference: with the ends of its interval."""
    interval = Interval(*difference)
    found = Comparison(
        first, second, pairs, interval, p=0.01, p_joint=0.011, p_holm=0.012, p_wilcoxon=0.01, superiority=0.5,
        p_equivalent=1.0, verdict=Verdict(verdict), smallest=None, more=None,
    )  # fmt: skip
    return CellComparison(score, setting, level, margin, found, interval)
