"""Comparisons of all pairs of methods, and what is said of them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from imbaloss.report import evidence
from imbaloss.report.cells import COMPARED, EVERYWHERE, Cell, Compared
from imbaloss.statistics import corrected_t, friedman, holm, sign_flip, signed_rank_probabilities
from imbaloss.studies import Row
from tests.report.examples import LOSSES, folded, rows, scoring
from tests.report.examples import scored as cells_of


def scored(gains: dict[str, float], seeds: int = 12, spread: float = 0.004) -> list[Row]:
    """Rows whose ROC-AUC is 0.7, a part of the seed's own, the gain of the loss, and noise."""
    found = []
    for row in rows(seeds=seeds):
        own = np.random.default_rng([row.run.seed, *row.run.dataset.encode()])
        noise = np.random.default_rng([row.run.seed, *row.run.loss.encode()]).normal(scale=spread)
        value = 0.7 + own.normal(scale=0.05) + gains[row.run.loss] + float(noise)
        found.append(scoring(row, value))
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
        for _, one in lines.iterrows():
            gains = values[one["first"]] - values[one["second"]]
            low, high = stats.t.interval(0.95, 6, gains.mean(), stats.sem(gains))
            assert (one["difference"], one["low"], one["high"]) == pytest.approx((gains.mean(), low, high))
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
    five = {name: np.random.default_rng(place).random(3) for place, name in enumerate("abcde")}
    [told] = evidence.verdicts(of_cells(Cell("tree", 0.1, five, None)), 0.01)
    assert told.sentence.endswith("between 5 methods: it takes 9")  # 10 pairs: 2^(1 - 9) <= 0.05 / 10


def test_one_method_is_compared_with_nothing():
    some = [row for row in rows() if row.run.loss == "msfe"]
    assert said(some) == []


def test_undefined_scores_and_failures_leave_their_pairs_out():
    first, *others = scored(dict.fromkeys(LOSSES, 0.0))
    found = comparisons([scoring(first, None), *others])
    of_cell = found[(found["score"] == "ROC-AUC") & (found["setting"] == "tree_1")]
    assert of_cell["pairs"].tolist() == [11, 11, 12]


def test_folds_have_the_corrected_test():
    some = folded(rows(seeds=3))
    found = comparisons(some)
    one = found[(found["score"] == "F1 at ½") & (found["setting"] == "tree_1 + 3 folds")].iloc[0]
    f1 = {
        loss: np.array([
            row.scores["test"]["f1"] for row in some if (row.run.loss, row.run.dataset) == (loss, "tree_1")
        ])
        for loss in LOSSES
    }  # fmt: skip
    assert one["p"] == pytest.approx(corrected_t(f1[one["first"]] - f1[one["second"]], 100 / 500))


def of_cells(*cells: Cell) -> pd.DataFrame:
    return evidence.comparisons({Compared("ROC-AUC", "test", "roc_auc"): cells}, 0.01)


def test_the_best_is_told_with_its_gain_over_each_other_whichever_is_named_first():
    generator = np.random.default_rng(0)
    values = {loss: generator.normal(mean, 0.01, size=12) for loss, mean in (("ce", 0.6), ("msfe", 0.8), ("mfe", 0.7))}
    [found] = evidence.verdicts(of_cells(Cell("tree", 0.1, values, None)), 0.01)
    gains = [values["msfe"] - values[other] for other in ("ce", "mfe")]
    ends = [stats.t.interval(0.95, 11, gain.mean(), stats.sem(gain)) for gain in gains]
    assert found.best == "msfe"
    assert found.than == {
        "better than": [
            f"{other} {gain.mean():+.3f} [{low:+.3f}, {high:+.3f}]"
            for other, gain, (low, high) in zip(("ce", "mfe"), gains, ends, strict=True)
        ]
    }


def test_what_the_seeds_can_show_is_the_median_over_the_pairs():
    found = comparisons(scored(dict.fromkeys(LOSSES, 0.0), spread=0.03))
    lines = found[(found["score"] == "ROC-AUC") & (found["setting"] == EVERYWHERE)]
    [told] = [one.smallest for one in evidence.verdicts(found, 0.01) if one.score == "ROC-AUC"]
    assert sorted(lines["smallest"])[1] == told
    assert len(set(lines["smallest"])) == 3
    few = evidence.verdicts(comparisons(scored(dict.fromkeys(LOSSES, 0.0), seeds=3)), 0.01)
    assert [one.smallest for one in few] == [None] * len(COMPARED)


