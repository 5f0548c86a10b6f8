"""Running a study: what the store lacks is claimed, trained by an executor, and stored stack by stack."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from imbaloss.studies.claims import Owner
from imbaloss.studies.execution import Job
from imbaloss.studies.executors import Executor, Work, here
from imbaloss.studies.store import Store

PAUSE_S = 1.0  # between looks at stacks that another process trains


def ignore(_: object) -> None:
    """For what nobody wants to be told."""


def execute(
    jobs: Sequence[Job],
    store: Store,
    work: Work,
    executor: Executor = here,
    *,
    on_start: Callable[[Job], object] = ignore,
    on_stored: Callable[[Job], object] = ignore,
) -> None:
    """Trains what the store does not have yet; the rows of a stack are stored together as soon as it is trained.

    Another process may do the same at the same time: no run is trained twice, and both end when all are there.
    on_start is told of each stack when it is given to the executor, on_stored when its rows are stored.
    """
    owner = Owner(store)
    with owner.present():
        left = unfinished(jobs, store, work)
        while left:
            waiting: list[Job] = []
            for job, finished in executor(claimed(left, waiting, owner, work, on_start), work):
                store.add((one.row, one.predictions) for one in finished)
                on_stored(job)
            if len(waiting) == len(left):
                time.sleep(PAUSE_S)
            left = waiting


def unfinished(jobs: Sequence[Job], store: Store, work: Work) -> list[Job]:
    """The jobs of which a run is missing; the work of the others is told as done."""
    finished = store.hashes()
    left = []
    for job in jobs:
        if all(run.hash in finished for run in job.runs):
            work.on_work(job.work_of(job.runs))
        else:
            left.append(job)
    return left


def claimed(
    jobs: Sequence[Job], waiting: list[Job], owner: Owner, work: Work, on_start: Callable[[Job], object]
) -> Iterator[Job]:
    """Of each job what is missing, claimed for the owner; jobs that another process holds are put to the waiting."""
    for job in jobs:
        missing = owner.claim([run.hash for run in job.runs])
        if missing is None:
            waiting.append(job)
            continue
        runs = tuple(run for run in job.runs if run.hash in missing)
        work.on_work(job.work_of(job.runs) - job.work_of(runs))
        if runs:
            claim = replace(job, runs=runs)
            on_start(claim)
            yield claim
