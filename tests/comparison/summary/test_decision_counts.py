"""The decision in counts: what it and its alternatives come to among new rows."""

from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest

import imbaloss
from imbaloss.comparison.answer import convert_to_json
from imbaloss.comparison.summary.decision_counts import DecisionCounts, transfer_counts, write_amount
from imbaloss.evaluation.confusion import ConfusionCounts
from imbaloss.report import Findings
from tests.comparison.finished import COSTS, DECISION, advise, find

GOOD, FAIR = [0.40, 0.42, 0.41, 0.38], [0.30, 0.36, 0.33, 0.31]
COUNTED = {"tn": 170, "fp": 10, "fn": 12, "tp": 8, "recall": 0.4}


def count(findings: Findings, **scores) -> DecisionCounts | None:
    """Count the decisions if each stored result has these confusion counts at its threshold."""
    rows = [replace(row, tuned=replace(row.tuned, scores=row.tuned.scores | COUNTED | scores)) for row in findings.rows]
    best = findings.study.recommend(findings)
    return findings.study.advise(replace(findings, rows=rows), best).summary.counts


def test_decisions_are_those_of_all_test_rows_among_a_thousand_new_ones(tmp_path):
    counts = count(find(tmp_path, {"lightgbm": GOOD, "ce": FAIR}))
    assert (counts.rows, counts.positives, counts.is_weighted) == (1000, 100, False)
    outcomes = (counts.recommended, *counts.alternatives)
    table = {each.name: (each.flagged, each.right, each.false_alarms, each.missed) for each in outcomes}
    assert table == {
        "lightgbm": (90, 40, 50, 60),
        "flag nobody": (0, 0, 0, 100),
        "flag everybody": (1000, 100, 900, 0),
        "as many at random": pytest.approx((90, 9, 81, 91)),
    }
    assert counts.recommended.cost is None
    assert counts.cheapest_constant is counts.compute_saved(counts.recommended) is None


def test_rarer_positives_are_counted_among_more_rows(tmp_path):
    findings = find(tmp_path, {"lightgbm": GOOD})
    counts = count(findings, tn=19_900, fp=90, fn=4, tp=6)
    assert (counts.rows, counts.positives, counts.recommended.flagged) == (100_000, 50, 480)


def test_nothing_is_counted_without_positives_or_decisions(tmp_path):
    findings = find(tmp_path, {"lightgbm": GOOD})
    assert count(findings, fn=0, tp=0) is None
    best = findings.study.recommend(findings)
    undecided = [replace(row, tuned=row.tuned.without_threshold("no threshold")) for row in findings.rows]
    assert findings.study.advise(replace(findings, rows=undecided), best).summary.counts is None


def test_constant_costs_are_told_for_all_rows_with_what_is_saved(tmp_path):
    counts = count(find(tmp_path, {"lightgbm": [0.5] * 4, "ce": [0.7] * 4}, COSTS), cost=0.65)
    costs = {each.name: each.cost for each in (counts.recommended, *counts.alternatives)}
    assert costs == pytest.approx(
        {"lightgbm": 650, "flag nobody": 1000, "flag everybody": 900, "as many at random": 991}
    )
    assert counts.cheapest_constant.name == "flag everybody"
    assert counts.compute_saved(counts.recommended) == pytest.approx(250)
    assert [counts.compute_saved(each) for each in counts.alternatives] == pytest.approx([-100, 0, -91])


def test_a_repetition_without_decisions_of_the_baseline_does_not_change_the_number_of_positives():
    half, whole = ConfusionCounts(80.0, 10.0, 5.0, 5.0), ConfusionCounts(170.0, 10.0, 12.0, 8.0)
    assert transfer_counts(half, whole) == pytest.approx((10, 20))
    assert transfer_counts(whole, whole) == pytest.approx((8, 10))
    assert transfer_counts(ConfusionCounts(0.0, 0.0, 5.0, 0.0), whole) == (0, 0)


