"""Shuffled columns: as if the file was shuffled, as scikit-learn scores them, stored, within a budget."""

import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

import imbaloss
from imbaloss import studies
from imbaloss.comparison import column_permutation
from imbaloss.comparison.column_permutation import (
    find_copies,
    join_copies,
    measure_columns,
    score_permuted,
    score_test,
    select_measured,
)
from imbaloss.comparison.columns import Column, ColumnKind, Reason, Schema
from imbaloss.comparison.deadline import TimeIsUp
from imbaloss.comparison.place import Place
from imbaloss.comparison.planning import choose_permutations, describe_unmeasured_columns, plan_study
from imbaloss.comparison.preparation import TablePreparation
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.study import OwnStudy
from imbaloss.data import InputForm
from imbaloss.studies import PermutedScores, Store
from tests.comparison.examples import judge, mixed, of_frames, take

NETWORK = {"epochs": 3, "hidden": (4,), "tune_lr": (), "lr": 0.01}


def frame_of_times(rows: int = 120) -> pd.DataFrame:
    """The mixed table, with hours, and with a column of numbers with marks."""
    frame = mixed(rows)
    hours = pd.to_timedelta(np.random.default_rng(1).integers(0, 86_400, rows), unit="s")
    marked = np.where(np.arange(rows) % 5, np.arange(rows).astype(str), ">99")
    return frame.assign(day=frame["day"] + hours, marked=marked)


SCHEMA = judge(frame_of_times(), aside={"fraud": Reason.TARGET}, marks=["marked"])
TAKEN = take(SCHEMA, frame_of_times())
LABELS = (mixed()["fraud"] == "yes").to_numpy().astype(np.int64)
PREPARATIONS = {
    form: TablePreparation.fit(SCHEMA, TAKEN, LABELS, form)[0] for form in (InputForm.PREPARED, InputForm.COLUMNS)
}


@settings(deadline=None, max_examples=20)
@given(form=st.sampled_from(sorted(PREPARATIONS)), seed=st.integers(0, 99), column=st.sampled_from(SCHEMA.read_from))
def test_to_shuffle_the_inputs_of_a_column_is_to_shuffle_the_column_of_the_file(form, seed, column):
    preparation = PREPARATIONS[InputForm(form)]
    order = np.random.default_rng(seed).permutation(len(TAKEN))
    names = [each.name for each in SCHEMA.columns if each.read_from == column]
    shuffled = TAKEN.copy()
    shuffled[names] = TAKEN[names].to_numpy()[order] if len(names) == 1 else TAKEN[names].iloc[order].to_numpy()
    shuffled = shuffled.astype(TAKEN.dtypes.to_dict())
    inputs = preparation(TAKEN)
    places = np.flatnonzero(np.array(preparation.input_columns) == column)
    assert len(places)
    assert len(preparation.input_columns) == inputs.shape[1]
    inputs[:, places] = inputs[np.ix_(order, places)]
    assert np.array_equal(inputs, preparation(shuffled), equal_nan=True)


def test_a_category_a_missing_number_a_date_and_a_marked_number_have_several_inputs():
    counts = pd.Series(PREPARATIONS[InputForm.PREPARED].input_columns).value_counts()
    assert counts["age"] == 2  # with its missing indicator
    assert counts["country"] == 4  # DE, FR, IT and missing
    assert counts["day"] == 5  # the date, and sines and cosines of hour and weekday
    assert counts["marked"] > 2
    assert counts["amount"] == counts["shop"] == 1


@pytest.mark.parametrize(
    ("first", "second", "are_copies"),
    [
        ([1.0, 2.0, 2.0, 9.0], [10.0, 20.0, 20.0, 30.0], True),  # another unit
        ([1.0, 2.0, 2.0, 9.0], [-1.0, -2.0, -2.0, -3.0], True),  # the opposite order
        ([np.nan, 1.0, 2.0, 3.0], [np.nan, 5.0, 4.0, 3.0], True),
        ([np.nan, 1.0, 2.0, 3.0], [1.0, np.nan, 2.0, 3.0], False),
        ([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 4.0, 3.0], False),
        ([1.0, 2.0, 2.0, 9.0], [1.0, 2.0, 3.0, 9.0], False),
        (["a", "b", "a", "c"], ["x", "a", "x", "b"], True),  # other names for the same
        (["a", "b", "a", "c"], ["x", "a", "x", "x"], False),
    ],
)
def test_columns_are_copies_if_they_tell_the_same(first, second, *, are_copies):
    frame = pd.DataFrame({"first": first, "other": [0.0, 1.0, 0.0, 1.0], "second": second})
    schema = Schema(
        tuple(
            Column(name, ColumnKind.NUMBER if frame[name].dtype == np.float64 else ColumnKind.CATEGORY)
            for name in frame
        )
    )
    for features in (frame, frame.astype({"second": np.float32}) if frame["second"].dtype == np.float64 else frame):
        own = SimpleNamespace(kind=schema, features=features)
        assert find_copies(own) == ((("first", "second"),) if are_copies else ())


