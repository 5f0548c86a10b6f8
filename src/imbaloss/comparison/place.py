"""The place of a comparison: data, output folder, store, device, executor, and the observer that is told."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from imbaloss import studies
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.study import OwnStudy
from imbaloss.comparison.time_left import ComparisonPlan, Stage
from imbaloss.features import ProgressHandler, ignore_progress
from imbaloss.studies import Executor, Job, Run, SilentObserver, Store, StudyObserver, train_here

MessageHandler = Callable[[str], object]


def ignore_text(text: str) -> None:
    """Do nothing with a message; the default of a comparison that nobody follows."""


def ignore_plan(plan: ComparisonPlan) -> None:
    """Do nothing with the plan of a comparison."""


def ignore_stage(stage: Stage, text: str) -> None:
    """Do nothing about the beginning of a stage of a comparison."""


def show_no_progress(jobs: Sequence[Job]) -> AbstractContextManager[StudyObserver]:  # noqa: ARG001
    """Return a context manager that gives an observer of training. It shows nothing, whatever the jobs (stacks) are."""
    return nullcontext(SilentObserver())


@dataclass(frozen=True)
class ComparisonObserver:
    """Functions that receive the messages of a comparison. By default they drop them."""

    tell: MessageHandler = ignore_text  # receives what happens on the way
    note: MessageHandler = ignore_text  # receives notes on the data
    # returns an observer of the training of these stacks
    show: Callable[[Sequence[Job]], AbstractContextManager[StudyObserver]] = show_no_progress
    plan: Callable[[ComparisonPlan], object] = ignore_plan  # receives what is going to be done, before the training
    enter: Callable[[Stage, str], object] = ignore_stage  # receives each stage after the training, also in words
    embed: ProgressHandler = ignore_progress  # receives how many images or texts have features, before everything else


SILENT = ComparisonObserver()


@dataclass(frozen=True, eq=False)
class Place:
    """What is needed to train the study of a person's own data: data, output folder, store, device and observer."""

    own: Own
    folder: Path
    store: Store
    device: str
    observer: ComparisonObserver = SILENT
    executor: Executor = train_here

    def cut(self, runs: Sequence[Run]) -> list[Job]:
        """Cut runs (trainings) on the data, with their test part, into stacks."""
        return studies.cut_into_stacks(runs, {run.dataset: self.own for run in runs}, device=self.device)

    def execute(self, jobs: Sequence[Job], observer: StudyObserver, executor: Executor = train_here) -> None:
        """Train the stacks that the store lacks, and add their rows and predictions to it.

        Args:
            jobs: Stacks as `cut` returns them.
            observer: Follows the training, and may end it by an exception.
            executor: Trains the stacks; by default in this process.
        """
        datasets = {run.dataset: self.own for job in jobs for run in job.runs}
        studies.execute(jobs, self.store, datasets, self.device, executor=executor, observer=observer)

    def run(self, runs: Sequence[Run], watch: Callable[[StudyObserver], StudyObserver] = lambda shown: shown) -> None:
        """Train the runs (trainings) that the store lacks by the executor, and show the progress.

        Args:
            runs: The trainings to have in the store.
            watch: Returns an observer that is told instead of the one that shows the progress.
        """
        jobs = self.cut(runs)
        with self.observer.show(jobs) as shown:
            self.execute(jobs, watch(shown), self.executor)

    def find_recorded_time(self, runs: Sequence[Run]) -> float:
        """Return the seconds that the trainings of runs took, each its share of its stack; 0.0 if none is stored."""
        return sum((row.seconds for row in self.store.rows(runs)), 0.0)

    def keep(self, study: OwnStudy) -> OwnStudy:
        """Write the study file into the output folder, in place of an earlier one, and return the study unchanged.

        Raises:
            OSError: The folder cannot be written.
        """
        studies.write_study(study, {study.name: self.own}, self.folder)
        return study
