"""A deadline of a training: an observer that ends the training when there is no time for the rest of it."""

import time
from math import inf
from typing import NamedTuple

from imbaloss.studies import Job, StudyObserver


class TimeIsUp(Exception):  # noqa: N818  # not an error: it ends a training for which there is no time
    """Raised by a `Deadline` to end a training."""


class Progress(NamedTuple):
    """An amount of work, in multiplications, and the time when it was done."""

    work: int
    time: float


class Deadline:
    """A `StudyObserver` that ends the training by `TimeIsUp` at a time, and passes on all that it is told.

    Networks report their work after each epoch, and worker processes are asked each second; learners of other libraries
    are not interrupted in this process. A stack that is ended is not stored. If the smallest amount of work is known,
    the training is ended as soon as its speed shows that it would be late.
    """

    def __init__(self, observer: StudyObserver, end: float, least: int = 0) -> None:
        """Start the clock.

        Args:
            observer: Receives all that this one is told.
            end: The time at which training ends, as `time.monotonic` tells it.
            least: The smallest amount of work that the training takes, in multiplications; 0 if it is not known.
        """
        self.observer, self.end, self.least = observer, end, least
        self.start = time.monotonic()
        self.first: Progress | None = None  # after the first epoch
        self.done = 0  # work
        self.open = 0  # work of the stacks in training that is left

    def on_stack_start(self, job: Job) -> None:
        """Pass the start of a stack on; raise `TimeIsUp` if the time is up."""
        if time.monotonic() > self.end:
            raise TimeIsUp
        self.open += job.work_of(job.runs)
        self.observer.on_stack_start(job)

    def on_work(self, amount: int) -> None:
        """Pass work on; raise `TimeIsUp` if work of a stack is left for which there is no time."""
        self.observer.on_work(amount)
        self.done += amount
        self.open -= amount
        if amount and self.first is None:
            self.first = Progress(self.done, time.monotonic())
        if self.open and self.is_late():
            raise TimeIsUp

    def on_stack_stored(self, job: Job) -> None:
        """Pass the end of a stack on."""
        self.observer.on_stack_stored(job)

    def on_finished_work(self, amount: int) -> None:
        """Pass on work that was finished before."""
        self.observer.on_finished_work(amount)

    def on_wait(self, stacks: int) -> None:
        """Pass on that other processes train what is left; raise `TimeIsUp` if the time is up."""
        self.observer.on_wait(stacks)
        if time.monotonic() > self.end:
            raise TimeIsUp

    def is_late(self) -> bool:
        """Say whether the time is up, or will be before the smallest amount of work is done.

        The speed counts from the second epoch on, since the first one includes preparing the data.
        """
        if time.monotonic() > self.end:
            return True
        has_speed = self.first is not None and self.done > self.first.work
        return has_speed and self.start + self.predict(self.least) > self.end

    def predict(self, work: int) -> float:
        """Predict the seconds that an amount of work takes, by the speed after the first epoch.

        What precedes the second epoch is counted once. After one epoch alone, its speed is that of all work. Before
        its end the prediction is infinite.
        """
        if self.first is None:
            return inf
        now = time.monotonic()
        if self.done == self.first.work:
            return (now - self.start) * work / self.done
        seconds = (now - self.first.time) / (self.done - self.first.work)
        return self.first.time - self.start + seconds * (work - self.first.work)
