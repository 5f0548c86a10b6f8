"""A recipe: the hyper-parameters of one training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import torch

from imbaloss import networks
from imbaloss.evaluation import Rule
from imbaloss.evaluation.calibration import NONE, check_calibration
from imbaloss.nearest import one_of
from imbaloss.networks import ACTIVATIONS, INITIALISATIONS, Design, Kind
from imbaloss.training.optimizers import OPTIMIZERS
from imbaloss.training.scaling import SCALINGS

MOST = 2**31 - 1  # epochs, or samples of a batch
WIDEST = 100_000  # beyond it a hidden layer is a slip of the pen
PRECISIONS = {  # the type of weights, and that of products and activations
    "float32": (torch.float32, torch.float32),
    "float64": (torch.float64, torch.float64),
    "bf16": (torch.float32, torch.bfloat16),
}


@dataclass(frozen=True)
class Recipe:
    """Everything about a training but its data, its loss and its seed. The defaults are the report's.

    Rates are put into ascending order, whole numbers into floating point.
    """

    network: str = "mlp"  # or cnn, fcn, prototype, or one of the first two as in cnn/prototype:per_class=2
    hidden: tuple[int, ...] | None = (1000, 100, 10)  # widths of the hidden layers of an mlp; None for other networks
    channels: tuple[int, ...] | None = (16, 32, 64)  # of the stages of a cnn or fcn; None for an mlp
    activation: str = "relu"  # of all layers but the last
    outputs: int = 1  # 1: one logistic output, for two classes; else one softmax output a class
    init: str = "torch"
    scaling: str = "unit"  # unit: pixels in [0, 1]; standard: each channel with mean 0 and deviation 1 in `train`
    optimizer: str = "sgd"
    lr: float = 0.1
    tune_lr: tuple[float, ...] = ()  # learning rates, in place of lr: each is tried, and judged on the tune part
    momentum: float = 0.0  # of sgd
    weight_decay: float = 0.0  # L2 penalty, as torch.optim has it
    epochs: int = 300
    patience: int = 0  # epochs without a lower loss on tune, after which a training ends with its best weights; 0: none
    train_batch: int = 128
    shuffle_train: bool = True
    flip: bool = False  # each image left to right in half of the epochs
    shift: int = 0  # pixels by which an image is moved, anew in each epoch, at most, to each side
    test_batch: int | None = None  # None: all test samples at once; no score depends on it
    shuffle_test: bool = True  # no score depends on it
    precision: str = "float32"  # bf16: weights in float32, products and activations of the training in bfloat16
    calibration: str = NONE  # fitted on tune: temperature, platt or isotonic
    threshold: str = "f1"  # what the tuned threshold is best for, on tune

    def candidates(self) -> "tuple[Recipe, ...]":
        """Itself, or with `tune_lr` one for each of its learning rates, the smallest first."""
        return tuple(replace(self, lr=lr, tune_lr=()) for lr in self.tune_lr) or (self,)

    @property
    def networks(self) -> int:
        """How many candidates there are."""
        return max(len(self.tune_lr), 1)

    @property
    def shared(self) -> "Recipe":
        """What recipes of one stack have in common: all but epochs, rates, and what comes after the training."""
        return replace(self.trained, epochs=1, lr=1.0, tune_lr=())

    @property
    def trained(self) -> "Recipe":
        """Without what comes after the training, which two recipes of one network may differ in."""
        return replace(self, calibration=NONE, threshold="f1")

    @property
    def kind(self) -> Kind:
        return networks.parse(self.network)

    def design(self, shape: Sequence[int]) -> Design:
        """Of its network, for inputs of that shape."""
        return Design(self.kind, tuple(shape), self.hidden or (), self.channels or (), self.outputs, self.activation)

    @property
    def augments(self) -> bool:
        """Whether images differ from epoch to epoch."""
        return self.flip or self.shift > 0

    def check_shape(self, shape: Sequence[int]) -> None:
        """Raises ValueError where the inputs of that shape are nothing that it could train with."""
        networks.check_shape(self.design(shape))
        if self.augments and len(shape) != 3:
            raise ValueError("flip and shift are for images (channels, height, width), and these are rows of columns")
        side = min(shape[1:], default=0)
        rule = f"shift must be smaller than the image, whose shorter side has {side} pixels, found {self.shift}"
        require(self.shift < side or not self.shift, rule)

    @property
    def classes(self) -> int:
        return max(self.outputs, 2)

    @property
    def dtype(self) -> torch.dtype:
        """Of weights, and of all that a trained model computes."""
        return PRECISIONS[self.precision][0]

    @property
    def products(self) -> torch.dtype:
        """Of products and activations in training."""
        return PRECISIONS[self.precision][1]

    def __post_init__(self) -> None:
        """Raises ValueError for a value outside its domain, with the name of the nearest allowed one."""
        require(isinstance(self.network, str), f"network must be a text, as cnn, found {self.network!r}")
        object.__setattr__(self, "network", str(self.kind))
        one_of("activation", self.activation, ACTIVATIONS)
        one_of("init", self.init, INITIALISATIONS)
        one_of("scaling", self.scaling, SCALINGS)
        one_of("optimizer", self.optimizer, OPTIMIZERS)
        one_of("precision", self.precision, PRECISIONS)
        check_calibration(self.calibration)
        object.__setattr__(self, "threshold", str(Rule.of(self.threshold)))
        for name in ("outputs", "epochs", "patience", "train_batch", "test_batch", "shift"):
            if name != "test_batch" or self.test_batch is not None:
                object.__setattr__(self, name, whole(name, getattr(self, name)))
        self.check_layers()
        for name in ("epochs", "train_batch", "test_batch"):
            value = getattr(self, name)
            require(value is None or value >= 1, f"{name} must be 1 or more, found {value}")
            require(value is None or value <= MOST, f"{name} must be {MOST} at most, found {value}")
        for name in ("lr", "momentum", "weight_decay"):
            object.__setattr__(self, name, number(getattr(self, name)))
        require(self.outputs >= 1, f"outputs must be 1, or one for each class, found {self.outputs}")
        require(0 <= self.patience <= MOST, f"patience must be 0 (none) to {MOST}, found {self.patience}")
        require(self.shift >= 0, f"shift must be 0 (none) or more pixels, found {self.shift}")
        object.__setattr__(self, "tune_lr", tuple(sorted(map(number, self.tune_lr))))
        for name, lr in (("lr", self.lr), *(("tune_lr", lr) for lr in self.tune_lr)):
            within = 0 < torch.tensor(lr, dtype=self.dtype).item() < float("inf")
            require(within, f"{name} must be above 0 and finite, found {lr:g} for {self.dtype}")
        require(len(set(self.tune_lr)) == len(self.tune_lr), f"tune_lr must name each rate once, found {self.tune_lr}")
        require(0 <= self.momentum < 1, f"momentum must be from 0 to below 1, found {self.momentum:g}")
        require(
            0 <= self.weight_decay < float("inf"), f"weight_decay must be >= 0 and finite, found {self.weight_decay:g}"
        )
        require(self.optimizer == "sgd" or not self.momentum, f"{self.optimizer} takes no momentum; sgd does")

    def check_layers(self) -> None:
        """Raises ValueError for impossible widths. What a network lacks becomes None; else None is the default."""
        for name, bodies in networks.LAYERS.items():
            given = getattr(self, name)
            widths = tuple(
                whole(f"one of {name}", width) for width in (getattr(Recipe, name) if given is None else given)
            )
            rule = "hidden widths" if name == "hidden" else name
            require(all(1 <= width <= WIDEST for width in widths), f"{rule} must be 1 to {WIDEST}, found {widths}")
            require(widths or name == "hidden", "channels must name a number for each stage, and there is none")
            object.__setattr__(self, name, widths if self.kind.body in bodies else None)


def check_entries(entries: Mapping[str, Any]) -> None:
    """Raises ValueError where entries for one kind of network name layers of another, which would change nothing."""
    network = str(entries.get("network", "mlp"))
    body = networks.parse(network).body
    for name, bodies in networks.LAYERS.items():
        if name in entries and body not in bodies:
            raise ValueError(f"{name} is for {' and '.join(bodies)}, and the network is {network}")


def number(value: float) -> float:
    """One way to write each number, since a run is known by what is written: 1 as 1.0, -0.0 as 0.0."""
    return float(value) + 0.0


def whole(name: str, value: object) -> int:
    """As Python's int, whatever kind of whole number it is."""
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise ValueError(f"{name} must be a whole number, found {value!r}")
    return int(value)


def require(holds: object, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
