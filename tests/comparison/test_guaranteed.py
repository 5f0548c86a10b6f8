"""A threshold with a guarantee: the rows set apart for it, what the answer says, and how often it holds."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import imbaloss
from benchmarks.guarantees import simulate
from imbaloss import ImbalancedClassifier, MethodClassifier
from imbaloss.comparison.answer import convert_to_json
from imbaloss.comparison.planning import plan_study, set_rows_apart
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.summary.alerts import AlertKind
from imbaloss.data import Fold
from imbaloss.studies import Store, read_study
from tests.comparison.examples import mixed, of_frames, write_csv

PARTS = ["train", "validation", "test", "set_apart"]
METHODS = ("logistic_regression", "sklearn.naive_bayes:GaussianNB")
FAST = {"methods": METHODS, "repetitions": 2, "settings": 1, "calibration": "platt"}


def draw(rows: int = 1000, seed: int = 0, share: float = 0.2) -> tuple[pd.DataFrame, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = (generator.random(rows) < share).astype(int)
    columns = generator.normal(size=(rows, 3)) + labels[:, None] * np.array([1.5, 0.8, 0.0])
    return pd.DataFrame(columns, columns=["a", "b", "c"]), labels


def request(threshold: str = "recall>=0.5", **recipe) -> ComparisonRequest:
    return ComparisonRequest(target="fraud", methods=METHODS, repetitions=2, recipe={"threshold": threshold, **recipe})


def set_apart(rows: int = 300, *, test: bool = False, threshold: str = "recall>=0.5"):
    frames = [mixed(rows), *([mixed(100, seed=1)] if test else [])]
    asked = request(threshold)
    return set_rows_apart(of_frames("data", frames, asked), asked)


def test_a_fifth_of_each_class_is_set_apart_once_and_divisions_are_of_the_other_rows():
    own = set_apart()
    divisions = [own.find_rows(seed, Fold(0, fold, 5)) for seed in (0, 1) for fold in range(5)]
    divisions.append(own.without_test.find_rows(0, None))
    for rows in divisions:
        assert list(rows) == PARTS
        assert np.array_equal(np.sort(np.concatenate(list(rows.values()))), np.arange(300))  # each row is in one part
        assert np.array_equal(rows["set_apart"], divisions[0]["set_apart"])
    assert own.split_counts(0, Fold(0, 0, 5))["set_apart"] == (48, 12)


def test_rows_of_the_test_file_are_never_set_apart_since_they_judge_the_methods():
    own = set_apart(test=True)
    assert own.find_rows(0, None)["set_apart"].max() < 300
    assert len(own.find_rows(0, None)["test"]) == 100
    final = own.without_test.find_rows(0, None)
    assert np.array_equal(final["set_apart"], own.find_rows(0, None)["set_apart"])
    assert set(range(300, 400)) <= {*final["train"], *final["validation"]}


def test_without_a_guarantee_nothing_is_set_apart_and_the_split_is_as_before():
    asked = request("f1")
    own = of_frames("data", [mixed(300)], asked)
    assert set_rows_apart(own, asked) is own
    assert list(own.find_rows(0, Fold(0, 0, 5))) == PARTS[:3]
    assert own.draw(0, Fold(0, 0, 5)).set_apart is None


def test_the_rows_set_apart_choose_the_threshold_and_nothing_else():
    """With other features in these rows, method, settings, calibration and all scores but the tuned ones are equal."""
    table, labels = draw()
    asked = ComparisonRequest(target="y", methods=METHODS, repetitions=2, recipe={"threshold": "recall>=0.8"})
    frame = table.assign(y=np.where(labels, "yes", "no"))
    rows = set_rows_apart(of_frames("data", [frame], asked), asked).rows_set_apart
    changed = table.copy()
    changed.loc[rows, ["a", "b"]] = table.loc[rows, ["a", "b"]].to_numpy()[::-1] - 0.5
    first, second = (imbaloss.compare(each, labels, threshold="recall>=0.8", **FAST) for each in (table, changed))
    assert first.threshold.value != second.threshold.value
    assert first.best == second.best
    for name in ("average_precision", "roc_auc", "f1", "brier"):
        assert first.table[name].equals(second.table[name])
    new = draw(seed=9)[0]
    probabilities = [each.model.model.probabilities(each.model.preparation(new)) for each in (first, second)]
    assert np.array_equal(*probabilities)


def test_the_preparation_of_the_inputs_does_not_know_the_rows_set_apart():
    own, fold = set_apart(), Fold(0, 0, 5)
    before = own.draw(0, fold)
    features = own.features.copy()
    features.loc[features.index[own.rows_set_apart], "amount"] = 1e6
    after = replace(own, features=features).draw(0, fold)
    assert np.array_equal(before.train.inputs, after.train.inputs)
    assert not np.array_equal(before.set_apart.inputs, after.set_apart.inputs)


@pytest.mark.parametrize(("threshold", "sentence"), [
    ("recall>=0.8", "this finds at least 80 % of the rows with y = 1 among new rows of the same kind"),
    ("fpr<=0.1", "this flags at most 10 % of the new rows of the same kind without y = 1"),
    ("precision>=0.4", "at least 40 % of the new rows of the same kind that this flags have y = 1"),
])  # fmt: skip
def test_the_answer_says_the_threshold_and_what_it_guarantees(threshold, sentence):
    table, labels = draw()
    answer = imbaloss.compare(table, labels, threshold=threshold, confidence=0.9, **FAST)
    positives = round(labels.sum() / 5)
    assert (
        f"With 90 % confidence {sentence} (threshold chosen on 200 rows set apart, {positives} of them"
        in answer.verdict
    )
    assert "On all test rows of 2 repetitions together the " in answer.verdict
    [shown] = re.findall(r"when its probability is at least ([\d.]+)\. With", answer.verdict)
    assert float(shown) == pytest.approx(answer.threshold.value, rel=0.02)
    assert (float(shown) <= answer.threshold.value) == threshold.startswith("recall")  # rounded to the safe side
    assert answer.model.threshold.value == answer.threshold.value


def test_a_guarantee_that_no_threshold_holds_is_told_and_the_model_decides_at_half():
    table, labels = draw()
    answer = imbaloss.compare(table, labels, threshold="precision>=0.9", **FAST)
    assert "no threshold guarantees precision>=0.9 at 95 % confidence: the surest one flags " in answer.verdict
    assert "The final training on all rows has no threshold with the guarantee" in answer.verdict
    assert "Its model flags from ½ on, which guarantees nothing" in answer.verdict
    assert "2 of 2 repetitions have no threshold with the guarantee" in answer.verdict
    [alert] = [alert for alert in answer.advice.summary.alerts if alert.kind is AlertKind.NO_GUARANTEE]
    assert alert.sentence.startswith(
        "No guarantee: precision>=0.9 was asked for. The final training on all rows has no"
    )
    assert not alert.blocks
    assert answer.advice.summary.decision.tiles[1].detail == "None has the guarantee"
    assert answer.verdict.count("Its model flags from ½ on") == 1
    assert answer.threshold is None
    assert answer.model.threshold.value == 0.5
    assert convert_to_json(answer)["guarantee"]["holds"] is False


@pytest.mark.slow
def test_the_command_line_says_it_and_json_has_it(imbaloss, tmp_path):
    table, labels = draw(600)
    source = write_csv(tmp_path, table.assign(fraud=np.where(labels, "yes", "no")))
    methods = ("--method", METHODS[0], "--method", METHODS[1], "--settings", "1", "--repetitions", "2")
    words = ("compare", str(source), "--target", "fraud", *methods)
    out = ("--out", str(tmp_path / "out"), "--threshold", "recall>=0.8", "--confidence", "0.9", "--quiet")
    code, *printed_texts = imbaloss(*words, *out)
    printed, err = (" ".join(text.split()) for text in printed_texts)  # in one line each
    assert (code, "With 90 % confidence this finds at least 80 % of the rows with fraud = yes" in printed) == (0, True)
    assert "A fifth of the rows is set apart first, and only chooses the threshold with a guarantee" in err
    page = (tmp_path / "out" / "report.html").read_text()
    assert (
        "The tuned threshold is chosen on the rows set apart, so that recall&gt;=0.8 holds on new rows with 90 %"
        in page
    )
    assert "and the rows set apart, which chose its threshold and nothing else" in page
    code, printed, _ = imbaloss(*words, *out, "--json")
    answer = json.loads(printed)
    assert answer["guarantee"] == {"score": "recall", "bound": 0.8, "confidence": 0.9, "holds": True}
    assert answer["threshold"]["threshold_low"] is None
    facts = json.loads((tmp_path / "out" / "model" / "own.json").read_text())["facts"]
    assert (facts["rule"], facts["confidence"]) == ("recall>=0.8", 0.9)
    assert sum(facts["counts"]["set_apart"]) == 120


def test_the_study_file_and_the_store_are_read_as_they_were_written():
    table, labels = draw(600)
    answer = imbaloss.compare(table, labels, threshold="fpr<=0.1", confidence=0.9, **FAST)
    study, store = read_study(answer.folder), Store(answer.folder)
    assert type(study).from_toml(study.to_toml()) == study
    final = study.final_run(answer.advice.method)
    [row] = store.rows([final])
    assert (str(row.run.method.decision.rule), row.run.method.decision.rule.confidence) == ("fpr<=0.1", 0.9)
    assert row.counts.set_apart == answer.advice.row.counts.set_apart
    assert len(store.predictions(final)["set_apart"].labels) == 120


def test_the_confidence_changes_the_hash_of_a_run_and_a_decision_without_guarantee_has_none():
    own, asked = set_apart(), request()
    hashes = {plan_study(request(confidence=c), own).runs()[0].hash for c in (0.9, 0.95)}
    assert len(hashes) == 2
    assert plan_study(asked, own).runs()[0].hash in hashes  # 0.95 is the default
    assert "confidence" not in plan_study(request("f1"), own).runs()[0].entries


@pytest.mark.parametrize("classifier", [MethodClassifier("logistic_regression"), ImbalancedClassifier("ce")])
def test_a_classifier_refuses_a_guarantee_in_one_line(classifier):
    table, labels = draw(200)
    with pytest.raises(
        ValueError, match=r"^the guarantee 'recall>=0.9' takes rows that chose nothing else, which [^\n]*$"
    ):
        classifier.set_params(threshold="recall>=0.9").fit(table, labels)


STUDY = """
datasets = ["digits_3_8"]
levels = [0.05]
losses = ["ce"]
seeds = 1

