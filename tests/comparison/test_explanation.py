"""Why rows have a high probability: the columns of the file, from a frame and from files."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import imbaloss
from imbaloss.comparison import OwnModel, predict_file, prediction
from imbaloss.comparison.column_contributions import compute_contributions
from imbaloss.comparison.explanation import BACKGROUND_ROWS, Explaining
from imbaloss.extras import describe_installation
from imbaloss.learners.estimator_model import flatten_rows
from tests.comparison.examples import mixed, write_csv
from tests.comparison.test_column_contributions import shapley

NAMES = ["amount", "age", "country", "shop", "day"]
METHODS = ["lightgbm", "logistic_regression", "ce"]


def features(rows: int = 50, seed: int = 3) -> pd.DataFrame:
    return mixed(rows, seed=seed)[NAMES]


def fit(method: str, **options) -> OwnModel:
    frame = mixed(200)
    return imbaloss.compare(
        frame[NAMES], frame["fraud"], methods=[method], references=False, settings=1, epochs=3, hidden=(4,),
        repetitions=1, importance=False, **options,
    ).model  # fmt: skip


@pytest.fixture(scope="module")
def models() -> dict[str, OwnModel]:
    return {method: fit(method) for method in METHODS}


@pytest.fixture(scope="module")
def model(models) -> OwnModel:
    return models["logistic_regression"]


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory) -> Path:
    return model.save(tmp_path_factory.mktemp("own") / "model").parent


@pytest.mark.parametrize("method", METHODS)
def test_values_are_those_of_the_columns_of_the_file(models, method):
    """Numbers, texts, dates with their weekday and missing values change places in the file itself."""
    model, frame, background = models[method], features(12), features(6, seed=5)
    explained = model.explain(frame, 2, background)
    places = [np.array([column]) for column in range(len(NAMES))]

    def predict(rows: np.ndarray) -> np.ndarray:
        return model.predict_proba(pd.DataFrame(rows, columns=NAMES))[:, 1]

    for row, of_row in explained.groupby("row"):
        expected = shapley(predict, frame.to_numpy(object)[row], background.to_numpy(object), places)
        assert of_row.set_index("column")["contribution"][NAMES].tolist() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_base_and_contributions_add_up_to_the_probability(models, method):
    model, frame = models[method].with_prevalence(0.05), features()
    explained = model.explain(frame, 5)
    assert list(explained.columns) == ["row", "probability_yes", "base", "column", "value", "contribution"]
    assert len(explained) == 5 * len(NAMES)
    probabilities = model.predict_proba(frame)[:, 1]
    assert explained["base"].unique() == pytest.approx([probabilities.mean()], abs=1e-6)
    sums = explained["base"][0] + explained.groupby("row", sort=False)["contribution"].sum()
    assert sums.index.tolist() == np.argsort(-probabilities, kind="stable")[:5].tolist()
    assert sums.tolist() == pytest.approx(probabilities[sums.index].tolist(), abs=1e-6)


def test_a_linear_model_adds_coefficient_times_distance_in_log_odds():
    model = fit("logistic_regression", calibration="none")
    frame, background = features(4), features(30, seed=5)
    inputs, others = (model.preparation(model.read_features(rows)) for rows in (frame, background))
    of_inputs = np.array(model.preparation.input_columns)
    places = [np.flatnonzero(of_inputs == name) for name in NAMES]
    _, contributions = compute_contributions(model.model.logits, inputs, others, places, 0)
    rows, background_rows = (
        flatten_rows(part, model.model.scaling, model.model.recipe.dtype) for part in (inputs, others)
    )
    distances = (rows - background_rows.mean(axis=0)) * model.model.predictor.classifier.coef_[0]
    expected = np.stack([distances[:, inputs_of].sum(axis=1) for inputs_of in places], axis=1)
    assert contributions == pytest.approx(expected, abs=1e-6)
    assert np.abs(expected).max() > 0.5


def test_a_number_with_marks_is_one_column_and_a_column_of_costs_is_none():
    marks = np.random.default_rng(1).choice(["0", "1", "2", ">4"], 200)
    frame = mixed(200)[["amount", "fraud"]].assign(visits=marks, fee=np.linspace(1, 2, 200))
    new = frame.drop(columns="fraud")
    model = imbaloss.compare(
        new, frame["fraud"], methods=["logistic_regression"], references=False, settings=1, repetitions=1,
        importance=False, mark=["visits"], cost="fn=fee,fp=1",
    ).model  # fmt: skip
    explained = model.explain(new, 3)
    assert explained["column"].value_counts().to_dict() == {"amount": 3, "visits": 3}
    visits = explained[explained["column"] == "visits"]
    assert visits["value"].tolist() == marks[visits["row"]].tolist()
    sums = explained["base"][0] + explained.groupby("row")["contribution"].sum()
    assert sums.tolist() == pytest.approx(model.predict_proba(new)[sums.index, 1].tolist(), abs=1e-6)


def test_the_largest_contribution_comes_first_and_values_are_as_written(model):
    frame = features()
    explained = model.explain(frame, 50)
    for row, of_row in explained.groupby("row"):
        assert of_row["contribution"].abs().is_monotonic_decreasing
        values = of_row.set_index("column")["value"]
        for name in ("country", "shop", "age"):
            written = frame[name][row]
            assert pd.isna(values[name]) if pd.isna(written) else values[name] == str(written).removesuffix(".0")
        assert values["day"].startswith(f"{frame['day'][row]:%Y-%m-%d}")


def test_at_most_a_hundred_rows_are_compared_with_and_the_seed_draws_them(model):
    frame = features(3 * BACKGROUND_ROWS)
    first, again, other = (model.explain(frame, 1, seed=seed) for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert first["base"][0] != other["base"][0]
    assert abs(first["base"][0] - model.predict_proba(frame)[:, 1].mean()) < 0.1


def test_an_array_is_explained_by_the_names_of_its_columns():
    array = np.random.default_rng(0).normal(size=(80, 2))
    model = imbaloss.compare(
        array, array[:, 0] > 0.8, methods=["logistic_regression"], references=False, settings=1, repetitions=1
    ).model
    explained = model.explain(array, 1)
    assert explained["column"].tolist() == ["X0", "X1"]
    assert explained["row"].unique().tolist() == [model.predict_proba(array)[:, 1].argmax()]


@pytest.mark.parametrize("number", [0, -1, 1.5, True, None, "3"])
def test_a_wrong_number_of_rows_is_refused(model, number):
    with pytest.raises(ValueError, match="the number of rows to explain must be a whole number from 1 on, found"):
        model.explain(features(), number)


def test_a_single_row_needs_rows_to_compare_with(model):
    with pytest.raises(ValueError, match="there is no other row to compare with"):
        model.explain(features(1))
    with pytest.raises(ValueError, match="there is no other row to compare with"):
        model.explain(features(2), 1, features(1)[:0])
    assert len(model.explain(features(1), 1, features(1, seed=5))) == len(NAMES)
    assert model.explain(features(1)[:0]).empty


def test_images_are_refused():
    generator = np.random.default_rng(0)
    images = generator.integers(0, 255, (40, 8, 6)).astype(np.uint8)
    model = imbaloss.compare(
        images, np.arange(40) % 4, positive=3, losses=["mse"], epochs=2, hidden=(4,), repetitions=1
    ).model
    with pytest.raises(ValueError, match="trained on images, whose predictions cannot be explained by columns"):
        model.explain(images)


def write_new(folder: Path, ending: str = "csv") -> Path:
    """Write 53 rows with an identifier, which the model does not know, as text or with types."""
    frame, file = features(53).assign(day=lambda rows: rows["day"].dt.strftime("%Y-%m-%d")), folder / f"new.{ending}"
    frame.to_csv(file, index=False) if ending == "csv" else frame.to_parquet(file, row_group_size=7)
    return file


def read(file: Path) -> pd.DataFrame:
    return pd.read_parquet(file) if file.suffix == ".parquet" else pd.read_csv(file, sep=None, engine="python")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("out", ["a.csv", "a.tsv", "a.parquet"])
def test_a_file_is_explained_as_a_frame_whatever_its_parts(model, tmp_path, monkeypatch, ending, out):
    file = write_new(tmp_path, ending)
    expected = model.explain(features(53), 4)
    monkeypatch.setattr(prediction, "AT_ONCE", 10)
    predict_file(model, file, tmp_path / out, ["shop"], explaining=Explaining(4))
    written, predictions = read((tmp_path / out).with_stem("a_explained")), read(tmp_path / out)
    assert list(written.columns) == ["row", "shop", model.column, "base", "column", "value", "contribution"]
    assert (written["row"] - 1).tolist() == expected["row"].tolist()
    assert written["column"].tolist() == expected["column"].tolist()
    for name in (model.column, "base", "contribution"):
        assert written[name].tolist() == pytest.approx(expected[name].tolist(), rel=1e-5)
    assert (predictions["shop"][written["row"] - 1].to_numpy() == written["shop"]).all()
    assert set(written["row"] - 1) == set(predictions[model.column].nlargest(4).index)


def test_the_same_command_writes_the_same_bytes(model, tmp_path):
    file = write_new(tmp_path)
    for out in ("a.csv", "b.csv"):
        predict_file(model, file, tmp_path / out, explaining=Explaining(10))
    assert (tmp_path / "a_explained.csv").read_bytes() == (tmp_path / "b_explained.csv").read_bytes()


def test_more_rows_than_the_file_has_are_all_rows_and_no_rows_are_none(model, tmp_path):
    frame = features(5)
    explanation = predict_file(model, write_csv(tmp_path, frame), tmp_path / "a.csv", explaining=Explaining(9))
    assert [explained.row for explained in explanation.explanation.rows] == (
        1 + np.argsort(-model.predict_proba(frame)[:, 1], kind="stable")
    ).tolist()
    predicted = predict_file(model, write_csv(tmp_path, frame[:0]), tmp_path / "a.csv", explaining=Explaining(9))
    assert (tmp_path / "a_explained.csv").read_text() == f"row,{model.column},base,column,value,contribution\n"
    assert predicted.to_json()["explained"] == {"unit": "probability", "base": None, "background_rows": 0, "rows": []}


def test_another_table_may_be_the_background(model, tmp_path):
    file, background = write_csv(tmp_path, features(1)), write_csv(tmp_path, features(40, seed=5), "b.csv")
    predicted = predict_file(model, file, tmp_path / "a.csv", explaining=Explaining(1, background))
    expected = model.explain(features(1), 1, features(40, seed=5))
    assert predicted.explanation.base == pytest.approx(model.predict_proba(features(40, seed=5))[:, 1].mean())
    assert predicted.explanation.to_frame()["contribution"].tolist() == expected["contribution"].tolist()


def test_a_person_reads_the_first_row_and_a_program_json(model, folder, imbaloss, tmp_path):
    file = write_new(tmp_path)
    code, out, err = imbaloss("predict", str(folder), str(file), "--explain", "3")
    first = model.explain(features(53), 1)
    assert (code, err) == (0, "")
    [line] = [line for line in out.splitlines() if line.startswith("Row ")]
    assert line.startswith(f"Row {first['row'][0] + 1} has the highest probability, {first[model.column][0]:.4g}, ")
    assert f"against {first['base'][0]:.3g} on average over 53 rows of new.csv: " in line
    assert f"{first['column'][0]} = {first['value'][0]} adds {first['contribution'][0]:.3g}, " in line
    assert line.endswith(". All explanations: predictions_explained.csv")
    _, out, _ = imbaloss("predict", str(folder), str(file), "--explain", "3", "--json", "--out", "p.parquet")
    told = json.loads(out)
    assert told["out_explained"] == "p_explained.parquet"
    rows = told["explained"]["rows"]
    for row in rows:
        total = told["explained"]["base"] + sum(each["contribution"] for each in row["columns"])
        assert total == pytest.approx(row["probability"], abs=1e-6)
    assert (len(rows), told["explained"]["unit"]) == (3, "probability")
    _, out, _ = imbaloss("predict", str(folder), str(file), "--json")
    assert [json.loads(out)[key] for key in ("explained", "out_explained")] == [None, None]


def test_a_model_without_calibration_explains_its_score(model, tmp_path):
    predicted = predict_file(
        replace(model, output="score"), write_new(tmp_path), tmp_path / "a.csv", explaining=Explaining(1)
    )
    assert predicted.explanation.describe("new.csv").startswith("Row ")
    assert "has the highest score" in predicted.explanation.describe("new.csv")
    assert list(read(tmp_path / "a_explained.csv").columns)[1] == "score_yes"


BAD = {
    "no row": (("--explain", "0"), "--explain must be 1 or more, found 0"),
    "fewer than none": (("--explain", "-1"), "--explain must be 1 or more, found -1"),
    "half a row": (("--explain", "1.5"), "--explain must be a whole number, found '1.5'"),
    "a background alone": (("--background", "new.csv"), "--background is for --explain"),
    "no background": (("--explain", "1", "--background", "none.csv"), "there is no file or folder none.csv"),
    "an empty background": (("--explain", "1", "--background", "empty.csv"), "there is no other row to compare with"),
    "another background": (("--explain", "1", "--background", "other.csv"), "other.csv: the columns are not the ones"),
    "a name that is taken": (("--explain", "1", "--keep", "value"), "column 'value' cannot be kept"),
    "the file itself": (("--explain", "1", "--out", "new"), "must end in .csv"),
    "the background itself": (
        ("--explain", "1", "--background", "b_explained.csv", "--out", "b.csv"),
        "b_explained.csv would be replaced by b_explained.csv: name another file with --out",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_leaves_nothing(case, folder, imbaloss, tmp_path):
    options, sentence = BAD[case]
    write_csv(tmp_path, features().assign(value=1) if "value" in options else features(), "new.csv")
    write_csv(tmp_path, features()[:0], "empty.csv")
    write_csv(tmp_path, features(), "b_explained.csv")
    write_csv(tmp_path, features().rename(columns={"age": "old"}), "other.csv")
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    code, out, err = imbaloss("predict", str(folder), "new.csv", *options)
    assert (code, out, len(err.strip().splitlines())) == (2, "", 1)
    assert sentence in err
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_without_shap_nothing_is_read_or_written(tmp_path):
    code = (
        "import sys; sys.modules['shap'] = None\n"
        "sys.argv = ['imbaloss', 'predict', 'no-model', 'no-file.csv', '--explain', '3']\n"
        "from imbaloss.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"imbaloss: explanations need the package shap: {describe_installation('explain')}\n"
    assert list(tmp_path.iterdir()) == []
