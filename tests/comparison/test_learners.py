"""Every learner within a comparison: nothing leaks from test, and rows do not depend on who trains them or when."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from imbaloss import studies
from imbaloss.comparison.from_python import open_arrays
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.planning import plan_study
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.study import OwnStudy
from imbaloss.learners import Method
from imbaloss.learners.estimators import NAMED
from imbaloss.studies import Row, Store
from imbaloss.studies.execution import Finished
from tests.comparison.examples import mixed, write_csv
from tests.studies.observers import CallingObserver

SMALL = {  # parameters with which the slow ones are quick
    "easy_ensemble": ":n_estimators=2",
    **dict.fromkeys(("random_forest", "extra_trees", "balanced_random_forest"), ":n_estimators=5"),
}
OTHERS = ("lightgbm", "xgboost", *(name + SMALL.get(name, "") for name in NAMED))
WITH_LOSSES = ("lightgbm/mfe", "xgboost/focal:gamma=1")
METHODS = (
    "ce",
    "ce + smote",
    *OTHERS,
    "lightgbm + random_under",
    *WITH_LOSSES,
    "lightgbm + smote",
    "sklearn.naive_bayes:GaussianNB",
    "average(ce + smote, lightgbm)",
    "ensemble_selection(ce, lightgbm, logistic_regression)",
)
QUICK = {"epochs": 2, "hidden": (4,), "n_networks": 2}


def plan(methods: tuple[str, ...], own: Own, settings: int = 2) -> OwnStudy:
    """The study of one repetition, in which each method tries two settings."""
    study = plan_study(ComparisonRequest(target="y", losses=("ce",), repetitions=1, recipe=QUICK), own)
    decision = study.methods[0].decision
    read = tuple(Method.parse(text, replace(decision, calibration="platt")) for text in methods)
    return replace(study, methods=read, settings=settings)


def open_with_test(rows: int = 240, **changes: object) -> Own:
    """Rows with a test part of their own, of which some columns, or the target, are replaced."""
    train, test = mixed(rows), mixed(60, seed=1).assign(**changes)
    parts = [(frame.drop(columns="fraud"), frame["fraud"].to_numpy()) for frame in (train, test)]
    return open_arrays("data", parts, ComparisonRequest(target="y"), {})


def train(text: str, own: Own) -> Finished:
    study = plan((text,), own)
    [run] = study.runs()
    finished = studies.train_alone(run, {study.name: own}, "cpu")
    assert finished.row.failure is None
    return finished


OTHER_TESTS = (
    {"amount": 1e7 + np.arange(60.0), "age": np.nan, "country": "XX"},
    {"fraud": mixed(60, seed=1)["fraud"].map({"yes": "no", "no": "yes"})},
)


@pytest.mark.parametrize("text", METHODS)
def test_what_the_test_part_holds_changes_neither_model_nor_threshold(text):
    plain = train(text, open_with_test())
    own = open_with_test()
    inputs = own.draw(
        level=0, protocol="own", seed=0, fold=None, form=plain.row.run.method.input_form
    ).validation.inputs  # fmt: skip
    assert plain.model is not None
    for changes in OTHER_TESTS:
        other = train(text, open_with_test(**changes))
        assert other.model is not None
        assert (other.row.threshold, other.row.tuning) == (plain.row.threshold, plain.row.tuning)
        assert other.row.scores["validation"] == plain.row.scores["validation"]
        assert other.model.calibration == plain.model.calibration
        assert other.model.logits(inputs).tobytes() == plain.model.logits(inputs).tobytes()
        assert other.row.scores["test"] != plain.row.scores["test"]


def open_rows() -> Own:
    frame = mixed(240)
    return open_arrays(
        "data", [(frame.drop(columns="fraud"), frame["fraud"].to_numpy())], ComparisonRequest(target="y"), {}
    )  # fmt: skip


def results(rows: list[Row]) -> list[tuple]:
    return [(row.run, row.counts, row.scores, row.tuned, row.tuning, row.failure) for row in rows]


def run(study: OwnStudy, own: Own, folder: Path, executor=studies.train_here) -> tuple[list[tuple], list[bytes]]:
    """Train what the store of a folder lacks; return the rows of all runs, and their probabilities on test."""
    store, datasets = Store(folder), {study.name: own}
    studies.execute(
        studies.cut_into_stacks(study.runs(), datasets), store, datasets, "cpu", executor=executor
    )  # fmt: skip
    rows = store.rows(study.runs())
    assert [row.failure for row in rows] == [None] * len(rows) == [None] * len(study.methods)
    return results(rows), [store.predictions(row.run)["test"].probabilities.tobytes() for row in rows]


def test_worker_processes_give_the_same_rows(tmp_path):
    own = open_rows()
    average = "ensemble_selection(ce, lightgbm)"
    others = (*map(OTHERS.__getitem__, (2, 3)), "lightgbm + random_under", average)
    study = plan(("lightgbm", "xgboost", *WITH_LOSSES, *others), own)
    here = run(study, own, tmp_path / "here")
    assert run(study, own, tmp_path / "processes", partial(studies.train_in_processes, workers=2)) == here


def test_an_interrupted_comparison_goes_on_to_the_same_rows(tmp_path):
    own = open_rows()
    average = "ensemble_selection(lightgbm, logistic_regression)"
    study = plan(("lightgbm", "xgboost", "logistic_regression", average), own)
    whole = run(study, own, tmp_path / "whole")

    def train_one(jobs, datasets, device, observer):
        yield from studies.train_here(iter([next(jobs)]), datasets, device, observer)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(study, own, tmp_path / "killed", train_one)
    assert len(Store(tmp_path / "killed").hashes()) == 1
    assert run(study, own, tmp_path / "killed") == whole


EXECUTORS = {"here": studies.train_here, "processes": partial(studies.train_in_processes, workers=1)}


def die_after_the_first(folder: Path, executor: str) -> None:
    """Train trees with losses, and end at once, without any cleaning up, when the first ones are stored."""
    own = open_rows()
    study = plan(WITH_LOSSES, own)
    datasets, observer = {study.name: own}, CallingObserver(on_stack_stored=kill_this_process)
    jobs = studies.cut_into_stacks(study.runs(), datasets)
    studies.execute(jobs, Store(folder), datasets, "cpu", executor=EXECUTORS[executor], observer=observer)


def kill_this_process(job: studies.Job) -> None:  # noqa: ARG001
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_trees_with_losses_that_are_killed_go_on_to_the_same_bits(executor, tmp_path):
    process = multiprocessing.get_context("spawn").Process(
        target=die_after_the_first, args=(tmp_path / "killed", executor)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert len(Store(tmp_path / "killed").hashes()) == 1
    own = open_rows()
    study = plan(WITH_LOSSES, own)
    whole = run(study, own, tmp_path / "whole")
    assert run(study, own, tmp_path / "killed", EXECUTORS[executor]) == whole


@pytest.mark.slow
def test_a_comparison_that_is_killed_ends_the_same(tmp_path):
    """At whatever moment, of a fit or of writing a row."""
    command = [str(Path(sys.executable).with_name("imbaloss")), "compare", str(write_csv(tmp_path, mixed(400)))]
    command += ["--target", "fraud", "--no-references", "--repetitions", "3", "--quiet", "--epochs", "2"]
    for method in ("lightgbm", "xgboost", "random_forest", "ce"):
        command += ["--loss", method]
    kills = 0
    for wait in (0.2, 1.0, 0.5, 0.0):
        before = count_rows(tmp_path / "killed")
        process = subprocess.Popen([*command, "--out", str(tmp_path / "killed")], stdout=subprocess.DEVNULL)
        while count_rows(tmp_path / "killed") == before and process.poll() is None:
            time.sleep(0.01)
        time.sleep(wait)
        os.kill(process.pid, signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
    assert kills > 1
    for folder in ("killed", "whole"):
        subprocess.run([*command, "--out", str(tmp_path / folder)], check=True, stdout=subprocess.DEVNULL)
    tables = [(tmp_path / folder / "table.csv").read_bytes() for folder in ("killed", "whole")]
    assert tables[0] == tables[1]
    stores = [Store(tmp_path / folder, create=False) for folder in ("killed", "whole")]
    runs = studies.read_study(tmp_path / "whole").runs()
    assert results(stores[0].rows(runs)) == results(stores[1].rows(runs))
    assert stores[0].hashes() == stores[1].hashes()
    assert len(runs) == 12


def count_rows(folder: Path) -> int:
    try:
        return len(Store(folder, create=False).hashes())
    except OSError:
        return 0
