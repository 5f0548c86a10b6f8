"""The table says of each cell what its rows say."""

import json
import math
from collections import Counter
from dataclasses import replace
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from imbaloss.data import Fold
from imbaloss.evaluation import TunedScores
from imbaloss.learners import Method
from imbaloss.report import tables, to_records
from imbaloss.report.published import read_published
from imbaloss.report.row_names import name_rows
from imbaloss.studies import Row
from imbaloss.studies.tuning import SettingChoice, TriedSetting
from imbaloss.training import Setting
from tests.report.examples import LOSSES, changed, failed, latex, markdown, rows, table

FIRST = "dataset,level,loss,seeds,f1,f1_sd,roc_auc,roc_auc_sd,published_f1,published_roc_auc"


@pytest.fixture(scope="module")
def cells() -> pd.DataFrame:
    """Of two seeds."""
    return table(rows())


def test_the_columns_begin_as_promised(cells):
    assert cells.to_csv(index=False).startswith(f"{FIRST},precision,precision_sd,")


def test_means_and_deviations_are_over_the_seeds():
    some = rows(seeds=3)
    for _, cell in table(some).iterrows():
        of_cell = [
            row for row in some if (row.run.dataset, row.run.level, row.run.method.learned) == tuple(cell[tables.CELL])
        ]
        values = [row.scores["test"]["f1"] for row in of_cell]
        assert cell["f1"] == pytest.approx(np.mean(values))
        assert cell["f1_sd"] == pytest.approx(np.std(values, ddof=1))
        assert cell["seeds"] == 3
        assert (cell["train_positives"], cell["train_negatives"]) == (50, 450)


def test_published_values_stand_beside_their_cells(cells):
    cells = cells.set_index(tables.CELL)
    assert cells.loc[("tree_1", 0.05, "focal:alpha=0.75"), "published_f1"] == 0.4286
    assert cells.loc[("tree_1", 0.05, "msfe"), "published_roc_auc"] == 0.86
    assert math.isnan(cells.loc[("tree_1", 0.05, "wmse"), "published_f1"])


def test_all_45_published_cells_are_there():
    assert len(read_published()) == 45
    assert list(Counter((cell.dataset, cell.level) for cell in read_published()).values()) == [5] * 9


def test_one_seed_has_no_deviation():
    cell = table(rows(seeds=1)[:1]).iloc[0]
    assert math.isnan(cell["f1_sd"])


def test_failed_trainings_count_apart():
    some = rows(seeds=3)
    cell = table([failed(some[0]), *some[1:]]).set_index(tables.CELL).loc[("tree_1", 0.05, "msfe")]
    assert (cell["seeds"], cell["failed"]) == (2, 1)
    cells = table([failed(row) for row in some])
    assert cells["f1"].isna().all()
    assert "nan" not in markdown([failed(row) for row in some])


def test_markdown_and_latex_show_every_cell_with_its_counts(cells):
    lines = markdown(rows()).splitlines()
    assert len(lines) == 2 + len(cells)
    assert len({line.count("|") for line in lines}) == 1
    assert all("50/450" in line and "10/90" in line and " [" in line for line in lines[2:])
    assert "0.4286" in markdown(rows())
    assert latex(rows()).count(r"\\") == 1 + len(cells)
    assert r"tree\_1" in latex(rows())


def test_records_are_json_with_null_for_what_is_undefined():
    found = to_records(table(rows(seeds=1)[:1]))
    assert json.loads(json.dumps(found, allow_nan=False))[0]["f1_sd"] is None
    assert found[0]["f1"] == pytest.approx(rows(seeds=1)[0].scores["test"]["f1"], rel=1e-14)


def test_the_csv_reads_back_to_the_same_numbers(cells):
    again = pd.read_csv(StringIO(cells.to_csv(index=False)))
    np.testing.assert_allclose(again["roc_auc"], cells["roc_auc"], rtol=1e-14)  # older readers of pandas round


@pytest.mark.parametrize("changes", [{"positive": "maple_tree"}, {"protocol": "ratio"}])
def test_published_values_do_not_stand_beside_other_data(changes):
    other = [replace(row, run=replace(row.run, **changes)) for row in rows()]
    assert table(other)["published_f1"].isna().all()


