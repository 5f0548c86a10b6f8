"""A loss of class totals taken apart for trees: errors and their slopes, the reduction and its slopes, its constant."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import optimize
from torch import Tensor

from imbaloss.boosting.reduction_bounds import BOUNDS, Floats
from imbaloss.losses import Loss, Totals, errors, get
from imbaloss.losses.domains import require

Labels = NDArray[np.int64]

FARTHEST = 40.0  # limit of the constant log-odds that are tried
TRIED = 1601  # number of constants, of which the best is refined
SIZES = ((1, 1), (9, 1), (1, 9))  # class sizes of which at least one must have a best constant
BETTER = 1e-10  # share by which the best constant must be better than the farthest ones


class Slopes(NamedTuple):
    """Values, and their derivatives with respect to what they were computed from."""

    values: Floats
    slopes: Floats


@dataclass(frozen=True)
class ClassLoss:
    """A loss of two classes, as a reduction of the class totals of errors, with what trees need of it."""

    name: str
    loss: Loss

    @classmethod
    def build(cls, name: str, counts: Sequence[int] | None, **parameters: Any) -> Self:
        """Build the loss that `imbaloss.losses.get` gives for these arguments.

        Raises:
            ValueError: There is no such loss, a parameter is wrong, or trees cannot be grown by the loss.
        """
        require(counts is None or len(counts) == 2, "counts must be (negatives, positives)", counts)
        loss = get(name, counts=counts, **parameters)
        reason = find_obstacle(loss)
        if reason or not isinstance(loss, Loss):
            raise ValueError(f"{name} is no objective for trees: {reason}")
        return cls(name, loss)

    @property
    def reduction(self) -> tuple[Callable[..., Any], dict[str, Any]]:
        """The function that makes a number of class totals, and its parameters."""
        return split_partial(self.loss.reduction)

    @property
    def class_weights(self) -> Floats:
        """The weight of each class, (2,): ones unless the loss has weights."""
        return np.ones(2) if self.loss.class_weights is None else np.array(self.loss.class_weights, np.float64)

    def compute_errors(self, log_odds: Floats, labels: Labels) -> Slopes:
        """Compute the error of each sample and its slope in the log-odds: log_odds, labels (N,) -> (N,) each."""
        points = torch.tensor(log_odds, dtype=torch.float64, requires_grad=True)
        values = self.loss.error(points, torch.from_numpy(labels))
        [slopes] = torch.autograd.grad(values.sum(), points)
        return Slopes(values.detach().numpy(), slopes.numpy())

    def compute_curvatures(self, log_odds: Floats, labels: Labels) -> Floats:
        """Compute the second derivative of each sample's error in the log-odds: log_odds, labels (N,) -> (N,)."""
        points = torch.tensor(log_odds, dtype=torch.float64, requires_grad=True)
        values = self.loss.error(points, torch.from_numpy(labels))
        [slopes] = torch.autograd.grad(values.sum(), points, create_graph=True)
        [curvatures] = torch.autograd.grad(slopes.sum(), points)
        result: Floats = curvatures.numpy()
        return result

    def reduce(self, class_errors: Floats, class_sizes: Floats) -> Slopes:
        """Compute the loss from class totals, and its slopes in the sums of errors.

        Args:
            class_errors: The sum of weight times error of each class, (..., 2).
            class_sizes: The sum of the weights of each class, (2,).

        Returns:
            The loss, (...), and its derivative with respect to the sum of errors of each class, (..., 2).
        """
        sums = torch.tensor(class_errors, dtype=torch.float64, requires_grad=True)
        weights = None if self.loss.class_weights is None else sums.new_tensor(self.loss.class_weights)
        sizes = torch.tensor(class_sizes, dtype=torch.float64).expand_as(sums)
        values: Tensor = self.loss.reduction(Totals(sums, sizes), weights)
        [slopes] = torch.autograd.grad(values.sum(), sums)
        return Slopes(values.detach().numpy(), slopes.numpy())

    def compute_constants(self, log_odds: Floats, class_sizes: Floats) -> Slopes:
        """Compute the loss if all samples have the same log-odds, for each of K of them, with its slope, (K,) each."""
        by_class = [self.compute_errors(log_odds, np.full(len(log_odds), label)) for label in (0, 1)]
        values, per_error = self.reduce(class_sizes * np.stack([each.values for each in by_class], 1), class_sizes)
        return Slopes(values, (per_error * class_sizes * np.stack([each.slopes for each in by_class], 1)).sum(1))

    def check_constant(self) -> None:
        """Raise ValueError if no finite log-odds are best for any of `SIZES`, as for `mae`."""
        *earlier, last = SIZES
        for sizes in earlier:
            with suppress(ValueError):
                self.find_best_constant(np.array(sizes, np.float64))
                return
        self.find_best_constant(np.array(last, np.float64))

    def find_best_constant(self, class_sizes: Floats) -> float:
        """Find the log-odds that, equal for all samples, minimise the loss, to the last digits.

        Raises:
            ValueError: All constants are equally good, or the best one is infinite.
        """
        grid = np.linspace(-FARTHEST, FARTHEST, TRIED)
        values, slopes = self.compute_constants(grid, class_sizes)
        best = int(values.argmin())
        if not values[best] < min(values[0], values[-1]) * (1 - BETTER):
            raise ValueError(
                f"{self.name} is no objective for trees: no finite constant, from which they start, is best"
            )
        low, high = max(best - 1, 0), min(best + 1, TRIED - 1)
        if not slopes[low] < 0 < slopes[high]:  # the best of the grid is as good as its neighbour
            return float(grid[best])
        return float(
            optimize.brentq(
                lambda point: self.compute_constants(np.array([point]), class_sizes).slopes[0], grid[low], grid[high]
            )
        )


