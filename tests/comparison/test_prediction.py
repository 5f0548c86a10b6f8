"""Predictions for files of any length."""

import json
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import imbaloss
from imbaloss.comparison import OwnModel, predict_file, prediction
from imbaloss.comparison.columns import LeftOut, Reason
from imbaloss.comparison.comparing import answer_request
from imbaloss.comparison.opening import open_own
from imbaloss.comparison.predicted import Deciding
from imbaloss.comparison.request import ComparisonRequest
from tests.comparison.examples import QUICK, mixed, write_csv, write_images


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> OwnModel:
    frame = mixed(200)
    found = imbaloss.compare(
        frame.drop(columns="fraud").assign(number=[f"n{row}" for row in range(200)]), frame["fraud"], losses=["mse"],
        epochs=2, hidden=(4,), repetitions=1, out=tmp_path_factory.mktemp("own"),
    )  # fmt: skip
    return found.model


def round_to_six(probabilities) -> list[float]:
    """Round to six significant digits, as CSV has probabilities."""
    return [float(f"{probability:.6g}") for probability in probabilities]


def features(rows: int = 50, seed: int = 3) -> pd.DataFrame:
    return mixed(rows, seed=seed).drop(columns="fraud").assign(number=range(rows))


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("out", ["out.csv", "out.tsv", "out.parquet"])
def test_parts_of_any_size_give_the_predictions_of_all(model, tmp_path, monkeypatch, ending, out):
    """The rows of a part that ends a file, or is a batch by itself, are summed in the same order here."""
    frame, file = features(53), tmp_path / f"data.{ending}"
    frame.to_csv(file, index=False) if ending == "csv" else frame.to_parquet(file, row_group_size=7)
    monkeypatch.setattr(prediction, "AT_ONCE", 10)
    rows, positives, *_ = predict_file(model, file, tmp_path / out, keep=["number"])
    written = tmp_path / out
    found = pd.read_parquet(written) if out.endswith("parquet") else pd.read_csv(written, sep=None, engine="python")
    assert found["number"].astype(int).tolist() == list(range(53))
    for column in (model.column, model.output):
        assert found[column].to_numpy() == pytest.approx(model.predict_proba(frame)[:, 1], rel=1e-5)
    assert (rows, positives) == (53, (found["decision"] == "yes").sum())


def test_a_file_larger_than_what_is_held_is_streamed(model, tmp_path, monkeypatch):
    monkeypatch.setattr(prediction, "AT_ONCE", 2048)
    frame = pd.concat([features(50_000)] * 2, ignore_index=True)
    frame.to_parquet(tmp_path / "data.parquet", row_group_size=2048)
    size = frame.memory_usage(deep=True).sum()
    del frame
    tracemalloc.start()
    predict_file(model, tmp_path / "data.parquet", tmp_path / "out.parquet")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < size / 3


def test_truths_and_numbers_as_names_are_the_same_in_a_file_and_in_a_frame(tmp_path):
    frame = mixed(200).drop(columns="day").assign(first=np.arange(200) % 3 == 0, code=np.arange(200) % 4)
    file = tmp_path / "data.csv"
    frame.assign(first=frame["first"].map({True: "true", False: "false"})).to_csv(file, index=False)
    read = pd.read_csv(file, dtype={"code": str})
    found = imbaloss.compare(
        read.drop(columns="fraud"),
        read["fraud"],
        losses=["mse"],
        epochs=2,
        hidden=(4,),
        repetitions=1,
        category=["code"],
    )
    predict_file(found.model, file, tmp_path / "out.csv")
    wanted = found.model.predict_proba(frame.drop(columns="fraud"))[:, 1]
    assert pd.read_csv(tmp_path / "out.csv")[found.model.column].tolist() == round_to_six(wanted)


def test_names_of_columns_may_be_numbers():
    frame = pd.DataFrame(np.random.default_rng(0).standard_normal((60, 3)))
    found = imbaloss.compare(frame, np.arange(60) % 5 == 0, losses=["mse"], epochs=2, hidden=(4,), repetitions=1)
    assert found.model.predict_proba(frame).shape == (60, 2)


