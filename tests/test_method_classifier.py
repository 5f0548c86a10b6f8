"""Any method as a scikit-learn classifier."""

import pickle
import subprocess
import sys
from functools import partial
from typing import get_type_hints

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import stats
from sklearn import metrics
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict, cross_val_score, cross_validate
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import imbaloss
from imbaloss import MethodClassifier
from imbaloss.estimator.parameters import METHOD_PARAMETERS, PARAMETERS

Boosted = partial(MethodClassifier, "lightgbm:num_iterations=40", settings=2, random_state=0)
Linear = partial(MethodClassifier, "logistic_regression", random_state=0)
COSTS = [[0.0, 1.0], [10.0, 0.0]]
VALIDATION = "the validation part is drawn by rows: a row of weight 2 is in one part, two rows may be in both"


def explained(_: MethodClassifier) -> dict[str, str]:
    """The checks that fail, and why."""
    return {"check_sample_weight_equivalence_on_dense_data": VALIDATION}


@parametrize_with_checks(
    [MethodClassifier(), Linear(threshold=0.5), MethodClassifier("ce", threshold=0.5, settings=1)],
    expected_failed_checks=explained,
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def data():
    """Train and test."""
    X, y = make_classification(1200, 10, n_informative=6, n_redundant=0, weights=[0.85], class_sep=1.5, random_state=0)
    return X[:600], y[:600], X[600:], y[600:]


@pytest.mark.parametrize(
    "method",
    [
        "lightgbm",
        "lightgbm:num_leaves=4 + smote",
        "logistic_regression",
        "balanced_random_forest:n_estimators=20",
        "sklearn.svm:LinearSVC",
        "focal:gamma=1",
        "ce + random_under",
        KNeighborsClassifier(15),
    ],
    ids=str,
)
def test_methods_of_every_kind_learn_the_table(data, method):
    X, y, X_test, y_test = data
    classifier = MethodClassifier(method, settings=2, random_state=0).fit(X, y)
    probabilities = classifier.predict_proba(X_test)
    np.testing.assert_allclose(probabilities.sum(1), 1)
    assert metrics.average_precision_score(y_test, probabilities[:, 1]) > 0.8
    assert metrics.f1_score(y_test, classifier.predict(X_test)) > 0.7
    assert probabilities[:, 1].mean() == pytest.approx(y_test.mean(), abs=0.06)  # calibrated, a sampler or not
    assert np.array_equal(classifier.decision_function(X_test) >= 0, classifier.predict(X_test) == 1)


@pytest.mark.parametrize("labels", [["ok", "fraud"], [False, True], [-1, 1], np.array(["no", "yes"], object)], ids=str)
def test_classes_of_any_kind_come_back(data, labels):
    X, y, *_ = data
    named = np.asarray(labels)[y]
    classifier = Linear().fit(X, named)
    assert np.array_equal(classifier.classes_, np.unique(named))
    assert set(classifier.predict(X)) == set(named)
    assert classifier.score(X, named) > 0.7


@pytest.mark.parametrize("method", ["lightgbm", "random_forest:n_estimators=5", "ce"])
def test_the_same_random_state_gives_the_same_bits_and_another_does_not(data, method):
    X, y, *_ = data
    first, again, other = (
        MethodClassifier(method, settings=1, random_state=state).fit(X, y).predict_proba(X) for state in (1, 1, 2)
    )
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_it_tells_what_it_chose_and_by_which_score(data):
    X, y, *_ = data
    classifier = MethodClassifier(random_state=0, settings=3, optimize="roc_auc").fit(X, y)
    assert classifier.setting_.keys() == {"learning_rate", "num_leaves", "min_data_in_leaf"}
    tried = {tuple(each.setting.to_dict().values()): each.score for each in classifier.tuning_.candidates}
    assert len(tried) == 3
    assert max(tried, key=tried.get) == tuple(classifier.setting_.values())
    assert classifier.tuning_.by == "roc_auc"
    assert len(MethodClassifier("lightgbm", settings=1).fit(X, y).tuning_.candidates) == 1
    assert MethodClassifier(KNeighborsClassifier()).fit(X, y).setting_ == {}


def test_the_chosen_model_is_the_one_of_its_setting_alone(data):
    X, y, *_ = data
    chosen = Linear().fit(X, y)
    alone = MethodClassifier(f"logistic_regression:C={chosen.setting_['C']}", random_state=0).fit(X, y)
    assert alone.predict_proba(X).tobytes() == chosen.predict_proba(X).tobytes()


def test_a_threshold_is_a_rule_a_number_or_a_function(data):
    X, y, *_ = data
    by_name = Linear(threshold="balanced_accuracy").fit(X, y)
    by_function = Linear(threshold=metrics.balanced_accuracy_score).fit(X, y)
    assert by_name.threshold_ == by_name.tuned_.threshold == pytest.approx(by_function.threshold_)
    fixed = Linear(threshold=0.3).fit(X, y)
    assert (fixed.threshold_, fixed.tuned_) == (0.3, None)
    assert np.array_equal(fixed.predict(X) == 1, fixed.predict_proba(X)[:, 1] >= 0.3)


def test_costs_decide_and_choose(data):
    X, y, X_test, y_test = data
    plain = Linear(threshold=0.5, costs=COSTS).fit(X, y)
    for threshold in ("cost", "expected_cost"):
        cheaper = Linear(threshold=threshold, costs=COSTS, optimize="cost").fit(X, y)
        assert cheaper.mean_cost(X_test, y_test) < plain.mean_cost(X_test, y_test)
        assert cheaper.tuning_.by == "cost"
        assert all(-1 < each.score < 0 for each in cheaper.tuning_.candidates)
    assert cheaper.threshold_ == pytest.approx(1 / 11)
    by_text = Linear(threshold="cost:fn=10,fp=1").fit(X, y)
    by_matrix = Linear(costs=COSTS).fit(X, y)
    named = Linear(threshold="cost", costs=COSTS, optimize="cost").fit(X, y)
    assert by_text.threshold_ == by_matrix.threshold_ == named.threshold_
    assert by_text.tuning_ == by_matrix.tuning_ == named.tuning_
    assert (plain.tuning_.by, Linear().fit(X, y).tuning_.by) == ("cost", "average_precision")


@pytest.mark.parametrize("method", ["wce", "balanced_random_forest:n_estimators=50"])
def test_calibrated_probabilities_are_truer(data, method):
    X, y, X_test, y_test = data
    losses = [
        metrics.log_loss(y_test, MethodClassifier(
            method, calibration=kind, settings=1, random_state=0
        ).fit(X, y).predict_proba(X_test))
        for kind in ("none", "auto")
    ]  # fmt: skip
    assert losses[1] < losses[0]


def test_sample_weights_count_and_0_leaves_out(data):
    X, y, *_ = data
    scaled = partial(MethodClassifier, make_pipeline(StandardScaler(), LogisticRegression()), random_state=0)
    for make in (Boosted, Linear, scaled):
        weights = np.ones(len(y))
        weights[:50] = 0
        without = make().fit(X[50:], y[50:], sample_weight=weights[50:])
        assert make().fit(X, y, sample_weight=weights).predict_proba(X).tobytes() == without.predict_proba(X).tobytes()
        heavy = make(calibration="none").fit(X, y, sample_weight=np.where(y == 1, 10.0, 1.0))
        plain = make(calibration="none").fit(X, y)
        assert heavy.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.05
    with pytest.raises(ValueError, match=r"KNeighborsClassifier.* could not be fitted: it takes no sample weights"):
        MethodClassifier(KNeighborsClassifier()).fit(X, y, sample_weight=np.ones(len(y)))


def mixed(rows: int = 400) -> tuple[pd.DataFrame, np.ndarray]:
    """A number that lacks values, and categories of three types that tell the class together."""
    generator = np.random.default_rng(0)
    y = (generator.random(rows) < 0.3).astype(int)
    frame = pd.DataFrame({
        "number": np.where(generator.random(rows) < 0.2, np.nan, generator.normal(size=rows)),
        "object": np.array(["a", "b", "c"], object)[np.where(generator.random(rows) < 0.7, y, 2)],
        "category": pd.Categorical(np.where(generator.random(rows) < 0.7, y + 5, 9), categories=[9, 6, 5, 4]),
        "text": pd.array(np.where(generator.random(rows) < 0.5, "x", "z"), dtype="str"),
        "flag": generator.random(rows) < 0.5,
    })  # fmt: skip
    frame.loc[::17, "object"] = None
    return frame, y


def test_boosted_trees_take_categories_text_and_missing_values():
    X, y = mixed()
    classifier = Boosted().fit(X[:300], y[:300])
    assert {place: values.tolist() for place, values in classifier.categories_.items()} == {
        1: ["a", "b", "c"], 2: [9, 6, 5], 3: ["x", "z"],
    }  # fmt: skip
    assert metrics.roc_auc_score(y[300:], classifier.predict_proba(X[300:])[:, 1]) > 0.85
    assert "cat_threshold=" in classifier.model_.predictor.text  # a tree splits by the codes as categories


def test_objects_that_are_all_numbers_are_no_categories(data):
    X, y, *_ = data
    objects = pd.DataFrame(X).astype(object)
    objects.loc[0, 0] = None
    boosted = Boosted().fit(objects, y)
    assert boosted.categories_ == {}
    assert np.array_equal(boosted.predict_proba(objects), Boosted().fit(objects.astype(float), y).predict_proba(X))
    assert Linear().fit(objects[1:], y[1:]).categories_ == {}


@pytest.mark.parametrize("kind", ["datetime64[ns]", "timedelta64[ns]"])
def test_times_are_refused_by_the_name_of_their_column(data, kind):
    X, y, *_ = data
    frame = pd.DataFrame({"hours": X[:, 0], "when": np.arange(len(X)).astype(kind)})
    with pytest.raises(ValueError, match="column 'when' holds times: give numbers"):
        Boosted().fit(frame, y)


def test_a_value_that_the_fit_did_not_see_counts_as_missing():
    X, y = mixed()
    classifier = Boosted().fit(X, y)
    unknown, missing = (X.assign(object=value, text=None).astype({"object": object}) for value in ("new", None))
    assert classifier.predict_proba(unknown).tobytes() == classifier.predict_proba(missing).tobytes()
    again = X.assign(category=X["category"].cat.set_categories([4, 5, 6, 9, 11]), text=X["text"].astype("category"))
    assert classifier.predict_proba(again).tobytes() == classifier.predict_proba(X).tobytes()


def test_categories_are_refused_in_one_sentence_where_the_learner_takes_none():
    X, y = mixed()
    for method in ("logistic_regression", "ce", "lightgbm + smote"):
        with pytest.raises(
            ValueError, match=r"takes numbers alone: encode the categories of 'object', 'category', 'text'"
        ):
            MethodClassifier(method).fit(X, y)
        with pytest.raises(ValueError, match="contains NaN"):
            MethodClassifier(method).fit(X[["number"]], y)
    with pytest.raises(
        ValueError, match="X must be a DataFrame of pandas as in the fit, which saw columns of categories"
    ):
        Boosted().fit(X, y).predict(X.to_numpy())
    with pytest.raises(ValueError, match="The feature names should match those that were passed during fit"):
        Boosted().fit(X, y).predict(X[["number", "object"]])


def test_columns_far_from_0_keep_their_digits(data):
    X, y, X_test, y_test = data
    for method in ("lightgbm", "logistic_regression", "ce + smote"):
        classifier = MethodClassifier(method, settings=1, random_state=0).fit(X + 1e6, y)
        assert metrics.roc_auc_score(y_test, classifier.predict_proba(X_test + 1e6)[:, 1]) > 0.9


def test_it_stands_in_the_tools_of_scikit_learn(data):
    X, y, *_ = data
    methods = ["logistic_regression", "lightgbm:num_iterations=20", KNeighborsClassifier(9)]
    search = GridSearchCV(
        MethodClassifier(settings=1, random_state=0), {"method": methods, "threshold": ["f1", 0.5]},
        scoring="average_precision", cv=3,
    ).fit(X, y)  # fmt: skip
    assert search.best_score_ > 0.8
    assert len(search.cv_results_["params"]) == 6
    inner = GridSearchCV(
        MethodClassifier(LogisticRegression(), settings=1, random_state=0), {"method__C": [1e-4, 1.0]}, cv=3
    ).fit(X, y)
    assert inner.best_params_ == {"method__C": 1.0}
    pipeline = make_pipeline(StandardScaler(), Linear()).set_output(transform="pandas")
    frame = pd.DataFrame(X).add_prefix("c")
    assert pipeline.fit(frame, y)[-1].feature_names_in_.tolist() == frame.columns.tolist()
    assert cross_validate(pipeline, X, y, cv=3, scoring=["f1", "roc_auc"])["test_roc_auc"].min() > 0.8
    assert cross_val_predict(Boosted(), X, y, cv=3, method="predict_proba").shape == (600, 2)
    assert CalibratedClassifierCV(Linear(), cv=3).fit(X, y).predict_proba(X).shape == (600, 2)


def test_sample_weights_are_routed(data):
    X, y, *_ = data
    heavy = {"sample_weight": np.where(y == 1, 10.0, 1.0)}
    with sklearn.config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, Linear().set_fit_request(sample_weight=True))
        plain, weighted = (
            cross_val_predict(pipeline, X, y, cv=3, method="predict_proba", params=params)[:, 1].mean()
            for params in ({}, heavy)
        )
    assert weighted > plain + 0.05


