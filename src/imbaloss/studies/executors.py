"""Executors: they train the stacks of a study in this process, in worker processes, or on a Ray cluster.

An executor takes a job only when a place is free for it, and yields each job with its results. Rows do not depend on
the executor, except for rounding: the number of threads decides the order of summation.
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
from imbaloss.extras import describe_installation
from imbaloss.studies.execution import Finished, train_together
from imbaloss.studies.jobs import Job
from imbaloss.studies.observer import StudyObserver
from imbaloss.studies.shared_data import SharedData, share_data

ATTEMPTS = 3  # how often a stack is trained whose worker is lost


Trained = Iterator[tuple[Job, list[Finished]]]
Executor = Callable[[Iterator[Job], Mapping[str, Source], str, StudyObserver], Trained]  # jobs, data, device, observer

HERE, PROCESSES, RAY = EXECUTORS = ("here", "processes", "ray")
LOOK_S = 1.0  # seconds between looks at workers, after each of which the observer may end the training


def make_executor(name: str, *, workers: int | None = None, address: str | None = None) -> Executor:
    """Return the executor of that name: a function that trains stacks of runs. For "ray", connect to the cluster first.

    Args:
        name: "here" (in this process), "processes" (in worker processes) or "ray" (on a Ray cluster).
        workers: The number of worker processes, for "processes" only; None for one a processor.
        address: The address of the Ray cluster, for "ray" only; None for "auto".

    Raises:
        ValueError: The name is unknown, an option belongs to another executor, or Ray is not installed.
        ConnectionError: No Ray cluster answers at the address.
    """
    check_choice("executor", name, EXECUTORS)
    if workers is not None and name != PROCESSES:
        raise ValueError(f"workers is for the executor processes only, and the executor is {name}")
    if address is not None and name != RAY:
        raise ValueError(f"address is for the executor ray only, and the executor is {name}")
    if name == PROCESSES:
        return partial(train_in_processes, workers=workers or count_processors())
    if name == RAY:
        if find_spec("ray") is None:
            raise ValueError(f"the executor ray needs Ray: {describe_installation('ray')}")
        connect_to_ray(address or "auto")
        return partial(train_on_ray, address=address or "auto")
    return train_here


def count_processors() -> int:
    """Return the number of processors that this process may use; on some systems, that of the machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def train_here(jobs: Iterator[Job], datasets: Mapping[str, Source], device: str, observer: StudyObserver) -> Trained:
    """Train one stack after the other in this process, with all its threads.

    A generator of each job with its results, in order. The models are among the results.
    """
    for job in jobs:
        yield job, train_together(job, datasets, device, observer.on_work)


def train_in_processes(
    jobs: Iterator[Job], datasets: Mapping[str, Source], device: str, observer: StudyObserver, *, workers: int
) -> Trained:
    """Train in worker processes of this machine, which share its processors; yield stacks as they are finished.

    A generator of each job with its results, which have no model. A stack whose process is lost is trained again. At an
    error or Ctrl-C all worker processes are killed. The processes share the memory of the data.

    Args:
        jobs: The stacks; the next one is taken when a worker is free.
        datasets: The data sets by name.
        device: The device that trains: "cpu", "cuda" or "cuda:N".
        observer: Gets the work of each finished stack, and 0 each second without one. It may end the training by an
            exception.
        workers: The number of worker processes.

    Raises:
        OSError: The process of a stack was lost three times (`ATTEMPTS`), or no temporary file can be written.
    """
    threads = max(count_processors() // workers, 1)
    with share_data(datasets) as shared:
        start = partial(
            ProcessPoolExecutor, workers, multiprocessing.get_context("spawn"), set_up_process, (shared, threads)
        )
        yield from train_in_pool(jobs, start, workers, device, observer)


def train_in_pool(
    jobs: Iterator[Job],
    start: Callable[[], ProcessPoolExecutor],
    workers: int,
    device: str,
    observer: StudyObserver,
) -> Trained:
    """Train in a pool of worker processes, as `train_in_processes`, and start another pool if a process is lost.

    Args:
        jobs: The stacks; the next one is taken when a worker is free.
        start: Starts a pool.
        workers: The number of its processes.
        device: The device that trains: "cpu", "cuda" or "cuda:N".
        observer: Gets the work of each finished stack, and 0 each second without one.

    Raises:
        OSError: The process of a stack was lost three times (`ATTEMPTS`).
    """
    pool, running, lost = start(), dict[Future[list[Finished]], Job](), dict[Job, int]()
    again: list[Job] = []
    try:
        while True:
            try:
                while len(running) < workers and (again := again or list(islice(jobs, 1))):
                    running[submit_job(pool, again[-1], device)] = again[-1]
                    again.pop()
                if not running:
                    return
                done, _ = wait(running, timeout=LOOK_S, return_when=FIRST_COMPLETED)
                if not done:
                    observer.on_work(0)
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
                kill_workers(pool)
                pool = start()
    except BaseException:
        kill_workers(pool)  # also a process that has just been started and has no job yet
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def submit_job(pool: ProcessPoolExecutor, job: Job, device: str) -> "Future[list[Finished]]":
    """Submit a job to the pool, which may start a process for it. Return the future of its results.

    Ctrl-C is deferred meanwhile, so that it neither reaches a new process nor interrupts its start.

    Raises:
        BrokenProcessPool: A process of the pool was lost, and the job is not submitted.
        KeyboardInterrupt: Ctrl-C was pressed meanwhile.
    """
    with defer_interrupt():
        try:
            return pool.submit(train_in_worker, job, device)
        except ValueError as error:  # the pool broke and closed the pipes that a new process needs
            raise BrokenProcessPool from error


@contextmanager
def defer_interrupt() -> Iterator[None]:
    """Hold back Ctrl-C during the block, a context manager, and raise KeyboardInterrupt after it.

    A process that starts in the block inherits the blocked signal.
    A signal mask alone is not enough: if another thread receives the signal, Python still raises in the main thread.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed during the block.
    """
    received: list[int] = []
    main, blocking = threading.current_thread() is threading.main_thread(), hasattr(signal, "pthread_sigmask")
    handler = signal.signal(signal.SIGINT, lambda number, _: received.append(number)) if main else None
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT]) if blocking else None
    try:
        yield
    finally:
        if before is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if handler is not None:
            signal.signal(signal.SIGINT, handler)
    if received:
        raise KeyboardInterrupt


