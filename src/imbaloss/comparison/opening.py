"""Opening a person's own data: files and frames become `Own`, or one sentence says what is wrong with them."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.assemble import Content, assemble_own, derive_name, join_columns
from imbaloss.comparison.column_kinds import judge_columns
from imbaloss.comparison.column_notes import describe_names_and_texts
from imbaloss.comparison.column_values import LARGE, check_test_columns, list_names, take_columns
from imbaloss.comparison.columns import MISSING, ColumnKind, LeftOut, Reason, Schema
from imbaloss.comparison.first_checks import check_columns, check_source
from imbaloss.comparison.image_features import ImageColumn
from imbaloss.comparison.judgement import ColumnRequest
from imbaloss.comparison.missing_values import find_target, mark_missing
from imbaloss.comparison.number_columns import NumberColumns
from imbaloss.comparison.opening_images import (
    embed_image_column,
    find_image_column,
    has_images,
    open_features,
    open_image_arrays,
    open_image_folder,
    open_image_listing,
    refuse_features,
    refuse_size,
)
from imbaloss.comparison.own_data import Baseline, Own
from imbaloss.comparison.reading import arrays
from imbaloss.comparison.reading.names import check_names
from imbaloss.comparison.reading.parquet import is_parquet_folder
from imbaloss.comparison.reading.reading_options import ReadingOptions, naming
from imbaloss.comparison.reading.table_file import TableFile
from imbaloss.comparison.reading.text import select
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.row_costs import RowCosts
from imbaloss.comparison.segments import cut_segments
from imbaloss.comparison.targets import name_classes
from imbaloss.comparison.text_embedding import TextColumns, open_texts
from imbaloss.features import ProgressHandler, ignore_progress
from imbaloss.training.fast.memory import return_freed_memory

if TYPE_CHECKING:
    import pyarrow as pa

DECISIONS = 2  # number of names in a column of decisions


def open_own(source: Path, request: ComparisonRequest, on_progress: ProgressHandler = ignore_progress) -> Own:
    """Open a table, a folder of images, a table of names of images, or images as arrays, as a person's own data.

    Messages name the file that they are about. on_progress: Told how many images or texts have features, if any are
    made.

    Raises:
        OSError: A file does not exist or cannot be read.
        ValueError: Nothing can be learned from the data, or the request leaves open what is meant.
    """
    import pyarrow as pa

    with naming(source, request.test):
        own = open_files(source, request, on_progress)
    pa.default_memory_pool().release_unused()  # the text of the files, a third of the memory
    return own


def open_files(source: Path, request: ComparisonRequest, on_progress: ProgressHandler = ignore_progress) -> Own:
    """Open a table, a folder of images, a table of names of images, or images as arrays, as a person's own data.

    Messages about columns and rows of the first file do not name the file. on_progress: Told how many images or
    texts have features, if any are made.

    Raises:
        OSError: A file does not exist or cannot be read.
        ValueError: Nothing can be learned from the data, or the request leaves open what is meant.
    """
    import pyarrow as pa

    check_source(source)
    maker = open_features(request, on_progress)
    if source.is_dir() and not is_parquet_folder(source):
        return open_image_folder(source, request, maker)
    if source.suffix.lower() in arrays.ENDINGS and has_images(read := arrays.read_arrays(source)):
        return open_image_arrays(source, read, request, maker)
    files = [source, *([request.test] if request.test else [])]
    reading = ReadingOptions(request.encoding, request.sheet)
    tables, notes, delimiters = list["pa.Table"](), list[str](), list[str | None]()
    for file in files:
        table, of_file, delimiter = TableFile(file, reading).read()
        tables.append(table)
        notes += of_file
        delimiters.append(delimiter)
    del table  # so that only the list holds it
    pa.default_memory_pool().release_unused()  # what the reading of the files took beyond their tables
    check_columns(tables[0].column_names, request, str(source), read_costs(request).columns)
    images, column = None, find_image_column(tables[0], request)
    if column is not None and maker is None:
        return open_image_listing(files, tables, column, request, notes)
    if column is not None and maker is not None:
        images = embed_image_column(files, tables, column, maker)
        notes += images.embedded.notes
    else:
        reason = f"{source} is a table, and none of its columns names image files, such as scans/1.png"
        refuse_size(request, reason)
        refuse_features(request, reason)
    name, delimiter = derive_name(source), delimiters[0]
    return open_tables(name, tables, request, notes=notes, delimiter=delimiter, images=images, on_progress=on_progress)


def open_tables(
    name: str,
    tables: "list[pa.Table]",
    request: ComparisonRequest,
    *,
    classes: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
    delimiter: str | None = None,
    images: ImageColumn | None = None,
    on_progress: ProgressHandler = ignore_progress,
) -> Own:
    """Assemble a person's own data from one Arrow table, or from one to learn from and one of test rows.

    Args:
        name: The name of the data.
        tables: One or two tables; the target may stand in any place. The list is emptied before their features are
            taken, so that each column is released then if nothing else refers to it.
        request: The request.
        classes: The label that each name of a class stands for; None if the names are the labels.
        notes: Notes on the files and images.
        delimiter: The delimiter of the first file if it is delimited text.
        images: The column that names image files, whose features are learned from; None without one.
        on_progress: Told how many texts have features, if any are made.

    Raises:
        ValueError: Nothing can be learned from the data, or the tables do not fit the request or each other.
    """
    check_names(name, tables[0].column_names)
    check_columns(tables[0].column_names, request, name, read_costs(request).columns)
    if tables[0].num_rows >= LARGE:
        return_freed_memory()
    target = name_classes(request.target, find_target(tables[0], request.target, request.na_values))
    marked = [mark_missing_in_features(table, request) for table in tables]
    schema = judge_table(marked[0], read_column_request(request, delimiter), images)
    notes = [*notes, *describe_names_and_texts(tables[0], marked[0], schema, request)]
    texts = open_texts(schema, request, on_progress)
    kind = texts.embed_schema(schema) if texts else schema
    costs = find_costs(tables[0], request)
    content = Content(
        name=name,
        make_features=lambda: take_features(kind, embed(marked, images, texts), request),
        kind=kind,
        target=join_test_targets(target, tables, schema, costs, request),
        held_out=sum(test.num_rows for test in tables[1:]),
        notes=tuple(notes),
        classes=classes or {},
        groups=join_columns(marked, request.group),
        times=join_columns(marked, request.time),
        costs=costs,
        sample_costs=compute_costs(costs, tables, request) if costs else None,
        weights=read_weights(tables[0], request) if request.weight else None,
        baseline=take_baseline(request, marked) if request.baseline else None,
        segments=cut_segments(marked, request),
        pictures=images.embedded.pictures if images else None,
    )
    tables.clear()
    return assemble_own(content, request)


def join_test_targets(
    target: "pd.Series[str]",
    tables: "Sequence[pa.Table]",
    schema: Schema,
    costs: RowCosts | None,
    request: ComparisonRequest,
) -> "pd.Series[str]":
    """Return the class of each row of one or two tables. The test table, the second one, is checked for its columns.

    Args:
        target: (N,), the class of each row of the first table.
        tables: The rows to learn from and, if there are any, the test rows.
        schema: The columns that methods learn from.
        costs: The costs of outcomes by row; None without costs.
        request: Names further columns, and the file of the test rows for messages.

    Raises:
        ValueError: The test table lacks a column or has an unknown one, or has a class that the first one lacks.
    """
    targets = [target]
    for test in tables[1:]:
        named = (request.target, request.group, request.time, request.weight, request.baseline, *request.segment)
        needed = [*schema.read_from, *filter(None, named), *(costs.columns if costs else ())]
        check_test_columns(needed, test.column_names, schema.left_out)
        with naming(request.test) if request.test else nullcontext():
            labels = find_target(test, request.target, request.na_values)
            targets.append(name_classes(request.target, labels, whole=False))
            check_test_classes(target, targets[-1])
    return pd.concat(targets, ignore_index=True) if len(targets) > 1 else target


def embed(tables: "list[pa.Table]", images: ImageColumn | None, texts: TextColumns | None) -> "list[pa.Table]":
    """Replace columns of images and of texts by their features, in the list itself, and return it.

    Args:
        tables: The rows to learn from and, if there are any, the test rows, with nulls for missing values.
        images: The column that names images; None without one.
        texts: The columns of free text that become features; None without any.

    Raises:
        ValueError: An image cannot be read, or all images have the same features.
        OSError: A file cannot be read, or the features cannot be kept.
    """
    if images:
        tables[:] = images.replace(tables)
    if texts:
        tables[:] = texts.replace(tables)
    return tables


def take_features(schema: Schema, tables: "list[pa.Table]", request: ComparisonRequest) -> pd.DataFrame:
    """Take the columns of a schema from one or two tables, and empty the list, so that columns are released one by one.

    Args:
        schema: The columns.
        tables: The rows to learn from and, if there are any, the test rows, with nulls for missing values.
        request: Names the file of the test rows, for messages.

    Raises:
        ValueError: A value is not of its column's kind.
    """
    features = [take_columns(schema, tables.pop(0))]
    with naming(request.test) if request.test else nullcontext():
        while tables:
            features.append(take_columns(schema, tables.pop(0)))
    return pd.concat(features, ignore_index=True) if len(features) > 1 else features[0]


def judge_table(table: "pa.Table", request: ColumnRequest, images: ImageColumn | None) -> Schema:
    """Return the columns of a table to learn from; one of them has features of images unless `images` is None.

    Raises:
        ValueError: A column cannot be read in one way, or no column is left to learn from.
    """
    if images is None:
        return judge_columns(table, request)
    schema = judge_columns(table, replace(request, embedded=(images.name,)))
    return replace(schema, embeddings={images.name: images.embedded.embedding})


def find_costs(table: "pa.Table", request: ComparisonRequest) -> RowCosts | None:
    """Return the costs of a request as the first table writes their columns; None without costs.

    Raises:
        ValueError: A column of costs has no numbers, or numbers that can be read in two ways.
    """
    if request.cost is None:
        return None
    costs = read_costs(request)
    read = costs.number_columns.find_forms(table, request.na_values, request.decimal)
    return replace(costs, forms=tuple(zip(read.names, read.forms, strict=True)))


def read_costs(request: ComparisonRequest) -> RowCosts:
    """Read the costs of a request; without any they are those without a column.

    Raises:
        ValueError: The text is none of costs.
    """
    return RowCosts.parse("fn=1,fp=1" if request.cost is None else request.cost)


def read_weights(table: "pa.Table", request: ComparisonRequest) -> NDArray[np.float64]:
    """Read the weight of each row, (N,).

    Raises:
        ValueError: A weight is missing, no number, or not above 0 and finite.
    """
    name = str(request.weight)
    columns = NumberColumns("weight", (name,)).find_forms(table, request.na_values, request.decimal)
    weights = columns.take(table, request.na_values)[name]
    is_wrong = ~(np.isfinite(weights) & (weights > 0))
    if is_wrong.any():
        row = int(is_wrong.argmax())
        raise ValueError(
            f"weights must be above 0 and finite, and column {name!r} has {weights[row]:g} in row {row + 1}"
        )
    return weights


def judge_baseline(table: "pa.Table", request: ComparisonRequest) -> Schema:
    """Return the column with the score or decision in use as the only column of a schema; the others are left out.

    Args:
        table: The rows to learn from, with nulls for missing values.
        request: Names the column.

    Raises:
        ValueError: The column has one value, values of several kinds, or neither numbers nor two names.
    """
    name = str(request.baseline)
    alone = replace(read_column_request(request, None), aside={})
    try:
        schema = judge_columns(table.select([name]), alone)
    except ValueError as error:
        raise ValueError(f"the baseline column {name!r} cannot be compared: {error}") from error
    check_baseline(schema, take_columns(schema, table.select([name])))
    names = dict.fromkeys((*table.column_names, request.target))
    return replace(schema, left_out={other: LeftOut(Reason.NOT_BASELINE) for other in names if other != name})


def check_baseline(schema: Schema, frame: pd.DataFrame) -> None:
    """Raise ValueError unless a column holds a score, in numbers, or a decision, in two names.

    schema and frame: what was made of the column alone.
    """
    column = schema.columns[0]
    if column.kind is ColumnKind.NUMBER:
        return
    content = "dates" if column.is_date else "free text" if column.is_text else "numbers with marks"
    if column.is_category:
        names = sorted(set(frame[column.name]) - {MISSING})
        if len(names) <= DECISIONS:
            return
        content = f"{len(names)} names, as {names[0]!r}"
    raise ValueError(
        f"the baseline column {column.name!r} must hold a score (numbers) or a decision (two names), found {content}: "
        "write them as numbers, or name another column"
    )


def compute_costs(costs: RowCosts, tables: "Sequence[pa.Table]", request: ComparisonRequest) -> NDArray[np.float64]:
    """Compute the costs of the rows of one or two tables, (N, 4). Raises ValueError as `RowCosts.compute`."""
    first, *tests = tables
    computed = [costs.compute(first, request.na_values)]
    with naming(request.test) if request.test else nullcontext():
        computed += [costs.compute(test, request.na_values) for test in tests]
    return np.concatenate(computed)


def take_baseline(request: ComparisonRequest, tables: "Sequence[pa.Table]") -> Baseline:
    """Return the column with the score or decision in use for all rows of one or two tables.

    Raises ValueError if the column has one value, or values of several kinds.
    """
    schema = judge_baseline(tables[0], request)
    return Baseline(schema, pd.concat([take_columns(schema, table) for table in tables], ignore_index=True))


def read_column_request(request: ComparisonRequest, delimiter: str | None) -> ColumnRequest:
    """Return the part of a request that is about columns: kinds, missing values, and columns to leave out.

    delimiter: That of the file if it is delimited text, else None.
    """
    aside = {request.target: Reason.TARGET} | dict.fromkeys(request.drop, Reason.DROPPED)
    if not request.keep_cost_columns:
        aside |= dict.fromkeys(read_costs(request).columns, Reason.COST)
    for reason, column in ((Reason.BASELINE, request.baseline), (Reason.WEIGHT, request.weight)):
        if column is not None:
            aside[column] = reason
    for reason, column in ((Reason.GROUP, request.group), (Reason.TIME, request.time)):
        if column is not None:
            aside[column] = reason
    return ColumnRequest(
        categories=request.category,
        texts=request.text_columns,
        marks=request.mark,
        na_values=request.na_values,
        keep_na=request.keep_na,
        aside=aside,
        decimal=request.decimal,
        delimiter=delimiter,
    )


def check_test_classes(learned: "pd.Series[str]", test: "pd.Series[str]") -> None:
    """Check that the test rows have no class that the other rows lack.

    Args:
        learned: The class of each row of the first file.
        test: The class of each row of the test file.

    Raises:
        ValueError: The test rows have such a class; the message names it.
    """
    if unknown := sorted(set(test) - set(learned)):
        classes = list_names(sorted(set(learned)))
        raise ValueError(
            f"the target {learned.name!r} of the test file has {list_names(unknown)}, which the first file lacks; it "
            f"has {classes}"
        )


def mark_missing_in_features(table: "pa.Table", request: ComparisonRequest) -> "pa.Table":
    """Return a table without the target, with nulls for missing values: NA and the like, NaN, and those of the request.

    The target is left out since a class may be called NA.
    """
    features = select(table, [name for name in table.column_names if name != request.target])
    return mark_missing(features, request.na_values, request.keep_na)
