"""One test part for all seeds: what is said of other test rows too."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from imbaloss import report, studies
from imbaloss.comparison.bootstrap_of_test_rows import (
    estimate_sampling_variances,
    redraw_test_rows,
    rule_out_on_other_rows,
    widen_to_other_rows,
)
from imbaloss.data import Counts
from imbaloss.evaluation import CONFUSION_SCORES, TunedScores, bootstrap_scores, count_confusion, scores
from imbaloss.report import Findings
from imbaloss.report.cells import ComparedScore
from imbaloss.report.comparisons import CellComparison, find_best_method, select_of_method
from imbaloss.statistics import Verdict, seeds_and_redrawn
from imbaloss.studies import Predictions, Store
from tests.report.examples import changed, example

RECALL = ComparedScore("recall at the tuned threshold", "recall", tuned=True)
F1 = ComparedScore("F1 at the tuned threshold", "f1", tuned=True)
SEEDS = 8


def of_one_test(
    folder: Path, skills: Mapping[str, float], *, positives: int, own: float = 0.05, seed: int = 0, seeds: int = SEEDS
) -> Findings:
    """Trainings that differ little from seed to seed, on the same test rows, each of its own difficulty."""
    generator = np.random.default_rng(seed)
    labels = np.repeat([0, 1], [9 * positives, positives])
    difficulty = generator.normal(size=(len(skills), len(labels)))
    finished = []
    for hard, (loss, skill) in zip(difficulty, skills.items(), strict=True):
        for number in range(seeds):
            row = example("tree_1", number, loss)
            found = stats.norm.cdf(hard - 1.5 + skill * labels + own * generator.normal(size=len(labels)))
            tuned = TunedScores(0.5, None, *scores(labels, found))
            parts_of_row = dict.fromkeys(("validation", "test"), Predictions(labels, found, np.arange(len(labels))))
            counts = replace(row.counts, test=Counts(9 * positives, positives))
            row = replace(row, tuned=tuned, counts=counts, scores=dict.fromkeys(parts_of_row, tuned.scores))
            finished.append((row, parts_of_row))
    store = Store(folder)
    store.add(finished)
    return report.compute_findings(studies.built_in("table1"), [row for row, _ in finished], store)


def seen(found: Findings, method: str, score: ComparedScore = F1) -> list[CellComparison]:
    return select_of_method([one for one in found.comparisons if one.score == score.label], method)


def deciding(lines: list[CellComparison], verdict: Verdict) -> list[CellComparison]:
    """The same with another verdict."""
    return [replace(one, comparison=replace(one.comparison, verdict=verdict)) for one in lines]


def test_what_few_test_rows_decide_is_not_said_of_others(tmp_path):
    found = of_one_test(tmp_path, {"mfe": 2.2, "mse": 1.8}, positives=20)
    [line] = seen(found, "mfe")
    [wider] = widen_to_other_rows(found, [line], F1)
    assert line.verdict == "better"
    assert wider.verdict == "undecided"
    assert wider.interval.high - wider.interval.low > 3 * (line.interval.high - line.interval.low)
    assert wider.interval.estimate == line.interval.estimate


def test_what_many_test_rows_decide_stands(tmp_path):
    found = of_one_test(tmp_path, {"mfe": 2.5, "mse": 1.5}, positives=300)
    [wider] = widen_to_other_rows(found, seen(found, "mse"), F1)
    assert wider.verdict == "worse"
    assert wider.interval.high < 0


@pytest.mark.parametrize(("positives", "possible"), [(20, ["mfe", "mse"]), (300, ["mfe"])])
def test_a_method_is_ruled_out_for_other_test_rows_too(tmp_path, positives, possible):
    found = of_one_test(tmp_path, {"mfe": 2.2, "mse": 1.8, "focal": 0.5}, positives=positives)
    rulings = rule_out_on_other_rows(found, ["mfe", "mse", "focal"], F1)
    assert [method for method, ruling in rulings.items() if ruling.p > 0.05] == possible
    assert 0 < rulings["focal"].behind < 0.6
    assert report.results.rule_out_in_cell(found.scored[F1][0])["mse"].p <= 0.05  # on these rows alone


def test_the_joint_test_has_the_errors_of_seeds_and_rows(tmp_path):
    found = of_one_test(tmp_path, {"mfe": 2.2, "mse": 1.9, "focal": 1.8}, positives=40)
    joint = redraw_test_rows(found, F1).test_pairs(["mfe", "mse", "focal"], 1)
    for place, (first, second) in enumerate([("mfe", "mse"), ("mfe", "focal"), ("mse", "focal")]):
        gains, drawn = redraw_test_rows(found, F1).subtract(first, second)
        assert joint.means[place] == pytest.approx(gains.mean())
        assert joint.errors[place] == pytest.approx(np.sqrt(gains.var(ddof=1) / SEEDS + drawn.var(ddof=1)))
        low, high = np.quantile(joint.drawn[:, place], [0.025, 0.975])  # nearly of t with 39 degrees of freedom
        assert (-low, high) == pytest.approx([2.02, 2.02], abs=0.15)
    turned = redraw_test_rows(found, F1).test_pairs(["mfe", "mse", "focal"], -1)
    assert turned.observed == pytest.approx(-joint.observed)


def test_equivalence_needs_the_wider_interval_within_the_margin(tmp_path):
    found = of_one_test(tmp_path, {"mfe": 2.0, "mse": 2.0}, positives=20)
    [line] = deciding(seen(found, "mfe"), Verdict.EQUIVALENT)
    for margin, verdict in ((0.01, "undecided"), (0.9, "equivalent")):
        [wider] = widen_to_other_rows(found, [replace(line, margin=margin)], F1)
        assert wider.verdict == verdict


@pytest.mark.parametrize("score", ["average_precision", "roc_auc"])
def test_a_score_of_the_ranking_is_drawn_again_as_that_score(tmp_path, score):
    """It needs no thresholds; for ROC-AUC the interval is nearly that of DeLong and the seeds."""
    found = of_one_test(tmp_path, {"mfe": 2.2, "mse": 1.9}, positives=40)
    compared = next(each for each in found.scored if each.score == score)
    [line] = seen(found, "mfe", compared)
    [wider] = widen_to_other_rows(found, [line], compared)
    width = wider.interval.high - wider.interval.low
    assert wider.interval.estimate == line.interval.estimate
    assert (wider.interval.high + wider.interval.low) / 2 == pytest.approx(line.interval.estimate)
    assert width > 3 * (line.interval.high - line.interval.low)
    if score == "roc_auc":
        assert width == pytest.approx(line.both.high - line.both.low, rel=0.2)
    variances = estimate_sampling_variances(found, "mse", ["mfe"], compared)
    assert width / 4 == pytest.approx(np.sqrt(variances["mfe"]), rel=0.1)


def test_costs_are_turned(tmp_path):
    """What costs less is better; of the rule that all rows have, cost, the formula is its own."""
    found = of_one_test(tmp_path, {"mfe": 2.5, "mse": 1.5}, positives=300)
    rows = [changed(row, threshold="cost:fn=9") for row in found.rows]
    store = Store(tmp_path / "again")
    store.add((row, found.store.predictions(old.run)) for row, old in zip(rows, found.rows, strict=True))
    again = report.compute_findings(studies.built_in("table1"), rows, store)
    lines = deciding(seen(found, "mfe"), Verdict.BETTER)
    [wider] = widen_to_other_rows(again, lines, ComparedScore("mean cost", "cost", tuned=True, lower=True))
    assert wider.interval.low > 0
    counts = [
        count_confusion(p["test"].labels, p["test"].probabilities[None] >= 0.5)
        for _, p in store.arrays([r.run for r in rows])
    ]
    costs = [float((9 * one.fn + one.fp)[0] / 3000) for one in counts]
    middle = (wider.interval.low + wider.interval.high) / 2
    assert middle == pytest.approx(np.mean(costs[SEEDS:]) - np.mean(costs[:SEEDS]))


@pytest.mark.slow
def test_intervals_for_other_rows_cover_the_truth():
    """In 95 % +- 2, of a recall: each row has a chance of its own to be found, by every seed alike."""
    generator, tries, inside = np.random.default_rng(0), 1000, 0
    labels, truth = np.repeat([0, 1], 60), 0.6
    for _ in range(tries):
        chance = generator.beta(1.2, 0.8, 120)
        called = generator.random((SEEDS, 120)) < chance
        drawn = bootstrap_scores(CONFUSION_SCORES["recall"], labels, called, 300).mean(axis=1)
        _, low, high = seeds_and_redrawn(CONFUSION_SCORES["recall"](count_confusion(labels, called)), drawn, 60)
        inside += low <= truth <= high
    assert inside / tries == pytest.approx(0.95, abs=0.02)


@pytest.mark.slow
def test_of_equally_good_methods_the_best_is_rarely_called_better(tmp_path):
    """Six on the same 40 positives, which one is the best of by chance: in one case of twenty, or less."""
    losses, wrong, tries = ("mse", "mfe", "msfe", "wce", "wmse", "focal"), 0, 40
    for seed in range(tries):
        found = of_one_test(
            tmp_path / str(seed), dict.fromkeys(losses, 2.0), positives=40, own=0.01, seed=seed, seeds=12
        )
        best = find_best_method([one for one in found.comparisons if one.score == F1.label])
        wrong += any(one.verdict == "better" for one in widen_to_other_rows(found, seen(found, best), F1))
    assert wrong <= 5  # of which a binomial of one in twenty has more in 1 case of 70