def kill_workers(pool: ProcessPoolExecutor) -> None:
    """Kill the processes of a pool, if it has any. The stacks that they were training are lost."""
    for process in list((pool._processes or {}).values()):
        process.kill()


def train_on_ray(
    jobs: Iterator[Job],
    datasets: Mapping[str, Source],
    device: str,
    observer: StudyObserver,
    *,
    address: str,
    threads: int = 1,
) -> Trained:
    """Train on a Ray cluster; yield stacks as they are finished, without models. Disconnect at the end.

    A generator of each job with its results. A stack is a Ray task that requests `threads` processors, its memory, and
    a GPU unless the device is "cpu". It requests no more memory than the largest node has. Ray repeats a task whose
    node or process is lost.

    Args:
        jobs: The stacks; the next one is taken when a place in the cluster is free.
        datasets: The data sets by name.
        device: The device that trains: "cpu", "cuda" or "cuda:N".
        observer: Gets the work of each finished stack, and 0 each second without one. It may end the training by an
            exception.
        address: "auto" or "HOST:PORT".
        threads: The number of processors for each stack.

    Raises:
        ConnectionError: No Ray cluster answers at the address.
    """
    ray = connect_to_ray(address)
    try:
        task = ray.remote(
            num_cpus=threads, num_gpus=int(device != "cpu"), max_retries=ATTEMPTS, scheduling_strategy="SPREAD"
        )(train_on_node)
        stored, running = ray.put(dict(datasets)), dict[object, Job]()  # by Ray's reference to the result of a task
        while True:
            places = max(int(ray.cluster_resources().get("CPU", 1)) // threads, 1)
            while len(running) < places and (job := next(jobs, None)) is not None:
                memory = min(job.bytes, largest_memory(ray.nodes()))
                running[task.options(memory=memory).remote(job, stored, device, threads)] = job
            if not running:
                return
            done, _ = ray.wait(list(running), num_returns=1, timeout=LOOK_S)
            if not done:
                observer.on_work(0)
            for task_done in done:
                finished, job = ray.get(task_done), running.pop(task_done)
                observer.on_work(job.work_of(job.runs))
                yield job, finished
    finally:
        ray.shutdown()


def connect_to_ray(address: str) -> Any:
    """Connect to the Ray cluster at "auto" or "HOST:PORT", and return the module `ray`. Keep an open connection.

    Raises:
        ConnectionError: No cluster answers there, or the address is neither of the two.
        ImportError: Ray is not installed.
    """
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
        raise ConnectionError(f"no Ray cluster answers at {address}: {str(error).splitlines()[0]}") from error
    return ray


def largest_memory(nodes: list[dict[str, Any]]) -> int:
    """Return the largest memory, in bytes, that Ray manages on a live node; 0 without a live node.

    A task that requests more would wait forever.

    Args:
        nodes: The nodes as `ray.nodes()` lists them.
    """
    return int(max((node["Resources"].get("memory", 0) for node in nodes if node["Alive"]), default=0))


def train_on_node(job: Job, datasets: Mapping[str, Source], device: str, threads: int) -> list[Finished]:
    """Train a stack as a Ray task, in a process that may have trained before. The results have no model.

    Args:
        job: The stack of runs.
        datasets: The data sets by name.
        device: The device that trains: "cpu", "cuda" or "cuda:N".
        threads: The number of threads that PyTorch may use.
    """
    set_up_worker(datasets, threads)
    return train_in_worker(job, device)


DATASETS: dict[str, Source] = {}  # the data sets by name, in a worker process


def set_up_process(shared: SharedData, threads: int) -> None:
    """Set up a worker process: data sets, PyTorch's threads, no Ctrl-C. It exits with its parent, even a killed one."""
    threading.Thread(target=exit_after, args=(multiprocessing.parent_process(),), daemon=True).start()
    set_up_worker(shared.load(), threads)


def exit_after(parent: Any) -> None:
    """Wait until the parent process ends, then end this process at once with exit code 1.

    parent: the parent process, as `multiprocessing.parent_process` returns it.
    """
    parent.join()
    os._exit(1)


def set_up_worker(datasets: Mapping[str, Source], threads: int) -> None:
    """Set PyTorch's number of threads, add the data sets to the global DATASETS, and ignore Ctrl-C.

    Outside of the main thread Ctrl-C is not changed.
    """
    import torch

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent process handles Ctrl-C
    torch.set_num_threads(threads)
    DATASETS.update(datasets)


def train_in_worker(job: Job, device: str) -> list[Finished]:
    """Train a stack with the data sets in the global DATASETS. The results have no model, as it is costly to send.

    Raises:
        KeyError: A data set of the stack is not in DATASETS.
    """
    finished = train_together(job, DATASETS, device, lambda _: None)
    return [run._replace(model=None) for run in finished]
