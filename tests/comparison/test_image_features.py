"""Frozen features of images: compared, kept with their model, and used to predict."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import imbaloss
from imbaloss.comparison import OwnModel
from imbaloss.features import find_feature_folder, open_image_extractor, prepare_image
from imbaloss.studies import read_study
from tests.features.images import name_tiny, write_means, write_tiny

ROOT = Path(__file__).parents[2]
QUICK = ("--method", "logistic_regression", "--settings", "1", "--repetitions", "3")


def make_pixels(rows: int = 60, rare: int = 18) -> tuple[np.ndarray, np.ndarray]:
    """Noise of which the rare class is redder, (N, 12, 10, 3), and the labels."""
    generator = np.random.default_rng(0)
    labels = np.repeat([1, 0], [rare, rows - rare])
    pixels = generator.integers(0, 160, (rows, 12, 10, 3))
    pixels[..., 0] += 70 * labels[:, None, None]
    return pixels.astype(np.uint8), labels


@pytest.fixture
def means(tmp_path) -> str:
    """An extractor of three features: the mean colour."""
    return f"onnx:{write_means(tmp_path / 'means.onnx')}"


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder of the classes red and gray, with a table that names the images and has a number and a category."""
    pixels, labels = make_pixels()
    rows = []
    for place, (image, label) in enumerate(zip(pixels, labels, strict=True)):
        file = tmp_path / "shots" / ("red" if label else "gray") / f"{place}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(file)
        rows.append(
            (f"{file.parent.name}/{file.name}", place % 7 + 3 * label, "ab"[place % 2], "yes" if label else "no")
        )
    table = pd.DataFrame(rows, columns=["photo", "size", "kind", "red"])
    table.sample(frac=1, random_state=0).to_csv(tmp_path / "shots" / "table.csv", index=False)
    return tmp_path / "shots"


def test_from_a_folder_to_predictions(imbaloss, folder, means):
    code, _, err = imbaloss("compare", str(folder), "--features", means, *QUICK, "--out", "answer")
    assert code == 0, err
    assert "60 images: 18 (30 %) are red" in err
    assert "features of 60 images in" in err
    assert "Each image became 3 features by onnx:" in " ".join(err.split())
    for source in (folder, folder / "table.csv", folder / "red" / "0.png"):
        code, _, err = imbaloss("predict", "answer/model", str(source), "--out", "found.csv")
        assert (code, err) == (0, ""), source  # the features are known
        found = pd.read_csv("found.csv")
        named = found["file"].str.startswith("red/") | (found["file"] == "0.png")
        assert ((found["decision"] == "red") == named).mean() > 0.9
    assert len(found) == 1


def test_features_join_the_other_columns_of_a_table(imbaloss, folder, means, monkeypatch):
    table = folder / "table.csv"
    code, out, err = imbaloss("compare", str(table), "--target", "red", "--features", means, *QUICK, "--out", "answer")
    assert code == 0, err
    assert "3 columns to learn from: 1 column of features, 1 number, 1 category" in err
    model = OwnModel.load("answer/model")
    assert model.kind.names == ("photo", "size", "kind")
    code, out, err = imbaloss("predict", "answer/model", str(table), "--keep", "red", "--explain", "1")
    assert (code, err) == (0, "")
    assert "photo = red/" in out
    found = pd.read_csv("predictions.csv")
    monkeypatch.chdir(folder)  # a frame names files relative to the current folder
    assert np.allclose(model.predict_proba(pd.read_csv(table))[:, 1], found["probability_yes"], rtol=1e-4)
    code, out, err = imbaloss("predict", str(folder.parent / "answer/model"), str(folder))
    assert (code, out) == (2, "")
    assert "is a folder, but the model was trained on a table" in err


def test_arrays_and_frames_in_python_and_npz(imbaloss, means, folder, tmp_path, monkeypatch):
    pixels, labels = make_pixels()
    options = {"methods": "logistic_regression", "settings": 1, "repetitions": 3, "features": means}
    answer = imbaloss_compare(pixels, labels, **options)
    probabilities = answer.model.predict_proba(pixels)
    assert np.array_equal(answer.model.predict_proba(pixels[:1, :, :, :]), probabilities[:1])
    assert (answer.model.predict(pixels) == labels).mean() > 0.9
    np.savez(tmp_path / "data.npz", X=pixels, y=labels)
    code, _, err = imbaloss("compare", "data.npz", "--features", means, *QUICK, "--out", "answer")
    assert code == 0, err
    code, _, err = imbaloss("predict", "answer/model", "data.npz")
    assert (code, err) == (0, "")
    assert np.allclose(pd.read_csv("predictions.csv")["probability_1"], probabilities[:, 1], rtol=1e-4)
    monkeypatch.chdir(folder)
    frame = pd.read_csv("table.csv")
    of_files = imbaloss_compare(frame[["photo", "size"]], frame["red"], **options)
    assert of_files.model.kind.names == ("photo", "size")
    assert len(of_files.model.predict(frame[["photo", "size"]])) == 60