def test_the_best_is_not_called_better_than_what_beats_it_where_both_have_scores():
    """Where many trainings failed, the means of the pairs need not follow one order of the methods."""
    early, noise = np.arange(24) < 12, np.random.default_rng(0).normal(scale=1e-4, size=(3, 24))
    values = {
        "half": np.where(early, noise[0] + 0.50, np.nan),
        "whole": noise[1] + np.where(early, 0.51, 0.45),
        "other": np.where(np.arange(24) >= 4, noise[2] + 0.1, np.nan),
    }
    [found] = evidence.verdicts(of_cells(Cell("tree", 0.1, values, None)), 0.001)
    assert found.best == "half"
    assert {relation: others[0][:12] for relation, others in found.than.items()} == {
        "better than": "other +0.400",
        "worse, where both have scores, than": "whole -0.010",
    }


# what is found in other cells and data sets


def test_a_new_data_set_is_foretold_from_the_means_of_several_over_all_cells_alone():
    some = scored({"msfe": 0.0, "focal:alpha=0.75": 0.015, "wmse": 0.0}, seeds=7)
    found = comparisons(some)
    known = found[list(evidence.PROBABILITIES)].notna()
    assert (known.all(axis=1) == (found["setting"] == EVERYWHERE)).all()
    assert (known.any(axis=1) == known.all(axis=1)).all()
    lines = found[(found["score"] == "ROC-AUC") & (found["setting"] == EVERYWHERE)].set_index(["first", "second"])
    values: dict[tuple[str, str], list[float]] = {}
    for row in some:
        values.setdefault((row.run.loss, row.run.dataset), []).append(row.scores["test"]["roc_auc"])
    for first, second in lines.index:
        gains = [np.mean(values[first, one]) - np.mean(values[second, one]) for one in ("tree_1", "tree_2")]
        expected = signed_rank_probabilities(np.array(gains), 0.01, np.random.default_rng(0), 10_000)
        assert lines.loc[(first, second), list(evidence.PROBABILITIES)].tolist() == pytest.approx(expected)
    told = lines.loc[("msfe", "focal:alpha=0.75")]
    assert told["probability_worse"] > 0.2 > told["probability_better"]


def test_levels_of_one_data_set_foretell_nothing():
    one = rows(seeds=3, datasets=("tree_1",))
    lower = [replace(row, run=replace(row.run, level=0.01)) for row in one]
    found = comparisons([*one, *lower])
    assert EVERYWHERE in set(found["setting"])
    assert found[list(evidence.PROBABILITIES)].isna().all(axis=None)


def cell(setting: str, level: float = 0.1, **means: float) -> Cell:
    """Two repetitions about each mean."""
    return Cell(setting, level, {name: np.array([mean - 0.01, mean + 0.01]) for name, mean in means.items()}, None)


def test_a_data_set_that_lacks_a_method_foretells_nothing_of_it():
    cells = [
        cell("tree", ce=0.5, mfe=0.5, msfe=0.6),
        cell("house", ce=0.5, mfe=0.5, msfe=0.55),
        cell("fish", ce=0.5, mfe=0.5),
        cell(EVERYWHERE, np.nan, ce=0.5, mfe=0.5, msfe=np.nan),
    ]
    told = of_cells(*cells).set_index(["setting", "first", "second"]).loc[(EVERYWHERE, "ce", "msfe")]
    expected = signed_rank_probabilities(np.array([-0.1, -0.05]), 0.01, np.random.default_rng(0), 10_000)
    assert told[list(evidence.PROBABILITIES)].tolist() == pytest.approx(expected)


def test_all_cells_together_are_those_that_have_a_mean_or_the_only_one():
    one, other, everywhere = cell("tree", ce=0.5), cell("house", ce=0.5), cell(EVERYWHERE, np.nan, ce=0.5)
    assert evidence.overall([one, other, everywhere]) is everywhere
    assert evidence.overall([one]) is one
    assert evidence.overall([one, other]) is evidence.overall([]) is None


