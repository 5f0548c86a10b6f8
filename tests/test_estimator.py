"""The scikit-learn classifier."""

import json
import subprocess
import sys
from functools import partial
from typing import get_type_hints

import joblib
import numpy as np
import onnxruntime
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline as imblearn_pipeline
from scipy import special, stats
from sklearn import metrics
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import imbaloss
from imbaloss import ImbalancedClassifier
from imbaloss.data.resampling import BATCH_SAMPLERS, SAMPLERS
from imbaloss.estimator.packing import pack_value
from imbaloss.estimator.parameters import OWN_PARAMETERS, PARAMETERS
from imbaloss.learners import network_file
from imbaloss.losses import LossSpec

Quick = partial(ImbalancedClassifier, hidden=(20,), epochs=30, random_state=0)
COSTS = [[0.0, 1.0], [10.0, 0.0]]

ROUNDING = "of float32: 1e-8 where the check admits 1e-9; in float64, above, it passes"
THRESHOLD = "at a threshold other than 1/2 the decision is not the likelier class, which the check expects"


def explained(estimator: ImbalancedClassifier) -> dict[str, str]:
    """The checks that fail, and why."""
    if estimator.threshold != 0.5:
        return {"check_classifiers_train": THRESHOLD, "check_class_weight_classifiers": THRESHOLD}
    return {"check_sample_weight_equivalence_on_dense_data": ROUNDING} if estimator.precision == "float32" else {}


