"""What a saved model is given of images: files, arrays, or the files that a column of a table names."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.columns import Schema
from imbaloss.comparison.image_features import make_image_frame, replace_column
from imbaloss.comparison.preparation import ImagePreparation
from imbaloss.comparison.reading import image_names
from imbaloss.comparison.reading.image_arrays import prepare_image_array
from imbaloss.comparison.reading.images import prepare_image_files
from imbaloss.comparison.stored_extractors import StoredExtractors
from imbaloss.comparison.vectors import is_vector

if TYPE_CHECKING:
    import pyarrow as pa


def are_images(X: Any) -> bool:
    """Say whether X is an array with more than two axes. A frame never is."""
    return not hasattr(X, "columns") and np.ndim(X) > 2


@dataclass(frozen=True, eq=False)
class ImageInputs:
    """Turns images into what a model learned from: pixels, or a frame with one column of frozen features."""

    kind: Schema | ImagePreparation
    extractors: StoredExtractors

    @property
    def column(self) -> str | None:
        """The column of the training's table that named the files; None if there was no table."""
        if isinstance(self.kind, ImagePreparation):
            return self.kind.column
        [embedding] = self.kind.embeddings.values()
        return embedding.images.column if embedding.images else None

    def read_files(self, files: Sequence[Path]) -> Any:
        """Return images in files as `OwnModel.probabilities` takes them.

        Raises:
            ValueError: An image cannot be read, has values outside of the model's range, or the extractor is missing.
            OSError: A file cannot be read.
        """
        if isinstance(self.kind, ImagePreparation):
            return prepare_image_files(files, self.kind)
        [(name, embedding)] = self.kind.embeddings.items()
        return make_image_frame(self.extractors.make(name).embed_files(files, embedding), name)

    def read_array(self, name: str, array: NDArray[Any]) -> Any:
        """Return images in an array as `OwnModel.probabilities` takes them. name: that of the array, for messages.

        Raises:
            ValueError: The array holds no such images, or the extractor is missing.
            OSError: A file of the extractor cannot be read.
        """
        if isinstance(self.kind, ImagePreparation):
            return prepare_image_array(name, array, self.kind)
        [(column, embedding)] = self.kind.embeddings.items()
        return make_image_frame(self.extractors.make(column).embed_array(name, array, embedding), column)


def embed_columns(table: "pa.Table", schema: Schema, extractors: StoredExtractors, source: Path) -> "pa.Table":
    """Return a table with frozen features in place of the columns that name images. Vectors stay as they are.

    Args:
        table: The rows.
        schema: The columns of the model, which say what makes the features.
        extractors: Opens the extractors.
        source: The file of the table, to whose folder the names are relative.

    Raises:
        ValueError: A row names no image, an image cannot be read, or an extractor is missing.
        OSError: A file does not exist or cannot be read.
    """
    for name, embedding in schema.embeddings.items():
        if embedding.images is None or name not in table.column_names or is_vector(table.schema.field(name).type):
            continue
        names = pd.Series(table[name].to_pylist(), name=name, dtype=object)
        files = image_names.locate_listed_files(source, names)
        table = replace_column(table, name, extractors.make(name).embed_files(files, embedding))
    return table
