"""Frozen features in place of columns of free text, for the rows of a training and for new rows."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from imbaloss.comparison.column_values import take_column
from imbaloss.comparison.columns import Column, ColumnKind, Schema
from imbaloss.comparison.embedding import Embedding
from imbaloss.comparison.request import TFIDF, ComparisonRequest
from imbaloss.comparison.vectors import make_vector_column
from imbaloss.features import FeatureStore, extract_features, find_feature_folder
from imbaloss.features.texts import TextExtractor, check_text_option, open_text_extractor

if TYPE_CHECKING:
    import pyarrow as pa


def embed_tables(
    schema: Schema, tables: "list[pa.Table]", request: ComparisonRequest
) -> "tuple[Schema, list[pa.Table]]":
    """Replace free text by frozen features if a request names an extractor; else return schema and tables unchanged.

    Features are kept on disk, so that each text is computed once.

    Args:
        schema: The columns.
        tables: The rows, with nulls for missing values.
        request: Names what makes numbers of free text.

    Raises:
        ValueError: There is no such extractor, its package is missing, or its weights are not on this machine.
        OSError: The folder of features cannot be read or written.
    """
    if request.text == TFIDF:
        return schema, tables
    check_text_option(request.text)
    names = [column.name for column in schema.columns if column.is_text]
    if not names:
        return schema, tables
    extractor = open_text_extractor(request.text)
    embeddings = {**schema.embeddings, **dict.fromkeys(names, Embedding(extractor.facts))}
    columns = tuple(
        replace(column, kind=ColumnKind.EMBEDDED) if column.name in names else column for column in schema.columns
    )
    store = FeatureStore(find_feature_folder(), extractor.facts.identity)
    embedded = [replace_texts(table, names, extractor, store) for table in tables]
    return replace(schema, columns=columns, embeddings=embeddings), embedded


def embed_texts(schema: Schema, table: "pa.Table") -> "pa.Table":
    """Return new rows with frozen features in place of the texts from which a model learned them.

    Args:
        schema: The columns of the model.
        table: The rows, with nulls for missing values. Columns that are missing are passed over.

    Raises:
        ValueError: The package of an extractor is missing, or this machine lacks its weights or has others.
    """
    for name, embedding in schema.embeddings.items():
        if embedding.images is None and name in table.column_names:
            extractor = open_text_extractor(embedding.extractor.text)
            if extractor.facts.identity != embedding.extractor.identity:
                raise ValueError(
                    f"column {name}: the model learned from {embedding.extractor.text} with weights of the SHA-256 "
                    f"{embedding.extractor.weights[:12]}…, and here they have {extractor.facts.weights[:12]}…: use the "
                    "weights of the training"
                )
            table = replace_texts(table, [name], extractor, None)
    return table


def replace_texts(
    table: "pa.Table", names: Sequence[str], extractor: TextExtractor, store: FeatureStore | None
) -> "pa.Table":
    """Return a table with the features of texts in place of some columns of text.

    Args:
        table: The rows.
        names: The names of the columns; those that the table lacks are passed over.
        extractor: Makes the features.
        store: Where features are kept; None to keep none.
    """
    for name in (each for each in names if each in table.column_names):
        texts = take_column(Column(name, ColumnKind.TEXT), table[name].combine_chunks(), 1).tolist()
        digests = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        features = extract_features(extractor, texts, digests, open_item=str, store=store)
        table = table.set_column(table.column_names.index(name), name, make_vector_column(features))
    return table