def find_obstacle(loss: Any) -> str:
    """Say why trees cannot be grown by a loss, in words that follow a colon; empty if nothing is in the way.

    Whether it has a best constant is not asked here.
    """
    if not isinstance(loss, Loss):
        return "it is no reduction of class totals"
    reduction, _ = split_partial(loss.reduction)
    error, parameters = split_partial(loss.error)
    is_cut = error is errors.asymmetric and parameters.get("margin", 0.05) > 0  # the error of a negative
    obstacles = {
        "its running averages are for batches, and trees see all rows": loss.running is not None,
        "leave out rows in place of ignore_index": loss.form.ignore_index is not None,
        "labels of trees are 0 or 1: leave out soft": loss.form.soft,
        "trees answer one question: leave out per_label": loss.form.per_label,
        "trees see all rows in one process: leave out sync": bool(loss.sync),
        "class_weights must be two numbers, of negatives and of positives": len(loss.class_weights or (1, 1)) != 2,
        f"the curvature of its reduction {reduction.__name__} has no bound": reduction not in BOUNDS,
        "its error has a corner, where no curvature bounds a step": error is errors.hinge,
        "with a margin and gamma_negative below 1 its error has a corner, where no curvature bounds a step": (
            is_cut and parameters.get("gamma_negative", 4.0) < 1
        ),
    }
    return next((reason for reason, applies in obstacles.items() if applies), "")


def split_partial(part: Callable[..., Any]) -> tuple[Callable[..., Any], dict[str, Any]]:
    """Return the function of an error or a reduction and the parameters that are bound to it."""
    return (part.func, dict(part.keywords)) if isinstance(part, partial) else (part, {})


def sum_by_class(values: Floats, labels: Labels) -> Floats:
    """Sum values (N,) over the samples of each class, (2,), in their order, so that threads do not change the sums."""
    return np.bincount(labels, values, 2).astype(np.float64, copy=False)


def read_labels(labels: Any) -> Labels:
    """Return labels (N,) as whole numbers. Raise ValueError unless each is 0 or 1."""
    values = np.asarray(labels)
    is_class = (values == 0) | (values == 1)
    require(bool(is_class.all()), "labels must be 0 or 1", values[~is_class][:1])
    return values.astype(np.int64)


def read_weights(weights: Any, rows: int) -> Floats:
    """Return the weights of rows, (N,), ones if None or empty. Raise ValueError unless each is >= 0 and finite."""
    if weights is None or len(weights) == 0:  # XGBoost has an empty array for none
        return np.ones(rows)
    values = np.asarray(weights, np.float64)
    require(values.shape == (rows,), f"weights must have the shape {(rows,)}", values.shape)
    is_weight = (values >= 0) & (values < np.inf)
    require(bool(is_weight.all()), "weights must be >= 0 and finite", values[~is_weight][:1])
    return values
