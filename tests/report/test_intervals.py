"""The 95 % intervals of a table: over seeds or folds, and of a single run over its test samples."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imbaloss.evaluation import THRESHOLD, of_samples
from imbaloss.report.cells import COMPARED
from imbaloss.report.intervals import intervals
from imbaloss.report.naming import names
from imbaloss.statistics import delong, seeds_and_samples
from imbaloss.studies import Predictions, Row, Store
from tests.report.examples import LABELS, LOSSES, failed, folded, predictions, rows, scored, scoring

ROC = "roc_auc_low", "roc_auc_high"
BOTH = "roc_auc_both_low", "roc_auc_both_high"


def found(some: Sequence[Row], folder: Path) -> pd.DataFrame:
    """By setting and method."""
    store = Store(folder)
    store.add((row, predictions(row)) for row in some)
    return intervals(some, names(some), scored(some), store).set_index(["setting", "method"])


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
        for part, score, column in [(one.part, one.score, one.column) for one in COMPARED]:
            values = [row.scores[part][score] for row in some if (row.run.dataset, row.run.loss) == (setting, loss)]
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
            threshold = row.scores["tuned"]["threshold"] if compared.part == "tuned" else THRESHOLD
            expected = of_samples(compared.score, LABELS, probabilities, threshold)
            assert expected.estimate == pytest.approx(row.scores[compared.part][compared.score])
            columns = (f"{compared.column}_low", f"{compared.column}_high")
            assert ends(lines, row.run.loss, columns) == list(expected[1:])
    assert lines[list(BOTH)].isna().all(axis=None)


def test_both_is_of_the_samples_that_seeds_share_told_apart_by_class_and_image(tmp_path):
    some = one_set(seeds=3)
    lines = found(some, tmp_path)
    for loss in LOSSES:
        tests = [predictions(row)["test"] for row in some if row.run.loss == loss]
        images = [list(zip(test.labels.tolist(), test.images.tolist(), strict=True)) for test in tests]
        pool = sorted({image for of_test in images for image in of_test})
        assert 100 < len(pool) < 200  # some are shared, and some are not
        samples = [np.array([pool.index(image) for image in of_test]) for of_test in images]
        runs = [delong(test.labels, test.probabilities) for test in tests]
        assert ends(lines, loss, BOTH) == pytest.approx(seeds_and_samples(runs, samples)[1:])


def test_folds_have_students_interval_and_none_for_both(tmp_path):
    lines = found(folded(one_set(seeds=3)), tmp_path)
    assert (lines["interval_over"] == "folds").all()
    assert lines[list(BOTH)].isna().all(axis=None)
    values = [row.scores["test"]["roc_auc"] for row in one_set(seeds=3) if row.run.loss == "msfe"]
    error = np.sqrt((1 / 3 + 100 / 500) * np.var(values, ddof=1))
    low, high = stats.t.interval(0.95, 2, np.mean(values), error)
    assert ends(lines, "msfe", ROC, "tree_1 + 3 folds") == pytest.approx((max(low, 0), min(high, 1)))


def test_failed_runs_do_not_count(tmp_path):
    some = [failed(row) if row.run.seed < {"msfe": 1, "wmse": 2}.get(row.run.loss, 0) else row for row in one_set(2)]
    lines = found(some, tmp_path)
    assert lines["interval_over"].fillna("nothing").to_list() == ["test samples", "seeds", "nothing"]
    [alone] = [row for row in some if row.run.loss == "msfe" and row.failure is None]
    expected = of_samples("roc_auc", LABELS, predictions(alone)["test"].probabilities)
    assert ends(lines, "msfe", ROC) == list(expected[1:])
    assert lines.loc[("tree_1", "wmse")].drop(["level", "interval_over"]).isna().all()


def test_an_undefined_score_has_no_interval(tmp_path):
    first, *others = one_set(seeds=1)
    without = {**first.scores["tuned"], "threshold": None}
    row = replace(scoring(first, None), scores={**scoring(first, None).scores, "tuned": without})
    lines = found([row, *others], tmp_path)
    assert np.isnan(ends(lines, "msfe", (*ROC, "tuned_f1_low", "tuned_f1_high"))).all()
    assert not np.isnan(ends(lines, "msfe", ("f1_low", "f1_high"))).any()


@pytest.mark.parametrize("seeds", [1, 2])
def test_a_class_of_one_sample_has_no_interval_over_samples(tmp_path, seeds):
    first, others = one_set(seeds)[:3], one_set(seeds)[3:]
    some = [*(replace(row, counts={**row.counts, "test": (99, 1)}) for row in first), *others]
    test = Predictions(np.repeat([0, 1], [99, 1]), np.linspace(0, 1, 100), np.arange(100))
    store = Store(tmp_path)
    store.add((row, {"test": test} if row in some[:3] else predictions(row)) for row in some)
    lines = intervals(some, names(some), scored(some), store)
    assert lines[list(BOTH)].isna().all(axis=None)
    assert (lines["roc_auc_low"].isna() == (seeds == 1)).all()
