"""Claims: which process trains which runs, so that two processes on one store do no work twice.

A claim is a line in the store that names its owner; an owner is a lock on a file, which the system ends with the
process, however it ends. A claim whose owner is gone counts for nothing.
"""

import json
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from imbaloss.studies.store import Store

NEW_S = 60.0  # a lock file is locked by its owner long before it is as old


def living_claims(store: Store) -> set[str]:
    """The runs that are being trained now."""
    with store.transaction() as database:
        claims = list(database.execute("SELECT hash, owner FROM claims"))
    living = {owner for owner in {owner for _, owner in claims} if lives(store, owner)}
    return {found for found, owner in claims if owner in living}


def lives(store: Store, owner: str) -> bool:
    """Whether the process of that owner is still there."""
    try:
        with FileLock(lock_file(store, owner), timeout=0):
            pass
    except Timeout:
        return True
    except OSError:  # of a folder that cannot be written: who may not lock cannot tell
        return False
    lock_file(store, owner).unlink(missing_ok=True)
    return False


def sweep(store: Store) -> None:
    """Removes the lock files of owners that are gone; one that is new may be about to be locked, and is left."""
    for file in store.file.parent.glob(".owner-*.lock"):
        with suppress(FileNotFoundError):
            if time.time() - file.stat().st_mtime > NEW_S:
                lives(store, file.name.removeprefix(".owner-").removesuffix(".lock"))


def lock_file(store: Store, owner: str) -> Path:
    return store.file.parent / f".owner-{owner}.lock"


class Owner:
    """This process, as the others on the store see it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.name = uuid.uuid4().hex
        self.lock = FileLock(lock_file(store, self.name))

    @contextmanager
    def present(self) -> Iterator[None]:
        """While it lasts, claims of this owner count; at its end they are gone."""
        sweep(self.store)
        self.lock.acquire()
        try:
            yield
        finally:
            with suppress(OSError), self.store.transaction() as database:
                database.execute("DELETE FROM claims WHERE owner = ?", (self.name,))
            self.lock.release()
            lock_file(self.store, self.name).unlink(missing_ok=True)

    def claim(self, hashes: Collection[str]) -> set[str] | None:
        """Claims those of the runs that are not finished, and returns them; None, where a living process holds one."""
        asked = json.dumps(list(hashes))
        with self.store.transaction() as database:
            database.execute("BEGIN IMMEDIATE")
            among = "WHERE hash IN (SELECT value FROM json_each(?))"
            held = database.execute(f"SELECT DISTINCT owner FROM claims {among}", (asked,))
            if any(lives(self.store, owner) for (owner,) in held if owner != self.name):
                return None
            finished = database.execute(f"SELECT hash FROM runs {among}", (asked,))
            missing = set(hashes) - {found for (found,) in finished}
            database.executemany("INSERT OR REPLACE INTO claims VALUES (?, ?)", [(one, self.name) for one in missing])
            return missing
