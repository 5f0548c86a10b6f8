"""Images that a method decided wrongly, each with the training images whose features are nearest to it."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True)
class ShownImage:
    """An image as a page shows it."""

    name: str
    label: str  # the name of its class
    jpeg: bytes

    @property
    def url(self) -> str:
        """The image as the address of an HTML element, which needs no file."""
        return f"data:image/jpeg;base64,{base64.b64encode(self.jpeg).decode()}"

    def to_json(self) -> dict[str, Any]:
        """Return the entries of a stored text, of which `from_json` makes the same image."""
        return asdict(self) | {"jpeg": base64.b64encode(self.jpeg).decode()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return the image that a stored text describes. Raises KeyError or TypeError for other entries."""
        return cls(**{**value, "jpeg": base64.b64decode(value["jpeg"])})


@dataclass(frozen=True)
class NearestImages:
    """An image, and the training images with the most similar features, the most similar first."""

    image: ShownImage
    nearest: tuple[ShownImage, ...]


def write_nearest_images(images: Mapping[int, NearestImages]) -> str:
    """Write images by the place of their row as the text that `read_nearest_images` reads."""
    entries = {
        row: {"image": each.image.to_json(), "nearest": [image.to_json() for image in each.nearest]}
        for row, each in images.items()
    }
    return json.dumps(entries)


def read_nearest_images(text: str) -> dict[int, NearestImages]:
    """Read what `write_nearest_images` wrote. Raises ValueError, KeyError or TypeError for another text."""
    entries: Mapping[str, Mapping[str, Any]] = json.loads(text)

    def read_images(values: Sequence[Mapping[str, Any]]) -> tuple[ShownImage, ...]:
        """Read several images."""
        return tuple(map(ShownImage.from_json, values))

    return {
        int(row): NearestImages(ShownImage.from_json(each["image"]), read_images(each["nearest"]))
        for row, each in entries.items()
    }
