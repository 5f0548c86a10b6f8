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


def choose_class_weights(
    class_weight: Mapping[Hashable, float] | str,
    samples: Samples,
    classes: NDArray[np.generic],
    matrix: NDArray[np.float64] | None,
) -> tuple[float, ...]:
    """Return the weight of each class, (C,), that the parameter class_weight asks for.

    Args:
        class_weight: "balanced", "cost", or weights by the names of some classes; the other classes get 1.
        samples: The samples of the fit.
        classes: The names of the classes, (C,).
        matrix: The costs (C, C), for "cost"; None if there are none.

    Raises:
        ValueError: The text is another one, a class is unknown, a weight is not finite or below 0, or there are no
            costs for "cost".
    """
    if isinstance(class_weight, Mapping):
        for name, weight in class_weight.items():
            unknown = f"class_weight names {name!r}, which is no class of y: {classes.tolist()}"
            require(name in classes.tolist(), unknown)
            admitted = isinstance(weight, Real) and 0 <= weight < np.inf
            require(admitted, f"class_weight must be finite and >= 0, found {weight!r} for {name!r}")
        return tuple(compute_class_weight(class_weight, classes=classes, y=classes[samples.labels]).tolist())
    if class_weight == "balanced":
        counts = np.bincount(samples.labels, samples.weights)
        return tuple((counts.sum() / (len(counts) * counts)).tolist())
    require(class_weight == COST, f"class_weight must be None, balanced, cost or a dict, found {class_weight!r}")
    if matrix is None:
        raise ValueError("class_weight 'cost' takes costs, a matrix with a row for each true class")
    return tuple(costs.costs_to_class_weights(matrix))