@parametrize_with_checks(
    [ImbalancedClassifier(precision="float64"), ImbalancedClassifier()],
    expected_failed_checks=explained,
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def table(samples: int = 600, classes: int = 2, seed: int = 0):
    """Train and test."""
    shares = [0.9] if classes == 2 else [0.8, 0.12]
    X, y = make_classification(
        2 * samples,
        10,
        n_informative=6,
        n_redundant=0,
        n_classes=classes,
        weights=shares,
        class_sep=1.5,
        random_state=seed,
    )
    return X[:samples], y[:samples], X[samples:], y[samples:]


@pytest.fixture(scope="module")
def data():
    return table()


@pytest.fixture(scope="module")
def three():
    return table(classes=3)


def auc(classifier, X, y) -> float:
    return metrics.roc_auc_score(y, classifier.predict_proba(X)[:, 1])


@pytest.mark.parametrize("loss", ["msfe", "mfe", "mse", "ce", "wce", "focal", "logit_adjusted", "auc_squared_hinge"])
def test_every_loss_learns_the_table(data, loss):
    X, y, X_test, y_test = data
    assert auc(Quick(loss, epochs=60, learning_rate=0.01).fit(X, y), X_test, y_test) > 0.9


@pytest.mark.parametrize("loss", ["msfe", "mfe", "ce", "wce", "focal/mean", "squared/worst_class"])
def test_several_classes(three, loss):
    X, y, X_test, y_test = three
    classifier = Quick(loss, epochs=60, learning_rate=0.01).fit(X, y)
    probabilities = classifier.predict_proba(X_test)
    assert probabilities.shape == (600, 3)
    np.testing.assert_allclose(probabilities.sum(1), 1)
    assert metrics.balanced_accuracy_score(y_test, classifier.predict(X_test)) > 0.6
    assert np.array_equal(classifier.decision_function(X_test).argmax(1), classifier.predict(X_test))


@pytest.mark.parametrize(
    "labels", [["ok", "fraud"], [False, True], [-1, 1], [7.0, 3.0], np.array(["no", "yes"], object)], ids=str
)
def test_classes_of_any_kind_come_back(data, labels):
    X, y, *_ = data
    named = np.asarray(labels)[y]
    classifier = Quick().fit(X, named)
    assert np.array_equal(classifier.classes_, np.unique(named))
    assert set(classifier.predict(X)) <= set(named)
    assert classifier.score(X, named) > 0.7


def test_a_data_frame_gives_its_names(data):
    X, y, *_ = data
    frame = pd.DataFrame(X, columns=[f"column {i}" for i in range(10)])
    classifier = Quick().fit(frame, pd.Series(y))
    assert list(classifier.feature_names_in_) == list(frame.columns)
    assert np.array_equal(classifier.predict_proba(frame), Quick().fit(X, y).predict_proba(X))
    with pytest.raises(ValueError, match="The feature names should match those that were passed during fit"):
        classifier.predict(frame.rename(columns={"column 0": "another"}))


def test_the_same_random_state_gives_the_same_bits_and_another_does_not(data):
    X, y, *_ = data
    first, again, other = (Quick(random_state=state, sampler="smote").fit(X, y).predict_proba(X) for state in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()
    state = np.random.RandomState(0)
    assert Quick(random_state=state).fit(X, y).predict_proba(X).shape == (600, 2)


def test_it_stands_in_the_tools_of_scikit_learn(data):
    X, y, *_ = data
    pipeline = make_pipeline(RobustScaler(), Quick(epochs=5))
    search = GridSearchCV(
        pipeline, {"imbalancedclassifier__loss": ["msfe", "ce"], "imbalancedclassifier__threshold": [0.5, "f1"]},
        scoring="average_precision", cv=3, n_jobs=2,
    ).fit(X, y)  # fmt: skip
    assert len(search.cv_results_["params"]) == 4
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    found = cross_validate(Quick(epochs=5), X, y, cv=3, scoring=["roc_auc", "f1"], return_estimator=True)
    assert len(found["estimator"]) == 3
    calibrated = CalibratedClassifierCV(Quick(epochs=5), cv=3).fit(X, y)
    assert calibrated.predict_proba(X).shape == (600, 2)
    resampled = imblearn_pipeline(SMOTE(random_state=0), Quick(epochs=5)).fit(X, y)
    assert resampled.predict(X).shape == (600,)
    voting = VotingClassifier([("a", Quick(epochs=5)), ("b", Quick("ce", epochs=5))], voting="soft").fit(X, y)
    assert voting.predict_proba(X).shape == (600, 2)


def test_a_clone_is_as_new_and_a_fitted_one_goes_through_joblib(data, tmp_path):
    X, y, *_ = data
    classifier = Quick("focal:gamma=1", hidden=(9, 4), costs=COSTS, class_weight={0: 1, 1: 3}).fit(X, y)
    copy = clone(classifier)
    assert copy.get_params() == classifier.get_params()
    with pytest.raises(NotFittedError):
        copy.predict(X)
    joblib.dump(classifier, tmp_path / "classifier.joblib")
    assert (
        joblib.load(tmp_path / "classifier.joblib").predict_proba(X).tobytes() == classifier.predict_proba(X).tobytes()
    )


def test_a_loss_spec_is_the_loss_of_its_text(data, tmp_path):
    X, y, *_ = data
    classifier = clone(Quick(LossSpec.parse("focal:gamma=1"))).fit(X, y)
    assert classifier.get_params()["loss"] == LossSpec.parse("focal:gamma=1")
    assert "loss=LossSpec(name='focal'" in repr(classifier)
    expected = Quick("focal:gamma=1").fit(X, y).predict_proba(X).tobytes()
    classifier.save(tmp_path)
    loaded = ImbalancedClassifier.load(tmp_path)
    assert loaded.loss == "focal:gamma=1"
    assert classifier.predict_proba(X).tobytes() == loaded.predict_proba(X).tobytes() == expected


def test_an_ensemble_is_the_mean_of_networks_with_the_next_random_states(data):
    X, y, X_test, _ = data
    together = Quick(n_networks=3, random_state=5).fit(X, y)
    each = [Quick(random_state=5 + k).fit(X, y) for k in range(3)]
    mean = np.mean([one.predict_proba(X_test) for one in each], axis=0)
    np.testing.assert_allclose(together.predict_proba(X_test), mean, atol=1e-5)
    assert len(together.loss_curves_) == 3
    np.testing.assert_allclose(together.loss_curve_, np.mean([one.loss_curve_ for one in each], axis=0), rtol=1e-4)


def test_each_network_of_an_ensemble_draws_its_own_samples(data):
    X, y, *_ = data
    together = Quick("ce", n_networks=3, sampler="random_under", random_state=5).fit(X, y)
    each = [Quick("ce", sampler="random_under", random_state=5 + k).fit(X, y).loss_curve_ for k in range(3)]
    np.testing.assert_allclose(together.loss_curves_, each, rtol=1e-4)


WORKING = [name for name in SAMPLERS if name != "kmeans_smote"]  # which finds no clusters in these data, and says so


@pytest.mark.parametrize("sampler", [*WORKING, *BATCH_SAMPLERS, "smote:ratio=0.5", "stratified_batches:fewest=20"])
def test_every_sampler_trains_and_gives_back_the_shares(data, sampler):
    """The mean probability is about the share of positives, although half of what a network saw was positive."""
    X, y, X_test, y_test = data
    classifier = Quick("ce", sampler=sampler, n_networks=2, epochs=60, learning_rate=0.005).fit(X, y)
    probabilities = classifier.predict_proba(X_test)[:, 1]
    assert metrics.roc_auc_score(y_test, probabilities) > 0.9
    assert probabilities.mean() == pytest.approx(y.mean(), abs=0.05)


def test_samplers_measure_distances_between_scaled_columns(data):
    """A column in other units, which would decide every distance, changes nothing."""
    X, y, *_ = data
    other = X * np.array([1e6] + [1] * 9)
    first, second = (Quick(sampler="smote").fit(some, y) for some in (X, other))
    np.testing.assert_allclose(first.predict_proba(X), second.predict_proba(other), atol=1e-4)


def test_columns_far_from_0_keep_their_digits(data):
    X, y, *_ = data
    np.testing.assert_allclose(
        Quick().fit(X + 1e7, y).predict_proba(X + 1e7), Quick().fit(X, y).predict_proba(X), atol=1e-3
    )


def test_sample_weights_say_how_often_a_sample_counts(data):
    X, y, *_ = data
    weights = np.random.default_rng(0).integers(0, 3, len(y))
    whole = partial(Quick, batch_size=10_000, precision="float64")
    for changes in (
        {}, {"class_weight": "balanced"}, {"loss": "ce", "n_networks": 2}, {"loss": "wce"}, {"loss": "logit_adjusted"},
        {"loss": "ce", "prevalence": 0.3}, {"loss": "focal", "prevalence": 0.3},
    ):  # fmt: skip
        weighed = whole(**changes).fit(X, y, sample_weight=weights)
        repeated = whole(**changes).fit(X.repeat(weights, 0), y.repeat(weights))
        np.testing.assert_allclose(weighed.predict_proba(X), repeated.predict_proba(X), rtol=1e-6)


def test_class_weights_are_those_of_the_loss(data):
    X, y, *_ = data
    share = float(y.mean())
    expected = Quick(f"ce:class_weights={0.5 / (1 - share)!r}:{0.5 / share!r}").fit(X, y).predict_proba(X)
    for weights in ("balanced", {0: 0.5 / (1 - share), 1: 0.5 / share}):
        np.testing.assert_allclose(Quick("ce", class_weight=weights).fit(X, y).predict_proba(X), expected, rtol=1e-6)
    np.testing.assert_allclose(Quick("wce").fit(X, y).predict_proba(X), expected, rtol=1e-5)
    by_cost = Quick("ce", class_weight="cost", costs=COSTS).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(Quick("ce", class_weight={0: 2 / 11, 1: 20 / 11}).fit(X, y).predict_proba(X), by_cost)


@pytest.mark.parametrize(
    ("rule", "score"),
    [
        ("f1", metrics.f1_score),
        ("balanced_accuracy", metrics.balanced_accuracy_score),
        ("mcc", metrics.matthews_corrcoef),
    ],
)
def test_a_threshold_by_a_rule_beats_one_half_by_it(data, rule, score):
    """Plain cross-entropy on a small network, soon stopped, calls nothing positive at 1/2."""
    X, y, X_test, y_test = data
    plain = Quick("ce", epochs=8).fit(X, y)
    moved = Quick("ce", epochs=8, threshold=rule).fit(X, y)
    assert moved.tuned_.low <= moved.threshold_ == moved.tuned_.threshold <= moved.tuned_.high
    assert score(y_test, moved.predict(X_test)) > score(y_test, plain.predict(X_test)) + 0.1
    decided = (moved.predict_proba(X_test)[:, 1] >= moved.threshold_).astype(int)
    assert np.array_equal(moved.predict(X_test), decided)
    assert np.array_equal(moved.decision_function(X_test) > 0, decided == 1)


def test_a_threshold_can_be_a_number_or_a_function(data):
    X, y, *_ = data
    assert Quick(threshold=0.2).fit(X, y).predict(X).sum() > Quick(threshold=0.8).fit(X, y).predict(X).sum()
    assert Quick(threshold=0.2).fit(X, y).tuned_ is None
    by_function = Quick("ce", threshold=metrics.f1_score).fit(X, y)
    assert by_function.threshold_ == Quick("ce", threshold="f1").fit(X, y).threshold_


def test_a_precision_that_is_asked_for_is_reached_where_it_was_tuned(data):
    X, y, *_ = data
    classifier = Quick("ce", epochs=60, threshold="recall_at_precision:precision=0.8").fit(X, y)
    assert 0 < classifier.tuned_.value <= 1
    noise = np.random.default_rng(0).normal(size=X.shape)
    hopeless = Quick("ce", epochs=2, threshold="recall_at_precision:precision=1", random_state=1)
    with pytest.raises(ValueError, match="no threshold reaches precision 1 on the samples by which it is chosen; the"):
        hopeless.fit(noise, y)


def test_costs_decide_and_are_told_in_their_unit(data):
    X, y, X_test, y_test = data
    plain = Quick("ce", epochs=60, costs=COSTS).fit(X, y)
    expected = metrics.confusion_matrix(y_test, plain.predict(X_test), normalize="all")
    assert plain.mean_cost(X_test, y_test) == pytest.approx((expected * np.array(COSTS)).sum())
    for changes in ({"threshold": "expected_cost"}, {"threshold": "cost"}, {"class_weight": "cost"}):
        assert Quick("ce", epochs=60, costs=COSTS, **changes).fit(X, y).mean_cost(X_test, y_test) < plain.mean_cost(
            X_test, y_test
        )
    by_costs = Quick("ce", costs=COSTS, threshold="expected_cost").fit(X, y)
    assert by_costs.threshold_ == pytest.approx(1 / 11)
    assert (
        Quick("ce", threshold="cost:fn=10").fit(X, y).threshold_
        == Quick("ce", threshold="cost", costs=COSTS).fit(X, y).threshold_
    )


def test_costs_decide_among_several_classes(three):
    X, y, X_test, _ = three
    costs = np.array([[0.0, 1, 1], [50, 0, 50], [1, 1, 0]])
    classifier = Quick("ce", costs=costs, threshold="expected_cost").fit(X, y)
    assert np.array_equal(classifier.predict(X_test), (classifier.predict_proba(X_test) @ costs).argmin(1))
    assert np.array_equal(classifier.decision_function(X_test).argmax(1), classifier.predict(X_test))
    assert (classifier.predict(X_test) == 1).sum() > (Quick("ce").fit(X, y).predict(X_test) == 1).sum()


@pytest.mark.parametrize(
    ("loss", "kind"),
    [("focal", "platt"), ("focal", "isotonic"), ("mfe", "platt"), ("mfe", "isotonic"), ("mfe", "auto")],
)
def test_calibrated_probabilities_are_truer(data, loss, kind):
    X, y, X_test, y_test = data
    classifiers = [Quick(loss, calibration=one, epochs=60, learning_rate=0.01).fit(X, y) for one in ("none", kind)]
    before, after = (metrics.brier_score_loss(y_test, one.predict_proba(X_test)[:, 1]) for one in classifiers)
    assert after < before
    assert np.isfinite(classifiers[1].decision_function(X_test)).all()


def test_a_prevalence_gives_the_probabilities_of_those_shares(data):
    """Trained on a tenth of positives, and used where half are; against one that is trained on half."""
    X, y, X_test, y_test = data
    positives = np.flatnonzero(y_test == 1)
    negatives = np.flatnonzero(y_test == 0)[: len(positives)]
    even = np.concatenate([positives, negatives])
    plain, moved = (Quick("ce", epochs=60, prevalence=share).fit(X, y) for share in (None, 0.5))
    odds = [special.logit(one.predict_proba(X_test[even])[:, 1].clip(1e-9, 1 - 1e-9)) for one in (plain, moved)]
    shift = np.log((1 - y.mean()) / y.mean())
    np.testing.assert_allclose(odds[1] - odds[0], shift, atol=1e-4)
    assert metrics.brier_score_loss(y_test[even], moved.predict_proba(X_test[even])[:, 1]) < metrics.brier_score_loss(
        y_test[even], plain.predict_proba(X_test[even])[:, 1]
    )
    for kind in ("temperature", "platt", "isotonic", "auto"):
        same = Quick("ce", epochs=60, prevalence=float(y.mean()), calibration=kind).fit(X, y)
        known = Quick("ce", epochs=60, calibration=kind).fit(X, y)
        np.testing.assert_allclose(same.predict_proba(X), known.predict_proba(X), atol=0.02)
        mean = (
            Quick("ce", epochs=60, prevalence=0.5, calibration=kind).fit(X, y).predict_proba(X_test[even])[:, 1].mean()
        )
        assert mean == pytest.approx(0.5, abs=0.1)


def test_platt_does_not_go_with_the_scale_of_the_weights(data):
    X, y, *_ = data
    one, other = (Quick("ce", calibration="platt").fit(X, y, np.full(600, scale)) for scale in (1.0, 0.001))
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), atol=1e-3)


