"""`benchmarks.decided` counts what tests decide in finished studies."""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.decided import Counts, count_decided, count_in_findings, read_findings
from imbaloss import studies
from imbaloss.report.cells import Cell
from imbaloss.studies import Store
from tests.report.examples import LOSSES, found_in, gaining, of_cells


def make_cell(seeds: int, ratio: float | None = None) -> Cell:
    """Return three methods, of which the first is far ahead and the others are alike."""
    noise = 0.01 * np.random.default_rng(0).standard_normal((3, seeds))
    scores = dict(zip("abc", noise + np.array([[0.8], [0.5], [0.5]]), strict=True))
    return Cell("tree", "tree", 0.1, scores, ratio)


@pytest.mark.parametrize(("seeds", "by_holm"), [(6, 0), (7, 2)])
def test_six_seeds_decide_today_where_holm_cannot(seeds, by_holm):
    cell = make_cell(seeds)
    counts = count_decided(of_cells(cell), cell)
    assert counts == Counts(1, 3, by_holm, 2, 2 - by_holm, 0, 2, by_holm, 2)


def test_over_folds_the_same_pairs_are_decided():
    cell = make_cell(5, ratio=0.25)
    counts = count_decided(of_cells(cell), cell)
    assert counts == Counts(1, 3, 2, 2, 0, 0, 2, 2, 2)


def test_counts_are_of_all_scores_over_all_cells_and_in_single_cells():
    counts = count_in_findings(found_in(gaining({LOSSES[0]: 0.1, LOSSES[1]: 0.0, LOSSES[2]: 0.0}, seeds=6)))
    assert set(counts) == {", single cells", ", all cells"}
    overall, single = counts[", all cells"], counts[", single cells"]
    assert (overall.questions, overall.pairs, single.questions, single.pairs) == (4, 12, 8, 24)
    assert overall.by_holm == single.by_holm == 0
    assert overall.gained >= 2  # the two pairs that differ in ROC-AUC
    assert single.gained >= 4


def test_a_study_whose_seeds_share_a_test_part_is_refused(tmp_path, monkeypatch):
    Store(tmp_path)
    monkeypatch.setattr(studies, "read_study", lambda _: SimpleNamespace(shares_test=True))
    with pytest.raises(ValueError, match="share one test part: name studies with folds"):
        read_findings(tmp_path)


def test_a_folder_without_a_study_is_refused(tmp_path):
    with pytest.raises(OSError, match="no study was run there"):
        read_findings(tmp_path / "nothing")
