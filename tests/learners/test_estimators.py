"""Classifiers with the interface of scikit-learn: those with a name, any other by module and class, and objects."""

import pickle
import subprocess
import sys
import threading
from dataclasses import replace
from typing import cast

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.ensemble import BalancedRandomForestClassifier, EasyEnsembleClassifier
from scipy import special
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

import imbaloss
from imbaloss.data import Samples, Split
from imbaloss.learners import EstimatorModel, Method, model_files
from imbaloss.learners.estimators import NAMED, Estimator
from imbaloss.learners.parameters import is_plain, read_parameters, write_parameters
from imbaloss.losses import LossSpec
from imbaloss.training import Member, Plan, Recipe, Setting
from tests.learners import odd_classifiers
from tests.learners.odd_classifiers import Share

ODD = "tests.learners.odd_classifiers"
GENERATOR = np.random.default_rng(0)
INPUTS = GENERATOR.standard_normal((200, 4)).astype(np.float32)
LABELS = (INPUTS[:, 0] + GENERATOR.standard_normal(200) > 1).astype(np.int64)
ROWS = INPUTS.astype(np.float64)
TRAIN = Samples(INPUTS, LABELS)
SPLIT = Split(TRAIN, TRAIN, TRAIN)
SMALL = {  # texts of methods with a name that are fitted in no time
    "logistic_regression": "logistic_regression",
    "random_forest": "random_forest:n_estimators=5",
    "extra_trees": "extra_trees:n_estimators=5",
    "balanced_random_forest": "balanced_random_forest:n_estimators=5",
    "easy_ensemble": "easy_ensemble:estimator__n_estimators=3,n_estimators=3",
    "gradient_boosting": "gradient_boosting:max_iter=5",
}


def fit(learner: Estimator, split: Split = SPLIT, setting: Setting | None = None, seed: int = 0, **recipe):
    """Fit one member and return its outcome."""
    tried = learner.list_settings()[0] if setting is None else setting
    member = Member(split, LossSpec("ce"), Recipe(**recipe), seed, setting=tried)
    plan = cast(Plan, None)  # which is not used
    [outcome] = learner.fit([member], device="cpu", plan=plan, on_epoch=lambda _: None)
    return outcome


def fit_model(learner: Estimator | str, **options) -> EstimatorModel:
    outcome = fit(Estimator.parse(learner) if isinstance(learner, str) else learner, **options)
    assert outcome.failure is None
    return outcome.model


def failure(learner: Estimator | str, **options) -> str:
    outcome = fit(Estimator.parse(learner) if isinstance(learner, str) else learner, **options)
    assert outcome.model is None
    return outcome.failure


# those with a name


@pytest.mark.parametrize("name", sorted(NAMED.keys() - {"gradient_boosting"}))
def test_each_named_method_tries_six_settings_that_differ_and_that_its_class_takes(name):
    learner = Estimator.parse(name)
    built = [learner.build(setting, 0) for setting in learner.list_settings()]
    assert len({repr(sorted(each.get_params().items(), key=str)) for each in built}) == 6
    learner.check_loss(None, Recipe())
    for each in built:
        each._validate_params()


@pytest.mark.parametrize(
    ("text", "setting", "alone"),
    [
        ("logistic_regression", Setting.of(C=0.1), LogisticRegression(C=0.1, max_iter=1000)),
        (
            "gradient_boosting",
            Setting.of(learning_rate=0.3),
            HistGradientBoostingClassifier(learning_rate=0.3, early_stopping=False, random_state=7),
        ),
        (
            SMALL["easy_ensemble"],
            Setting.of(estimator__estimator__max_depth=2, estimator__learning_rate=0.3),
            EasyEnsembleClassifier(
                3,
                AdaBoostClassifier(DecisionTreeClassifier(max_depth=2), n_estimators=3, learning_rate=0.3),
                random_state=7,
            ),
        ),
    ],
)
def test_a_named_method_gives_the_probabilities_of_its_library(text, setting, alone):
    model = fit_model(text, setting=setting, seed=7)
    expected = alone.fit(ROWS, LABELS).predict_proba(ROWS)[:, 1]
    assert model.probabilities(INPUTS) == pytest.approx(expected, abs=1e-12)
    assert model.shape == (4,)
    assert len(model.probabilities(INPUTS[:0])) == 0


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        (SMALL["random_forest"], RandomForestClassifier(5, min_samples_leaf=1, random_state=7)),
        (SMALL["extra_trees"], ExtraTreesClassifier(5, min_samples_leaf=1, random_state=7)),
        (SMALL["balanced_random_forest"], BalancedRandomForestClassifier(5, min_samples_leaf=1, random_state=7)),
    ],
)
def test_a_forest_gives_its_votes_with_half_a_vote_more_for_each_class(text, alone):
    """The empirical logit: finite without a vote for a class, and in the order of the votes."""
    model = fit_model(text, setting=Setting.of(min_samples_leaf=1), seed=7)
    share = alone.fit(ROWS, LABELS).predict_proba(ROWS)[:, 1]
    assert {0.0, 1.0} <= set(share)
    assert model.probabilities(INPUTS) == pytest.approx((5 * share + 0.5) / 6, abs=1e-12)
    assert (np.argsort(model.logits(INPUTS), kind="stable") == np.argsort(share, kind="stable")).all()


