"""Kinds of networks as values: a body, alone or with a head of prototypes, such as `cnn/prototype:per_class=2`.

Nothing here needs torch, so that a wrong text is refused before torch is imported.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from imbaloss import spec_text
from imbaloss.choices import check_choice, check_parameter

PERCEPTRON, PROTOTYPE = "mlp", "prototype"
CONVOLUTIONAL = ("cnn", "fcn")
BODIES = (PERCEPTRON, *CONVOLUTIONAL)
NETWORKS = (*BODIES, PROTOTYPE)  # the last is short for mlp/prototype
LAYERS = {"hidden": (PERCEPTRON,), "channels": CONVOLUTIONAL}  # field of a design -> the bodies that use it
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
    activation: str  # a name in `ACTIVATIONS` of networks/mlp.py

    @property
    def body_outputs(self) -> int:
        """The number of the body's outputs: of logits without a head of prototypes, else the width of its embedding."""
        return self.outputs if self.kind.head is None else self.kind.head.embedding


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
