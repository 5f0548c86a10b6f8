"""`benchmarks.regret` without its data: rules on made-up scores, tasks with made-up fits, and one small measurement."""

import json
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from benchmarks import regret, regret_rules
from benchmarks.holdout_tables import TABLES, LabelledFrame
from benchmarks.holdouts import read_rows
from benchmarks.regret import Task, measure_task, run_all
from benchmarks.regret_rules import RULES, Candidates, compare_with_first, gather_candidates, limit_repetitions, report
from imbaloss.statistics import corrected_t

CAR, YEAST = (next(table for table in TABLES if table.name == name) for name in ("car-good", "yeast4"))
PREFERS_FIRST = [name for name in RULES if name.endswith(("SE", "Bayes", "always"))]


def make_candidates(scores, holdout=None, f1=None, table="car-good", reference=0.5) -> Candidates:
    """Return candidates with these fold scores (M, J); F1 and holdout are the same and their means, unless given."""
    scores = np.array(scores, dtype=float)
    holdout = scores.mean(axis=1) if holdout is None else np.array(holdout)
    names = ("lightgbm", "ce", "mfe", "focal")[: len(scores)]
    return Candidates(table, 0, names, scores, scores if f1 is None else np.array(f1), 1 / 3, holdout, reference)


def make_row(method: str, split: int = 0, **changes: object) -> dict[str, object]:
    """Return a row as a task gives it, with what the report needs."""
    return {
        "table": "car-good", "split": split, "method": method, "rows_limit": 1000, "repetitions": 2,
        "fold_average_precision": [0.5, 0.6], "fold_f1": [0.4, None], "fold_seconds": [1.0, 1.0], "final_seconds": 1.0,
        "average_precision": 0.55, "test_to_train": 1 / 3, "failure": None,
    } | changes  # fmt: skip


def make_reference() -> pd.DataFrame:
    """Return the rows of LightGBM's own loop on two splits."""
    rows = [{"table": "car-good", "split": split, "rows_limit": 1000, "method": "lightgbm"} for split in (0, 1)]
    return pd.DataFrame(rows).assign(average_precision=0.5)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_equal_scores_go_to_the_first_method(rule):
    assert rule(make_candidates([[0.5, 0.6, 0.7]] * 3)) == 0


@pytest.mark.parametrize("name", [name for name in RULES if not name.startswith("the first")])
def test_a_method_that_is_better_by_the_same_amount_in_each_repetition_is_picked(name):
    assert RULES[name](make_candidates([[0.5, 0.6, 0.7], [0.4, 0.5, 0.6], [0.6, 0.7, 0.8]])) == 2


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_no_rule_sees_the_holdout(rule):
    scores = np.random.default_rng(0).random((4, 5))
    assert len({rule(make_candidates(scores, holdout)) for holdout in (np.arange(4), -np.arange(4), np.zeros(4))}) == 1


@pytest.mark.parametrize("name", PREFERS_FIRST)
def test_after_a_single_repetition_the_preferred_method_stays(name):
    """One repetition has no standard error."""
    assert RULES[name](make_candidates([[0.1], [0.9], [0.5]])) == 0


def test_the_error_of_a_difference_is_that_of_the_corrected_t_test():
    candidates = make_candidates(np.random.default_rng(0).random((3, 5)))
    means, errors = compare_with_first(candidates)
    p = 2 * stats.t.sf(abs(means[1:]) / errors[1:], 4)
    expected = [corrected_t(candidates.scores[place] - candidates.scores[0], 1 / 3) for place in (1, 2)]
    np.testing.assert_allclose(p, expected)


def test_a_method_must_be_ahead_by_the_number_of_standard_errors():
    candidates = make_candidates([[0.5, 0.5, 0.5, 0.5], [0.4, 0.6, 0.6, 0.6]])  # 0.05 ahead, standard error 0.0764
    picks = {strength: regret_rules.pick_ahead(candidates, strength) for strength in (0.5, 0.65, 0.66, 1.0)}
    assert picks == {0.5: 1, 0.65: 1, 0.66: 0, 1.0: 0}


def test_a_margin_works_for_a_single_repetition_too():
    picks = [regret_rules.pick_beyond_margin(make_candidates([[0.5], [0.53]]), margin) for margin in (0.02, 0.05)]
    assert picks == [1, 0]


