"""Training within a budget: the methods and repetitions for which there is time, by the times measured so far."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import takewhile
from math import inf
from typing import NamedTuple

from imbaloss.comparison.column_permutation import MEASURED
from imbaloss.comparison.deadline import Deadline, TimeIsUp
from imbaloss.comparison.place import Place
from imbaloss.comparison.racing import drop_methods
from imbaloss.comparison.request import MOST
from imbaloss.comparison.schedule import Cost, Schedule, describe_left_out, select_costs, write_budget
from imbaloss.comparison.study import OwnStudy
from imbaloss.learners import Method
from imbaloss.plural import join_words
from imbaloss.studies import Job, Run, StudyObserver

MEASURING = 0.1  # share of the budget that is kept free to measure which columns matter, at most
MOST_SLOWNESS = 5.0  # more seconds for one of processor time mean a learner that waits, not a busy machine


class TrainedStudy(NamedTuple):
    """A study of what was trained within a budget, and when the page must be begun."""

    study: OwnStudy
    page_start: float  # as `time.monotonic` tells it


def train_in_budget(study: OwnStudy, place: Place, budget: float, began: float) -> TrainedStudy:
    """Train the methods and repetitions of a study that fit into a budget, and return the study of these alone.

    The final training, measuring which columns matter, and the report fit into the budget too. The first method is
    trained in any case. Notes name the methods that are left out, and say if the budget is too short.

    Args:
        study: The study with all methods that were asked for.
        place: The data, store and executor to train with.
        budget: The time in seconds.
        began: When it began, as `time.monotonic` tells it.
    """
    most_measuring = MEASURING * budget if study.permutations else 0.0
    schedule = Schedule(find_growth(study, place), measured=MEASURED, most_measuring=most_measuring)
    first = FirstRepetition(place, began + budget, schedule)
    overhead = time.monotonic() - began
    first.train(study)
    schedule, asked_for = first.schedule, study.methods
    study = replace(study, methods=tuple(method for method in study.methods if method in schedule.methods))
    notes = []
    if first.left_out:
        seconds = overhead + schedule.predict_total(first.left_out)
        methods = [[method for method in cost.methods if method in asked_for] for cost in first.left_out]
        named = [replace(cost, methods=tuple(each)) for cost, each in zip(first.left_out, methods, strict=True) if each]
        notes += [describe_left_out(named, budget, seconds)] if named else []
    if (late := time.monotonic() + schedule.ending - first.end) > 0:
        notes.append(
            f"The budget is exceeded by about {write_budget(late)}: it is too short for one repetition of "
            f"{join_words(map(str, study.methods), 3)}, the training on all rows and the report"
        )
    study = train_repetitions(study, place, schedule, first.end)
    if study.repetitions == 1 and late <= 0:
        notes.append(f"A second repetition, of about {schedule.repetition:.0f} s, does not fit into the budget")
    for text in notes:
        place.observer.note(f"{text}.")
    page_start = first.end - schedule.find_page(len(study.methods))
    return TrainedStudy(replace(study, notes=(*study.notes, *notes)), page_start)


def find_growth(study: OwnStudy, place: Place) -> float:
    """Return how many times as many training rows the final training has as the first repetition."""
    seed, fold = study.find_repetition(0)
    final, first = place.own.without_test.split_counts(0)["train"], place.own.split_counts(seed, fold)["train"]
    return sum(final) / sum(first)


@dataclass
class FirstRepetition:
    """The first repetition, in which times are measured and methods are left out. Training it changes the attributes.

    It is trained in this process, stack by stack, since stacks that are trained at once slow each other.
    """

    place: Place
    end: float  # when the budget ends, as `time.monotonic` tells it
    schedule: Schedule  # with the methods that are kept
    left_out: list[Cost] = field(default_factory=list)  # with infinite times where nothing is known
    processor: float = 0.0  # processor time of the trainings so far
    wall: float = 0.0  # the time that they took
    slow: float = 0.0  # seconds for a multiplication of networks whose training was ended; 0 if none was

    @property
    def left(self) -> float:
        """The time that is left of the budget, in seconds."""
        return self.end - time.monotonic()

    def train(self, study: OwnStudy) -> None:
        """Train the methods of a study for which there is time, those of low cost first, and averages last.

        The schedule has the members of averages that are kept too. If they leave no time for any method of the study,
        the cheapest of its averages is trained in any case.
        """
        members = {member for method in study.methods for member in method.members}
        self.schedule = replace(self.schedule, only_members=frozenset(members - set(study.methods)))
        runs = study.runs_of_repetition(0)
        jobs = order_by_cost(self.place.cut(runs))
        with self.place.observer.show(jobs) as shown:
            for job in jobs:
                if job.learner.members:
                    self.make_averages(job, shown)
                elif job.learner.is_network:
                    self.train_networks(job, shown)
                else:
                    self.train_job(job, shown)
            self.forget_members(study)
            if not self.schedule.costs:
                first = min(runs, key=lambda run: len(run.members))
                self.place.execute(self.place.cut([first]), shown)
                seconds = self.place.find_recorded_time([first])
                self.schedule = self.schedule.add(Cost((first.method,), seconds))
                still_left_out = {method for cost in self.left_out for method in cost.methods} - {
                    *first.method.with_members
                }
                self.left_out = list(select_costs(self.left_out, still_left_out))

    def forget_members(self, study: OwnStudy) -> None:
        """Leave out the members that no average of the study needs any more, since all of those are left out."""
        compared = self.schedule.methods.intersection(study.methods)
        needed = {each for method in compared for each in method.with_members}
        self.left_out += select_costs(self.schedule.costs, self.schedule.methods - needed)
        self.schedule = self.schedule.keep(needed)

    def train_networks(self, job: Job, shown: StudyObserver) -> None:
        """Train the first method of a stack of networks alone, then as many of the others as fit by its time.

        Args:
            job: The stack.
            shown: Shows the progress.
        """
        seconds = self.train_job(replace(job, runs=job.runs[:1]), shown)
        number = 1 + self.schedule.count_fitting(self.left, methods_of(job.runs[1:]), seconds)
        if number > 1:
            self.train_job(replace(job, runs=job.runs[1:number]), shown)
        self.leave_out(job.runs[number:], seconds * len(job.runs[number:]))

    def train_job(self, job: Job, shown: StudyObserver) -> float:
        """Train the methods of a stack, and keep or leave them out by the time that this took.

        A stack for which there is no time is not begun, and one that takes too long is ended. The first of all is
        trained and kept in any case.

        Args:
            job: The stack.
            shown: Shows the progress.

        Returns:
            The time in seconds, an estimate if the training was ended or not begun; infinite without an estimate.
        """
        work = job.work_of(job.runs)
        limit = self.schedule.find_limit(self.left, methods_of(job.runs)) if self.schedule.costs else inf
        expected = self.slow * work if job.learner.is_network else 0.0
        if limit < max(expected, self.schedule.cheapest):
            return self.leave_out(job.runs, expected or inf)
        deadline = Deadline(shown, time.monotonic() + limit, find_least_work(job))
        processor = time.process_time()
        try:
            self.place.execute([job], deadline)
        except TimeIsUp:
            seconds = deadline.predict(work)
            self.slow = seconds / work
            return self.leave_out(job.runs, seconds)
        wall = time.monotonic() - deadline.start
        self.wall, self.processor = self.wall + wall, self.processor + time.process_time() - processor
        slowness = self.wall / max(self.processor, 1e-3)
        self.schedule = replace(self.schedule, slowness=min(max(slowness, 1.0), MOST_SLOWNESS))
        seconds = max(wall, self.place.find_recorded_time(job.runs))
        extended = self.schedule.add(Cost(methods_of(job.runs), seconds))
        if self.schedule.costs and not extended.fits(self.left):
            return self.leave_out(job.runs, seconds)
        self.schedule = extended
        return seconds

    def make_averages(self, job: Job, shown: StudyObserver) -> None:
        """Make averages of members that are trained, and keep or leave them out; left out if a member was.

        Their time alone, with that of their members, counts for the final training.

        Args:
            job: The averages.
            shown: Shows the progress.
        """
        methods, began = methods_of(job.runs), time.monotonic()
        members = {member for method in methods for member in method.members}
        if not members <= self.schedule.methods:
            self.leave_out(job.runs, 0.0)
            return
        self.place.execute([job], shown)
        alone = self.place.find_recorded_time(job.runs) / len(job.runs)
        cost = Cost(methods, time.monotonic() - began, alone)
        extended = self.schedule.add(cost)
        if extended.fits(self.left):
            self.schedule = extended
        else:
            self.left_out.append(cost)

    def leave_out(self, runs: Sequence[Run], seconds: float) -> float:
        """Leave the methods of some runs out, and return the time that they take.

        Args:
            runs: One run of each method; may be empty.
            seconds: The time that they take in a repetition; infinite if it is not known.
        """
        if runs:
            self.left_out.append(Cost(methods_of(runs), seconds))
        return seconds


def methods_of(runs: Sequence[Run]) -> tuple[Method, ...]:
    """Return the methods of some runs, in their order."""
    return tuple(run.method for run in runs)


def order_by_cost(jobs: Sequence[Job]) -> list[Job]:
    """Return the stacks in the order of their expected cost: learners of other libraries, then networks by their work.

    The others keep their order, since nothing is known of their cost. Averages come last, after their members.
    """

    def rank(job: Job) -> tuple[bool, int]:
        """Return the place of a stack in that order, as numbers to sort by."""
        return bool(job.learner.members), job.work_of(job.runs[:1]) if job.learner.is_network else 0

    return sorted(jobs, key=rank)


def find_least_work(job: Job) -> int:
    """Return the smallest amount of work that ends the training of a stack: with patience, training may stop early."""
    recipes = [candidate.recipe for run in job.runs for candidate in run.candidates]
    return job.work * sum(
        each.n_networks * (min(each.epochs, each.patience + 1) if each.patience else each.epochs) for each in recipes
    )


def train_repetitions(study: OwnStudy, place: Place, schedule: Schedule, end: float) -> OwnStudy:
    """Train further repetitions while there is time for them, and return the study with all that are finished.

    The executor gets as many at once as fit by the times of the first one. In a race these end at the next look, which
    drops methods if another repetition follows.

    Args:
        study: The study, whose first repetition is trained.
        place: The data, store and executor to train with.
        schedule: The methods of the study, with their times.
        end: When the budget ends, as `time.monotonic` tells it.
    """
    looks = {look.repetitions: look for look in replace(study, repetitions=MOST).looks}
    done, slowest = 1, 0.0
    while more := min(schedule.count_repetitions(end - time.monotonic(), slowest), MOST - done):
        if done in looks:
            study = drop_methods(study, place, looks[done])
            schedule = schedule.keep({each for method in study.kept for each in (method, *method.members)})
            more = max(min(schedule.count_repetitions(end - time.monotonic()), MOST - done), 1)
        more = min([more, *(look - done for look in looks if look > done)])
        start = time.monotonic()
        try:
            place.run(study.runs_between(done, done + more), partial(Deadline, end=end - schedule.ending))
        except TimeIsUp:
            done = count_finished(study, place, done + more)
            break
        slowest = max(slowest, (time.monotonic() - start) / more)
        done += more
    return replace(study, repetitions=done, drops=tuple(drop for drop in study.drops if drop.repetitions < done))


def count_finished(study: OwnStudy, place: Place, most: int = MOST) -> int:
    """Return how many repetitions the store has with all methods of the study, from the first one on.

    Args:
        study: The study. A method that is dropped does not count in later repetitions.
        place: Has the store.
        most: The number from which on repetitions do not count.
    """
    hashes = place.store.hashes()
    finished = (all(run.hash in hashes for run in study.runs_of_repetition(number)) for number in range(most))
    return sum(takewhile(bool, finished))