def test_a_function_chooses_for_those_shares_too(data):
    X, y, *_ = data
    for share in (0.02, 0.6):
        by_name, by_function = (
            Quick("ce", threshold=rule, prevalence=share).fit(X, y) for rule in ("accuracy", metrics.accuracy_score)
        )
        assert by_name.threshold_ == by_function.threshold_


def test_values_that_overflow_the_network_are_refused(data):
    X, y, *_ = data
    with pytest.raises(ValueError, match="X has values so far from those of the fit that the network overflows"):
        Quick("ce").fit(X, y).predict_proba(X[:2] * 1e60)


def test_at_threshold_0_and_1_decisions_and_predictions_agree(data):
    X, y, *_ = data
    for threshold in (0.0, 1.0):
        classifier = Quick("ce", threshold=threshold, calibration="isotonic").fit(X, y)
        sure = np.isin(classifier.predict_proba(X)[:, 1], (0.0, 1.0)) & (threshold == 1.0)
        assert np.array_equal((classifier.decision_function(X) > 0)[~sure], (classifier.predict(X) == 1)[~sure])


def test_with_a_prevalence_a_threshold_is_chosen_for_those_shares(data):
    X, y, *_ = data
    rare, common = (Quick("ce", threshold="accuracy", prevalence=share).fit(X, y) for share in (0.02, 0.6))
    assert rare.predict(X).sum() < common.predict(X).sum()


