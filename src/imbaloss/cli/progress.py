"""The progress of a study or a comparison on standard error: bars in a terminal, lines in a log file."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from imbaloss.cli.terminal import format_duration, tell, tell_wrapped
from imbaloss.plural import format_count

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from imbaloss.comparison.place import ComparisonObserver
    from imbaloss.comparison.time_left import ComparisonPlan, Stage
    from imbaloss.features import ProgressHandler
    from imbaloss.studies import Job, StudyObserver

News = Callable[["Job"], str]
NOTHING_LEFT = "all is trained already"
BETWEEN_LINES_S = 30.0  # the shortest time between two lines about stored stacks, in seconds
BAR_WIDTH = 30  # characters of the bar of a comparison, which leave room for the time left in 80 columns


@contextmanager
def progress(jobs: Sequence["Job"], *, quiet: bool, news: News = lambda _: "") -> Iterator["StudyObserver"]:
    """Show the progress of a training on standard error during the block.

    A context manager that yields the observer to pass to the training. Progress is bars in a terminal, lines elsewhere.

    Args:
        jobs: All stacks to train. A stack is a group of networks that are trained together.
        quiet: Whether nothing is shown; the observer then does nothing.
        news: Returns the text to show when a stack is stored; by default an empty one.
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
    """A `StudyObserver` that counts the work that is done, and estimates the time that is left.

    Work is measured in multiplications of forward passes (`Job.work_of`).
    """

    def __init__(self, jobs: Sequence["Job"]) -> None:
        """Start the clock, and sum up the models and the work of all stacks (`jobs`)."""
        self.models = sum(job.networks for job in jobs)
        self.noun = "network" if all(job.learner.is_network for job in jobs) else "model"
        self.total = sum(job.work_of(job.runs) for job in jobs)
        self.done = 0
        self.finished_before = 0  # the work in `done` that an earlier command or another process had finished
        self.begun = False
        self.running: list[Job] = []
        self.start = time.monotonic()

    def on_work(self, amount: int) -> None:
        """Add work that was just done, in multiplications of forward passes, to the finished work."""
        self.done += amount

    def on_finished_work(self, amount: int) -> None:
        """Add work that an earlier command or another process had done; it does not count for the speed."""
        self.finished_before += amount
        self.done += amount

    def on_stack_start(self, job: "Job") -> None:
        """Add a stack to those in training."""
        self.begun = True
        self.running.append(job)

    def on_stack_stored(self, job: "Job") -> None:
        """Remove a stack from those in training.

        Raises:
            ValueError: The stack was never started.
        """
        self.running.remove(job)

    @property
    def elapsed(self) -> float:
        """The time since the observer was made, in seconds."""
        return time.monotonic() - self.start

    @property
    def left(self) -> str:
        """The time that is left at the speed so far, such as "about 5 min left".

        Empty if this command has done no work yet, and if no work is left.
        """
        trained, missing = self.done - self.finished_before, self.total - self.done
        return f"about {format_duration(self.elapsed * missing / trained)} left" if trained and missing else ""

    @property
    def title(self) -> str:
        """The number of models, and the share of work done before, as "training 9 networks, 20% of it done before".

        The share is left out if no work was done before.
        """
        before = f", {self.finished_before / self.total:.0%} of it done before" if self.finished_before else ""
        return f"training {format_count(self.models, self.noun)}{before}"