[recipe]
threshold = "recall>=0.9"
"""


@pytest.mark.parametrize(
    "words",
    [
        ("train", "--threshold", "recall>=0.9"),
        ("run", "study.toml"),
        ("reproduce", "--dataset", "digits_3_8", "--confidence", "0.9", "--threshold", "fpr<=0.1"),
    ],
)
def test_a_study_of_data_sets_refuses_a_guarantee_in_one_line(words, imbaloss, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.toml").write_text(STUDY)
    code, out, err = imbaloss(*words, "--out", "out")
    assert (code, out) == (2, "")
    assert "is for one's own data (`imbaloss compare`), not for a study of data sets" in err.strip().splitlines()[-1]
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_whole_comparisons_break_a_guarantee_as_seldom_as_they_say():
    """Of 60 tables with an error of 5 % more than 9 are broken in 1 of 3,000 cases; docs/decisions.md has 2,000."""
    lines = simulate(60)
    assert (lines.loc[["recall>=0.8", "fpr<=0.05", "precision>=0.5"], "broken"] <= 9).all()
    assert lines.loc["precision_at_recall:recall=0.8", "broken"] > 20  # the usual choice only aims at the bound


def test_another_share_of_positives_leaves_a_guaranteed_recall_as_it_is(tmp_path):
    """Probabilities are shifted, and the threshold with them, so that the same rows are flagged."""
    features, labels = draw(1200)
    asked = {"methods": "logistic_regression", "settings": 1, "repetitions": 3}
    model = imbaloss.compare(features, labels, threshold="recall>=0.8", **asked).model
    shifted = model.with_prevalence(0.01)
    assert shifted.predict(features).tolist() == model.predict(features).tolist()
    assert (shifted.predict_proba(features)[:, 1] < model.predict_proba(features)[:, 1]).all()
    assert str(shifted.guarantee) == "recall>=0.8"
    assert model.with_threshold(0.3).guarantee is None
    shifted.save(tmp_path)
    assert str(type(shifted).load(tmp_path).guarantee) == "recall>=0.8"


def test_another_share_of_positives_breaks_a_guaranteed_precision():
    features, labels = draw(1200)
    asked = {"methods": "logistic_regression", "settings": 1, "repetitions": 3}
    model = imbaloss.compare(features, labels, threshold="precision>=0.3", **asked).model
    assert str(model.guarantee) == "precision>=0.3"
    with pytest.raises(ValueError, match=r"precision>=0\.3 is guaranteed for the share of positives of the training"):
        model.with_prevalence(0.01)
