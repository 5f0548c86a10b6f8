"""Observers, which follow the training of a study."""

from typing import Protocol

from imbaloss.studies.jobs import Job


class StudyObserver(Protocol):
    """An object whose methods are called while a study is trained.

    Each amount of work is reported once: by `on_work`, or by `on_finished_work`.
    """

    def on_stack_start(self, job: Job) -> None:
        """Called when a stack is passed to the executor."""

    def on_work(self, amount: int) -> None:
        """Called with the work (`Job.work_of`) that was done since the last call."""

    def on_stack_stored(self, job: Job) -> None:
        """Called when the rows of a stack are stored."""

    def on_finished_work(self, amount: int) -> None:
        """Called with work that an earlier command or another process had finished."""

    def on_wait(self, stacks: int) -> None:
        """Called with the number of stacks that are left, all of them in training in other processes."""


class SilentObserver:
    """An observer whose methods do nothing; a subclass overrides those that it needs."""

    def on_stack_start(self, job: Job) -> None:
        """Do nothing."""

    def on_work(self, amount: int) -> None:
        """Do nothing."""

    def on_stack_stored(self, job: Job) -> None:
        """Do nothing."""

    def on_finished_work(self, amount: int) -> None:
        """Do nothing."""

    def on_wait(self, stacks: int) -> None:
        """Do nothing."""
