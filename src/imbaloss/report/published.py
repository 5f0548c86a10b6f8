"""The report's Table 1: what was published for the same data."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from imbaloss import studies
from imbaloss.data import NO_SAMPLER, SETS
from imbaloss.studies import Run

MAIN = ("f1", "roc_auc")  # the scores that the report has


@dataclass(frozen=True)
class PublishedCell:
    """A line of the report's Table 1."""

    dataset: str
    level: float
    loss: str  # its name


@cache
def published() -> Mapping[PublishedCell, Mapping[str, float]]:
    """Read the report's Table 1: of each line its f1 and roc_auc."""
    with resources.files(studies).joinpath("published_table1.csv").open(encoding="utf-8") as file:
        return {
            PublishedCell(line["dataset"], float(line["level"]), line["loss"]): {
                score: float(line[score]) for score in MAIN
            }
            for line in csv.DictReader(file)
        }


def published_scores(run: Run) -> Mapping[str, float]:
    """Return what the report has of a run's loss on the same data, whatever recipe and parameters; empty for others.

    Other data are those of another protocol, class, sampler or split. Other kinds of network have none either.
    """
    drawn = run.protocol == "table1" and run.method.sampler == NO_SAMPLER and run.fold is None
    theirs = run.dataset in SETS and SETS[run.dataset].positive == run.positive
    if run.method.loss is None or run.recipe.network != "mlp" or not (drawn and theirs):
        return {}
    return published().get(PublishedCell(run.dataset, run.level, run.method.loss.name), {})