def test_a_balanced_random_forest_draws_as_its_paper_says():
    """Chen, Liaw and Breiman: a bootstrap of the rare class, and as many of the other with replacement."""
    drawn = Estimator.parse("balanced_random_forest").build(Setting(), 0).get_params()
    assert (drawn["sampling_strategy"], drawn["replacement"], drawn["bootstrap"]) == ("all", True, False)


def test_gradient_boosting_is_kept_for_what_version_0_1_wrote_and_not_compared_anew():
    learner = Estimator.parse("gradient_boosting")
    old = Recipe(tune_lr=(0.01, 0.1))
    assert [str(candidate.setting) for candidate in learner.list_candidates(old, 0)] == ["0.01", "0.1"]
    with pytest.raises(ValueError, match=r"^gradient_boosting is not compared any more, .*: use lightgbm$"):
        learner.check_loss(None, Recipe())
    with pytest.raises(ValueError, match="use lightgbm"):
        imbaloss.compare(ROWS, LABELS, losses=["gradient_boosting"], references=False)


@pytest.mark.parametrize("text", SMALL.values())
def test_images_are_scaled_by_channel_and_laid_flat(text):
    images = INPUTS.reshape(200, 2, 2, 1)
    split = Split(*[Samples(images, LABELS)] * 3)
    scaled = (images - images.mean((0, 2, 3), keepdims=True)) / images.std((0, 2, 3), keepdims=True)
    same = Split(*[Samples(scaled.reshape(200, 4).astype(np.float32), LABELS)] * 3)
    model, alone = fit_model(text, split=split, scaling="standard"), fit_model(text, split=same)
    assert model.probabilities(images) == pytest.approx(alone.probabilities(same.train.inputs), abs=1e-4)


def test_sure_probabilities_have_finite_logits():
    split = Split(*[Samples(INPUTS, (INPUTS[:, 0] > 0).astype(np.int64))] * 3)
    for text in ("gradient_boosting", "sklearn.tree:DecisionTreeClassifier"):
        assert np.isfinite(fit_model(text, split=split, setting=Setting()).logits(INPUTS)).all()


# what is saved


@pytest.mark.parametrize("text", SMALL.values())
def test_a_saved_named_method_predicts_the_same_bits(text, tmp_path):
    """Its file holds no type that loading does not trust."""
    model = fit_model(text)
    saved = model_files.save(model, tmp_path)
    loaded = model_files.load(tmp_path, saved.reference, saved.checksums)
    assert loaded.logits(INPUTS).tobytes() == model.logits(INPUTS).tobytes()


