"""Opening a person's own data: files and frames become `Own`, or one sentence says what is wrong with them."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from imbaloss.comparison.assemble import Asked, Content, join_columns, name_of, own_of
from imbaloss.comparison.column_kinds import judge_columns
from imbaloss.comparison.column_notes import describe_missing_texts, describe_names_with_digits
from imbaloss.comparison.column_values import check_test_columns, name_some, take_columns
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
from imbaloss.comparison.reading.table_file import TableFile, naming
from imbaloss.comparison.reading.text import select
from imbaloss.comparison.targets import name_classes
from imbaloss.nearest import nearest

if TYPE_CHECKING:
    import pyarrow as pa


def open_own(source: Path, asked: Asked, test: Path | None = None) -> Own:
    """Open a table, a folder of images, or a table of names of images. test: what to judge by, of the same kind.

    Raises:
        OSError: A file cannot be read.
        ValueError: Nothing can be learned from the data, or it is not clear what is meant.
    """
    import pyarrow as pa

    with naming(source, test):
        own = open_files(source, asked.normalized, test)
    pa.default_memory_pool().release_unused()  # a third of the memory: the text of the files is needed no more
    return own


def open_files(source: Path, asked: Asked, test: Path | None) -> Own:
    """Do what `open_own` does. Messages about columns and rows of the first file do not name it."""
    if not source.exists():
        raise FileNotFoundError(f"there is no file or folder {source}")
    if source.is_dir() and not is_parquet_folder(source):
        return open_image_folder(source, asked, test)
    if source.suffix.lower() in arrays.ENDINGS and has_images(read := arrays.read_arrays(source)):
        return open_image_arrays(source, read, asked, test)
    files = [source, *([test] if test else [])]
    parts = [TableFile(file, asked.reading).read() for file in files]
    tables, notes = [part.table for part in parts], [note for part in parts for note in part.notes]
    check_columns(tables[0].column_names, asked, str(source))
    if (column := find_image_column(tables[0], asked)) is not None:
        return open_image_listing(files, tables, column, asked, notes)
    refuse_size(asked, f"{source} is a table, and none of its columns names image files, such as scans/1.png")
    return of_tables(name_of(source), tables, asked, notes=notes, test=test, delimiter=parts[0].delimiter)


def check_columns(names: Collection[str], asked: Asked, source: str) -> None:
    """Check that the columns that were named are there, and that none is named for two things.

    Raises:
        ValueError: One is not, or is named twice.
    """
    wanted = {"target": asked.target, "group": asked.group, "time": asked.time}
    lists = {"drop": asked.drop, "category": asked.category, "mark": asked.mark, "keep-na": asked.keep_na}
    named = [*wanted.items(), *((what, name) for what, several in lists.items() for name in several)]
    for what, name in named:
        if name is not None and name not in names:
            there = f"it has {name_some(list(names))}"
            if len(names) == 1:
                there = f"it has one column, {next(iter(names))!r}: is the delimiter another than , ; | and tab?"
            raise ValueError(f"{source} has no column {name!r}, the {what}{nearest(name, names)}; {there}")
    for what in ("group", "time"):
        if wanted[what] == asked.target:
            raise ValueError(
                f"the {what} column is the target, {asked.target!r}: rows would be divided by what is to be found"
            )
    if asked.group is not None and asked.time is not None:
        if asked.group == asked.time:
            raise ValueError(f"column {asked.group!r} is both group and time: take one of the two")
        raise ValueError("rows are divided by group or by time, not by both: leave out one of the two")
    if asked.target in asked.drop:
        raise ValueError(f"the target, {asked.target!r}, cannot be left out")
    if both := set(asked.mark) & set(asked.category):
        raise ValueError(f"column {min(both)!r} is both a category and a number with marks: take one of the two")


def of_tables(
    name: str,
    tables: "Sequence[pa.Table]",
    asked: Asked,
    *,
    classes: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
    test: Path | None = None,
    delimiter: str | None = None,
) -> Own:
    """Return own data of Arrow tables: all rows, or those to learn from and those to judge by.

    classes: what each name of a class stands for, as of `Content`. test: the file to judge by, for messages.
    delimiter: of the first file, where it is text.

    Raises:
        ValueError: Nothing can be learned from the data.
    """
    first = tables[0]
    check_names(name, first.column_names)
    check_columns(first.column_names, asked, name)
    aside = {asked.target: "is the target"} | dict.fromkeys(asked.drop, "was left out as asked")
    for what, column in (("group", asked.group), ("time", asked.time)):
        if column is not None:
            aside[column] = f"is the {what} of a row"
    request = ColumnRequest(asked.category, asked.mark, asked.na_values, asked.keep_na, aside, asked.decimal, delimiter)
    target = name_classes(asked.target, find_target(first, asked.target, asked.na_values))
    marked = [mark_missing_in_features(table, asked) for table in tables]
    schema = judge_columns(marked[0], request)
    targets, features = [target], [take_columns(schema, marked[0])]
    for other, features_of_other in zip(tables[1:], marked[1:], strict=True):
        needed = [*schema.read_from, *(column for column in (asked.target, asked.group, asked.time) if column)]
        check_test_columns(needed, other.column_names, schema.left_out)
        with naming(test) if test else nullcontext():
            features.append(take_columns(schema, features_of_other))
            targets.append(name_classes(asked.target, find_target(other, asked.target, asked.na_values), whole=False))
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
            *describe_names_with_digits(first, schema, asked.category),
        ),
        classes=classes or {},
        groups=join_columns(marked, asked.group),
        times=join_columns(marked, asked.time),
    )
    return own_of(content, asked)


def check_known_classes(known: "pd.Series[str]", judged_by: "pd.Series[str]") -> None:
    """Check that the rows to judge by have no class that the rows to learn from have not.

    Raises:
        ValueError: They have.
    """
    if unknown := sorted(set(judged_by) - set(known)):
        there = name_some(sorted(set(known)))
        raise ValueError(f"the test file has {name_some(unknown)} in {known.name!r}, where the first file has {there}")


def mark_missing_in_features(table: "pa.Table", asked: Asked) -> "pa.Table":
    """Make nulls of what means missing in all columns but the target, whose classes may be called NA."""
    features = select(table, [name for name in table.column_names if name != asked.target])
    return mark_missing(features, asked.na_values, asked.keep_na)
