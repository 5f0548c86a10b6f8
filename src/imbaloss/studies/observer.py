"""Observers, which follow the training of a study."""

from typing import Protocol

from imbaloss.studies.jobs import Job


class StudyObserver(Protocol):
    """An object whose methods are called while a study is trained.

    Work is measured in multiplications (`Job.work_of`). Each amount is reported once: by `on_work`, or by
    `on_finished_work`.
    """

    def on_stack_start(self, job: Job) -> None:
        """React to the start of a stack of runs; called when it is passed to the executor, which trains it."""

    def on_work(self, amount: int) -> None:
        """React to progress; called with the work, in multiplications, that was done since the last call.

        It may be 0. An exception ends the training: stacks in training are not stored.
        """

    def on_stack_stored(self, job: Job) -> None:
        """React to the end of a stack of runs; called when its results are in the store."""

    def on_finished_work(self, amount: int) -> None:
        """React to work, in multiplications, that an earlier command or another process had finished."""

    def on_wait(self, stacks: int) -> None:
        """React to waiting; called each second with the number of stacks left, which other processes train."""


class SilentObserver:
    """An observer whose methods do nothing; a subclass overrides those that it needs."""

    def on_stack_start(self, job: Job) -> None:
        """Do nothing at the start of a stack."""

    def on_work(self, amount: int) -> None:
        """Do nothing when work was done."""

    def on_stack_stored(self, job: Job) -> None:
        """Do nothing when a stack is stored."""

    def on_finished_work(self, amount: int) -> None:
        """Do nothing about work that was finished before."""

    def on_wait(self, stacks: int) -> None:
        """Do nothing while other processes train."""
