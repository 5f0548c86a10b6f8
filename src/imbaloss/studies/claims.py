"""Claims: which process trains which runs, so that two processes on one store do no work twice.

A claim is a line in the store that names its owner; an owner is a lock on a file, which the system ends with the
process, however it ends. A claim whose owner is gone counts for nothing.
"""

import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from imbaloss.studies.store import Store


class Owner:
    """This process, as the others on the store see it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.folder = store.file.parent
        self.name = uuid.uuid4().hex
        self.lock = FileLock(self.file_of(self.name))

    def file_of(self, name: str) -> Path:
        return self.folder / f".owner-{name}.lock"

    @contextmanager
    def present(self) -> Iterator[None]:
        """While it lasts, claims of this owner count; at its end they are gone."""
        with self.lock:
            try:
                yield
            finally:
                with suppress(OSError), self.store.transaction() as database:
                    database.execute("DELETE FROM claims WHERE owner = ?", (self.name,))
        self.file_of(self.name).unlink(missing_ok=True)

    def claim(self, hashes: Collection[str]) -> set[str] | None:
        """Claims those of the runs that are not finished, and returns them; None, where a living process holds one."""
        marks = ", ".join("?" * len(hashes))
        with self.store.transaction() as database:
            database.execute("BEGIN IMMEDIATE")
            held = database.execute(f"SELECT DISTINCT owner FROM claims WHERE hash IN ({marks})", tuple(hashes))
            if any(self.lives(owner) for (owner,) in held if owner != self.name):
                return None
            finished = database.execute(f"SELECT hash FROM runs WHERE hash IN ({marks})", tuple(hashes))
            missing = set(hashes) - {found for (found,) in finished}
            database.executemany("INSERT OR REPLACE INTO claims VALUES (?, ?)", [(one, self.name) for one in missing])
            return missing

    def lives(self, name: str) -> bool:
        """Whether another owner's process is still there."""
        file = self.file_of(name)
        if not file.exists():
            return False
        try:
            with FileLock(file, timeout=0):
                pass
        except Timeout:
            return True
        file.unlink(missing_ok=True)
        return False
