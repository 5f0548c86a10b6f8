"""The sharp bounds of an error: how far it can rise above its tangent, and how far it can move at all.

For log-odds z and all steps d, at most as long as the longest one allowed:

    e(z + d) <= e(z) + e'(z) d + h(z) d^2 / 2    and    |e(z + d) - e(z)| <= l(z) |d|.

The smallest such h is sup over d of 2 (e(z + d) - e(z) - e'(z) d) / d^2 (de Leeuw and Lange 2009, Computational
Statistics & Data Analysis 53, section 2), the smallest l is sup over d of |e(z + d) - e(z)| / |d|. For cross-entropy
without a longest step the supremum is tanh(z / 2) / (2 z) (Jaakkola and Jordan 2000, Statistics and Computing 10).
Both are functions of one number for each class. They are tabulated once and read for each sample.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from imbaloss.boosting.class_loss import ClassLoss
from imbaloss.boosting.reduction_bounds import Floats

WIDTH = 40.0  # largest log-odds of the table, in units of the steepest slope
CELLS = 640  # of the table
STEPS = 150  # number of step lengths that are tried to each side
SHORTEST, LONGEST = 0.01, 1e4  # of these lengths, in the same units
SAFETY = 1.02  # since steps and places between those that are tried may need a little more


@dataclass(frozen=True)
class ErrorBounds:
    """Bounds of the error of one class in cells of the log-odds, each at least as large as anywhere in its cell."""

    lowest: float  # log-odds where the first cell begins
    width: float  # of a cell
    curvatures: Floats  # h of each cell
    slopes: Floats  # l of each cell

    @classmethod
    def tabulate(cls, loss: ClassLoss, label: int, longest: float) -> Self:
        """Compute the bounds of the error of a class.

        Args:
            loss: The loss that has the error.
            label: The class, 0 or 1.
            longest: The length of the longest step; may be infinite.
        """

        def compute(log_odds: Floats) -> tuple[Floats, Floats]:
            """Return errors and their slopes."""
            flat = log_odds.ravel()
            values, slopes = loss.compute_errors(flat, np.full(len(flat), label))
            return values.reshape(log_odds.shape), slopes.reshape(log_odds.shape)

        steepest = np.abs(compute(np.linspace(-WIDTH, WIDTH, 20 * CELLS))[1]).max()
        unit = 1 / max(1.0, steepest)
        nodes = np.linspace(-WIDTH, WIDTH, CELLS + 1) * unit
        lengths = np.geomspace(min(SHORTEST * unit, longest / 2), min(LONGEST, longest), STEPS)
        values, slopes = compute(nodes)
        second = loss.compute_curvatures(nodes, np.full(len(nodes), label))
        curvatures, slope_bounds = np.maximum(second, 0), np.abs(slopes)
        for steps in (lengths, -lengths):
            moved = compute(nodes[:, None] + steps)[0] - values[:, None]
            excess = 2 * (moved - slopes[:, None] * steps) / steps**2
            curvatures = np.maximum(curvatures, excess.max(1))
            slope_bounds = np.maximum(slope_bounds, (np.abs(moved) / np.abs(steps)).max(1))
        reach = np.minimum(longest, 2 * (np.abs(nodes) + unit))
        curvatures = np.maximum(curvatures, np.abs(slopes) / reach)
        return cls(nodes[0], nodes[1] - nodes[0], cover(curvatures), cover(slope_bounds))

    def find_cells(self, log_odds: Floats) -> NDArray[np.int64]:
        """Return the cell of each number; those beyond the table are in its first or its last cell, (N,)."""
        places = np.floor((log_odds - self.lowest) / self.width)
        return np.clip(places, 0, len(self.slopes) - 1).astype(np.int64)


def cover(values: Floats) -> Floats:
    """Return for each cell the larger of the values (K,) at its two ends, with a margin, (K - 1,)."""
    return np.maximum(values[:-1], values[1:]) * SAFETY
