"""Calibration, against scikit-learn's; and how true probabilities are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV, calibration_curve
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss

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


# auto: the best of them by log-loss

AUTO = "auto"
BENT = {  # what a model makes of true log-odds
    "none": lambda odds: odds,
    "temperature": lambda odds: 2 * odds,
    "platt": lambda odds: 0.5 * odds + 3,
    "isotonic": lambda odds: 4 * np.tanh((odds + 1) / 2),
}


def drawn(samples: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels, of which about one in ten is 1, and their true log-odds."""
    generator = np.random.default_rng(seed)
    odds = generator.normal(-3.5, 2, samples)
    return (generator.random(samples) < special.expit(odds)).astype(np.int64), odds


@st.composite
def few_samples(draw) -> tuple[np.ndarray, np.ndarray]:
    """Labels of both classes, and log-odds with ties, among them those of probabilities of 0 and 1."""
    labels = np.array([0, 1, *draw(st.lists(st.integers(0, 1), min_size=2, max_size=40))])
    each = st.floats(-12, 12).map(lambda odds: round(odds, 3)) | st.sampled_from([-27.6, 0.0, 27.6])
    return labels, np.array(draw(st.lists(each, min_size=len(labels), max_size=len(labels))))


def mean_log_loss(labels: np.ndarray, logits: np.ndarray) -> float:
    return float(calibration.log_losses(labels, logits).mean())


@every_number_of_classes
def test_the_log_loss_is_that_of_scikit_learn(classes):
    labels, logits = batch(classes)
    assert mean_log_loss(labels, logits) == pytest.approx(log_loss(labels, probabilities(logits)), rel=1e-9)


@pytest.mark.parametrize("kind", BENT)
def test_the_simplest_kind_that_mends_the_probabilities_is_chosen(kind):
    labels, odds = drawn(12_000, seed=1)
    half = len(labels) // 2
    given = BENT[kind](odds)
    found = calibration.fit_calibration(AUTO, labels[:half], given[:half])
    assert found.kind == kind
    fresh = mean_log_loss(labels[half:], found(given[half:]))
    assert fresh < mean_log_loss(labels[half:], odds[half:]) + 0.004
    others = [calibration.fit_kind(name, labels[:half], given[:half], np.ones(half), bounded=True) for name in BENT]
    assert fresh < min(mean_log_loss(labels[half:], other(given[half:])) for other in others) + 0.001


def test_several_classes_have_a_kind_too():
    labels, logits = batch(3, 3000)
    found = calibration.fit_calibration(AUTO, labels[::2], logits[::2])
    assert found.kind in {"temperature", "platt"}
    assert mean_log_loss(labels[1::2], found(logits[1::2])) < 0.85 * mean_log_loss(labels[1::2], logits[1::2])


@given(few_samples(), st.sampled_from([*METHODS, AUTO]))
@settings(deadline=None, max_examples=30)
def test_no_calibration_turns_the_ranking_round(samples, kind):
    labels, odds = samples
    found = calibration.fit_calibration(kind, labels, odds)(np.sort(odds))
    assert (np.diff(special.expit(found)) >= -1e-12).all()


@given(few_samples())
@settings(deadline=None, max_examples=30)
def test_the_log_loss_is_finite_for_few_samples(samples):
    labels, odds = samples
    found = calibration.fit_calibration(AUTO, labels, odds)
    assert np.isfinite(calibration.log_losses(1 - labels, found(odds))).all()
    if np.bincount(labels).min() < calibration.FOLDS:
        assert found == calibration.fit_calibration("platt", labels, odds)


def test_isotonic_calibration_that_is_chosen_gives_neither_0_nor_1():
    labels, odds = drawn(12_000)
    given = BENT["isotonic"](odds)
    found = calibration.fit_calibration(AUTO, labels, given)
    negatives, positives = np.bincount(labels)
    chances = special.expit(found(given))
    assert found.kind == "isotonic"
    assert chances.min() >= 1 / (negatives + 2) * (1 - 1e-4)
    assert chances.max() <= (positives + 1) / (positives + 2) * (1 + 1e-4)
    unbounded = special.expit(calibration.fit_calibration("isotonic", labels, given)(given))
    np.testing.assert_allclose(chances, unbounded, atol=1 / (positives + 2))


def test_isotonic_calibration_that_is_chosen_keeps_the_ranking_within_its_steps():
    labels, odds = drawn(12_000)
    given = BENT["isotonic"](odds)
    found = calibration.fit_calibration(AUTO, labels, given)
    order = np.argsort(given)
    assert (np.diff(found(given)[order])[np.diff(given[order]) > 0] > 0).all()


