"""The frozen features of a person's own images: read by one rule, computed once, and kept in the user's cache."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.columns import Column, ColumnKind, Schema
from imbaloss.comparison.embedding import Embedding
from imbaloss.comparison.pictures import Pictures
from imbaloss.comparison.preparation import ImagePreparation
from imbaloss.comparison.reading.brightness import check_not_fractions
from imbaloss.comparison.reading.image_arrays import NamedArray, fit_image_arrays, read_array, require_numbers
from imbaloss.comparison.reading.images import (
    count_oddities,
    decode_upright,
    find_float_peak,
    survey_files,
)
from imbaloss.comparison.vectors import make_vector_column, make_vector_series
from imbaloss.features import (
    FeatureStore,
    ImageExtractor,
    ProgressHandler,
    extract_features,
    find_feature_folder,
    hash_pixels,
    ignore_progress,
    open_image_extractor,
    open_pixels,
)

if TYPE_CHECKING:
    import pyarrow as pa
    from PIL import Image

COLOURS = (3, 4)  # lengths of the last axis of an image in colour, which no gray image has as its width
COLUMN = "image"  # the name of the column where no table names one
Vectors = NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class EmbeddedImages:
    """The frozen features of images, which are made when they are asked for; what makes them, and notes."""

    embedding: Embedding
    notes: tuple[str, ...]
    pictures: Pictures
    extract: Callable[[], Vectors]

    @cached_property
    def vectors(self) -> Vectors:
        """The features, (N, D).

        Raises:
            ValueError: An image does not decode or is too large, or all images have the same features.
            OSError: A file cannot be read, or the features cannot be kept.
        """
        vectors = self.extract()
        if (vectors == vectors[:1]).all():
            raise ValueError(
                f"all {len(vectors)} images have the same features after they were read: open some of them"
            )
        return vectors


@dataclass(frozen=True, eq=False)
class FeatureMaker:
    """Makes frozen features of images by an extractor, and tells how far it is."""

    extractor: ImageExtractor
    on_progress: ProgressHandler = ignore_progress

    @classmethod
    def open(cls, text: str, on_progress: ProgressHandler = ignore_progress) -> "FeatureMaker":
        """Open the extractor that a request names.

        Raises:
            ValueError: It cannot be had.
            OSError: A file of it cannot be read.
        """
        return cls(open_image_extractor(text), on_progress)

    def fit_files(self, files: Sequence[Path], column: str | None = None) -> EmbeddedImages:
        """Return what makes the features of the images of a data set, by the same rules for all of them.

        Args:
            files: The images.
            column: The column of the table that names them; None without a table.

        Raises:
            ValueError: A file does not decode or is too large.
            OSError: A file cannot be read.
        """
        surveyed, survey_notes = survey_files(files, 0)
        embedding = Embedding(self.extractor.facts, replace(surveyed, channels=3, column=column))
        notes = (self.describe(), *survey_notes, *count_oddities(files))
        pictures = Pictures.of_files(files, lambda file: open_file(file, read_rules(embedding)))
        return EmbeddedImages(embedding, notes, pictures, lambda: self.embed_files(files, embedding))

    def fit_arrays(self, named: Sequence[NamedArray]) -> EmbeddedImages:
        """Return what makes the features of images in arrays, by the same rules for all of them.

        named: Pairs of a name, for messages, and an array, as `fit_image_arrays` takes them.

        Raises:
            ValueError: An array holds no images, or all images are alike.
        """
        fitted = fit_image_arrays(named)
        images = replace(fitted.preparation, height=0, width=0, channels=3)
        embedding = Embedding(self.extractor.facts, images)
        pictures = Pictures.of_arrays(fitted.pixels, open_pixels)
        return EmbeddedImages(
            embedding,
            (self.describe(), *fitted.notes),
            pictures,
            lambda: self.embed_pixels(fitted.pixels, embedding),
        )

    def embed_files(self, files: Sequence[Path], embedding: Embedding) -> Vectors:
        """Return the features of images in files, (N, D), by the rules of a data set.

        Raises:
            ValueError: A file does not decode, is too large, or has values outside of the range of these rules.
            OSError: A file cannot be read, or the features cannot be kept.
        """
        images = read_rules(embedding)
        if files and (peak := find_float_peak(files)) is not None:
            check_not_fractions(str(files[0].parent), peak, images.floats)
        return self.extract(files, [*map(hash_file, files)], embedding, lambda file: open_file(file, images))

    def embed_array(self, name: str, array: NDArray[Any], embedding: Embedding) -> Vectors:
        """Return the features of images in an array, (N, D), by the rules of a data set.

        Args:
            name: The name of the array, for messages.
            array: (N, H, W), or with channels as its last or its second axis.
            embedding: What makes the features.

        Raises:
            ValueError: The array has a shape or type that is not read, or a value outside of the range of these rules.
            OSError: The features cannot be kept.
        """
        array, images = require_numbers(name, array), read_rules(embedding)
        if array.ndim == 3 and array.shape[-1] in COLOURS:
            raise ValueError(f"{name} of shape {array.shape} seems to be one image in colour: pass {name}[None]")
        pixels = read_array(name, array, images)
        if array.dtype.kind == "f":
            check_not_fractions(name, float(array.max()), images.floats)
        return self.embed_pixels(pixels, embedding)

    def embed_pixels(self, pixels: NDArray[np.uint8], embedding: Embedding) -> Vectors:
        """Return the features of images (N, C, H, W), 0 to 255, as (N, D)."""
        return self.extract(list(pixels), [*map(hash_pixels, pixels)], embedding, open_pixels)

    def extract(
        self,
        sources: Sequence[Any],
        digests: Sequence[bytes],
        embedding: Embedding,
        open_item: Callable[[Any], "Image.Image"],
    ) -> Vectors:
        """Return the features of images, (N, D). Those that the user's cache has are taken from there.

        Args:
            sources: The N images before they are opened.
            digests: The SHA-256 of the content of each.
            embedding: What makes the features, which decides where they are kept.
            open_item: Opens an image.
        """
        return extract_features(
            self.extractor,
            sources,
            digests,
            open_item=open_item,
            store=FeatureStore(find_feature_folder(), compute_identity(embedding)),
            on_progress=self.on_progress,
            batch=1,  # a photograph takes much memory, and images pass through the model one by one
        )

    def describe(self) -> str:
        """Say in a note what became of each image."""
        facts = self.extractor.facts
        return f"Each image became {facts.width:,} features by {facts.text}: {self.extractor.settings.describe()}"


def read_rules(embedding: Embedding) -> ImagePreparation:
    """Return the rules by which images are read for these features.

    Raises:
        ValueError: They are features of texts.
    """
    if embedding.images is None:
        raise ValueError(f"{embedding.extractor.text} makes features of texts, and these are images")
    return embedding.images


def compute_identity(embedding: Embedding) -> str:
    """Return the SHA-256 of what decides the features of an image: the extractor and the range of the values."""
    images = read_rules(embedding)
    rules = {"integers": images.integers, "floats": images.floats, "on_white": images.on_white}
    return hashlib.sha256(json.dumps([embedding.extractor.identity, rules]).encode()).hexdigest()


def hash_file(file: Path) -> bytes:
    """Return the SHA-256 of the bytes of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