def make_frame(rows: int = 240) -> pd.DataFrame:
    """Positives by `a`; today's decision is by `b`, which tells less; the rows differ in value and in weight."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(rows, 3))
    y = (generator.random(rows) < 1 / (1 + np.exp(2 - 2 * x[:, 0]))).astype(int)
    return pd.DataFrame(x, columns=["a", "b", "c"]).assign(
        today=(x[:, 1] + y > 0.8).astype(int),
        value=np.round(np.exp(x[:, 2]), 2),
        weight=np.where(x[:, 1] > 0, 2.5, 1.0),
        y=y,
    )


QUICK = {
    "methods": ["logistic_regression", "baseline"],
    "settings": 1,
    "folds": 3,
    "repetitions": 3,
    "importance": False,
    "baseline": "today",
}


@pytest.fixture(scope="module")
def weighted() -> imbaloss.comparison.Answer:
    frame = make_frame()
    weight = frame["weight"].to_numpy()
    return imbaloss.compare(
        frame.drop(columns=["y", "weight"]), frame["y"], sample_weight=weight, cost="fn=value,fp=0.3", **QUICK
    )


def test_what_is_in_use_today_and_costs_by_row_are_counted_by_weight(weighted):
    """The numbers are those of the stored predictions, each test row with its weight and its own costs."""
    frame, counts = make_frame(), weighted.advice.summary.counts
    assert counts.is_weighted
    assert [each.name for each in counts.alternatives][3:] == (["in use today"] if weighted.best != "baseline" else [])
    sums = {name: np.zeros(4) for name in ("logistic_regression", "baseline", "nobody", "everybody")}
    for row in weighted.findings.rows:
        test = weighted.findings.store.predictions(row.run)["test"]
        flags = {str(row.run.method): row.decide(test.probabilities, test.costs)}
        if str(row.run.method) == weighted.best:
            flags |= {"nobody": np.zeros(len(test.labels), bool), "everybody": np.ones(len(test.labels), bool)}
        weights, values, labels = test.weights, frame["value"].to_numpy()[test.images], test.labels
        for name, flagged in flags.items():
            cost = np.where(labels == 1, values * ~flagged, 0.3 * flagged)
            sums[name] += [weights.sum(), weights @ flagged, weights @ (flagged & (labels == 1)), weights @ cost]
    names = {weighted.best: weighted.best, "flag nobody": "nobody", "flag everybody": "everybody"}
    names |= {"in use today": "baseline"}
    for outcome in (counts.recommended, *counts.alternatives):
        if outcome.name in names:
            total, *expected = sums[names[outcome.name]]
            numbers = (outcome.flagged, outcome.right, outcome.cost)
            assert numbers == pytest.approx([counts.rows * number / total for number in expected])
    assert "each counted by its weight" in weighted.advice.summary.decision.in_counts


def test_json_has_the_counts_as_numbers(weighted):
    decision = convert_to_json(weighted)["decision"]
    assert decision == asdict(weighted.advice.summary.counts)
    assert set(decision) == {"rows", "positives", "recommended", "alternatives", "is_weighted"}
    assert set(decision["recommended"]) == {"name", "flagged", "right", "false_alarms", "missed", "cost"}


def test_the_sentence_has_the_same_counts_as_the_table(tmp_path):
    findings = find(tmp_path, {"lightgbm": GOOD, "ce": FAIR}, DECISION)
    rows = [replace(row, tuned=replace(row.tuned, scores=row.tuned.scores | COUNTED)) for row in findings.rows]
    advice = findings.study.advise(replace(findings, rows=rows), findings.study.recommend(findings))
    assert advice.summary.decision.in_counts == (
        "Of 1,000 new rows, about 100 have failed = yes. With lightgbm you would flag 90, 40 of them rightly, and miss "
        "60 (recall 40 %, 95 % CI 30 to 51; precision 44 %)"
    )
    [sentence] = [reason for reason in advice.reasons if reason.startswith("With thresholds chosen")]
    assert "flag about 90 of 1,000 new rows, of which 40 would have failed = yes. 60 with" in sentence


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (1_234_567.5, "1,234,568"), (100.0, "100"), (99.46, "99.5"), (0.25437, "0.254"), (0.0000123, "0.0000123"),
        (0.0, "0"), (-0.0, "0"), (-771.2, "-771"), (-0.5, "-0.5"),
    ],
)  # fmt: skip
def test_an_amount_of_money_has_digits_that_tell_it_from_nothing(amount, text):
    assert write_amount(amount) == text


def test_small_costs_are_not_written_as_nothing(tmp_path):
    decision = advise(tmp_path, {"lightgbm": [0.0005, 0.0006], "ce": [0.7, 0.7]}, COSTS).summary.decision
    assert decision.money.startswith("The 1,000 rows would cost 0.55. That saves 899 ")
