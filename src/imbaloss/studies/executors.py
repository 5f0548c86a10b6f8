"""Executors: where the stacks of a study are trained. Each takes jobs one by one and gives them back finished.

A job is taken only when a place is free for it, so that what is taken is being trained. Rows do not depend on who
trained them, but for the order of summation, which goes with the number of threads.
"""

import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from typing import Any

from imbaloss.choices import check_choice
from imbaloss.data import Source
from imbaloss.studies.execution import Finished, train_together
from imbaloss.studies.jobs import Job
from imbaloss.studies.observer import StudyObserver

ATTEMPTS = 3  # at a stack whose worker is lost


Trained = Iterator[tuple[Job, list[Finished]]]
Executor = Callable[[Iterator[Job], Mapping[str, Source], str, StudyObserver], Trained]  # jobs, data, device, observer

EXECUTORS = ("here", "processes", "ray")


def executor_named(name: str, *, workers: int | None = None, address: str | None = None) -> Executor:
    """workers: of `processes`, one a processor unless told. address: of a Ray cluster, auto unless told.

    Raises ValueError for a name not in EXECUTORS, for an option of another one, and where Ray is not installed.
    """
    check_choice("executor", name, EXECUTORS)
    if workers is not None and name != "processes":
        raise ValueError(f"workers are those of the executor processes, not of {name}")
    if address is not None and name != "ray":
        raise ValueError(f"an address is that of a Ray cluster, for the executor ray, not {name}")
    if name == "processes":
        return partial(in_processes, workers=workers or processors())
    if name == "ray":
        if find_spec("ray") is None:
            raise ValueError("the executor ray needs Ray: pip install 'imbaloss[ray]'")
        connect(address or "auto")
        return partial(on_ray, address=address or "auto")
    return here


def processors() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def here(jobs: Iterator[Job], datasets: Mapping[str, Source], device: str, observer: StudyObserver) -> Trained:
    """Train one stack after the other, in this process, by all its threads."""
    for job in jobs:
        yield job, train_together(job, datasets, device, observer.on_work)


def in_processes(
    jobs: Iterator[Job], datasets: Mapping[str, Source], device: str, observer: StudyObserver, *, workers: int
) -> Trained:
    """Train in worker processes of this machine, which share its processors.

    A stack whose process is lost is trained again. Raises OSError for one that is lost ATTEMPTS times.
    """
    threads = max(processors() // workers, 1)
    start = partial(
        ProcessPoolExecutor, workers, multiprocessing.get_context("spawn"), begin_process, (datasets, threads)
    )
    pool, running, lost = start(), dict[Future[list[Finished]], Job](), dict[Job, int]()
    again: list[Job] = []
    try:
        while True:
            try:
                while len(running) < workers and (again := again or list(islice(jobs, 1))):
                    running[submit(pool, again[-1], device)] = again[-1]
                    again.pop()
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    finished = future.result()
                    job = running.pop(future)
                    observer.on_work(job.work_of(job.runs))
                    yield job, finished
            except BrokenProcessPool:
                for job in running.values():
                    lost[job] = lost.get(job, 0) + 1
                    if lost[job] == ATTEMPTS:
                        many = f"a stack of {job.networks} networks was lost {ATTEMPTS} times: its process was ended"
                        raise OSError(f"{many}, for want of memory perhaps; try a smaller --stack-size") from None
                again, running = [*running.values(), *again], {}
                end(pool)
                pool = start()
    except BaseException:
        end(pool)  # with a process that just begins, and is not among the running yet
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def submit(pool: ProcessPoolExecutor, job: Job, device: str) -> "Future[list[Finished]]":
    """A process that begins now never sees Ctrl-C, and is told all that it needs before this one does."""
    with deferring():
        try:
            return pool.submit(train_in_worker, job, device)
        except ValueError as error:  # the pool broke and closed its pipes just when it was to start a process with them
            raise BrokenProcessPool from error


@contextmanager
def deferring() -> Iterator[None]:
    """Ctrl-C has its effect afterwards, and a process that begins inherits that the signal is blocked.

    A mask alone would not do: where another thread takes the signal, Python still raises in the main one.
    """
    seen: list[int] = []
    main, blocking = threading.current_thread() is threading.main_thread(), hasattr(signal, "pthread_sigmask")
    handler = signal.signal(signal.SIGINT, lambda number, _: seen.append(number)) if main else None
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT]) if blocking else None
    try:
        yield
    finally:
        if before is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if handler is not None:
            signal.signal(signal.SIGINT, handler)
    if seen:
        raise KeyboardInterrupt