@pytest.mark.parametrize(("calibration", "output"), [("none", "score"), ("auto", "probability")])
def test_a_model_without_calibration_gives_scores(tmp_path, calibration, output):
    frame = mixed(200)
    model = imbaloss.compare(
        frame.drop(columns="fraud"), frame["fraud"], losses=["mse"], epochs=2, hidden=(4,), repetitions=1,
        references=False, calibration=calibration,
    ).model  # fmt: skip
    model.save(tmp_path / "model")
    assert OwnModel.load(tmp_path / "model").output == model.output == output
    file = write_csv(tmp_path, frame)
    predict_file(model, file, tmp_path / "out.csv", keep=["age"])
    assert list(pd.read_csv(tmp_path / "out.csv").columns) == ["age", f"{output}_yes", "decision", output]


@pytest.mark.parametrize(("output", "other"), [("score", "probability"), ("probability", "score")])
def test_a_kept_column_may_have_the_name_that_the_predictions_leave_free(model, tmp_path, output, other):
    model = replace(model, output=output)
    schema = model.preparation.schema
    left_out = schema.left_out | {name: LeftOut(Reason.STORED, "dropped") for name in (output, other)}
    model = replace(model, preparation=replace(model.preparation, schema=replace(schema, left_out=left_out)))
    file = write_csv(tmp_path, features().assign(score=1, probability=2))
    predict_file(model, file, tmp_path / "out.csv", keep=[other])
    assert list(pd.read_csv(tmp_path / "out.csv").columns) == [other, f"{output}_yes", "decision", output]
    with pytest.raises(ValueError, match=f"column '{output}' cannot be kept"):
        predict_file(model, file, tmp_path / "out.csv", keep=[output])


def test_a_file_without_rows_has_no_predictions(model, tmp_path):
    file = write_csv(tmp_path, features()[:0])
    for deciding in (Deciding(), Deciding(adjust=True)):
        predicted = predict_file(model, file, tmp_path / "out.csv", deciding=deciding)
        assert (predicted.rows, predicted.positives, predicted.unseen, predicted.new.share) == (0, 0, {}, None)
        assert (tmp_path / "out.csv").read_text() == f"{model.column},decision,{model.output}\n"


def test_columns_that_were_not_learned_from_may_be_missing_and_the_target_be_there(model, tmp_path):
    plain = features().drop(columns="number")
    files = [write_csv(tmp_path, plain, "a.csv"), write_csv(tmp_path, plain.assign(fraud="no"), "b.csv")]
    found = []
    for file in files:
        predict_file(model, file, tmp_path / "out.csv")
        found.append((tmp_path / "out.csv").read_text())
    assert found[0] == found[1]


def probabilities(model, file: Path) -> list[float]:
    predict_file(model, file, file.with_suffix(".out.parquet"))
    return pd.read_parquet(file.with_suffix(".out.parquet"))[model.column].tolist()


@pytest.fixture(scope="module")
def german(tmp_path_factory) -> tuple[OwnModel, pd.DataFrame]:
    """A model of a file with decimal commas and dates with the day first, and the same rows as a frame."""
    generator, folder = np.random.default_rng(0), tmp_path_factory.mktemp("german")
    frame = pd.DataFrame({"a": generator.normal(size=60).round(3) + 2, "day": pd.date_range("2026-01-01", periods=60)})
    text = frame.assign(day=frame["day"].dt.strftime("%d.%m.%Y"), y=np.arange(60) % 4 // 3)
    text.to_csv(folder / "t.csv", index=False, sep=";", decimal=",")
    recipe = {"epochs": 2, "hidden": (4,), "lr": 0.01}
    request = ComparisonRequest(target="y", losses=("mse",), references=False, repetitions=1, recipe=recipe)
    own = open_own(folder / "t.csv", request)
    return answer_request(own, request, folder / "out", page=False).model, frame


def test_numbers_of_cells_and_clear_dates_are_what_they_are_whatever_the_training_had(german, tmp_path):
    model, frame = german
    frame.to_excel(tmp_path / "t.xlsx", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_csv(tmp_path / "t.csv", index=False, sep=";", decimal=",")
    expected = model.predict_proba(frame)[:, 1].tolist()
    assert len(set(expected)) > 50
    for name in ("t.xlsx", "t.parquet", "t.csv"):
        assert probabilities(model, tmp_path / name) == expected


def test_a_model_of_typed_values_asks_the_new_file_how_it_is_written(tmp_path):
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"a": generator.normal(size=60) + 2, "day": pd.date_range("2026-01-01", periods=60)})
    model = imbaloss.compare(
        frame, np.arange(60) % 4 == 3, losses=["mse"], references=False, epochs=2, hidden=(4,), lr=0.01, repetitions=1
    ).model
    new = frame.assign(a=frame["a"].round(2))
    text = new.assign(day=new["day"].dt.strftime("%d.%m.%Y"))
    text.to_csv(tmp_path / "german.csv", index=False, sep=";", decimal=",")
    assert probabilities(model, tmp_path / "german.csv") == model.predict_proba(new)[:, 1].tolist()
    text.assign(a=["1.234", "12"] * 30).to_csv(tmp_path / "unclear.csv", index=False, sep=";")
    with pytest.raises(ValueError, match=r"column a has numbers such as '1\.234', whose mark may separate thousands"):
        probabilities(model, tmp_path / "unclear.csv")


