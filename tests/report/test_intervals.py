"""The 95 % intervals of a table: over seeds or folds, and of a single run over its test samples."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imbaloss.data import Counts
from imbaloss.evaluation import THRESHOLD, score_interval
from imbaloss.report.cells import COMPARED, EVERYWHERE
from imbaloss.report.comparisons import tabulate_comparisons
from imbaloss.report.intervals import (
    compute_intervals,
    compute_roc_auc_both,
    group_successful_rows,
    read_tests_by_seed,
)
from imbaloss.report.row_names import name_rows
from imbaloss.statistics import Roc, delong, seeds_and_samples
from imbaloss.studies import Predictions, Row, Store, built_in
from tests.report.examples import LABELS, LOSSES, failed, find, folded, predictions, rows, scored, scoring

ROC = "roc_auc_low", "roc_auc_high"
BOTH = "roc_auc_both_low", "roc_auc_both_high"
OF_PAIR = "both_low", "both_high"


def stored(some: Sequence[Row], folder: Path) -> Store:
    store = Store(folder)
    store.add((row, predictions(row)) for row in some)
    return store


def found(some: Sequence[Row], folder: Path) -> pd.DataFrame:
    """By setting and method."""
    return told(some, stored(some, folder))


def told(some: Sequence[Row], store: Store) -> pd.DataFrame:
    runs = group_successful_rows(some, name_rows(some))
    both, _ = compute_roc_auc_both(read_tests_by_seed(runs, store))
    lines = [
        {
            **asdict(key.cell),
            "method": key.method,
            "interval_over": of.over,
            **{f"{column}_low": one.low for column, one in of.scores.items()},
            **{f"{column}_high": one.high for column, one in of.scores.items()},
            **dict(zip(BOTH, of.roc_auc_both[1:], strict=True)),
        }
        for key, of in compute_intervals(runs, scored(some), store, both).items()
    ]
    return pd.DataFrame(lines).set_index(["setting", "method"])


def differences(some: Sequence[Row], store: Store) -> pd.DataFrame:
    """By setting, first and second."""
    _, found = compute_roc_auc_both(read_tests_by_seed(group_successful_rows(some, name_rows(some)), store))
    lines = [
        asdict(pair.cell) | asdict(pair) | dict(zip(OF_PAIR, both[1:], strict=True)) for pair, both in found.items()
    ]
    return pd.DataFrame(lines).set_index(["setting", "first", "second"])


def one_set(seeds: int) -> list[Row]:
    return rows(seeds, datasets=("tree_1",))


def ends(lines: pd.DataFrame, method: str, columns: Sequence[str], setting: str = "tree_1") -> list[float]:
    return [lines.loc[(setting, method), column] for column in columns]


def test_of_several_seeds_they_are_students_over_the_seeds(tmp_path):
    some = rows(seeds=3)
    lines = found(some, tmp_path)
    assert len(lines) == 6
    assert (lines["interval_over"] == "seeds").all()
    for setting, loss in lines.index:
        of_method = [row for row in some if (row.run.dataset, row.run.method.learned) == (setting, loss)]
        for compared, column in [(one, one.column) for one in COMPARED]:
            values = [compared.value_in(row) for row in of_method]
            low, high = stats.t.interval(0.95, 2, np.mean(values), stats.sem(values))
            expected = (max(low, 0), min(high, 1))
            assert ends(lines, loss, (f"{column}_low", f"{column}_high"), setting) == pytest.approx(expected)


def test_of_a_single_run_they_are_over_its_test_samples_each_score_at_its_threshold(tmp_path):
    some = one_set(seeds=1)
    lines = found(some, tmp_path)
    assert (lines["interval_over"] == "test samples").all()
    for row in some:
        probabilities = predictions(row)["test"].probabilities
        for compared in COMPARED:
            threshold = row.tuned.threshold if compared.tuned else THRESHOLD
            expected = score_interval(compared.score, LABELS, probabilities, threshold)
            assert expected.estimate == pytest.approx(compared.value_in(row))
            columns = (f"{compared.column}_low", f"{compared.column}_high")
            assert ends(lines, row.run.method.learned, columns) == list(expected[1:])
    assert lines[list(BOTH)].isna().all(axis=None)


def test_both_is_of_the_samples_that_seeds_share_told_apart_by_class_and_image(tmp_path):
    some = one_set(seeds=3)
    lines = found(some, tmp_path)
    for loss in LOSSES:
        runs, samples = areas(some, loss)
        assert ends(lines, loss, BOTH) == pytest.approx(seeds_and_samples(runs, samples)[1:])


def areas(some: Sequence[Row], loss: str) -> tuple[list[Roc], list[np.ndarray]]:
    """Of each seed that did not fail, and which image of the pool each of its samples is."""
    tests = [predictions(row)["test"] for row in some if row.run.method.learned == loss and row.failure is None]
    images = [list(zip(test.labels.tolist(), test.images.tolist(), strict=True)) for test in tests]
    pool = sorted({image for of_test in images for image in of_test})
    assert 100 < len(pool) < 200  # some are shared, and some are not
    samples = [np.array([pool.index(image) for image in of_test]) for of_test in images]
    return [delong(test.labels, test.probabilities) for test in tests], samples


def test_both_of_a_pair_is_of_the_differences_of_its_areas(tmp_path):
    some = one_set(seeds=3)
    lines = differences(some, stored(some, tmp_path))
    assert list(lines.index) == [("tree_1", *pair) for pair in combinations(LOSSES, 2)]
    for first, second in combinations(LOSSES, 2):
        (ones, samples), (others, _) = areas(some, first), areas(some, second)
        pairs = [one.minus(other) for one, other in zip(ones, others, strict=True)]
        expected = seeds_and_samples(pairs, samples)
        assert lines.loc[("tree_1", first, second), list(OF_PAIR)].tolist() == pytest.approx(expected[1:])
        gains = [
            np.mean([row.scores["test"]["roc_auc"] for row in some if row.run.method.learned == loss])
            for loss in (first, second)
        ]
        assert lines.loc[("tree_1", first, second), list(OF_PAIR)].mean() == pytest.approx(gains[0] - gains[1])


def test_both_of_a_pair_is_of_the_seeds_in_which_neither_failed(tmp_path):
    all_of, gone = one_set(seeds=4), {("msfe", 0), ("wmse", 3)}
    some = [failed(row) if (row.run.method.learned, row.run.seed) in gone else row for row in all_of]
    found = differences(some, stored(some, tmp_path / "some"))
    for (_, first, second), ends_of in found.iterrows():
        lost = {seed for loss, seed in gone if loss in {first, second}}
        whole = [row for row in all_of if row.run.seed not in lost]
        expected = differences(whole, stored(whole, tmp_path / f"{first} {second}"))
        theirs = expected.loc[("tree_1", first, second), list(OF_PAIR)]
        assert ends_of[list(OF_PAIR)].tolist() == pytest.approx(theirs.tolist())


def test_comparisons_have_both_in_the_lines_of_roc_auc_in_single_cells_alone(tmp_path):
    some = rows(seeds=3)
    store = Store(tmp_path)
    compared = tabulate_comparisons(find(replace(built_in("table1"), losses=LOSSES), some, tmp_path).comparisons)
    has = (compared["score"] == "ROC-AUC") & (compared["setting"] != EVERYWHERE)
    assert has.sum() == 2 * 3
    assert (compared[list(OF_PAIR)].notna().all(axis=1) == has).all()
    assert (compared[list(OF_PAIR)].notna().any(axis=1) == has).all()
    expected = differences(some, store)
    for _, one in compared[has].iterrows():
        of_pair = expected.loc[(one["setting"], one["first"], one["second"])]
        assert one[list(OF_PAIR)].tolist() == of_pair[list(OF_PAIR)].tolist()


def test_folds_have_students_interval_and_none_for_both(tmp_path):
    lines = found(folded(one_set(seeds=3)), tmp_path)
    assert (lines["interval_over"] == "folds").all()
    assert lines[list(BOTH)].isna().all(axis=None)
    some = folded(one_set(seeds=3))
    assert differences(some, Store(tmp_path))[list(OF_PAIR)].isna().all(axis=None)
    values = [row.scores["test"]["roc_auc"] for row in one_set(seeds=3) if row.run.method.learned == "msfe"]
    error = np.sqrt((1 / 3 + 100 / 500) * np.var(values, ddof=1))
    low, high = stats.t.interval(0.95, 2, np.mean(values), error)
    assert ends(lines, "msfe", ROC, "tree_1 + 3 folds") == pytest.approx((max(low, 0), min(high, 1)))


def test_failed_runs_do_not_count(tmp_path):
    some = [
        failed(row) if row.run.seed < {"msfe": 1, "wmse": 2}.get(row.run.method.learned, 0) else row
        for row in one_set(2)
    ]
    lines = found(some, tmp_path)
    assert lines["interval_over"].fillna("nothing").to_list() == ["test samples", "seeds", "nothing"]
    [alone] = [row for row in some if row.run.method.learned == "msfe" and row.failure is None]
    expected = score_interval("roc_auc", LABELS, predictions(alone)["test"].probabilities)
    assert ends(lines, "msfe", ROC) == list(expected[1:])
    assert lines.loc[("tree_1", "wmse")].drop(["level", "interval_over"]).isna().all()


def test_an_undefined_score_has_no_interval(tmp_path):
    first, *others = one_set(seeds=1)
    row = replace(scoring(first, None), tuned=replace(first.tuned, threshold=None))
    lines = found([row, *others], tmp_path)
    assert np.isnan(ends(lines, "msfe", (*ROC, "tuned_f1_low", "tuned_f1_high"))).all()
    assert not np.isnan(ends(lines, "msfe", ("f1_low", "f1_high"))).any()


@pytest.mark.parametrize("seeds", [1, 2])
def test_a_class_of_one_sample_has_no_interval_over_samples(tmp_path, seeds):
    first, others = one_set(seeds)[:3], one_set(seeds)[3:]
    some = [*(replace(row, counts=replace(row.counts, test=Counts(99, 1))) for row in first), *others]
    test = Predictions(np.repeat([0, 1], [99, 1]), np.linspace(0, 1, 100), np.arange(100))
    store = Store(tmp_path)
    store.add((row, {"test": test} if row in some[:3] else predictions(row)) for row in some)
    lines = told(some, store)
    assert differences(some, store)[list(OF_PAIR)].isna().all(axis=None)
    assert lines[list(BOTH)].isna().all(axis=None)
    assert (lines["roc_auc_low"].isna() == (seeds == 1)).all()
