"""The extractors of a saved model, which make the frozen features of new images and texts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imbaloss.comparison.embedding import Embedding
from imbaloss.comparison.image_features import FeatureMaker
from imbaloss.features import Extractor, ProgressHandler, ignore_progress, reopen_image_extractor
from imbaloss.features.texts import reopen_text_extractor

BUNDLED = "extractor-"  # begins the names of files and folders with weights in the folder of a model


@dataclass(frozen=True, eq=False)
class StoredExtractors:
    """Opens the extractors of a model's columns when they are needed, each once."""

    embeddings: Mapping[str, Embedding]
    bundled: Mapping[str, Path] = field(default_factory=dict)  # weights that the model keeps, by column
    on_progress: ProgressHandler = ignore_progress
    opened: dict[str, Extractor[Any]] = field(default_factory=dict)

    def make(self, column: str) -> FeatureMaker:
        """Return what makes the features of a column of images. Raises as `open`."""
        return FeatureMaker(self.open(column), self.on_progress)

    def open(self, column: str) -> Any:
        """Return the extractor of a column: an `ImageExtractor`, or a `TextExtractor`.

        Raises:
            ValueError: It cannot be had, or has other weights than in training.
            OSError: A file of it cannot be read.
        """
        if column not in self.opened:
            embedding = self.embeddings[column]
            reopen: Any = reopen_text_extractor if embedding.images is None else reopen_image_extractor
            try:
                self.opened[column] = reopen(embedding.extractor, self.bundled.get(column))
            except FileNotFoundError as error:
                raise ValueError(
                    f"the weights of {embedding.extractor.text} are needed for column {column!r}, and there is no file "
                    f"or folder {error.filename}: bring it back, or compare again with --bundle, which keeps them in "
                    "the model"
                ) from error
        return self.opened[column]

    def write_bundle(self, folder: Path) -> dict[str, str]:
        """Write the weights of all extractors into a folder; return the name of the file or folder of each column.

        Columns with the same weights share them. All extractors must have been opened.

        Raises:
            OSError: The folder cannot be written.
        """
        written: dict[str, str] = {}  # by the identity of the extractor
        for column, embedding in self.embeddings.items():
            if embedding.extractor.identity not in written:
                stem = folder / f"{BUNDLED}{len(written)}"
                written[embedding.extractor.identity] = self.opened[column].write_weights(stem).name
        return {column: written[embedding.extractor.identity] for column, embedding in self.embeddings.items()}
