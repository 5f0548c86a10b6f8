"""Learners that can be fitted and then give log-odds, the methods that use them, fitted models and their files."""

from typing import TYPE_CHECKING

from imbaloss.lazy_names import import_on_use

if TYPE_CHECKING:
    from imbaloss.learners import model_files, network_file, skops_file
    from imbaloss.learners.average_model import AverageModel
    from imbaloss.learners.averages import Average
    from imbaloss.learners.boosted_lightgbm import LightGBM
    from imbaloss.learners.boosted_xgboost import XGBoost
    from imbaloss.learners.estimator_model import EstimatorModel
    from imbaloss.learners.estimators import Estimator
    from imbaloss.learners.fitted_model import FittedModel
    from imbaloss.learners.learner import Learner
    from imbaloss.learners.method import Method
    from imbaloss.learners.stacked_networks import NETWORKS, StackedNetworks
    from imbaloss.method_names import LEARNERS
else:
    __getattr__, __dir__ = import_on_use(__name__)

__all__ = [
    "LEARNERS",
    "NETWORKS",
    "Average",
    "AverageModel",
    "Estimator",
    "EstimatorModel",
    "FittedModel",
    "Learner",
    "LightGBM",
    "Method",
    "StackedNetworks",
    "XGBoost",
    "model_files",
    "network_file",
    "skops_file",
]