def test_copies_are_permuted_together():
    groups = {"a": np.array([0]), "b": np.array([1, 2]), "c": np.array([3])}
    joined = {name: sorted(places) for name, places in join_copies(groups, [("a", "c")]).items()}
    assert joined == {"a": [0, 3], "b": [1, 2], "c": [0, 3]}


def draw_orders(rows: int, repeats: int) -> list[np.ndarray]:
    """Draw the permutations that scikit-learn draws with the random state 0, the same for each column."""
    seed = np.random.RandomState(0).randint(np.iinfo(np.int32).max + 1)
    generator, order, orders = np.random.RandomState(seed), np.arange(rows), [np.arange(rows)]
    for _ in range(repeats):
        generator.shuffle(order)
        orders.append(orders[-1][order])  # it shuffles the shuffled column again
    return orders[1:]


@pytest.mark.parametrize("at_once", [1, 1000, 10**6])
def test_scores_after_permutations_are_those_of_scikit_learn(at_once, monkeypatch):
    """Also of groups: there scikit-learn permutes the numbers of rows, of which the model makes its inputs."""
    monkeypatch.setattr(column_permutation, "AT_ONCE", at_once)
    generator = np.random.default_rng(0)
    labels = (generator.random(200) < 0.3).astype(np.int64)
    inputs = generator.normal(size=(200, 5)) + labels[:, None] * [1.0, 0.5, 0.0, 0.0, 0.3]
    groups = [np.array([0, 3]), np.array([1]), np.array([2, 4])]
    model = LogisticRegression().fit(inputs, labels)

    class OfRows:
        def fit(self):
            """Be there for scikit-learn's check."""

        def predict(self, numbers: np.ndarray) -> np.ndarray:
            made = np.empty((len(numbers), 5))
            for place, group in enumerate(groups):
                made[:, group] = inputs[np.ix_(numbers[:, place], group)]
            return model.predict_proba(made)[:, 1]

    def score(model: OfRows, numbers: np.ndarray, labels: np.ndarray) -> float:
        return average_precision_score(labels, model.predict(numbers))

    numbers = np.tile(np.arange(200)[:, None], 3)
    theirs = permutation_importance(OfRows(), numbers, labels, scoring=score, n_repeats=4, random_state=0)
    before = inputs.copy()
    ours = score_permuted(
        lambda made: model.predict_proba(made)[:, 1],
        lambda probabilities: average_precision_score(labels, probabilities),
        inputs,
        groups,
        draw_orders(200, 4),
    )
    assert average_precision_score(labels, model.predict_proba(inputs)[:, 1]) - ours == pytest.approx(
        theirs.importances, abs=1e-12
    )
    assert np.array_equal(inputs, before)


def test_without_time_nothing_is_scored():
    with pytest.raises(TimeIsUp):
        score_permuted(np.ravel, np.sum, np.zeros((2, 1)), [np.array([0])], [np.arange(2)], end=time.monotonic() - 1)


def place_of(tmp_path, **asked) -> tuple[OwnStudy, Place]:
    request = ComparisonRequest(target="fraud", repetitions=3, folds=3, settings=2, **asked)
    own = of_frames("data", [mixed(150)], request)
    study = plan_study(request, own)
    place = Place(own, tmp_path, Store(tmp_path), "cpu")
    place.run(study.runs())
    return study, place


SCORES = (
    {"optimize": "average_precision"},
    {"optimize": "brier"},
    {"optimize": "f1"},
    {"optimize": "balanced_accuracy"},
    {"optimize": "partial_roc_auc"},
    {"optimize": "savings", "threshold": "cost:fn=10,fp=1"},
    {"threshold": "cost:fn=10,fp=1"},
)


@pytest.mark.parametrize("recipe", SCORES, ids=str)
def test_a_model_is_fitted_again_as_it_was_and_scored_as_it_was(recipe, tmp_path):
    methods = ("lightgbm", "logistic_regression", "ce", "ensemble_selection(ce, lightgbm)")
    study, place = place_of(tmp_path, methods=methods, recipe=NETWORK | recipe)
    for row in place.store.rows(study.runs_of_repetition(0)):
        again = studies.fit_again(row, place.store, {"data": place.own}, "cpu")
        test = again.predictions["test"]
        assert test.probabilities == pytest.approx(place.store.predictions(row.run)["test"].probabilities, abs=1e-5)
        objective = row.run.method.decision.optimize
        stored = row.tuned.scores if objective.needs_costs or objective.rule else row.scores["test"]
        assert score_test(again.row, test) == pytest.approx(stored[objective.name], abs=1e-4)


def test_costs_of_each_row_are_scored_as_they_were(tmp_path):
    study, place = place_of(tmp_path, methods=("lightgbm",), cost="fn=amount,fp=5")
    [row] = place.store.rows(study.runs_of_repetition(0))
    assert score_test(row, place.store.predictions(row.run)["test"]) == pytest.approx(row.tuned.scores["cost"])
    study = measure_columns(study, study.methods[0], place)
    assert "amount" not in study.read_permuted(place.store, study.methods[0])[row.run.hash].columns


