"""Calibration, against scikit-learn's; and how true probabilities are."""

import numpy as np
import pytest
from scipy import special
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV, calibration_curve
from sklearn.frozen import FrozenEstimator

from imbaloss.evaluation import Calibration, calibration, expected_calibration_error, reliability

METHODS = {"platt": "sigmoid", "isotonic": "isotonic", "temperature": "temperature"}
every_kind = pytest.mark.parametrize("kind", METHODS)
every_number_of_classes = pytest.mark.parametrize("classes", [2, 3])


class Passed(ClassifierMixin, BaseEstimator):
    """A classifier whose decision function is its input."""

    def fit(self, _, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, inputs):
        return inputs.argmax(axis=1)

    def decision_function(self, inputs):
        return inputs[:, 0] if len(self.classes_) == 2 else inputs


def batch(classes: int, samples: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and logits that are twice too far apart."""
    generator = np.random.default_rng(classes)
    labels = generator.integers(0, classes, samples)
    logits = 4 * (generator.normal(size=(samples, classes)) + 2 * np.eye(classes)[labels])  # Bayes: 2 times
    log_probabilities = special.log_softmax(logits, axis=1)
    return labels, log_probabilities[:, 1] - log_probabilities[:, 0] if classes == 2 else log_probabilities


def probabilities(logits: np.ndarray) -> np.ndarray:
    return special.expit(logits) if logits.ndim == 1 else special.softmax(logits, axis=1)


@every_kind
@every_number_of_classes
@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.filterwarnings("ignore:Since FrozenEstimator does not appear to accept sample_weight")
def test_it_is_that_of_scikit_learn(kind, classes, weighed):
    labels, logits = batch(classes)
    weights = 1 + np.random.default_rng(0).random(len(labels)) if weighed else None
    seen = logits
    if (
        classes > 2 and kind != "temperature"
    ):  # one class against the rest, of which scikit-learn takes what it is given
        seen = calibration.one_against_rest(logits)
        if kind == "isotonic":
            seen = special.expit(seen)
    inputs = seen[:, None] if classes == 2 else seen
    peer = CalibratedClassifierCV(FrozenEstimator(Passed().fit(inputs, labels)), method=METHODS[kind])
    peer.fit(inputs, labels, sample_weight=weights)
    expected = peer.predict_proba(inputs)
    found = probabilities(calibration.fit_calibration(kind, labels, logits, weights)(logits))
    np.testing.assert_allclose(found, expected[:, 1] if classes == 2 else expected, atol=1e-5)


@every_kind
@every_number_of_classes
def test_too_sure_probabilities_become_true_on_other_samples(kind, classes):
    labels, logits = batch(classes, 8000)
    half = len(labels) // 2
    found = calibration.fit_calibration(kind, labels[:half], logits[:half])(logits[half:])
    rest = labels[half:]
    before, after = (probabilities(one) for one in (logits[half:], found))
    if classes > 2:
        before, after, rest = before[:, 1], after[:, 1], (rest == 1).astype(np.int64)
    assert expected_calibration_error(rest, after) < 0.6 * expected_calibration_error(rest, before)
    assert expected_calibration_error(rest, after) < 0.025


@every_number_of_classes
def test_a_temperature_changes_no_decision(classes):
    labels, logits = batch(classes)
    found = calibration.fit_calibration("temperature", labels, logits)
    assert found.numbers[0][0] == pytest.approx(2, rel=0.2)
    if classes == 2:
        assert np.array_equal(found(logits) > 0, logits > 0)
    else:
        assert np.array_equal(found(logits).argmax(1), logits.argmax(1))


@every_kind
@every_number_of_classes
def test_weights_are_repetitions(kind, classes):
    labels, logits = batch(classes, 100)
    weights = np.random.default_rng(0).integers(0, 4, 100)
    weighed = calibration.fit_calibration(kind, labels, logits, weights.astype(np.float64))
    repeated = calibration.fit_calibration(kind, labels.repeat(weights), logits.repeat(weights, axis=0))
    np.testing.assert_allclose(probabilities(weighed(logits)), probabilities(repeated(logits)), atol=1e-5)


@every_kind
@every_number_of_classes
def test_logits_of_any_size_give_probabilities(kind, classes):
    labels, logits = batch(classes, 100)
    for scale in (1e-4, 1e4):
        found = probabilities(calibration.fit_calibration(kind, labels, scale * logits)(scale * logits))
        assert np.isfinite(found).all()
        assert found.min() >= 0
        assert found.max() <= 1


@every_kind
def test_a_class_without_samples_is_refused(kind):
    labels, logits = batch(3)
    with pytest.raises(ValueError, match=f"calibration {kind} needs samples of every class, and class 2 has none"):
        calibration.fit_calibration(kind, labels % 2, logits)
    with pytest.raises(ValueError, match="class 0 has none"):
        calibration.fit_calibration(kind, np.ones(3, np.int64), np.zeros(3))


def test_none_changes_nothing():
    labels, logits = batch(2)
    assert calibration.fit_calibration("none", labels, logits) == Calibration()
    assert Calibration()(logits) is logits


def test_a_reliability_diagram_is_scikit_learns_with_intervals():
    labels, logits = batch(2)
    found = reliability(labels, special.expit(logits))
    shares, means = calibration_curve(labels, special.expit(logits), n_bins=10, strategy="quantile")
    np.testing.assert_allclose(found.share, shares)
    np.testing.assert_allclose(found.probability, means)
    assert found.samples.sum() == len(labels)
    assert ((found.low <= found.share) & (found.share <= found.high)).all()


def test_the_error_is_the_mean_distance_from_the_diagonal():
    labels, values = np.array([0, 0, 1, 1]), np.array([0.1, 0.1, 0.8, 0.8])
    assert expected_calibration_error(labels, values) == pytest.approx((0.1 + 0.2) / 2)
    assert expected_calibration_error(np.array([1]), np.array([0.3])) == pytest.approx(0.7)


def test_true_probabilities_have_a_small_error_and_equal_ones_one_bin():
    generator = np.random.default_rng(0)
    values = generator.random(20_000)
    labels = (generator.random(20_000) < values).astype(np.int64)
    assert expected_calibration_error(labels, values) < 0.015
    assert len(reliability(labels, np.full(20_000, 0.5)).samples) == 1


def test_a_few_samples_in_the_wrong_order_do_not_turn_the_ranking_round():
    labels, logits = np.array([1, 0, 0, 0, 1]), np.array([-2.0, -1.0, 0.0, 1.0, -3.0])
    found = calibration.fit_calibration("platt", labels, logits)
    assert found.numbers[0][0] == calibration.SMALLEST_SLOPE
    assert np.array_equal(np.argsort(found(logits)), np.argsort(logits))
    assert special.expit(found(logits)).mean() == pytest.approx(0.42, abs=0.03)