def test_the_lower_bound_prefers_the_surer_of_two_methods_that_are_ahead():
    candidates = make_candidates([[0.5] * 4, [0.6, 0.7, 0.8, 0.9], [0.69, 0.7, 0.7, 0.71]])
    assert regret_rules.pick_ahead(candidates, 1.0) == 1
    assert regret_rules.pick_as_compare(candidates, 1.0) == 2


def test_empirical_bayes_shrinks_unsure_differences_more_and_noise_to_zero():
    unsure, sure = [0.3, 1.0, 0.5, 1.0], [0.68, 0.68, 0.69, 0.69]
    assert regret_rules.pick_as_compare(make_candidates([[0.5] * 4, unsure, sure]), 0.0) == 1
    assert regret_rules.pick_shrunk(make_candidates([[0.5] * 4, unsure, sure])) == 2
    assert regret_rules.pick_shrunk(make_candidates([[0.5] * 4, [0.3, 0.7, 0.3, 0.8], [0.3, 0.6, 0.7, 0.4]])) == 0


def test_ranks_and_f1_may_prefer_another_method_than_the_mean():
    candidates = make_candidates([[0.5, 0.5, 0.5], [0.4, 0.4, 0.9]], f1=[[0.3] * 3, [0.2] * 3])
    names = ("best mean", "average ranks", "best mean F1")
    assert [RULES[name](candidates) for name in names] == [1, 0, 0]


def test_a_rule_that_sees_fewer_repetitions_picks_by_these():
    candidates = make_candidates([[0.5, 0.5, 0.5], [0.6, 0.1, 0.1]])
    assert [regret_rules.pick_as_compare(limit_repetitions(candidates, seen), 0.0) for seen in (1, 3)] == [1, 0]


def test_candidates_put_the_preferred_method_first_and_leave_out_failures_and_unfinished_splits():
    rows = [make_row("ce"), make_row("lightgbm", average_precision=0.7), make_row("ce", split=1)]
    rows += [make_row("mfe", failure="the loss is not finite", average_precision=None)]
    [candidates] = gather_candidates(pd.DataFrame(rows), make_reference(), ["lightgbm", "ce", "mfe"])
    assert candidates.methods == ("lightgbm", "ce")
    assert candidates.holdout.tolist() == [0.7, 0.55]
    assert candidates.f1.tolist() == [[0.4, 0.0], [0.4, 0.0]]
    assert candidates.reference == 0.5
    assert gather_candidates(pd.DataFrame(rows), make_reference()[:0], ["lightgbm", "ce", "mfe"]) == []


def test_a_split_without_the_preferred_method_is_left_out():
    rows = pd.DataFrame([make_row("ce"), make_row("lightgbm", failure="it raised", average_precision=None)])
    assert gather_candidates(rows, make_reference(), ["lightgbm", "ce"]) == []


def test_the_report_averages_the_splits_of_a_table_first():
    scores = [[0.5, 0.5], [0.6, 0.6], [0.4, 0.4]]
    splits = [make_candidates(scores, holdout, reference=0.6) for holdout in ([0.7, 0.5, 0.6], [0.7, 0.7, 0.6])]
    splits += [make_candidates(scores, [0.5, 0.7, 0.6], table="yeast4", reference=0.6)]
    text = report(splits, ["lightgbm", "ce", "mfe"], [1, 2])
    assert "2 tables, 3 splits. First method: lightgbm. Failed: none." in text
    none, some = "+0.0000", "+0.0500 (-1.8559 to +1.9559)"
    assert f"method, always | 0.1000 | +0.0000 (-1.2706 to +1.2706) | {none} | yeast4, -0.1000 | 3 of 3 |" in text
    assert f"| best mean | 0.0500 | +0.0500 (-0.5853 to +0.6853) | {some} | car-good, +0.0000 | 0 of 3 |" in text
    assert "| the best in hindsight | 0.0000 | +0.1000 | +0.1000" in text
    assert "repetitions seen: 1 |" in text


def options_for(folder: Path, **changes: object) -> Namespace:
    """Return options as the command line gives them, for two methods on two splits."""
    options = {
        "rows_file": folder / "rows.jsonl", "reference": folder / "lightgbm.jsonl", "method": ["lightgbm", "ce"],
        "splits": 2, "rows": 1000, "repetitions": 2, "data_dir": folder, "first": "lightgbm", "seen": None,
    }  # fmt: skip
    return Namespace(**options | changes)


