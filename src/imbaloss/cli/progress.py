"""Progress of a study, on standard error: bars in a terminal, now and then a line in a log file."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from imbaloss.cli.terminal import duration, tell
from imbaloss.plural import format_count

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from imbaloss.studies import Job, StudyObserver

News = Callable[["Job"], str]
NOTHING_LEFT = "all is trained already"
BETWEEN_LINES_S = 30.0


@contextmanager
def progress(jobs: Sequence["Job"], *, quiet: bool, news: News = lambda _: "") -> Iterator["StudyObserver"]:
    """Show the progress of a study while its jobs are trained, and yield what is to be told of it.

    Args:
        jobs: All stacks of the study.
        quiet: Whether nothing is shown.
        news: Returns what to say when that stack is stored.
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
    """Knows how far a study is, by what it is told as a `StudyObserver`."""

    def __init__(self, jobs: Sequence["Job"]) -> None:
        self.networks = sum(job.networks for job in jobs)
        self.total = sum(job.work_of(job.runs) for job in jobs)
        self.done = 0
        self.known = 0  # of what is done: by an earlier command or another process, in no time
        self.begun = False
        self.running: list[Job] = []
        self.start = time.monotonic()

    def on_work(self, amount: int) -> None:
        self.done += amount

    def on_finished_work(self, amount: int) -> None:
        self.known += amount
        self.done += amount

    def on_stack_start(self, job: "Job") -> None:
        self.begun = True
        self.running.append(job)

    def on_stack_stored(self, job: "Job") -> None:
        self.running.remove(job)

    @property
    def elapsed(self) -> float:
        """Seconds."""
        return time.monotonic() - self.start

    @property
    def left(self) -> str:
        """The time that is left at the speed so far; nothing where that is not known, or all is done."""
        trained, missing = self.done - self.known, self.total - self.done
        return f"about {duration(self.elapsed * missing / trained)} left" if trained and missing else ""

    @property
    def title(self) -> str:
        known = f", {self.known / self.total:.0%} of it done before" if self.known else ""
        return f"training {format_count(self.networks, 'network')}{known}"


class Lines(Progress):
    """A line at the beginning, one for a stored stack unless the last is newer than BETWEEN_LINES_S, one at the end."""

    def __init__(self, jobs: Sequence["Job"], news: News) -> None:
        super().__init__(jobs)
        self.news = news
        self.last = self.start
        self.waiting = False

    @contextmanager
    def showing(self) -> Iterator[None]:
        yield
        tell(f"trained in {duration(self.elapsed)}" if self.begun else NOTHING_LEFT)

    def on_stack_start(self, job: "Job") -> None:
        if not self.begun:
            tell(self.title)
        super().on_stack_start(job)

    def on_stack_stored(self, job: "Job") -> None:
        super().on_stack_stored(job)
        if time.monotonic() - self.last >= BETWEEN_LINES_S:
            self.last = time.monotonic()
            share = f"{self.done / self.total:.0%} in {duration(self.elapsed)}"
            tell("; ".join(filter(None, (share, self.left, self.news(job)))))

    def on_wait(self, stacks: int) -> None:
        if not self.waiting:
            tell(waiting_for(stacks))
        self.waiting = True


def waiting_for(stacks: int) -> str:
    return f"waiting for {format_count(stacks, 'stack')} that another process trains"


class Bars(Progress):
    """A bar for all and one for the stack that is being trained, and below them the news."""

    def __init__(self, jobs: Sequence["Job"], news: News, console: "Console") -> None:
        from rich import progress
        from rich.text import Text

        super().__init__(jobs)
        self.news, self.text = news, ""
        columns = (
            progress.BarColumn(), progress.TaskProgressColumn(), progress.TimeElapsedColumn(),
            progress.TextColumn("{task.description}", markup=False),
        )  # fmt: skip
        told = self

        class Shown(progress.Progress):
            def get_renderables(self) -> "Iterator[RenderableType]":
                yield from super().get_renderables()
                if told.text:
                    yield Text(told.text)

        self.bars = Shown(*columns, console=console)
        self.all: Any = self.bars.add_task(self.title, total=self.total)
        self.stack: Any = self.bars.add_task("", visible=False)

    @contextmanager
    def showing(self) -> Iterator[None]:
        with self.bars:
            yield
            self.bars.update(self.stack, visible=False)
            if not self.begun:
                self.text = NOTHING_LEFT

    def on_work(self, amount: int) -> None:
        super().on_work(amount)
        self.show_all()
        self.bars.advance(self.stack, amount)

    def on_finished_work(self, amount: int) -> None:
        super().on_finished_work(amount)
        self.show_all()

    def on_stack_start(self, job: "Job") -> None:
        super().on_stack_start(job)
        self.show_stack()

    def on_stack_stored(self, job: "Job") -> None:
        super().on_stack_stored(job)
        self.text = self.news(job)
        self.show_stack()

    def on_wait(self, stacks: int) -> None:
        self.text = waiting_for(stacks)

    def show_all(self) -> None:
        described = ", ".join(filter(None, (self.title, self.left)))
        self.bars.update(self.all, completed=self.done, description=described)

    def show_stack(self) -> None:
        """The one stack that is being trained, from its beginning, or that there are several."""
        total = self.running[0].work_of(self.running[0].runs) if len(self.running) == 1 else None
        self.bars.reset(self.stack, total=total, description=self.current, visible=bool(self.running))

    @property
    def current(self) -> str:
        if len(self.running) != 1:
            return f"{len(self.running)} stacks at once"
        [job] = self.running
        cells = list(dict.fromkeys(f"{run.dataset} at {run.level:g}" for run in job.runs))
        more = f" and {len(cells) - 2} more" if len(cells) > 2 else ""
        return f"stack of {job.networks}: {', '.join(cells[:2])}{more}"
