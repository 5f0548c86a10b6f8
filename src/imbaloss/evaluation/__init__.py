"""Evaluation: scores from labels and probabilities."""

from imbaloss.evaluation.scores import CONFUSION, SCORES, THRESHOLD, Scores, no_scores, scores

__all__ = ["CONFUSION", "SCORES", "THRESHOLD", "Scores", "no_scores", "scores"]