@pytest.fixture
def tasks(monkeypatch):
    """Tasks in place of their measurement, each as table, split and methods; those of a table in `failing` fail."""
    started, failing = [], set()

    def measure(task: Task):
        started.append((task.table.name, task.split, *task.methods))
        if task.table.name in failing:
            raise OSError("the wheel cannot be downloaded")
        return [make_row(method, task.split, table=task.table.name) for method in task.methods]

    monkeypatch.setattr(regret, "measure_task", measure)
    return Namespace(started=started, failing=failing)


def run(folder: Path, **changes: object) -> int:
    """Run the tasks of two tables, one after the other."""
    with ThreadPoolExecutor(1) as executor:
        return run_all([CAR, YEAST], options_for(folder, **changes), executor)


def test_each_method_is_measured_once_and_all_tables_come_before_the_second_split(tmp_path, tasks):
    run(tmp_path, method=["lightgbm"], splits=1)
    run(tmp_path)
    run(tmp_path)
    assert tasks.started == [
        ("car-good", 0, "lightgbm"), ("yeast4", 0, "lightgbm"),
        ("car-good", 0, "ce"), ("yeast4", 0, "ce"), ("car-good", 1, "lightgbm", "ce"), ("yeast4", 1, "lightgbm", "ce"),
    ]  # fmt: skip
    assert len(read_rows(tmp_path / "rows.jsonl")) == 8


def test_a_split_that_fails_is_named_counted_and_tried_again(tmp_path, tasks, capsys):
    tasks.failing.add("car-good")
    assert run(tmp_path, splits=1) == 1
    assert "car-good, split 0 failed: the wheel cannot be downloaded" in capsys.readouterr().err
    tasks.failing.clear()
    assert run(tmp_path, splits=1) == 0
    assert [name for name, *_ in tasks.started] == ["car-good", "yeast4", "car-good"]


@pytest.mark.usefixtures("tasks")
def test_the_report_reads_rows_and_says_what_it_lacks(tmp_path):
    run(tmp_path)
    options = options_for(tmp_path, method=[])
    assert "has no rows of lightgbm" in regret.report_rows([CAR], options)
    lines = [json.dumps(row) for row in make_reference().to_dict("records")]
    options.reference.write_text("\n".join(lines))
    text = regret.report_rows([CAR, YEAST], options)
    assert text.startswith("1 tables, 2 splits. First method: lightgbm.")  # the reference lacks yeast4
    options.first = "mfe"
    assert "has no rows of mfe" in regret.report_rows([CAR, YEAST], options)
    assert "No split has rows" in regret.report_rows([YEAST], options_for(tmp_path))


def test_a_measurement_has_the_scores_of_each_fold_and_of_the_holdout_or_why_there_are_none(tmp_path, monkeypatch):
    labels = np.repeat([1, 0], [60, 240])
    x = labels + np.random.default_rng(0).normal(size=300)
    monkeypatch.setattr(regret, "read_table", lambda *_: LabelledFrame(pd.DataFrame({"x": x}), labels))
    raises = "sklearn.naive_bayes:CategoricalNB"  # for negative numbers
    rows = measure_task(Task(CAR, 0, ("logistic_regression", "lightgbm", raises), 1000, 2, tmp_path))
    assert [row["method"] for row in rows] == ["logistic_regression", "lightgbm", raises]
    failed = rows.pop()
    assert "Negative values" in failed["failure"]
    assert failed["fold_average_precision"] == [None, None]
    assert "average_precision" not in failed
    for row in rows:
        assert len(row["fold_average_precision"]) == len(row["fold_f1"]) == len(row["fold_seconds"]) == 2
        assert min(row["fold_average_precision"]) > 0.3  # by chance 0.2
        assert row["average_precision"] > 0.3
        assert row["test_to_train"] == pytest.approx(1 / 3, abs=0.01)
        assert (row["train_rows"], row["train_positives"], row["holdout_positives"]) == (210, 42, 18)
        assert row["failure"] is None
    assert json.loads(json.dumps([*rows, failed])) == [*rows, failed]
