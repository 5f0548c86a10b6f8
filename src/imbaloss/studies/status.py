"""The state of the study of an output folder: numbers of runs that are finished, failed and in training."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imbaloss.studies.claims import find_active_claims
from imbaloss.studies.files import read_study
from imbaloss.studies.store import Store


@dataclass(frozen=True)
class Status:
    """The numbers of runs of a study."""

    study: str  # name
    requested: int
    finished: int
    failed: int  # of the finished ones
    training: int  # in a process that is running now
    datasets: dict[str, tuple[int, int]]  # of each data set: finished, requested
    unrelated: int  # finished ones in the folder that belong to other studies

    @classmethod
    def of(cls, folder: Path) -> "Status":
        """Read how many runs of an output folder are finished, have failed, and are in training now in any process.

        Raises:
            OSError: The folder holds no study or no store, or the store cannot be read.
            ValueError: The study file is damaged.
        """
        study, store = read_study(folder), Store(folder, create=False)
        runs = study.runs()
        hashes = {run.hash: run.dataset for run in runs}
        belonging = hashes.keys() | {run.hash for run in study.other_runs()}
        finished, failed, claimed = store.hashes(), store.failed(), find_active_claims(store)
        requested = Counter(hashes.values())
        done = Counter(hashes[run_hash] for run_hash in finished if run_hash in hashes)
        return cls(
            study=study.name,
            requested=len(hashes),
            finished=done.total(),
            failed=len(failed & hashes.keys()),
            training=len((claimed - finished) & hashes.keys()),
            datasets={dataset: (done[dataset], number) for dataset, number in requested.items()},
            unrelated=len(finished - belonging),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the object that `imbaloss status --json` prints: the fields, of which two have other names.

        `requested` is "asked" there, and `unrelated` is "others".
        """
        return {
            "study": self.study,
            "asked": self.requested,
            "finished": self.finished,
            "failed": self.failed,
            "training": self.training,
            "datasets": self.datasets,
            "others": self.unrelated,
        }
