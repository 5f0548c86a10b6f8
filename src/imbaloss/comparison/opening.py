"""Opening a person's own data: files and frames become `Own`, or one sentence says what is wrong with them."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from imbaloss.choices import suggest
from imbaloss.comparison.assemble import Content, join_columns, name_of, own_of
from imbaloss.comparison.column_kinds import judge_columns
from imbaloss.comparison.column_notes import describe_missing_texts, describe_names_with_digits
from imbaloss.comparison.column_values import check_test_columns, name_some, take_columns
from imbaloss.comparison.columns import Reason
from imbaloss.comparison.judgement import ColumnRequest
from imbaloss.comparison.missing_values import find_target, mark_missing
from imbaloss.comparison.opening_images import (
    find_image_column,
    has_images,
    open_image_arrays,
    open_image_folder,
    open_image_listing,
    refuse_size,
)
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.reading import arrays
from imbaloss.comparison.reading.names import check_names
from imbaloss.comparison.reading.parquet import is_parquet_folder
from imbaloss.comparison.reading.table_file import ReadingOptions, TableFile, naming
from imbaloss.comparison.reading.text import select
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.targets import name_classes

if TYPE_CHECKING:
    import pyarrow as pa


def open_own(source: Path, request: ComparisonRequest) -> Own:
    """Open a table, a folder of images, or a table of names of images.

    Raises:
        OSError: A file cannot be read.
        ValueError: Nothing can be learned from the data, or it is not clear what is meant.
    """
    import pyarrow as pa

    with naming(source, request.test):
        own = open_files(source, request)
    pa.default_memory_pool().release_unused()  # a third of the memory: the text of the files is needed no more
    return own


def open_files(source: Path, request: ComparisonRequest) -> Own:
    """Do what `open_own` does. Messages about columns and rows of the first file do not name it."""
    if not source.exists():
        raise FileNotFoundError(f"there is no file or folder {source}")
    if source.is_dir() and not is_parquet_folder(source):
        return open_image_folder(source, request)
    if source.suffix.lower() in arrays.ENDINGS and has_images(read := arrays.read_arrays(source)):
        return open_image_arrays(source, read, request)
    files = [source, *([request.test] if request.test else [])]
    reading = ReadingOptions(request.encoding, request.sheet)
    parts = [TableFile(file, reading).read() for file in files]
    tables, notes = [part.table for part in parts], [note for part in parts for note in part.notes]
    check_columns(tables[0].column_names, request, str(source))
    if (column := find_image_column(tables[0], request)) is not None:
        return open_image_listing(files, tables, column, request, notes)
    refuse_size(request, f"{source} is a table, and none of its columns names image files, such as scans/1.png")
    return of_tables(name_of(source), tables, request, notes=notes, delimiter=parts[0].delimiter)


def check_columns(names: Collection[str], request: ComparisonRequest, source: str) -> None:
    """Check that the columns that were named are there, and that none is named for two things.

    Raises:
        ValueError: One is not, or is named twice.
    """
    wanted = {"target": request.target, "group": request.group, "time": request.time}
    lists = {"drop": request.drop, "category": request.category, "mark": request.mark, "keep-na": request.keep_na}
    named = [*wanted.items(), *((what, name) for what, several in lists.items() for name in several)]
    for what, name in named:
        if name is not None and name not in names:
            there = f"it has {name_some(list(names))}"
            if len(names) == 1:
                there = f"it has one column, {next(iter(names))!r}: is the delimiter another than , ; | and tab?"
            raise ValueError(f"{source} has no column {name!r}, the {what}{suggest(name, names)}; {there}")
    for what in ("group", "time"):
        if wanted[what] == request.target:
            raise ValueError(
                f"the {what} column is the target, {request.target!r}: rows would be divided by what is to be found"
            )
    if request.group is not None and request.time is not None:
        if request.group == request.time:
            raise ValueError(f"column {request.group!r} is both group and time: take one of the two")
        raise ValueError("rows are divided by group or by time, not by both: leave out one of the two")
    if request.target in request.drop:
        raise ValueError(f"the target, {request.target!r}, cannot be left out")
    if both := set(request.mark) & set(request.category):
        raise ValueError(f"column {min(both)!r} is both a category and a number with marks: take one of the two")


def of_tables(
    name: str,
    tables: "Sequence[pa.Table]",
    request: ComparisonRequest,
    *,
    classes: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
    delimiter: str | None = None,
) -> Own:
    """Return own data of Arrow tables: all rows, or those to learn from and those to judge by.

    classes: what each name of a class stands for, as of `Content`. delimiter: of the first file, where it is text.

    Raises:
        ValueError: Nothing can be learned from the data.
    """
    first = tables[0]
    check_names(name, first.column_names)
    check_columns(first.column_names, request, name)
    aside = {request.target: Reason.TARGET} | dict.fromkeys(request.drop, Reason.DROPPED)
    for reason, column in ((Reason.GROUP, request.group), (Reason.TIME, request.time)):
        if column is not None:
            aside[column] = reason
    columns = ColumnRequest(
        request.category, request.mark, request.na_values, request.keep_na, aside, request.decimal, delimiter
    )
    target = name_classes(request.target, find_target(first, request.target, request.na_values))
    marked = [mark_missing_in_features(table, request) for table in tables]
    schema = judge_columns(marked[0], columns)
    targets, features = [target], [take_columns(schema, marked[0])]
    for other, features_of_other in zip(tables[1:], marked[1:], strict=True):
        needed = [*schema.read_from, *(column for column in (request.target, request.group, request.time) if column)]
        check_test_columns(needed, other.column_names, schema.left_out)
        with naming(request.test) if request.test else nullcontext():
            features.append(take_columns(schema, features_of_other))
            labels = find_target(other, request.target, request.na_values)
            targets.append(name_classes(request.target, labels, whole=False))
            check_known_classes(target, targets[-1])
    held_out = sum(other.num_rows for other in tables[1:])
    content = Content(
        name=name,
        features=pd.concat(features, ignore_index=True) if len(features) > 1 else features[0],
        kind=schema,
        target=pd.concat(targets, ignore_index=True) if len(targets) > 1 else target,
        held_out=held_out,
        notes=(
            *notes,
            *describe_missing_texts(first, schema),
            *describe_names_with_digits(first, schema, request.category),
        ),
        classes=classes or {},
        groups=join_columns(marked, request.group),
        times=join_columns(marked, request.time),
    )
    return own_of(content, request)


def check_known_classes(known: "pd.Series[str]", judged_by: "pd.Series[str]") -> None:
    """Check that the rows to judge by have no class that the rows to learn from have not.

    Raises:
        ValueError: They have.
    """
    if unknown := sorted(set(judged_by) - set(known)):
        there = name_some(sorted(set(known)))
        raise ValueError(f"the test file has {name_some(unknown)} in {known.name!r}, where the first file has {there}")


def mark_missing_in_features(table: "pa.Table", request: ComparisonRequest) -> "pa.Table":
    """Make nulls of what means missing in all columns but the target, whose classes may be called NA."""
    features = select(table, [name for name in table.column_names if name != request.target])
    return mark_missing(features, request.na_values, request.keep_na)
