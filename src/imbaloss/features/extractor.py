"""What turns images or texts into vectors, and the facts that decide these vectors."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

Item_contra = TypeVar("Item_contra", contravariant=True)  # an image of Pillow, or a text


@dataclass(frozen=True)
class ExtractorFacts:
    """All that decides the features of an item: the extractor, its weights, and how items are prepared for it."""

    text: str  # the extractor as an option names it, such as "timm:resnet50"
    width: int  # the number of features of an item
    weights: str  # the SHA-256 of the weights in hexadecimal digits; empty if there are none
    revision: str = ""  # the revision of the weights in the collection that they come from; empty if it is unknown
    settings: Mapping[str, Any] = field(default_factory=dict)  # how items are prepared, as JSON values
    architecture: str = ""  # the model that the weights are for; empty if the weights decide it

    @property
    def identity(self) -> str:
        """The SHA-256 of what decides the features, in hexadecimal digits: equal ones give equal features.

        The place of the weights does not count, nor the collection that they come from. Other versions of the libraries
        may give other last digits.
        """
        kind = self.text.partition(":")[0]
        deciding = [kind, self.architecture, self.width, self.weights, self.settings]
        return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Return the facts as JSON values, of which `from_json` makes the same facts."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return the facts that a file holds.

        Raises:
            TypeError: An entry is missing or unknown.
        """
        return cls(**value)


class Extractor(Protocol[Item_contra]):
    """A pretrained model with frozen weights that turns each item into a vector."""

    @property
    def facts(self) -> ExtractorFacts:
        """The facts that decide the features."""

    def extract(self, items: Sequence[Item_contra]) -> NDArray[np.float32]:
        """Return the features of some items, (B, D), each of which depends on its item alone."""
