"""What a study will cost, from a few epochs of its largest stacks, and what it can show."""

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

PROBE_S = 20.0  # of all probes together, about; no probe is shorter than a few epochs
FEW = 2  # epochs of the first training of a probe


@dataclass(frozen=True)
class Forecast:
    """Of trainings in this process, one stack after the other."""

    study: str
    trainings: dict[str, int]  # of each data set
    networks: int  # more than trainings where learning rates are tried
    stacks: int
    largest_stack: int  # networks
    seconds: dict[str, float]  # of each data set
    memory: int | None  # bytes that this process has held at most; None where the system does not tell
    reach: DetectableDifferences | None  # None where there is one method, and nothing to compare


@dataclass(frozen=True)
class Cost:
    """Of one network, in seconds."""

    fixed: float
    epoch: float

    def of(self, run: Run) -> float:
        return run.recipe.networks * (self.fixed + self.epoch * run.recipe.epochs)


def forecast(
    name: str, runs: Sequence[Run], jobs: Sequence[Job], datasets: Mapping[str, Source], device: str
) -> Forecast:
    """Trains the largest stack of each kind for a few epochs. runs: of the study; jobs: the same, cut into stacks."""
    kinds: dict[object, list[Job]] = {}
    for job in jobs:
        kinds.setdefault(kind(job), []).append(job)
    train_together(short(min(jobs, key=lambda job: job.networks), 1), datasets, device, lambda _: None)  # warms up
    seconds = dict.fromkeys(dict.fromkeys(run.dataset for job in jobs for run in job.runs), 0.0)
    for alike in kinds.values():
        cost = probe(max(alike, key=lambda job: job.networks), datasets, device, PROBE_S / len(kinds))
        for job in alike:
            for run in job.runs:
                seconds[run.dataset] += cost.of(run)
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


def kind(job: Job) -> object:
    """Jobs of one kind differ in the number of networks, of epochs, and in the loss."""
    return job.samples, job.shape, job.plan, job.runs[0].recipe.shared


def short(job: Job, epochs: int) -> Job:
    return replace(job, runs=tuple(replace(run, recipe=replace(run.recipe, epochs=epochs)) for run in job.runs))


def probe(job: Job, datasets: Mapping[str, Source], device: str, seconds: float) -> Cost:
    """From two trainings of the stack, for few and for more epochs."""
    few = timed(short(job, FEW), datasets, device)
    more = max(round(FEW * seconds / few / 2), FEW)
    many = timed(short(job, FEW + more), datasets, device)
    epoch = max(many - few, 0.0) / more
    return Cost(max(few - FEW * epoch, 0.0) / job.networks, epoch / job.networks)


def timed(job: Job, datasets: Mapping[str, Source], device: str) -> float:
    start = time.perf_counter()
    train_together(job, datasets, device, lambda _: None)
    return time.perf_counter() - start


def peak_memory() -> int | None:
    """Bytes that this process has held in memory at most."""
    if sys.platform == "win32":
        return None
    from resource import RUSAGE_SELF, getrusage

    unit = 1 if sys.platform == "darwin" else 1024
    return getrusage(RUSAGE_SELF).ru_maxrss * unit