BAD = {
    "other columns": (lambda f: write_csv(f, features().rename(columns={"age": "o"})), (), ": age missing; o unknown"),
    "more columns": (lambda f: write_csv(f, features().assign(colour="red")), (), ": colour unknown"),
    "other values": (lambda f: write_csv(f, features().assign(age=["x"] + [1] * 49)), (), "column age: 'x' in row 1"),
    "a late row": (lambda f: write_csv(f, features().assign(age=[1] * 49 + ["x"])), (), "column age: 'x' in row 50"),
    "a new folder": (
        lambda f: write_csv(f, features().assign(colour="red")), ("--out", "new/out.csv"), ": colour unknown",
    ),
    "infinite": (lambda f: write_csv(f, features().assign(amount=np.inf)), (), "amount: inf in row 1 is infinite"),
    "no file": (lambda f: f / "none.csv", (), "there is no file or folder"),
    "a folder": (lambda f: f, (), "is a folder, but the model was trained on a table"),
    "nothing to keep": (lambda f: write_csv(f, features()), ("--keep", "id"), "there is no column 'id' to keep"),
    "a name that is taken": (
        lambda f: write_csv(f, features().assign(decision=1)),
        ("--keep", "decision"),
        "column 'decision' cannot be kept",
    ),
    "another ending": (lambda f: write_csv(f, features()), ("--out", "out.txt.gz"), "must end in .csv"),
    "itself": (lambda f: write_csv(f, features()), ("--out", "data.csv"), "is the file to predict for"),
    "a high threshold": (lambda f: write_csv(f, features()), ("--threshold", "2"), "from 0 to 1 or a rule, found 2"),
    "no threshold": (lambda f: write_csv(f, features()), ("--threshold", "nan"), "from 0 to 1 or a rule, found nan"),
    "another rule": (lambda f: write_csv(f, features()), ("--threshold", "f2"), "no rule for a threshold 'f2'"),
    "a share of 1": (lambda f: write_csv(f, features()), ("--prevalence", "1"), "prevalence must be above 0 and below"),
    "no share": (lambda f: write_csv(f, features()), ("--prevalence", "nan"), "prevalence must be above 0 and below 1"),
    "two shares": (
        lambda f: write_csv(f, features()),
        ("--prevalence", "0.1", "--adjust-prevalence"),
        "name a share of positives, or have it estimated: not both",
    ),
    "a name that the class has": (
        lambda f: write_csv(f, features().rename(columns={"number": "probability_yes"})),
        ("--keep", "probability_yes"),
        "column 'probability_yes' cannot be kept",
    ),
    "other values twice": (
        lambda f: write_csv(f, features().assign(age=["x"] + [1] * 49)), ("--adjust-prevalence",), "column age: 'x'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_leaves_nothing(case, model, imbaloss, tmp_path):
    folder = model_folder(model, tmp_path)
    make, options, sentence = BAD[case]
    file = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    code, out, err = imbaloss("predict", str(folder), str(file), *(options or ("--out", "out.csv")))
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
    assert sentence in err
    assert sorted(tmp_path.rglob("*")) == before


def model_folder(model: OwnModel, tmp_path: Path) -> Path:
    model.save(tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize("folder", ["none", "empty"])
def test_a_folder_without_a_model_is_one_line(folder, imbaloss, tmp_path):
    (tmp_path / "empty").mkdir()
    code, _, err = imbaloss("predict", folder, str(write_csv(tmp_path)))
    assert code == 2
    assert "`imbaloss compare` saved no model there" in err


def test_a_person_reads_how_many_and_a_program_json(model, imbaloss, tmp_path):
    folder, file = model_folder(model, tmp_path), write_csv(tmp_path, features())
    code, out, _ = imbaloss("predict", str(folder), str(file), "--threshold", "0")
    first, *others = out.splitlines()
    assert code == 0
    assert first == f"50 rows, 50 flagged as yes ({model.output} at least 0.0000), written to predictions.csv"
    assert others[0].startswith("Share of yes: ")
    _, out, _ = imbaloss("predict", str(folder), str(file), "--json", "--threshold", "1", "--out", "p.parquet")
    told = json.loads(out)
    expected = {"rows": 50, "positives": 0, "unseen": {}, "threshold": 1.0, "out": "p.parquet", "prevalence": None}
    assert {name: told[name] for name in expected} == expected
    assert [each["column"] for each in told["drift"]] == list(model.kind.names)


def test_values_that_the_training_did_not_have_are_counted(model, imbaloss, tmp_path, monkeypatch):
    monkeypatch.setattr(prediction, "AT_ONCE", 10)
    frame = features().assign(country=["XX"] * 12 + ["FR"] * 38, shop=["shop-1"] * 49 + ["a new one"])
    assert predict_file(model, write_csv(tmp_path, frame), tmp_path / "out.csv").unseen == {"country": 12, "shop": 1}
    _, out, _ = imbaloss("predict", str(model_folder(model, tmp_path)), str(tmp_path / "data.csv"))
    assert "column country: 12 rows with a value that did not occur in the training data" in out
    assert "shop: 1 row with a value" in out


def test_images_as_arrays_are_predicted_from_files_of_any_size(tmp_path):
    """8 x 6 pixels, as they were compared; files are stretched to that."""
    generator = np.random.default_rng(0)
    labels, images = np.arange(40) % 4, generator.integers(0, 255, (40, 8, 6)).astype(np.uint8)
    found = imbaloss.compare(images, labels, positive=3, losses=["mse"], epochs=2, hidden=(4,), repetitions=1)
    (tmp_path / "new").mkdir()
    for place, size in enumerate([(6, 8), (12, 16)]):
        Image.fromarray(images[0]).resize(size, Image.Resampling.NEAREST).save(tmp_path / "new" / f"{place}.png")
    predict_file(found.model, tmp_path / "new", tmp_path / "out.parquet")
    probabilities = pd.read_parquet(tmp_path / "out.parquet")[found.model.column]
    assert probabilities[0] == pytest.approx(found.model.predict_proba(images[:1])[0, 1], rel=1e-6)  # another batch
    assert len(probabilities) == 2


def test_images_are_predicted_from_folders_and_lists(imbaloss, tmp_path):
    images = write_images(tmp_path)
    assert imbaloss("compare", str(images), *QUICK, "--image-size", "8", "--out", "own")[0] == 0
    assert imbaloss("predict", "own/model", str(images), "--out", "a.csv")[0] == 0
    found = pd.read_csv(tmp_path / "a.csv")
    assert found["file"].tolist() == [f"cracked/{n:03}.png" for n in range(8)] + [f"ok/{n:03}.png" for n in range(24)]
    listing = pd.DataFrame({"name": [f"images/{name}" for name in found["file"]], "id": range(32)})
    write_csv(tmp_path, listing, "list.csv")
    assert imbaloss("predict", "own/model", "list.csv", "--keep", "id", "--out", "b.csv")[0] == 0
    again = pd.read_csv(tmp_path / "b.csv")
    given = list(found.columns[1:])
    pd.testing.assert_frame_equal(again[given], found[given], check_exact=True)
    assert again["id"].tolist() == list(range(32))
    code, _, err = imbaloss("predict", "own/model", str(write_csv(tmp_path)))
    assert (code, "no column that names image files" in err) == (2, True)
