"""Losses for training loops of boosted trees: objectives and metrics of LightGBM and XGBoost.

>>> import imbaloss.boosting
>>> objective = imbaloss.boosting.objective("mfe")
>>> gradients, curvatures = objective([0, 0, 1], [0.0, 0.0, 0.0])  # labels and log-odds
>>> gradients.round(4).tolist()
[0.1875, 0.1875, -0.375]
"""

from imbaloss.boosting.initial_score import keep_initial_score
from imbaloss.boosting.objective import Metric, Objective, metric, objective

__all__ = ["Metric", "Objective", "keep_initial_score", "metric", "objective"]