def test_a_fresh_process_predicts_the_same_bits_and_imports_nothing_that_is_not_trusted(tmp_path):
    rusboost, share = "imblearn.ensemble._weight_boosting.RUSBoostClassifier", f"{ODD}.Share"
    trusted = {
        SMALL["easy_ensemble"]: [],
        "sklearn.svm:LinearSVC": [],
        "imblearn.ensemble:RUSBoostClassifier:n_estimators=3": [rusboost],
        f"{ODD}:Share:factor=0.25": [share],
    }
    expected, arguments = b"", []
    for place, (text, types) in enumerate(trusted.items()):
        folder = tmp_path / str(place)
        folder.mkdir()
        model = fit_model(text)
        expected += model.logits(INPUTS).tobytes()
        arguments.append((str(folder), *model_files.save(model, folder), types))
    np.save(tmp_path / "rows.npy", INPUTS)
    code = (
        "import sys, numpy as np; from pathlib import Path; from imbaloss.learners import model_files\n"
        f"rows, arguments = np.load({str(tmp_path / 'rows.npy')!r}), {arguments!r}\n"
        "try: model_files.load(Path(arguments[-1][0]), *arguments[-1][1:3])\n"
        "except ValueError as error: print(error, file=sys.stderr)\n"
        f"assert {ODD!r} not in sys.modules\n"
        "for folder, *saved in arguments:\n"
        "    sys.stdout.buffer.write(model_files.load(Path(folder), *saved).logits(rows).tobytes())"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert done.stdout == expected
    [told] = done.stderr.decode().splitlines()
    assert f"holds types that imbaloss does not load by itself: {share};" in told
    assert told.endswith(f"allow them by --trust {share} (in Python trusted=['{share}'])")


def test_a_classifier_that_cannot_be_read_back_is_not_saved(tmp_path):
    model = fit_model(Estimator.wrap(make_pipeline(FunctionTransformer(lambda rows: rows), LogisticRegression())))
    with pytest.raises(ValueError, match=r"Pipeline cannot be saved by skops: .*<lambda>"):
        model_files.save(model, tmp_path)


# by module and class


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("no.such:Thing", "no.such:Thing cannot be imported: No module named 'no'"),
        (
            "sklearn.ensemble:ExtraTreeClassifier",
            r"module sklearn.ensemble has no class 'ExtraTreeClassifier' \(did you mean 'ExtraTreesClassifier'\?\)",
        ),
        (
            "sklearn.linear_model:Ridge",
            "sklearn.linear_model:Ridge cannot be used as a classifier: scikit-learn does .*",
        ),
        ("os:getcwd", "os:getcwd cannot be used as a classifier: it is no class"),
        ("pathlib:Path", "pathlib:Path cannot be used as a classifier: scikit-learn does not take it for one"),
        (f"{ODD}:Bare", f"{ODD}:Bare cannot be used as a classifier: scikit-learn does not take it for one"),
        (f"{ODD}:Silent", f"{ODD}:Silent cannot be .*: it has neither predict_proba nor decision_function"),
        (f"{ODD}:Needs", f"{ODD}:Needs cannot be used as a classifier: it needs factor: give the value in the text.*"),
        (f"{ODD}:ExitsAtOnce", f"{ODD}:ExitsAtOnce cannot be used as a classifier: SystemExit: not today"),
        ("sklearn.pipeline:Pipeline", ".*it needs steps: give the value in the text, or an object from Python"),
        ("sklearn.svm:SVC:c=1", "sklearn.svm:SVC has no parameter 'c'.*; it has C, .*"),
        (
            "sklearn.svm:SVC:C=-1",
            r"sklearn.svm:SVC:C=-1: The 'C' parameter of SVC must be a float in .*Got -1 instead\.",
        ),
        ("random_forest:max_features=all", "random_forest:max_features=all: The 'max_features' parameter .*"),
        ("easy_ensemble:estimator__depth=1", "easy_ensemble has no parameter 'estimator__depth'.*"),
    ],
)
def test_what_cannot_be_fitted_is_told_in_one_line_before_anything_is_trained(text, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        Estimator.parse(text).check_loss(None, Recipe())


def test_the_command_refuses_it_with_exit_code_2(imbaloss, tmp_path):
    pd.DataFrame({"a": INPUTS[:, 0], "y": LABELS}).to_csv(tmp_path / "data.csv", index=False)
    code, _, told = imbaloss(
        "compare", "data.csv", "--target", "y", "--loss", "sklearn.svm:SVC:C=-1", "--no-references", "--quiet"
    )
    assert code == 2
    line = told.splitlines()[-1]
    assert line.startswith("imbaloss: sklearn.svm:SVC:C=-1: The 'C' parameter of SVC must be")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("print('hello'); 1 / 0", "division by zero"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("raise KeyError('x')", "KeyError: 'x'"),
        ("this is no code", "invalid syntax .*"),
    ],
)
def test_a_module_that_fails_at_its_import_is_told_in_one_line(code, reason, tmp_path, monkeypatch, capsys):
    (tmp_path / "failing_module.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match=f"^failing_module:Thing cannot be imported: {reason}$"):
        Estimator.parse("failing_module:Thing").check_loss(None, Recipe())
    assert capsys.readouterr().out == ""  # what a module prints is no output of the command


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("Raises", "could not be fitted: no luck"),
        ("Exits", "could not be fitted: SystemExit: 3"),
        ("Lacks", "could not be fitted: KeyError: 'key'"),
        ("NotFinite", "gives outputs that are not finite"),
        ("OneColumn", "could not be fitted: predict_proba gives an array of shape (8, 1) where (8, 2) was expected"),
        ("OneRow", "could not be fitted: predict_proba gives an array of shape (1, 2) where (8, 2) was expected"),
        ("TwoScores", "could not be fitted: decision_function gives an array of shape (8, 2) where (8,) was expected"),
        ("OtherClasses", "could not be fitted: it has learned the classes ['a', 'b'], not 0 and 1"),
    ],
)
def test_a_classifier_that_fails_in_its_fit_is_an_outcome_with_the_reason(kind, reason):
    assert failure(f"{ODD}:{kind}") == f"{ODD}:{kind} {reason}"