class Lines(Progress):
    """Progress as lines for a log file: at the beginning, at the end, and for stored stacks.

    A stored stack has no line if the last line is newer than 30 seconds (`BETWEEN_LINES_S`).
    """

    def __init__(self, jobs: Sequence["Job"], news: News) -> None:
        """Start the clock. jobs: all stacks. news: returns a text about a stored stack, which ends its line."""
        super().__init__(jobs)
        self.news = news
        self.last = self.start
        self.waiting = False

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Print the last line at the end of the block, a context manager; no line if the block raises an error.

        The line is "trained in 5 min", or "all is trained already" if no stack was started.
        """
        yield
        tell(f"trained in {format_duration(self.elapsed)}" if self.begun else NOTHING_LEFT)

    def on_stack_start(self, job: "Job") -> None:
        """Add a stack to those in training; before the first one, print the number of networks."""
        if not self.begun:
            tell(self.title)
        super().on_stack_start(job)

    def on_stack_stored(self, job: "Job") -> None:
        """Remove a stack from those in training, and print the progress: share done, time used, time left and the news.

        Nothing is printed if the last such line is newer than 30 seconds.
        """
        super().on_stack_stored(job)
        if time.monotonic() - self.last >= BETWEEN_LINES_S:
            self.last = time.monotonic()
            share = f"{self.done / self.total:.0%} in {format_duration(self.elapsed)}"
            tell("; ".join(filter(None, (share, self.left, self.news(job)))))

    def on_wait(self, stacks: int) -> None:
        """Print that another process trains the stacks that are left; only the first call prints."""
        if not self.waiting:
            tell(waiting_for(stacks))
        self.waiting = True


def waiting_for(stacks: int) -> str:
    """Return the line about stacks in another process: "waiting for 2 stacks that another process trains"."""
    return f"waiting for {format_count(stacks, 'stack')} that another process trains"


class Bars(Progress):
    """Progress as bars in a terminal: one for all stacks, one for the current stack, and a line of news below."""

    def __init__(self, jobs: Sequence["Job"], news: News, console: "Console") -> None:
        """Make the bars, not shown yet. jobs: all stacks. news: writes about a stored stack. console: the terminal."""
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
            """The bars, with the latest news as a line below."""

            def get_renderables(self) -> "Iterator[RenderableType]":
                """Yield what rich draws: the bars, then the line of news unless it is empty."""
                yield from super().get_renderables()
                if owner.text:
                    yield Text(owner.text)

        self.bars = BarsWithNews(*columns, console=console)
        self.all: Any = self.bars.add_task(self.title, total=self.total)
        self.stack: Any = self.bars.add_task("", visible=False)

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Show the bars during the block, a context manager, and leave their last state on the screen.

        The second bar is hidden at the end. The line below is then "all is trained already" if no stack was started.
        """
        with self.bars:
            yield
            self.bars.update(self.stack, visible=False)
            if not self.begun:
                self.text = NOTHING_LEFT

    def on_work(self, amount: int) -> None:
        """Add work that was just done to both bars."""
        super().on_work(amount)
        self.show_all()
        self.bars.advance(self.stack, amount)

    def on_finished_work(self, amount: int) -> None:
        """Add work that an earlier command or another process had done to the bar of all stacks."""
        super().on_finished_work(amount)
        self.show_all()

    def on_stack_start(self, job: "Job") -> None:
        """Add a stack to those in training, and show it in the second bar."""
        super().on_stack_start(job)
        self.show_stack()

    def on_stack_stored(self, job: "Job") -> None:
        """Remove a stack from those in training, show the news about it below the bars, and update the second bar.

        The second bar then shows the stack that is still in training; it is hidden if there is none.
        """
        super().on_stack_stored(job)
        self.text = self.news(job)
        self.show_stack()

    def on_wait(self, stacks: int) -> None:
        """Show below the bars that another process trains the stacks that are left, with their number."""
        self.text = waiting_for(stacks)

    def show_all(self) -> None:
        """Update the bar of all stacks: the finished work, and beside it the title and the time that is left."""
        described = ", ".join(filter(None, (self.title, self.left)))
        self.bars.update(self.all, completed=self.done, description=described)

    def show_stack(self) -> None:
        """Restart the second bar from zero for the stack in training; hide it if there is none.

        If several stacks are in training at once, the bar shows only their number, without a share.
        """
        total = self.running[0].work_of(self.running[0].runs) if len(self.running) == 1 else None
        self.bars.reset(self.stack, total=total, description=self.current, visible=bool(self.running))

    @property
    def current(self) -> str:
        """The stack in training in words, as "stack of 12: tree at 0.1, tree at 0.05 and 3 more".

        12 is its number of networks. At most two of its data sets with level of imbalance are named, the others
        counted. With several stacks, or none, the text is their number: "2 stacks at once".
        """
        if len(self.running) != 1:
            return f"{len(self.running)} stacks at once"
        [job] = self.running
        cells = list(dict.fromkeys(f"{run.dataset} at {run.level:g}" for run in job.runs))
        more = f" and {len(cells) - 2} more" if len(cells) > 2 else ""
        return f"stack of {job.networks}: {', '.join(cells[:2])}{more}"


