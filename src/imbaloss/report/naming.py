"""Rows -> what a reader calls them: a setting and a method, each as long as it must be to differ from the others."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import NamedTuple

from imbaloss.data import NONE
from imbaloss.studies import Row, Run

FIXED = "fixed"  # the split that a data set comes with
UNSAID = {"sampler": NONE, "split": FIXED}
OF_SETTING, OF_METHOD = ("protocol", "split"), ("sampler", "network", "recipe")
OTHERS: dict[str, Callable[[Run], str]] = {  # what can differ beside data set, level, loss and seed
    "protocol": lambda run: run.protocol,
    "split": lambda run: f"{run.fold.folds} folds" if run.fold else FIXED,
    "sampler": lambda run: str(run.method.sampler),
    "network": lambda run: run.recipe.network,
    "recipe": lambda run: run.recipe_name,
}


@dataclass(frozen=True)
class CellKey:
    """A cell: a setting at a level, in which methods are compared."""

    setting: str
    level: float


class Name(NamedTuple):
    """What a reader calls a run: methods are compared within a setting, at a level."""

    setting: str  # the data set, with protocol and split as far as these differ
    method: str  # the loss or the reference, with sampler, network and name of the recipe as far as these differ


def names(rows: Sequence[Row]) -> list[Name]:
    """Of each row. A sampler and a split into folds are always told."""
    asked = {key: [told(row.run) for row in rows] for key, told in OTHERS.items()}
    differ = {key for key, values in asked.items() if len(set(values)) > 1} | {"sampler", "split"}

    def told_of(keys: Sequence[str]) -> Iterator[tuple[str, ...]]:
        columns = [[value if value != UNSAID.get(key) else "" for value in asked[key]] for key in keys if key in differ]
        return zip(*columns, strict=True) if columns else repeat(())

    return [
        Name(
            " + ".join(filter(None, (row.run.dataset, *data))),
            " + ".join(filter(None, (row.run.method.learned, *choice))),
        )
        for row, data, choice in zip(rows, told_of(OF_SETTING), told_of(OF_METHOD), strict=False)
    ]
