"""Networks, each a stack of S networks of one shape that are trained together."""

from collections.abc import Callable

from torch import nn

from imbaloss.networks.initialisation import INITIALISATIONS
from imbaloss.networks.mlp import ACTIVATIONS, MLP
from imbaloss.networks.stack import AddTo, StackedLinear, adds_to_bias, joined, keep, one, put

# each kind takes the generators of its initial weights and, by name, the shape of one input and its other options;
# parameters_of says how many parameters a network has with them
NETWORKS: dict[str, Callable[..., nn.Module]] = {"mlp": MLP}

__all__ = [
    "ACTIVATIONS",
    "INITIALISATIONS",
    "MLP",
    "NETWORKS",
    "AddTo",
    "StackedLinear",
    "adds_to_bias",
    "joined",
    "keep",
    "one",
    "put",
]
