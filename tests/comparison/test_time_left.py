"""How long a comparison still takes, by a clock that the tests move."""

import pytest

from imbaloss import data, studies
from imbaloss.comparison.schedule import PAGE, PAGE_OF_METHOD
from imbaloss.comparison.time_left import GROWTH, MOST_SHARE, ComparisonPlan, Stage, TimeLeft

PAGE_OF_TWO = PAGE + 2 * PAGE_OF_METHOD


@pytest.fixture
def now(monkeypatch) -> list[float]:
    """The time in seconds, which a test moves by its only entry."""
    seconds = [0.0]
    monkeypatch.setattr("imbaloss.comparison.time_left.time.monotonic", lambda: seconds[0])
    return seconds


@pytest.fixture(scope="module")
def jobs() -> list[studies.Job]:
    """Two stacks of one training each."""
    [study] = [studies.built_in("digits")]
    runs = [run for run in study.runs() if run.dataset == "digits_3_8" and run.method.learned == "mse"][:2]
    stacks = studies.cut_into_stacks(runs, data.load_data_sets(("digits_3_8",)), 1)
    assert [len(job.runs) for job in stacks] == [1, 1]
    return stacks


def test_each_stage_that_is_left_counts_by_the_time_of_a_training(now, jobs):
    clock = TimeLeft(ComparisonPlan(trainings=2, methods=2, measured=1), start=0.0)
    clock.add_jobs(jobs)
    assert (clock.left, clock.share) == (None, 0.0)
    now[0] = 10.0
    clock.done += clock.work // 2
    ending = GROWTH * 10 + 10 + PAGE_OF_TWO
    assert clock.left == pytest.approx(10 + ending)
    assert clock.share == pytest.approx(10 / (20 + ending))
    now[0], clock.done = 20.0, clock.work
    clock.enter(Stage.FINAL)
    assert clock.left == pytest.approx(ending)
    now[0] = 25.0
    assert clock.left == pytest.approx(ending - 5)
    clock.enter(Stage.COLUMNS)
    assert clock.left == pytest.approx(10 + PAGE_OF_TWO)
    now[0] = 1000.0
    clock.enter(Stage.PAGE)
    assert clock.left == pytest.approx(PAGE_OF_TWO)
    now[0] = 2000.0
    assert (clock.left, clock.share) == (0.0, MOST_SHARE)


def test_trainings_that_are_still_to_be_planned_count_too(now, jobs):
    """As in a race, which plans the repetitions up to its next look."""
    clock = TimeLeft(ComparisonPlan(trainings=8, methods=2, measured=0), start=0.0)
    clock.add_jobs(jobs)
    now[0], clock.done = 20.0, clock.work
    assert clock.left == pytest.approx(60 + GROWTH * 10 + PAGE_OF_TWO)


def test_what_was_trained_before_is_no_speed(now, jobs):
    clock = TimeLeft(ComparisonPlan(trainings=2, methods=2, measured=0), start=0.0)
    clock.add_jobs(jobs)
    clock.done = clock.earlier = clock.work // 2
    now[0] = 5.0
    assert clock.left is None
    now[0], clock.done = 10.0, clock.work
    assert clock.left == pytest.approx(GROWTH * 10 + PAGE_OF_TWO)


def test_a_comparison_that_is_trained_already_has_its_page_left(now, jobs):
    clock = TimeLeft(ComparisonPlan(trainings=2, methods=2, measured=0), start=0.0)
    clock.add_jobs(jobs)
    clock.done = clock.earlier = clock.work
    now[0] = 1.0
    clock.enter(Stage.FINAL)
    assert clock.left == pytest.approx(PAGE_OF_TWO)


def test_with_a_budget_its_rest_is_left(now):
    clock = TimeLeft(ComparisonPlan(trainings=2, methods=2, measured=0, end=60.0), start=0.0)
    now[0] = 15.0
    assert (clock.left, clock.share) == (45.0, 0.25)
    now[0] = 70.0
    assert (clock.left, clock.share) == (0.0, MOST_SHARE)


def test_the_share_never_falls(now, jobs):
    clock = TimeLeft(ComparisonPlan(trainings=2, methods=2, measured=0), start=0.0)
    clock.add_jobs(jobs)
    now[0], clock.done = 1.0, clock.work // 2
    share = clock.share
    now[0] = 100.0
    assert clock.left > 100
    assert clock.share >= share
