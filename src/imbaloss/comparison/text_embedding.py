"""Frozen features in place of columns of free text, for the rows of a training and for new rows."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from imbaloss.comparison.column_values import take_column
from imbaloss.comparison.columns import Column, ColumnKind, Schema
from imbaloss.comparison.embedding import Embedding
from imbaloss.comparison.request import TFIDF, ComparisonRequest
from imbaloss.comparison.stored_extractors import StoredExtractors
from imbaloss.comparison.vectors import make_vector_column
from imbaloss.features import FeatureStore, ProgressHandler, extract_features, find_feature_folder
from imbaloss.features.texts import TextExtractor, open_text_extractor

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, eq=False)
class TextColumns:
    """Columns of free text, and what makes frozen features of them."""

    names: Sequence[str]
    extractor: TextExtractor
    on_progress: ProgressHandler

    def embed_schema(self, schema: Schema) -> Schema:
        """Return the columns with features in the place of the texts."""
        embeddings = {**schema.embeddings, **dict.fromkeys(self.names, Embedding(self.extractor.facts))}
        columns = tuple(
            replace(column, kind=ColumnKind.EMBEDDED) if column.name in self.names else column
            for column in schema.columns
        )
        return replace(schema, columns=columns, embeddings=embeddings)

    def replace(self, tables: "Sequence[pa.Table]") -> "list[pa.Table]":
        """Return tables, with nulls for missing values, with features in the place of the texts.

        Features are kept on disk, so that each text is computed once.

        Raises:
            OSError: The folder of features cannot be read or written.
        """
        store = FeatureStore(find_feature_folder(), self.extractor.facts.identity)
        replaced = []
        for table in tables:
            for name in self.names:
                table = replace_texts(table, name, self.extractor, self.on_progress, store)  # noqa: PLW2901
            replaced.append(table)
        return replaced


def open_texts(schema: Schema, request: ComparisonRequest, on_progress: ProgressHandler) -> TextColumns | None:
    """Return the columns of free text if a request names what makes features of them, else None; without texts too.

    Args:
        schema: The columns.
        request: Names what makes numbers of free text.
        on_progress: Told how many texts have features.

    Raises:
        ValueError: There is no such extractor, its package is missing, or its weights are not on this machine.
        OSError: A file of the extractor cannot be read.
    """
    names = [column.name for column in schema.columns if column.is_text]
    if request.text == TFIDF or not names:
        return None
    return TextColumns(names, open_text_extractor(request.text), on_progress)


def embed_texts(schema: Schema, table: "pa.Table", extractors: StoredExtractors) -> "pa.Table":
    """Return new rows with frozen features in place of the texts from which a model learned them.

    Args:
        schema: The columns of the model.
        table: The rows, with nulls for missing values. Columns that are missing are passed over.
        extractors: Opens the extractors of the model.

    Raises:
        ValueError: The package of an extractor is missing, or this machine lacks its weights or has others.
        OSError: A file of an extractor cannot be read.
    """
    for name, embedding in schema.embeddings.items():
        if embedding.images is None and name in table.column_names:
            table = replace_texts(table, name, extractors.open(name), extractors.on_progress)
    return table


def replace_texts(
    table: "pa.Table",
    name: str,
    extractor: TextExtractor,
    on_progress: ProgressHandler,
    store: FeatureStore | None = None,
) -> "pa.Table":
    """Return a table with the features of texts in place of a column of text.

    Args:
        table: The rows.
        name: The name of the column.
        extractor: Makes the features.
        on_progress: Told how many texts have features.
        store: Where features are kept; None to keep none.
    """
    texts = take_column(Column(name, ColumnKind.TEXT), table[name].combine_chunks(), 1).tolist()
    digests = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
    features = extract_features(extractor, texts, digests, open_item=str, store=store, on_progress=on_progress)
    return table.set_column(table.column_names.index(name), name, make_vector_column(features))
