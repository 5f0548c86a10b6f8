"""How far the study of an output folder is."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from imbaloss.studies.claims import living_claims
from imbaloss.studies.files import read_study
from imbaloss.studies.store import Store


@dataclass(frozen=True)
class Status:
    """Numbers of runs."""

    study: str
    asked: int
    finished: int
    failed: int  # of the finished
    training: int  # in a process that is running now
    datasets: dict[str, tuple[int, int]]  # of each data set: finished, asked
    others: int  # finished, of what the folder was asked for before

    @classmethod
    def of(cls, folder: Path) -> "Status":
        """Raises OSError where the folder holds no study or no store, ValueError where its study is damaged."""
        study, store = read_study(folder), Store(folder, create=False)
        runs = study.runs()
        hashes = {run.hash: run.dataset for run in runs}
        known = hashes.keys() | {run.hash for run in study.other_runs()}
        finished, failed, claimed = store.hashes(), store.failed(), living_claims(store)
        asked = Counter(hashes.values())
        done = Counter(hashes[found] for found in finished if found in hashes)
        return cls(
            study=study.name,
            asked=len(hashes),
            finished=done.total(),
            failed=len(failed & hashes.keys()),
            training=len((claimed - finished) & hashes.keys()),
            datasets={dataset: (done[dataset], number) for dataset, number in asked.items()},
            others=len(finished - known),
        )
