"""Classifiers as objects: they are copied, have a text, and are fitted from Python."""

import pickle
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC

from imbaloss.learners.estimators import Estimator
from imbaloss.learners.parameters import is_plain, read_parameters, write_parameters
from imbaloss.losses import LossSpec
from imbaloss.training import Member, Recipe, Setting
from tests.learners import odd_classifiers
from tests.learners.fits import INPUTS, LABELS, ODD, ROWS, SPLIT, failure, fit_model
from tests.learners.odd_classifiers import Share


def test_an_object_is_copied_and_never_changed():
    given = RandomForestClassifier(n_estimators=7, n_jobs=1)
    attributes, parameters = set(vars(given)), given.get_params()
    learner = Estimator.wrap(given)
    fit_model(learner)
    assert (set(vars(given)), given.get_params()) == (attributes, parameters)
    text = learner.text
    given.set_params(n_estimators=1)
    assert learner.text == text
    assert len(fit_model(learner).predictor.classifier.estimators_) == 7


@pytest.mark.parametrize(
    ("estimator", "text"),
    [
        (RandomForestClassifier(), "sklearn.ensemble:RandomForestClassifier"),
        (
            RandomForestClassifier(n_estimators=7, class_weight="balanced", max_depth=None, bootstrap=False),
            "sklearn.ensemble:RandomForestClassifier:bootstrap=false,class_weight=balanced,n_estimators=7",
        ),
        (LogisticRegression(C=np.float64(0.5), tol=1e16), "sklearn.linear_model:LogisticRegression:C=0.5,tol=1e+16"),
        (
            HistGradientBoostingClassifier(max_depth=np.int64(3)),
            "sklearn.ensemble:HistGradientBoostingClassifier:max_depth=3",
        ),
        (Share(factor=1), f"{ODD}:Share:factor=1"),
    ],
)
def test_plain_parameters_are_text_which_reads_back_the_same_learner(estimator, text):
    learner = Estimator.wrap(estimator)
    assert learner.text == text
    read = Estimator.parse(text)
    assert read == learner
    built = [each.build(Setting(), 3).get_params() for each in (learner, read)]
    assert built[0] == built[1]


def test_different_objects_have_different_texts_and_equal_ones_the_same():
    objects = [
        make_pipeline(StandardScaler(), LogisticRegression()),
        make_pipeline(StandardScaler(), LogisticRegression(C=0.1)),
        make_pipeline(StandardScaler(with_mean=False), LogisticRegression()),
        make_pipeline(FunctionTransformer(lambda rows: rows), LogisticRegression()),
        make_pipeline(FunctionTransformer(lambda rows: -rows), LogisticRegression()),
        CalibratedClassifierCV(LinearSVC(), cv=2),
        LogisticRegression(class_weight={0: 1, 1: 2}),
        LogisticRegression(class_weight={0: 1, 1: 3}),
        Share(factor="0.5"),
        Share(factor="object-12345678"),
        Share(factor=""),
        Share(factor=float("nan")),
    ]
    texts = [Estimator.wrap(each).text for each in objects]
    assert len(set(texts)) == len(objects)
    assert [Estimator.wrap(each).text for each in objects] == texts
    for text in texts:
        assert ":" in text
        assert Estimator.parse(text).text == text


def test_what_text_cannot_hold_is_fitted_from_python_alone():
    learner = Estimator.wrap(make_pipeline(StandardScaler(), LogisticRegression()))
    fit_model(learner)
    read = Estimator.parse(learner.text)
    assert read == learner
    sentence = f"{learner.text} was given as an object in Python, and can be fitted only from there"
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        read.check_loss(None, Recipe())
    assert failure(read) == f"{learner.text} could not be fitted: {sentence}"


