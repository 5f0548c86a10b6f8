"""Comparisons of all pairs of methods, in each cell and over all."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imbaloss.report.cells import COMPARED, EVERYWHERE, Cell
from imbaloss.report.comparisons import (
    CellComparison,
    average_by_dataset,
    find_best_method,
    select_of_method,
    tabulate_comparisons,
)
from imbaloss.statistics import Interval, corrected_t, holm, sign_flip, signed_rank_probabilities
from tests.report.examples import LOSSES, cell, comparisons, folded, gaining, of_cells, rows, scoring

PROBABILITIES = ["probability_worse", "probability_same", "probability_better"]


def test_every_pair_is_compared_in_each_cell_and_over_all():
    some = gaining(dict.fromkeys(LOSSES, 0.0), seeds=7)
    found = tabulate_comparisons(comparisons(some))
    assert len(found) == len(COMPARED) * 3 * 3  # pairs in two cells and over both
    for setting in ("tree_1", "tree_2", EVERYWHERE):
        lines = found[(found["score"] == "ROC-AUC") & (found["setting"] == setting)]
        values = {
            loss: np.array([
                np.mean([
                    row.scores["test"]["roc_auc"]
                    for row in some
                    if (row.run.method.learned, row.run.seed) == (loss, seed)
                    and setting in {row.run.dataset, EVERYWHERE}
                ])
                for seed in range(7)
            ])
            for loss in LOSSES
        }  # fmt: skip
        p_values = [
            sign_flip(values[one] - values[two]) for one, two in zip(lines["first"], lines["second"], strict=True)
        ]
        for _, one in lines.iterrows():
            gains = values[one["first"]] - values[one["second"]]
            low, high = stats.t.interval(0.95, 6, gains.mean(), stats.sem(gains))
            assert (one["difference"], one["low"], one["high"]) == pytest.approx((gains.mean(), low, high))
        np.testing.assert_allclose(lines["p"], p_values)
        np.testing.assert_allclose(lines["p_holm"], holm(np.array(p_values)))


def test_undefined_scores_and_failures_leave_their_pairs_out():
    first, *others = gaining(dict.fromkeys(LOSSES, 0.0))
    found = tabulate_comparisons(comparisons([scoring(first, None), *others]))
    of_cell = found[(found["score"] == "ROC-AUC") & (found["setting"] == "tree_1")]
    assert of_cell["pairs"].tolist() == [11, 11, 12]


def test_folds_have_the_corrected_test():
    some = folded(rows(seeds=3))
    found = tabulate_comparisons(comparisons(some))
    one = found[(found["score"] == "F1 at ½") & (found["setting"] == "tree_1 + 3 folds")].iloc[0]
    f1 = {
        loss: np.array([
            row.scores["test"]["f1"] for row in some if (row.run.method.learned, row.run.dataset) == (loss, "tree_1")
        ])
        for loss in LOSSES
    }  # fmt: skip
    assert one["p"] == pytest.approx(corrected_t(f1[one["first"]] - f1[one["second"]], 100 / 500))


def test_the_margin_stands_in_each_line_and_no_end_lies_beyond_1():
    values = {"a": np.array([1.0, 1.0, 0.2]), "b": np.array([0.0, 0.1, 0.1])}
    for margin in (0.01, 0.05):
        found = of_cells(
            Cell("tree", "tree", 0.1, values, None), Cell("house", "house", 0.1, values, None), margin=margin
        )
        assert [one.margin for one in found] == [margin] * 2
    gains = values["a"] - values["b"]
    low, high = stats.t.interval(0.95, 2, gains.mean(), stats.sem(gains))
    assert -1 < low < 1 < high
    assert found[0].interval == pytest.approx((gains.mean(), low, 1))
    found = of_cells(Cell("tree", "tree", 0.1, dict(reversed(values.items())), None))
    assert found[0].interval == pytest.approx((-gains.mean(), -1, -low))


def test_the_best_has_the_highest_mean():
    for order in permutations("abcd"):
        means = dict(zip(order, (0.4, 0.7, 0.6, 0.65), strict=True))
        assert find_best_method(of_cells(cell("tree", **means))) == order[1]


def with_both(gains: dict[str, float]) -> list[CellComparison]:
    """Comparisons by ROC-AUC over all cells, as if they had intervals for other test samples."""
    lines = [one for one in comparisons(gaining(gains)) if (one.score, one.setting) == ("ROC-AUC", EVERYWHERE)]
    return [
        replace(one, both=Interval(one.interval.estimate, one.interval.low - 0.1, one.interval.high + 0.2))
        for one in lines
    ]


@pytest.mark.parametrize("method", LOSSES)
def test_seen_from_a_method_it_is_the_first_and_what_was_said_of_it_is_mirrored(method):
    typed = with_both({"msfe": 0.1, "focal:alpha=0.75": 0.0, "wmse": 0.0})
    lines = tabulate_comparisons([one for one in typed if method in {one.first, one.second}])
    found = tabulate_comparisons(select_of_method(typed, method))
    assert list(found.columns) == list(lines.columns)
    assert found["first"].tolist() == [method] * 2
    assert set(found["second"]) == set(LOSSES) - {method}
    turned = {"first": "second", "low": "high", "both_low": "both_high", "probability_worse": "probability_better"}
    turned |= {one: other for other, one in turned.items()}
    for index, one in found.iterrows():
        was = lines.loc[index]
        expected = was.copy()
        if was["second"] == method:
            for name, other in turned.items():
                expected[name] = -was[other] if name.endswith(("low", "high")) else was[other]
            expected["difference"], expected["superiority"] = -was["difference"], 1 - was["superiority"]
            expected["verdict"] = {"better": "worse", "worse": "better"}.get(was["verdict"], was["verdict"])
        pd.testing.assert_series_equal(one, expected)


def test_pairs_that_are_turned_twice_are_as_they_were():
    lines = with_both({"msfe": 0.1, "focal:alpha=0.75": 0.0, "wmse": 0.05})
    for alone in lines:
        [turned] = select_of_method([alone], alone.second)
        assert turned.first == alone.second
        again = select_of_method([turned], alone.first)
        pd.testing.assert_frame_equal(tabulate_comparisons(again), tabulate_comparisons([alone]))


def test_a_new_data_set_is_foretold_from_the_means_of_several_over_all_cells_alone():
    some = gaining({"msfe": 0.0, "focal:alpha=0.75": 0.015, "wmse": 0.0}, seeds=7)
    found = tabulate_comparisons(comparisons(some))
    known = found[PROBABILITIES].notna()
    assert (known.all(axis=1) == (found["setting"] == EVERYWHERE)).all()
    assert (known.any(axis=1) == known.all(axis=1)).all()
    lines = found[(found["score"] == "ROC-AUC") & (found["setting"] == EVERYWHERE)].set_index(["first", "second"])
    values: dict[tuple[str, str], list[float]] = {}
    for row in some:
        values.setdefault((row.run.method.learned, row.run.dataset), []).append(row.scores["test"]["roc_auc"])
    for first, second in lines.index:
        gains = [np.mean(values[first, one]) - np.mean(values[second, one]) for one in ("tree_1", "tree_2")]
        expected = signed_rank_probabilities(np.array(gains), 0.01, np.random.default_rng(0), 10_000)
        assert lines.loc[(first, second), PROBABILITIES].tolist() == pytest.approx(expected)
    told = lines.loc[("msfe", "focal:alpha=0.75")]
    assert told["probability_worse"] > 0.2 > told["probability_better"]


def test_levels_of_one_data_set_foretell_nothing():
    one = rows(seeds=3, datasets=("tree_1",))
    lower = [replace(row, run=replace(row.run, level=0.01)) for row in one]
    found = tabulate_comparisons(comparisons([*one, *lower]))
    assert EVERYWHERE in set(found["setting"])
    assert found[PROBABILITIES].isna().all(axis=None)


def test_a_data_set_that_lacks_a_method_foretells_nothing_of_it():
    cells = [
        cell("tree", ce=0.5, mfe=0.5, msfe=0.6),
        cell("house", ce=0.5, mfe=0.5, msfe=0.55),
        cell("fish", ce=0.5, mfe=0.5),
        cell(EVERYWHERE, np.nan, ce=0.5, mfe=0.5, msfe=np.nan),
    ]
    lines = tabulate_comparisons(of_cells(*cells)).set_index(["setting", "first", "second"])
    told = lines.loc[(EVERYWHERE, "ce", "msfe")]
    expected = signed_rank_probabilities(np.array([-0.1, -0.05]), 0.01, np.random.default_rng(0), 10_000)
    assert told[PROBABILITIES].tolist() == pytest.approx(expected)


def test_a_level_without_scores_does_not_count_and_one_that_lacks_a_method_lacks_its_mean():
    nothing = dict.fromkeys(("ce", "mfe"), np.nan)
    found = average_by_dataset([
        cell("tree", 0.1, ce=0.5, mfe=0.6),
        cell("tree", 0.01, **nothing),
        cell("house", 0.1, ce=0.5, mfe=0.6),
        cell("house", 0.01, ce=0.1),
        cell("fish", **nothing),
    ])  # fmt: skip
    assert (found.datasets, found.methods) == (["tree", "house"], ["ce", "mfe"])
    np.testing.assert_allclose(found.values, [[0.5, 0.6], [0.3, np.nan]])
    np.testing.assert_allclose(found.differences("mfe", "ce"), [0.1])
