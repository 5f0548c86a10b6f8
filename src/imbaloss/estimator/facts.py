"""What a model file knows of a classifier beside its model: parameters and attributes."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from imbaloss.estimator.packing import packed, unpacked
from imbaloss.evaluation import Tuned

OPTIONAL = {"feature_names_in_"}
KEPT = {
    "classes_", "n_features_in_", "threshold_", "costs_", "tuned_", "loss_curve_", "loss_curves_",
    "validation_curves_", "n_iter_",
}  # fmt: skip


def pack_classifier(classifier: BaseEstimator) -> dict[str, Any]:
    """Return parameters and attributes of a fitted classifier as JSON values, without the model.

    A threshold that is a function becomes the threshold that it chose. A random generator becomes None.
    """
    parameters = classifier.get_params(deep=False)
    if callable(parameters["threshold"]):
        parameters["threshold"] = classifier.threshold_
    if isinstance(parameters["random_state"], np.random.RandomState):
        parameters["random_state"] = None
    attributes = {name: value for name, value in vars(classifier).items() if name.endswith("_") and name != "model_"}
    return {"parameters": packed(parameters), "attributes": packed(attributes)}


def unpack_classifier(facts: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the parameters and the attributes that `pack_classifier` has written.

    Raises KeyError, TypeError or ValueError for facts that it did not write.
    """
    parameters, attributes = unpacked(facts["parameters"]), unpacked(facts["attributes"])
    attributes["tuned_"] = attributes["tuned_"] and Tuned(*attributes["tuned_"])
    return parameters, attributes


def is_complete(attributes: dict[str, Any], classes: int) -> bool:
    """Say whether the attributes are all those of a fitted classifier with that number of classes."""
    return attributes.keys() - OPTIONAL == KEPT and len(attributes["classes_"]) == classes
