"""What is said of comparisons of pairs of methods."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from imbaloss.evaluation import TunedScores
from imbaloss.report import evidence
from imbaloss.report.cells import COMPARED, EVERYWHERE, Cell, select_overall_cell
from imbaloss.report.comparisons import UNKNOWN, CellComparison, average_by_dataset
from imbaloss.report.evidence import ScoreVerdict
from imbaloss.report.results import rule_out_in_cell
from imbaloss.statistics import friedman
from imbaloss.studies import Row
from tests.report.examples import LOSSES, cell, comparison, comparisons, gaining, of_cells, rows


def said(some: list[Row]) -> list[str]:
    return [one.sentence for one in evidence.judge_scores(comparisons(some))]


def test_the_words_say_what_is_better_what_equivalent_and_what_undecided():
    some = gaining({"msfe": 0.1, "focal:alpha=0.75": 0.1, "wmse": 0.0})
    [words] = [one for one in said(some) if one.startswith("ROC-AUC")]
    assert "has the highest mean; better than wmse +0.1" in words
    assert "equivalent (within ±0.01) to" in words
    some = gaining(dict.fromkeys(LOSSES, 0.0), spread=0.2)
    [words] = [one for one in said(some) if one.startswith("ROC-AUC")]
    assert "no significant difference shown from" in words
    assert "better" not in words


def test_few_seeds_are_said_to_be_too_few_with_their_differences_and_one_says_nothing():
    some = gaining({"msfe": 0.1, "focal:alpha=0.75": 0.0, "wmse": -0.1}, seeds=3, spread=0.02)
    [found] = [one for one in evidence.judge_scores(comparisons(some)) if one.score == "ROC-AUC"]
    assert list(found.parts) == ["too few seeds (3 in common, at least 6 are needed) to show a difference from"]
    values = {loss: over_both(some, loss, 3) for loss in LOSSES}
    for told, other in zip(found.parts.popitem()[1], LOSSES[1:], strict=True):
        gains = values["msfe"] - values[other]
        low, high = stats.t.interval(0.95, 2, gains.mean(), stats.sem(gains))
        assert told.startswith(f"{other} {gains.mean():+.3f} [{low:+.3f}, {high:+.3f}] (")
    assert (found.best, found.smallest, found.beats_all) == ("msfe", None, False)
    assert said(rows(seeds=1)) == []
    five = {name: np.random.default_rng(place).random(3) for place, name in enumerate("abcde")}
    [told] = evidence.judge_scores(of_cells(Cell("tree", "tree", 0.1, five, None)))
    assert "(3 in common, at least 6 are needed)" in told.sentence  # 2^(1 - 6) <= 0.05, whatever the number of pairs


def test_the_number_of_common_seeds_is_that_of_the_pairs():
    """Two pairs that differ in it give a range."""
    values = {name: np.random.default_rng(place).random(8) for place, name in enumerate("abc")}
    values["b"][:4], values["c"][3:] = np.nan, np.nan
    values["a"] += 9
    [found] = evidence.judge_scores(of_cells(Cell("tree", "tree", 0.1, values, None)))
    assert "too few seeds (3 to 4 in common, at least 6 are needed) to show a difference from b" in found.sentence


def test_methods_with_the_same_mean_lead_together():
    scores = np.random.default_rng(0).random(7)
    for values, claim in (
        ({"a": scores, "b": scores[::-1], "c": scores}, "ROC-AUC: a, b and c have the same mean; "),
        ({"a": scores - 1, "b": scores, "c": scores}, "ROC-AUC: b and c have the highest mean; "),
    ):
        [found] = evidence.judge_scores(of_cells(Cell("tree", "tree", 0.1, values, None)))
        assert found.sentence.startswith(claim)
        assert claim[len("ROC-AUC: ") :].split(" have")[0] + " have the highest mean" in evidence.write_answer(
            [found], "method"
        )


def test_few_seeds_may_find_methods_equivalent():
    """The t-tests may reject where no sign-flip test can."""
    generator = np.random.default_rng(0)
    values = {name: 0.5 + generator.normal(scale=0.0005, size=4) for name in "ab"} | {"c": generator.random(4)}
    [found] = evidence.judge_scores(of_cells(Cell("tree", "tree", 0.1, values, None)))
    told = {relation: [one.split()[0] for one in others] for relation, others in found.parts.items()}
    few = "too few seeds (4 in common, at least 6 are needed) to show a difference from"
    assert (found.best, told) == ("c", {few: ["a", "b"]})
    values["c"] -= 1
    [found] = evidence.judge_scores(of_cells(Cell("tree", "tree", 0.1, values, None)))
    told = {relation: [one.split()[0] for one in others] for relation, others in found.parts.items()}
    [other] = {"a", "b"} - {found.best}
    assert told == {"equivalent (within ±0.01) to": [other], few: ["c"]}


def test_a_method_of_one_repetition_counts_among_the_pairs_and_is_not_beaten():
    """It changes nothing for the others."""
    generator = np.random.default_rng(0)
    values = {"a": 0.8 + 0.01 * generator.random(3), "b": 0.5 + 0.01 * generator.random(3)}
    alone = {"c": np.array([0.1, np.nan, np.nan])}
    for more in ({}, alone):
        [found] = evidence.judge_scores(of_cells(Cell("tree", "tree", 0.1, values | more, None)))
        assert "(3 in common, at least 6 are needed) to show a difference from b" in found.sentence
        assert " c " not in found.sentence
    many = {name: np.resize(some, 12) + 0.01 * generator.random(12) for name, some in values.items()}
    for more, clear in (({}, True), ({"c": np.r_[0.1, np.full(11, np.nan)]}, False)):
        [found] = evidence.judge_scores(of_cells(Cell("tree", "tree", 0.1, many | more, None)))
        assert (found.best, found.beats_all) == ("a", clear)


def over_both(some: list[Row], loss: str, seeds: int) -> np.ndarray:
    """The mean ROC-AUC over the data sets, of each seed."""
    values = [
        [row.scores["test"]["roc_auc"] for row in some if (row.run.method.learned, row.run.seed) == (loss, seed)]
        for seed in range(seeds)
    ]
    return np.mean(values, axis=1)


@pytest.mark.parametrize(
    ("seeds", "more"), [(5, " (about 1 more seed would decide)"), (4, " (about 2 more seeds would decide)")]
)
def test_it_is_said_how_many_more_seeds_would_decide(seeds, more):
    gains = 0.3 + np.random.default_rng(0).normal(scale=0.01, size=seeds)
    values = {"a": 0.5 + gains, "b": np.full(seeds, 0.5)}
    [found] = evidence.judge_scores(of_cells(Cell("tree", "tree", 0.1, values, None)))
    [[told]] = found.parts.values()
    assert told.endswith(f"]{more}")


def test_one_method_is_compared_with_nothing():
    some = [row for row in rows() if row.run.method.learned == "msfe"]
    assert said(some) == []


def test_the_best_is_told_with_its_gain_over_each_other_whichever_is_named_first():
    generator = np.random.default_rng(0)
    values = {loss: generator.normal(mean, 0.01, size=12) for loss, mean in (("ce", 0.6), ("msfe", 0.8), ("mfe", 0.7))}
    [found] = evidence.judge_scores(of_cells(Cell("tree", "tree", 0.1, values, None)))
    gains = [values["msfe"] - values[other] for other in ("ce", "mfe")]
    ends = [stats.t.interval(0.95, 11, gain.mean(), stats.sem(gain)) for gain in gains]
    assert found.best == "msfe"
    assert found.parts == {
        "better than": [
            f"{other} {gain.mean():+.3f} [{low:+.3f}, {high:+.3f}]"
            for other, gain, (low, high) in zip(("ce", "mfe"), gains, ends, strict=True)
        ]
    }


def test_what_the_seeds_can_show_is_the_median_over_the_pairs():
    found = comparisons(gaining(dict.fromkeys(LOSSES, 0.0), spread=0.03))
    lines = [one for one in found if (one.score, one.setting) == ("ROC-AUC", EVERYWHERE)]
    smallest = [one.comparison.smallest for one in lines]
    [told] = [one.smallest for one in evidence.judge_scores(found) if one.score == "ROC-AUC"]
    assert sorted(smallest)[1] == told
    assert len(set(smallest)) == 3
    few = evidence.judge_scores(comparisons(gaining(dict.fromkeys(LOSSES, 0.0), seeds=3)))
    assert [one.smallest for one in few] == [None] * len(COMPARED)


def test_the_best_is_not_called_better_than_what_beats_it_where_both_have_scores():
    """Where many trainings failed, the means of the pairs need not follow one order of the methods."""
    early, noise = np.arange(24) < 12, np.random.default_rng(0).normal(scale=1e-4, size=(3, 24))
    values = {
        "half": np.where(early, noise[0] + 0.50, np.nan),
        "whole": noise[1] + np.where(early, 0.51, 0.45),
        "other": np.where(np.arange(24) >= 4, noise[2] + 0.1, np.nan),
    }
    [found] = evidence.judge_scores(of_cells(Cell("tree", "tree", 0.1, values, None), margin=0.001))
    assert found.best == "half"
    assert {relation: others[0][:12] for relation, others in found.parts.items()} == {
        "better than": "other +0.400",
        "worse (in the repetitions in which both have scores) than": "whole -0.010",
    }


def verdict(score: str, best: str, *, clear: bool) -> ScoreVerdict:
    return ScoreVerdict(score, best, {}, 1, clear, None)


def test_the_best_beats_all_where_it_is_better_than_every_other():
    for gains, clear in (((0.2, 0.1, 0.0), True), ((0.1, 0.1, 0.0), False)):
        found = evidence.judge_scores(comparisons(gaining(dict(zip(LOSSES, gains, strict=True)))))
        assert [one.beats_all for one in found if one.score == "ROC-AUC"] == [clear]


def test_the_answer_says_who_has_the_highest_mean_by_what_and_who_beats_all():
    one = [verdict(score, "ce", clear=True) for score in (HALF, ROC)]
    assert evidence.write_answer(one, "loss") == (
        "ce has the highest mean in all 2 scores. ce is better than every other loss in all 2 scores."
    )
    several = [verdict(HALF, "ce", clear=False), verdict(TUNED, "mfe", clear=True), verdict(ROC, "ce", clear=True)]
    assert evidence.write_answer(several, "method") == (
        "ce has the highest mean in F1 at ½ and ROC-AUC; mfe has it in F1 at the tuned threshold. "
        "mfe is better than every other method in F1 at the tuned threshold; "
        "ce is better than every other method in ROC-AUC."
    )
    assert evidence.write_answer([verdict(ROC, "ce", clear=False)], "loss") == (
        "ce has the highest mean in ROC-AUC. No loss is shown to be better than every other in any score."
    )


def test_all_cells_together_are_those_that_have_a_mean_or_the_only_one():
    one, other, everywhere = cell("tree", ce=0.5), cell("house", ce=0.5), cell(EVERYWHERE, np.nan, ce=0.5)
    assert select_overall_cell([one, other, everywhere]) is everywhere
    assert select_overall_cell([one]) is one
    assert select_overall_cell([one, other]) is select_overall_cell([]) is None


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
    methods, found = evidence.rank_methods(cells)
    expected = friedman(np.array([[0.65, 0.6, 0.6], [0.7, 0.8, 0.9], [0.2, 0.3, 0.1]]))
    assert methods == ["ce", "mfe", "msfe"]
    np.testing.assert_allclose(found.mean, [2, (2.5 + 2 + 1) / 3, (2.5 + 1 + 3) / 3])
    assert found.p == expected.p
    assert found.critical_difference == expected.critical_difference


def test_the_lowest_cost_has_rank_1():
    cells = [cell(name, dear=0.9, middling=0.5, cheap=0.1)._replace(lower=True) for name in ("tree", "house", "birds")]
    methods, found = evidence.rank_methods(cells)
    assert dict(zip(methods, found.mean.tolist(), strict=True)) == {"dear": 3, "middling": 2, "cheap": 1}


def test_two_methods_or_one_data_set_have_no_ranks():
    three, two = {"ce": 0.5, "mfe": 0.6, "msfe": 0.9}, {"ce": 0.5, "mfe": 0.6}
    assert evidence.rank_methods([cell("tree", **two), cell("house", **two)]) is None
    assert evidence.rank_methods([cell("tree", 0.1, **three), cell("tree", 0.2, **three)]) is None
    assert evidence.rank_methods([cell("tree", **three), cell("house", **three)]) is not None


def test_a_method_that_never_has_a_score_is_not_ranked_and_costs_no_other_its_rank():
    three = {"ce": 0.5, "mfe": 0.6, "msfe": 0.9}
    sets = ("tree", "house", "fish")
    methods, found = evidence.rank_methods([cell(name, **three, failing=np.nan) for name in sets])
    expected, same = evidence.rank_methods([cell(name, **three) for name in sets])
    assert methods == expected == list(three)
    assert (found.mean == same.mean).all()


def test_three_protocols_of_one_data_set_are_one_data_set():
    """They have no ranks and foretell nothing; beside another data set they count once, with their mean."""
    of_tree = [
        cell(f"tree + {protocol}", dataset="tree", ce=0.5, mfe=0.6 + gain, msfe=0.9)
        for protocol, gain in (("table1", 0.0), ("ratio", 0.1), ("all", 0.5))
    ]
    assert evidence.rank_methods(of_tree) is None
    everywhere = cell(EVERYWHERE, np.nan, ce=0.5, mfe=0.8, msfe=0.9)
    assert {one.on_new_dataset for one in of_cells(*of_tree, everywhere)} == {UNKNOWN}
    house = cell("house", ce=0.5, mfe=0.6, msfe=0.4)
    means = average_by_dataset([*of_tree, house, everywhere])
    assert (means.datasets, means.methods) == (["tree", "house"], ["ce", "mfe", "msfe"])
    np.testing.assert_allclose(means.values, [[0.5, 0.8, 0.9], [0.5, 0.6, 0.4]])
    methods, found = evidence.rank_methods([*of_tree, house, everywhere])
    assert dict(zip(methods, found.mean, strict=True)) == {"ce": 2.5, "mfe": 1.5, "msfe": 2}


HALF, TUNED, ROC = (COMPARED[place].label for place in (0, 1, 2))
AB, AC, BC = ("a", "b"), ("a", "c"), ("b", "c")


def judged(*, setting: str = "tree", **verdicts: dict[tuple[str, str], str]) -> list[CellComparison]:
    """Comparisons in one cell, of the pairs by score; the difference has the sign of the verdict."""
    signs = {"better": 0.1, "worse": -0.1, "equivalent": 0.001, "undecided": 0.1}
    labels, level = {"half": HALF, "tuned": TUNED, "roc": ROC}, np.nan if setting == EVERYWHERE else 0.1
    return [
        comparison(*pair, verdict, (signs[verdict], -1, 1), score=labels[score], setting=setting, level=level)
        for score, pairs in verdicts.items()
        for pair, verdict in pairs.items()
    ]


def moved(half: dict[tuple[str, str], str], tuned: dict[tuple[str, str], str], roc: dict[tuple[str, str], str]) -> str:
    return evidence.describe_moved_threshold(judged(half=half, tuned=tuned, roc=roc))


def test_where_nothing_differs_no_threshold_has_moved():
    assert moved(dict.fromkeys((AB, AC), "undecided") | {BC: "equivalent"}, {AB: "better"}, {AB: "better"}) == ""
    assert evidence.describe_moved_threshold(comparisons(rows(seeds=1))) == ""
    assert evidence.describe_moved_threshold([]) == ""


def test_where_no_tuned_scores_or_no_areas_are_there_no_threshold_has_moved():
    found = judged(half={AB: "better"}, tuned={AB: "better"}, roc={AB: "better"})
    assert evidence.describe_moved_threshold(found) != ""
    for score in (TUNED, ROC):
        others = [one for one in found if one.score != score]
        few = [replace(one, comparison=replace(one.comparison, pairs=1)) for one in found if one.score == score]
        assert evidence.describe_moved_threshold([*others, *few]) == ""
        assert evidence.describe_moved_threshold(others) == ""
    some = [
        replace(row, tuned=TunedScores.without_threshold("no threshold was chosen"))
        for row in gaining({"msfe": 0.3, "focal:alpha=0.75": 0.0, "wmse": 0.0}, score="f1")
    ]
    compared = comparisons(some)
    assert "better" in {one.verdict for one in compared if one.score == HALF}
    assert evidence.describe_moved_threshold(compared) == ""


def test_differences_that_persist_are_counted():
    found = {AB: "better", AC: "worse", BC: "undecided"}
    assert moved(found, found, found) == (
        "Of 2 pairs that differ significantly in F1 at ½, 2 differ in the same direction at the tuned threshold. "
        "In ROC-AUC, 2 differ in the same direction."
    )


def test_differences_that_vanish_are_named_and_may_be_a_moved_threshold():
    half, tuned = {AB: "better", AC: "worse", BC: "worse"}, {AB: "better", AC: "undecided", BC: "equivalent"}
    assert moved(half, tuned, dict.fromkeys(half, "equivalent")) == (
        "Of 3 pairs that differ significantly in F1 at ½, 1 differs in the same direction at the tuned threshold. "
        "No significant difference there: c over a, c over b. "
        "Such a gain may come from the position of the threshold alone. "
        "In ROC-AUC, 0 differ in the same direction."
    )


def test_a_difference_the_other_way_is_not_the_same_difference_and_is_named():
    assert moved({AB: "better", AC: "undecided"}, {AB: "worse", AC: "better"}, {AB: "better", AC: "better"}) == (
        "Of 1 pair that differs significantly in F1 at ½, 0 differ in the same direction at the tuned threshold. "
        "In the opposite direction: a over b. "
        "In ROC-AUC, 1 differs in the same direction."
    )
    assert moved({AB: "worse", BC: "better"}, {AB: "worse", BC: "worse"}, {AB: "better", BC: "better"}) == (
        "Of 2 pairs that differ significantly in F1 at ½, 1 differs in the same direction at the tuned threshold. "
        "In the opposite direction: b over c. "
        "In ROC-AUC, 1 differs in the same direction. In the opposite direction: b over a."
    )


def test_a_pair_is_the_same_whichever_is_named_first():
    half, turned = {AB: "better", BC: "worse"}, {AB[::-1]: "worse", BC[::-1]: "better"}
    assert moved(half, half, half) == moved(turned, turned, turned) != ""


def test_of_many_pairs_five_are_named():
    pairs = dict.fromkeys(combinations("abcd", 2), "better")
    told = moved(pairs, dict.fromkeys(pairs, "undecided"), pairs)
    assert "difference there: a over b, a over c, a over d, b over c, b over d and 1 more. Such a gain" in told


def test_of_several_cells_the_mean_over_all_decides_what_differs():
    better, open_ = {AB: "better"}, {AB: "undecided"}

    def judge(setting: str, verdicts: dict[tuple[str, str], str]) -> list[CellComparison]:
        return judged(setting=setting, half=verdicts, tuned=verdicts, roc=verdicts)

    told = evidence.describe_moved_threshold([*judge("tree", open_), *judge(EVERYWHERE, better)])
    assert told.startswith("Of 1 pair that differs significantly in F1 at ½, 1 differs")
    assert evidence.describe_moved_threshold([*judge("tree", better), *judge(EVERYWHERE, open_)]) == ""
    assert evidence.describe_moved_threshold([*judge("tree", better), *judge("house", better)]) == ""


def test_the_methods_that_may_be_best_come_before_the_pairs():
    noise = np.random.default_rng(0).normal(scale=0.01, size=8)
    values = {"a": np.full(8, 0.8), "b": 0.8 + noise - noise.mean() - 0.001, "c": 0.5 + noise[::-1]}
    cells = [Cell("tree", "tree", 0.1, values, None)]
    rulings = {"ROC-AUC": rule_out_in_cell(cells[0])}
    [verdict] = evidence.judge_scores(of_cells(*cells), rulings)
    [behind] = verdict.standings["ruled out as the best:"]
    assert verdict.standings["may be the best:"] == ["a", "b"]
    assert behind == f"c (by at least {rulings['ROC-AUC']['c'].behind:.2g})"
    assert "has the highest mean; may be the best: a, b; ruled out as the best: c" in verdict.sentence
    costs = rule_out_in_cell(cells[0]._replace(lower=True))
    assert [method for method, ruling in costs.items() if ruling.p > 0.05] == ["c"]
    assert evidence.judge_scores(of_cells(*cells))[0].standings == {}
