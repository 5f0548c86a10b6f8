"""Opening images as a person's own data: folders of classes, tables of names of files, arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.assemble import Content, join_columns, name_of, own_of
from imbaloss.comparison.column_values import check_test_columns, name_some
from imbaloss.comparison.missing_values import find_target, mark_missing
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.reading import arrays, image_names
from imbaloss.comparison.reading.frames import table_from_frame
from imbaloss.comparison.reading.image_arrays import fit_image_arrays
from imbaloss.comparison.reading.images import SIZE, fit_image_files
from imbaloss.comparison.reading.text import columns_by_name, find_in_columns, is_text, iterate_blocks
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.targets import name_classes

if TYPE_CHECKING:
    import pyarrow as pa

Arrays = Mapping[str, NDArray[Any]]


def has_images(read: Arrays) -> bool:
    """Return whether an array has more axes than a table has."""
    return any(array.ndim > 2 for array in read.values())


def open_image_folder(folder: Path, request: ComparisonRequest) -> Own:
    """Return the images of a folder, whose sub-folders are the classes, whatever the target is called.

    Raises:
        ValueError: There are no two classes, or an image cannot be read.
    """
    files, labels, notes = image_names.find_class_images(folder)
    held_out = 0
    if request.test is not None:
        if not request.test.is_dir():
            there = "is no folder" if request.test.exists() else "is not there"
            raise ValueError(f"{request.test} {there}, and {folder} is a folder: both must be")
        test_files, test_labels, test_notes = image_names.find_class_images(request.test)
        files, labels, notes, held_out = files + test_files, labels + test_labels, notes + test_notes, len(test_files)
    refuse_columns(request, f"{folder} is a folder of images, and has no columns")
    pixels, preparation, said = fit_image_files(files, request.size or SIZE)
    target = classes_of_labels(request.target, labels)
    return own_of(Content(name_of(folder), pixels, preparation, target, held_out, (*notes, *said)), request)


def classes_of_labels(target: str, labels: Any) -> "pd.Series[str]":
    """Return labels (N,) as names of classes."""
    table = table_from_frame(pd.DataFrame({"labels": labels}))
    return name_classes(target, table["labels"].combine_chunks())


def refuse_size(request: ComparisonRequest, reason: str) -> None:
    """Refuse a size of images where there is nothing to resize.

    Raises:
        ValueError: A size was asked for.
    """
    if request.size is not None:
        raise ValueError(f"{reason}: leave out --size, which is for images in files")


def refuse_columns(request: ComparisonRequest, reason: str) -> None:
    """Refuse names of columns where there are no columns.

    Raises:
        ValueError: A column was named.
    """
    for option in ("group", "time", "drop", "category", "mark", "keep_na"):
        if getattr(request, option):
            raise ValueError(f"{reason}: leave out --{option.replace('_', '-')}, which names a column of a table")
    for option in ("encoding", "sheet"):
        if getattr(request, option):
            raise ValueError(f"{reason}: leave out --{option}, which is for files of tables")


def find_image_column(table: "pa.Table", request: ComparisonRequest) -> str | None:
    """Return the column of a table that names image files; None where none does.

    Raises:
        ValueError: Two columns do, or one does in some rows only.
    """
    others = {request.target, request.group, request.time, *request.drop}
    columns = columns_by_name(table)
    texts = [name for name, column in columns.items() if is_text(column.type) and name not in others]
    alone = request.size is not None or len(columns.keys() - others) == 1
    endings = (*image_names.ENDINGS, *(image_names.PICTURES if alone else ()))
    ending = rf"\.({'|'.join(ending.lstrip('.') for ending in endings)})$"
    among = [
        name
        for block, array in iterate_blocks(columns, texts)
        for name, found in zip(block, find_in_columns(array, len(block), ending), strict=True)
        if found
    ]
    frame = pd.DataFrame({name: columns[name].to_pylist() for name in among})
    return image_names.find_file_column(frame, among, wanted=request.size is not None)


def open_image_listing(
    sources: Sequence[Path],
    tables: "Sequence[pa.Table]",
    column: str,
    request: ComparisonRequest,
    notes: Sequence[str],
) -> Own:
    """Return the images that a column names, each found from where its table lies.

    sources: the table to learn from, and perhaps the one to judge by; tables: what they hold.

    Raises:
        ValueError: A file is missing or no image, or the tables have different columns.
    """
    needed = [name for name in tables[0].column_names if name in {request.target, column, request.group, request.time}]
    for other in tables[1:]:
        check_test_columns(needed, other.column_names, tables[0].column_names)
    located = [
        image_names.locate_listed_files(source, pd.Series(table[column].to_pylist(), name=column, dtype=object))
        for source, table in zip(sources, tables, strict=True)
    ]
    ignored = [name for name in tables[0].column_names if name not in {*needed, *request.drop}]
    unused = [f"not used: {name_some(ignored)}, since a network learns from images or from columns"] if ignored else []
    pixels, preparation, said = fit_image_files([*chain(*located)], request.size or SIZE)
    targets = [find_target(table, request.target, request.na_values) for table in tables]
    marked = [mark_missing(table, request.na_values, request.keep_na) for table in tables]
    content = Content(
        name=name_of(sources[0]),
        features=pixels,
        kind=replace(preparation, column=column),
        target=classes_of_labels(request.target, [label for target in targets for label in target.to_pylist()]),
        held_out=sum(table.num_rows for table in tables[1:]),
        notes=(*notes, *unused, *said),
        groups=join_columns(marked, request.group),
        times=join_columns(marked, request.time),
    )
    return own_of(content, request)


def open_image_arrays(source: Path, read: Arrays, request: ComparisonRequest) -> Own:
    """Return the images of an NPZ file with one array of images, and one of labels. read: its arrays.

    Raises:
        ValueError: The file has other arrays, or the images cannot be understood.
    """
    refuse_columns(request, f"{source} holds images as arrays")
    refuse_size(request, f"{source} holds images as arrays")
    named, labels = [], []
    for file in [source, *([request.test] if request.test else [])]:
        of_file = read if file == source else arrays.read_arrays(file)
        names = [name for name, array in of_file.items() if array.ndim > 2]
        if len(names) != 1 or request.target not in of_file or of_file[request.target].size != len(of_file[names[0]]):
            there = ", ".join(f"{name} {array.shape}" for name, array in of_file.items())
            needed = f"one array of images and an array {request.target!r} of as many labels"
            raise ValueError(f"{file} must hold {needed}; it has {there}")
        named.append((f"array {names[0]!r} of {file}", of_file[names[0]]))
        labels.append(of_file[request.target].ravel())
    held_out = len(labels[1]) if request.test else 0
    pixels, preparation, notes = fit_image_arrays(named)
    target = classes_of_labels(request.target, np.concatenate(labels))
    return own_of(Content(name_of(source), pixels, preparation, target, held_out, notes), request)