def test_a_classifier_that_fails_does_not_stop_the_others(tmp_path):
    frame = pd.DataFrame({"a": INPUTS[:, 0], "b": INPUTS[:, 1]})
    found = imbaloss.compare(
        frame,
        LABELS,
        losses=[f"{ODD}:Raises", "logistic_regression"],
        references=False,
        repetitions=1,
        out=tmp_path,
    )
    assert "logistic_regression" in str(found)
    assert f"{ODD}:Raises could not be fitted: no luck" in (tmp_path / "report.html").read_text()


def test_the_order_of_the_classes_does_not_matter():
    assert fit_model(f"{ODD}:Turned").logits(INPUTS) == pytest.approx(fit_model(f"{ODD}:Share").logits(INPUTS))
    assert (fit_model(f"{ODD}:TurnedScores").logits(INPUTS) == INPUTS[:, 0]).all()


@pytest.mark.parametrize("kind", [LinearSVC, RidgeClassifier, SGDClassifier])
def test_decision_function_stands_for_log_odds_where_there_are_no_probabilities(kind):
    text = f"{kind.__module__.rsplit('.', 1)[0]}:{kind.__name__}"
    alone = kind(random_state=3).fit(ROWS, LABELS)
    assert (fit_model(text, seed=3).logits(INPUTS) == alone.decision_function(ROWS)).all()


def test_parameters_of_the_text_reach_the_class():
    text = "sklearn.linear_model:LogisticRegression:C=0.1,class_weight=balanced"
    alone = LogisticRegression(C=0.1, class_weight="balanced").fit(ROWS, LABELS)
    assert fit_model(text).probabilities(INPUTS) == pytest.approx(alone.predict_proba(ROWS)[:, 1], abs=1e-12)
    needs = Estimator.parse(f"{ODD}:Needs:factor=0.25").build(Setting(), 0)
    assert needs.factor == 0.25


def test_sample_weights_are_used_or_refused():
    weights = np.where(LABELS == 1, 3.0, 1.0)
    split = replace(SPLIT, train=replace(TRAIN, weights=weights))
    alone = LogisticRegression().fit(ROWS, LABELS, sample_weight=weights)
    model = fit_model("sklearn.linear_model:LogisticRegression", split=split)
    assert model.probabilities(INPUTS) == pytest.approx(alone.predict_proba(ROWS)[:, 1], abs=1e-12)
    for text in (f"{ODD}:Share", SMALL["easy_ensemble"]):
        assert failure(text, split=split) == f"{text} could not be fitted: it takes no sample weights"


def test_reading_and_reporting_import_nothing(imbaloss, tmp_path, monkeypatch):
    """A store, a study file or a report may come from somebody else; only a fit imports what a method names."""
    module = tmp_path / "recorded_module.py"
    module.write_text("from tests.learners.odd_classifiers import Share")
    monkeypatch.syspath_prepend(tmp_path)
    method = "recorded_module:Share"
    pd.DataFrame({"a": INPUTS[:, 0], "y": LABELS}).to_csv(tmp_path / "data.csv", index=False)
    words = ("--target", "y", "--loss", method, "--no-references", "--repetitions", "2", "--out", "out", "--quiet")
    assert imbaloss("compare", "data.csv", *words)[0] == 0
    predict = ("predict", "out/model", "data.csv")
    code, _, told = imbaloss(*predict)
    assert code == 2
    assert f"allow them by --trust {ODD}.Share" in told
    assert imbaloss(*predict, "--trust", f"{ODD}.Share")[0] == 0
    module.write_text("raise RuntimeError('imported')")
    del sys.modules["recorded_module"]
    for word in ("report", "status"):
        assert imbaloss(word, "out")[0] == 0
    read = Method.parse(method)
    assert (str(read), read.learner.describe(None).title) == (method, "recorded_module.Share")
    assert "recorded_module" not in sys.modules


def test_a_comparison_of_a_classifier_that_cannot_be_saved_has_its_report_all_the_same(imbaloss, tmp_path):
    pd.DataFrame({"a": INPUTS[:, 0], "y": LABELS}).to_csv(tmp_path / "data.csv", index=False)
    words = ("--target", "y", "--loss", f"{ODD}:Locked", "--no-references", "--repetitions", "1", "--out", "out")
    code, told, notes = imbaloss("compare", "data.csv", *words)
    assert code == 0
    assert f"The model of {ODD}:Locked is not saved: Locked cannot be saved by skops" in " ".join(notes.split())
    assert "imbaloss predict" not in told
    assert (tmp_path / "out" / "report.html").exists()
    assert not list((tmp_path / "out" / "model").iterdir())


# objects


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


def test_log_odds_of_a_probability_are_its_logit_as_in_version_0_1():
    model = fit_model("logistic_regression", setting=Setting.of(C=0.1))
    probabilities = model.predictor.classifier.predict_proba(ROWS)[:, 1]
    assert model.logits(INPUTS).tobytes() == special.logit(np.clip(probabilities, 1e-12, 1 - 1e-12)).tobytes()
