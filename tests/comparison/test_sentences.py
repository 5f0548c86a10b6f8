"""The sentences of the answer, as a person reads them, for studies that ended in different ways."""

from dataclasses import replace

import pytest

from imbaloss.comparison.summary.alerts import AlertKind
from tests.comparison.finished import COSTS, DECISION, OF_0_1, advise, find

LIGHTGBM, CE, MSFE = [0.40, 0.42, 0.41, 0.38], [0.30, 0.36, 0.33, 0.31], [0.32, 0.35, 0.31, 0.30]
NOISY, AHEAD = [0.45, 0.37, 0.44, 0.41], [0.45, 0.47, 0.44, 0.43]
EXPLAINED = (
    "Average precision rates the order in which the model ranks the rows: 1 if all with failed = yes come first, "
    "about 0.1 for a random order"
)


def test_a_higher_mean_that_is_not_clearly_ahead_is_named_and_not_recommended(tmp_path):
    advice = advise(tmp_path, {"ce": CE, "msfe": MSFE, "extra_trees": NOISY, "lightgbm": LIGHTGBM})
    *sentences, threshold, decisions = advice.sentences
    assert sentences == [
        "Use lightgbm. On new rows expect an average precision of about 0.390 (95 % CI 0.346 to 0.434). Its mean "
        "average precision over 4 repetitions is 0.402",
        EXPLAINED,
        "extra_trees has a higher mean average precision (0.417; lightgbm: 0.402), a lead of 0.01 "
        "(95 % CI -0.09 to 0.12), not significant. lightgbm is the first choice as long as no other method is clearly "
        "ahead of it",
        "These methods may be the best, with 95 % confidence: lightgbm and extra_trees. The others are ruled out; each "
        "is behind the best by at least the number in brackets: ce (0.035) and msfe (0.051)",
        "The best network is ce: lightgbm is ahead of ce by 0.077 (95 % CI 0.036 to 0.119), a significant difference",
    ]
    assert threshold == (
        "Flag a row as failed = yes when its probability is at least 0.750 (threshold chosen for F1; 95 % CI 0.600 to "
        "0.900). Over the repetitions the threshold was 0.750 on average"
    )
    assert decisions.startswith("With thresholds chosen in this way you would flag about ")
    assert ", F1 0." in decisions


def test_a_method_that_is_clearly_ahead_is_compared_with_the_other_kinds(tmp_path):
    advice = advise(tmp_path, {"lightgbm": LIGHTGBM, "extra_trees": AHEAD, "ce": CE})
    assert advice.sentences[:4] == (
        "Use extra_trees. On new rows expect an average precision of about 0.447 (95 % CI 0.406 to 0.489). Its mean "
        "average precision over 4 repetitions is 0.448",
        EXPLAINED,
        "extra_trees is the best of the 3 methods, with 95 % confidence. The others are ruled out; each is behind by "
        "at least the number in brackets: lightgbm (0.023) and ce (0.080)",
        "The only method with boosted trees is lightgbm: extra_trees is ahead of lightgbm by 0.045 (95 % CI 0.021 to "
        "0.069), a significant difference. The only network is ce: extra_trees is ahead of ce by 0.122 (95 % CI 0.076 "
        "to 0.169), a significant difference",
    )


def test_a_clear_lead_is_preferred_to_a_larger_noisy_one(tmp_path):
    values = {"lightgbm": LIGHTGBM, "logistic_regression": [0.70, 0.60, 0.34, 0.38], "extra_trees": AHEAD}
    advice = advise(tmp_path, values)
    assert str(advice.method) == "extra_trees"
    assert advice.sentences[2] == (
        "logistic_regression has a higher mean average precision (0.505; extra_trees: 0.448), a lead of 0.06 (95 % CI "
        "-0.34 to 0.45), not significant. extra_trees is more clearly ahead of lightgbm, which is the first choice"
    )


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"ce": [0.3], "extra_trees": [0.45], "lightgbm": [0.4]}, "0.300 (ce) to 0.450 (extra_trees) for the others"),
        ({"ce": [0.3], "lightgbm": [0.4]}, "0.300 for ce"),
    ],
)
def test_one_repetition_names_no_winner(tmp_path, values, sentence):
    advice = advise(tmp_path, values)
    assert advice.sentences[0] == (
        "Start with lightgbm. One repetition cannot tell methods apart: average precision is 0.400 for lightgbm, and "
        + sentence
    )
    assert advice.reasons[0] == EXPLAINED
    assert advice.reasons[1].startswith("Flag a row")
    assert "Over the repetitions" not in advice.reasons[1]
    assert len(advice.reasons) == 3


