"""The forecast of a study: time and memory from a few epochs of its largest stacks, and the difference it can show."""

import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from imbaloss.data import Source
from imbaloss.studies.detectable_difference import DetectableDifferences, compute_detectable_differences
from imbaloss.studies.execution import train_together
from imbaloss.studies.jobs import Job
from imbaloss.studies.study import Run

PROBE_S = 20.0  # seconds that all probes take together, about; no probe is shorter than a few epochs
FEW = 2  # number of epochs of the first training of a probe


@dataclass(frozen=True)
class Forecast:
    """The size and cost of a study that is trained in this process, one stack after the other."""

    study: str
    trainings: dict[str, int]  # number of runs by data set
    networks: int  # number of networks; more than trainings if learning rates are tried
    stacks: int  # number of stacks
    largest_stack: int  # number of networks in the largest stack
    seconds: dict[str, float]  # by data set
    memory: int | None  # largest memory of this process so far, in bytes; None if the system does not tell
    reach: DetectableDifferences | None  # None if there is one method, and so nothing to compare


@dataclass(frozen=True)
class Cost:
    """The time to train one network, in seconds."""

    fixed: float  # whatever the number of epochs
    epoch: float  # for each epoch

    def seconds_for(self, run: Run) -> float:
        """Return the seconds that a run takes: its epochs for each of its networks and candidate learning rates."""
        return run.models * (self.fixed + self.epoch * run.recipe.epochs)


def forecast(
    name: str, runs: Sequence[Run], jobs: Sequence[Job], datasets: Mapping[str, Source], device: str
) -> Forecast:
    """Forecast time and memory of a study by training the largest stack of each kind for a few epochs.

    A stack is a group of runs that are trained together. Nothing is stored.

    Args:
        name: The name of the study.
        runs: All runs of the study, one or more.
        jobs: The same runs, cut into stacks.
        datasets: The data sets by name.
        device: The device that trains: "cpu", "cuda" or "cuda:N".

    Raises:
        ValueError: A data set cannot give the split of a run.
    """
    kinds: dict[object, list[Job]] = {}
    for job in jobs:
        kinds.setdefault(probe_key(job), []).append(job)
    train_together(shorten(min(jobs, key=lambda job: job.networks), 1), datasets, device, lambda _: None)  # warms up
    seconds = dict.fromkeys(dict.fromkeys(run.dataset for job in jobs for run in job.runs), 0.0)
    for alike in kinds.values():
        cost = probe(max(alike, key=lambda job: job.networks), datasets, device, PROBE_S / len(kinds))
        for job in alike:
            for run in job.runs:
                seconds[run.dataset] += cost.seconds_for(run)
    return Forecast(
        study=name,
        trainings=dict(Counter(run.dataset for job in jobs for run in job.runs)),
        networks=sum(job.networks for job in jobs),
        stacks=len(jobs),
        largest_stack=max(job.networks for job in jobs),
        seconds=seconds,
        memory=peak_memory(),
        reach=compute_detectable_differences(runs, datasets),
    )


def probe_key(job: Job) -> object:
    """Return a key that is equal for jobs (stacks) whose networks take the same time for an epoch.

    Such jobs have equal numbers of samples, shapes, plans and recipes. They may differ in losses, learning rates,
    numbers of networks and epochs.
    """
    return job.samples, job.shape, job.plan, job.runs[0].recipe.shared


def shorten(job: Job, epochs: int) -> Job:
    """Return a copy of a job (a stack of runs) in which every run has that number of epochs."""
    return replace(job, runs=tuple(replace(run, recipe=replace(run.recipe, epochs=epochs)) for run in job.runs))


def probe(job: Job, datasets: Mapping[str, Source], device: str, seconds: float) -> Cost:
    """Measure the cost of one network of a stack by two trainings, for few and for more epochs.

    They take about `seconds` together, or the time of a few epochs if that is longer.

    Args:
        job: The stack.
        datasets: The data sets by name.
        device: The device that trains: "cpu", "cuda" or "cuda:N".
        seconds: The time for both trainings.

    Returns:
        The seconds for one network: fixed ones and those for each epoch, both 0 or more.
    """
    few = time_training(shorten(job, FEW), datasets, device)
    more = max(round(FEW * seconds / few / 2), FEW)
    many = time_training(shorten(job, FEW + more), datasets, device)
    epoch = max(many - few, 0.0) / more
    return Cost(max(few - FEW * epoch, 0.0) / job.networks, epoch / job.networks)


def time_training(job: Job, datasets: Mapping[str, Source], device: str) -> float:
    """Train a job (a stack of runs), drop the results, and return the seconds that this took."""
    start = time.perf_counter()
    train_together(job, datasets, device, lambda _: None)
    return time.perf_counter() - start


def peak_memory() -> int | None:
    """Return the largest memory that this process has used so far, in bytes; None on Windows."""
    if sys.platform == "win32":
        return None
    from resource import RUSAGE_SELF, getrusage

    unit = 1 if sys.platform == "darwin" else 1024
    return getrusage(RUSAGE_SELF).ru_maxrss * unit
