"""What the classifiers of imbaloss have in common: checks of samples, probabilities, and decisions by a threshold."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_consistent_length, check_random_state, column_or_1d, get_tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from imbaloss.data import Samples
from imbaloss.evaluation import Tuned, costs
from imbaloss.learners import FittedModel
from imbaloss.training.model import to_probabilities
from imbaloss.training.recipe import require

Floats = NDArray[np.float64]
FARTHEST = 1e9  # replaces infinite log-odds, which isotonic calibration may give


class DecidingClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A scikit-learn classifier whose model gives log-odds, and which decides by a threshold or by costs.

    A subclass has the parameters `costs` and `random_state`, and its `fit` sets the attributes below.
    """

    classes_: NDArray[Any]
    model_: FittedModel
    threshold_: float | None
    costs_: Floats | None
    tuned_: Tuned | None

    def predict_proba(self, X: Any) -> Floats:
        """Return the probability of each class, (N, C), in the order of `classes_`, for X (N, D).

        Raises NotFittedError before a fit, and ValueError for other columns than those of the fit and for values so
        large that the model overflows.
        """
        probabilities = to_probabilities(self._compute_logits(X))
        if probabilities.ndim == 1:
            return np.stack([1 - probabilities, probabilities], axis=1)
        return probabilities

    def decision_function(self, X: Any) -> Floats:
        """Return the scores by which `predict` decides, for each sample of X (N, D).

        Raises NotFittedError before a fit, and ValueError for other columns than those of the fit.

        Returns:
            For two classes, (N,): the log-odds of the positive class minus those of the threshold; the decision is
            positive from 0 on. For several, (N, C): the log-probabilities, or with "expected_cost" the negative
            expected costs; the decision is the class with the highest score.
        """
        logits = np.clip(self._compute_logits(X), -FARTHEST, FARTHEST)
        if self.threshold_ is not None:
            return logits - float(np.clip(special.logit(min(self.threshold_, 1.0)), -2 * FARTHEST, 2 * FARTHEST))
        return logits if self.costs_ is None else -(to_probabilities(logits) @ self.costs_)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the decision for each sample of X (N, D): one of `classes_`, (N,).

        For two classes the threshold decides; for several the probabilities, or with "expected_cost" the costs. Raises
        NotFittedError before a fit, and ValueError for other columns than those of the fit.
        """
        check_is_fitted(self)
        probabilities = to_probabilities(self._compute_logits(X))
        if self.threshold_ is not None:
            decided = (probabilities >= self.threshold_).astype(np.int64)
        else:
            decided = (
                probabilities.argmax(axis=1)
                if self.costs_ is None
                else costs.choose_cheapest(probabilities, self.costs_)
            )
        decisions: NDArray[Any] = self.classes_[decided]
        return decisions

    def mean_cost(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the mean cost of the decisions for X (N, D), in the unit of `costs`.

        Args:
            X: (N, D), the columns.
            y: (N,), the true class of each sample.
            sample_weight: (N,), >= 0; None for equal weights.

        Raises:
            NotFittedError: The classifier is not fitted.
            ValueError: There are no `costs`, or y holds a class that is not in `classes_`.
        """
        check_is_fitted(self)
        matrix = costs.read_costs(self.costs, len(self.classes_))
        true = column_or_1d(y)
        check_consistent_length(X, true)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        if not np.isin(true, self.classes_).all():
            raise ValueError(f"y must be of the classes {self.classes_.tolist()}")
        labels, decided = (np.searchsorted(self.classes_, values) for values in (true, self.predict(X)))
        return costs.mean_cost(labels, decided, matrix, sample_weight)

    def __sklearn_is_fitted__(self) -> bool:
        """Say whether the classifier was fitted or loaded; scikit-learn's `check_is_fitted` asks it."""
        return hasattr(self, "model_")

    def _compute_logits(self, X: Any) -> Floats:
        """Return the log-odds of the positive class, (N,), or for several classes the log-probabilities, (N, C).

        X: (N, D), the columns. Raises NotFittedError before a fit, and ValueError for other columns and for values so
        large that the model overflows.
        """
        check_is_fitted(self)
        logits = self.model_.logits(self._read_inputs(X))
        require(not np.isnan(logits).any(), "X has values so far from those of the fit that the network overflows")
        return logits

    def _read_inputs(self, X: Any) -> NDArray[np.floating[Any]]:
        """Return the inputs of the model, (N, D), for columns X, which must be those of the fit.

        Raises ValueError if they are others.
        """
        inputs: NDArray[np.floating[Any]] = self._validate(X, reset=False)
        return inputs

    def _validate(self, *X_and_y: Any, reset: bool) -> Any:
        """Return X, or X and y, as arrays that scikit-learn's checks admit; NaN is admitted if the tags say so.

        reset: Whether the columns become those of the fit; else they must be the same as before.
        """
        finite = "allow-nan" if get_tags(self).input_tags.allow_nan else True
        return validate_data(self, *X_and_y, dtype=[np.float64, np.float32], ensure_all_finite=finite, reset=reset)

    def _draw_seed(self) -> int:
        """Return the seed of a fit: `random_state` if it is an int, else a number drawn from it, from 0 to 2^31 - 1.

        None stands for NumPy's global generator. Raises ValueError for another type.
        """
        generator = check_random_state(self.random_state)
        whole = isinstance(self.random_state, int | np.integer)
        return int(self.random_state) if whole else int(generator.randint(2**31))

    def _check_samples(self, X: Any, y: Any, sample_weight: Any, *, reset: bool) -> tuple[Samples, NDArray[np.generic]]:
        """Check the data of a fit; return the samples, with labels from 0 on, and the sorted classes.

        Samples of weight 0 are dropped.

        Args:
            X: (N, D), the columns.
            y: (N,), the class of each sample.
            sample_weight: (N,), or None.
            reset: Whether the columns become those of the fit; else they must be the same as before.

        Raises:
            ValueError: The data are not admitted, or fewer than two classes remain.
        """
        X, y = self._validate(X, y, reset=reset)
        check_classification_targets(y)
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
            X, y, weights = X[weights > 0], y[weights > 0], weights[weights > 0]
        classes, labels = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"y must have samples of two classes or more, found one class, {classes.tolist()}")
        return Samples(X, labels.astype(np.int64), weights=weights), classes
