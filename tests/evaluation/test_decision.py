"""A decision names the score that is optimised, and computes it."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from imbaloss.evaluation import Decision, Objective, Rule
from imbaloss.field_tables import FieldError

LABELS = np.array([0, 0, 0, 1, 0, 1, 0, 1])
PROBABILITIES = np.array([0.1, 0.2, 0.3, 0.35, 0.4, 0.6, 0.7, 0.9])


def read(**entries: object) -> Decision:
    return Decision.read(entries)


def test_a_decision_without_a_score_is_that_of_version_0_1_and_writes_none():
    assert read().optimize is None
    assert read().entries == {"calibration": "none", "threshold": "f1"}
    assert read().score(LABELS, PROBABILITIES) == roc_auc_score(LABELS, PROBABILITIES)


@pytest.mark.parametrize("score", ["average_precision", "roc_auc", "f1"])
def test_what_is_written_is_what_is_read(score):
    decision = read(optimize=score, calibration="platt", threshold="g_mean")
    assert decision == Decision("platt", Rule("g_mean"), Objective.parse(score))
    assert decision.entries["optimize"] == score
    assert Decision.read(decision.entries) == decision


@pytest.mark.parametrize(
    ("optimize", "rule"),
    [
        ("f1", "f1"),
        ("balanced_accuracy", "balanced_accuracy"),
        ("recall_at_precision:precision=0.8", "recall_at_precision:precision=0.8"),
        ("precision_at_share:share=0.1", "top_share:share=0.1"),
        ("average_precision", "f1"),
        ("partial_roc_auc", "f1"),
        ("brier", "f1"),
    ],
)
def test_a_score_takes_the_rule_that_goes_with_it_unless_another_is_named(optimize, rule):
    assert str(read(optimize=optimize).rule) == rule
    assert str(read(optimize=optimize, threshold="mcc").rule) == "mcc"


def test_the_score_is_that_of_scikit_learn():
    best = max(f1_score(LABELS, threshold <= PROBABILITIES) for threshold in PROBABILITIES)
    assert read(optimize="roc_auc").score(LABELS, PROBABILITIES) == roc_auc_score(LABELS, PROBABILITIES)
    expected = average_precision_score(LABELS, PROBABILITIES)
    assert read(optimize="average_precision").score(LABELS, PROBABILITIES) == expected
    assert read(optimize="f1").score(LABELS, PROBABILITIES) == pytest.approx(best)


def test_a_cost_is_negative_and_that_of_the_best_threshold():
    def cost(threshold: float) -> float:
        decided = threshold <= PROBABILITIES
        return float(np.mean(np.where(LABELS == 1, 10 * ~decided, decided)))

    decision = read(optimize="cost", threshold="cost:fn=10,fp=1")
    assert decision.score(LABELS, PROBABILITIES) == pytest.approx(-min(map(cost, [*PROBABILITIES, 1.1])))


@pytest.mark.parametrize("entries", [
    {"optimize": "average_precision"}, {"optimize": "roc_auc"}, {"optimize": "f1"}, {},
    {"optimize": "cost", "threshold": "cost:fn=10,fp=1"},
])  # fmt: skip
def test_a_sample_of_weight_2_counts_as_two(entries):
    decision, weights = read(**entries), np.array([1, 2, 1, 3, 1, 1, 2, 1])
    repeated = decision.score(np.repeat(LABELS, weights), np.repeat(PROBABILITIES, weights))
    assert decision.score(LABELS, PROBABILITIES, weights.astype(float)) == pytest.approx(repeated)


@pytest.mark.parametrize("score", ["average_precision", "f1", "roc_auc"])
def test_a_score_that_is_undefined_is_none(score):
    assert read(optimize=score).score(np.zeros(8, dtype=np.int64), PROBABILITIES) is None


def test_scores_that_are_unknown_or_lack_costs_are_refused():
    with pytest.raises(FieldError, match=r"there is no score to optimize 'auc'.*; there are average_precision"):
        read(optimize="auc")
    with pytest.raises(FieldError, match="optimize must be a text, found 3"):
        read(optimize=3)
    with pytest.raises(FieldError, match="cost needs costs: give them as the threshold, such as cost:fn=10,fp=1"):
        read(optimize="cost")