def test_what_is_stored_is_not_measured_again(tmp_path, monkeypatch):
    study, place = place_of(tmp_path, methods=("logistic_regression",))
    assert measure_columns(study, study.methods[0], place) == study
    stored = study.read_permuted(place.store, study.methods[0])
    assert len(stored) == 3
    for scores in stored.values():
        assert scores.columns == ("amount", "age", "country", "shop", "day")
        assert scores.permuted.shape == (5, 5)
        assert (scores.permuted < scores.unchanged).any()
        assert scores.kept.shape == (5, 1)
    monkeypatch.delattr(column_permutation, "measure_repetition")
    assert measure_columns(study, study.methods[0], place) == study
    assert not replace(study, permutations=0).read_permuted(place.store, study.methods[0])
    assert not replace(study, permutations=4).read_permuted(place.store, study.methods[0])


def test_the_same_seed_gives_the_same_scores(tmp_path):
    texts = []
    for folder in ("first", "second"):
        study, place = place_of(tmp_path / folder, methods=("lightgbm",))
        measure_columns(study, study.methods[0], place)
        texts.append([each.to_text() for each in study.read_permuted(place.store, study.methods[0]).values()])
    assert texts[0] == texts[1]
    assert PermutedScores.from_text(texts[0][0]).to_text() == texts[0][0]


def test_without_time_the_columns_are_left_out_with_a_note(tmp_path):
    study, place = place_of(tmp_path, methods=("logistic_regression",))
    late = measure_columns(study, study.methods[0], place, time.monotonic())
    assert late.notes == ("Which columns matter was not measured, for want of time",)
    assert not study.read_permuted(place.store, study.methods[0])


def test_time_for_one_repetition_measures_one(tmp_path, monkeypatch):
    study, place = place_of(tmp_path, methods=("logistic_regression",))
    measure = column_permutation.measure_repetition

    def measure_slowly(*arguments):
        time.sleep(0.5)
        return measure(*arguments)

    monkeypatch.setattr(column_permutation, "measure_repetition", measure_slowly)
    monkeypatch.setattr(column_permutation, "SPARE", 1e6)  # a second one is expected to take days
    end = time.monotonic() + 3600 * 24
    monkeypatch.setattr("imbaloss.studies.Row.seconds", 0.0)
    late = measure_columns(study, study.methods[0], place, end)
    assert late.notes == ("Which columns matter was measured in 1 of 3 repetitions alone, for want of time",)
    assert len(study.read_permuted(place.store, study.methods[0])) == 1


def test_a_score_in_use_today_has_no_columns_to_measure():
    frame = mixed(150).assign(today=np.arange(150) % 7 / 7)
    answer = imbaloss.compare(
        frame.drop(columns="fraud"), frame["fraud"], methods=["baseline"], baseline="today", folds=3, repetitions=2
    )
    assert answer.importance is None
    assert not select_measured(answer.findings.study, answer.advice.method, answer.findings.rows)


@pytest.mark.parametrize(
    ("columns", "importance", "permutations"),
    [
        *((1, None, 0), (2, None, 5), (2, False, 0), (24, None, 5), (50, None, 2)),
        *((500, None, 1), (501, None, 0), (501, True, 1), (1, True, 0)),
    ],
)
def test_many_columns_are_permuted_less_often(columns, importance, permutations):
    frame = pd.DataFrame({f"x{place}": np.random.default_rng(place).normal(size=20) for place in range(columns)})
    request, schema = ComparisonRequest(target="y", importance=importance), judge(frame)
    assert choose_permutations(request, schema) == permutations
    is_told = (columns, importance) in {(501, None), (1, True)}  # and not where nothing else is to be expected
    assert len(describe_unmeasured_columns(request, schema)) == is_told


def test_more_than_500_columns_are_told_to_be_unmeasured_with_the_option_that_measures_them():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 501))).add_prefix("x")
    [note] = describe_unmeasured_columns(ComparisonRequest(target="y", command="imbaloss compare"), judge(frame))
    assert "since there are more than 500" in note
    assert note.endswith("--importance measures it")


def test_images_have_no_columns():
    images = np.random.default_rng(0).integers(0, 255, (30, 8, 8)).astype(np.uint8)
    labels = np.arange(30) % 3 == 0
    with pytest.raises(ValueError, match=r"`importance` needs a table: images have no columns"):
        imbaloss.compare(images, labels, importance=True, methods="quick")


def test_a_classifier_of_scikit_learn_is_measured_too():
    frame = mixed(150)
    answer = imbaloss.compare(
        frame.drop(columns="fraud"), frame["fraud"], methods=[RandomForestClassifier(10, random_state=0)], repetitions=2
    )
    assert set(answer.importance["column"]) == {"amount", "age", "country", "shop", "day"}
