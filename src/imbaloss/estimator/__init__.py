"""The scikit-learn face of imbaloss."""

from imbaloss.estimator.classifier import ImbalancedClassifier

__all__ = ["ImbalancedClassifier"]
