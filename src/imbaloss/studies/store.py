"""The store: one row for each finished run, in an SQLite file."""

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from imbaloss.evaluation import THRESHOLD, Scores
from imbaloss.studies.study import Run, tuples
from imbaloss.training import Recipe

FILE = "results.sqlite"


@dataclass(frozen=True)
class Row:
    """A finished run: what was asked, what came of it, how it was computed."""

    run: Run
    classes: tuple[str, str]  # negative, positive
    counts: dict[str, tuple[int, ...]]  # of train, tune and test: (negatives, positives)
    scores: dict[str, Scores]  # of tune and test
    undefined: dict[str, dict[str, str]]  # of tune and test: why a score is None
    losses: tuple[float, ...]  # of each finished epoch
    failure: str | None
    computed: dict[str, Any]  # device, threads, plan, size of the stack, seconds, versions, checksum of the data
    tuning: dict[str, Any] | None = None  # the learning rate that was chosen, by which score, from which candidates

    def flat(self) -> dict[str, Any]:
        """One JSON object for a reader: what was asked, the counts, the scores on test by name, then all the rest."""
        counts = {
            f"{part}_{kind}": count
            for part, pair in self.counts.items()
            for kind, count in zip(("negatives", "positives"), pair, strict=True)
        }
        asked = {**asdict(self.run), "negative": self.classes[0]}
        if self.tuning:
            asked["recipe"]["lr"] = self.tuning["lr"]
        rest = {
            "tune": self.scores["tune"],
            "undefined": self.undefined,
            "failure": self.failure,
            "tuning": self.tuning,
        }
        return {**asked, **counts, **self.scores["test"], **rest, "losses": self.losses, **self.computed}

    def facts(self) -> dict[str, Any]:
        """What a model file says of its training."""
        asked = {key: value for key, value in asdict(self.run).items() if key != "recipe"}
        return {
            **asked,
            "classes": self.classes,
            "counts": self.counts,
            "threshold": THRESHOLD,
            "tuning": self.tuning,
            "test": self.scores["test"],
        }


class Store:
    """The rows of an output folder, made if there is none. Raises OSError where it cannot be written."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.file)) as database, database:
                database.execute("CREATE TABLE IF NOT EXISTS runs (hash TEXT PRIMARY KEY, row TEXT NOT NULL)")
        except (sqlite3.DatabaseError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise OSError(f"{self.file} cannot be used as a store of results: {reason}") from error

    def add(self, rows: Iterable[Row]) -> None:
        """All in one transaction."""
        entries = [(row.run.hash, json.dumps(asdict(row))) for row in rows]
        with closing(sqlite3.connect(self.file)) as database, database:
            database.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?)", entries)

    def hashes(self) -> set[str]:
        """Of all finished runs."""
        with closing(sqlite3.connect(self.file)) as database:
            return {found for (found,) in database.execute("SELECT hash FROM runs")}

    def rows(self, runs: Iterable[Run]) -> list[Row]:
        """The rows of those runs that are finished, in the order of the runs."""
        with closing(sqlite3.connect(self.file)) as database:
            found = dict(database.execute("SELECT hash, row FROM runs"))
        return [read_row(found[run.hash]) for run in runs if run.hash in found]


def read_row(text: str) -> Row:
    entries = {key: tuples(value) for key, value in json.loads(text).items()}
    asked = entries.pop("run")
    return Row(run=Run(**{**asked, "recipe": Recipe(**asked["recipe"])}), **entries)