def open_file(file: Path, images: ImagePreparation) -> "Image.Image":
    """Open an image of a file in RGB, upright and in its own size. images: the rules by which it is read."""
    return decode_upright(file, images).image


def make_image_schema(embedding: Embedding) -> Schema:
    """Return the columns of data that are images alone: one column of features."""
    return Schema((Column(COLUMN, ColumnKind.EMBEDDED),), embeddings={COLUMN: embedding})


def make_image_frame(vectors: Vectors, name: str = COLUMN) -> pd.DataFrame:
    """Return the features of images (N, D) as a frame of one column."""
    return pd.DataFrame({name: make_vector_series(make_vector_column(vectors))})


def replace_column(table: "pa.Table", name: str, vectors: Vectors) -> "pa.Table":
    """Return a table in which features (N, D) take the place of a column."""
    return table.set_column(table.column_names.index(name), name, make_vector_column(vectors))


@dataclass(frozen=True, eq=False)
class ImageColumn:
    """A column of a table that names image files, and the features of these, for each of one or two tables."""

    name: str
    embedded: EmbeddedImages
    rows: tuple[int, ...]  # the number of rows of each table

    def replace(self, tables: "Sequence[pa.Table]") -> "list[pa.Table]":
        """Return the tables with features in place of the names."""
        ends = np.cumsum(self.rows)[:-1]
        parts = np.split(self.embedded.vectors, ends)
        return [replace_column(table, self.name, part) for table, part in zip(tables, parts, strict=True)]
