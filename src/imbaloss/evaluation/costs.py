"""Costs of decisions: a matrix (C, C) of the cost of each decision (column) for each true class (row), in one unit."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


def checked_costs(costs: object, classes: int) -> Floats:
    """Raises ValueError for another shape, for what is no number >= 0, and for a mistake that costs too little."""
    try:
        found = np.array(costs, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"costs must be a matrix of numbers, found {costs!r}") from None
    if found.shape != (classes, classes):
        raise ValueError(
            f"costs must have shape {(classes, classes)}, a row for each true class and a column for each decision, "
            f"found {found.shape}"
        )
    if not (np.isfinite(found) & (found >= 0)).all():
        true, decided = np.argwhere(~(np.isfinite(found) & (found >= 0)))[0].tolist()
        raise ValueError(
            f"costs must be finite and >= 0, found {found[true, decided]:g} in row {true}, column {decided}"
        )
    right = np.diag(found)
    mistakes = found + np.diag(np.full(classes, np.inf))
    if not (mistakes.min(axis=1) > right).all():
        true = int(np.argmin(mistakes.min(axis=1) > right))
        raise ValueError(
            f"a mistake must cost more than the right decision, and in row {true} of costs it does not: {found[true]}"
        )
    return found


def weights_of(costs: Floats) -> tuple[float, ...]:
    """Class weights that teach a network the costs: what mistakes in a class cost more than the right decision.

    Of several kinds of mistakes it is the mean. For two classes, training with them is exact (Elkan 2001, section 2);
    for more it is an approximation (Ting 2002, IEEE TKDE 14). They are scaled to mean 1.
    """
    excess = (costs - np.diag(costs)[:, None]).sum(axis=1)
    weights: list[float] = (excess / excess.mean()).tolist()
    return tuple(weights)


def threshold_of(costs: Floats) -> float:
    """From which probability on it is cheaper to call a sample positive: (FP - TN) / (FP - TN + FN - TP).

    costs (2, 2), probabilities taken as true. Source: Elkan 2001 (IJCAI), equation 2.
    """
    (tn, fp), (fn, tp) = costs.tolist()
    return float((fp - tn) / (fp - tn + fn - tp))


def cheapest(probabilities: Floats, costs: Floats) -> Labels:
    """The class with the smallest expected cost, of equal ones the first. probabilities (N, C) -> (N,)."""
    decided: Labels = (probabilities @ costs).argmin(axis=1)
    return decided


def mean_cost(
    labels: Labels, decisions: Labels, costs: Floats, weights: Sequence[float] | Floats | None = None
) -> float:
    """What a decision cost on average, in the unit of the costs. labels and decisions (N,), weights (N,) of samples."""
    return float(np.average(costs[labels, decisions], weights=weights))
