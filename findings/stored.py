"""A finished study with its store as one table, a line a training."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from imbaloss import studies
from imbaloss.report.lines import tabulate_rows
from imbaloss.studies import Row, Store, Study

MOST_NAMED = 3  # largest number of data sets that a page names


@dataclass(frozen=True, eq=False)
class Stored:
    """A study whose trainings are all finished."""

    study: Study
    rows: list[Row]  # one for each run of the study
    frame: pd.DataFrame  # the columns of `report.lines.tabulate_rows`, and seed
    store: Store

    @property
    def sets(self) -> str:
        """The names of the data sets, or the number of many."""
        names = self.study.datasets
        return ", ".join(names) if len(names) <= MOST_NAMED else f"{len(names)} pairs of superclasses"

    @property
    def levels(self) -> str:
        """The levels, each with the share of positives in its training parts."""
        return ", ".join(f"{level:g} ({write_share(self.frame, level)})" for level in self.study.levels)

    @property
    def minutes(self) -> float:
        """The training time in minutes, as if one stack followed the other."""
        return sum(row.seconds for row in studies.list_trainings(self.rows, self.store)) / 60

    @property
    def machine(self) -> str:
        """The devices and numbers of threads of the trainings."""
        threads: dict[str, set[int]] = {}
        for row in self.rows:
            threads.setdefault(row.computed.device, set()).add(row.computed.threads)
        return "; ".join(
            f"{device}, threads: {' or '.join(map(str, sorted(numbers)))}" for device, numbers in threads.items()
        )


def write_share(frame: pd.DataFrame, level: float) -> str:
    """Write the share of positives in the training parts of a level, in percent."""
    positives, negatives = (
        frame.loc[frame["level"] == level, f"train_{kind}s"].sum() for kind in ("positive", "negative")
    )
    return f"{100 * positives / (positives + negatives):.2g} %"


def read_stored(folder: Path) -> Stored:
    """Read a finished study from its folder.

    Raises:
        OSError: The folder holds no study.
        ValueError: Some trainings are missing, or the study is not one of data sets by name.
    """
    study = studies.read_study(folder)
    store = Store(folder, create=False)
    runs = study.runs()
    rows = store.rows(runs)
    if not isinstance(study, studies.Study) or len(rows) < len(runs):
        missing = len(runs) - len(rows)
        raise ValueError(
            f"{folder} lacks {missing} of {len(runs)} trainings: imbaloss run {study.name} --data-dir PATH trains them"
        )
    seeds = np.array([row.run.seed for row in rows])
    return Stored(study, rows, tabulate_rows(rows).assign(seed=seeds), store)
