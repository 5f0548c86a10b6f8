"""Alerts: what is wrong with a result, and whether it must not be used before that is mended."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import imbaloss
from imbaloss import studies
from imbaloss.comparison.advice import Advice, extend_page
from imbaloss.comparison.answer import convert_to_json
from imbaloss.comparison.summary.alerts import AlertKind, compute_p_value_of_ranking
from imbaloss.report import Findings, compute_findings, write_report
from imbaloss.studies import Row, Store
from imbaloss.studies.tuning import SettingChoice, TriedSetting
from imbaloss.training import Setting
from tests.comparison.finished import COSTS, COUNTS, DECISION, advise, find

GOOD, FAIR = [0.40, 0.42, 0.41, 0.38], [0.30, 0.36, 0.33, 0.31]
QUICK = {"methods": ["logistic_regression"], "settings": 1, "folds": 3, "repetitions": 3, "importance": False}


def kinds(advice: Advice) -> list[AlertKind]:
    return [alert.kind for alert in advice.summary.alerts]


def text_of(advice: Advice, kind: AlertKind) -> str:
    [alert] = [alert for alert in advice.summary.alerts if alert.kind is kind]
    return alert.text


def advise_changed(findings: Findings, **changes) -> Advice:
    """The advice if each stored row had these changes."""
    changed = replace(findings, rows=[replace(row, **changes) for row in findings.rows])
    return findings.study.advise(changed, findings.study.recommend(findings))


def test_a_good_result_has_no_alert(tmp_path):
    advice = advise(tmp_path, {"lightgbm": GOOD, "ce": FAIR})
    assert advice.summary.alerts == ()
    assert advice.sentences[0] == advice.recommendation
    assert advice.sentences[0].startswith("Use lightgbm")


def test_a_result_that_finds_nothing_is_not_to_be_used(tmp_path):
    advice = advise(tmp_path, {"lightgbm": [0.1, 0.09], "ce": [0.08, 0.1]})
    [alert] = [alert for alert in advice.summary.alerts if alert.blocks]
    assert alert.kind is AlertKind.NOTHING_FOUND
    assert advice.sentences[0] == alert.sentence
    assert alert.sentence.startswith("Do not use: no method finds rows with failed = yes: none has a mean average")
    assert advice.recommendation == ""


def test_a_result_that_is_no_cheaper_than_a_constant_decision_is_not_to_be_used(tmp_path):
    advice = advise(tmp_path, {"lightgbm": [0.95, 0.99], "ce": [1.0, 1.1]}, COSTS)
    assert advice.sentences[0].startswith(
        "Do not use: no method is cheaper than to flag all rows, which costs 0.9 a row on average: the cheapest, "
        "lightgbm, costs 0.97"
    )


def test_decisions_that_cost_more_than_none_are_named_though_another_score_decides(tmp_path):
    entries = DECISION | {"threshold": "cost:fn=1,fp=9"}
    findings = find(tmp_path, {"lightgbm": GOOD, "ce": FAIR}, entries)
    expensive = [
        replace(row, tuned=replace(row.tuned, scores=row.tuned.scores | {"cost": 0.3})) for row in findings.rows
    ]
    advice = findings.study.advise(replace(findings, rows=expensive), findings.study.recommend(findings))
    text = text_of(advice, AlertKind.NOTHING_FOUND)
    assert text.startswith("In 1,000 new rows the decisions of lightgbm cost 300, and to flag nobody costs 100")
    assert advice.sentences[0].startswith("Use lightgbm")


def with_area(row: Row, area: float) -> Row:
    return replace(row, scores=row.scores | {"test": row.scores["test"] | {"roc_auc": area}})


def test_a_ranking_that_may_be_chance_is_not_to_be_used(tmp_path):
    findings = find(tmp_path, {"lightgbm": GOOD, "ce": FAIR})
    best = findings.study.recommend(findings)
    by_chance = replace(findings, rows=[with_area(row, 0.53) for row in findings.rows])
    advice = findings.study.advise(by_chance, best)
    assert advice.sentences[0].startswith("Do not use: no method is shown to find rows with failed = yes")
    assert advice.sentences[1].startswith(
        "Without this alert the recommendation would be: use lightgbm. On new rows expect "
    )
    assert [each.verdict for each in advice.summary.standings if each.method == "lightgbm"] == ["would be recommended"]
    page = write_report(by_chance, tmp_path, extend_page(advice)).read_text(encoding="utf-8")
    assert 'class="recommended"' not in page
    is_better = replace(findings, rows=[with_area(row, 0.7) for row in findings.rows])
    assert kinds(findings.study.advise(is_better, best)) == []


def test_the_test_of_a_ranking_has_its_level_over_folds_and_divisions(tmp_path):
    """Areas of random rankings: 5 % of them at most are called better than chance, and about 5 % with one division."""
    findings = find(tmp_path, {"lightgbm": [0.3] * 10})
    generator = np.random.default_rng(0)
    negatives, positives = COUNTS.test
    is_positive = np.arange(negatives + positives) < positives

    def draw_area() -> float:
        ranks = generator.permutation(negatives + positives) + 1
        return (ranks[is_positive].sum() - positives * (positives + 1) / 2) / (positives * negatives)

    one_division = [row for row in findings.rows if row.run.seed == 0]
    p_values = [compute_p_value_of_ranking([with_area(row, draw_area()) for row in one_division]) for _ in range(800)]
    assert 0.03 < np.mean(np.array(p_values) <= 0.05) < 0.08
    several = [compute_p_value_of_ranking([with_area(row, draw_area()) for row in findings.rows]) for _ in range(400)]
    assert np.mean(np.array(several) <= 0.05) < 0.05


@pytest.mark.parametrize(
    ("folds", "validation", "parts"),
    [
        (0, 20, ["Only 20 test rows have failed = yes", "±22 points at best"]),
        (5, 9, ["A validation part has only 9 rows with failed = yes"]),
        (5, 10, []),
    ],
)
def test_few_positives_are_named(tmp_path, folds, validation, parts):
    findings = find(tmp_path, {"lightgbm": GOOD, "ce": FAIR}, folds=folds)
    counts = replace(COUNTS, validation=COUNTS.validation._replace(positives=validation))
    advice = advise_changed(findings, counts=counts)
    assert kinds(advice) == ([AlertKind.FEW_POSITIVES] if parts else [])
    assert all(part in text_of(advice, AlertKind.FEW_POSITIVES) for part in parts)


def choose(chosen: float, name: str = "lr") -> SettingChoice:
    """The choice of one number among 0.01, 0.1 and 1."""
    tried = [TriedSetting(Setting.of({name: number}), number, None) for number in (0.01, 0.1, 1.0)]
    return SettingChoice("average_precision", Setting.of({name: chosen}), tuple(tried))


@pytest.mark.parametrize(
    ("of_best", "of_others", "told"),
    [
        ((0.1, 0.1, 0.1, 1.0), (0.1, 0.1, 0.1, 0.1), None),
        (
            (1.0, 0.1, 1.0, 0.01),
            (0.1, 0.1, 0.1, 0.1),
            "3 of 4 trainings of ce, and 3 of 8 of all, chose a setting at the edge of those tried, most often the "
            "largest learning rate. ce may be better than shown: try larger ones with --tune-lr",
        ),
        (
            (0.1, 0.1, 0.1, 0.1),
            (0.01, 0.01, 0.1, 0.01),
            "3 of 8 trainings chose a setting at the edge of those tried, most often the smallest learning rate. mfe "
            "may be better than shown: try smaller ones with --tune-lr",
        ),
    ],
)
def test_settings_at_the_edge_of_their_grid_are_counted(tmp_path, of_best, of_others, told):
    findings = find(tmp_path, {"ce": GOOD, "mfe": FAIR})
    chosen = {"ce": iter(of_best), "mfe": iter(of_others)}
    rows = [replace(row, tuning=choose(next(chosen[str(row.run.method)]))) for row in findings.rows]
    advice = findings.study.advise(replace(findings, rows=rows), findings.study.recommend(findings))
    assert kinds(advice) == ([AlertKind.EDGE_OF_GRID] if told else [])
    assert told is None or text_of(advice, AlertKind.EDGE_OF_GRID) == told


def test_an_edge_of_another_number_than_the_learning_rate_is_widened_in_the_text_of_the_method(tmp_path):
    findings = find(tmp_path, {"logistic_regression": GOOD, "ce": FAIR})
    advice = advise_changed(findings, tuning=choose(1.0, "C"))
    assert text_of(advice, AlertKind.EDGE_OF_GRID).endswith("try larger ones with the method, as METHOD:C=NUMBER")


def test_the_methods_that_are_named_are_those_of_the_edge_that_is_named(tmp_path):
    findings = find(tmp_path, {"logistic_regression": FAIR, "ce": GOOD})
    numbers = {"logistic_regression": (1.0, "C"), "ce": (1.0, "lr")}
    rows = [replace(row, tuning=choose(*numbers[str(row.run.method)])) for row in findings.rows]
    text = text_of(
        findings.study.advise(replace(findings, rows=rows), findings.study.recommend(findings)), AlertKind.EDGE_OF_GRID
    )
    assert text.endswith("largest learning rate. ce may be better than shown: try larger ones with --tune-lr")


def test_a_ranking_by_chance_of_rows_with_weights_is_not_to_be_used_either():
    generator = np.random.default_rng(1)
    noise, weights = generator.normal(size=(300, 3)), generator.uniform(0.5, 2.0, 300)
    is_positive = np.arange(300) % 8 == 0
    by_chance, good = (
        imbaloss.compare(noise + shift * is_positive[:, None], is_positive, sample_weight=weights, **QUICK)
        for shift in (0.0, 1.0)
    )
    assert AlertKind.NOTHING_FOUND in kinds(by_chance.advice)
    assert AlertKind.NOTHING_FOUND not in kinds(good.advice)


def test_failed_trainings_are_counted_with_the_first_reason(tmp_path):
    advice = advise(tmp_path, {"lightgbm": GOOD, "ce": [0.3, None, 0.3, None]})
    assert text_of(advice, AlertKind.FAILED) == (
        "2 of 8 trainings failed: ce (2). The first reason: the training failed. A method that lacks scores is not "
        "recommended"
    )
    assert advice.sentences[1].startswith("Failed trainings: 2 of 8 trainings failed")


def test_a_failed_training_on_all_rows_is_an_alert(tmp_path):
    values = {"lightgbm": GOOD, "ce": FAIR}
    findings = find(tmp_path, values)
    study = findings.study
    best = study.recommend(findings)
    [failed] = find(tmp_path / "failed", {str(best): [None]}).rows
    findings.store.add([(replace(failed, run=study.final_run(best)), {})])
    assert text_of(study.advise(findings, best), AlertKind.FAILED) == (
        "No model was saved, since the training on all rows failed"
    )


@pytest.fixture(scope="module")
def copied(tmp_path_factory) -> imbaloss.comparison.Answer:
    """The answer for a table in which each row occurs twice."""
    generator = np.random.default_rng(0)
    labels = np.arange(150) % 5 == 0
    frame = pd.DataFrame(generator.normal(size=(150, 3)) + labels[:, None], columns=["a", "b", "c"]).round(4)
    twice = pd.concat([frame, frame], ignore_index=True)
    target = np.where(np.tile(labels, 2), "yes", "no")
    return imbaloss.compare(twice, target, **QUICK, out=tmp_path_factory.mktemp("copied"))


def test_copies_of_training_rows_are_counted_and_do_not_block(copied):
    [alert] = [alert for alert in copied.advice.summary.alerts if alert.kind is AlertKind.COPIES]
    assert alert.text.startswith(f"In the first division, {copied.findings.study.copies} of 100 test rows (")
    assert not alert.blocks
    assert copied.verdict.startswith("Use logistic_regression")
    assert {"kind": "copies", "text": alert.text, "blocks": False} in convert_to_json(copied)["alerts"]


def test_a_report_from_the_store_alone_has_the_same_alerts(copied):
    study, store = studies.read_study(copied.folder), Store(copied.folder, create=False)
    assert study.copies == copied.findings.study.copies > 0
    findings = compute_findings(study, store.rows(study.runs()), store)
    assert study.advise(findings, study.recommend(findings)).summary.alerts == copied.advice.summary.alerts


def test_a_study_file_has_the_number_of_copies_only_if_there_are_some(tmp_path):
    study = find(tmp_path, {"lightgbm": GOOD}).study
    assert "copies" not in study.to_toml()["own"]
    assert replace(study, copies=3).to_toml()["own"]["copies"] == 3


def test_the_page_has_alerts_before_all_else_in_words(tmp_path):
    findings = find(tmp_path, {"lightgbm": [0.1, 0.09], "ce": [0.08, None]}, folds=0)
    advice = findings.study.advise(findings, findings.study.recommend(findings))
    page = write_report(findings, tmp_path, extend_page(advice)).read_text()
    places = [page.index(text) for text in ("Do not use:", "Few positives:", "Failed trainings:", "What to do")]
    assert places == sorted(places)
    assert page.count("Do not use:") == 1
    assert advice.sentences[0] in (Path(tmp_path) / "table.md").read_text()
