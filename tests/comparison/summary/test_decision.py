"""The decision in words: three tiles, and what the decision brings."""

from dataclasses import replace

import numpy as np
import pytest

from imbaloss.comparison.advice import Advice
from imbaloss.comparison.summary.decision import Tile, find_simplest
from imbaloss.comparison.summary.decision_counts import write_amount
from imbaloss.comparison.summary.method_titles import name_in_words
from imbaloss.comparison.summary.threshold_bands import find_share_ends
from imbaloss.learners import Method
from imbaloss.studies import Row
from tests.comparison.finished import COSTS, advise, find

GOOD, FAIR, NOISY = [0.40, 0.42, 0.41, 0.38], [0.30, 0.36, 0.33, 0.31], [0.45, 0.37, 0.44, 0.41]


def tiles(advice: Advice) -> list[Tile]:
    return list(advice.summary.decision.tiles)


def test_the_tiles_name_method_rule_and_certainty(tmp_path):
    method, rule, certainty = tiles(advise(tmp_path, {"lightgbm": GOOD, "ce": FAIR}))
    assert (method.text, method.code) == ("Boosted trees of LightGBM", "lightgbm")
    assert rule.text == "Flag a row as failed = yes when its probability is at least 0.750"
    assert rule.detail == "Threshold chosen for F1; 95 % CI 0.600 to 0.900"
    assert certainty.text == "Average precision of about 0.402 (95 % CI 0.361 to 0.444)"
    assert (
        certainty.detail
        == "Expected on new rows. A random order has 0.1. lightgbm is the best of the 2 methods, with 95 % confidence"
    )


def test_a_tie_is_called_a_tie_and_its_simplest_method_is_named(tmp_path):
    values = {"lightgbm": GOOD, "logistic_regression": NOISY, "ce": FAIR}
    detail = tiles(advise(tmp_path / "part", values))[2].detail
    assert "A tie: lightgbm and logistic_regression may be the best (95 % confidence)" in detail
    assert detail.endswith("The simplest of them is logistic_regression")
    whole = tiles(advise(tmp_path / "whole", {"lightgbm": GOOD, "extra_trees": NOISY}))[2].detail
    assert "A tie: each of the 2 methods may be the best" in whole


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"lightgbm": GOOD}, "It was not compared with any other method"),
        ({"lightgbm": [0.4], "ce": [0.3]}, "One repetition cannot tell methods apart"),
        (
            {"lightgbm": GOOD, "ce": [0.3, None, 0.3, 0.3]},
            "No other method has as many scores, so nothing was compared",
        ),
    ],
)
def test_what_was_not_compared_is_no_tie(tmp_path, values, told):
    assert tiles(advise(tmp_path, values))[2].detail.endswith(told)


def test_a_result_that_finds_nothing_recommends_no_method_and_no_rule(tmp_path):
    advice = advise(tmp_path, {"lightgbm": [0.1, 0.08], "ce": [0.08, 0.11]})
    method, rule, certainty = tiles(advice)
    assert (method.text, rule.text) == ("None", "None")
    assert advice.summary.decision.headline == "Use no method"
    assert method.detail == "2 methods were compared, none is better than chance"
    assert certainty.text.startswith("Average precision 0.10 (95 % CI 0.00 to ")
    assert certainty.text.endswith(" at best")
    assert [outcome.name for outcome in advice.summary.decision.outcomes] == ["flag nobody", "flag everybody"]


def finish_otherwise(tmp_path, change) -> Tile:
    """The tile of the rule if the training on all rows ended in another way."""
    findings = find(tmp_path, {"lightgbm": GOOD, "ce": FAIR})
    study = findings.study
    best = study.recommend(findings)
    last: Row = replace(findings.rows[0], run=study.final_run(best))
    findings.store.add([(change(last), {})])
    return tiles(study.advise(findings, best))[1]


def test_a_training_on_all_rows_that_failed_gives_no_rule(tmp_path):
    rule = finish_otherwise(tmp_path, lambda row: replace(row, failure="out of memory"))
    assert rule.text == "No model"
    assert rule.detail == "No model was saved, since the training on all rows failed: out of memory"


def test_a_training_without_a_threshold_leaves_the_rule_to_the_reader(tmp_path):
    rule = finish_otherwise(tmp_path, lambda row: replace(row, tuned=row.tuned.without_threshold("no positives")))
    assert rule.text == "A threshold that you know, or ½"
    assert "has no threshold (no positives)" in rule.detail


def test_a_training_that_is_not_finished_has_no_rule_yet(tmp_path):
    findings = find(tmp_path, {"lightgbm": GOOD, "ce": FAIR})
    advice = findings.study.advise(findings, findings.study.recommend(findings))
    assert tiles(advice)[1].text == "Not chosen yet"


