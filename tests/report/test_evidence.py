"""Comparisons of all pairs of methods, and what is said of them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from imbaloss.data import Fold
from imbaloss.report import evidence
from imbaloss.report.cells import COMPARED, EVERYWHERE
from imbaloss.statistics import corrected_t, holm, sign_flip
from imbaloss.studies import Row
from tests.report.examples import LOSSES, rows
from tests.report.examples import scored as cells_of


def scored(gains: dict[str, float], seeds: int = 12, spread: float = 0.004) -> list[Row]:
    """Rows whose ROC-AUC is 0.7, a part of the seed's own, the gain of the loss, and noise."""
    found = []
    for row in rows(seeds=seeds):
        own = np.random.default_rng([row.run.seed, *row.run.dataset.encode()])
        noise = np.random.default_rng([row.run.seed, *row.run.loss.encode()]).normal(scale=spread)
        value = 0.7 + own.normal(scale=0.05) + gains[row.run.loss] + float(noise)
        found.append(replace(row, scores={**row.scores, "test": {**row.scores["test"], "roc_auc": value}}))
    return found


def comparisons(some: list[Row]) -> pd.DataFrame:
    return evidence.comparisons(cells_of(some), 0.01)


def said(some: list[Row]) -> list[str]:
    return [one.sentence for one in evidence.verdicts(comparisons(some), 0.01)]


def test_every_pair_is_compared_in_each_cell_and_over_all():
    some = scored(dict.fromkeys(LOSSES, 0.0), seeds=7)
    found = comparisons(some)
    assert len(found) == len(COMPARED) * 3 * 3  # pairs in two cells and over both
    for setting in ("tree_1", "tree_2", EVERYWHERE):
        lines = found[(found["score"] == "ROC-AUC") & (found["setting"] == setting)]
        values = {
            loss: np.array([
                np.mean([
                    row.scores["test"]["roc_auc"]
                    for row in some
                    if (row.run.loss, row.run.seed) == (loss, seed)
                    and setting in {row.run.dataset, EVERYWHERE}
                ])
                for seed in range(7)
            ])
            for loss in LOSSES
        }  # fmt: skip
        p_values = [
            sign_flip(values[one] - values[two]) for one, two in zip(lines["first"], lines["second"], strict=True)
        ]
        np.testing.assert_allclose(lines["p"], p_values)
        np.testing.assert_allclose(lines["p_holm"], holm(np.array(p_values)))


def test_the_words_say_what_is_better_what_equivalent_and_what_undecided():
    some = scored({"msfe": 0.1, "focal:alpha=0.75": 0.1, "wmse": 0.0})
    [words] = [one for one in said(some) if one.startswith("ROC-AUC")]
    assert "has the highest mean; better than wmse +0.1" in words
    assert "equivalent within ±0.01 to" in words
    some = scored(dict.fromkeys(LOSSES, 0.0), spread=0.2)
    [words] = [one for one in said(some) if one.startswith("ROC-AUC")]
    assert "no detectable difference from" in words
    assert "better" not in words


def test_few_seeds_are_said_to_be_too_few_and_one_says_nothing():
    some = scored({"msfe": 0.1, "focal:alpha=0.75": 0.0, "wmse": 0.0}, seeds=3)
    assert (
        "ROC-AUC: msfe has the highest mean; 3 repetitions are too few to decide anything between 3 methods: it takes 7"
    ) in said(some)
    assert said(rows(seeds=1)) == []


def test_one_method_is_compared_with_nothing():
    some = [row for row in rows() if row.run.loss == "msfe"]
    assert said(some) == []


def test_undefined_scores_and_failures_leave_their_pairs_out():
    first, *others = scored(dict.fromkeys(LOSSES, 0.0))
    lost = replace(first, scores={**first.scores, "test": {**first.scores["test"], "roc_auc": None}})
    found = comparisons([lost, *others])
    of_cell = found[(found["score"] == "ROC-AUC") & (found["setting"] == "tree_1")]
    assert of_cell["pairs"].tolist() == [11, 11, 12]


def test_folds_have_the_corrected_test():
    some = [replace(row, run=replace(row.run, seed=0, fold=Fold(0, row.run.seed, 3))) for row in rows(seeds=3)]
    found = comparisons(some)
    one = found[(found["score"] == "F1 at ½") & (found["setting"] == "tree_1 + 3 folds")].iloc[0]
    f1 = {
        loss: np.array([
            row.scores["test"]["f1"] for row in some if (row.run.loss, row.run.dataset) == (loss, "tree_1")
        ])
        for loss in LOSSES
    }  # fmt: skip
    assert one["p"] == pytest.approx(corrected_t(f1[one["first"]] - f1[one["second"]], 100 / 500))
