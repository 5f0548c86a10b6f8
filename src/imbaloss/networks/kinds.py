"""Kinds of networks by name: a body, alone or with a head of prototypes, such as `cnn/prototype:per_class=2`."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from math import prod
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode

from imbaloss import spec_text
from imbaloss.choices import check_choice, check_parameter
from imbaloss.networks.convolutional import CNN, FCN, smallest_group
from imbaloss.networks.initialisation import INITIALISATIONS
from imbaloss.networks.mapped import Mapped
from imbaloss.networks.mlp import ACTIVATIONS, MLP
from imbaloss.networks.prototypes import Prototypes

PERCEPTRON, PROTOTYPE = "mlp", "prototype"
CONVOLUTIONAL: dict[str, type[CNN | FCN]] = {"cnn": CNN, "fcn": FCN}
BODIES = (PERCEPTRON, *CONVOLUTIONAL)
NETWORKS = (*BODIES, PROTOTYPE)  # the last is short for mlp/prototype
LAYERS = {"hidden": (PERCEPTRON,), "channels": tuple(CONVOLUTIONAL)}  # field of a design -> the bodies that use it
MOST, MOST_NUMBERS = 1000, 100_000  # limit of per_class and of embedding; limit of their product


class Head(NamedTuple):
    """The parameters of a head of prototypes on a body."""

    per_class: int = 1  # number of prototypes of a class
    embedding: int = 16  # number of outputs of the body
    gamma: float = 1.0  # factor of the squared distances in the logits
    compactness: float = 0.001  # weight of the distance to the nearest prototype of the own class

    @classmethod
    def build(cls, parameters: Mapping[str, Any]) -> "Head":
        """Build a head of prototypes from some of its parameters; the others get their defaults.

        The parameters are per_class, embedding, gamma and compactness.

        Raises:
            ValueError: A value is outside its domain, or per_class times embedding is above 100,000.
            KeyError: A parameter is unknown.
        """
        for key, value in parameters.items():
            rule, holds = DOMAINS[key]
            is_number = isinstance(value, int | float)
            if not (is_number and holds(value)):
                raise ValueError(f"{key} must be {rule}, found {f'{value:g}' if is_number else value}")
        head = cls(**{key: type(DEFAULTS[key])(value) for key, value in parameters.items()})
        if head.per_class * head.embedding > MOST_NUMBERS:
            product = f"{head.per_class} times {head.embedding}"
            raise ValueError(f"per_class times embedding must be {MOST_NUMBERS} at most, found {product}")
        return head


DEFAULTS = Head._field_defaults
COUNT = f"a whole number from 1 to {MOST}", lambda value: value == value // 1 and 1 <= value <= MOST
DOMAINS: dict[str, tuple[str, Callable[[float], bool]]] = {
    "per_class": COUNT,
    "embedding": COUNT,
    "gamma": ("above 0 and finite", lambda value: 0 < value < float("inf")),
    "compactness": (">= 0 and finite", lambda value: 0 <= value < float("inf")),
}


class Kind(NamedTuple):
    """The kind of a network: a body, and a head or None. Without a head, the body's last layer gives the logits."""

    body: str
    head: Head | None = None

    @property
    def convolutional(self) -> bool:
        """Whether the body is a convolutional network for images; else it is a perceptron."""
        return self.body in CONVOLUTIONAL

    def __str__(self) -> str:
        """Write the kind as `parse` reads it, such as "cnn/prototype:per_class=2"; equal kinds have equal texts."""
        if self.head is None:
            return self.body
        name = f"{self.body}/{PROTOTYPE}" if self.convolutional else PROTOTYPE
        return spec_text.write_spec(name, self.head._asdict(), DEFAULTS)


class Design(NamedTuple):
    """The structure of a network, without its weights."""

    kind: Kind
    shape: tuple[int, ...]  # shape of one input
    hidden: tuple[int, ...]  # widths of an mlp's hidden layers
    channels: tuple[int, ...]  # number of maps in each stage of a convolutional network
    outputs: int  # number of logits: 1 for two classes, or one for each class
    activation: str  # a name in `ACTIVATIONS`

    @property
    def body_outputs(self) -> int:
        """The number of the body's outputs: of logits without a head of prototypes, else the width of its embedding."""
        return self.outputs if self.kind.head is None else self.kind.head.embedding


class Size(NamedTuple):
    """The memory and the work that one network needs."""

    parameters: int  # number of weights and biases
    held: int  # numbers that are kept of each sample for back-propagation
    operations: int  # multiplications for a sample in the forward pass


