"""The store: one row for each finished run, in an SQLite file."""

import io
import json
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic_core import from_json

from imbaloss.data import Source
from imbaloss.studies.bulk import pause_garbage_collection
from imbaloss.studies.nearest_images import NearestImages, read_nearest_images, write_nearest_images
from imbaloss.studies.npz import NpzArrays
from imbaloss.studies.permuted import PermutedScores
from imbaloss.studies.prototypes import PrototypeMap
from imbaloss.studies.row import Computation, Row, from_stored, from_texts, to_stored, to_texts
from imbaloss.studies.study import Run

Content = TypeVar("Content")
FILE = "results.sqlite"
VERSION = 5  # of the tables below
TABLES = (
    # in JSON: the run, its results, how they were computed
    "CREATE TABLE runs (hash TEXT PRIMARY KEY, asked TEXT NOT NULL, result TEXT NOT NULL, computed TEXT NOT NULL)",
    "CREATE TABLE arrays (hash TEXT PRIMARY KEY, content BLOB NOT NULL)",  # losses and predictions
    "CREATE TABLE claims (hash TEXT PRIMARY KEY, owner TEXT NOT NULL)",
    "CREATE TABLE examples (dataset TEXT PRIMARY KEY, content BLOB NOT NULL)",  # images of each class
    f"PRAGMA user_version = {VERSION}",
)
TABLE_OF_SEGMENTS = (  # made when it is first needed, so that stores of the version without it are read
    "CREATE TABLE IF NOT EXISTS segments "
    "(data TEXT NOT NULL, name TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (data, name))"
)
NEAREST = "CREATE TABLE IF NOT EXISTS nearest (hash TEXT PRIMARY KEY, content TEXT NOT NULL)"  # made when needed
PERMUTED = "CREATE TABLE IF NOT EXISTS permuted (hash TEXT PRIMARY KEY, content TEXT NOT NULL)"  # made when needed


@dataclass(frozen=True, eq=False)
class Predictions:
    """The labels and predicted probabilities of the N samples of a part, from which any score can be computed later."""

    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]  # of the positive class
    images: NDArray[np.int64]  # index of each sample among the samples of its class in the pool
    costs: NDArray[np.float64] | None = None  # (N, 4), the costs of each sample; None if there are none
    weights: NDArray[np.float64] | None = None  # (N,), the weight of each sample; None if each counts as one


@dataclass(frozen=True, eq=False)
class Segments:
    """The segment of each of the N rows of a data set by one of its columns: a value, or a range of numbers."""

    names: tuple[str, ...]
    codes: NDArray[np.int64]  # (N,), the place of each row's segment among the names
    has_groups: bool = False  # whether several rows belong to one group, as of a patient, and so are not independent


@dataclass(frozen=True, eq=False)
class Examples:
    """A few images of each class of a data set: (n, channels, height, width), 0 to 255."""

    images: dict[str, NDArray[np.uint8]]


def to_bytes(row: Row, predictions: Mapping[str, Predictions]) -> bytes:
    """Return the arrays of a run as the content of an NPZ file: losses of the epochs, prototypes and predictions.

    Args:
        row: The row; its prototypes are left out if it has none.
        predictions: By part, "validation", "test" and perhaps "set_apart"; empty if the training failed.
    """
    arrays: dict[str, NDArray[Any]] = {"losses": np.array(row.losses, dtype=np.float64)}
    arrays |= row.prototypes.arrays() if row.prototypes else {}
    for part, of_part in to_stored(predictions).items():
        arrays |= {
            f"{part}_labels": of_part.labels.astype(np.uint8),
            f"{part}_probabilities": of_part.probabilities,
            f"{part}_images": of_part.images.astype(np.uint32),
        }
        for name, of_samples in (("costs", of_part.costs), ("weights", of_part.weights)):
            if of_samples is not None:
                arrays[f"{part}_{name}"] = of_samples
    return pack_npz(arrays)