def imbaloss_compare(X, y, **options):  # noqa: N803
    """The function, beside the fixture of the command."""
    return imbaloss.compare(X, y, **options)


def test_a_bundled_model_needs_no_other_file_and_refuses_other_weights(imbaloss, folder, tmp_path):
    features = name_tiny(tmp_path)
    code, _, err = imbaloss("compare", str(folder), "--features", features, *QUICK, "--out", "bundled", "--bundle")
    assert code == 0, err
    code, _, err = imbaloss("compare", str(folder), "--features", features, *QUICK, "--out", "plain")
    assert code == 0, err
    assert imbaloss("predict", "plain/model", str(folder), "--out", "first.csv")[0] == 0
    (tmp_path / "tiny0.safetensors").unlink()
    assert imbaloss("predict", "bundled/model", str(folder), "--out", "second.csv")[0] == 0
    assert Path("first.csv").read_bytes() == Path("second.csv").read_bytes()
    code, out, err = imbaloss("predict", "plain/model", str(folder))
    assert (code, out) == (2, "")
    assert re.search(
        r"weights of timm:.* there is no file or folder .*tiny0.safetensors: bring it back, or .* --bundle", err
    )
    write_tiny(tmp_path / "tiny0.safetensors", seed=1)
    code, out, err = imbaloss("predict", "plain/model", str(folder))
    assert (code, out) == (2, "")
    assert "are others than in training" in err
    OwnModel.load("bundled/model").save(tmp_path / "copy")
    assert imbaloss("predict", "copy", str(folder), "--out", "third.csv")[0] == 0
    assert Path("first.csv").read_bytes() == Path("third.csv").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("method", ["logistic_regression", "lightgbm"])
def test_backbone_and_head_are_one_onnx_file(imbaloss, folder, tmp_path, method, monkeypatch):
    import onnxruntime

    features = name_tiny(tmp_path) + ",flips=true"
    options = ("--method", method, "--settings", "1", "--repetitions", "3", "--out", "answer", "--importance")
    code, _, err = imbaloss("compare", str(folder / "table.csv"), "--target", "red", "--features", features, *options)
    assert code == 0, err
    assert read_study(Path("answer")).has_exportable_inputs  # the page names the command
    code, _, err = imbaloss("export", "answer/model", "--out", "red.onnx")
    assert (code, err) == (0, "")
    session = onnxruntime.InferenceSession("red.onnx")
    described = json.loads(session.get_modelmeta().custom_metadata_map["inputs"])
    assert described["photo"].startswith("float32 (images, 3, 160, 160): upright RGB, resized (bilinear) to cover 168")
    model = OwnModel.load("answer/model")
    monkeypatch.chdir(folder)
    frame = pd.read_csv("table.csv").drop(columns="red")
    extractor = open_image_extractor(features)
    prepared = np.stack([prepare_image(Image.open(file), extractor.settings) for file in frame["photo"]])
    inputs = {"photo": prepared, "size": frame[["size"]].to_numpy(float), "kind": frame[["kind"]].to_numpy(object)}
    probabilities = session.run(["probabilities"], inputs)[0]
    differences = np.abs(probabilities - model.predict_proba(frame)).max(axis=1)
    assert np.quantile(differences, 0.9) < 1e-5  # a feature that both round to float16 may fall on another side


def test_a_model_on_the_features_of_an_onnx_file_is_not_exported(imbaloss, folder, means):
    assert imbaloss("compare", str(folder), "--features", means, *QUICK, "--out", "answer")[0] == 0
    assert not read_study(Path("answer")).has_exportable_inputs  # the page does not name the command
    code, out, err = imbaloss("export", "answer/model")
    assert (code, out) == (2, "")
    assert re.search(r"features of 'image', which onnx:.* makes, an ONNX file of its own: predict by", err)
    assert err.count("\n") == 1


COMMAND = """
from tests.peers import name_operators_of_torchvision
name_operators_of_torchvision()
from imbaloss.cli import main
main()
"""


