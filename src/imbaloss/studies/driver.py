"""Running a study: what the store lacks is claimed, trained by an executor, and stored stack by stack."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from imbaloss.studies.claims import Owner
from imbaloss.studies.executors import Executor, Work, here
from imbaloss.studies.jobs import Job
from imbaloss.studies.store import Store

PAUSE_S = 1.0  # between looks at stacks that another process trains


def ignore(_: object) -> None:
    """For what nobody wants to be told."""


@dataclass(frozen=True)
class Watch:
    """Told what happens to a study. What was found finished is told as work of no time."""

    on_start: Callable[[Job], object] = ignore  # of a stack that is given to the executor
    on_stored: Callable[[Job], object] = ignore  # of a stack whose rows are stored
    on_found: Callable[[int], object] = ignore  # of work that is finished already
    on_wait: Callable[[int], object] = ignore  # of how many stacks are left that another process trains


def execute(
    jobs: Sequence[Job], store: Store, work: Work, executor: Executor = here, watch: Watch | None = None
) -> None:
    """Trains what the store does not have yet; the rows of a stack are stored together as soon as it is trained.

    Another process may do the same at the same time: no run is trained twice, and both end when all are there.
    """
    watch = watch or Watch()
    owner = Owner(store)
    with owner.present():
        left = unfinished(jobs, store, watch)
        while left:
            waiting: list[Job] = []
            mine = claimed(left, waiting, owner, watch)
            if (first := next(mine, None)) is None:
                if waiting:
                    watch.on_wait(len(waiting))
                    time.sleep(PAUSE_S)
            else:
                for job, finished in executor(chain([first], mine), work):
                    store.add((one.row, one.predictions) for one in finished)
                    watch.on_stored(job)
            left = waiting


def unfinished(jobs: Sequence[Job], store: Store, watch: Watch) -> list[Job]:
    """The jobs of which a run is missing; the work of the others is told as found."""
    finished = store.hashes()
    left = []
    for job in jobs:
        if all(run.hash in finished for run in job.runs):
            watch.on_found(job.work_of(job.runs))
        else:
            left.append(job)
    return left


def claimed(jobs: Sequence[Job], waiting: list[Job], owner: Owner, watch: Watch) -> Iterator[Job]:
    """Of each job what is missing, claimed for the owner; jobs that another process holds are put to the waiting."""
    for job in jobs:
        missing = owner.claim([run.hash for run in job.runs])
        if missing is None:
            waiting.append(job)
            continue
        runs = tuple(run for run in job.runs if run.hash in missing)
        watch.on_found(job.work_of(job.runs) - job.work_of(runs))
        if runs:
            claim = replace(job, runs=runs)
            watch.on_start(claim)
            yield claim
