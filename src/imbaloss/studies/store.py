"""The store: one row for each finished run, in an SQLite file."""

import io
import json
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic_core import from_json

from imbaloss.data import Source
from imbaloss.studies.bulk import uncollected
from imbaloss.studies.prototypes import PrototypeMap
from imbaloss.studies.row import Computation, Row, from_stored, from_texts, to_stored, to_texts
from imbaloss.studies.study import Run

Found = TypeVar("Found")
FILE = "results.sqlite"
VERSION = 5  # of the tables below
TABLES = (
    # in JSON: what was asked, what came of it, how it was computed
    "CREATE TABLE runs (hash TEXT PRIMARY KEY, asked TEXT NOT NULL, result TEXT NOT NULL, computed TEXT NOT NULL)",
    "CREATE TABLE arrays (hash TEXT PRIMARY KEY, content BLOB NOT NULL)",  # losses and predictions
    "CREATE TABLE claims (hash TEXT PRIMARY KEY, owner TEXT NOT NULL)",
    "CREATE TABLE examples (dataset TEXT PRIMARY KEY, content BLOB NOT NULL)",  # images of each class
    f"PRAGMA user_version = {VERSION}",
)


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a trained network says of each sample: any score can be computed from it later."""

    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]  # of the positive class
    images: NDArray[np.int64]  # which of the pool's images of its class each sample is


@dataclass(frozen=True, eq=False)
class Examples:
    """A few images of each class of a data set: (n, channels, height, width), 0 to 255."""

    images: dict[str, NDArray[np.uint8]]


def to_bytes(row: Row, predictions: Mapping[str, Predictions]) -> bytes:
    """Return the arrays of a run as the content of an NPZ file."""
    arrays: dict[str, NDArray[Any]] = {"losses": np.array(row.losses, dtype=np.float64)}
    arrays |= row.prototypes.arrays() if row.prototypes else {}
    for part, of_part in to_stored(predictions).items():
        arrays |= {
            f"{part}_labels": of_part.labels.astype(np.uint8),
            f"{part}_probabilities": of_part.probabilities,
            f"{part}_images": of_part.images.astype(np.uint32),
        }
    return npz(arrays)


def npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The content of a compressed NPZ file."""
    with io.BytesIO() as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        return file.getvalue()


def from_bytes(content: bytes) -> tuple[tuple[float, ...], dict[str, Predictions]]:
    """Read the losses, and the predictions by part, from the arrays of a run."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        parts = [name.removesuffix("_labels") for name in arrays.files if name.endswith("_labels")]
        predictions = {
            part: Predictions(
                arrays[f"{part}_labels"].astype(np.int64),
                arrays[f"{part}_probabilities"],
                arrays[f"{part}_images"].astype(np.int64),
            )
            for part in parts
        }
        return tuple(arrays["losses"].tolist()), from_stored(predictions)


def prototypes_from_bytes(content: bytes) -> PrototypeMap | None:
    """As `from_bytes`; None where a network has none."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return PrototypeMap.from_arrays(arrays)