def test_early_stopping_ends_sooner_and_keeps_the_best(data):
    X, y, X_test, y_test = data
    classifier = Quick("ce", epochs=2000, learning_rate=0.02, early_stopping=True, patience=5, n_networks=2).fit(X, y)
    assert classifier.n_iter_ < 500
    for losses, validation in zip(classifier.loss_curves_, classifier.validation_curves_, strict=True):
        assert len(losses) == len(validation) == int(np.argmin(validation)) + 6
    assert auc(classifier, X_test, y_test) > 0.9


def test_warm_start_goes_on(data):
    X, y, *_ = data
    classifier = Quick("ce", epochs=10, warm_start=True, n_networks=2).fit(X, y)
    first = classifier.loss_curve_
    second = classifier.fit(X, y).loss_curve_
    assert second[0] < first[-1] * 1.05 < first[0]
    classifier.set_params(hidden=(5,))
    with pytest.raises(ValueError, match="warm_start needs the networks of the last fit"):
        classifier.fit(X, y)
    classifier.set_params(hidden=(20,), scaling="unit")
    with pytest.raises(ValueError, match="warm_start needs the networks of the last fit: n_networks, scaling"):
        classifier.fit(X, y)
    classifier.set_params(scaling="standard")
    with pytest.raises(ValueError, match="warm_start needs the classes of the last fit"):
        classifier.fit(X, np.where(y, "a", "b"))
    with pytest.raises(ValueError, match="X has 9 features, but ImbalancedClassifier is expecting 10"):
        classifier.fit(X[:, :9], y)
    cold = Quick("ce", epochs=10).fit(X, y)
    assert cold.fit(X, y).loss_curve_ == cold.loss_curve_ == Quick("ce", epochs=10).fit(X, y).loss_curve_


