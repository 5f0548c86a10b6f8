"""Training within a budget: what takes too long is ended or not begun, and nothing of it is left behind."""

import time
from dataclasses import replace
from math import inf

import pandas as pd
import pytest

import imbaloss
from imbaloss import studies
from imbaloss.comparison.budget import FirstRepetition, count_finished, find_growth, find_least_work, train_repetitions
from imbaloss.comparison.deadline import Deadline, TimeIsUp
from imbaloss.comparison.executor_choice import choose_executor
from imbaloss.comparison.from_python import open_arrays
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.place import Place
from imbaloss.comparison.planning import plan_study
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.schedule import Cost, Schedule
from imbaloss.comparison.study import OwnStudy
from imbaloss.studies import SilentObserver, Store, train_here
from imbaloss.studies.claims import find_active_claims
from tests.comparison.examples import mixed

HOUR = 3600.0
QUICK = {"hidden": (4,), "tune_lr": (), "lr": 0.01}
LOSSES = ("ce", "mfe", "mse")


def open_rows(rows: int = 120) -> Own:
    frame = mixed(rows)
    labels = frame.pop("fraud").to_numpy()
    return open_arrays("data", [(frame, labels)], ComparisonRequest(target="y"), {})


def plan(own: Own, epochs: int, **options) -> OwnStudy:
    options = {"losses": LOSSES, "budget": "1h"} | options
    return plan_study(ComparisonRequest(target="y", recipe=QUICK | {"epochs": epochs}, **options), own)


def begin(own: Own, study: OwnStudy, folder, seconds: float) -> FirstRepetition:
    place = Place(own, folder, Store(folder), "cpu")
    return FirstRepetition(place, time.monotonic() + seconds, Schedule(find_growth(study, place)))


def assert_nothing_is_left(folder) -> None:
    assert find_active_claims(Store(folder)) == set()
    assert list(folder.glob(".owner-*")) == []


def test_with_time_enough_all_methods_are_kept_and_measured(tmp_path):
    own = open_rows()
    study = plan(own, 2)
    first = begin(own, study, tmp_path, HOUR)
    first.train(study)
    assert first.schedule.methods == set(study.methods)
    assert first.left_out == []
    assert [len(cost.methods) for cost in first.schedule.costs] == [1, 1, 1, 2]  # the first network is alone
    assert all(cost.seconds > 0 for cost in first.schedule.costs)
    assert {run.hash for run in study.runs_of_repetition(0)} == Store(tmp_path).hashes()
    assert find_growth(study, first.place) == 4 / 3  # of five folds three are train, of all rows four


def test_finished_trainings_count_by_the_time_that_they_took(tmp_path):
    own = open_rows()
    study = plan(own, 200, losses=("ce",), references=False)
    times = []
    for _ in range(2):
        first = begin(own, study, tmp_path, HOUR)
        first.train(study)
        times.append(first.schedule.repetition)
    assert times[1] > 0.1 * times[0]


def test_networks_that_take_too_long_are_ended_and_leave_nothing(tmp_path):
    """A million epochs are predicted to be too many after the second one."""
    own = open_rows()
    study = plan(own, 1_000_000)
    study = replace(study, recipe=replace(study.recipe, patience=0))
    first = begin(own, study, tmp_path, 100)
    first.train(study)
    kept = {method for method in study.methods if not method.learner.is_network}
    assert first.schedule.methods == kept
    assert [len(cost.methods) for cost in first.left_out] == [1, 2]
    assert all(100 < cost.seconds < inf for cost in first.left_out)
    assert {row.run.method for row in Store(tmp_path).rows(study.runs_of_repetition(0))} == kept
    assert_nothing_is_left(tmp_path)


def test_a_budget_that_is_too_short_gives_an_answer_and_says_so(tmp_path):
    frame = mixed(120)
    labels = frame.pop("fraud")
    answer = imbaloss.compare(frame, labels, **QUICK, epochs=2, losses=LOSSES, budget="1s", out=tmp_path)
    assert [answer.best] == list(answer.table["method"])
    [left_out] = [note for note in answer.description if note.startswith("Left out for want of time: ")]
    assert all(loss in left_out for loss in LOSSES)
    assert left_out.endswith("; a longer budget compares them too")
    [exceeded] = [note for note in answer.description if note.startswith("The budget is exceeded by about ")]
    assert answer.best in exceeded
    assert "Which columns matter was not measured, for want of time" in answer.description
    assert answer.importance is None
    study = studies.read_study(tmp_path)
    assert (len(study.methods), study.repetitions) == (1, 1)
    assert left_out in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("seconds", [-1.0, 4.0])
