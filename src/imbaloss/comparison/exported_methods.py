"""The methods whose saved models can be written as ONNX files."""

from imbaloss.comparison.recommendation import find_name
from imbaloss.learners import Method

LEARNERS = ("lightgbm", "logistic_regression", "random_forest", "extra_trees", "balanced_random_forest")


def has_onnx(method: Method) -> bool:
    """Say whether `onnx_export.build_onnx` can export the models of a method: networks, and these learners."""
    return method.learner.is_network or find_name(method) in LEARNERS