@cache
def parse(text: str) -> Kind:
    """Read the kind of a network from a text such as `cnn/prototype:per_class=2`.

    The text is `mlp`, `cnn` or `fcn`, or one of them with `/prototype:key=value,...` for a head of prototypes;
    `prototype` means mlp/prototype. Keys: per_class, embedding, gamma, compactness.

    Raises:
        ValueError: A name or parameter is unknown, or a value is outside its domain.
    """
    name, parameters = spec_text.read_spec("a network", text)
    body, slash, head = name.partition("/")
    check_choice("network" if not slash else "body", body, BODIES if slash else NETWORKS)
    if body == PROTOTYPE:
        body, head = PERCEPTRON, PROTOTYPE
    elif slash and head != PROTOTYPE:
        raise ValueError(f"there is no head {head!r}; there is {PROTOTYPE}, as in {body}/{PROTOTYPE}")
    for key in parameters:
        check_parameter(name, key, DEFAULTS if head else ())
    return Kind(body, Head.build(parameters) if head else None)


def check_shape(design: Design) -> None:
    """Raise ValueError if a network of that design (structure without weights) cannot take inputs of its shape.

    A perceptron takes any shape. A convolutional network needs (channels, height, width), channels for its stages, and
    images that do not shrink to one number.
    """
    if not design.kind.convolutional:
        return
    if len(design.shape) != 3:
        columns = f"{prod(design.shape)} columns"
        raise ValueError(f"{design.kind} is for images (channels, height, width), and these are rows of {columns}")
    if not design.channels:
        raise ValueError(f"{design.kind} needs channels, a number for each stage")
    if smallest_group(design.shape, design.channels) < 2:
        height, width = design.shape[1:]
        raise ValueError(
            f"images of {height} x {width} pixels shrink to one number in channels {design.channels}, which "
            "normalisation makes 0: take fewer stages, or more channels"
        )


def build(
    design: Design,
    generators: Sequence[np.random.Generator],
    *,
    init: str = "torch",
    dtype: torch.dtype = torch.float32,
) -> nn.Module:
    """Build a stack of networks: inputs (S, B, *shape) -> logits (S, B) with one output, else (S, B, outputs).

    Args:
        design: The structure of all networks: body, shape of an input, layers, outputs and activation.
        generators: One for each network, for its initial weights. Generators of equal state give equal networks.
        init: A name in `INITIALISATIONS`: torch, xavier, he or normal.
        dtype: The type of the weights.

    Raises:
        ValueError: The activation or init is unknown, or the networks cannot take inputs of that shape.
    """
    check_choice("activation", design.activation, ACTIVATIONS)
    check_choice("init", init, INITIALISATIONS)
    check_shape(design)
    head = design.kind.head
    body: nn.Module
    if not design.kind.convolutional:
        body = MLP(
            generators,
            shape=design.shape,
            hidden=design.hidden,
            outputs=design.body_outputs,
            activation=design.activation,
            init=init,
            dtype=dtype,
        )
    else:
        with torch.random.fork_rng(devices=[]):  # the weights that torch draws are not used
            body = Mapped(build_convolutional(design), generators, INITIALISATIONS[init], dtype)
    return body if head is None else Prototypes(body, generators, outputs=design.outputs, dtype=dtype, **head._asdict())


def build_convolutional(design: Design) -> nn.Module:
    """Build one convolutional network of that design, without a head; torch draws its weights.

    Raises KeyError if the body is no convolutional one or the activation is unknown.
    """
    activation = ACTIVATIONS[design.activation].function
    return CONVOLUTIONAL[design.kind.body](design.shape[0], design.channels, design.body_outputs, activation)


@cache
def size_of(design: Design) -> Size:
    """Return parameters, numbers kept for back-propagation and multiplications of one network of a design.

    Convolutional networks are built on torch's meta device, without memory for weights, and measured there. The result
    is cached.
    """
    head = design.kind.head
    if not design.kind.convolutional:
        widths = (prod(design.shape), *design.hidden, design.body_outputs)
        parameters = sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(widths))
        body = Size(parameters, sum(widths), parameters)
    else:
        with torch.device("meta"):
            body = measure(build_convolutional(design), torch.empty(1, *design.shape))
    if head is None:
        return body
    prototypes = max(design.outputs, 2) * head.per_class
    numbers = prototypes * head.embedding
    return Size(body.parameters + numbers, body.held + numbers + prototypes, body.operations + numbers)


def measure(module: nn.Module, sample: torch.Tensor) -> Size:
    """Return the size of a module: parameters, numbers kept for back-propagation, multiplications in a forward pass.

    sample: a batch of one, which is passed through the module.
    """
    own = {id(parameter) for parameter in module.parameters()}
    held = 0

    def count(tensor: torch.Tensor) -> torch.Tensor:
        """Add the size of a tensor that is kept for the backward pass to `held`, and return the tensor.

        Parameters are not counted.
        """
        nonlocal held
        held += 0 if id(tensor) in own else tensor.numel()
        return tensor

    flops = FlopCounterMode(display=False)
    with saved_tensors_hooks(count, lambda tensor: tensor), flops:
        module(sample)
    return Size(sum(parameter.numel() for parameter in module.parameters()), held, flops.get_total_flops() // 2)
