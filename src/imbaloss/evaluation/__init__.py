"""Evaluation: scores and their intervals over the samples, thresholds, guarantees, costs, calibration, priors."""

from imbaloss.evaluation import calibration, costs, priors
from imbaloss.evaluation.calibration import Calibration, expected_calibration_error, reliability
from imbaloss.evaluation.confusion import count_confusion
from imbaloss.evaluation.decision import Decision
from imbaloss.evaluation.guarantees import Guarantee, ScoredSamples, choose_guaranteed_threshold
from imbaloss.evaluation.intervals import bootstrap_scores, score_interval
from imbaloss.evaluation.objective import Objective
from imbaloss.evaluation.scores import (
    CONFUSION,
    CONFUSION_SCORES,
    DECISION_SCORES,
    SCORES,
    THRESHOLD,
    Scores,
    TunedScores,
    no_scores,
    scores,
)
from imbaloss.evaluation.thresholds import RULES, RULES_ALONE, Rule, Tuned, choose_threshold, score_top

__all__ = [
    "CONFUSION",
    "CONFUSION_SCORES",
    "DECISION_SCORES",
    "RULES",
    "RULES_ALONE",
    "SCORES",
    "THRESHOLD",
    "Calibration",
    "Decision",
    "Guarantee",
    "Objective",
    "Rule",
    "ScoredSamples",
    "Scores",
    "Tuned",
    "TunedScores",
    "bootstrap_scores",
    "calibration",
    "choose_guaranteed_threshold",
    "choose_threshold",
    "costs",
    "count_confusion",
    "expected_calibration_error",
    "no_scores",
    "priors",
    "reliability",
    "score_interval",
    "score_top",
    "scores",
]
