"""Running a study: what the store lacks is claimed, trained by an executor, and stored stack by stack."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from imbaloss.data import Source
from imbaloss.studies.claims import Owner
from imbaloss.studies.executors import Executor, here
from imbaloss.studies.jobs import Job
from imbaloss.studies.observer import SilentObserver, StudyObserver
from imbaloss.studies.store import Store

PAUSE_S = 1.0  # between looks at stacks that another process trains


def execute(
    jobs: Sequence[Job],
    store: Store,
    datasets: Mapping[str, Source],
    device: str,
    *,
    executor: Executor = here,
    observer: StudyObserver | None = None,
) -> None:
    """Train what the store does not have yet; store the rows of a stack together as soon as it is trained.

    Another process may do the same at the same time: no run is trained twice, and both end when all are there.
    """
    observer = observer or SilentObserver()
    owner = Owner(store)
    with owner.present():
        left = unfinished(jobs, store, observer)
        while left:
            waiting: list[Job] = []
            mine = claimed(left, waiting, owner, observer)
            if (first := next(mine, None)) is None:
                if waiting:
                    observer.on_wait(len(waiting))
                    time.sleep(PAUSE_S)
            else:
                for job, finished in executor(chain([first], mine), datasets, device, observer):
                    store.add((one.row, one.predictions) for one in finished)
                    observer.on_stack_stored(job)
            left = waiting


def unfinished(jobs: Sequence[Job], store: Store, observer: StudyObserver) -> list[Job]:
    """The jobs of which a run is missing; the work of the others is told as found."""
    finished = store.hashes()
    left = []
    for job in jobs:
        if all(run.hash in finished for run in job.runs):
            observer.on_finished_work(job.work_of(job.runs))
        else:
            left.append(job)
    return left


def claimed(jobs: Sequence[Job], waiting: list[Job], owner: Owner, observer: StudyObserver) -> Iterator[Job]:
    """Of each job what is missing, claimed for the owner; jobs that another process holds are put to the waiting."""
    for job in jobs:
        missing = owner.claim([run.hash for run in job.runs])
        if missing is None:
            waiting.append(job)
            continue
        runs = tuple(run for run in job.runs if run.hash in missing)
        observer.on_finished_work(job.work_of(job.runs) - job.work_of(runs))
        if runs:
            claim = replace(job, runs=runs)
            observer.on_stack_start(claim)
            yield claim
