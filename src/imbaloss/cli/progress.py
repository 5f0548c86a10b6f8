"""The progress of a study on standard error: bars in a terminal, lines in a log file."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from imbaloss.cli.terminal import format_duration, tell
from imbaloss.plural import format_count

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from imbaloss.studies import Job, StudyObserver

News = Callable[["Job"], str]
NOTHING_LEFT = "all is trained already"
BETWEEN_LINES_S = 30.0  # the shortest time between two lines about stored stacks, in seconds


@contextmanager
def progress(jobs: Sequence["Job"], *, quiet: bool, news: News = lambda _: "") -> Iterator["StudyObserver"]:
    """Show the progress of a study during the block, and yield the observer that must follow its training.

    Args:
        jobs: All stacks of the study.
        quiet: Whether nothing is shown.
        news: Returns the text to show when a stack is stored.
    """
    from rich.console import Console

    from imbaloss.studies import SilentObserver

    if quiet:
        yield SilentObserver()
        return
    console = Console(stderr=True)
    shown = Bars(jobs, news, console) if console.is_terminal else Lines(jobs, news)
    with shown.showing():
        yield shown


class Progress:
    """A `StudyObserver` that counts the work that is done, and estimates the time that is left."""

    def __init__(self, jobs: Sequence["Job"]) -> None:
        self.networks = sum(job.networks for job in jobs)
        self.total = sum(job.work_of(job.runs) for job in jobs)
        self.done = 0
        self.finished_before = 0  # the work in `done` that an earlier command or another process had finished
        self.begun = False
        self.running: list[Job] = []
        self.start = time.monotonic()

    def on_work(self, amount: int) -> None:
        """Count finished work."""
        self.done += amount

    def on_finished_work(self, amount: int) -> None:
        """Count work that was finished before."""
        self.finished_before += amount
        self.done += amount

    def on_stack_start(self, job: "Job") -> None:
        """Add a stack to those in training."""
        self.begun = True
        self.running.append(job)

    def on_stack_stored(self, job: "Job") -> None:
        """Remove a stack from those in training."""
        self.running.remove(job)

    @property
    def elapsed(self) -> float:
        """The time since the start, in seconds."""
        return time.monotonic() - self.start

    @property
    def left(self) -> str:
        """The time that is left at the speed so far, in words; empty before any training and after all of it."""
        trained, missing = self.done - self.finished_before, self.total - self.done
        return f"about {format_duration(self.elapsed * missing / trained)} left" if trained and missing else ""

    @property
    def title(self) -> str:
        """The number of networks, and the share of the work that was done before."""
        before = f", {self.finished_before / self.total:.0%} of it done before" if self.finished_before else ""
        return f"training {format_count(self.networks, 'network')}{before}"


class Lines(Progress):
    """Progress as lines for a log file: at the beginning, at the end, and for stored stacks.

    A stack has no line if the last one is newer than BETWEEN_LINES_S.
    """

    def __init__(self, jobs: Sequence["Job"], news: News) -> None:
        super().__init__(jobs)
        self.news = news
        self.last = self.start
        self.waiting = False

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Print the last line at the end of the block, unless it ends with an error."""
        yield
        tell(f"trained in {format_duration(self.elapsed)}" if self.begun else NOTHING_LEFT)

    def on_stack_start(self, job: "Job") -> None:
        """Print the title before the first stack."""
        if not self.begun:
            tell(self.title)
        super().on_stack_start(job)

    def on_stack_stored(self, job: "Job") -> None:
        """Print the share that is done, the time that is left and the news, unless the last line is too new."""
        super().on_stack_stored(job)
        if time.monotonic() - self.last >= BETWEEN_LINES_S:
            self.last = time.monotonic()
            share = f"{self.done / self.total:.0%} in {format_duration(self.elapsed)}"
            tell("; ".join(filter(None, (share, self.left, self.news(job)))))

    def on_wait(self, stacks: int) -> None:
        """Print once that another process trains the stacks that are left."""
        if not self.waiting:
            tell(waiting_for(stacks))
        self.waiting = True


def waiting_for(stacks: int) -> str:
    """Return the text about stacks that another process trains."""
    return f"waiting for {format_count(stacks, 'stack')} that another process trains"


class Bars(Progress):
    """Progress as bars in a terminal: one for all stacks, one for the current stack, and a line of news below."""

    def __init__(self, jobs: Sequence["Job"], news: News, console: "Console") -> None:
        from rich import progress
        from rich.text import Text

        super().__init__(jobs)
        self.news, self.text = news, ""
        columns = (
            progress.BarColumn(), progress.TaskProgressColumn(), progress.TimeElapsedColumn(),
            progress.TextColumn("{task.description}", markup=False),
        )  # fmt: skip
        owner = self

        class BarsWithNews(progress.Progress):
            """Bars with the news below."""

            def get_renderables(self) -> "Iterator[RenderableType]":
                yield from super().get_renderables()
                if owner.text:
                    yield Text(owner.text)

        self.bars = BarsWithNews(*columns, console=console)
        self.all: Any = self.bars.add_task(self.title, total=self.total)
        self.stack: Any = self.bars.add_task("", visible=False)

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Show the bars during the block, and leave the last state on the screen."""
        with self.bars:
            yield
            self.bars.update(self.stack, visible=False)
            if not self.begun:
                self.text = NOTHING_LEFT

    def on_work(self, amount: int) -> None:
        """Advance both bars."""
        super().on_work(amount)
        self.show_all()
        self.bars.advance(self.stack, amount)

    def on_finished_work(self, amount: int) -> None:
        """Advance the bar of all stacks."""
        super().on_finished_work(amount)
        self.show_all()

    def on_stack_start(self, job: "Job") -> None:
        """Show the stack in the second bar."""
        super().on_stack_start(job)
        self.show_stack()

    def on_stack_stored(self, job: "Job") -> None:
        """Show the news, and the next stack in the second bar."""
        super().on_stack_stored(job)
        self.text = self.news(job)
        self.show_stack()

    def on_wait(self, stacks: int) -> None:
        """Show that another process trains the stacks that are left."""
        self.text = waiting_for(stacks)

    def show_all(self) -> None:
        """Update the bar of all stacks, with the time that is left."""
        described = ", ".join(filter(None, (self.title, self.left)))
        self.bars.update(self.all, completed=self.done, description=described)

    def show_stack(self) -> None:
        """Start the second bar anew for the current stack; for several stacks at once, show only their number."""
        total = self.running[0].work_of(self.running[0].runs) if len(self.running) == 1 else None
        self.bars.reset(self.stack, total=total, description=self.current, visible=bool(self.running))

    @property
    def current(self) -> str:
        """The current stack in words, with its size and two cells at most; for several stacks, their number."""
        if len(self.running) != 1:
            return f"{len(self.running)} stacks at once"
        [job] = self.running
        cells = list(dict.fromkeys(f"{run.dataset} at {run.level:g}" for run in job.runs))
        more = f" and {len(cells) - 2} more" if len(cells) > 2 else ""
        return f"stack of {job.networks}: {', '.join(cells[:2])}{more}"
