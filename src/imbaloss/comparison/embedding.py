"""The frozen features of a column: what makes them of its images or texts, and the step that does so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from imbaloss.comparison.preparation import ImagePreparation
from imbaloss.features import ExtractorFacts
from imbaloss.spec_text import to_tuples


@dataclass(frozen=True)
class Embedding:
    """What turns the images or the texts of a column into frozen features."""

    extractor: ExtractorFacts
    images: ImagePreparation | None = None  # the rules by which images are read; None for texts

    @property
    def width(self) -> int:
        """The number of features of a row."""
        return self.extractor.width

    def to_json(self) -> dict[str, Any]:
        """Return the entry of a model file, of which `from_json` makes the same."""
        return {"extractor": self.extractor.to_json(), **(self.images.to_json() if self.images else {})}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return what the entry of a model file describes.

        Raises:
            KeyError: An entry is missing.
            TypeError: An entry has other fields.
        """
        images = ImagePreparation(**to_tuples(value["images"])) if "images" in value else None
        return cls(ExtractorFacts.from_json(value["extractor"]), images)