def test_verbose_tells_the_loss(data, capsys):
    X, y, *_ = data
    classifier = Quick(verbose=10).fit(X, y)
    assert capsys.readouterr().out.splitlines()[1] == f"epoch 20 of 30: loss {classifier.loss_curve_[19]:.6g}"
    Quick().fit(X, y)
    assert not capsys.readouterr().out


SETTINGS = {
    "plain": {},
    "ensemble": {"n_networks": 3, "loss": "focal:gamma=1", "sampler": "smote"},
    "tuned": {"threshold": "f1", "calibration": "isotonic", "early_stopping": True, "prevalence": 0.2},
    "costs": {"threshold": "cost", "costs": np.array(COSTS), "class_weight": {"ok": 1.0, "rare": 2.0}},
    "numbers of other kinds": {
        "hidden": np.array([5, 4]),
        "epochs": np.int64(3),
        "batch_size": np.int64(32),
        "patience": np.int64(2),
        "costs": pd.DataFrame(COSTS),
        "prevalence": pd.Series([0.9, 0.1]),
        "learning_rate": np.float32(0.01),
    },
    "function": {"threshold": metrics.f1_score, "precision": "float64", "random_state": np.random.RandomState(0)},
}


def test_saved_and_loaded_in_a_fresh_process_it_is_the_same_bit_for_bit(data, tmp_path):
    X, y, X_test, _ = data
    frame, test = (pd.DataFrame(some, columns=[f"c{i}" for i in range(10)]) for some in (X, X_test))
    expected = b""
    for name, settings in SETTINGS.items():
        classifier = Quick(**settings).fit(frame, np.array(["ok", "rare"])[y])
        classifier.save(tmp_path / name)
        found = [classifier.predict_proba(test), classifier.decision_function(test), classifier.predict(test)]
        expected += b"".join(one.tobytes() for one in found)
    test.to_pickle(tmp_path / "test.pickle")
    code = (
        "import sys, pathlib, pandas as pd\n"
        "from imbaloss import ImbalancedClassifier\n"
        "folder, names = pathlib.Path(sys.argv[1]), sys.argv[2:]\n"
        "X = pd.read_pickle(folder / 'test.pickle')\n"
        "for name in names:\n"
        "    one = ImbalancedClassifier.load(folder / name)\n"
        "    for said in (one.predict_proba(X), one.decision_function(X), one.predict(X)):\n"
        "        sys.stdout.buffer.write(said.tobytes())\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path), *SETTINGS]
    assert subprocess.run(command, check=True, capture_output=True).stdout == expected


@pytest.mark.parametrize("name", SETTINGS)
def test_a_loaded_one_knows_what_the_saved_one_knew(data, tmp_path, name):
    X, y, *_ = data
    classifier = Quick(**SETTINGS[name]).fit(X, np.array(["ok", "rare"])[y])
    classifier.save(tmp_path)
    loaded = ImbalancedClassifier.load(tmp_path)
    parameters = loaded.get_params()
    for key, value in classifier.get_params().items():
        if callable(value):
            assert parameters[key] == classifier.threshold_
        elif not isinstance(value, np.random.RandomState):
            assert np.array_equal(parameters[key], value), key
    assert loaded.tuned_ == classifier.tuned_ or np.isnan(classifier.tuned_.low)
    assert loaded.loss_curve_ == classifier.loss_curve_
    assert loaded.n_features_in_ == 10
    again = clone(loaded).fit(X, np.array(["ok", "rare"])[y])
    assert set(again.predict(X)) <= {"ok", "rare"}


def test_a_file_of_something_else_is_refused(data, tmp_path):
    X, y, *_ = data
    classifier = Quick().fit(X, y)
    file = classifier.save(tmp_path)
    file.write_bytes(file.read_bytes().replace(b"msfe", b"mfse"))
    with pytest.raises(ValueError, match="was changed after it was written"):
        ImbalancedClassifier.load(tmp_path)
    network_file.save(classifier.model_, tmp_path, {"of": "a study"})
    with pytest.raises(ValueError, match="holds a model, but not that of an ImbalancedClassifier"):
        ImbalancedClassifier.load(tmp_path)
    facts = {"parameters": pack_value({}), "attributes": pack_value({"tuned_": None, "predict": 3})}
    network_file.save(classifier.model_, tmp_path, {"classifier": facts})
    with pytest.raises(
        ValueError, match="holds no classifier that imbaloss has written: attributes of the fit are missing"
    ):
        ImbalancedClassifier.load(tmp_path)
    for of_classifier in (None, {}, {"parameters": pack_value({"rate": 1}), "attributes": pack_value({})}):
        network_file.save(classifier.model_, tmp_path, {"classifier": of_classifier})
        with pytest.raises(ValueError, match="holds no classifier that imbaloss has written"):
            ImbalancedClassifier.load(tmp_path)
    assert ImbalancedClassifier.load(classifier.save(tmp_path)).n_iter_ == 30  # what save returned
    with pytest.raises(NotFittedError):
        Quick().save(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_the_file_says_in_json_what_it_is(data, tmp_path):
    X, y, *_ = data
    content = Quick().fit(X, y).save(tmp_path).read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]["imbaloss"]
    assert json.loads(header)["facts"]["classifier"]["parameters"]["mapping"][0][0] == "activation"


@pytest.mark.parametrize("name", ["plain", "ensemble", "tuned"])
def test_the_onnx_file_says_the_same(data, tmp_path, name):
    X, y, X_test, _ = data
    classifier = Quick(**SETTINGS[name]).fit(X, y)
    session = onnxruntime.InferenceSession(classifier.to_onnx(tmp_path / "classifier.onnx"))
    probabilities, decisions = session.run(None, {"X": X_test})
    np.testing.assert_allclose(probabilities, classifier.predict_proba(X_test), atol=1e-5)
    near = np.abs(probabilities[:, 1] - classifier.threshold_) < 1e-5
    assert np.array_equal(classifier.classes_[decisions][~near], classifier.predict(X_test)[~near])


def test_the_onnx_file_of_several_classes_decides_by_costs(three, tmp_path):
    X, y, X_test, _ = three
    costs = [[0, 1, 1], [50, 0, 50], [1, 1, 0]]
    for changes in ({}, {"threshold": "expected_cost"}):
        classifier = Quick("ce", costs=costs, **changes).fit(X, y)
        session = onnxruntime.InferenceSession(classifier.to_onnx(tmp_path / "classifier.onnx"))
        assert np.array_equal(session.run(None, {"X": X_test})[1], classifier.predict(X_test))


@pytest.mark.parametrize(
    "changes", [{"sampler": "random_over"}, {"sampler": "smote"}, {"sampler": "balanced_batches"}, {}]
)
@pytest.mark.parametrize("how", [{"threshold": "f1"}, {"calibration": "isotonic"}, {"early_stopping": True}])
def test_nothing_leaks_from_the_part_that_is_put_aside(changes, how):
    """Labels without any signal. Repeated or interpolated samples of the validation part, if they were trained on,
    would be known there: a network with room for all would be sure of them, and calibrated probabilities with it."""
    generator = np.random.default_rng(0)
    X, y = generator.normal(size=(300, 50)), (generator.random(300) < 0.2).astype(int)
    scores = cross_val_score(
        ImbalancedClassifier("ce", epochs=40, learning_rate=0.01, random_state=0, **changes, **how), X, y,
        cv=StratifiedKFold(5, shuffle=True, random_state=0), scoring="roc_auc",
    )  # fmt: skip
    assert stats.ttest_1samp(scores, 0.5).pvalue > 0.01
    classifier = ImbalancedClassifier("ce", epochs=40, learning_rate=0.01, random_state=0, **changes, **how).fit(X, y)
    if classifier.tuned_:
        assert classifier.tuned_.value < 0.55  # F1, of which calling all positive gives 1/3
    if classifier.model_.calibration.kind != "none":
        _, after = np.split(np.array(classifier.model_.calibration.numbers[0]), 2)
        assert after.max() <= 0.75
    if classifier.validation_curves_[0]:
        assert min(classifier.validation_curves_[0]) > 0.4  # the entropy of 0.2 is 0.50


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"loss": "msf"}, r"there is no loss 'msf' \(did you mean"),
        ({"loss": "focal/none"}, "focal/none gives a number for each sample; a training needs one number"),
        ({"loss": "ldam_drw", "epochs": 5}, "ldam_drw changes after"),
        ({"sampler": "smite"}, r"there is no sampler 'smite' \(did you mean 'smote'\?\)"),
        (
            {"sampler": "stratified_batches:fewest=200"},
            "batches of 256 are too small for 200 or more",
        ),
        ({"threshold": "f2"}, "there is no rule for a threshold 'f2'"),
        ({"threshold": 1.5}, "threshold must be a probability, a rule or a function, found 1.5"),
        ({"threshold": float("nan")}, "threshold must be a probability, a rule or a function, found nan"),
        ({"threshold": "cost"}, " takes costs, a matrix with a row for each true class"),
        ({"threshold": "expected_cost"}, " takes costs, a matrix with a row for each true class"),
        ({"class_weight": "cost"}, " takes costs, a matrix with a row for each true class"),
        ({"threshold": "cost:fn=3", "costs": COSTS}, "costs are given twice, also in the threshold 'cost:fn=3'"),
        ({"costs": [[0, 1]]}, r"costs must have shape \(2, 2\)"),
        ({"costs": [[0, -1], [1, 0]]}, "costs must be finite and >= 0, found -1 in row 0, column 1"),
        ({"class_weight": "balance"}, "class_weight must be None, balanced, cost or a dict, found 'balance'"),
        ({"class_weight": {2: 1}}, r"class_weight names 2, which is no class of y: \[0, 1\]"),
        ({"class_weight": {1: -1}}, "class_weight must be finite and >= 0, found -1 for 1"),
        ({"class_weight": "cost", "threshold": "expected_cost", "costs": COSTS}, "costs count once"),
        ({"loss": None}, "loss must be a text or a LossSpec, found None"),
        ({"sampler": None}, "sampler must be a text, found None"),
        ({"calibration": None}, "calibration must be a text, found None"),
        ({"epochs": None}, "epochs must be a whole number, found None"),
        ({"epochs": 2.5}, "epochs must be a whole number, found 2.5"),
        ({"epochs": "10"}, "epochs must be a whole number, found '10'"),
        ({"n_networks": 2.0}, "n_networks must be a whole number, found 2.0"),
        ({"learning_rate": "0.1"}, "learning_rate must be a number, found '0.1'"),
        ({"early_stopping": "no"}, "early_stopping must be True or False, found 'no'"),
        ({"verbose": -1}, "verbose must be 0 or more, found -1"),
        ({"hidden": 5}, "hidden must be whole numbers, one for each hidden layer, found 5"),
        ({"hidden": (5.5,)}, r"hidden must be whole numbers, one for each hidden layer, found \(5.5,\)"),
        ({"batch_size": 16.0}, "batch_size must be auto or a whole number, found 16.0"),
        ({"threshold": True}, "threshold must be a probability, a rule or a function, found True"),
        ({"threshold": None}, "threshold must be a probability, a rule or a function, found None"),
        ({"prevalence": "0.5"}, "prevalence must be a share, or one for each class, found '0.5'"),
        ({"prevalence": 0.5, "loss": "soft_f1"}, "prevalence is for losses that teach shares"),
        ({"class_weight": "balanced", "loss": "ce:class_weights=1:9"}, "class weights are given twice"),
        ({"calibration": "plat"}, r"there is no calibration 'plat' \(did you mean 'platt'\?\)"),
        ({"prevalence": 1.5}, "prevalence must be above 0 and below 1"),
        ({"activation": "gelu"}, "there is no activation 'gelu'"),
        ({"optimizer": "lion"}, "there is no optimizer 'lion'"),
        ({"learning_rate": 0}, "learning_rate must be above 0 and finite, found 0"),
        ({"batch_size": 0}, "batch_size must be 1 or more, found 0"),
        ({"batch_size": "many"}, "batch_size must be auto or a whole number, found 'many'"),
        ({"epochs": 0}, "epochs must be 1 or more, found 0"),
        ({"hidden": (0,)}, "hidden widths must be 1 to"),
        ({"n_networks": 0}, "n_networks must be 1 or more, found 0"),
        ({"patience": 0, "early_stopping": True}, "patience must be 1 or more, found 0"),
        ({"validation_fraction": 1.0}, "validation_fraction must be above 0 and below 1, found 1.0"),
        ({"device": "tpu"}, "device must be cpu, cuda or cuda:N, found 'tpu'"),
        ({"precision": "float16"}, "there is no precision 'float16'"),
        ({"scaling": "robust"}, "there is no scaling 'robust'; there are unit, standard"),
        ({"activation": 1}, "activation must be a text, found 1"),
        ({"early_stopping": 1}, "early_stopping must be True or False, found 1"),
        ({"epochs": True}, "epochs must be a whole number, found True"),
        ({"n_networks": np.int64(0)}, "n_networks must be 1 or more, found 0"),
        ({"hidden": "5"}, "hidden must be whole numbers, one for each hidden layer, found '5'"),
        ({"momentum": 0.5}, "adam takes no momentum; sgd does"),
        ({"momentum": 1, "optimizer": "sgd"}, "momentum must be from 0 to below 1, found 1"),
    ],
)
def test_another_parameter_is_refused_in_one_sentence(data, changes, sentence):
    X, y, *_ = data
    with pytest.raises(ValueError, match=sentence) as refused:
        Quick(**changes).fit(X, y)
    assert "\n" not in str(refused.value)


