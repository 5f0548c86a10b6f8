"""Which columns matter: losses with intervals, possible leaks, and where they are told."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import imbaloss as library
from benchmarks.importance import LEAKS, simulate
from imbaloss.comparison.column_importance import (
    ColumnImportance,
    compute_chance,
    compute_importance,
    tabulate_importance,
)
from imbaloss.comparison.sentences import name_important_columns
from imbaloss.comparison.summary.alerts import AlertKind, warn_of_leaks
from imbaloss.data import Counts
from imbaloss.report.cells import COST, OF_OBJECTIVES
from imbaloss.statistics import Interval
from imbaloss.studies import PermutedScores, Row
from tests.comparison.examples import QUICK, mixed, write_csv, write_images
from tests.comparison.finished import COSTS, DECISION, find

AVERAGE_PRECISION = OF_OBJECTIVES["average_precision"]


def rows_of(folder: Path, average_precision: float = 0.7, entries: dict[str, str] = DECISION) -> list[Row]:
    rows = list(find(folder, {"ce": [0.7, 0.5]}, entries).rows)
    for row in rows:
        row.scores["test"]["average_precision"] = average_precision
    return rows


def permuted(
    rows: list[Row], unchanged: list[float], values: list[list[list[float]]], kept: float = 0.5
) -> dict[str, PermutedScores]:
    """values: of each row, column and permutation. kept: of the first column, if all others are permuted."""
    of_others = np.array([[kept], [0.1], [0.1]])
    return {
        row.run.hash: PermutedScores("average_precision", value, ("a", "b", "c"), np.array(of_row), of_others)
        for row, value, of_row in zip(rows, unchanged, values, strict=True)
    }


def test_a_loss_is_a_mean_over_repetitions_with_an_interval_that_allows_for_folds(tmp_path):
    rows = rows_of(tmp_path)
    scores = permuted(rows, [0.7, 0.5], [[[0.6, 0.7], [0.1, 0.1], [0.7, 0.7]], [[0.5, 0.4], [0.2, 0.1], [0.5, 0.5]]])
    first, second, third = compute_importance(AVERAGE_PRECISION, rows, scores, 1 / 3)
    assert [first.column, second.column, third.column] == ["b", "a", "c"]
    losses = np.array([0.6, 0.35])
    assert first.loss.estimate == pytest.approx(losses.mean())
    half = stats.t.ppf(0.975, 1) * losses.std(ddof=1) * np.sqrt(1 / 2 + 1 / 3)  # Nadeau and Bengio 2003
    assert first.loss.high - first.loss.estimate == pytest.approx(half)
    assert first.share_lost == pytest.approx(losses.mean() / (0.6 - 0.1))  # a share of 0.1 of the rows are positive
    assert second.loss.estimate == pytest.approx(0.05)
    assert np.isnan(third.loss.low)
    assert first.repetitions == 2
    one = {rows[0].run.hash: scores[rows[0].run.hash]}
    assert np.isnan(compute_importance(AVERAGE_PRECISION, rows, one, 1 / 3)[0].loss.low)
    assert compute_importance(AVERAGE_PRECISION, rows, {}, 1 / 3) == ()


@pytest.mark.parametrize(
    ("lost", "kept", "average_precision", "roc_auc", "leaks"),
    [
        (0.8, 0.41, 0.65, 0.91, ["a"]),
        (0.8, 0.39, 0.65, 0.91, []),
        (0.5, 0.71, 0.65, 0.91, ["a"]),
        (0.8, 0.41, 0.63, 0.91, []),
        (0.8, 0.41, 0.65, 0.89, []),
        (1.1, 1.1, 1.0, 1.0, ["a"]),
    ],
)
def test_a_leak_carries_three_fifths_of_the_score_of_a_good_model(
    *, lost, kept, average_precision, roc_auc, leaks, tmp_path
):
    """Of 0.6, 0.5 is above chance; what is lost and kept are shares of it. 0.64 is 60 % of the way from 0.1 to 1."""
    rows = rows_of(tmp_path, average_precision)
    for row in rows:
        row.scores["test"]["roc_auc"] = roc_auc
    values = [[0.6 - lost * 0.5], [0.55], [0.6]]
    scores = permuted(rows, [0.6, 0.6], [values, values], 0.1 + kept * 0.5)
    table = tabulate_importance(compute_importance(AVERAGE_PRECISION, rows, scores, 1 / 3))
    assert table["share_lost"][0] == pytest.approx(lost)
    assert table["share_kept"][0] == pytest.approx(kept)
    assert table.loc[table["possible_leak"], "column"].tolist() == leaks


@pytest.mark.parametrize(("positives", "test_to_train", "leaks"), [(5, 1 / 3, ["a"]), (4, 1 / 3, []), (5, None, [])])
def test_a_handful_of_positives_proves_no_leak(positives, test_to_train, leaks, tmp_path):
    """Of two folds or of two seeds with one test part: a perfect score on four positives is no rarity."""
    rows = rows_of(tmp_path, 1.0)
    for place, row in enumerate(rows):
        row.scores["test"]["roc_auc"] = 1.0
        rows[place] = replace(row, counts=replace(row.counts, test=Counts(90, positives)))
    values = [[0.1], [0.55], [0.6]]
    scores = permuted(rows, [0.6, 0.6], [values, values], 0.6)
    table = tabulate_importance(compute_importance(AVERAGE_PRECISION, rows, scores, test_to_train))
    assert table.loc[table["possible_leak"], "column"].tolist() == leaks


def test_no_column_of_a_method_below_chance_is_a_leak(tmp_path):
    rows = rows_of(tmp_path)
    values = [[0.01], [0.05], [0.05]]
    importance = compute_importance(AVERAGE_PRECISION, rows, permuted(rows, [0.05, 0.05], [values, values]), 1 / 3)
    assert not any(each.possible_leak for each in importance)
    assert np.isnan([each.share_lost for each in importance]).all()


def test_a_cost_gets_worse_when_it_rises_and_chance_is_the_best_constant_decision(tmp_path):
    rows = rows_of(tmp_path, entries=COSTS)
    assert compute_chance(COST, rows[0]) == pytest.approx(min(10 * 0.1, 0.9))
    values = [[0.9], [0.3], [0.2]]
    first, second, _ = compute_importance(COST, rows, permuted(rows, [0.2, 0.2], [values, values]), 1 / 3)
    assert (first.column, first.loss.estimate, first.share_lost) == ("a", pytest.approx(0.7), pytest.approx(1.0))
    assert second.loss.estimate == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("name", "chance"), [("brier", 0.09), ("f1", 0.1), ("roc_auc", 0.5), ("balanced_accuracy", 0.5), ("savings", 0.0)]
)
def test_chance_is_the_score_of_a_model_that_knows_nothing(name, chance, tmp_path):
    assert compute_chance(OF_OBJECTIVES[name], rows_of(tmp_path)[0]) == pytest.approx(chance)


@pytest.mark.parametrize(("folds", "ending"), [(5, ""), (0, ". This is for these test rows alone")])
def test_sentences_name_leaks_and_the_columns_that_matter_beyond_chance(folds, ending):
    entries = [
        ColumnImportance("a", Interval(0.6, 0.5, 0.7), 0.9, 0.8, 2, possible_leak=True),
        ColumnImportance("b", Interval(0.5, 0.4, 0.6), 0.8, 0.7, 2, possible_leak=True),
        ColumnImportance("c", Interval(0.1, -0.1, 0.3), 0.2, 0.1, 2, possible_leak=False),
        ColumnImportance("d", Interval(0.0, np.nan, np.nan), 0.0, 0.0, 2, possible_leak=False),
    ]
    case = SimpleNamespace(
        importance=entries,
        best="ce",
        score=AVERAGE_PRECISION,
        finds_nothing=False,
        study=SimpleNamespace(folds=folds, noun="rows"),
    )
    alert = warn_of_leaks(case)
    assert alert.sentence == (
        "Do not use yet: the good score rests on each of the columns `a` and `b`. Are they known before the class is? "
        "If not, leave them out with --drop and compare again. If so, keep them, and the answer holds. Shuffling one "
        "and its copies takes from the average precision at least 80 % of its lead over chance, and shuffling all "
        "others at most 30 %"
    )
    assert (alert.kind, alert.blocks) == (AlertKind.LEAK, True)
    assert name_important_columns(case) == (
        "The columns that matter most to ce: when the values of one are shuffled, its mean average precision gets "
        f"worse, for `a` by 0.60 (95 % CI 0.50 to 0.70) and `b` by 0.50 (95 % CI 0.40 to 0.60){ending}"
    )
    case.importance = entries[2:]
    assert (warn_of_leaks(case), name_important_columns(case)) == (None, "")


def frame_with_leak(kind: str = "copy", rows: int = 600) -> pd.DataFrame:
    data = simulate([0.5, 0.5, 0.0], 0, share=0.15)
    leak = LEAKS[kind](data.labels, np.random.default_rng(0))
    target = np.where(data.labels == 1, "yes", "no")
    return data.features.assign(**{kind: leak, "fraud": target}).iloc[:rows]


SHORT = ("--method", "logistic_regression", "--settings", "1", "--folds", "3", "--repetitions", "3", "--quiet")


def test_a_leak_is_told_first_on_terminal_page_and_in_json(imbaloss, tmp_path):
    file = write_csv(tmp_path, frame_with_leak())
    words = ("compare", str(file), "--target", "fraud", "--out", "out", *SHORT)
    code, out, _ = imbaloss(*words)
    assert code == 0
    text = " ".join(out.split())
    assert text.startswith(
        "! Do not use yet: the good score rests on the column `copy`. Is it known before the class is? If not, leave"
    )
    assert "Without this alert the recommendation would be: use logistic_regression." in text
    assert "The columns that matter most to logistic_regression" in text
    page = Path("out/report.html").read_text(encoding="utf-8")
    assert (
        page.index("Do not use yet:")
        < page.index("Without this alert the recommendation would be: ")
        < page.index("<summary>Method, rule and counts under this alert</summary>")
        < page.index('class="tiles blocked"')
        < page.index("<summary>The explorer of thresholds under this alert</summary>")
        < page.index('<section class="explorer"')
    )
    assert "Which columns matter</h2>" in page
    assert "copy<small>possible leak</small>" in page
    assert "imbaloss predict model" not in page  # while an alert says not to use the model
    assert "imbaloss predict" not in out
    table = pd.read_csv("out/importance.csv")
    assert table["column"][0] == "copy"
    assert table["possible_leak"].tolist() == [True, False, False, False]

    answer = json.loads(imbaloss(*words, "--json")[1])
    assert answer["importance"][0]["column"] == "copy"
    assert answer["importance"][0]["possible_leak"] is True
    assert answer["importance"][0]["loss"] == pytest.approx(table["loss"][0])
    assert answer["verdict"][0].startswith("Do not use yet")
    assert [(alert["kind"], alert["blocks"]) for alert in answer["alerts"]] == [("leak", True)]


def test_copies_of_a_leak_do_not_hide_each_other():
    """The second one is in another unit and direction; with either alone shuffled, the other one would be enough."""
    frame = frame_with_leak().assign(copy_in_cents=lambda data: -100 * data["copy"])
    answer = library.compare(
        frame.drop(columns="fraud"), frame["fraud"], methods="logistic_regression", settings=1, repetitions=3, folds=3
    )
    table = answer.importance
    assert table.loc[table["possible_leak"], "column"].tolist() == ["copy", "copy_in_cents"]
    assert (table["share_lost"][:2] > 0.8).all()
    assert answer.verdict.startswith(
        "Do not use yet: the good score rests on each of the columns `copy` and `copy_in_cents`. Are they known"
    )


@pytest.mark.slow
def test_a_report_tells_it_without_the_data_and_a_comparison_without_it_removes_it(imbaloss, tmp_path):
    file = write_csv(tmp_path, frame_with_leak())
    words = ("compare", str(file), "--target", "fraud", "--out", "out", *SHORT)
    assert imbaloss(*words)[0] == 0
    page, table = (Path("out", name).read_bytes() for name in ("report.html", "importance.csv"))
    for name in ("report.html", "importance.csv", "../data.csv"):
        Path("out", name).unlink()
    assert imbaloss("report", "out")[0] == 0
    assert Path("out/report.html").read_bytes() == page
    assert Path("out/importance.csv").read_bytes() == table

    write_csv(tmp_path, frame_with_leak())
    code, out, _ = imbaloss(*words, "--no-importance")
    assert code == 0
    assert "leak" not in out
    assert not Path("out/importance.csv").exists()
    assert "Which columns matter" not in Path("out/report.html").read_text(encoding="utf-8")


def test_without_importance_the_json_lacks_it(imbaloss, tmp_path):
    file = write_csv(tmp_path)
    code, out, _ = imbaloss(
        "compare", str(file), "--target", "fraud", *QUICK, "--no-importance", "--no-references", "--json"
    )
    assert code == 0
    assert "importance" not in json.loads(out)


def test_a_folder_of_images_has_no_columns(imbaloss, tmp_path):
    folder = write_images(tmp_path)
    code, _, err = imbaloss("compare", str(folder), "--out", "out", *QUICK, "--importance")
    assert code == 2
    assert "--importance needs a table: images have no columns" in err
    assert not Path("out").exists()


def test_the_frame_of_python_has_each_column_of_the_file_once():
    frame = mixed(150)
    answer = library.compare(frame.drop(columns="fraud"), frame["fraud"], methods=["lightgbm"], repetitions=2)
    assert sorted(answer.importance["column"]) == ["age", "amount", "country", "day", "shop"]
    assert answer.importance["loss"].is_monotonic_decreasing
    known = answer.importance.dropna()
    assert (known["loss_low"] <= known["loss"]).all()


@pytest.mark.slow
@pytest.mark.parametrize("kind", LEAKS)
def test_planted_leaks_are_found_and_an_honest_column_is_none(kind):
    """A smaller one than `python -m benchmarks.importance`, which has real tables."""
    options = {"methods": ["lightgbm"], "settings": 1, "repetitions": 5}
    frame = frame_with_leak(kind, rows=1500)
    answer = library.compare(frame.drop(columns="fraud"), frame["fraud"], **options)
    table = answer.importance
    assert table.loc[table["possible_leak"], "column"].tolist() == [kind]
    data = simulate([1.5, 0.2, 0.2, 0.0], sorted(LEAKS).index(kind))
    honest = library.compare(data.features, data.labels, positive=1, **options)
    assert honest.importance["column"][0] == "x0"
    assert not honest.importance["possible_leak"].any()
    assert "leak" not in honest.verdict
