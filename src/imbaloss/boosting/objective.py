"""Losses as objectives and metrics of boosted trees, as the training loops of LightGBM and XGBoost call them."""

import warnings
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logit

from imbaloss.boosting.class_loss import ClassLoss, Labels, read_labels, read_weights, split_partial, sum_by_class
from imbaloss.boosting.error_bounds import ErrorBounds
from imbaloss.boosting.reduction_bounds import BOUNDS, Floats, bound_linear
from imbaloss.losses import errors
from imbaloss.losses.domains import require

SINGLE = np.finfo(np.float32)  # in which XGBoost gives probabilities
LEAST, MOST = float(SINGLE.tiny), 1 - float(SINGLE.epsneg)  # the probabilities nearest to 0 and 1


class Rows(NamedTuple):
    """Log-odds, labels and weights of rows, (N,) each."""

    log_odds: Floats
    labels: Labels
    weights: Floats


class Objective:
    """The gradients and curvatures of a loss for each row, as training loops of boosted trees need them.

    Called with log-odds and a data set of LightGBM or XGBoost, or with labels, log-odds and perhaps weights, it returns
    the derivative of n times the loss in the log-odds of each row, and a curvature, (N,) each. n is the sum of the
    weights. No full step of a leaf by these, -sum of gradients / sum of curvatures, makes the loss rise, also if all
    leaves take theirs at once. Of cross-entropy the curvature is the second derivative, as in both libraries, which
    does not promise this.
    """

    def __init__(self, loss: ClassLoss, max_delta_step: float) -> None:
        """Set the loss, and the longest step of a leaf: the library's max_delta_step, 0 for no limit."""
        require(0 <= max_delta_step < float("inf"), "max_delta_step must be >= 0 and finite", max_delta_step)
        self.loss = loss
        self.longest = max_delta_step or np.inf

    def __call__(self, first: Any, second: Any, sample_weight: Any = None) -> tuple[Floats, Floats]:
        """Return gradients and curvatures, (N,) each.

        Args:
            first: The log-odds (N,) if the second argument is a data set, otherwise the labels (N,).
            second: A data set of LightGBM or XGBoost with labels and perhaps weights, otherwise the log-odds (N,).
            sample_weight: The weights (N,) if the second argument is no data set; None for weights of 1.

        Raises:
            ValueError: A label is neither 0 nor 1, a log-odds is NaN or infinite, a weight is negative or not finite,
                or lengths differ.
        """
        return self.differentiate(read_rows(first, second, sample_weight))

    def differentiate(self, rows: Rows) -> tuple[Floats, Floats]:
        """Return the gradient and the curvature of n times the loss for each row, (N,) each."""
        log_odds, labels, weights = rows
        values, slopes = self.loss.compute_errors(log_odds, labels)
        sizes = sum_by_class(weights, labels)
        class_errors = sum_by_class(weights * values, labels)
        _, per_error = self.loss.reduce(class_errors, sizes)
        scale = weights * sizes.sum()
        gradients = scale * per_error[labels] * slopes
        if self.is_newton:
            odds = np.exp(-np.abs(log_odds))
            return gradients, scale * per_error[labels] * odds / (1 + odds) ** 2
        return gradients, scale * self.bound_curvatures(rows, class_errors, sizes, per_error)

    def bound_curvatures(self, rows: Rows, class_errors: Floats, sizes: Floats, per_error: Floats) -> Floats:
        """Bound the curvature of the loss for each row of weight 1, (N,).

        Args:
            rows: The rows.
            class_errors: The weighted sum of errors of each class, (2,).
            sizes: The sum of the weights of each class, (2,).
            per_error: The derivative of the loss with respect to these sums of errors, (2,).
        """
        curvatures, slopes = np.empty(len(rows.labels)), np.empty(len(rows.labels))
        for label, bounds in enumerate(self.error_bounds):
            members = rows.labels == label
            cells = bounds.find_cells(rows.log_odds[members])
            curvatures[members], slopes[members] = bounds.curvatures[cells], bounds.slopes[cells]
        occupied = np.where(sizes > 0, sizes, 1)
        reduction, parameters = self.loss.reduction
        of_means = BOUNDS[reduction](class_errors / occupied, self.loss.class_weights, **parameters) / occupied
        bound: Floats = per_error[rows.labels] * curvatures + of_means[rows.labels] * slopes**2
        return bound

    def initial_score(self, labels: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Find the log-odds from which trees start: those that, equal for all rows, minimise the loss.

        Args:
            labels: The labels of the training rows, (N,), 0 or 1.
            sample_weight: Their weights, (N,); None for weights of 1.

        Raises:
            ValueError: There is no best constant, as without rows of a class, or a label or a weight is not admitted.
        """
        values = read_labels(labels)
        return self.loss.find_best_constant(sum_by_class(read_weights(sample_weight, len(values)), values))

    @cached_property
    def is_newton(self) -> bool:
        """Whether the curvature is the second derivative: the loss is a weighted mean of cross-entropies."""
        error, _ = split_partial(self.loss.loss.error)
        return error is errors.cross_entropy and BOUNDS[self.loss.reduction[0]] is bound_linear

    @cached_property
    def error_bounds(self) -> tuple[ErrorBounds, ErrorBounds]:
        """The bounds of the errors of negatives and of positives."""
        negative, positive = (ErrorBounds.tabulate(self.loss, label, self.longest) for label in (0, 1))
        return negative, positive


class Metric:
    """A loss as a metric of the training loops of LightGBM and XGBoost.

    Its scores are log-odds if the objective is a function, such as `objective` returns it. Beside an objective of their
    own, such as "binary", both libraries give a metric probabilities, which `from_probabilities=True` is for.
    """

    def __init__(self, loss: ClassLoss, *, from_probabilities: bool | None = None) -> None:
        """Set the loss, whose name the library shows, and what the scores are.

        Args:
            loss: The loss.
            from_probabilities: True for probabilities, False for log-odds, None for log-odds with a warning if they
                look like probabilities. Above 1 - 6e-8, the largest below 1 of XGBoost, probabilities count as that.
        """
        self.loss = loss
        self.from_probabilities = from_probabilities
        self.__name__ = loss.name

    def __call__(self, first: Any, second: Any, sample_weight: Any = None) -> tuple[Any, ...]:
        """Return the name and the loss of the rows, for LightGBM also False: lower is better.

        Warns if scores look like probabilities, and nothing says what they are: neither `from_probabilities` nor
        LightGBM's parameters, which its scikit-learn interface and XGBoost do not give to a metric.

        Args:
            first: The scores (N,) if the second argument is a data set, otherwise the labels (N,).
            second: A data set of LightGBM or XGBoost, otherwise the scores (N,), as LightGBM's classifier calls it.
            sample_weight: The weights (N,) if the second argument is no data set; None for weights of 1.

        Raises:
            ValueError: A label, a score or a weight is not admitted, lengths differ, or LightGBM has an objective of
                its own and `from_probabilities` is not True.
        """
        trained = (getattr(second, "params", None) or {}).get("objective", "none")
        if trained not in {"none", "custom"} and not self.from_probabilities:
            raise ValueError(
                f"the metric {self.__name__} needs log-odds, and with the objective {trained!r} LightGBM gives "
                "probabilities: take an objective of imbaloss.boosting, or from_probabilities=True"
            )
        value = self.measure(self.convert_scores(read_rows(first, second, sample_weight)))
        is_xgboost = type(second).__module__.partition(".")[0] == "xgboost"
        return (self.__name__, value) if is_xgboost else (self.__name__, value, False)

    def convert_scores(self, rows: Rows) -> Rows:
        """Return rows with log-odds, from rows with the scores that the library gave in their place.

        Log-odds are warned of if all are in [0, 1] and one is above 0, unless `from_probabilities` is False.
        Raises ValueError if a probability is outside [0, 1].
        """
        scores = rows.log_odds
        outside = scores[(scores < 0) | (scores > 1)]
        if self.from_probabilities:
            require(not len(outside), "probabilities must be in [0, 1]", outside[:1])
            return rows._replace(log_odds=logit(scores.clip(LEAST, MOST)))
        if self.from_probabilities is None and not len(outside) and scores.any():
            warnings.warn(
                f"the metric {self.__name__} takes scores as log-odds, and all are in [0, 1]: if they are "
                "probabilities, as with an objective of the library, give metric() from_probabilities=True, otherwise "
                "False",
                stacklevel=3,
            )
        return rows

    def measure(self, rows: Rows) -> float:
        """Compute the loss of the rows."""
        values, _ = self.loss.compute_errors(rows.log_odds, rows.labels)
        sizes = sum_by_class(rows.weights, rows.labels)
        return float(self.loss.reduce(sum_by_class(rows.weights * values, rows.labels), sizes).values)


def read_rows(first: Any, second: Any, sample_weight: Any) -> Rows:
    """Read the arguments with which a training loop calls an objective or a metric, as `Objective.__call__` says.

    Raises ValueError unless labels are 0 or 1, log-odds are finite, weights are >= 0 and finite, and lengths are equal.
    """
    if hasattr(second, "get_label"):
        log_odds, labels, weights = first, second.get_label(), second.get_weight()
    else:
        log_odds, labels, weights = second, first, sample_weight
    whole = read_labels(labels)
    points = np.asarray(log_odds, np.float64).ravel()
    require(len(points) == len(whole), f"there must be log-odds for each of {len(whole)} labels", len(points))
    is_finite = np.isfinite(points)
    require(bool(is_finite.all()), "log-odds must be finite", points[~is_finite][:1])
    return Rows(points, whole, read_weights(weights, len(whole)))


def objective(
    name: str, *, counts: Sequence[int] | None = None, max_delta_step: float = 0.0, **parameters: Any
) -> Objective:
    """Build the objective of a loss for LightGBM's or XGBoost's training loop.

    Args:
        name: The name of a loss, as in `imbaloss.losses.get`.
        counts: The numbers of negatives and positives in the training set, for losses that need them.
        max_delta_step: The library's parameter of this name, the longest step of a leaf; 0 for no limit. With a limit
            curvatures are smaller, and steps longer. The parameter must then be given to the library too.
        parameters: Those of the loss.

    Raises:
        ValueError: There is no such loss, a parameter is wrong, or trees cannot be grown by the loss.
    """
    loss = ClassLoss.build(name, counts, **parameters)
    loss.check_constant()
    return Objective(loss, max_delta_step)


def metric(
    name: str, *, counts: Sequence[int] | None = None, from_probabilities: bool | None = None, **parameters: Any
) -> Metric:
    """Build the metric of a loss for LightGBM's or XGBoost's training loop.

    Args:
        name: The name of a loss, as in `imbaloss.losses.get`; it is the name of the metric too.
        counts: The numbers of negatives and positives in the training set, for losses that need them.
        from_probabilities: True beside an objective of the library, which gives the metric probabilities; False beside
            an objective that is a function, such as `objective` returns it, which gives log-odds. None: log-odds, with
            a warning if they look like probabilities.
        parameters: Those of the loss.

    Raises:
        ValueError: There is no such loss, a parameter is wrong, or trees cannot be grown by the loss.
    """
    return Metric(ClassLoss.build(name, counts, **parameters), from_probabilities=from_probabilities)
