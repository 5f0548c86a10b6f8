"""Which method is recommended by which score, and that a page shows it."""

import pytest

from imbaloss import report
from imbaloss.comparison.advice import extend_page
from tests.comparison.finished import COSTS, DECISION, OF_0_1, advise, find

LOW, HIGH = [0.30, 0.32, 0.31], [0.40, 0.42, 0.41]


@pytest.mark.parametrize("optimize", ["average_precision", "roc_auc"])
def test_the_score_that_is_optimised_decides(tmp_path, optimize):
    advice = advise(tmp_path, {"lightgbm": LOW, "ce": HIGH}, DECISION | {"optimize": optimize})
    assert (str(advice.method), advice.score.column) == ("ce", optimize)


def test_costs_are_better_if_they_are_lower(tmp_path):
    advice = advise(tmp_path, {"lightgbm": HIGH, "ce": LOW}, COSTS)
    assert (str(advice.method), advice.score.column) == ("ce", "tuned_cost")


def test_equal_scores_go_to_the_first_choice_and_in_version_0_1_to_the_first_of_the_study(tmp_path):
    for entries, best in ((DECISION, "lightgbm"), (OF_0_1, "msfe")):
        findings = find(tmp_path / best, {"msfe": HIGH, "lightgbm": HIGH}, entries)
        assert str(findings.study.recommend(findings)) == best


def test_nothing_is_recommended_without_any_score(tmp_path):
    findings = find(tmp_path, {"lightgbm": [None, None], "ce": [None, None]})
    assert findings.study.recommend(findings) is None
    assert extend_page(None).sentences == ()


@pytest.mark.parametrize("folds", [5, 0])
def test_the_page_begins_with_the_advice(tmp_path, folds):
    advice = advise(tmp_path, {"lightgbm": LOW, "extra_trees": HIGH, "ce": LOW}, folds=folds)
    findings = find(tmp_path, {"lightgbm": LOW, "extra_trees": HIGH, "ce": LOW}, folds=folds)
    page = report.write_report(findings, tmp_path, extend_page(advice)).read_text()
    assert f'<p class="answer">{advice.summary.decision.headline}.</p>' in page
    assert f"<li>{advice.recommendation}.</li>" in page
    assert all(f"<li>{reason}.</li>" in page for reason in advice.reasons)
    assert "which chose its setting and its threshold" in page