def test_ranks_are_friedmans_of_the_means_over_levels_where_all_methods_have_one():
    cells = [
        cell("tree", 0.1, ce=0.5, mfe=0.6, msfe=0.9),
        cell("tree", 0.2, ce=0.8, mfe=0.6, msfe=0.3),  # means 0.65, 0.6, 0.6
        cell("house", ce=0.7, mfe=0.8, msfe=0.9),
        cell("digits", ce=0.2, mfe=0.3, msfe=0.1),
        cell("birds", ce=0.9, mfe=0.1, msfe=np.nan),
        cell("fish", ce=0.9, mfe=0.1),
        cell(EVERYWHERE, np.nan, ce=0.9, mfe=0.1, msfe=0.5),
    ]
    methods, found = evidence.ranks(cells)
    expected = friedman(np.array([[0.65, 0.6, 0.6], [0.7, 0.8, 0.9], [0.2, 0.3, 0.1]]))
    assert methods == ["ce", "mfe", "msfe"]
    np.testing.assert_allclose(found.mean, [2, (2.5 + 2 + 1) / 3, (2.5 + 1 + 3) / 3])
    assert found.p == expected.p
    assert found.critical_difference == expected.critical_difference


def test_two_methods_or_one_data_set_have_no_ranks():
    three, two = {"ce": 0.5, "mfe": 0.6, "msfe": 0.9}, {"ce": 0.5, "mfe": 0.6}
    assert evidence.ranks([cell("tree", **two), cell("house", **two)]) is None
    assert evidence.ranks([cell("tree", 0.1, **three), cell("tree", 0.2, **three)]) is None
    assert evidence.ranks([cell("tree", **three), cell("house", **three)]) is not None


HALF, TUNED, ROC = (COMPARED[place].label for place in (0, 1, 2))
AB, AC, BC = ("a", "b"), ("a", "c"), ("b", "c")


def judged(**verdicts: dict[tuple[str, str], str]) -> pd.DataFrame:
    """Comparisons in one cell, of the pairs by score; the difference has the sign of the verdict."""
    signs = {"better": 0.1, "worse": -0.1, "equivalent": 0.001, "undecided": 0.1}
    lines = [
        {"score": {"half": HALF, "tuned": TUNED, "roc": ROC}[score], "setting": "tree", "level": 0.1}
        | {"first": pair[0], "second": pair[1], "verdict": verdict, "difference": signs[verdict]}
        for score, pairs in verdicts.items()
        for pair, verdict in pairs.items()
    ]
    return pd.DataFrame(lines)


def moved(half: dict[tuple[str, str], str], tuned: dict[tuple[str, str], str], roc: dict[tuple[str, str], str]) -> str:
    return evidence.moved_threshold(judged(half=half, tuned=tuned, roc=roc))


PERHAPS = "What is not found there may be a moved threshold and no better learning."


def test_where_nothing_differs_no_threshold_has_moved():
    assert moved(dict.fromkeys((AB, AC), "undecided") | {BC: "equivalent"}, {AB: "better"}, {AB: "better"}) == ""
    assert evidence.moved_threshold(comparisons(rows(seeds=1))) == ""
    assert evidence.moved_threshold(pd.DataFrame()) == ""


def test_differences_that_persist_are_counted():
    found = {AB: "better", AC: "worse", BC: "undecided"}
    assert moved(found, found, found) == (
        "Of the 2 pairs that differ in F1 at ½, 2 differ the same way at the tuned threshold, and 2 in ROC-AUC."
    )


def test_differences_that_vanish_may_be_a_moved_threshold():
    half, tuned = {AB: "better", AC: "better"}, {AB: "better", AC: "undecided"}
    assert moved(half, tuned, dict.fromkeys(half, "equivalent")) == (
        "Of the 2 pairs that differ in F1 at ½, 1 differs the same way at the tuned threshold, and 0 in ROC-AUC. "
        + PERHAPS
    )


def test_a_difference_the_other_way_is_not_the_same_difference():
    assert moved({AB: "better", AC: "undecided"}, {AB: "worse", AC: "better"}, {AB: "better", AC: "better"}) == (
        "Of the one pair that differs in F1 at ½, 0 differ the same way at the tuned threshold, and 1 in ROC-AUC. "
        + PERHAPS
    )


def test_of_several_cells_the_mean_over_all_decides_what_differs():
    decided = judged(half={AB: "better"}, tuned={AB: "better"}, roc={AB: "better"})
    undecided = judged(half={AB: "undecided"}, tuned={AB: "undecided"}, roc={AB: "undecided"})
    told = evidence.moved_threshold(pd.concat([undecided, decided.assign(setting=EVERYWHERE, level=np.nan)]))
    assert told.startswith("Of the one pair that differs in F1 at ½, 1 differs")
    assert evidence.moved_threshold(pd.concat([decided, undecided.assign(setting=EVERYWHERE, level=np.nan)])) == ""
    assert evidence.moved_threshold(pd.concat([decided, decided.assign(setting="house")])) == ""
