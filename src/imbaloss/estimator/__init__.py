"""The scikit-learn faces of imbaloss."""

from imbaloss.estimator.classifier import ImbalancedClassifier
from imbaloss.estimator.method_classifier import MethodClassifier

__all__ = ["ImbalancedClassifier", "MethodClassifier"]
