"""Model folders that version 0.1 wrote are loaded and predict what it predicted: README.md says how they were made."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from imbaloss import ImbalancedClassifier
from imbaloss.comparison import OwnModel, predict_file
from imbaloss.comparison.new_data import NO_REFERENCE
from imbaloss.learners import network_file

FOLDER = Path(__file__).parent
DATA = {"network": "rows.csv", "logistic_regression": "rows.csv", "boosting": "rows.csv", "images": "pictures"}


def unpack(name: str, folder: Path) -> Path:
    """Unpack a model folder that 0.1 wrote and return it."""
    shutil.unpack_archive(FOLDER / f"{name}.tar.gz", folder, filter="data")
    return folder / "model"


def close_to(probabilities: np.ndarray):
    """Equal but for the last digits of float32, in which processors differ."""
    return pytest.approx(probabilities, rel=0, abs=1e-6)


@pytest.mark.parametrize("name", DATA)
def test_a_model_of_ones_own_data_predicts_the_same(name, tmp_path):
    model, out = OwnModel.load(unpack(name, tmp_path)), tmp_path / "predictions.csv"
    model.save(tmp_path / "again")
    assert OwnModel.load(tmp_path / "again").output == "probability"
    predicted = predict_file(model, FOLDER / DATA[name], out, ())
    assert predicted.new.reason == NO_REFERENCE
    found, expected = pd.read_csv(out), pd.read_csv(FOLDER / f"{name}.csv")
    assert found["probability"].to_numpy() == close_to(expected["probability"].to_numpy())
    assert found.pop(model.column).tolist() == found["probability"].tolist()
    pd.testing.assert_frame_equal(found.drop(columns="probability"), expected.drop(columns="probability"))


@pytest.mark.parametrize("name", ["boosting", "images"])
@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (("--adjust-prevalence",), "probabilities cannot be shifted to another share: the model keeps no validation"),
        (("--prevalence", "0.1"), "probabilities cannot be shifted to another share: the model keeps no validation"),
        (("--threshold", "f1"), "the rule f1 cannot choose a threshold, give a number: the model keeps no validation"),
    ],
)
def test_what_needs_validation_rows_is_refused(name, option, sentence, imbaloss, tmp_path):
    folder = unpack(name, tmp_path)
    code, out, err = imbaloss("predict", str(folder), str(FOLDER / DATA[name]), *option)
    assert (code, out, len(err.strip().splitlines())) == (2, "", 1)
    assert sentence in err
    assert not (tmp_path / "predictions.csv").exists()


def test_the_share_that_cannot_be_estimated_is_said(imbaloss, tmp_path):
    folder = unpack("boosting", tmp_path)
    code, out, _ = imbaloss("predict", str(folder), str(FOLDER / DATA["boosting"]), "--threshold", "0.3")
    assert code == 0
    assert "it cannot be estimated, since the model keeps no validation rows" in out


def test_a_classifier_predicts_the_same(tmp_path):
    classifier = ImbalancedClassifier.load(unpack("classifier", tmp_path))
    columns = pd.read_csv(FOLDER / "rows.csv")[["amount", "age"]].fillna(0).to_numpy()
    assert classifier.predict_proba(columns)[:, 1] == close_to(np.loadtxt(FOLDER / "classifier.txt"))


def test_a_network_that_train_kept_predicts_the_same(tmp_path):
    model, facts = network_file.load(unpack("trained", tmp_path))
    assert facts["dataset"] == "digits_3_8"
    digits = load_digits().images[:40, None] / 16
    assert model.probabilities(digits) == close_to(np.loadtxt(FOLDER / "trained.txt"))