@pytest.mark.slow
def test_a_run_killed_while_embedding_goes_on_where_it_was(imbaloss, tmp_path):
    features = name_tiny(tmp_path)
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 255, (600, 20, 20, 3), np.uint8)
    np.savez(tmp_path / "many.npz", X=pixels, y=np.arange(600) % 9 == 0)
    command = ["compare", str(tmp_path / "many.npz"), "--features", features, *QUICK, "--out", "answer"]
    process = subprocess.Popen([sys.executable, "-c", COMMAND, *command], cwd=ROOT, stderr=subprocess.PIPE)
    try:
        end = time.monotonic() + 120
        while not [*find_feature_folder().rglob("*.safetensors")]:
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < end
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()
    code, _, err = imbaloss(*command)
    assert code == 0, err
    assert re.search(r"^features of [1-9]\d* of 600 images$", err, re.MULTILINE)
    extractor = open_image_extractor(features)
    model = OwnModel.load("answer/model")
    kept = model.read_features(pixels[:3])
    from imbaloss.comparison.vectors import read_vectors

    fresh = extractor.extract([Image.fromarray(image) for image in pixels[:3]]).astype(np.float16)
    assert np.array_equal(read_vectors(kept["image"]), fresh)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--features", "{means}", "--image-size", "32"), "decides the size of images: leave out --image-size"),
        (("--bundle",), "--bundle is for --features, and for frozen features by --text: leave it out"),
        (("--features", "{means}", "--method", "lightgbmm"), "lightgbmm"),
        (("--features", "{means}", "--segment", "x"), "is a folder of images, and has no columns: leave out --segment"),
        (("--features", "onnx:nowhere.onnx"), "nowhere.onnx, which the features onnx:nowhere.onnx need"),
        (("--features", "{means}", "--text", "wordllama"), "--text is for tables, and these are images: leave it out"),
        (
            ("--features", "{means}", "--flip"),
            "--features cannot be combined with flip, shift or a convolutional network: these need images",
        ),
        (("--features", "{means}", "--positive", "blue"), "blue"),
        (("--features", "{means}", "--folds", "40"), "too few for 40 folds"),
        (("--features", "{means}", "--budget", "soon"), "budget must be a time"),
        (("--features", "{means}", "--threshold", "recall>=0.99"), "shots: "),
        (
            ("--features", "{means}", "--network", "cnn"),
            "--features cannot be combined with flip, shift or a convolutional network",
        ),
    ],
)
def test_options_without_sense_are_refused_in_one_line(imbaloss, folder, means, options, message):
    code, out, err = imbaloss("compare", str(folder), *(option.format(means=means) for option in options))
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not [*find_feature_folder().rglob("*")]


def test_a_misspelt_column_is_refused_in_python_before_anything_is_embedded(folder, means, monkeypatch):
    monkeypatch.chdir(folder)
    frame = pd.read_csv("table.csv")
    with pytest.raises(ValueError, match=r"has no column 'misspelt', which `drop` names"):
        imbaloss_compare(frame[["photo", "size"]], frame["red"], features=means, drop=["misspelt"])
    assert not [*find_feature_folder().rglob("*")]


def test_a_table_without_images_is_refused(imbaloss, means):
    pd.DataFrame({"x": range(40), "y": [*"aabb"] * 10}).to_csv("t.csv", index=False)
    code, out, err = imbaloss("compare", "t.csv", "--target", "y", "--features", means)
    assert (code, out) == (2, "")
    assert "none of its columns names image files, such as scans/1.png: leave out --features" in err


def test_a_model_of_features_alone_explains_nothing_and_takes_no_single_image(imbaloss, folder, means):
    assert imbaloss("compare", str(folder), "--features", means, *QUICK, "--out", "answer")[0] == 0
    code, out, err = imbaloss("predict", "answer/model", str(folder), "--explain", "2")
    assert (code, out) == (2, "")
    assert "trained on images, whose predictions cannot be explained by columns" in err
    with pytest.raises(ValueError, match=r"X of shape \(12, 10, 3\) seems to be one image in colour: pass X\[None\]"):
        OwnModel.load("answer/model").predict_proba(make_pixels()[0][0])


def test_a_damaged_image_is_named(imbaloss, folder, means):
    file = folder / "red" / "3.png"
    file.write_bytes(file.read_bytes()[:150])
    code, out, err = imbaloss("compare", str(folder), "--features", means)
    assert (code, out) == (2, "")
    assert "red/3.png is no image that can be decoded" in err
