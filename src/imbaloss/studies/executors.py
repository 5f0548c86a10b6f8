"""Executors: where the stacks of a study are trained. Each takes jobs one by one and gives them back finished.

A job is taken only when a place is free for it, so that what is taken is being trained. Rows do not depend on who
trained them, but for the order of summation, which goes with the number of threads.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial

from imbaloss.data import Dataset
from imbaloss.studies.execution import Finished, Job, train_together

Told = Callable[[int], object]
ATTEMPTS = 3  # at a stack whose worker is lost


@dataclass(frozen=True)
class Work:
    """What every stack of a study needs."""

    datasets: Mapping[str, Dataset]
    device: str
    on_work: Told  # told how much of the work has been done since it was last told


def here(jobs: Iterator[Job], work: Work) -> Iterator[tuple[Job, list[Finished]]]:
    """One after the other, in this process, by all its threads."""
    for job in jobs:
        yield job, train_together(job, work.datasets, work.device, work.on_work)


def in_processes(jobs: Iterator[Job], work: Work, *, workers: int) -> Iterator[tuple[Job, list[Finished]]]:
    """In so many processes of this machine, which share its processors. A stack whose process is lost is done again."""
    threads = max((os.cpu_count() or 1) // workers, 1)
    start = partial(
        ProcessPoolExecutor, workers, multiprocessing.get_context("spawn"), begin_worker, (work.datasets, threads)
    )
    pool, running, lost = start(), dict[Future[list[Finished]], Job](), dict[Job, int]()
    try:
        while True:
            while len(running) < workers and (job := next(jobs, None)) is not None:
                running[pool.submit(train_in_worker, job, work.device)] = job
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            try:
                for future in done:
                    finished = future.result()
                    job = running.pop(future)
                    work.on_work(job.work_of(job.runs))
                    yield job, finished
            except BrokenProcessPool:
                again, running = list(running.values()), {}
                for job in again:
                    lost[job] = lost.get(job, 0) + 1
                    if lost[job] == ATTEMPTS:
                        raise OSError(
                            f"a stack of {len(job.runs)} runs was lost {ATTEMPTS} times: its process ended"
                        ) from None
                pool = start()
                running = {pool.submit(train_in_worker, job, work.device): job for job in again}
    finally:
        for process in list((pool._processes or {}).values()):
            process.terminate()
        pool.shutdown(cancel_futures=True)


DATASETS: dict[str, Dataset] = {}  # of a worker process


def begin_worker(datasets: Mapping[str, Dataset], threads: int) -> None:
    import torch

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that gives the work
    torch.set_num_threads(threads)
    DATASETS.update(datasets)


def train_in_worker(job: Job, device: str) -> list[Finished]:
    finished = train_together(job, DATASETS, device, lambda _: None)
    return [one._replace(model=None) for one in finished]