def test_the_tables_of_parameters_agree_with_the_signature():
    hints = get_type_hints(ImbalancedClassifier.__init__)
    assert PARAMETERS.keys() == ImbalancedClassifier().get_params().keys()
    assert {name: hints[name] for name in OWN_PARAMETERS} == {name: one.type for name, one in OWN_PARAMETERS.items()}
    for name in PARAMETERS.keys() - OWN_PARAMETERS.keys():
        assert hints[name] is PARAMETERS[name].kind, name


def test_the_docstring_has_the_help_and_default_of_each_parameter_and_every_attribute(data):
    X, y, *_ = data
    documented = " ".join(ImbalancedClassifier.__doc__.split())
    for name, default in ImbalancedClassifier().get_params().items():
        entry = PARAMETERS[name].entry
        assert f" {name} : default={default!r} {entry.in_python or entry.help} " in documented
    attributes = [name for name in vars(Quick(epochs=1).fit(pd.DataFrame(X).add_prefix("c"), y)) if name.endswith("_")]
    assert len(attributes) == 11
    assert all(f" {name} : " in documented for name in attributes)


@pytest.mark.parametrize(
    ("classes", "changes", "sentence"),
    [
        ([0] * 20, {}, r"y must have samples of two classes or more, found one class, \[0\]"),
        ([0] * 19 + [1], {"threshold": "f1"}, "class 1 has one sample; threshold, calibration or early stopping take"),
        ([0] * 19 + [1], {"calibration": "platt"}, "class 1 has one sample"),
        ([0] * 19 + [1], {"sampler": "smote"}, "sampler smote needs 6 or more of each class to train on, found 1"),
        (
            [0, 1, 2, 2] * 5,
            {"threshold": "f1"},
            "a threshold is for two classes, and y has 3: take 0.5 or expected_cost",
        ),
        ([0, 1, 2, 2] * 5, {"threshold": 0.3}, "a threshold is for two classes"),
        ([0, 1, 2, 2] * 5, {"loss": "asymmetric"}, "asymmetric error needs one logit a target"),
        ([0, 1, 2, 2] * 5, {"costs": COSTS}, r"costs must have shape \(3, 3\)"),
        ([0, 1, 2, 2] * 5, {"prevalence": 0.1}, "prevalence must be one share for each of 3 classes"),
        ([0.1, 0.7] * 10, {}, "Unknown label type"),
    ],
)
def test_samples_that_cannot_be_learned_from_are_refused(classes, changes, sentence):
    X = np.random.default_rng(0).normal(size=(20, 3))
    with pytest.raises(ValueError, match=sentence):
        Quick(**changes).fit(X, classes)


