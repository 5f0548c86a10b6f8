"""Networks, each a stack of S networks of one shape that are trained together."""

from typing import TYPE_CHECKING

from imbaloss.lazy_names import import_on_use

if TYPE_CHECKING:
    from imbaloss.networks.convolutional import CNN, FCN
    from imbaloss.networks.initialisation import INITIALISATIONS
    from imbaloss.networks.kind_text import LAYERS, Design, Kind, parse
    from imbaloss.networks.kinds import Size, build, check_shape, size_of
    from imbaloss.networks.mapped import Mapped
    from imbaloss.networks.mlp import ACTIVATIONS, MLP
    from imbaloss.networks.prototypes import Prototypes
    from imbaloss.networks.stack import (
        AddTo,
        StackedLinear,
        extract_network,
        join_networks,
        keep_networks,
        make_bias_adder,
        set_network,
    )
else:
    __getattr__, __dir__ = import_on_use(__name__)

__all__ = [
    "ACTIVATIONS",
    "CNN",
    "FCN",
    "INITIALISATIONS",
    "LAYERS",
    "MLP",
    "AddTo",
    "Design",
    "Kind",
    "Mapped",
    "Prototypes",
    "Size",
    "StackedLinear",
    "build",
    "check_shape",
    "extract_network",
    "join_networks",
    "keep_networks",
    "make_bias_adder",
    "parse",
    "set_network",
    "size_of",
]