def test_repetitions_end_with_the_time_and_only_finished_ones_count(seconds, tmp_path):
    """The schedule believes that a repetition takes no time, so that all are begun."""
    own = open_rows()
    study = plan(own, 2)
    place = Place(own, tmp_path, Store(tmp_path), "cpu")
    place.run(study.runs_of_repetition(0))
    schedule = Schedule(1.0, 1.0, (Cost(study.methods, 1e-6),))
    done = train_repetitions(study, place, schedule, time.monotonic() + schedule.ending + seconds).repetitions
    hashes = Store(tmp_path).hashes()
    assert done == count_finished(study, place)
    assert done == 1 or seconds > 0
    assert {run.hash for run in replace(study, repetitions=done).runs()} <= hashes
    assert not {run.hash for run in study.runs_of_repetition(done)} <= hashes
    assert_nothing_is_left(tmp_path)


@pytest.mark.parametrize(("epochs", "patience", "least"), [(20, 8, 9), (5, 8, 5), (20, 0, 20)])
def test_the_least_work_is_that_of_the_epochs_before_patience_may_end(epochs, patience, least):
    own = open_rows()
    study = plan(own, epochs)
    study = replace(study, recipe=replace(study.recipe, patience=patience))
    [job] = [job for job in studies.cut_into_stacks(study.runs(), {"data": own}) if job.learner.is_network]
    assert find_least_work(job) * epochs == job.work_of(job.runs) * least


def test_a_fit_of_another_library_counts_as_work_of_the_size_of_a_network():
    """Otherwise the remaining time would be that of hours after a first fit, as if it were almost no work."""
    own = open_rows()
    study = plan_study(ComparisonRequest(target="y", methods=("lightgbm", "logistic_regression", "ce")), own)
    jobs = studies.cut_into_stacks(study.runs_of_repetition(0), {"data": own})
    boosted, logistic, network = (job.work_of(job.runs) for job in jobs)
    assert boosted == logistic
    assert network / 30 < boosted < network


def test_a_deadline_passes_on_what_it_is_told_and_lets_a_finished_stack_be():
    own = open_rows()
    study = plan(own, 2)
    [job] = [job for job in studies.cut_into_stacks(study.runs(), {"data": own}) if job.learner.is_network]
    work = job.work_of(job.runs)
    told: list[int] = []

    class Told(SilentObserver):
        def on_work(self, amount: int) -> None:
            told.append(amount)

    late = Deadline(Told(), time.monotonic() - 1)
    with pytest.raises(TimeIsUp):
        late.on_stack_start(job)
    deadline = Deadline(Told(), time.monotonic() + HOUR)
    deadline.on_stack_start(job)
    deadline.on_work(work // 2)
    deadline.end = deadline.start - 1
    with pytest.raises(TimeIsUp):
        deadline.on_work(0)
    deadline.on_work(work - work // 2)
    assert told == [work // 2, 0, work - work // 2]


def test_here_and_processes_give_the_same_rows():
    frame = mixed(120)
    labels = frame.pop("fraud")
    tables = [
        imbaloss.compare(frame, labels, **QUICK, epochs=2, losses=LOSSES[:2], repetitions=2, executor=name).table
        for name in ("here", "processes")
    ]
    scores = ["method", "roc_auc", "tuned_f1", "average_precision"]
    pd.testing.assert_frame_equal(tables[0][scores], tables[1][scores], rtol=1e-4)


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ({}, "here"),
        ({"command": "imbaloss compare"}, "processes"),
        ({"command": "imbaloss compare", "executor": "here"}, "here"),
        ({"workers": 2}, "processes"),
    ],
)
def test_the_command_line_takes_processes_where_they_pay_and_python_if_it_is_asked(options, chosen, monkeypatch):
    monkeypatch.setattr("imbaloss.comparison.executor_choice.count_processors", lambda: 2)
    own = open_rows(2000)
    executor = choose_executor(ComparisonRequest(target="y", **options), plan(own, 10**6), own)
    assert (executor is train_here) == (chosen == "here")
    if "command" in options:
        assert choose_executor(ComparisonRequest(target="y", **options), plan(own, 1), own) is train_here


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"executor": "rai"}, r"there is no executor 'rai' \(did you mean 'ray'\?\)"),
        ({"executor": "here", "workers": 2}, "workers is for the executor processes only, and the executor is here"),
        ({"workers": 0}, "workers must be 1 to 1000, found 0"),
    ],
)
def test_an_executor_that_is_not_there_is_told(options, sentence):
    frame = mixed(120)
    with pytest.raises(ValueError, match=sentence):
        imbaloss.compare(frame.drop(columns="fraud"), frame["fraud"], **options)
