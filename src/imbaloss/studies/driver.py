"""Run a study: claim the stacks that the store lacks, train them by an executor, and store them one by one."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from imbaloss.data import Source
from imbaloss.studies.averages import combine_stored
from imbaloss.studies.claims import Owner
from imbaloss.studies.executors import Executor, train_here
from imbaloss.studies.jobs import Job
from imbaloss.studies.observer import SilentObserver, StudyObserver
from imbaloss.studies.store import Store

PAUSE_S = 1.0  # seconds between looks at stacks that another process trains


def execute(
    jobs: Sequence[Job],
    store: Store,
    datasets: Mapping[str, Source],
    device: str,
    *,
    executor: Executor = train_here,
    observer: StudyObserver | None = None,
) -> None:
    """Train the runs that the store lacks, and store the rows of each stack together as soon as it is trained.

    A stack is a group of runs that are trained together. Another process may do the same at the same time. No run is
    trained twice, and both processes end when all runs are stored. Averages are made here, each as soon as its members
    are stored.

    Args:
        jobs: The stacks of the study, those of the members of averages too.
        store: Receives the rows (results) and predictions.
        datasets: The data sets by name.
        device: The device that trains: "cpu", "cuda" or "cuda:N".
        executor: Trains the stacks; by default in this process.
        observer: Follows the progress; None for nobody.

    Raises:
        OSError: The store cannot be written, or a worker process was lost several times.
    """
    observer = observer or SilentObserver()
    owner = Owner(store)
    with owner.hold_lock():
        averages = find_unfinished([job for job in jobs if job.learner.members], store, observer)
        left = find_unfinished([job for job in jobs if not job.learner.members], store, observer)
        while left:
            waiting: list[Job] = []
            mine = claim_jobs(left, waiting, owner, observer)
            if (first := next(mine, None)) is None:
                if waiting:
                    observer.on_wait(len(waiting))
                    time.sleep(PAUSE_S)
            else:
                for job, finished in executor(chain([first], mine), datasets, device, observer):
                    store.add((run.row, run.predictions) for run in finished)
                    observer.on_stack_stored(job)
                    averages = combine_ready(averages, store, observer)
            left = waiting
        combine_ready(averages, store, observer)


def combine_ready(jobs: Sequence[Job], store: Store, observer: StudyObserver) -> list[Job]:
    """Make and store the averages whose members are stored, and return the jobs of the others.

    Another process may make the same ones at the same time, which costs little and gives the same rows.
    """
    finished = store.hashes() if jobs else set()
    left = []
    for job in jobs:
        if not all(member.hash in finished for run in job.runs for member in run.members):
            left.append(job)
            continue
        observer.on_stack_start(job)
        combined = [combine_stored(run, store) for run in job.runs]
        observer.on_work(job.work_of(job.runs))
        store.add((each.row, each.predictions) for each in combined)
        observer.on_stack_stored(job)
    return left


def find_unfinished(jobs: Sequence[Job], store: Store, observer: StudyObserver) -> list[Job]:
    """Return the jobs (stacks of runs) with at least one run that the store lacks, in their order.

    The work of the other jobs is reported to the observer as finished.
    """
    finished = store.hashes()
    left = []
    for job in jobs:
        if all(run.hash in finished for run in job.runs):
            observer.on_finished_work(job.work_of(job.runs))
        else:
            left.append(job)
    return left


def claim_jobs(jobs: Sequence[Job], waiting: list[Job], owner: Owner, observer: StudyObserver) -> Iterator[Job]:
    """Claim jobs (stacks of runs) for the owner one by one, and yield each with its unfinished runs alone.

    A generator: the next job is claimed when it is asked for. A job that another process is training is appended to
    `waiting`, and one without unfinished runs is skipped. The observer gets the work of finished runs, and each job
    before it is yielded.

    Args:
        jobs: The jobs to claim.
        waiting: Changed in place: receives the jobs of other processes.
        owner: This process, in whose name runs are claimed.
        observer: Follows the progress.
    """
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
