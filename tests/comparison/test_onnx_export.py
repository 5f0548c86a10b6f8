"""Saved models as ONNX files, by another runtime: from the columns of a table, or images, to the same probabilities."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from imblearn.ensemble import EasyEnsembleClassifier
from scipy.special import ndtri
from torch import from_numpy

import imbaloss
from imbaloss.comparison import OwnModel
from imbaloss.comparison.columns import Column, ColumnKind
from imbaloss.comparison.exported_inputs import describe_input, list_made_inputs
from imbaloss.comparison.onnx_quantiles import compute_normal_quantile, interpolate
from imbaloss.learners.sklearn_predictor import SklearnPredictor

ROWS = 400


def make_frame(rows: int, seed: int) -> pd.DataFrame:
    """Numbers with missing ones, ties and cents, names few and many, and moments."""
    generator = np.random.default_rng(seed)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(generator.integers(0, 9000, rows), unit="h")
    frame = pd.DataFrame(
        {
            "amount": (generator.lognormal(14, 1, rows)).round(2),
            "steps": generator.integers(0, 4, rows).astype(float),
            "colour": generator.choice(["red", "blau", "zielony", ""], rows),
            "place": generator.choice([f"place {number}" for number in range(60)], rows),
            "when": days,
        }
    )
    frame.loc[generator.random(rows) < 0.2, "amount"] = np.nan
    frame["colour"] = frame["colour"].replace("", None)
    return frame


def make_labels(frame: pd.DataFrame, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=len(frame))
    told = 2 * (frame["steps"] == 3) + (frame["colour"] == "red") + frame["amount"].isna() + noise
    return np.where(told > 2.2, "yes", "no")


def make_new_rows() -> pd.DataFrame:
    """Rows with numbers beyond the training's, names that it did not have, and no value at all."""
    frame = make_frame(300, 5)
    frame.loc[:9, "amount"] = [0.0, -1.0, 1e9, 1e300, -1e300, 0.01, 1e-9, 5.0, 1e7, 1e8]
    frame.loc[10:19, "colour"] = "unseen"
    frame.loc[20:29, "place"] = "nowhere"
    frame.loc[30] = [None] * len(frame.columns)
    return frame


def fit(method: str, folder: Path) -> OwnModel:
    """The model of a method on all rows, as it was saved."""
    frame = make_frame(ROWS, 0)
    labels = make_labels(frame, 1)
    imbaloss.compare(frame, labels, methods=method, settings=1, repetitions=1, epochs=5, importance=False, out=folder)
    return OwnModel.load(folder / "model")


@pytest.fixture(scope="module")
def trees(tmp_path_factory) -> OwnModel:
    return fit("lightgbm", tmp_path_factory.mktemp("trees"))


@pytest.fixture(scope="module")
def file(trees, tmp_path_factory) -> Path:
    return trees.to_onnx(tmp_path_factory.mktemp("file") / "model.onnx")


def count_days(moments: "pd.Series[Any]") -> np.ndarray:
    """The days since 1970 in UTC, and NaN for missing ones."""
    microseconds = moments.astype("datetime64[us, UTC]" if moments.dt.tz else "datetime64[us]").astype("int64")
    return np.where(moments.isna(), np.nan, microseconds / 86_400_000_000)


def make_input(name: str, text: str, rows: pd.DataFrame) -> np.ndarray:
    """The values of an input by what the file says of it, and without imbaloss."""
    if formula := re.match(r"(.+) of d, the same days by the clock of the time zone of (\w+);", text):
        clock = rows[formula[2]] if rows[formula[2]].dt.tz is None else rows[formula[2]].dt.tz_localize(None)
        return eval(formula[1], {"sin": np.sin, "cos": np.cos, "pi": np.pi, "floor": np.floor, "d": count_days(clock)})
    if text.startswith("days since 1970-01-01 00:00 UTC"):
        return count_days(rows[name])
    return (rows[name].fillna("").astype(str) if text.startswith("text") else rows[name].astype(float)).to_numpy()


def run(file: Path, rows: pd.DataFrame) -> list[np.ndarray]:
    """What the runtime gives for rows to someone who has only the file."""
    session = onnxruntime.InferenceSession(file)
    described = json.loads(session.get_modelmeta().custom_metadata_map["inputs"])
    return session.run(None, {name: make_input(name, text, rows)[:, None] for name, text in described.items()})


def check_answers(file: Path, model: OwnModel, rows: pd.DataFrame) -> None:
    """The runtime must give the probabilities and decisions of the model, also for rows that are like no other."""
    probabilities, decisions = run(file, rows)
    expected = model.predict_proba(rows)
    assert len(np.unique(expected[:, 1])) > 20
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)
    clear = np.abs(expected[:, 1] - model.threshold.value) > 1e-5
    assert (decisions[clear] == (model.predict(rows) == "yes")[clear]).all()


def test_trees_of_lightgbm_give_the_same_probabilities_and_decisions(file, trees):
    kinds = {column.kind for column in trees.kind.columns}
    assert {ColumnKind.NUMBER, ColumnKind.DATE, ColumnKind.CATEGORY, ColumnKind.MANY, ColumnKind.HOUR_SINE} <= kinds
    check_answers(file, trees, make_new_rows())


def test_times_of_a_zone_have_hour_and_weekday_by_its_clock(file, trees):
    rows = make_new_rows()
    summer = rows.assign(when=rows["when"].dt.tz_localize("UTC").dt.tz_convert("Asia/Kolkata"))
    check_answers(file, trees, summer)
    assert (trees.predict_proba(summer) != trees.predict_proba(rows)).any()


