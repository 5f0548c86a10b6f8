"""The scores of each method in each cell, one a repetition."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from imbaloss.report.cells import COMPARED, EVERYWHERE, Cell, Compared
from imbaloss.studies import Row
from tests.report.examples import LOSSES, folded, rows, scored, scoring

ROC = COMPARED[2]

every_score = pytest.mark.parametrize("compared", COMPARED, ids=lambda compared: compared.column)


def cells(some: list[Row], compared: Compared = ROC) -> list[Cell]:
    return scored(some)[compared]


def value(some: list[Row], compared: Compared, dataset: str, loss: str, seed: int) -> float:
    [row] = [row for row in some if (row.run.dataset, row.run.loss, row.run.seed) == (dataset, loss, seed)]
    return row.scores[compared.part][compared.score]


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
        missing = [np.isnan(cell.scores[row.run.loss]).tolist() for row in (first, second, third)]
        assert missing == [[False] * 3, [lost, False, False], [lost, False, False]]


def test_a_method_that_a_cell_lacks_has_no_score_over_all():
    some = [row for row in rows() if (row.run.dataset, row.run.loss) != ("tree_2", "msfe")]
    _, second, everywhere = cells(some)
    assert "msfe" not in second.scores
    assert np.isnan(everywhere.scores["msfe"]).all()
    assert np.isfinite(everywhere.scores["wmse"]).all()


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
        replace(row, counts={**row.counts, "test": (270, 30)} if row.run.dataset == "tree_1" else row.counts)
        for row in folded(rows(seeds=3))
    ]
    assert [cell.test_to_train for cell in cells(some)] == [300 / 500, 100 / 500, 300 / 500]


KNOWN = np.array([0.61, 0.7, 0.66, 0.74, 0.58])
SCORES = {"a": np.array([*KNOWN[:2], np.nan, *KNOWN[2:]])}


def test_the_interval_is_students_over_the_repetitions_that_have_a_score():
    expected = stats.t.interval(0.95, 4, KNOWN.mean(), stats.sem(KNOWN))
    assert Cell("tree", 0.1, SCORES, None).interval("a") == pytest.approx((KNOWN.mean(), *expected))


def test_of_folds_the_interval_is_wider_by_their_overlap():
    """Nadeau and Bengio's: the variance is (1/J + n_test/n_train) s^2."""
    error = np.sqrt((1 / 5 + 1 / 4) * np.var(KNOWN, ddof=1))
    expected = stats.t.interval(0.95, 4, KNOWN.mean(), error)
    assert Cell("tree", 0.1, SCORES, 1 / 4).interval("a") == pytest.approx((KNOWN.mean(), *expected))


def test_no_interval_goes_beyond_0_and_1():
    high = np.array([0.85, 0.95, 1.0])
    cell = Cell("tree", 0.1, {"high": high, "low": 1 - high, "wide": np.array([0.1, 0.9])}, None)
    low, beyond = stats.t.interval(0.95, 2, high.mean(), stats.sem(high))
    assert beyond > 1
    assert cell.interval("high") == pytest.approx((high.mean(), low, 1))
    assert cell.interval("low") == pytest.approx((1 - high.mean(), 0, 1 - low))
    assert cell.interval("wide") == (0.5, 0, 1)


def test_one_value_has_no_interval_and_none_no_mean():
    cell = Cell("tree", 0.1, {"a": np.array([0.4, np.nan]), "b": np.array([np.nan, np.nan])}, None)
    np.testing.assert_array_equal(cell.interval("a"), [0.4, np.nan, np.nan])
    assert np.isnan(cell.interval("b")).all()