def test_a_second_calibration_changes_almost_nothing():
    labels, odds = drawn(4000)
    for bend in BENT.values():
        once = calibration.fit_calibration(AUTO, labels, bend(odds))(bend(odds))
        twice = calibration.fit_calibration(AUTO, labels, once)(once)
        np.testing.assert_allclose(special.expit(twice), special.expit(once), atol=0.03)


def test_the_same_samples_have_the_same_calibration():
    labels, odds = drawn(600)
    weights = np.random.default_rng(0).random(600)
    first, second = (calibration.fit_calibration(AUTO, labels, 2 * odds, weights) for _ in range(2))
    assert first == second
    state = np.random.get_state()[1].tolist()
    calibration.fit_calibration(AUTO, labels, odds)
    assert np.random.get_state()[1].tolist() == state


def test_weights_decide_what_is_chosen():
    """The fit is that of repetitions. Only ratios of small weights count, and samples of weight 0 do not."""
    labels, odds = drawn(4000)
    weights = np.random.default_rng(0).integers(0, 4, 4000)
    weighted = calibration.fit_calibration(AUTO, labels, 2 * odds, weights.astype(np.float64))
    repeated = calibration.fit_calibration("temperature", labels.repeat(weights), 2 * odds.repeat(weights))
    assert weighted.kind == "temperature"
    assert weighted.numbers[0] == pytest.approx(repeated.numbers[0], rel=1e-5)
    assert calibration.fit_calibration(AUTO, labels, 2 * odds, weights * 1e-3).kind == "temperature"
    shifted = np.where(np.arange(4000) < 2000, 2 * odds, odds + 3)  # the first half counts for nothing
    late = (np.arange(4000) >= 2000).astype(np.float64)
    assert calibration.fit_calibration(AUTO, labels, shifted, late).kind == "platt"


# probabilities of exactly 0 and 1, as of trees


@pytest.mark.parametrize("kind", ["temperature", "platt"])
def test_log_odds_of_0_and_1_are_taken_for_a_little_beyond_the_others(kind):
    """However far away the learner cut them off."""
    labels, odds = drawn(2000)
    odds = np.clip(odds, -4, 4)
    far = np.abs(odds) == 4
    fits = [
        calibration.fit_calibration(kind, labels, np.where(far, np.sign(odds) * distance, odds))
        for distance in (25.0, 27.6, 34.5)
    ]
    limit = np.abs(odds[~far]).max() + calibration.BEYOND
    by_hand = calibration.fit_calibration(kind, labels, np.where(far, np.sign(odds) * limit, odds))
    for fitted in fits:
        assert fitted.numbers[0] == pytest.approx((*by_hand.numbers[0], limit), rel=1e-6)
        assert np.array_equal(fitted(np.array([-99.0, 99.0])), by_hand(np.array([-limit, limit])))


@pytest.mark.parametrize("odds", [[-30.0, -25.0, 0.0, 1.0], [-27.6, 0.0, 1.0, 2.0], [3.0, 3.0, 3.0, 3.0]])
def test_other_log_odds_are_not_cut_off(odds):
    """Those of a network that is sure, one sample alone, and small ones."""
    assert calibration.find_limit(np.array(odds), np.ones(4)) == ()


def test_a_tree_that_is_always_sure_can_be_calibrated():
    labels = np.array([0] * 90 + [1] * 10 + [0] * 20 + [1] * 20)
    odds = np.repeat([-27.6, 27.6], [100, 40])
    for kind in ("platt", AUTO):
        found = special.expit(calibration.fit_calibration(kind, labels, odds)(np.array([-27.6, 27.6])))
        assert found == pytest.approx([0.1, 0.5], abs=0.15)


def test_forests_are_calibrated_on_fresh_samples():
    inputs, labels = make_classification(6000, 20, n_informative=8, weights=[0.95], flip_y=0.02, random_state=0)
    forest = RandomForestClassifier(50, random_state=0).fit(inputs[:1500], labels[:1500])
    chances = forest.predict_proba(inputs[1500:])[:, 1]
    assert (chances == 0).mean() > 0.2
    odds, labels = special.logit(np.clip(chances, 1e-12, 1 - 1e-12)), labels[1500:].astype(np.int64)
    fresh = slice(1000, None)
    before = mean_log_loss(labels[fresh], odds[fresh])
    for kind in ("temperature", "platt", AUTO):
        found = calibration.fit_calibration(kind, labels[:1000], odds[:1000])
        assert found.kind != "none"
        assert mean_log_loss(labels[fresh], found(odds[fresh])) < 0.8 * before