def differing(**changes) -> list[Row]:
    """Rows as they are, and the same with these changes of what was asked."""
    return [*rows(), *(changed(row, **changes) for row in rows())]


@pytest.mark.parametrize(
    ("changes", "setting", "method"),
    [
        ({}, "tree_1", "msfe"),
        ({"sampler": "smote"}, "tree_1", "msfe + smote"),
        ({"fold": Fold(0, 1, 5)}, "tree_1 + 5 folds", "msfe"),
        ({"protocol": "ratio"}, "tree_1 + ratio", "msfe"),
        ({"recipe_name": "wide"}, "tree_1", "msfe + wide"),
        ({"sampler": "smote", "recipe_name": "wide"}, "tree_1", "msfe + smote + wide"),
    ],
)
def test_what_differs_is_a_cell_of_its_own_and_is_told(changes, setting, method):
    some = differing(**changes)
    cells = table(some)
    assert len(cells) == (12 if changes else 6)
    assert [tuple(cells.iloc[-6][name] for name in tables.NAMES)] == [(setting, method)]
    assert cells["seeds"].eq(2 if changes else 4).all()
    assert setting in markdown(some)
    assert method in latex(some).replace(r"\_", "_")


def test_a_recipe_may_have_any_name():
    row = rows(seeds=1)[0]
    some = [replace(row, run=replace(row.run, recipe_name=name)) for name in ("none", "a | b")]
    cells = table(some)
    assert cells["method"].tolist() == ["msfe + none", "msfe + a | b"]
    lines = markdown(some).splitlines()
    assert len({line.replace(r"\|", "").count("|") for line in lines}) == 1


def test_a_sampler_and_folds_are_told_where_nothing_differs():
    some = [changed(row, sampler="smote", fold=Fold(0, 0, 3), recipe_name="own") for row in rows()]
    assert name_rows(some)[0] == ("tree_1 + 3 folds", "msfe + smote")
    assert table(some)["published_f1"].isna().all()


def test_failures_and_undefined_scores_are_said_in_a_short_list():
    first, second, *others = rows(seeds=3)
    lost = {"undefined": {"validation": {}, "test": {"roc_auc": "there are no positives"}}}
    some = [failed(first), replace(second, **lost), *(replace(row, **lost) for row in others)]
    said = tables.write_notes(some)
    cell = "tree_1 at level 0.05 (test P/N 10/90)"
    assert said[0] == f"{cell}, msfe: 1 training failed; the first has seed 0: the loss was no longer finite"
    told, _, cells = said[1].partition(": ")
    assert told == "ROC-AUC is undefined (there are no positives)"
    assert cells.startswith(f"17 trainings in 6 cells, among them 3 trainings on {cell}, focal:alpha=0.75; ")
    assert cells.count(";") == 4  # five are named
    assert len(said) == 2
    few = [replace(row, **lost) for row in rows(seeds=3, datasets=("tree_1",))]
    told = "; ".join(f"3 trainings on {cell}, {loss}" for loss in LOSSES)
    assert tables.write_notes(few) == [f"ROC-AUC is undefined (there are no positives): {told}"]


def test_an_undefined_f1_at_the_tuned_threshold_is_said_where_that_at_a_half_is_not():
    first, second, third, *others = rows(seeds=1)
    cell, reason = "tree_1 at level 0.05 (test P/N 10/90)", "validation has no positives"
    tuned = {"undefined": {"validation": {"f1": reason}, "test": {}}, "tuned": TunedScores.without_threshold(reason)}
    both = {
        "undefined": {"validation": {}, "test": {"f1": "test has none"}},
        "tuned": replace(third.tuned, undefined={"f1": "test has none"}),
    }
    said = tables.write_notes([replace(first, **tuned), second, replace(third, **both), *others])
    assert said == [
        f"F1 at the tuned threshold is undefined ({reason}): 1 training on {cell}, msfe",
        f"F1 is undefined (test has none): 1 training on {cell}, wmse",
    ]


