"""The scores of Table 1 of the 2023 study, for the lines of a table that repeat it."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from imbaloss import studies
from imbaloss.data import NO_SAMPLER, SETS
from imbaloss.studies import Run

MAIN = ("f1", "roc_auc")  # columns of the scores in that table


@dataclass(frozen=True)
class PublishedCell:
    """The key of a line in Table 1 of the 2023 study."""

    dataset: str
    level: float
    loss: str  # name of the loss


@cache
def read_published() -> Mapping[PublishedCell, Mapping[str, float]]:
    """Read Table 1 of the 2023 study: "f1" and "roc_auc" by data set, level and loss."""
    with resources.files(studies).joinpath("published_table1.csv").open(encoding="utf-8") as file:
        return {
            PublishedCell(line["dataset"], float(line["level"]), line["loss"]): {
                score: float(line[score]) for score in MAIN
            }
            for line in csv.DictReader(file)
        }


def published_scores(run: Run) -> Mapping[str, float]:
    """Return the "f1" and "roc_auc" that the 2023 study printed for the loss of a run on the same data.

    Recipe and parameters of the loss may differ. The result is empty for a run on other data (another protocol,
    positive class, sampler or split), for a network other than `mlp`, for models of other libraries, and for losses
    and levels that the study did not have.
    """
    drawn = run.protocol == "table1" and run.method.sampler == NO_SAMPLER and run.fold is None
    same_class = run.dataset in SETS and SETS[run.dataset].positive == run.positive
    method, is_mlp = run.method, run.method.learner.is_network and run.recipe.network == "mlp"
    if method.loss is None or not (is_mlp and drawn and same_class):
        return {}
    return read_published().get(PublishedCell(run.dataset, run.level, method.loss.name), {})
