"""Networks, each a stack of S networks of one shape that are trained together."""

from imbaloss.networks.initialisation import INITIALISATIONS
from imbaloss.networks.mlp import ACTIVATIONS, MLP
from imbaloss.networks.stack import AddTo, StackedLinear, adds_to_bias, keep, one

__all__ = ["ACTIVATIONS", "INITIALISATIONS", "MLP", "AddTo", "StackedLinear", "adds_to_bias", "keep", "one"]