def test_a_rate_at_the_end_of_its_grid_is_called_as_its_learner_calls_it():
    first, *_ = rows(seeds=1, datasets=("tree_1",))

    def tried(name: str) -> SettingChoice:
        candidates = tuple(TriedSetting(Setting.of({name: value}), 0.5, None) for value in (0.1, 0.3))
        return SettingChoice("roc_auc", candidates[1].setting, candidates)

    tuned = replace(first, tuning=tried("lr"))
    method = Method.parse("logistic_regression")
    regression = replace(first, run=replace(first.run, method=method), tuning=tried("C"))
    assert [note.partition(":")[0] for note in tables.write_notes([tuned, regression])] == [
        "The best learning rate was the largest of those tried, so a larger one may be better",
        "The best C was the largest of those tried, so a larger one may be better",
    ]


def test_numbers_are_listed_in_ascending_order_and_other_settings_by_their_texts():
    rates = {Setting.of(lr=rate): trainings for rate, trainings in ((0.1, 8), (0.03, 2), (1e-5, 1))}
    assert tables.write_settings(rates) == "1e-05 (1), 0.03 (2), 0.1 (8)"
    assert tables.name_settings(rates) == "lr 1e-05 (1), 0.03 (2), 0.1 (8)"
    mixed = {Setting.of(max_features=value): 1 for value in ("sqrt", 0.3)}
    assert tables.name_settings(mixed) == "max_features 0.3 (1), sqrt (1)"
    several = {Setting.of(rate=0.1, leaves=leaves): 2 for leaves in (31, 7)}
    assert tables.write_settings(several) == "rate=0.1, leaves=31 (2); rate=0.1, leaves=7 (2)"
    assert tables.name_settings(several) == "rate=0.1, leaves=31 (2), and 1 other"
    assert tables.name_settings({Setting.of(rate=0.1, leaves=7): 3}) == "rate=0.1, leaves=7 (3)"
    assert tables.name_settings({}) == ""


@pytest.mark.parametrize("values", [("sqrt", 0.3), (True, False)])
def test_only_numbers_have_an_end_of_their_grid(values):
    candidates = tuple(TriedSetting(Setting.of(max_features=value), 0.5, None) for value in values)
    assert tables.find_grid_end(SettingChoice("f1", candidates[0].setting, candidates)) is None


def test_the_tuned_threshold_and_its_f1_are_in_the_table():
    some = rows(seeds=3)
    cell = table(some).iloc[0]
    tuned = [row.tuned for row in some if (row.run.dataset, row.run.method.learned) == ("tree_1", "msfe")]
    assert cell["tuned_f1"] == pytest.approx(np.mean([one.scores["f1"] for one in tuned]))
    assert cell["tuned_threshold"] == pytest.approx(np.mean([one.threshold for one in tuned]))
    for place, end in enumerate(("low", "high")):
        assert cell[f"tuned_threshold_{end}"] == pytest.approx(np.mean([one.interval[place] for one in tuned]))
    assert pd.isna(cell["tuned_cost"])
    assert "cost" not in markdown(some)


def test_costs_are_in_the_table_where_a_rule_names_them():
    some = [
        replace(
            row,
            scores={**row.scores, "test": {**row.scores["test"], "cost": 1 + row.run.seed}},
            tuned=replace(row.tuned, scores={**row.tuned.scores, "cost": 1 + row.run.seed}),
        )
        for row in rows(seeds=3)
    ]
    cell = table(some).iloc[0]
    assert (cell["cost"], cell["tuned_cost"], cell["tuned_cost_sd"]) == (2, 2, 1)
    assert "| mean cost at ½, f1 | mean cost at the tuned threshold, f1 |" in markdown(some)
    other = [changed(row, threshold=f"cost:fn={2 + row.run.seed}", recipe_name=f"r{row.run.seed}") for row in some]
    assert "1.0000 (cost:fn=2)" in markdown(other)
    assert set(table(other)["threshold_for"]) == {"cost:fn=2", "cost:fn=3", "cost:fn=4"}


def test_one_kind_of_network_is_named_where_it_is_not_the_reports():
    some = rows()
    assert tables.write_notes(some) == []
    cnn = replace(some[0].run.recipe, network="cnn")
    assert tables.write_notes([replace(row, run=replace(row.run, recipe=cnn)) for row in some]) == [
        "Every network is a cnn"
    ]
