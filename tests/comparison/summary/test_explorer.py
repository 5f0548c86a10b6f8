"""The explorer: its counts are what `predict` flags, and its chosen threshold is that of the saved model."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imbaloss import compare, report, studies
from imbaloss.comparison.answer import Answer
from imbaloss.comparison.comparing import answer_request
from imbaloss.comparison.opening import open_own
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.own_model import OwnModel
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.summary.explorer import Explorer, MistakeCosts, list_points, write_rounded
from imbaloss.comparison.summary.flagged_rows import count_flagged_rows
from imbaloss.data import Counts
from imbaloss.evaluation.scores import Threshold
from imbaloss.report.cells import ComparedScore
from imbaloss.report.page import render_page
from imbaloss.report.tables import DASH
from imbaloss.studies import Predictions, Run, Store
from tests.comparison import finished
from tests.comparison.finished import COSTS, DECISION, make_study

SCORES = {"lightgbm": [0.5, 0.6, 0.55, 0.6, 0.5], "ce": [0.3, 0.4, 0.3, 0.35, 0.3]}


def explore(folder: Path, entries=DECISION, **fields) -> Explorer | None:
    return finished.advise(folder, SCORES, entries, **fields).summary.explorer


def test_counts_are_those_of_all_test_rows_of_the_recommended_method(tmp_path):
    explorer = explore(tmp_path)
    study = make_study(list(SCORES), 5, DECISION)
    runs = [run for run in study.runs() if str(run.method) == "lightgbm"]
    tests = [predictions["test"] for _, predictions in Store(tmp_path).arrays(runs)]
    assert (explorer.negatives, explorer.positives, explorer.repetitions) == (5 * 180, 5 * 20, 5)
    for point in explorer.points:
        flagged = [test.labels[test.probabilities >= point.value] for test in tests]
        assert point.positives == sum(labels.sum() for labels in flagged)
        assert point.negatives == sum((1 - labels).sum() for labels in flagged)
        assert point.recall.estimate == point.positives / explorer.positives
        assert 0 <= point.recall.low <= point.recall.estimate <= point.recall.high <= 1


def test_the_chosen_threshold_is_that_of_the_model_and_before_it_is_trained_the_mean_one(tmp_path):
    explorer = explore(tmp_path / "trained")
    assert explorer.points[explorer.chosen].value == 0.75
    assert explorer.has_model
    findings = finished.find(tmp_path / "untrained", SCORES)
    values = [0.7, 0.71, 0.72, 0.73, 0.77]
    of_best = [row for row in findings.rows if str(row.run.method) == "lightgbm"]
    tuned = {
        row.run: replace(row, tuned=replace(row.tuned, threshold=value))
        for row, value in zip(of_best, values, strict=True)
    }
    rows = [tuned.get(row.run, row) for row in findings.rows]
    findings = report.compute_findings(findings.study, rows, findings.store)
    before = findings.study.advise(findings, findings.study.recommend(findings)).summary.explorer
    assert before.points[before.chosen].value == np.mean(values)
    assert not before.has_model


def test_outcomes_are_numbers_among_so_many_new_rows(tmp_path):
    explorer = explore(tmp_path, COSTS)
    assert explorer.rows == 1000  # of which 100 are positive
    assert explorer.costs == MistakeCosts(fn=10.0, fp=1.0)
    for place, point in enumerate(explorer.points):
        outcomes = explorer.count_outcomes(place)
        assert outcomes.right.estimate == pytest.approx(point.positives)  # of 5 x 200 test rows
        assert outcomes.false_alarms.estimate == pytest.approx(point.negatives)
        assert outcomes.missed.estimate == pytest.approx(100 - point.positives)
        assert outcomes.flagged.estimate + outcomes.missed.estimate + outcomes.left_alone.estimate == pytest.approx(
            1000
        )
        assert outcomes.cost.estimate == pytest.approx(10 * (100 - point.positives) + point.negatives)
        assert outcomes.cost.low < outcomes.cost.estimate < outcomes.cost.high
        if point.positives + point.negatives:
            assert outcomes.precision.estimate == pytest.approx(point.positives / (point.positives + point.negatives))
        else:
            assert np.isnan(outcomes.precision.estimate)


def test_the_page_says_why_the_decision_has_other_numbers_where_it_has(tmp_path):
    findings = finished.find(tmp_path, SCORES)
    counted = {"tn": 170, "fp": 10, "fn": 12, "tp": 8}  # of 200 rows, as by a threshold of each repetition
    rows = [replace(row, tuned=replace(row.tuned, scores=row.tuned.scores | counted)) for row in findings.rows]
    for each, is_told in ((findings, False), (replace(findings, rows=rows), True)):
        page = render_page(each, (), (), (), each.study.extend_report(each))
        assert ("flags from the threshold that was chosen for it" in page) is is_told


def test_without_costs_the_page_asks_for_them_and_with_costs_by_row_it_does_not(tmp_path):
    explorer = explore(tmp_path / "none")
    assert explorer.costs is None
    assert explorer.takes_costs
    assert explorer.count_outcomes(0).cost is None
    assert explorer.written["cost"].value == DASH
    assert not explore(tmp_path / "by row", cost="fn=amount,fp=5").takes_costs


def test_without_calibration_it_speaks_of_a_score(tmp_path):
    assert explore(tmp_path / "platt").is_probability
    assert not explore(tmp_path / "none", DECISION | {"calibration": "none"}).is_probability


def test_a_guarantee_is_that_of_the_threshold_of_a_finished_training(tmp_path):
    assert not explore(tmp_path / "f1").has_guarantee
    findings = finished.find(tmp_path / "kept", SCORES, DECISION | {"threshold": "recall>=0.5"})
    study = findings.study
    best = study.recommend(findings)
    assert not study.advise(findings, best).summary.explorer.has_guarantee
    row, parts = finished.finish(study.final_run(best), ComparedScore("", "roc_auc"), 0.5)
    set_apart = replace(row.counts, set_apart=Counts(180, 20))
    findings.store.add([(replace(row, counts=set_apart), parts)])
    assert study.advise(findings, best).summary.explorer.has_guarantee


def test_nothing_is_explored_where_nothing_is_found(tmp_path):
    assert finished.advise(tmp_path, {"lightgbm": [0.05] * 5, "ce": [0.04] * 5}).summary.explorer is None


def test_nothing_is_explored_where_each_row_is_decided_by_its_own_costs(tmp_path):
    frame = draw_table(150, 0).assign(amount=range(1, 151))
    answer = compare(
        frame.drop(columns="fraud"), frame["fraud"], methods="logistic_regression", cost="fn=amount,fp=5",
        settings=1, folds=3, repetitions=3, out=tmp_path,
    )  # fmt: skip
    assert not answer.advice.summary.explorer


def change_predictions(folder: Path, change) -> Explorer | None:
    """The explorer of a study whose test predictions are changed, without a model."""
    study, store = make_study(["baseline"], 5, DECISION), Store(folder)

    def finish(run: Run):
        row, parts = finished.finish(run, ComparedScore("", "average_precision"), 0.5)
        return row, parts | {"test": change(parts["test"])}

    store.add(map(finish, study.runs()))
    findings = report.compute_findings(study, store.rows(study.runs()), store)
    return study.advise(findings, study.recommend(findings)).summary.explorer


def test_a_decision_in_use_has_no_thresholds_to_explore(tmp_path):
    def decide(test: Predictions) -> Predictions:
        return replace(test, probabilities=np.where(test.probabilities > 0.6, 0.7, 0.1))

    assert change_predictions(tmp_path / "two", decide) is None
    assert change_predictions(tmp_path / "many", lambda test: test) is not None


def test_weights_count(tmp_path):
    explorer = change_predictions(tmp_path, lambda test: replace(test, weights=np.where(test.labels == 1, 0.5, 2.0)))
    assert (explorer.negatives, explorer.positives) == (5 * 360, 5 * 10)
    assert explorer.has_weights
    assert explorer.rows == 1000


def test_rows_are_more_where_positives_are_rarer(tmp_path):
    def thin(test: Predictions) -> Predictions:
        return replace(test, weights=np.where(test.labels == 1, 0.01, 1.0))

    assert change_predictions(tmp_path, thin).rows == 10_000


def test_numbers_are_written_with_one_decimal_below_10_and_halves_go_up():
    written = {0.0: "0.0", 0.04: "0.0", 0.05: "0.1", 9.94: "9.9", 9.96: "10", 12.5: "13", 1234.4: "1,234"}
    assert {value: write_rounded(value) for value in written} == written


def test_the_numbers_of_the_page_are_small_for_many_rows_and_repetitions():
    """At most 300 kB; so many thresholds are counted whatever the number of rows."""
    generator = np.random.default_rng(0)
    tests = []
    for _ in range(10):
        labels = (generator.random(20_000) < 0.03).astype(np.int64)
        values = 1 / (1 + np.exp(4 - 2 * generator.normal(size=len(labels)) - 2 * labels))
        tests.append(Predictions(labels, values, np.arange(len(labels)), weights=generator.random(len(labels))))
    flagged = count_flagged_rows(tests, 0.123456789)
    negatives, positives = flagged.totals.sum(axis=0).tolist()
    points = list_points(flagged, 0.25)
    explorer = Explorer(points, 0, negatives, positives, 10, 1000, None, *[True] * 5)
    assert len(json.dumps(explorer.to_json())) < 60_000


# what predict flags


def draw_table(rows: int, seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    fraud = generator.random(rows) < 0.15
    columns = generator.normal(size=(rows, 3)) + fraud[:, None] * np.array([1.2, 0.6, 0.0])
    return pd.DataFrame(columns, columns=["a", "b", "c"]).assign(fraud=np.where(fraud, "yes", "no"))


@pytest.fixture(scope="module")
def compared(tmp_path_factory) -> tuple[Own, Answer, Path]:
    """A comparison with a test file: the data, the answer, and the file."""
    folder = tmp_path_factory.mktemp("compared")
    train, test = folder / "train.csv", folder / "test.csv"
    draw_table(300, 0).to_csv(train, index=False)
    draw_table(200, 1).to_csv(test, index=False)
    request = ComparisonRequest(
        target="fraud", test=test, methods=("logistic_regression",), settings=1, repetitions=3, out=folder / "out"
    )
    own = open_own(train, request)
    return own, answer_request(own, request, folder / "out", page=False), test


def save_model_of(run: Run, own: Own, folder: Path) -> Path:
    """Train the run of a repetition again, and save its model as `compare` saves that of all rows."""
    datasets = {run.dataset: own}
    [job] = studies.cut_into_stacks([run], datasets, device="cpu")
    [(row, _, model)] = studies.train_together(job, datasets, "cpu", lambda _: None)
    OwnModel(
        model=model,
        preparation=own.prepare_split(run.seed, run.fold, run.method.input_form).preparation,
        target="fraud",
        classes=own.classes,
        threshold=Threshold(0.5, np.nan, np.nan),
        facts=row.facts(),
        output="probability",
    ).save(folder)
    return folder


def test_counts_at_ten_thresholds_are_what_predict_flags_of_the_test_file(compared, imbaloss, tmp_path):
    """By the models of the repetitions, which are trained again and saved; `compare` keeps that of all rows alone."""
    own, answer, test = compared
    explorer = answer.advice.summary.explorer
    models = [save_model_of(row.run, own, tmp_path / f"model{row.run.seed}") for row in answer.findings.rows]
    assert len(models) == explorer.repetitions == 3
    places = {*np.linspace(1, len(explorer.points) - 2, 10).astype(int).tolist(), explorer.chosen}
    assert len(places) >= 10
    for place in places:
        point, flagged = explorer.points[place], []
        for model in models:
            code, _, _ = imbaloss(
                "predict", str(model), str(test), "--out", "p.csv", "--keep", "fraud", "--threshold", str(point.value)
            )
            assert code == 0
            predicted = pd.read_csv("p.csv")
            flagged.append(predicted["fraud"][predicted["decision"] == "yes"])
        assert point.positives == sum((labels == "yes").sum() for labels in flagged)
        assert point.negatives == sum((labels == "no").sum() for labels in flagged)


def test_the_chosen_threshold_is_that_by_which_the_saved_model_decides(compared):
    _, answer, _ = compared
    explorer = answer.advice.summary.explorer
    assert explorer.points[explorer.chosen].value == OwnModel.load(answer.folder / "model").threshold.value