@pytest.mark.parametrize(("folds", "tested"), [(5, 4 * 20), (0, 20)], ids=["over folds", "over test rows"])
def test_the_recall_has_the_interval_of_the_explorer(tmp_path, folds, tested):
    findings = find(tmp_path, {"lightgbm": GOOD, "ce": FAIR}, folds=folds)
    found = {"lightgbm": iter([4, 12, 8, 8]), "ce": iter([6] * 4)}
    rows = [
        replace(row, tuned=replace(row.tuned, scores=row.tuned.scores | recall_of(next(found[str(row.run.method)]))))
        for row in findings.rows
    ]
    advice = findings.study.advise(replace(findings, rows=rows), findings.study.recommend(findings))
    test_to_train = 200 / 600 if folds else None
    low, high = find_share_ends(np.array([0.4]), np.array([[0.2], [0.6], [0.4], [0.4]]), tested, test_to_train)
    ends = f"recall 40 %, 95 % CI {100 * low.item():.0f} to {100 * high.item():.0f}; precision"
    assert ends in advice.summary.decision.in_counts


def recall_of(found: int) -> dict[str, float]:
    """The scores of a test part with 20 positives, of which so many are found."""
    return {"tp": found, "fn": 20 - found, "recall": found / 20}


def test_money_is_told_with_what_is_saved(tmp_path):
    free = advise(tmp_path / "none", {"lightgbm": GOOD}).summary.decision
    assert (free.money, free.savings) == ("", None)
    cheap = advise(tmp_path / "cheap", {"lightgbm": [0.5, 0.5], "ce": [0.7, 0.7]}, COSTS).summary.decision.money
    assert cheap == (
        "The 1,000 rows would cost 500. That saves 400 in comparison with the cheapest decision without a model "
        "(flag everybody: 900)"
    )
    varied = advise(tmp_path / "varied", {"lightgbm": [0.5, 0.6, 0.7]}, COSTS).summary.decision
    savings = varied.savings
    ends = f"{write_amount(savings.saved_low)} to {write_amount(savings.saved_high)}"
    assert f"That saves 300 (95 % CI {ends}) " in varied.money
    assert (savings.rows, savings.cost, savings.saved) == (1000, pytest.approx(600), pytest.approx(300))
    assert (savings.without_model, savings.cost_without_model) == ("flag everybody", pytest.approx(900))
    assert savings.cost_in_use is None
    assert advise(tmp_path / "dear", {"lightgbm": [1.0, 1.1]}, COSTS).summary.decision.money == ""


def test_a_simpler_method_that_may_be_as_good_stands_in_the_headline(tmp_path):
    values = {"lightgbm": GOOD, "logistic_regression": NOISY, "ce": FAIR}
    headline = advise(tmp_path / "tie", values).summary.decision.headline
    assert headline == "Use lightgbm. logistic_regression is simpler and may be as good"
    assert advise(tmp_path / "best", {"lightgbm": GOOD, "ce": FAIR}).summary.decision.headline == "Use lightgbm"
    one = advise(tmp_path / "one", {"lightgbm": [0.4], "ce": [0.3]}).summary.decision.headline
    assert one == "Start with lightgbm. One repetition cannot tell methods apart"


def test_without_a_gain_the_cheaper_constant_decision_is_the_rule(tmp_path):
    decision = advise(tmp_path, {"lightgbm": [1.0, 1.1], "ce": [1.2, 1.2]}, COSTS).summary.decision
    assert decision.headline == "Use no method. Flag all rows"
    assert [tile.text for tile in decision.tiles[:2]] == ["None", "Flag all rows"]
    assert [outcome.name for outcome in decision.outcomes] == ["flag nobody", "flag everybody"]
    assert "With lightgbm" not in decision.in_counts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lightgbm", "Boosted trees of LightGBM"),
        ("ce + smote", "Network with cross-entropy + smote"),
        ("ldam", "Network with LDAM"),
        ("logistic_regression", "Logistic regression of scikit-learn"),
        ("focal/worst_class", "focal/worst_class"),
        ("sklearn.svm:SVC:C=10 + smote", "sklearn.svm:SVC:C=10 + smote"),
    ],
)
def test_methods_have_names_in_words(text, words):
    assert name_in_words(Method.parse(text)) == words


@pytest.mark.parametrize(
    ("methods", "simplest"),
    [
        (["ce", "lightgbm", "logistic_regression", "baseline"], "baseline"),
        (["logistic_regression + smote", "ce", "lightgbm"], "lightgbm"),
        (["ce + smote", "mfe", "ce"], "ce"),
    ],
)
def test_the_simplest_method_is_named(methods, simplest):
    assert str(find_simplest([Method.parse(text) for text in methods])) == simplest
