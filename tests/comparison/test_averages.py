"""Averages within a comparison: made of the runs of their methods, saved, explained, and left out for want of time."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import special
from sklearn.datasets import load_digits

import imbaloss
from imbaloss import studies
from imbaloss.comparison.budget import FirstRepetition, find_growth
from imbaloss.comparison.comparing import answer_request
from imbaloss.comparison.from_python import open_arrays
from imbaloss.comparison.opening import open_own
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.own_model import OwnModel, remove_model
from imbaloss.comparison.place import Place
from imbaloss.comparison.planning import plan_study
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.schedule import SPARE, Schedule
from imbaloss.comparison.study import OwnStudy
from imbaloss.evaluation.calibration import fit_calibration
from imbaloss.learners import AverageModel
from imbaloss.learners.average_model import to_log_odds
from imbaloss.studies import Store
from tests.comparison.examples import mixed

MEMBERS = ("ce", "lightgbm", "logistic_regression")
MEAN, SELECTION = (f"{kind}({', '.join(MEMBERS)})" for kind in ("average", "ensemble_selection"))
QUICK = {"epochs": 2, "hidden": (4,), "tune_lr": (), "lr": 0.01}


def open_rows(rows: int = 240) -> Own:
    frame = mixed(rows)
    labels = frame.pop("fraud").to_numpy()
    return open_arrays("data", [(frame, labels)], ComparisonRequest(target="y"), {})


def plan(own: Own, *methods: str, **options) -> OwnStudy:
    options = {"repetitions": 1, "settings": 2, "recipe": QUICK} | options
    return plan_study(ComparisonRequest(target="y", methods=methods, **options), own)


def train(own: Own, study: OwnStudy, folder: Path) -> tuple[Store, list[studies.Run]]:
    """Train what the store of a folder lacks, and return the store and the runs that were trained."""
    trained = []

    def note_runs(jobs, datasets, device, observer):
        for job, finished in studies.train_here(jobs, datasets, device, observer):
            trained.extend(job.runs)
            yield job, finished

    place = Place(own, folder, Store(folder), "cpu", executor=note_runs)
    place.run(study.runs())
    assert [row.failure for row in place.store.rows(study.runs())] == [None] * len(study.runs())
    return place.store, trained


def test_methods_are_trained_once_and_their_stored_predictions_are_averaged(tmp_path):
    own = open_rows()
    study = plan(own, *MEMBERS, MEAN, SELECTION)
    store, trained = train(own, study, tmp_path)
    assert sorted(str(run.method) for run in trained) == sorted(MEMBERS)
    *singles, mean, selection = (store.predictions(run) for run in study.runs())
    for run, predictions in zip(study.runs()[-2:], (mean, selection), strict=True):
        [row] = store.rows([run])
        weights = list(row.tuning.setting.to_dict().values()) if row.tuning else [1 / 3] * 3
        log_odds = {
            part: np.average([to_log_odds(each[part].probabilities) for each in singles], axis=0, weights=weights)
            for part in ("validation", "test")
        }
        calibration = fit_calibration("auto", mean["validation"].labels, log_odds["validation"])
        for part, odds in log_odds.items():
            assert predictions[part].probabilities == pytest.approx(special.expit(calibration(odds)), rel=1e-9)
        assert row.seconds >= sum(each.seconds for each in store.rows(study.runs()[:3]))
        assert row.predict_1000_seconds == pytest.approx(
            sum(each.predict_1000_seconds for each in store.rows(study.runs()[:3]))
        )


def test_the_time_of_a_study_counts_each_training_once(tmp_path):
    own = open_rows()
    study = plan(own, "lightgbm", MEAN, SELECTION)
    store, trained = train(own, study, tmp_path)
    *_, mean, selection = rows = store.rows(study.runs())
    once = {row.run.hash: row.seconds for row in store.rows(trained)}
    for some in (rows, [mean, selection], [mean]):
        assert {row.run.hash: row.seconds for row in studies.list_trainings(some, store)} == once
        assert len(studies.list_trainings(some, store)) == len(MEMBERS)
    assert studies.list_trainings(rows[:1], store) == rows[:1]
    assert sum(once.values()) <= mean.seconds < mean.seconds + selection.seconds


def test_an_average_alone_trains_its_methods_as_they_are_trained_alone(tmp_path):
    own = open_rows()
    alone, _ = train(own, plan(own, "lightgbm", "logistic_regression"), tmp_path / "alone")
    study = plan(own, "average(lightgbm, logistic_regression)")
    store, trained = train(own, study, tmp_path / "average")
    assert store.hashes() == alone.hashes() | {run.hash for run in study.runs()}
    for run in trained:
        assert store.predictions(run)["test"].probabilities.tobytes() == (
            alone.predictions(run)["test"].probabilities.tobytes()
        )


def test_the_failure_of_a_method_is_that_of_the_average(tmp_path):
    own = open_rows()
    study = plan(own, "average(lightgbm, tests.learners.odd_classifiers:Raises)")
    place = Place(own, tmp_path, Store(tmp_path), "cpu")
    place.run(study.runs())
    [row] = place.store.rows(study.runs())
    assert row.failure.startswith("tests.learners.odd_classifiers:Raises: ")
    assert place.store.predictions(row.run) == {}
    assert studies.train_alone(study.runs()[0], {study.name: own}, "cpu").model is None


@pytest.fixture(scope="module")
def answer():
    """The answer of a comparison of an average alone, of members with different forms of inputs."""
    frame = mixed(240)
    labels = frame.pop("fraud").to_numpy()
    options = {"methods": [SELECTION], "repetitions": 2, "settings": 2, "importance": False} | QUICK
    return imbaloss.compare(frame, labels, positive="yes", **options)


def test_the_page_counts_trainings_and_their_time_once(answer, tmp_path):
    findings = answer.findings
    trained = findings.store.rows([run for row in findings.rows for run in row.run.members])
    text = answer.to_html(tmp_path / "page.html").read_text(encoding="utf-8")
    assert f"6 trainings took {sum(row.seconds for row in trained):.0f} seconds" in text


def test_the_saved_model_is_one_folder_and_predicts_the_same_bits(answer, tmp_path):
    frame = mixed(60, seed=1).drop(columns="fraud")
    folder = answer.model.save(tmp_path / "model").parent
    assert isinstance(answer.model.model, AverageModel)
    loaded = OwnModel.load(folder)
    assert loaded.predict_proba(frame).tobytes() == answer.model.predict_proba(frame).tobytes()
    alone = loaded.predict_proba(frame.iloc[[7]])
    assert alone == pytest.approx(loaded.predict_proba(frame)[[7]], abs=1e-6)


def test_the_model_is_the_average_of_its_members_on_their_own_inputs(answer):
    own_model, frame = answer.model, mixed(60, seed=1).drop(columns="fraud")
    columns, prepared = own_model.preparation.parts
    inputs = own_model.read_features(frame)
    network, trees, regression = own_model.model.members
    odds = [network.logits(prepared(inputs)), trees.logits(columns(inputs)), regression.logits(prepared(inputs))]
    mean = own_model.model.calibration(np.average(odds, axis=0, weights=own_model.model.weights))
    assert own_model.predict_proba(frame)[:, 1] == pytest.approx(special.expit(mean), rel=1e-9)


def test_rows_are_explained_and_an_onnx_file_is_refused_in_one_sentence(answer, tmp_path):
    frame = mixed(60, seed=1).drop(columns="fraud")
    explained = answer.model.explain(frame.iloc[:10], 1)
    for _, of_row in explained.groupby("row"):
        total = of_row["contribution"].sum() + of_row["base"].iloc[0]
        assert total == pytest.approx(of_row["probability_yes"].iloc[0], abs=1e-6)
    with pytest.raises(ValueError, match="no ONNX file can be written of this method"):
        answer.model.to_onnx(tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_a_changed_member_is_found_and_a_removed_model_leaves_nothing(answer, tmp_path):
    folder = answer.model.save(tmp_path / "model").parent
    file = folder / "member-1" / "lightgbm.txt"
    file.write_text(file.read_text().replace("leaf_value=-0", "leaf_value=-9", 1))
    with pytest.raises(ValueError, match="was changed after it was written"):
        OwnModel.load(folder)
    remove_model(folder)
    assert list(folder.iterdir()) == []


def test_an_average_needs_calibration_and_is_for_comparisons_alone():
    with pytest.raises(ValueError, match=r"^average\(ce, lightgbm\) needs calibrated probabilities .*: leave out"):
        plan(open_rows(), "average(ce, lightgbm)", recipe=QUICK | {"calibration": "none"})
    with pytest.raises(ValueError, match=r"is for `imbaloss\.compare` alone"):
        imbaloss.MethodClassifier("average(ce, lightgbm)").fit(np.eye(20), np.arange(20) % 2)


def test_images_in_a_file_are_predicted_by_the_average_of_their_methods(tmp_path):
    """Digits, with two rare classes; a convolutional network and logistic regression take the same images."""
    digits = load_digits()
    rare = np.isin(digits.target, (8, 9))
    kept = np.flatnonzero(~rare | (np.cumsum(rare) <= 60))[:400]
    images = (digits.images[kept] * 15).astype(np.uint8)
    file = tmp_path / "digits.npz"
    np.savez(file, images=images, rare=rare[kept])
    average = "average(ce, logistic_regression)"
    request = ComparisonRequest(
        target="rare",
        positive="True",
        methods=(average,),
        repetitions=1,
        settings=1,
        recipe={"network": "cnn", "channels": (4, 8), "epochs": 10, "lr": 0.02, "tune_lr": ()},
    )
    found = answer_request(open_own(file, request), request, tmp_path / "out")
    assert (found.best, len(found.model.model.members)) == ("average(ce, logistic_regression)", 2)
    assert found.table["roc_auc"].item() > 0.9
    loaded = OwnModel.load(tmp_path / "out" / "model")
    predicted = loaded.predict_proba(images)
    assert predicted.tobytes() == found.model.predict_proba(images).tobytes()
    inputs = loaded.preparation(loaded.read_features(images))
    odds = [to_log_odds(member.probabilities(inputs)) for member in loaded.model.members]
    assert predicted[:, 1] == pytest.approx(special.expit(loaded.model.calibration(np.mean(odds, axis=0))), rel=1e-9)


def begin(own: Own, study: OwnStudy, folder: Path, seconds: float) -> FirstRepetition:
    place = Place(own, folder, Store(folder), "cpu")
    return FirstRepetition(place, time.monotonic() + seconds, Schedule(find_growth(study, place)))


def test_in_a_budget_an_average_adds_little_to_its_methods_but_its_last_training_is_theirs(tmp_path):
    own = open_rows()
    study = plan(own, "lightgbm", "logistic_regression", "average(lightgbm, logistic_regression)", "ce")
    first = begin(own, study, tmp_path, 3600.0)
    first.train(study)
    assert first.schedule.methods == set(study.methods)
    average = first.schedule.costs[-1]
    assert [str(method) for method in average.methods] == ["average(lightgbm, logistic_regression)"]
    *members, of_average = first.place.store.rows(study.runs()[:3])
    assert average.alone == of_average.seconds >= sum(row.seconds for row in members)
    assert first.schedule.final >= first.schedule.growth * average.alone


def test_a_resumed_budget_keeps_time_for_no_page_of_members_that_are_not_compared(tmp_path):
    own = open_rows()
    study = plan(own, "average(lightgbm, ce)", "logistic_regression", repetitions=None, budget="1h")
    for _ in ("begun", "resumed"):
        first = begin(own, study, tmp_path, 3600.0)
        first.train(study)
        schedule = first.schedule
        assert {str(method) for method in schedule.methods - set(study.methods)} == {"lightgbm", "ce"}
        assert schedule.ending == pytest.approx(schedule.final + schedule.find_page(len(study.methods)))
        fewer = schedule.keep({method for method in study.methods if not method.members})
        assert fewer.dropped == 1  # the average, and neither of its members


def test_members_of_an_average_that_is_left_out_take_no_time_of_the_repetitions(tmp_path):
    """The network is predicted to take too long."""
    own = open_rows()
    study = plan(own, "average(lightgbm, ce)", "logistic_regression", recipe=QUICK | {"epochs": 1_000_000})
    study = replace(study, recipe=replace(study.recipe, patience=0))
    for _ in ("begun", "resumed"):
        first = begin(own, study, tmp_path, 100.0)
        first.train(study)
        assert [str(method) for method in first.schedule.methods] == ["logistic_regression"]
        [cost] = first.schedule.costs
        assert first.schedule.repetition == pytest.approx(SPARE * cost.seconds)
        assert first.schedule.dropped == 0
        left_out = [str(method) for cost in first.left_out for method in cost.methods]
        assert sorted(left_out) == ["average(ce, lightgbm)", "ce", "lightgbm"]


def test_without_time_for_its_methods_an_average_is_left_out_unless_it_is_all_there_is(tmp_path):
    own = open_rows()
    average = "average(lightgbm, logistic_regression)"
    for methods in (("random_forest:n_estimators=5", average), (average,)):
        study = plan(own, *methods)
        first = begin(own, study, tmp_path / str(len(methods)), 0.0)
        first.train(study)
        kept = [str(method) for method in study.methods if method in first.schedule.methods]
        assert kept == [methods[0]] or kept == [average]
        assert all(method not in first.schedule.methods for cost in first.left_out for method in cost.methods)