def test_a_clone_is_as_new_and_a_fitted_one_goes_through_pickle(data):
    X, y, *_ = data
    for method in ("lightgbm", "ce", ExtraTreesClassifier(5)):
        classifier = MethodClassifier(method, settings=1, random_state=0).fit(X, y)
        unfitted = clone(classifier)
        assert repr(unfitted) == repr(classifier)
        with pytest.raises(NotFittedError):
            unfitted.predict(X)
        assert (
            pickle.loads(pickle.dumps(classifier)).predict_proba(X).tobytes() == classifier.predict_proba(X).tobytes()
        )
    assert isinstance(method, ExtraTreesClassifier)
    assert not hasattr(method, "classes_")  # the object that was given stays as it is


def test_a_fresh_process_predicts_the_same_bits(data, tmp_path):
    X, y, *_ = data
    classifier = Boosted().fit(X, y)
    (tmp_path / "classifier").write_bytes(pickle.dumps((classifier, X)))
    code = (
        "import pickle, sys, pathlib\n"
        "classifier, X = pickle.loads(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "sys.stdout.buffer.write(classifier.predict_proba(X).tobytes())"
    )
    told = subprocess.run([sys.executable, "-c", code, tmp_path / "classifier"], check=True, capture_output=True).stdout
    assert told == classifier.predict_proba(X).tobytes()


