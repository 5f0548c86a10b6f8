"""Models as ONNX files, by another runtime."""

from dataclasses import replace
from itertools import product

import numpy as np
import onnxruntime
import pytest

from imbaloss.evaluation import calibration
from imbaloss.extras import describe_installation
from imbaloss.losses import LossSpec
from imbaloss.networks import join_networks
from imbaloss.recipe_fields import DECISION_FIELDS
from imbaloss.training import Member, Model, onnx_file, train
from tests.training.examples import RECIPE, split_of


def model_of(classes: int, kind: str, precision: str, network: str = "mlp") -> Model:
    """Two networks, with a prior and a calibration."""
    split = split_of(0)
    labels = np.arange(40) % classes
    split = replace(split, train=replace(split.train, labels=labels))
    recipe = replace(RECIPE, outputs=1 if classes == 2 else classes, precision=precision, epochs=40)
    recipe = replace(recipe, network=network, channels=(4, 6), lr=0.5 if network == "mlp" else 0.05)
    models = [
        outcome.model for outcome in train([Member(split, LossSpec.parse("ce"), recipe, seed) for seed in (0, 1)])
    ]
    prior = tuple(np.linspace(0, -1, classes).tolist())
    whole = replace(models[0], network=join_networks([model.network for model in models]), prior=prior)
    return replace(whole, calibration=calibration.fit_calibration(kind, labels, whole.logits(split.train.inputs)))


def answers(file, inputs: np.ndarray) -> list[np.ndarray]:
    return onnxruntime.InferenceSession(file).run(None, {"X": inputs.astype(np.float64)})


@pytest.mark.parametrize(
    ("kind", "classes", "precision", "network"),
    [
        *product(DECISION_FIELDS["calibration"].entry.names, (2, 3), ("float32",), ("mlp",)),
        *product(("none",), (2, 3), ("float64",), ("mlp",)),
        *product(("platt",), (2,), ("float32",), ("fcn", "prototype")),
        *product(("platt",), (3,), ("float32",), ("cnn", "cnn/prototype:per_class=2")),
    ],
)
def test_it_gives_the_same_probabilities_and_decisions(tmp_path, kind, classes, precision, network):
    """Also of inputs far away, and of one sample alone."""
    model = model_of(classes, kind, precision, network)
    inputs = np.concatenate(
        [split_of(1).test.inputs, 100 * split_of(2).test.inputs, np.zeros((1, 3, 4, 5), np.float32)]
    )
    file = onnx_file.write(model, tmp_path / "model.onnx", 0.3 if classes == 2 else None)
    expected = model.probabilities(inputs)
    for some in (slice(None), slice(0, 1)):
        probabilities, decisions = answers(file, inputs[some])
        if classes == 2:
            np.testing.assert_allclose(probabilities, np.stack([1 - expected, expected], 1)[some], atol=1e-5)
            clear = np.abs(expected[some] - 0.3) > 1e-5
            assert np.array_equal(decisions[clear], (expected[some] >= 0.3)[clear])
        else:
            np.testing.assert_allclose(probabilities, expected[some], atol=1e-5)
            assert np.array_equal(decisions, expected[some].argmax(1))


@pytest.mark.parametrize("numbers", [(1.5, 0.5), (1.5, -1.0, 0.5)])
def test_log_odds_are_cut_off_where_the_calibration_says(tmp_path, numbers):
    kind = "temperature" if len(numbers) == 2 else "platt"
    model = replace(model_of(2, "none", "float32"), calibration=calibration.Calibration(kind, (numbers,)))
    inputs = split_of(1).test.inputs
    probabilities, _ = answers(onnx_file.write(model, tmp_path / "model.onnx", 0.5), inputs)
    np.testing.assert_allclose(probabilities[:, 1], model.probabilities(inputs), atol=1e-5)
    cut = np.abs(replace(model, calibration=calibration.Calibration()).logits(inputs)) > 0.5
    assert len(np.unique(probabilities[cut, 1].round(5))) <= 2 < cut.sum()


def test_with_costs_the_decision_is_the_cheapest(tmp_path):
    model = model_of(3, "none", "float64")
    costs = np.array([[0.0, 1, 1], [30, 0, 1], [1, 1, 0]])
    inputs = split_of(1).test.inputs
    _, decisions = answers(onnx_file.write(model, tmp_path / "model.onnx", None, costs), inputs)
    assert np.array_equal(decisions, (model.probabilities(inputs) @ costs).argmin(1))
    assert not np.array_equal(decisions, model.probabilities(inputs).argmax(1))


def test_where_a_package_is_missing_it_says_which(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_file, "NEEDS", ("onnx", "no_such_package"))
    with pytest.raises(ImportError, match=rf"an ONNX file needs no_such_package: {describe_installation('onnx')}"):
        onnx_file.write(model_of(2, "none", "float32"), tmp_path / "model.onnx", 0.5)
    assert not list(tmp_path.iterdir())
