"""What turns images or texts into vectors, and the facts that decide these vectors."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
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

    def check_weights(self, earlier: Self, place: Path | None = None) -> None:
        """Check that the weights are those of an earlier extractor.

        Args:
            earlier: The facts of the earlier extractor.
            place: The file or folder of the weights, for the message; None for those that the text names.

        Raises:
            ValueError: They are others.
        """
        if self.weights != earlier.weights:
            stored = f" in {place}" if place else ""
            revision = f" of revision {earlier.revision}" if earlier.revision else ""
            raise ValueError(
                f"the weights of {earlier.text}{stored} are others than in training (SHA-256 {self.weights[:12]} "
                f"instead of {earlier.weights[:12]}{revision}): bring the earlier ones back, or compare again"
            )

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
    def noun(self) -> str:
        """What an item is: "image" or "text"."""

    @property
    def facts(self) -> ExtractorFacts:
        """The facts that decide the features."""

    def extract(self, items: Sequence[Item_contra]) -> NDArray[np.float32]:
        """Return the features of some items, (B, D), each of which depends on its item alone."""

    def write_weights(self, stem: Path) -> Path:
        """Write the weights into a file or a folder, and return it. stem: its path without an ending."""
