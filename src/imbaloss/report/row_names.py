"""The names under which a report shows rows: of a setting and of a method, as short as they stay distinct."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from math import isnan, nan
from typing import NamedTuple

from imbaloss.data import NONE
from imbaloss.studies import Row, Run

FIXED = "fixed"  # the split that a data set comes with
NO_LEVEL = nan  # this very object: two keys with it are equal, although NaN is not equal to itself
OMITTED = {"sampler": NONE, "split": FIXED}  # values that no name mentions
SETTING_ENTRIES, METHOD_ENTRIES = ("protocol", "split"), ("sampler", "network", "recipe")
RUN_ENTRIES: dict[str, Callable[[Run], str]] = {  # how to read what can differ beside data set, level, loss and seed
    "protocol": lambda run: run.protocol,
    "split": lambda run: f"{run.fold.folds} folds" if run.fold else FIXED,
    "sampler": lambda run: str(run.method.sampler),
    "network": lambda run: run.recipe.network,
    "recipe": lambda run: run.recipe_name,
}


@dataclass(frozen=True)
class CellKey:
    """A cell: a setting (data set, with protocol and split if these vary) at a level of imbalance."""

    setting: str
    level: float  # `NO_LEVEL` for imported results without levels

    @property
    def title(self) -> str:
        """The cell in words, such as "tree at level 0.1"; the setting alone without a level."""
        return self.setting if isnan(self.level) else f"{self.setting} at level {self.level:.4g}"


class RowName(NamedTuple):
    """The names of a row's setting and method in a report."""

    setting: str  # the data set, with protocol and split if these differ between the rows
    method: str  # the loss or the learner, with sampler, network and name of the recipe if these differ


def name_rows(rows: Sequence[Row]) -> list[RowName]:
    """Name the setting and the method of each row, as "tree + 5 folds" and "ce + smote".

    A setting is the data set with protocol and split, a method the loss with sampler, network and name of the recipe.
    Protocol, network and recipe are part of a name only if the rows differ in them. A sampler and a split into folds
    always are.

    Args:
        rows: The results of runs.
    """
    columns = {entry: [read(row.run) for row in rows] for entry, read in RUN_ENTRIES.items()}
    named = {entry for entry, values in columns.items() if len(set(values)) > 1} | {"sampler", "split"}

    def values_of(entries: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """Yield a tuple of texts for each row: the values of those entries that are part of names.

        A text is empty for a row without sampler or folds. If none of the entries is part of names, empty tuples are
        yielded without end.
        """
        texts = [
            [value if value != OMITTED.get(entry) else "" for value in columns[entry]]
            for entry in entries
            if entry in named
        ]
        return zip(*texts, strict=True) if texts else repeat(())

    return [
        RowName(
            " + ".join(filter(None, (row.run.dataset, *setting))),
            " + ".join(filter(None, (row.run.method.learned, *method))),
        )
        for row, setting, method in zip(rows, values_of(SETTING_ENTRIES), values_of(METHOD_ENTRIES), strict=False)
    ]
