"""Classifiers that do something else than scikit-learn's do, for the tests of methods by module and class."""

# ruff: noqa: ARG002

import sys
import threading

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class Share(ClassifierMixin, BaseEstimator):
    """Gives the share of positives for a row whose first input is positive, and half of it for the others."""

    def __init__(self, factor=0.5, random_state=None):
        self.factor = factor
        self.random_state = random_state

    def fit(self, rows, labels):
        self.classes_ = np.array([0, 1])
        self.share_ = float(np.mean(labels))
        return self

    def predict_proba(self, rows):
        positive = np.where(rows[:, 0] > 0, self.share_, self.factor * self.share_)
        return np.stack([1 - positive, positive], axis=1)


class Turned(Share):
    """Has the classes in the other order."""

    def fit(self, rows, labels):
        super().fit(rows, labels)
        self.classes_ = np.array([1, 0])
        return self

    def predict_proba(self, rows):
        return super().predict_proba(rows)[:, ::-1]


class Writes(Share):
    """Prints, and writes into the inputs and labels that it is given."""

    def fit(self, rows, labels):
        super().fit(rows, labels)
        print("fitting")
        rows[:] = 0.0
        labels[:] = 1 - labels
        return self


class TurnedScores(ClassifierMixin, BaseEstimator):
    """Has the classes in the other order, and scores that rise with the first one."""

    def fit(self, rows, labels):
        self.classes_ = np.array([1, 0])
        return self

    def decision_function(self, rows):
        return -rows[:, 0]


class Raises(Share):
    def fit(self, rows, labels):
        raise RuntimeError("no\nluck\n\nand a long trace")


class Exits(Share):
    def fit(self, rows, labels):
        sys.exit(3)


class Lacks(Share):
    def fit(self, rows, labels):
        return {}["key"]


class NotFinite(Share):
    def predict_proba(self, rows):
        return np.full((len(rows), 2), np.nan)


class OneColumn(Share):
    def predict_proba(self, rows):
        return super().predict_proba(rows)[:, 1:]


class OneRow(Share):
    def predict_proba(self, rows):
        return super().predict_proba(rows)[:1]


class OtherClasses(Share):
    def fit(self, rows, labels):
        super().fit(rows, labels)
        self.classes_ = np.array(["a", "b"])
        return self


class TwoScores(ClassifierMixin, BaseEstimator):
    def fit(self, rows, labels):
        return self

    def decision_function(self, rows):
        return rows[:, :2]


class Silent(ClassifierMixin, BaseEstimator):
    """Gives labels alone."""

    def fit(self, rows, labels):
        return self

    def predict(self, rows):
        return np.zeros(len(rows), dtype=int)


class Bare:
    """Has no parameters to ask for."""

    def fit(self, rows, labels):
        return self

    def predict_proba(self, rows):
        return np.full((len(rows), 2), 0.5)


class Needs(Share):
    """Needs a value for its parameter."""

    def __init__(self, factor, random_state=None):
        super().__init__(factor, random_state)


class Locked(Share):
    """Holds what no file can hold."""

    def fit(self, rows, labels):
        self.lock_ = threading.Lock()
        return super().fit(rows, labels)


class ExitsAtOnce(Share):
    def __init__(self):
        sys.exit("not today")
