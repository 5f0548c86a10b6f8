"""Costs of decisions: a matrix (C, C), in any unit, of the cost of each decision (column) for each true class (row)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


def read_costs(costs: object, classes: int) -> Floats:
    """Return costs as a float array (C, C): a row for each true class, a column for each decision.

    Raises:
        ValueError: The costs are no numbers or have another shape, or one of them is not finite or below 0. Or a
            mistake costs no more than the right decision of its class.
    """
    try:
        matrix = np.array(costs, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"costs must be a matrix of numbers, found {costs!r}") from None
    if matrix.shape != (classes, classes):
        raise ValueError(
            f"costs must have shape {(classes, classes)}, a row for each true class and a column for each decision, "
            f"found {matrix.shape}"
        )
    if not (np.isfinite(matrix) & (matrix >= 0)).all():
        true, decided = np.argwhere(~(np.isfinite(matrix) & (matrix >= 0)))[0].tolist()
        raise ValueError(
            f"costs must be finite and >= 0, found {matrix[true, decided]:g} in row {true}, column {decided}"
        )
    right = np.diag(matrix)
    mistakes = matrix + np.diag(np.full(classes, np.inf))
    if not (mistakes.min(axis=1) > right).all():
        true = int(np.argmin(mistakes.min(axis=1) > right))
        raise ValueError(
            f"a mistake must cost more than the right decision, and in row {true} of costs it does not: {matrix[true]}"
        )
    return matrix


def costs_to_class_weights(costs: Floats) -> tuple[float, ...]:
    """Return the class weights, (C,), with which training minimises the costs (C, C).

    The weight of a class is proportional to the mean excess of its mistakes' costs over the cost of the right decision.
    The weights have mean 1. For two classes they are exact (Elkan 2001, section 2); for more they are an approximation
    (Ting 2002, IEEE TKDE 14).
    """
    excess = (costs - np.diag(costs)[:, None]).sum(axis=1)
    weights: list[float] = (excess / excess.mean()).tolist()
    return tuple(weights)


def costs_to_threshold(costs: Floats) -> float:
    """Return the probability from which on predicting "positive" is the cheaper decision.

    It is (FP - TN) / (FP - TN + FN - TP) for costs (2, 2), if the probabilities are true. Costs of another shape raise
    ValueError.
    Source: Elkan 2001 (IJCAI), equation 2.
    """
    (tn, fp), (fn, tp) = costs.tolist()
    return float((fp - tn) / (fp - tn + fn - tp))


def choose_cheapest(probabilities: Floats, costs: Floats) -> Labels:
    """Return the number of the class with the smallest expected cost for each sample, (N,).

    Of equal costs the first class is chosen. probabilities (N, C); costs (C, C), a row for each true class and a column
    for each decision.
    """
    decided: Labels = (probabilities @ costs).argmin(axis=1)
    return decided


def mean_cost(
    labels: Labels, decisions: Labels, costs: Floats, weights: Sequence[float] | Floats | None = None
) -> float:
    """Compute the mean cost of a decision, one number in the unit of the costs.

    labels and decisions (N,), 0 to C - 1; costs (C, C), a row for each true class; weights (N,) of samples, None for
    equal ones. Raises ZeroDivisionError if weights sum to 0.
    """
    return float(np.average(costs[labels, decisions], weights=weights))