def end(pool: ProcessPoolExecutor) -> None:
    """Kills the processes of a pool: what they were at is done again."""
    for process in list((pool._processes or {}).values()):
        process.kill()


def on_ray(
    jobs: Iterator[Job],
    datasets: Mapping[str, Source],
    device: str,
    observer: StudyObserver,
    *,
    address: str,
    threads: int = 1,
) -> Trained:
    """Train on a Ray cluster. A stack is a task that asks for `threads` processors, its memory, and a GPU if needed.

    Ray trains a stack again whose node or process is lost. Raises as `connect`.
    """
    ray = connect(address)
    try:
        task = ray.remote(
            num_cpus=threads, num_gpus=int(device != "cpu"), max_retries=ATTEMPTS, scheduling_strategy="SPREAD"
        )(train_on_node)
        stored, running = ray.put(dict(datasets)), dict[object, Job]()  # by Ray's reference to what a task returns
        while True:
            places = max(int(ray.cluster_resources().get("CPU", 1)) // threads, 1)
            while len(running) < places and (job := next(jobs, None)) is not None:
                memory = min(job.bytes, largest_memory(ray.nodes()))
                running[task.options(memory=memory).remote(job, stored, device, threads)] = job
            if not running:
                return
            [done], _ = ray.wait(list(running), num_returns=1)
            finished, job = ray.get(done), running.pop(done)
            observer.on_work(job.work_of(job.runs))
            yield job, finished
    finally:
        ray.shutdown()


def connect(address: str) -> Any:
    """Ray, connected to a cluster: auto, or HOST:PORT. Raises ConnectionError where there is none."""
    ray: Any = import_module("ray")
    if ray.is_initialized():
        return ray
    try:
        if address != "auto":  # Ray itself would try for minutes
            host, _, port = address.rpartition(":")
            if not host or not port.isdecimal():
                raise ValueError("an address is auto or HOST:PORT")
            socket.create_connection((host, int(port)), timeout=10).close()
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    except (OSError, ValueError) as error:
        raise ConnectionError(f"there is no Ray cluster at {address}: {str(error).splitlines()[0]}") from error
    return ray


def largest_memory(nodes: list[dict[str, Any]]) -> int:
    """Bytes that Ray may give away on a node. A task that asks for more would wait for ever."""
    return int(max((node["Resources"].get("memory", 0) for node in nodes if node["Alive"]), default=0))


def train_on_node(job: Job, datasets: Mapping[str, Source], device: str, threads: int) -> list[Finished]:
    begin_worker(datasets, threads)
    return train_in_worker(job, device)


DATASETS: dict[str, Source] = {}  # of a worker process


def begin_process(datasets: Mapping[str, Source], threads: int) -> None:
    """A worker that ends with the process that gives it work, also where that is killed."""
    threading.Thread(target=end_with, args=(multiprocessing.parent_process(),), daemon=True).start()
    begin_worker(datasets, threads)


def end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def begin_worker(datasets: Mapping[str, Source], threads: int) -> None:
    import torch

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that gives the work
    torch.set_num_threads(threads)
    DATASETS.update(datasets)


def train_in_worker(job: Job, device: str) -> list[Finished]:
    finished = train_together(job, DATASETS, device, lambda _: None)
    return [one._replace(model=None) for one in finished]
