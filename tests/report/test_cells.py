"""The scores of each method in each cell, one a repetition."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from imbaloss.data import Counts
from imbaloss.learners import Method
from imbaloss.report.cells import COMPARED, EVERYWHERE, Cell, ComparedScore
from imbaloss.studies import Row
from tests.report.examples import LOSSES, example, folded, rows, scored, scoring

ROC = COMPARED[2]

every_score = pytest.mark.parametrize("compared", COMPARED, ids=lambda compared: compared.column)


def cells(some: list[Row], compared: ComparedScore = ROC) -> list[Cell]:
    return scored(some)[compared]


def value(some: list[Row], compared: ComparedScore, dataset: str, loss: str, seed: int) -> float:
    [row] = [row for row in some if (row.run.dataset, row.run.method.learned, row.run.seed) == (dataset, loss, seed)]
    return compared.value_in(row)


@every_score
def test_each_score_stands_at_its_repetition_and_all_together_at_the_mean_over_the_cells(compared):
    some = rows(seeds=3, datasets=("tree_1", "tree_2", "household"))[::-1]
    *each, everywhere = cells(some, compared)
    assert [(cell.setting, cell.level) for cell in each] == [
        ("household", 0.05), ("tree_2", 0.05), ("tree_1", 0.05),
    ]  # fmt: skip
    assert everywhere.setting == EVERYWHERE
    assert np.isnan(everywhere.level)
    for loss in LOSSES:
        values = [[value(some, compared, cell.setting, loss, seed) for seed in (2, 1, 0)] for cell in each]
        assert [cell.scores[loss].tolist() for cell in each] == values
        np.testing.assert_allclose(everywhere.scores[loss], np.mean(values, axis=0))


def test_what_is_missing_or_undefined_is_nan_there_and_over_all():
    first, second, third, *others = rows(seeds=3)
    some = [first, scoring(second, None), *others]  # the third was not trained
    for cell in cells(some):
        lost = cell.setting != "tree_2"
        missing = [np.isnan(cell.scores[row.run.method.learned]).tolist() for row in (first, second, third)]
        assert missing == [[False] * 3, [lost, False, False], [lost, False, False]]


THREE = ("tree_1", "tree_2", "household")


def without(some: list[Row], gone: set[tuple[str, str]]) -> list[Row]:
    """Undefined scores of these losses on these data sets."""
    return [scoring(row, None) if (row.run.dataset, row.run.method.learned) in gone else row for row in some]


def test_a_method_that_a_cell_lacks_is_left_out_of_all_and_named():
    some = [row for row in rows() if (row.run.dataset, row.run.method.learned) != ("tree_2", "msfe")]
    first, second, everywhere = cells(some)
    assert "msfe" not in second.scores
    assert everywhere.left_out == ("msfe",)
    assert_mean(everywhere, [first, second], LOSSES[1:])


def assert_mean(everywhere: Cell, of: list[Cell], methods: Sequence[str]) -> None:
    """Over all are these methods alone, each with the mean over these cells."""
    assert list(everywhere.scores) == list(methods)
    for method in methods:
        expected = sum(cell.scores[method] for cell in of) / len(of)
        assert np.isfinite(expected).all()
        np.testing.assert_allclose(everywhere.scores[method], expected)


def test_a_method_that_always_fails_is_left_out_of_all_and_named():
    *each, everywhere = cells(without(rows(datasets=THREE), {(dataset, "wmse") for dataset in THREE}))
    assert everywhere.left_out == ("wmse",)
    assert_mean(everywhere, each, LOSSES[:2])


def test_a_cell_in_which_no_method_has_a_score_is_left_out_of_all_and_named():
    some = without(rows(datasets=THREE), {("tree_2", loss) for loss in LOSSES})
    first, second, third, everywhere = cells(some)
    assert all(np.isnan(values).all() for values in second.scores.values())
    assert everywhere.left_out == ("tree_2 at level 0.05",)
    assert_mean(everywhere, [first, third], LOSSES)


@pytest.mark.parametrize("lost", [1, 2])
def test_a_cell_in_which_more_than_half_of_the_methods_have_a_score_counts_and_leaves_out_the_others(lost):
    """Of four methods: with three the cell counts; with two it is the cell that is left out."""
    four = (*LOSSES, "mfe")
    some = [
        replace(row, run=replace(row.run, method=Method.parse("mfe"))) if place == 3 else row
        for dataset in THREE[:2]
        for seed in range(2)
        for place, row in enumerate([example(dataset, seed, loss) for loss in (*LOSSES, "msfe")])
    ]
    first, second, everywhere = cells(without(some, {("tree_2", loss) for loss in four[:lost]}))
    if lost == 1:
        assert everywhere.left_out == ("msfe",)
        assert_mean(everywhere, [first, second], four[1:])
    else:
        assert everywhere.left_out == ("tree_2 at level 0.05",)
        assert_mean(everywhere, [first], four)


def test_a_cell_that_was_not_trained_is_not_in_all_and_costs_no_method():
    some = [row for row in rows(datasets=THREE) if row.run.dataset != "tree_2" or row.run.method.learned == "msfe"]
    first, _, third, everywhere = cells(some)
    assert everywhere.left_out == ("tree_2 at level 0.05",)
    assert_mean(everywhere, [first, third], LOSSES)


def test_where_no_score_is_there_all_cells_have_none_and_everything_is_named():
    everywhere = cells([scoring(row, None) for row in rows()])[-1]
    assert everywhere.setting == EVERYWHERE
    assert everywhere.scores == {}
    assert everywhere.left_out == ("tree_1 at level 0.05", "tree_2 at level 0.05", *LOSSES)


def test_where_nothing_is_missing_nothing_is_left_out():
    assert [cell.left_out for cell in cells(rows())] == [()] * 3


def test_a_cell_knows_its_data_set_and_all_together_none():
    some = [replace(row, run=replace(row.run, protocol=protocol)) for row in rows() for protocol in ("table1", "ratio")]
    assert [(cell.setting, cell.dataset) for cell in cells(some)] == [
        ("tree_1 + table1", "tree_1"), ("tree_1 + ratio", "tree_1"),
        ("tree_2 + table1", "tree_2"), ("tree_2 + ratio", "tree_2"), (EVERYWHERE, ""),
    ]  # fmt: skip


def test_one_cell_is_not_told_twice_and_levels_are_cells():
    one = rows(datasets=("tree_1",))
    lower = [replace(row, run=replace(row.run, level=0.01)) for row in one]
    assert [cell.level for cell in cells(one)] == [0.05]
    assert [cell.level for cell in cells([*one, *lower])][:2] == [0.05, 0.01]
    assert cells([*one, *lower])[-1].setting == EVERYWHERE


def test_folds_have_a_mean_over_all_but_none_with_what_is_not_in_folds():
    plain, folds = rows(seeds=3), folded(rows(seeds=3))
    assert [cell.test_to_train for cell in cells(plain)] == [None] * 3
    assert [cell.test_to_train for cell in cells(folds)] == [100 / 500] * 3
    assert EVERYWHERE not in [cell.setting for cell in cells([*plain, *folds])]


def test_over_all_the_largest_test_part_counts():
    some = [
        replace(row, counts=replace(row.counts, test=Counts(270, 30)) if row.run.dataset == "tree_1" else row.counts)
        for row in folded(rows(seeds=3))
    ]
    assert [cell.test_to_train for cell in cells(some)] == [300 / 500, 100 / 500, 300 / 500]


KNOWN = np.array([0.61, 0.7, 0.66, 0.74, 0.58])
SCORES = {"a": np.array([*KNOWN[:2], np.nan, *KNOWN[2:]])}


def test_the_interval_is_students_over_the_repetitions_that_have_a_score():
    expected = stats.t.interval(0.95, 4, KNOWN.mean(), stats.sem(KNOWN))
    assert Cell("tree", "tree", 0.1, SCORES, None).interval("a") == pytest.approx((KNOWN.mean(), *expected))


def test_of_folds_the_interval_is_wider_by_their_overlap():
    """Nadeau and Bengio's: the variance is (1/J + n_test/n_train) s^2."""
    error = np.sqrt((1 / 5 + 1 / 4) * np.var(KNOWN, ddof=1))
    expected = stats.t.interval(0.95, 4, KNOWN.mean(), error)
    assert Cell("tree", "tree", 0.1, SCORES, 1 / 4).interval("a") == pytest.approx((KNOWN.mean(), *expected))


def test_no_interval_goes_beyond_0_and_1():
    high = np.array([0.85, 0.95, 1.0])
    cell = Cell("tree", "tree", 0.1, {"high": high, "low": 1 - high, "wide": np.array([0.1, 0.9])}, None)
    low, beyond = stats.t.interval(0.95, 2, high.mean(), stats.sem(high))
    assert beyond > 1
    assert cell.interval("high") == pytest.approx((high.mean(), low, 1))
    assert cell.interval("low") == pytest.approx((1 - high.mean(), 0, 1 - low))
    assert cell.interval("wide") == (0.5, 0, 1)


def test_one_value_has_no_interval_and_none_no_mean():
    cell = Cell("tree", "tree", 0.1, {"a": np.array([0.4, np.nan]), "b": np.array([np.nan, np.nan])}, None)
    np.testing.assert_array_equal(cell.interval("a"), [0.4, np.nan, np.nan])
    assert np.isnan(cell.interval("b")).all()