@contextmanager
def follow_comparison(*, quiet: bool) -> Iterator["ComparisonObserver"]:
    """Show the progress of a comparison on standard error during the block: one bar in a terminal, lines elsewhere.

    A context manager that yields the observer to pass to the comparison. With `quiet` only notes on the data are shown.
    """
    from rich.console import Console

    from imbaloss.comparison.place import ComparisonObserver

    console = Console(stderr=True)
    if quiet:
        yield ComparisonObserver(note=tell_wrapped)
        return
    with follow_features() as embed:
        if console.is_terminal:
            bar = ComparisonBar(console)
            with bar.showing():
                yield ComparisonObserver(tell_wrapped, tell_wrapped, bar.show, bar.begin, bar.enter, embed)
        else:
            yield ComparisonObserver(
                tell_wrapped,
                tell_wrapped,
                lambda jobs: progress(jobs, quiet=False),
                enter=lambda _, text: tell(text),
                embed=embed,
            )


@contextmanager
def follow_features() -> Iterator["ProgressHandler"]:
    """Show on standard error how many images or texts have features: a bar in a terminal, lines elsewhere.

    A context manager that yields the function to tell. Nothing is shown where it is never told.
    """
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield FeatureLines().tell
        return
    bar = FeatureBar(console)
    try:
        yield bar.tell
    finally:
        bar.stop()


class FeatureLines:
    """Lines for a log file on how many images or texts have features: at the beginning, each 30 seconds, at the end.

    Nothing is printed where all have features at the beginning. Of several counts in 30 seconds the first has lines.
    """

    def __init__(self) -> None:
        """Begin without a line."""
        self.start: float | None = None  # of the count; None between two counts
        self.last = -BETWEEN_LINES_S  # when a line was printed
        self.is_told = False  # whether the count has a line

    def tell(self, done: int, total: int, noun: str) -> None:
        """Print how many are done if it is time for a line. When all are done a new count begins.

        Args:
            done: The number of images or texts that have features.
            total: The number of all.
            noun: What is counted, "image" or "text".
        """
        now = time.monotonic()
        if self.start is None and done < total:
            self.start, self.is_told = now, False
        if self.start is None:
            return
        if done == total:
            if self.is_told:
                tell(f"features of {format_count(total, noun)} in {format_duration(now - self.start)}")
            self.start = None
        elif now - self.last >= BETWEEN_LINES_S:
            tell(f"features of {done} of {format_count(total, noun)}")
            self.last, self.is_told = now, True


class FeatureBar:
    """A bar on how many images or texts have features, which is gone when all have."""

    def __init__(self, console: "Console") -> None:
        """Make the bar, not shown yet. console: the terminal."""
        from rich import progress

        columns = (
            progress.BarColumn(BAR_WIDTH), progress.TaskProgressColumn(), progress.TimeElapsedColumn(),
            progress.TextColumn("{task.description}", markup=False),
        )  # fmt: skip
        self.bar = progress.Progress(*columns, console=console, transient=True)
        self.task: Any = None

    def tell(self, done: int, total: int, noun: str) -> None:
        """Show how many of all are done; the first call shows the bar, and the last one takes it away.

        noun: What is counted, "image" or "text".
        """
        if self.task is None and done == total:
            return
        if self.task is None:
            self.bar.start()
            self.task = self.bar.add_task("", total=total)
        text = f"features of {done} of {format_count(total, noun)}"
        self.bar.update(self.task, completed=done, description=text)
        if done == total:
            self.stop()

    def stop(self) -> None:
        """Take the bar away."""
        if self.task is not None:
            self.bar.stop()
            self.bar.remove_task(self.task)
            self.task = None


