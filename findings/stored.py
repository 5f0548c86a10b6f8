"""The store of a finished study as one table with a line a training."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from imbaloss import studies
from imbaloss.report.lines import tabulate_rows
from imbaloss.report.page import sum_training_seconds
from imbaloss.studies import Row, Store, Study

MOST_NAMED = 3


@dataclass(frozen=True, eq=False)
class Stored:
    """rows: of all runs of the study; frame: the same as `report.lines.tabulate_rows` has them, with their seeds."""

    study: Study
    rows: list[Row]
    frame: pd.DataFrame
    store: Store

    @property
    def sets(self) -> str:
        """Their names; of many, their number."""
        names = self.study.datasets
        return ", ".join(names) if len(names) <= MOST_NAMED else f"{len(names)} pairs of superclasses"

    @property
    def levels(self) -> str:
        """With the share of positives in training that each is."""
        return ", ".join(f"{level:g} ({share(self.frame, level)})" for level in self.study.levels)

    @property
    def minutes(self) -> float:
        """That the trainings took, stack by stack."""
        return sum_training_seconds(self.rows) / 60

    @property
    def machine(self) -> str:
        """What they ran on."""
        threads: dict[str, set[int]] = {}
        for row in self.rows:
            threads.setdefault(row.computed.device, set()).add(row.computed.threads)
        return "; ".join(
            f"{device}, threads: {' or '.join(map(str, sorted(some)))}" for device, some in threads.items()
        )


def share(frame: pd.DataFrame, level: float) -> str:
    """Of positives in the training parts of a level, in percent."""
    positives, negatives = (
        frame.loc[frame["level"] == level, f"train_{kind}s"].sum() for kind in ("positive", "negative")
    )
    return f"{100 * positives / (positives + negatives):.2g} %"


def read(folder: Path) -> Stored:
    """Raises OSError where there is no study, ValueError where some of its trainings are missing."""
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
