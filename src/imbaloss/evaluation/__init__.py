"""Evaluation: scores from labels and probabilities, their intervals over the samples; thresholds."""

from imbaloss.evaluation.intervals import of_samples
from imbaloss.evaluation.scores import CONFUSION, SCORES, THRESHOLD, Scores, no_scores, scores
from imbaloss.evaluation.thresholds import best_for_f1

__all__ = ["CONFUSION", "SCORES", "THRESHOLD", "Scores", "best_for_f1", "no_scores", "of_samples", "scores"]