def test_a_fit_that_fails_leaves_the_last_one(data):
    X, y, *_ = data
    classifier = Linear().fit(X, y)
    before = classifier.predict_proba(X)
    with pytest.raises(ValueError, match="one class"):
        classifier.fit(X, np.zeros(len(y)))
    with pytest.raises(ValueError, match="there is no"):
        classifier.set_params(method="lightgmb").fit(X, y)
    assert classifier.predict_proba(X).tobytes() == before.tobytes()


@pytest.mark.parametrize("method", ["lightgbm", "lightgbm + smote", "random_forest:n_estimators=30 + random_over"])
def test_nothing_leaks_from_the_part_that_is_put_aside(method):
    """Labels without any signal: of the validation part a threshold and a calibration learn the share, and no more."""
    generator = np.random.default_rng(0)
    X, y = generator.normal(size=(300, 50)), (generator.random(300) < 0.2).astype(int)
    make = partial(MethodClassifier, method, settings=1, random_state=0)
    scores = cross_val_score(make(), X, y, cv=StratifiedKFold(5, shuffle=True, random_state=0), scoring="roc_auc")
    assert stats.ttest_1samp(scores, 0.5).pvalue > 0.01
    assert make().fit(X, y).tuned_.value < 0.55  # F1, of which calling all positive gives 1/3


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"method": "lightgmb"}, "there is no"),
        ({"method": "lightgbm:num_leaves"}, "parameters are written name=value"),
        ({"method": "sklearn.svm:SVQ"}, "SVQ"),
        ({"method": "lightgbm + smote + enn"}, "there is no sampler"),
        ({"method": "lightgbm + balanced_batches"}, "lightgbm has no batches, from which balanced_batches draws"),
        ({"method": "random_forest:n_estimators=-1"}, "n_estimators"),
        ({"threshold": "f2"}, "there is no rule for a threshold 'f2'"),
        ({"threshold": "cost"}, "threshold 'cost' takes costs, a matrix with a row for each true class"),
        ({"optimize": "cost"}, "optimize 'cost' takes costs, a matrix with a row for each true class"),
        ({"optimize": "savings"}, "optimize 'savings' takes costs, a matrix with a row for each true class"),
        ({"optimize": "auc"}, "there is no score to optimize 'auc'.*; there are average_precision, roc_auc, "),
        ({"optimize": "partial_roc_auc:max_fpr=2"}, "max_fpr must be above 0 and at most 1, found 2.0"),
        ({"optimize": 1}, "optimize must be a text or None, found 1"),
        ({"costs": [[0, 1]]}, r"costs must have shape \(2, 2\)"),
        ({"calibration": "plat"}, r"there is no calibration 'plat' \(did you mean 'platt'\?\)"),
        ({"settings": 0}, "settings must be 1 or more, found 0"),
        ({"settings": 2.0}, "settings must be a whole number, found 2.0"),
        ({"validation_fraction": 1.0}, "validation_fraction must be above 0 and below 1, found 1.0"),
    ],
)
def test_another_parameter_is_refused_in_one_sentence(data, changes, sentence):
    X, y, *_ = data
    with pytest.raises(ValueError, match=sentence) as refused:
        MethodClassifier(**{"settings": 1, **changes}).fit(X, y)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("method", [LogisticRegression, StandardScaler()], ids=str)
