"""Evaluation: scores and their intervals over the samples, thresholds, costs, calibration, prior correction."""

from imbaloss.evaluation import calibration, costs, priors
from imbaloss.evaluation.calibration import Calibration, expected_calibration_error, reliability
from imbaloss.evaluation.decision import Decision
from imbaloss.evaluation.intervals import of_samples, redrawn
from imbaloss.evaluation.scores import (
    CONFUSION,
    OF_DECISIONS,
    OF_TALLIES,
    SCORES,
    THRESHOLD,
    Scores,
    TunedScores,
    no_scores,
    scores,
)
from imbaloss.evaluation.tallies import tallied
from imbaloss.evaluation.thresholds import RULES, RULES_ALONE, Rule, Tuned, top, tuned

__all__ = [
    "CONFUSION",
    "OF_DECISIONS",
    "OF_TALLIES",
    "RULES",
    "RULES_ALONE",
    "SCORES",
    "THRESHOLD",
    "Calibration",
    "Decision",
    "Rule",
    "Scores",
    "Tuned",
    "TunedScores",
    "calibration",
    "costs",
    "expected_calibration_error",
    "no_scores",
    "of_samples",
    "priors",
    "redrawn",
    "reliability",
    "scores",
    "tallied",
    "top",
    "tuned",
]