def test_a_single_method_is_compared_with_none(tmp_path):
    advice = advise(tmp_path, {"lightgbm": [0.4]})
    assert (
        advice.sentences[0] == "Start with lightgbm. Its average precision is 0.400 in the only repetition with a score"
    )
    assert advice.reasons[1] == "lightgbm was not compared with any other method"


def test_a_network_is_compared_with_plain_cross_entropy_and_costs_with_doing_nothing(tmp_path):
    values = {"ce": CE, "msfe": [0.25, 0.26, 0.25, 0.23], "lightgbm": LIGHTGBM}
    advice = advise(tmp_path, values, COSTS)
    assert advice.sentences[:4] == (
        "Use msfe. On new rows expect a mean cost at the tuned threshold of about 0.247 (95 % CI 0.217 to 0.278). Its "
        "mean cost at the tuned threshold over 4 repetitions is 0.247",
        "msfe is the best of the 3 methods, with 95 % confidence. The others are ruled out; each is behind by at least "
        "the number in brackets: lightgbm (0.142) and ce (0.031)",
        "The only method with boosted trees is lightgbm: msfe is ahead of lightgbm by 0.155 (95 % CI 0.141 to 0.169), "
        "a significant difference",
        "Against plain cross-entropy (ce): msfe is ahead of ce by 0.08 (95 % CI 0.03 to 0.13), "
        "a significant difference",
    )
    assert advice.sentences[-1] == (
        "Deciding by msfe costs 0.247 (95 % CI 0.217 to 0.278) a row on average; to flag all rows costs 0.9. The "
        "method saves 72.5 % (95 % CI 69.1 to 75.9)"
    )


def test_one_test_part_for_all_seeds_shows_less(tmp_path):
    """The lead is the same in each seed, but 20 positives might rank otherwise."""
    lead = [value + 0.05 for value in LIGHTGBM]
    assert str(advise(tmp_path / "folds", {"lightgbm": LIGHTGBM, "msfe": lead}).method) == "msfe"
    advice = advise(tmp_path / "seeds", {"lightgbm": LIGHTGBM, "msfe": lead}, folds=0)
    assert advice.sentences[0] == (
        "Use lightgbm. On new rows expect an average precision of about 0.36 (95 % CI 0.24 to 0.47). Its mean average "
        "precision over 4 seeds on the same test rows is 0.40"
    )
    assert advice.reasons[1].startswith(
        "msfe has a higher mean average precision (0.453; lightgbm: 0.402), a lead of 0.05 (95 % CI -0."
    )
    assert advice.reasons[2] == (
        "Each of the 2 methods may be the best: the differences may be chance. This allows for other test rows too, by "
        "a bootstrap"
    )


def test_images_begin_with_a_network(tmp_path):
    advice = advise(tmp_path, {"lightgbm": [0.34, 0.31, 0.38, 0.30], "msfe": MSFE, "ce": CE}, noun="images")
    assert advice.sentences[0].startswith("Use ce. ")
    assert "ce is the first choice" in advice.sentences[2]
    assert advice.sentences[1].startswith("Average precision rates the order in which the model ranks the images: ")


@pytest.mark.parametrize(("optimize", "level"), [("average_precision", "0.1"), ("roc_auc", "0.5")])
def test_nothing_above_a_random_order_is_not_recommended(tmp_path, optimize, level):
    values = [float(level) + change for change in (0.02, -0.03)]
    advice = advise(tmp_path, {"lightgbm": values, "ce": values[::-1]}, DECISION | {"optimize": optimize})
    label = {"roc_auc": "ROC-AUC", "average_precision": "average precision"}[optimize]
    assert advice.sentences[0] == (
        f"Do not use: no method finds rows with failed = yes: none has a mean {label} above {level}, the value of a "
        "random order. More rows with failed = yes or other columns may change that"
    )
    assert advice.recommendation == ""
    assert not any(reason.startswith(("Flag", "With thresholds")) for reason in advice.reasons)


