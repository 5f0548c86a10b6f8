"""The class weights that the classifier's parameter class_weight asks for."""

from collections.abc import Hashable, Mapping
from numbers import Real

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import compute_class_weight

from imbaloss.data import Samples
from imbaloss.evaluation import costs
from imbaloss.training.recipe import require

COST = "cost"


def class_weights(
    asked: Mapping[Hashable, float] | str,
    samples: Samples,
    classes: NDArray[np.generic],
    matrix: NDArray[np.float64] | None,
) -> tuple[float, ...]:
    """Return the weight of each class.

    Args:
        asked: "balanced", "cost", or a weight for some of the classes, 1 for the others.
        samples: The samples of the fit.
        classes: The names of the classes, (C,).
        matrix: The costs (C, C), for "cost".

    Raises:
        ValueError: The text is another one, a class is unknown, a weight is impossible, or "cost" has no costs.
    """
    if isinstance(asked, Mapping):
        for name, weight in asked.items():
            known = f"class_weight names {name!r}, which is no class of y: {classes.tolist()}"
            require(name in classes.tolist(), known)
            good = isinstance(weight, Real) and 0 <= weight < np.inf
            require(good, f"class_weight must be finite and >= 0, found {weight!r} for {name!r}")
        return tuple(compute_class_weight(asked, classes=classes, y=classes[samples.labels]).tolist())
    if asked == "balanced":
        counts = np.bincount(samples.labels, samples.weights)
        return tuple((counts.sum() / (len(counts) * counts)).tolist())
    require(asked == COST, f"class_weight must be None, balanced, cost or a dict, found {asked!r}")
    if matrix is None:
        raise ValueError("class_weight 'cost' takes costs, a matrix with a row for each true class")
    return tuple(costs.weights_of(matrix))
