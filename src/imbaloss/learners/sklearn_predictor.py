"""Fitted classifiers with the interface of scikit-learn: their log-odds, and the file in which they are saved."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from imbaloss.learners import skops_file

Floats = NDArray[np.float64]
SMALLEST = 1e-12  # smallest probability, and distance from 1, so that log-odds are finite
SCORES = ("predict_proba", "decision_function")  # methods of which a classifier needs one
TRUSTED = (  # types in the files of classifiers with a name that skops does not trust by itself
    "imblearn.ensemble._easy_ensemble.EasyEnsembleClassifier",
    "imblearn.ensemble._forest.BalancedRandomForestClassifier",
    "imblearn.pipeline.Pipeline",
    "imblearn.under_sampling._prototype_selection._random_under_sampler.RandomUnderSampler",
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
)


@dataclass(frozen=True)
class SklearnPredictor:
    """A fitted classifier of the labels 0 and 1 with the interface of scikit-learn, saved by skops without pickle."""

    classifier: Any
    kind: ClassVar[str] = "sklearn"
    file: ClassVar[str] = "reference.skops"

    def log_odds(self, rows: Floats) -> Floats:
        """Return the log-odds (N,) of class 1 for rows (N, D), or what `decision_function` gives in their place.

        Trees and the like are asked one after the other, since threads would sum their votes in another order each
        time.

        Raises:
            ValueError: The outputs have another shape, the classes are not 0 and 1, or there is no such method.
        """
        import joblib

        sign = self.find_sign()
        with joblib.parallel_config(backend="sequential"):
            if hasattr(self.classifier, "predict_proba"):
                outputs = np.asarray(self.classifier.predict_proba(rows), dtype=np.float64)
                check_shape("predict_proba", outputs, (len(rows), 2))
                return self.transform_probabilities(outputs[:, ::sign][:, 1])
            if not hasattr(self.classifier, "decision_function"):
                raise ValueError(f"it has neither {' nor '.join(SCORES)}")
            scores = np.asarray(self.classifier.decision_function(rows), dtype=np.float64)
            check_shape("decision_function", scores, (len(rows),))
            return sign * scores

    def find_sign(self) -> int:
        """Return 1 if class 1 is the second one of the classifier, and -1 if it is the first one.

        Raises:
            ValueError: The classes are not 0 and 1.
        """
        classes = np.asarray(getattr(self.classifier, "classes_", (0, 1))).tolist()
        if classes not in ([0, 1], [1, 0]):
            raise ValueError(f"it has learned the classes {classes}, not 0 and 1")
        return 1 if classes == [0, 1] else -1

    def transform_probabilities(self, probabilities: Floats) -> Floats:
        """Return the log-odds (N,) of probabilities (N,), finite for 0 and 1 too.

        A forest of T trees gives the empirical logit log((T p + 1/2) / (T (1 - p) + 1/2)), with half a vote more for
        each class. It ranks as p does, and stays within the resolution of the votes. Source: Haldane 1956; Anscombe
        1956. Others give the log-odds of p clipped to 1e-12 from 0 and 1.
        """
        ensembles = sys.modules.get("sklearn.ensemble")  # a forest is there only with its module
        if ensembles and isinstance(self.classifier, ensembles.RandomForestClassifier | ensembles.ExtraTreesClassifier):
            trees = len(self.classifier.estimators_)
            return np.log((trees * probabilities + 0.5) / (trees * (1 - probabilities) + 0.5))
        logits: Floats = special.logit(np.clip(probabilities, SMALLEST, 1 - SMALLEST))
        return logits

    def dump(self) -> bytes:
        """Return the content of a skops file for the classifier.

        Raises:
            ValueError: The classifier, or something in it, cannot be loaded from such a file.
        """
        return skops_file.dump(self.classifier, TRUSTED)

    @classmethod
    def parse(cls, path: Path, content: bytes, trusted: Sequence[str]) -> Self:
        """Read the classifier from the content of a skops file.

        Args:
            path: The path of the file, for messages.
            content: What `dump` returned.
            trusted: Names of types that it may hold beside those that imbaloss trusts.

        Raises:
            ValueError: The content holds other types, or one that cannot be imported.
        """
        return cls(skops_file.load(path, content, [*TRUSTED, *trusted]))


def check_shape(method: str, outputs: Floats, shape: tuple[int, ...]) -> None:
    """Raise ValueError if the outputs of a method of a classifier do not have that shape."""
    if outputs.shape != shape:
        raise ValueError(f"{method} gives an array of shape {outputs.shape} where {shape} was expected")