def test_missing_scores_and_scores_without_calibration_are_explained(tmp_path):
    advice = advise(tmp_path, {"lightgbm": LIGHTGBM, "ce": [0.5, None, 0.5, 0.5]}, DECISION | {"calibration": "none"})
    assert advice.sentences[0].startswith("Use lightgbm. ")
    assert advice.reasons[1] == "In the repetitions that have both scores, ce is better than lightgbm"
    assert advice.reasons[2] == (
        "Some repetitions give no score, since the training failed: ce (1 of 4). The reason of each first "
        "failure: the training failed. A method that lacks more of them than "
        "another is not recommended"
    )
    assert advice.reasons[3].startswith("The only network is ce: ce is ahead of lightgbm by 0.10 (95 % CI ")
    assert advice.reasons[4] == (
        "Flag a row as failed = yes when its score is at least 0.750 (threshold chosen for F1; 95 % CI 0.600 to "
        "0.900). Over the repetitions the threshold was 0.750 on average. Scores are not calibrated, so they are no "
        "probabilities"
    )


def test_a_terminal_shows_failures_once_in_the_alert_and_other_missing_scores_as_a_reason(tmp_path):
    values = {"lightgbm": LIGHTGBM, "ce": [0.5, None, 0.5, 0.5]}
    advice = advise(tmp_path, values)
    assert [alert.kind for alert in advice.summary.alerts] == [AlertKind.FAILED]
    assert not any("give no score" in reason for reason in advice.main_reasons)
    findings = find(tmp_path / "undefined", values)
    rows = [replace(row, failure=None) for row in findings.rows]
    undefined = findings.study.advise(replace(findings, rows=rows), findings.study.recommend(findings))
    assert any("give no score" in reason for reason in undefined.main_reasons)


def test_a_method_that_lacks_scores_and_is_better_is_named_as_the_better_one(tmp_path):
    values = {"lightgbm": LIGHTGBM, "ce": [0.7, 0.721, 0.71, None], "msfe": [0.8, 0.821, 0.81, None]}
    advice = advise(tmp_path, values)
    assert advice.sentences[0].startswith("Use lightgbm. ")
    assert advice.reasons[1] == ("In the repetitions that have both scores, ce and msfe are better than lightgbm")


def test_a_study_of_version_0_1_recommends_the_best_mean_of_f1(tmp_path):
    advice = advise(tmp_path, {"ce": [0.30, 0.39], "gradient_boosting": [0.28, 0.59]}, OF_0_1)
    assert advice.sentences[0].startswith("Use gradient_boosting. Its mean F1 at the tuned threshold is 0.43")
    assert advice.sentences[1] == "Each of the 2 methods may be the best: the differences may be chance"
    alone = advise(tmp_path / "single", {"ce": [0.3], "gradient_boosting": [0.31], "lightgbm": [0.2]}, OF_0_1)
    assert alone.sentences[0].startswith("Start with gradient_boosting. One repetition cannot tell methods apart: ")


def test_equivalent_methods_and_equal_means_have_words(tmp_path):
    close = [value + change for value, change in zip(LIGHTGBM, (1e-4, -2e-4, 1e-4, 1e-4), strict=True)]
    advice = advise(tmp_path, {"lightgbm": LIGHTGBM, "ce": close})
    assert "lightgbm is equivalent to ce" in advice.sentences
    [choice] = [sentence for sentence in advice.sentences if sentence.startswith("ce has a higher mean")]
    assert "so little that they are equivalent" in choice
    equal = advise(tmp_path / "equal", {"lightgbm": LIGHTGBM, "ce": LIGHTGBM})
    assert "The only network is ce: lightgbm and ce have the same mean average precision" in equal.sentences
    rounded = advise(tmp_path / "rounded", {"lightgbm": LIGHTGBM, "ce": [value + 1e-16 for value in LIGHTGBM]})
    assert not any("ahead of" in sentence or "has a higher mean" in sentence for sentence in rounded.sentences)


def test_a_single_method_that_is_ruled_out_is_one(tmp_path):
    advice = advise(tmp_path, {"extra_trees": AHEAD, "ce": CE})
    assert advice.sentences[2] == (
        "extra_trees is the best of the 2 methods, with 95 % confidence. The other one is ruled out; it is behind by "
        "at least the number in brackets: ce (0.089)"
    )