class Store:
    """The rows of an output folder. Raises OSError, with one sentence, where it cannot be read or written.

    create: makes folder and file where there are none.
    """

    def __init__(self, folder: Path, *, create: bool = True) -> None:
        self.file = folder / FILE
        if create:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OSError(f"{folder} cannot be made a folder of results: {error.strerror}") from error
        elif not self.file.exists():
            raise OSError(f"{folder} holds no {FILE}: no study has written its results there")
        with self.transaction() as database:
            if create:  # two processes may be at it
                database.execute("BEGIN IMMEDIATE")
            [(version,)] = database.execute("PRAGMA user_version")
            names = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not names and create:
                for sentence in TABLES:
                    database.execute(sentence)
            elif version != VERSION or "runs" not in names:
                found = f"version {version or 1}" if "runs" in names else "another program"
                raise OSError(
                    f"{self.file} is a store of {found}, and this imbaloss reads version {VERSION}; "
                    "nothing in it was changed: name another output folder"
                )

    def add(self, entries: Iterable[tuple[Row, Mapping[str, Predictions]]]) -> None:
        """Write rows and their predictions in one transaction, which also ends the claims on their runs.

        A run that is in the store already stays as it is.
        """
        some = [(row.run.hash, *to_texts(row), to_bytes(row, predictions)) for row, predictions in entries]
        with self.transaction() as database:
            database.executemany("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?)", [one[:4] for one in some])
            database.executemany(
                "INSERT OR IGNORE INTO arrays VALUES (?, ?)", [(key, arrays) for key, *_, arrays in some]
            )
            database.executemany("DELETE FROM claims WHERE hash = ?", [one[:1] for one in some])

    def add_examples(self, datasets: Mapping[str, Source]) -> None:
        """Of each data set of images, so that a report can show its classes; those that are there stay."""
        pictures = {name: dataset for name, dataset in datasets.items() if len(dataset.shape) == 3}
        some = [(name, npz(dataset.example_images())) for name, dataset in pictures.items()]
        with self.transaction() as database:
            database.executemany("INSERT OR IGNORE INTO examples VALUES (?, ?)", some)

    def examples(self) -> dict[str, Examples]:
        """Of each data set that has any."""
        with self.transaction() as database, self.reading():
            found = database.execute("SELECT dataset, content FROM examples").fetchall()
            return {name: Examples(dict(np.load(io.BytesIO(content), allow_pickle=False))) for name, content in found}

    def hashes(self) -> set[str]:
        """Of all finished runs."""
        with self.transaction() as database:
            return {found for (found,) in database.execute("SELECT hash FROM runs")}

    def failed(self) -> set[str]:
        """Of finished runs whose training failed."""
        with self.transaction() as database:
            query = "SELECT hash FROM runs WHERE json_extract(result, '$.failure') IS NOT NULL"
            return {found for (found,) in database.execute(query)}

    def rows(self, runs: Sequence[Run]) -> list[Row]:
        """The rows of those runs that are finished, in the order of the runs."""
        query = "SELECT hash, result, computed FROM runs"
        asked = [json.dumps([run.hash for run in runs])] if len(runs) < MANY else []
        among = " WHERE hash IN (SELECT value FROM json_each(?))" if asked else ""
        with self.transaction() as database, uncollected():
            found = {key: (result, computed) for key, result, computed in database.execute(query + among, asked)}

        @cache
        def read_computation(text: str) -> Computation:
            """Read a text, which is the same for all runs of a stack, once."""
            return Computation(**from_json(text))

        with self.reading(), uncollected():
            return [
                from_texts(run, from_json(found[run.hash][0]), read_computation(found[run.hash][1]))
                for run in runs
                if run.hash in found
            ]

    def with_losses(self, rows: Sequence[Row]) -> list[Row]:
        found = self.arrays([row.run for row in rows])
        return [replace(row, losses=losses) for row, (losses, _) in zip(rows, found, strict=True)]

    def predictions(self, run: Run) -> dict[str, Predictions]:
        """Return the predictions of a finished run on validation and test; none if its training failed."""
        [(_, predictions)] = self.arrays([run])
        return predictions

    def arrays(self, runs: Iterable[Run]) -> list[tuple[tuple[float, ...], dict[str, Predictions]]]:
        """Losses and predictions of finished runs."""
        return self.read(runs, from_bytes)

    def prototypes(self, run: Run) -> PrototypeMap | None:
        """Of a finished run; None where its network has none."""
        [found] = self.read([run], prototypes_from_bytes)
        return found

    def read(self, runs: Iterable[Run], understand: Callable[[bytes], Found]) -> list[Found]:
        """What is understood of the arrays of finished runs."""
        query = "SELECT content FROM arrays WHERE hash = ?"
        with self.transaction() as database, self.reading():
            return [understand(database.execute(query, (run.hash,)).fetchone()[0]) for run in runs]

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it is written, or nothing."""
        try:
            with closing(sqlite3.connect(self.file, timeout=60)) as database, database:
                yield database
        except sqlite3.Error as error:
            raise OSError(sentence(self.file, error)) from error

    @contextmanager
    def reading(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, KeyError, TypeError, zlib.error, zipfile.BadZipFile) as error:
            raise OSError(f"{self.file} is damaged: what it holds of a training cannot be read; {ADVICE}") from error


MANY = 10_000  # of so many rows, a scan of all is faster than looking each up
ADVICE = "it was left as it is: `sqlite3 FILE .recover` saves what can be read, another output folder starts anew"


PRIMARY = 0xFF  # the bits of an SQLite result code that tell the kind of error; the others tell which of that kind


def sentence(file: Path, error: sqlite3.Error) -> str:
    """Say what is wrong with a store and what a person can do about it.

    An error of Python's module has no code of SQLite; it counts as one of no special kind.
    """
    text, code = str(error), getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & PRIMARY
    if code == sqlite3.SQLITE_FULL:
        return f"{file} cannot be written: the disk is full; finished trainings are kept, the same command goes on"
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}:
        return f"{file} cannot be written: {text}; name an output folder that can be"
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return f"{file} is held by another process for more than a minute: {text}"
    return f"{file} cannot be used as a store of results: {text}; {ADVICE}"