def test_what_is_no_method_is_refused(data, method):
    X, y, *_ = data
    with pytest.raises(TypeError, match=r"classifier|class"):
        MethodClassifier(method).fit(X, y)


@pytest.mark.parametrize(
    ("classes", "sentence"),
    [
        ([0] * 20, r"y must have samples of two classes or more, found one class, \[0\]"),
        ([0] * 19 + [1], "class 1 has one sample"),
        ([0, 1, 2, 2] * 5, r"Only binary classification is supported\. The type of the target is multiclass"),
        ([0.1, 0.7] * 10, "Unknown label type"),
    ],
)
def test_samples_that_cannot_be_learned_from_are_refused(classes, sentence):
    with pytest.raises(ValueError, match=sentence):
        Linear().fit(np.random.default_rng(0).normal(size=(20, 3)), classes)


def test_the_tables_of_parameters_agree_with_the_signature_and_the_docstring(data):
    X, y, *_ = data
    hints, documented = get_type_hints(MethodClassifier.__init__), " ".join(MethodClassifier.__doc__.split())
    assert METHOD_PARAMETERS.keys() == MethodClassifier().get_params().keys()
    for name, default in MethodClassifier().get_params().items():
        field = METHOD_PARAMETERS[name]
        assert hints[name] == field.type, name
        assert f" {name} : default={default!r} {field.entry.in_python or field.entry.help} " in documented
    attributes = [name for name in vars(Linear().fit(pd.DataFrame(X).add_prefix("c"), y)) if name.endswith("_")]
    assert len(attributes) == 10
    assert all(f" {name} : " in documented for name in attributes)


def test_both_classifiers_describe_the_parameters_that_they_share_alike():
    shared = METHOD_PARAMETERS.keys() & PARAMETERS.keys()
    assert shared == {"threshold", "costs", "calibration", "validation_fraction", "random_state"}
    for name in shared - {"threshold"}:
        assert METHOD_PARAMETERS[name].type == PARAMETERS[name].type
    assert METHOD_PARAMETERS["threshold"].type == PARAMETERS["threshold"].type | None  # where None follows the costs


def test_it_is_in_the_shop_window():
    assert imbaloss.MethodClassifier is MethodClassifier
    assert "MethodClassifier" in dir(imbaloss)
