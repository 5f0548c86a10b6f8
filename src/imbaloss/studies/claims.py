"""Claims: which process trains which runs, so that two processes on one store do no work twice.

A claim is a line in the store that names its owner. An owner is a process that holds the lock on a file. The system
releases the lock when the process ends, however it ends. A claim whose owner has ended does not count.
"""

import json
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from imbaloss.studies.store import Store

NEW_S = 60.0  # an owner locks its new file within this time, in seconds


def find_active_claims(store: Store) -> set[str]:
    """Return the hashes of the runs (single trainings) that a running process is training, as the store's claims say.

    Claims of processes that have ended are left out, and their lock files are removed.

    Raises:
        OSError: The store cannot be read.
    """
    with store.transaction() as database:
        claims = list(database.execute("SELECT hash, owner FROM claims"))
    running = {owner for owner in {owner for _, owner in claims} if is_running(store, owner)}
    return {run_hash for run_hash, owner in claims if owner in running}


def is_running(store: Store, owner: str) -> bool:
    """Say whether the process of an owner is still running, by the lock on its file. If it has ended, remove the file.

    False if the folder cannot be written, since nothing can be locked there.

    Args:
        store: The store whose folder holds the lock files.
        owner: The name of the owner, as its claims have it.
    """
    try:
        with FileLock(lock_file(store, owner), timeout=0):
            pass
    except Timeout:
        return True
    except OSError:  # the folder cannot be written
        return False
    lock_file(store, owner).unlink(missing_ok=True)
    return False


def remove_stale_locks(store: Store) -> None:
    """Remove the lock files of processes that have ended from the folder of a store.

    Files that are newer than 60 seconds (`NEW_S`) stay, as their owner may not have locked them yet.
    """
    for file in store.file.parent.glob(".owner-*.lock"):
        with suppress(FileNotFoundError):
            if time.time() - file.stat().st_mtime > NEW_S:
                is_running(store, file.name.removeprefix(".owner-").removesuffix(".lock"))


def lock_file(store: Store, owner: str) -> Path:
    """Return the path of an owner's lock file, `.owner-NAME.lock` in the folder of the store."""
    return store.file.parent / f".owner-{owner}.lock"


class Owner:
    """This process as the owner of claims: entries in a store that say which runs the process is training.

    Args:
        store: The store whose runs are claimed.
    """

    def __init__(self, store: Store) -> None:
        """Name the owner at random. The lock file is made by `hold_lock`."""
        self.store = store
        self.name = uuid.uuid4().hex
        self.lock = FileLock(lock_file(store, self.name))

    @contextmanager
    def hold_lock(self) -> Iterator[None]:
        """Hold the lock of this owner for the block, a context manager, so that other processes respect its claims.

        Before the block, lock files of processes that have ended are removed. After it, also after an error, the claims
        and the lock file of this owner are deleted.

        Raises:
            OSError: The lock file cannot be written.
        """
        remove_stale_locks(self.store)
        self.lock.acquire()
        try:
            yield
        finally:
            with suppress(OSError), self.store.transaction() as database:
                database.execute("DELETE FROM claims WHERE owner = ?", (self.name,))
            self.lock.release()
            lock_file(self.store, self.name).unlink(missing_ok=True)

    def claim(self, hashes: Collection[str]) -> set[str] | None:
        """Claim the runs that the store has no result of, and return their hashes.

        Claims of owners that have ended are taken over.

        Args:
            hashes: The hashes of the wanted runs.

        Returns:
            The hashes of the runs that are now claimed; empty if all are finished. None if another running process
            holds a claim on any of the wanted runs; then nothing is claimed.

        Raises:
            OSError: The store cannot be written.
        """
        wanted = json.dumps(list(hashes))
        with self.store.transaction() as database:
            database.execute("BEGIN IMMEDIATE")
            among = "WHERE hash IN (SELECT value FROM json_each(?))"
            held = database.execute(f"SELECT DISTINCT owner FROM claims {among}", (wanted,))
            if any(is_running(self.store, owner) for (owner,) in held if owner != self.name):
                return None
            finished = database.execute(f"SELECT hash FROM runs {among}", (wanted,))
            missing = set(hashes) - {run_hash for (run_hash,) in finished}
            database.executemany(
                "INSERT OR REPLACE INTO claims VALUES (?, ?)", [(run_hash, self.name) for run_hash in missing]
            )
            return missing
