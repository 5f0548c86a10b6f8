"""The typed lines say what the table says."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from imbaloss import data, studies
from imbaloss.data import Fold, SamplerSpec
from imbaloss.report import Findings
from imbaloss.report.cells import COMPARED, COST
from imbaloss.report.lines import Counts, best_mean, group_by_cell, has_published
from imbaloss.studies.tuning import SettingChoice
from imbaloss.training import Setting
from tests.report.examples import LOSSES, failed, find, rows


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> Findings:
    """A training failed, one that chose its learning rate, and methods with a sampler."""
    first, second, *others = rows(seeds=3)
    tuned = replace(second, tuning=SettingChoice("roc_auc", Setting.of(lr=0.03), ()))
    sampled = [
        replace(
            row,
            run=replace(row.run, method=replace(row.run.method, sampler=SamplerSpec.parse("smote"))),
            counts=replace(row.counts, resampled=data.Counts(450, 440)),
        )
        for row in rows(datasets=("tree_1",))
    ]
    return find(studies.built_in("table1"), [failed(first), tuned, *others, *sampled], tmp_path_factory.mktemp("out"))


def same(value: float, other: float) -> bool:
    return value == other or (np.isnan(value) and np.isnan(other))


def test_lines_have_the_values_of_their_columns(found):
    assert len(found.lines) == len(found.table) == 9
    for line, (_, of) in zip(found.lines, found.table.iterrows(), strict=True):
        names = (line.setting, line.level, line.method, line.run.method.learned)
        assert names == tuple(of[["setting", "level", "method", "loss"]])
        assert (line.trainings, line.failed) == tuple(of[["seeds", "failed"]])
        assert (line.train, line.test) == (Counts(50, 450), Counts(10, 90))
        assert line.interval_over == of["interval_over"]
        assert same(line.roc_auc_both.low, of["roc_auc_both_low"])
        assert same(line.roc_auc_both.high, of["roc_auc_both_high"])
        for column, score in line.scores.items():
            assert same(score.mean, of[column])
            assert same(score.deviation, of[f"{column}_sd"])
        for compared in COMPARED:
            score = line.scores[compared.column]
            assert same(score.low, of[f"{compared.column}_low"])
            assert same(score.high, of[f"{compared.column}_high"])
            assert same(score.published, of.get(f"published_{compared.column}", np.nan))


def test_what_a_line_lacks_is_none(found):
    assert [line.resampled for line in found.lines] == [None] * 6 + [Counts(440, 450)] * 3
    assert [line.chosen_settings for line in found.lines] == [{}, {Setting.of(lr=0.03): 1}, *[{}] * 7]
    assert found.table["tuned_lr"].fillna("").tolist() == ["", "0.03 (1)", *[""] * 7]
    assert [line.failed for line in found.lines] == [1] + [0] * 8


def test_an_interval_over_nothing_is_none(tmp_path):
    [line] = find(studies.built_in("table1"), [failed(rows()[0])], tmp_path).lines
    assert line.interval_over is None
    assert np.isnan(line.scores["f1"].mean)


def test_counts_of_unequal_folds_are_their_means(tmp_path):
    some = [
        replace(
            row,
            run=replace(row.run, fold=Fold(0, place, 3)),
            counts=replace(row.counts, train=data.Counts(90, 10 + place % 2)),
        )
        for place, row in enumerate(row for row in rows(seeds=3) if row.run.method.learned == LOSSES[0])
        if row.run.dataset == "tree_1"
    ]
    [line] = find(studies.built_in("table1"), some, tmp_path).lines
    assert line.train == Counts(pytest.approx(31 / 3), 90)


def test_lines_are_grouped_by_cell(found):
    groups = group_by_cell(found.lines)
    assert [{line.setting for line in group} for group in groups] == [{"tree_1"}, {"tree_2"}]
    assert [len(group) for group in groups] == [6, 3]


def test_published_values_are_those_of_the_score(found):
    has = {compared.column: has_published(found.lines, compared) for compared in COMPARED}
    assert has == {"f1": True, "tuned_f1": False, "roc_auc": True, "average_precision": False}


def test_the_best_mean_is_the_lowest_of_costs_and_passes_over_what_is_unknown(found):
    lines = [
        replace(line, scores={**line.scores, "tuned_cost": replace(line.scores["tuned_cost"], mean=cost)})
        for line, cost in zip(found.lines, [np.nan, 3.0, 1.0, *[np.nan] * 6], strict=True)
    ]
    assert best_mean(lines, COST) == 1
    assert np.isnan(best_mean(lines[3:], COST))
    assert best_mean(lines, COMPARED[2]) == pd.Series([line.scores["roc_auc"].mean for line in lines]).max()