@pytest.mark.parametrize(
    "estimator",
    [
        make_pipeline(StandardScaler(), RandomForestClassifier(3)),
        GridSearchCV(RandomForestClassifier(3), {"max_depth": [1, 2]}, cv=2),
        CalibratedClassifierCV(LinearSVC(), cv=2),
    ],
)
def test_objects_with_classifiers_inside_are_fitted_the_same_for_a_seed(estimator):
    """The seed reaches every random_state that is None, with one thread or two."""
    learner = Estimator.wrap(estimator)
    learner.check_loss(None, Recipe())
    first, again, other = (fit_model(learner, seed=seed).logits(INPUTS) for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    if "LinearSVC" not in repr(estimator):
        assert first.tobytes() != other.tobytes()
    [member] = [Member(SPLIT, LossSpec("ce"), Recipe(), 1)]
    flat = learner.flatten(member)
    assert learner.fit_predictor(member, flat.split, 2).log_odds(ROWS).tobytes() == first.tobytes()


def test_a_seed_and_a_number_of_jobs_that_an_object_fixes_stay():
    learner = Estimator.wrap(RandomForestClassifier(3, random_state=5, n_jobs=2))
    built = learner.build(Setting(), 1)
    assert (built.random_state, built.n_jobs) == (5, 2)
    assert learner.text == "sklearn.ensemble:RandomForestClassifier:n_estimators=3,n_jobs=2,random_state=5"
    inside = Estimator.wrap(make_pipeline(RandomForestClassifier(3, random_state=5))).build(Setting(), 1)
    assert inside.get_params()["randomforestclassifier__random_state"] == 5


def test_a_class_that_cannot_be_imported_works_as_an_object_also_in_other_processes():
    class Local(Share):
        pass

    learner = Estimator.wrap(Local(factor=0.25))
    name = "test_a_class_that_cannot_be_imported_works_as_an_object_also_in_other_processes.<locals>.Local"
    assert learner.text == f"{__name__}:{name}:factor=0.25"
    assert Estimator.parse(learner.text) == learner
    expected = fit_model(f"{ODD}:Share:factor=0.25").logits(INPUTS)
    assert (fit_model(learner).logits(INPUTS) == expected).all()
    sent = pickle.loads(pickle.dumps(learner))
    assert sent == learner
    assert (fit_model(sent).logits(INPUTS) == expected).all()
    with pytest.raises(ValueError, match="has no class 'test_a_class"):
        Estimator.parse(learner.text).check_loss(None, Recipe())


class Unusual(Share):
    """Its constructor changes what it is given, which scikit-learn's `clone` refuses."""

    def __init__(self, factor=0.5):
        super().__init__(str(factor) * 2)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (RandomForestClassifier, "RandomForestClassifier is a class: give an object, as RandomForestClassifier()"),
        (LinearRegression(), "a method must be text or a classifier, and LinearRegression cannot be used as one: .*"),
        (5, "a method must be text or a classifier, and int cannot be used as one: .*"),
        (odd_classifiers.Bare(), "a method must be text or a classifier, and Bare cannot be used as one: .*"),
        (Unusual(), "a method must be text or a classifier, and Unusual cannot be used as one: Cannot clone object .*"),
        (Share(threading.Lock()), "a method must be text or a classifier, and Share cannot be used as one: .*"),
    ],
)
def test_what_is_no_classifier_is_refused_as_an_object(value, sentence):
    with pytest.raises(TypeError, match=f"^{sentence}$".replace("()", r"\(\)")):
        Estimator.wrap(value)


def test_a_classifier_of_several_outputs_is_told_why_it_does_not_fit():
    assert "could not be fitted: y must have at least two dimensions" in failure(
        Estimator.wrap(MultiOutputClassifier(LogisticRegression()))
    )


def test_a_pipeline_that_was_fitted_is_fitted_anew():
    fitted = Pipeline([("model", LogisticRegression(C=0.1))]).fit(-ROWS, LABELS)
    alone = clone(fitted).fit(ROWS, LABELS)
    assert fit_model(Estimator.wrap(fitted)).probabilities(INPUTS) == pytest.approx(alone.predict_proba(ROWS)[:, 1])


# texts of parameters

values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)


@given(values=st.dictionaries(st.sampled_from(["a", "b", "c_d"]), values))
def test_plain_values_are_read_back_from_their_text(values):
    plain = {name: value for name, value in values.items() if is_plain(value)}
    read = dict(read_parameters(write_parameters(plain.items()), "text"))
    assert read == plain
    assert {name: type(value) for name, value in read.items()} == {name: type(value) for name, value in plain.items()}
