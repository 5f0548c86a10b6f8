"""What a person wants of a comparison: methods, and how long."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from imbaloss.comparison.own_data import FOLDS, Own
from imbaloss.comparison.study import OwnStudy, methods_of, recipe_for, repetitions_for
from imbaloss.training.recipe import check_entries, read_entries

MOST = 1000  # repetitions
UNITS = ("s", "m", "h")  # of a budget


@dataclass(frozen=True)
class Wishes:
    """What methods to compare, and how long."""

    losses: Sequence[str] | None = None  # None: the default methods
    samplers: Sequence[str] | None = None
    references: bool = True
    repetitions: int | None = None  # None: by the number of rows
    budget: str | None = None  # as 90s, 10m or 2h: as many repetitions as fit
    margin: float = 0.01
    recipe: dict[str, Any] = field(default_factory=dict)  # entries of a recipe, that overrule
    device: str = "cpu"

    @property
    def seconds(self) -> float | None:
        """Of the budget. Raises ValueError for what is no time."""
        return None if self.budget is None else parse_budget(self.budget)

    def study(self, own: Own, target: str, command: str = "") -> OwnStudy:
        """Raises ValueError for methods and entries that there are not."""
        methods = methods_of(self.losses, self.samplers, references=self.references)
        train = sum(own.split_counts(0, own.each_fold[0])["train"])
        alone = {"tune_lr": ()} if "lr" in self.recipe else {}
        check_entries(self.recipe)
        entries = recipe_for(train, alone | self.recipe, methods, images=own.kind.of_images)
        read_entries(entries)[0].check_shape(own.shape)
        if self.repetitions is not None and self.budget is not None:
            raise ValueError("give the number of repetitions, or a budget that decides it, not both")
        if self.repetitions is not None and not 1 <= self.repetitions <= MOST:
            raise ValueError(f"repetitions must be 1 to {MOST}, found {self.repetitions}")
        if not 0 < self.margin < 1:
            raise ValueError(f"margin must be above 0 and below 1, as a score is, found {self.margin}")
        return OwnStudy(
            name=own.name,
            target=target,
            negative=own.negative,
            positive=own.positive,
            level=own.level,
            data=own.checksum,
            methods=methods,
            repetitions=self.repetitions or (1 if self.seconds else repetitions_for(len(own.labels))),
            folds=own.folds if own.division == FOLDS else 0,
            recipe=entries,
            margin=self.margin,
            command=command,
            things=f"{own.kind.noun}s",
        )


def parse_budget(budget: str) -> float:
    """Return the seconds of a time: a plain number above 0, and its unit behind it.

    Raises:
        ValueError: The text is no such time, or one of more than 292 years, which pandas does not count.
    """
    text = str(budget).strip()
    amount, unit = text[:-1].rstrip(), text[-1:]
    if unit in UNITS and all(digits.isdecimal() for digits in amount.split(".", 1)):
        with suppress(ValueError):
            if seconds := pd.Timedelta(f"{amount}{unit}").total_seconds():
                return seconds
    raise ValueError(f"budget must be a time, as 90s, 10m or 2h, found {budget!r}")
