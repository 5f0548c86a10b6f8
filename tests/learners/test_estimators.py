"""Classifiers with the interface of scikit-learn: those with a name, and any other by module and class."""

import subprocess
import sys
import time
from dataclasses import replace
from typing import cast

import numpy as np
import pandas as pd
import pytest
import torch
from imblearn.ensemble import BalancedRandomForestClassifier, EasyEnsembleClassifier
from scipy import special
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

import imbaloss
from imbaloss.data import Samples, Split
from imbaloss.learners import Method, member_fits, model_files
from imbaloss.learners.estimators import NAMED, Estimator
from imbaloss.training import Member, Plan, Recipe, Setting
from tests.learners.fits import INPUTS, LABELS, ODD, ROWS, SPLIT, TRAIN, failure, fit_model

SMALL = {  # texts of methods with a name that are fitted in no time
    "logistic_regression": "logistic_regression",
    "random_forest": "random_forest:n_estimators=5",
    "extra_trees": "extra_trees:n_estimators=5",
    "balanced_random_forest": "balanced_random_forest:n_estimators=5",
    "easy_ensemble": "easy_ensemble:estimator__n_estimators=3,n_estimators=3",
    "gradient_boosting": "gradient_boosting:max_iter=5",
}


# those with a name


@pytest.mark.parametrize("name", sorted(NAMED.keys() - {"gradient_boosting", "baseline"}))
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
        **dict.fromkeys(SMALL.values(), ()),
        "sklearn.svm:LinearSVC": (),
        "imblearn.ensemble:RUSBoostClassifier:n_estimators=3": (rusboost,),
        f"{ODD}:Share:factor=0.25": (share,),
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


def test_a_class_that_prints_and_writes_into_its_samples_harms_no_other_method(capsys):
    inputs, labels = INPUTS.copy(), LABELS.copy()
    written = fit_model(f"{ODD}:Writes").logits(INPUTS)
    assert written == pytest.approx(fit_model(f"{ODD}:Share").logits(INPUTS))
    assert (inputs == INPUTS).all()
    assert (labels == LABELS).all()
    out, err = capsys.readouterr()
    assert (out, err) == ("", "fitting\n")


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


def test_log_odds_of_a_probability_are_its_logit_as_in_version_0_1():
    model = fit_model("logistic_regression", setting=Setting.of(C=0.1))
    probabilities = model.predictor.classifier.predict_proba(ROWS)[:, 1]
    assert model.logits(INPUTS).tobytes() == special.logit(np.clip(probabilities, 1e-12, 1 - 1e-12)).tobytes()


def test_inputs_that_no_scaling_changes_are_not_copied():
    learner = Estimator.parse("logistic_regression")
    for scaling, is_shared in (("unit", True), ("standard", False)):
        flat = learner.flatten(Member(SPLIT, None, Recipe(scaling=scaling), 0))
        assert np.shares_memory(flat.split.train.inputs, INPUTS) == is_shared
        assert flat.split.train.inputs.dtype == np.float32
    assert learner.flatten(Member(SPLIT, None, Recipe(precision="float64"), 0)).split.train.inputs.dtype == np.float64


def test_members_with_much_data_are_fitted_one_after_the_other(monkeypatch):
    running, most = [], []

    def fit_member(member, _, threads):
        running.append(member)
        time.sleep(0.05)
        most.append(len(running))
        running.remove(member)
        return threads

    learner = Estimator.parse("logistic_regression")
    monkeypatch.setattr(Estimator, "fit_member", lambda _, *arguments: fit_member(*arguments))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
    members = [Member(SPLIT, None, Recipe(), seed) for seed in range(4)]
    assert learner.fit(members, device="cpu", plan=cast(Plan, None), on_epoch=lambda _: None) == [1] * 4
    assert max(most) > 1
    most.clear()
    monkeypatch.setattr(member_fits, "MOST_COPIED", INPUTS.size)
    assert learner.fit(members, device="cpu", plan=cast(Plan, None), on_epoch=lambda _: None) == [4] * 4
    assert max(most) == 1