@pytest.mark.slow
@pytest.mark.parametrize("method", ["ce", "logistic_regression", "balanced_random_forest", "lightgbm/msfe"])
def test_other_methods_give_the_same_and_also_for_another_share_of_positives(tmp_path, method):
    model = fit(method, tmp_path)
    check_answers(model.to_onnx(tmp_path / "model.onnx"), model, make_new_rows())
    shifted = model.with_prevalence(0.4)
    check_answers(shifted.to_onnx(tmp_path / "shifted.onnx"), shifted, make_new_rows())


def test_the_file_names_what_it_is_of(file, trees):
    session = onnxruntime.InferenceSession(file)
    properties = session.get_modelmeta().custom_metadata_map
    assert (properties["positive"], properties["negative"]) == ("yes", "no")
    assert float(properties["threshold"]) == trees.threshold.value
    names = [column.name for column in trees.kind.columns]
    assert [each.name for each in session.get_inputs()] == [*json.loads(properties["inputs"])] == names
    assert [each.name for each in session.get_outputs()] == ["probabilities", "decisions"]


def test_numbers_and_marks_of_a_column_are_told_apart():
    told = [describe_input(Column(f"hours {kind}", kind)) for kind in (ColumnKind.MARKED, ColumnKind.MARK)]
    assert told == [
        "number without its mark, as 4 of >4; NaN if there is none",
        "text: the mark, as > of >4, or the words in place of a number; (none) for a number alone, empty if it is "
        "missing",
    ]


def test_the_inputs_that_are_no_columns_of_a_table_are_known(trees):
    names = [f"when ({cycle}, {wave})" for cycle in ("hour", "weekday") for wave in ("sine", "cosine")]
    assert list_made_inputs(trees.preparation) == ["when", *names]


def test_another_learner_is_refused_and_nothing_is_written(trees, tmp_path):
    other = replace(trees.model, predictor=SklearnPredictor(EasyEnsembleClassifier()))
    with pytest.raises(ValueError, match="no ONNX file can be written of this method, only of networks, lightgbm, "):
        replace(trees, model=other).to_onnx(tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_a_column_with_the_name_of_an_output_is_refused(trees, tmp_path):
    columns = tuple(replace(each, name="decisions") if each.name == "steps" else each for each in trees.kind.columns)
    renamed = replace(trees.preparation, schema=replace(trees.kind, columns=columns))
    with pytest.raises(ValueError, match="has no column 'decisions', which is a name of its own: rename it"):
        replace(trees, preparation=renamed).to_onnx(tmp_path / "model.onnx")


@pytest.mark.slow
def test_images_go_in_as_they_are_stored(tmp_path):
    generator = np.random.default_rng(0)
    labels = np.repeat([0, 1], [60, 20])
    images = (generator.integers(0, 120, (80, 8, 8)) + 100 * labels[:, None, None]).astype(np.uint8)
    answer = imbaloss.compare(
        images, labels, methods="ce", settings=1, repetitions=1, epochs=3, network="cnn", channels=(2,), out=tmp_path
    )
    session = onnxruntime.InferenceSession(answer.model.to_onnx(tmp_path / "model.onnx"))
    assert json.loads(session.get_modelmeta().custom_metadata_map["inputs"]) == {
        "images": "bytes (images, 1, 8, 8): images, channels, height and width"
    }
    probabilities, _ = session.run(None, {"images": images[:, None]})
    np.testing.assert_allclose(probabilities, answer.model.predict_proba(images), atol=1e-5)


@pytest.mark.slow
def test_a_score_in_use_is_exported_too(tmp_path):
    frame = make_frame(ROWS, 0).assign(today=lambda rows: rows["steps"] + rows["amount"].fillna(0) / 1e8)
    answer = imbaloss.compare(
        frame, make_labels(frame, 1), methods="baseline", baseline="today", settings=1, repetitions=1,
        importance=False, out=tmp_path,
    )  # fmt: skip
    probabilities, _ = run(answer.model.to_onnx(tmp_path / "model.onnx"), frame)
    np.testing.assert_allclose(probabilities, answer.model.predict_proba(frame), atol=1e-5)


@pytest.mark.slow
def test_rows_that_are_decided_by_their_own_costs_have_no_decisions(tmp_path):
    frame = make_frame(ROWS, 0).fillna({"amount": 1.0})
    answer = imbaloss.compare(
        frame, make_labels(frame, 1), methods="lightgbm", settings=1, repetitions=1, importance=False, out=tmp_path,
        cost={"fn": "amount", "fp": 5},
    )  # fmt: skip
    session = onnxruntime.InferenceSession(answer.model.to_onnx(tmp_path / "model.onnx"))
    assert [each.name for each in session.get_outputs()] == ["probabilities"]


def test_the_normal_quantile_is_scipys():
    shares = np.concatenate([np.linspace(1e-7, 1 - 1e-7, 1001), np.geomspace(1e-7, 0.5, 1001)])
    np.testing.assert_allclose(compute_normal_quantile(from_numpy(shares)).numpy(), ndtri(shares), atol=1e-13)


@pytest.mark.parametrize("quantiles", [1, 2, 11, 1000])
def test_shares_are_interpolated_as_numpy_does_also_between_equal_quantiles(quantiles):
    generator = np.random.default_rng(quantiles)
    ordered = np.sort(np.stack([generator.integers(0, 6, quantiles), generator.normal(size=quantiles)]), axis=1)
    shares = np.linspace(0, 1, quantiles)
    values = np.concatenate([3 * generator.normal(size=(200, 2)), ordered.T])
    expected = [np.interp(values[:, place], ordered[place], shares) for place in range(2)]
    found = interpolate(from_numpy(values), from_numpy(ordered), from_numpy(shares))
    np.testing.assert_allclose(found.numpy().T, expected, atol=1e-15)
