"""The parameters and attributes of a classifier, which a model file keeps beside the model."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from imbaloss.estimator.packing import pack_value, unpack_value
from imbaloss.evaluation import Tuned

OPTIONAL = {"feature_names_in_"}  # attributes that some classifiers lack
KEPT = {  # attributes that every fitted classifier has, beside the model
    "classes_", "n_features_in_", "threshold_", "costs_", "tuned_", "loss_curve_", "loss_curves_",
    "validation_curves_", "n_iter_",
}  # fmt: skip


def pack_classifier(classifier: BaseEstimator) -> dict[str, Any]:
    """Return the parameters and attributes of a fitted classifier as JSON values, without the model.

    A loss that is a `LossSpec` is replaced by its text, a threshold that is a function by the number that it chose, and
    a random generator by None.
    """
    parameters = classifier.get_params(deep=False)
    parameters["loss"] = str(parameters["loss"])
    if callable(parameters["threshold"]):
        parameters["threshold"] = classifier.threshold_
    if isinstance(parameters["random_state"], np.random.RandomState):
        parameters["random_state"] = None
    attributes = {name: value for name, value in vars(classifier).items() if name.endswith("_") and name != "model_"}
    return {"parameters": pack_value(parameters), "attributes": pack_value(attributes)}


def unpack_classifier(facts: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the parameters and the attributes of a classifier, each by name, from what `pack_classifier` returned.

    Raises KeyError, TypeError or ValueError for anything else.
    """
    parameters, attributes = unpack_value(facts["parameters"]), unpack_value(facts["attributes"])
    attributes["tuned_"] = attributes["tuned_"] and Tuned(*attributes["tuned_"])
    return parameters, attributes


def is_complete(attributes: dict[str, Any], classes: int) -> bool:
    """Say whether the attributes are those of a fitted classifier, no more and no less, with that number of classes.

    Only `feature_names_in_` may be missing.
    """
    return attributes.keys() - OPTIONAL == KEPT and len(attributes["classes_"]) == classes
