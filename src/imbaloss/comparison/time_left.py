"""The time that a comparison still takes, estimated from its plan and from what is done."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from imbaloss.comparison.schedule import PAGE, PAGE_OF_METHOD
from imbaloss.studies import Job

MOST_SHARE = 0.99  # of the time that is over, before the end
GROWTH = 1.3  # how many times as long the final training takes as one of a repetition: it has more rows


class Stage(IntEnum):
    """The stages of a comparison, in their order."""

    TRAINING = 0  # all methods in all repetitions
    FINAL = 1  # the recommended method on all rows
    COLUMNS = 2  # which columns matter to it
    PAGE = 3


@dataclass(frozen=True)
class ComparisonPlan:
    """What a comparison is going to do."""

    trainings: int  # at most, in all repetitions
    methods: int
    measured: int  # repetitions in which it is measured which columns matter; 0 for none
    end: float | None = None  # when its budget ends, as `time.monotonic` tells it; None without a budget


@dataclass
class TimeLeft:
    """The clock of a comparison. Its methods are told what happens; `left` and `share` are estimated from that.

    Work is measured in multiplications (`Job.work_of`).
    """

    plan: ComparisonPlan
    start: float  # of the training, as `time.monotonic` tells it
    stage: Stage = Stage.TRAINING
    stage_start: float = 0.0  # of a stage after the training
    trained_seconds: float = 0.0  # that the training took; 0 before its end
    trainings: int = 0  # whose work is known
    work: int = 0  # of these trainings
    done: int = 0  # part of this work
    earlier: int = 0  # part of `done` that was done before, or by another process
    reached: float = 0.0  # the largest share that `share` has returned

    def add_jobs(self, jobs: Sequence[Job]) -> None:
        """Add stacks that are going to be trained."""
        self.trainings += sum(len(job.runs) for job in jobs)
        self.work += sum(job.work_of(job.runs) for job in jobs)

    def enter(self, stage: Stage) -> None:
        """Begin a stage after the training; those before it are over."""
        if self.stage is Stage.TRAINING:
            self.trained_seconds = self.elapsed
        self.stage, self.stage_start = stage, time.monotonic()

    @property
    def elapsed(self) -> float:
        """The time since the start, in seconds."""
        return time.monotonic() - self.start

    @property
    def seconds_of_training(self) -> float:
        """The time of one training at the speed so far; 0 before any work was done."""
        trained = self.done - self.earlier
        seconds = self.trained_seconds or self.elapsed
        return seconds * (self.work / self.trainings) / trained if trained else 0.0

    @property
    def left(self) -> float | None:
        """The time that is left, in seconds: that of the budget, or an estimate; None before any work was done."""
        if self.plan.end is not None:
            return max(self.plan.end - time.monotonic(), 0.0)
        if self.stage is Stage.TRAINING:
            if self.done == self.earlier:
                return None
            planned = max(self.plan.trainings, self.trainings)
            current = self.seconds_of_training * (planned - self.trainings * self.done / self.work)
        else:
            current = max(self.predict(self.stage) - (time.monotonic() - self.stage_start), 0.0)
        return current + sum(self.predict(stage) for stage in Stage if stage > self.stage)

    @property
    def share(self) -> float:
        """The share of the time that is over, from 0 to 0.99. It never falls, even if the estimated time grows."""
        if (left := self.left) is not None:
            share = self.elapsed / (self.elapsed + left) if self.elapsed else 0.0
            self.reached = max(self.reached, min(share, MOST_SHARE))
        return self.reached

    def predict(self, stage: Stage) -> float:
        """Return the predicted time of a stage after the training, in seconds."""
        return {
            Stage.FINAL: GROWTH * self.seconds_of_training,
            Stage.COLUMNS: self.plan.measured * self.seconds_of_training,
            Stage.PAGE: PAGE + PAGE_OF_METHOD * self.plan.methods,
        }[stage]
