"""What is told of a study while it is trained."""

from typing import Protocol

from imbaloss.studies.jobs import Job


class StudyObserver(Protocol):
    """Is told what happens to a study. Each amount of work is told once: as done, or as found finished."""

    def on_stack_start(self, job: Job) -> None:
        """A stack is given to the executor."""

    def on_work(self, amount: int) -> None:
        """So much of the work (`Job.work_of`) was done since the last call."""

    def on_stack_stored(self, job: Job) -> None:
        """The rows of a stack are stored."""

    def on_finished_work(self, amount: int) -> None:
        """So much of the work was found finished, by an earlier command or another process."""

    def on_wait(self, stacks: int) -> None:
        """Another process trains the stacks that are left, this many."""


class SilentObserver:
    """Ignores all that it is told; a subclass overrides what it wants to know."""

    def on_stack_start(self, job: Job) -> None: ...

    def on_work(self, amount: int) -> None: ...

    def on_stack_stored(self, job: Job) -> None: ...

    def on_finished_work(self, amount: int) -> None: ...

    def on_wait(self, stacks: int) -> None: ...