def test_one_positive_is_enough_where_nothing_is_put_aside():
    X = np.random.default_rng(0).normal(size=(20, 3))
    assert Quick().fit(X, [0] * 19 + [1]).predict_proba(X).shape == (20, 2)


def test_sample_weights_go_not_with_samplers_that_make_samples(data):
    X, y, *_ = data
    with pytest.raises(ValueError, match="sampler smote makes new samples, which have no sample weight"):
        Quick(sampler="smote").fit(X, y, sample_weight=np.ones(len(y)))
    assert Quick(sampler="random_over").fit(X, y, sample_weight=np.ones(len(y)))


def test_a_training_that_diverges_says_so(data):
    X, y, *_ = data
    with pytest.raises(FloatingPointError, match=r"network 0: .* try a smaller learning_rate"):
        Quick("ce", optimizer="sgd", learning_rate=1e30).fit(X, y)


def test_a_cost_needs_classes_that_were_seen(data):
    X, y, *_ = data
    with pytest.raises(ValueError, match=r"y must be of the classes \[0, 1\]"):
        Quick(costs=COSTS).fit(X, y).mean_cost(X, y + 1)
    with pytest.raises(ValueError, match="costs must have shape"):
        Quick().fit(X, y).mean_cost(X, y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        Quick(costs=COSTS).fit(X, y).mean_cost(X, y[:5])
    with pytest.raises(NotFittedError):
        Quick(costs=COSTS).mean_cost(X, y)


def test_prototypes_of_a_table(data):
    """Another network than the default one; it is saved, goes on from its weights, and is not for images."""
    X, y, *_ = data
    classifier = Quick(network="prototype:per_class=2", learning_rate=0.01).fit(X, y)
    assert classifier.score(X, y) > 0.9
    assert classifier.model_.network.prototypes.shape == (1, 2, 2, 16)
    assert clone(classifier).get_params()["network"] == "prototype:per_class=2"
    with pytest.raises(ValueError, match="network must be mlp or prototype, for columns, found 'cnn'"):
        Quick(network="cnn").fit(X, y)
    with pytest.raises(ValueError, match=r"there is no network 'prototyp' \(did you mean 'prototype'\?\)"):
        Quick(network="prototyp").fit(X, y)


def test_it_is_in_the_shop_window():
    assert imbaloss.ImbalancedClassifier is ImbalancedClassifier
    assert "ImbalancedClassifier" in dir(imbaloss)