class ComparisonBar:
    """The bar of a whole comparison, with the time that is left, and below it what is being done.

    It is a `StudyObserver` of all of its trainings. The bar appears when the plan is told, after the notes on the data.
    """

    def __init__(self, console: "Console") -> None:
        """Make the bar, not shown yet. console: the terminal."""
        from rich import progress
        from rich.text import Text

        from imbaloss.comparison.time_left import ComparisonPlan, TimeLeft

        self.text = ""
        self.clock = TimeLeft(ComparisonPlan(0, 0, 0), time.monotonic())
        self.is_finished = False
        columns = (
            progress.BarColumn(BAR_WIDTH), progress.TaskProgressColumn(), progress.TimeElapsedColumn(),
            progress.TextColumn("{task.description}", markup=False),
        )  # fmt: skip
        owner = self

        class BarWithText(progress.Progress):
            """The bar as it is now, with what is being done as a line below."""

            def get_renderables(self) -> "Iterator[RenderableType]":
                """Yield what rich draws: the bar, whose time goes on between two messages, then the line."""
                for task in self.task_ids:
                    self.update(task, completed=owner.share, description=owner.left)
                yield from super().get_renderables()
                if owner.text:
                    yield Text(owner.text)

        self.bar = BarWithText(*columns, console=console)
        self.bar.add_task("", total=1.0)

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Leave the bar on the screen at the end of the block, a context manager: full, unless an error ends it."""
        try:
            yield
            self.is_finished, self.text = True, ""
        finally:
            self.bar.stop()

    def begin(self, plan: "ComparisonPlan") -> None:
        """Show the bar, and start the clock of a comparison with this plan."""
        from imbaloss.comparison.time_left import TimeLeft

        self.clock = TimeLeft(plan, time.monotonic())
        self.text = f"comparing {format_count(plan.methods, 'method')}"
        self.bar.start()

    @contextmanager
    def show(self, jobs: Sequence["Job"]) -> Iterator["StudyObserver"]:
        """Add stacks (`jobs`) to those that are trained; a context manager that yields the observer of the training."""
        self.clock.add_jobs(jobs)
        yield self

    def enter(self, stage: "Stage", text: str) -> None:
        """Show that a stage after the training begins. text: what is being done."""
        self.clock.enter(stage)
        self.text = text

    @property
    def share(self) -> float:
        """The share of the time that is over, from 0 to 1; 1 at the end."""
        return 1.0 if self.is_finished else self.clock.share

    @property
    def left(self) -> str:
        """The time that is left, such as "about 5 min left"; empty if it is unknown or over, and at the end."""
        seconds = None if self.is_finished else self.clock.left
        return "" if not seconds else f"about {format_duration(seconds)} left"

    def on_work(self, amount: int) -> None:
        """Add work that was just done, in multiplications of forward passes."""
        self.clock.done += amount

    def on_finished_work(self, amount: int) -> None:
        """Add work that an earlier command or another process had done; it does not count for the speed."""
        self.clock.earlier += amount
        self.clock.done += amount

    def on_stack_start(self, job: "Job") -> None:
        """Do nothing at the start of a stack: the bar is for all of them."""

    def on_stack_stored(self, job: "Job") -> None:
        """Do nothing when a stack is stored: its work was told before."""

    def on_wait(self, stacks: int) -> None:
        """Show below the bar that another process trains the stacks that are left, with their number."""
        self.text = waiting_for(stacks)