def pack_npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the content of a compressed NPZ file that holds the arrays under their names."""
    with io.BytesIO() as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        return file.getvalue()


def from_bytes(content: bytes) -> tuple[tuple[float, ...], dict[str, Predictions]]:
    """Read losses and predictions from the content of an NPZ file that `to_bytes` made.

    Returns:
        The loss of each epoch, and the predictions by part; these are empty if the training failed.

    Raises:
        KeyError: An array is missing.
        zipfile.BadZipFile: The content is no NPZ file. A damaged one may raise `zlib.error` or ValueError, too.
    """
    arrays = NpzArrays(content)
    parts = [name.removesuffix("_labels") for name in arrays if name.endswith("_labels")]
    predictions = {part: read_predictions(arrays, part) for part in parts}
    return tuple(arrays["losses"].tolist()), from_stored(predictions)


def read_predictions(arrays: Mapping[str, NDArray[Any]], part: str) -> Predictions:
    """Read the predictions of a part, under its name in the store, from the arrays of a run.

    Raises:
        KeyError: An array is missing.
    """
    return Predictions(
        arrays[f"{part}_labels"].astype(np.int64),
        arrays[f"{part}_probabilities"],
        arrays[f"{part}_images"].astype(np.int64),
        arrays.get(f"{part}_costs"),
        arrays.get(f"{part}_weights"),
    )


def losses_from_bytes(content: bytes) -> tuple[float, ...]:
    """Read the loss of each epoch alone; arguments and errors are those of `from_bytes`."""
    return tuple(NpzArrays(content)["losses"].tolist())


def tested_from_bytes(content: bytes) -> Predictions:
    """Read the predictions on test alone; arguments and errors are those of `from_bytes`.

    Raises:
        KeyError: The training failed, so that it predicted nothing.
    """
    return read_predictions(NpzArrays(content), "test")


def prototypes_from_bytes(content: bytes) -> PrototypeMap | None:
    """Read the map of prototypes from the content of an NPZ file that `to_bytes` made; None if the network has none.

    Raises:
        KeyError: An array is missing.
        zipfile.BadZipFile: The content is no NPZ file. A damaged one may raise `zlib.error` or ValueError, too.
    """
    return PrototypeMap.from_arrays(NpzArrays(content))


def read_segments(content: bytes) -> Segments:
    """Read segments from the content of an NPZ file that `Store.add_segments` made.

    Raises:
        KeyError: An array is missing.
        ValueError: A row has no segment.
        zipfile.BadZipFile: The content is no NPZ file. A damaged one may raise `zlib.error` or ValueError, too.
    """
    arrays = NpzArrays(content)
    names, codes = tuple(arrays["names"].tolist()), arrays["codes"].astype(np.int64)
    if len(codes) and not 0 <= codes.min() <= codes.max() < len(names):
        raise ValueError(f"segments must be 0 to {len(names) - 1}, found {codes.min()} to {codes.max()}")
    return Segments(names, codes, bool(arrays["groups"]))


class Store:
    """The store of an output folder: rows, predictions, claims, example images and segments in an SQLite file.

    Args:
        folder: The output folder.
        create: Whether to create folder and file if they are missing.

    Raises:
        OSError: The file is missing, damaged, of another version, or cannot be read or written. Methods raise it too.
    """

    def __init__(self, folder: Path, *, create: bool = True) -> None:
        """Open the store of an output folder, and create folder and file if they are missing and `create` is true.

        Raises:
            OSError: The file is missing, damaged, of another version, or cannot be read or written.
        """
        self.file = folder / FILE
        if create:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OSError(f"{folder} cannot be created as an output folder: {error.strerror}") from error
        elif not self.file.exists():
            raise OSError(f"{folder} holds no {FILE}: no study has stored results there")
        with self.transaction() as database:
            if create:  # another process may create it at the same time
                database.execute("BEGIN IMMEDIATE")
            [(version,)] = database.execute("PRAGMA user_version")
            names = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not names and create:
                for statement in TABLES:
                    database.execute(statement)
            elif version != VERSION or "runs" not in names:
                origin = f"version {version or 1}" if "runs" in names else "another program"
                raise OSError(
                    f"{self.file} is a store of {origin}, and this imbaloss reads version {VERSION}; "
                    "nothing in it was changed: name another output folder"
                )

    def add(self, entries: Iterable[tuple[Row, Mapping[str, Predictions]]]) -> None:
        """Write rows (results of runs) and their predictions in one transaction, and end the claims on these runs.

        A run that is in the store already stays as it is.

        Args:
            entries: Each row with its predictions by part, as `to_bytes` takes them; none if the training failed.

        Raises:
            OSError: The store cannot be written; then nothing is.
        """
        records = [(row.run.hash, *to_texts(row), to_bytes(row, predictions)) for row, predictions in entries]
        with self.transaction() as database:
            database.executemany("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?)", [record[:4] for record in records])
            database.executemany(
                "INSERT OR IGNORE INTO arrays VALUES (?, ?)", [(key, arrays) for key, *_, arrays in records]
            )
            database.executemany("DELETE FROM claims WHERE hash = ?", [record[:1] for record in records])

    def add_examples(self, datasets: Mapping[str, Source]) -> None:
        """Write a few images of each class of each data set; data sets whose samples are no images are skipped.

        Examples that the store has already stay as they are.

        Raises:
            OSError: The store cannot be written.
        """
        pictures = {name: dataset for name, dataset in datasets.items() if len(dataset.shape) == 3}
        records = [(name, pack_npz(dataset.example_images())) for name, dataset in pictures.items()]
        with self.transaction() as database:
            database.executemany("INSERT OR IGNORE INTO examples VALUES (?, ?)", records)

    def examples(self) -> dict[str, Examples]:
        """Return the example images of each data set, by its name; a data set without images is left out.

        Raises:
            OSError: The store is damaged or cannot be read.
        """
        with self.transaction() as database, self.explain_damage():
            records = database.execute("SELECT dataset, content FROM examples").fetchall()
            return {name: Examples(dict(NpzArrays(content))) for name, content in records}

    def add_segments(self, data: str, segments: Mapping[str, Segments]) -> None:
        """Write the segments of the rows of a data set, by column, in place of earlier ones of the same columns.

        Args:
            data: The checksum of the data set.
            segments: The segments by the name of the column; without any, nothing is written.

        Raises:
            OSError: The store cannot be written.
        """
        if not segments:
            return
        records = [
            (
                data,
                name,
                pack_npz(
                    {
                        "names": np.array(each.names),
                        "codes": each.codes.astype(np.uint32),
                        "groups": np.array(each.has_groups),
                    }
                ),
            )
            for name, each in segments.items()
        ]
        with self.transaction() as database:
            database.execute(TABLE_OF_SEGMENTS)
            database.executemany("INSERT OR REPLACE INTO segments VALUES (?, ?, ?)", records)

    def segments(self, data: str, names: Sequence[str]) -> dict[str, Segments]:
        """Return the segments of the rows of a data set by these columns; a column without stored ones is left out.

        Args:
            data: The checksum of the data set.
            names: The names of the columns.

        Raises:
            OSError: The store is damaged or cannot be read.
        """
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'segments'"
        with self.transaction() as database, self.explain_damage():
            if not names or not database.execute(query).fetchall():
                return {}
            contents = dict(database.execute("SELECT name, content FROM segments WHERE data = ?", (data,)).fetchall())
            return {name: read_segments(contents[name]) for name in names if name in contents}

    def add_permuted(self, run: Run, scores: PermutedScores) -> None:
        """Write the scores of a finished run after permutations of columns, in place of earlier ones.

        Raises:
            OSError: The store cannot be written.
        """
        with self.transaction() as database:
            database.execute(PERMUTED)
            database.execute("INSERT OR REPLACE INTO permuted VALUES (?, ?)", (run.hash, scores.to_text()))

    def permuted(self, runs: Iterable[Run]) -> dict[str, PermutedScores]:
        """Return the scores of runs after permutations of columns, by the hash of the run; runs without are left out.

        Raises:
            OSError: The store is damaged or cannot be read.
        """
        with self.transaction() as database, self.explain_damage():
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'permuted'").fetchone():
                return {}
            query = "SELECT content FROM permuted WHERE hash = ?"
            records = {run.hash: database.execute(query, (run.hash,)).fetchone() for run in runs}
            return {key: PermutedScores.from_text(record[0]) for key, record in records.items() if record}

    def add_nearest_images(self, run: Run, images: Mapping[int, NearestImages]) -> None:
        """Write images of a run, by the place of their row, with their nearest images, in place of earlier ones.

        Raises:
            OSError: The store cannot be written.
        """
        with self.transaction() as database:
            database.execute(NEAREST)
            database.execute("INSERT OR REPLACE INTO nearest VALUES (?, ?)", (run.hash, write_nearest_images(images)))

    def nearest_images(self, run: Run) -> dict[int, NearestImages]:
        """Return the stored images of a run, by the place of their row; empty if none are stored.

        Raises:
            OSError: The store is damaged or cannot be read.
        """
        with self.transaction() as database, self.explain_damage():
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'nearest'").fetchone():
                return {}
            record = database.execute("SELECT content FROM nearest WHERE hash = ?", (run.hash,)).fetchone()
            return read_nearest_images(record[0]) if record else {}

    def hashes(self) -> set[str]:
        """Return the hashes of all finished runs in the store, failed ones included.

        Raises:
            OSError: The store cannot be read.
        """
        with self.transaction() as database:
            return {run_hash for (run_hash,) in database.execute("SELECT hash FROM runs")}

    def failed(self) -> set[str]:
        """Return the hashes of the finished runs in the store whose training failed.

        Raises:
            OSError: The store cannot be read.
        """
        with self.transaction() as database:
            query = "SELECT hash FROM runs WHERE json_extract(result, '$.failure') IS NOT NULL"
            return {run_hash for (run_hash,) in database.execute(query)}

    def rows(self, runs: Sequence[Run]) -> list[Row]:
        """Return the rows (results) of those runs that are finished, in the order of the runs; others are left out.

        The rows have no losses of epochs and no prototypes.

        Raises:
            OSError: The store is damaged or cannot be read.
        """
        query = "SELECT hash, result, computed FROM runs"
        wanted = [json.dumps([run.hash for run in runs])] if len(runs) < MANY else []
        among = " WHERE hash IN (SELECT value FROM json_each(?))" if wanted else ""
        with self.transaction() as database, pause_garbage_collection():
            texts = {key: (result, computed) for key, result, computed in database.execute(query + among, wanted)}

        with self.explain_damage(), pause_garbage_collection():
            return [
                from_texts(run, from_json(texts[run.hash][0]), Computation(**from_json(texts[run.hash][1])))
                for run in runs
                if run.hash in texts
            ]

    def with_losses(self, rows: Sequence[Row]) -> list[Row]:
        """Return copies of rows of this store to which the loss of each epoch is added.

        Raises:
            OSError: A row is not in the store, or the store is damaged or cannot be read.
        """
        losses = self.read_arrays([row.run for row in rows], losses_from_bytes)
        return [replace(row, losses=of_row) for row, of_row in zip(rows, losses, strict=True)]

    def predictions(self, run: Run) -> dict[str, Predictions]:
        """Return the predictions of a finished run by part, as `to_bytes` takes them; empty if its training failed.

        Raises:
            OSError: The run is not finished, or the store is damaged or cannot be read.
        """
        [(_, predictions)] = self.arrays([run])
        return predictions

    def test_predictions(self, runs: Iterable[Run]) -> list[Predictions]:
        """Return the predictions on test of finished runs whose training did not fail, in the order of the runs.

        Raises:
            OSError: A run is not finished or failed, or the store is damaged or cannot be read.
        """
        return self.read_arrays(runs, tested_from_bytes)

    def arrays(self, runs: Iterable[Run]) -> list[tuple[tuple[float, ...], dict[str, Predictions]]]:
        """Return, for each run in order, the losses of its epochs and its predictions, by part.

        The predictions are empty if the training failed.

        Raises:
            OSError: A run is not finished, or the store is damaged or cannot be read.
        """
        return self.read_arrays(runs, from_bytes)

    def prototypes(self, run: Run) -> PrototypeMap | None:
        """Return the map of prototypes of a finished run; None if its network has none.

        Raises:
            OSError: The run is not finished, or the store is damaged or cannot be read.
        """
        [prototype_map] = self.read_arrays([run], prototypes_from_bytes)
        return prototype_map

    def read_arrays(self, runs: Iterable[Run], parse: Callable[[bytes], Content]) -> list[Content]:
        """Return what `parse` makes of the stored arrays of each run (bytes of an NPZ file), in the order of the runs.

        Raises:
            OSError: A run is not finished, or the store is damaged or cannot be read.
        """
        query = "SELECT content FROM arrays WHERE hash = ?"
        with self.transaction() as database, self.explain_damage():
            return [parse(database.execute(query, (run.hash,)).fetchone()[0]) for run in runs]

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Open a connection to the SQLite file for the block: all of its changes are written, or none after an error.

        A context manager that yields the connection. It waits up to a minute for another process.

        Raises:
            OSError: SQLite failed; the message says why and what to do. Other exceptions of the block pass unchanged.
        """
        try:
            with closing(sqlite3.connect(self.file, timeout=60)) as database, database:
                yield database
        except sqlite3.Error as error:
            raise OSError(explain_sqlite_error(self.file, error)) from error

    @contextmanager
    def explain_damage(self) -> Iterator[None]:
        """Turn errors that damaged content causes within the block into an OSError. A context manager.

        These are ValueError, KeyError, TypeError, `zlib.error` and `zipfile.BadZipFile`; other exceptions pass
        unchanged.

        Raises:
            OSError: The block raised such an error; the message advises how to save what can be read.
        """
        try:
            yield
        except (ValueError, KeyError, TypeError, zlib.error, zipfile.BadZipFile) as error:
            raise OSError(f"{self.file} is damaged: what it holds of a training cannot be read; {ADVICE}") from error


MANY = 10_000  # number of rows from which a scan of all is faster than looking each up
ADVICE = "it was left as it is: `sqlite3 FILE .recover` saves what can be read, another output folder starts anew"


PRIMARY = 0xFF  # the bits of an SQLite result code that are the primary code; the rest refines it


def explain_sqlite_error(file: Path, error: sqlite3.Error) -> str:
    """Return a sentence on what is wrong with a store, and what a user can do about it.

    A full disk, a file that cannot be written and one that another process holds have sentences of their own. Any other
    error, also one without an SQLite code, has the general sentence with the text of the error.
    """
    text, code = str(error), getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & PRIMARY
    if code == sqlite3.SQLITE_FULL:
        return f"{file} cannot be written: the disk is full; finished trainings are kept, the same command goes on"
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}:
        return f"{file} cannot be written: {text}; name an output folder that can be"
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return f"{file} is held by another process for more than a minute: {text}"
    return f"{file} cannot be used as a store of results: {text}; {ADVICE}"
