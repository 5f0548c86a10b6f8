"""Objectives are read, written and computed, and choose as their score says."""

import numpy as np
import pytest
from sklearn import metrics

from imbaloss.evaluation import Objective, Rule
from imbaloss.evaluation.objective import OBJECTIVES, average_constants

RULE = Rule.parse("cost:fn=5,fp=1")
LABELS = np.array([0, 0, 0, 1, 0, 1, 0, 1, 0, 0])
PROBABILITIES = np.array([0.1, 0.2, 0.3, 0.35, 0.4, 0.6, 0.7, 0.9, 0.05, 0.9])


@pytest.mark.parametrize("name", OBJECTIVES)
def test_what_is_written_is_what_is_read_and_every_score_has_a_value(name):
    objective = Objective.parse(name)
    assert str(objective) == name
    assert Objective.parse(str(objective)) == objective
    assert np.isfinite(objective.compute_best(RULE, LABELS, PROBABILITIES))


def test_parameters_are_written_unless_at_their_default():
    assert str(Objective.parse("partial_roc_auc:max_fpr=0.1")) == "partial_roc_auc"
    assert str(Objective.parse("recall_at_precision:precision=0.5")) == "recall_at_precision:precision=0.5"


@pytest.mark.parametrize("text", [
    "auc", "", "partial_roc_auc:max_fpr=0", "partial_roc_auc:max_fpr=1.1", "partial_roc_auc:max_fpr=nan",
    "partial_roc_auc:fpr=0.1", "precision_at_share:share=a", "f1:beta=2", "roc_auc:max_fpr=0.1",
])  # fmt: skip
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError, match=r"score to optimize|above 0 and at most 1|has no parameter"):
        Objective.parse(text)


def test_more_is_better_for_every_score():
    """A ranking without mistakes has the highest value, and one with the classes exchanged the lowest."""
    right, wrong = np.where(LABELS == 1, 0.9, 0.1), np.where(LABELS == 1, 0.1, 0.9)
    for name in OBJECTIVES:
        best, given, worst = (
            Objective.parse(name).compute_best(RULE, LABELS, values) for values in (right, PROBABILITIES, wrong)
        )
        assert best >= given >= worst
        assert best > worst, name


def test_the_brier_score_is_scikit_learns_and_negative_where_candidates_are_compared():
    expected = metrics.brier_score_loss(LABELS, PROBABILITIES)
    assert Objective("brier").compute(LABELS, PROBABILITIES) == expected
    assert Objective("brier").compute_best(RULE, LABELS, PROBABILITIES) == -expected


def test_savings_are_those_of_the_best_threshold():
    spent = -Objective("cost").compute_best(RULE, LABELS, PROBABILITIES)
    assert average_constants(RULE, LABELS) == pytest.approx((1.5, 0.7))  # to flag none, and to flag all
    assert Objective("savings").compute_best(RULE, LABELS, PROBABILITIES) == pytest.approx(1 - spent / 0.7)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_weights_count_as_repetitions(name):
    weights = np.array([1, 2, 1, 3, 1, 1, 2, 1, 4, 1])
    repeated = np.repeat(LABELS, weights), np.repeat(PROBABILITIES, weights)
    weighted = Objective.parse(name).compute_best(RULE, LABELS, PROBABILITIES, weights.astype(float))
    assert weighted == pytest.approx(Objective.parse(name).compute_best(RULE, *repeated))


@pytest.mark.parametrize("name", [name for name in OBJECTIVES if name != "brier"])
def test_a_score_without_positives_is_undefined(name):
    assert Objective.parse(name).compute_best(RULE, np.zeros(10, dtype=np.int64), PROBABILITIES) is None


def test_the_area_and_the_average_precision_choose_different_rankings():
    """A few positives at the very top count for the average precision, and the whole order for the area."""
    labels = np.repeat([1, 0], [10, 990])
    at_top = np.concatenate([np.full(5, 0.9), np.full(5, 0.0), np.linspace(0.01, 0.5, 990)])
    in_order = np.concatenate([np.full(10, 0.45), np.linspace(0.0, 0.5, 990)])
    values = {
        name: [Objective.parse(name).compute_best(RULE, labels, each) for each in (at_top, in_order)]
        for name in ("roc_auc", "average_precision", "partial_roc_auc:max_fpr=0.05")
    }
    assert np.argmax(values["roc_auc"]) == 1
    assert np.argmax(values["average_precision"]) == 0
    assert np.argmax(values["partial_roc_auc:max_fpr=0.05"]) == 0
