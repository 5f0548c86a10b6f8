"""Opening images as a person's own data: folders of classes, tables that name image files, and arrays."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.assemble import Content, assemble_own, derive_name, join_columns
from imbaloss.comparison.column_values import check_test_columns, list_names
from imbaloss.comparison.columns import Schema
from imbaloss.comparison.image_features import (
    EmbeddedImages,
    FeatureMaker,
    ImageColumn,
    make_image_frame,
    make_image_schema,
)
from imbaloss.comparison.missing_values import find_target, mark_missing
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.pictures import Pictures
from imbaloss.comparison.preparation import ImagePreparation
from imbaloss.comparison.reading import arrays, image_names
from imbaloss.comparison.reading.frames import table_from_frame
from imbaloss.comparison.reading.image_arrays import NamedArray, fit_image_arrays
from imbaloss.comparison.reading.images import SIZE, fit_image_files
from imbaloss.comparison.reading.text import columns_by_name, find_in_columns, is_text, iterate_blocks
from imbaloss.comparison.request import TFIDF, ComparisonRequest
from imbaloss.comparison.segments import cut_segments
from imbaloss.comparison.study import choose_methods
from imbaloss.comparison.targets import name_classes
from imbaloss.features import ProgressHandler, ignore_progress
from imbaloss.features.texts import check_text_option
from imbaloss.field_tables import FieldError
from imbaloss.training.recipe import read_entries

if TYPE_CHECKING:
    import pyarrow as pa

Arrays = Mapping[str, NDArray[Any]]


def has_images(loaded: Arrays) -> bool:
    """Say whether one of the arrays of an NPZ file has more than two axes, the most that a table has."""
    return any(array.ndim > 2 for array in loaded.values())


def open_features(request: ComparisonRequest, on_progress: ProgressHandler = ignore_progress) -> FeatureMaker | None:
    """Open what makes features of images if a request asks for them, else return None.

    A request for features, also for those of texts, is checked first: weights may be large.

    Raises:
        ValueError: The extractor cannot be had, or the request cannot be met.
        OSError: A file of the extractor cannot be read.
    """
    features = request.write_option("features")
    if request.text != TFIDF:
        check_text_option(request.text)
    if request.features is None and request.text == TFIDF:
        if request.bundle:
            raise ValueError(
                f"{request.write_option('bundle')} is for {features}, and for frozen features by "
                f"{request.write_option('text')}: leave it out"
            )
        return None
    request.check_combinations()
    request.check_numbers()
    choose_methods(request)
    try:
        read_entries({**request.recipe, "features": request.features or ""})
    except FieldError as error:
        raise ValueError(error.sentence(request.write_option(error.field))) from error
    if request.features is None:
        return None
    refuse_size(request, f"the model of {features} decides the size of images")
    return FeatureMaker.open(request.features, on_progress)


def refuse_features(request: ComparisonRequest, reason: str) -> None:
    """Refuse a request for features of images, because there are none; do nothing without one. reason: the message.

    Raises:
        ValueError: The request names a model that makes features.
    """
    if request.features is not None:
        raise ValueError(f"{reason}: leave out {request.write_option('features')}, which is for images")


def open_image_folder(folder: Path, request: ComparisonRequest, maker: FeatureMaker | None = None) -> Own:
    """Open a folder of images whose sub-folders are the classes.

    The images of the test folder that the request may name become the last rows. maker: Makes the features that are
    learned from; None to learn from pixels.

    Raises:
        OSError: A file cannot be read.
        ValueError: There are fewer than two classes, an image cannot be read, the test data are no folder, or the
            request has an option for tables, such as a column.
    """
    files, labels, notes = image_names.find_class_images(folder)
    held_out = 0
    if request.test is not None:
        if not request.test.is_dir():
            problem = "is no folder" if request.test.exists() else "does not exist"
            raise ValueError(f"{request.test} {problem}: the test data must be a folder like {folder}")
        test_files, test_labels, test_notes = image_names.find_class_images(request.test)
        files, labels, notes, held_out = files + test_files, labels + test_labels, notes + test_notes, len(test_files)
    refuse_columns(request, f"{folder} is a folder of images, and has no columns")
    target = name_label_classes(request.target, labels)
    if maker is not None:
        learned = learn_from_features(maker.fit_files(files))
    else:
        pixels, preparation, image_notes = fit_image_files(files, request.size or SIZE)
        learned = LearnedImages(lambda: pixels, preparation, image_notes)
    return assemble_own(learned.make_content(derive_name(folder), target, held_out, notes), request)


def name_label_classes(target: str, labels: Any) -> "pd.Series[str]":
    """Return labels (N,) of any type as names of classes: 0, 0.0 and "0" are one class, and so are true and True.

    target: The name of the target, for messages.

    Raises:
        ValueError: A label is missing, or there is one class, or more than 100.
    """
    table = table_from_frame(pd.DataFrame({"labels": labels}))
    return name_classes(target, table["labels"].combine_chunks())


def refuse_size(request: ComparisonRequest, reason: str) -> None:
    """Refuse a request with a size for images, because there is nothing to resize; do nothing without a size.

    reason: Begins the message.

    Raises:
        ValueError: The request has a size.
    """
    if request.size is not None:
        raise ValueError(f"{reason}: leave out --image-size, which is for images in files")


def refuse_columns(request: ComparisonRequest, reason: str) -> None:
    """Refuse a request with options of tables, because there are no columns; do nothing without such options.

    reason: Begins the message.

    Raises:
        ValueError: The request names a column, an encoding or a sheet.
    """
    for option in ("group", "time", "drop", "category", "mark", "keep_na", "segment"):
        if getattr(request, option):
            raise ValueError(f"{reason}: leave out --{option.replace('_', '-')}, which names a column of a table")
    refuse_options_of_rows(request)
    for option in ("encoding", "sheet"):
        if getattr(request, option):
            raise ValueError(f"{reason}: leave out --{option}, which is for files of tables")


def refuse_options_of_rows(
    request: ComparisonRequest, options: Sequence[str] = ("cost", "weight", "baseline", "segment", "text_columns")
) -> None:
    """Refuse what is for tables: costs or weights by row, a baseline, segments, columns of text.

    Nothing is done without them.

    options: The fields of the request that are refused.

    Raises:
        ValueError: The request has one of them.
    """
    if request.text != TFIDF:
        raise ValueError(f"{request.write_option('text')} is for tables, and these are images: leave it out")
    for option in options:
        if getattr(request, option):
            rule = f"{request.write_option('threshold')} cost:fn=10"
            instead = f", and give constant costs as {rule}" if option == "cost" else ""
            written = request.write_option(option)
            raise ValueError(f"{written} is for tables, and these are images: leave it out{instead}")


def find_image_column(table: "pa.Table", request: ComparisonRequest) -> str | None:
    """Return the column of a table in which at least half of the values name image files; None if there is none.

    Target, groups, times and dropped columns are not searched. If the request has a size for images or asks for their
    features, one value that names an image suffices.

    Raises:
        ValueError: Two columns name images, or a column names images of a kind that cannot be read.
    """
    excluded = {request.target, request.group, request.time, *request.drop}
    columns = columns_by_name(table)
    texts = [name for name, column in columns.items() if is_text(column.type) and name not in excluded]
    wanted = request.size is not None or request.features is not None
    alone = wanted or len(columns.keys() - excluded) == 1
    endings = (*image_names.ENDINGS, *(image_names.PICTURES if alone else ()))
    ending = rf"\.({'|'.join(ending.lstrip('.') for ending in endings)})$"
    among = [
        name
        for block, array in iterate_blocks(columns, texts)
        for name, has_ending in zip(block, find_in_columns(array, len(block), ending), strict=True)
        if has_ending
    ]
    frame = pd.DataFrame({name: columns[name].to_pylist() for name in among})
    return image_names.find_file_column(frame, among, wanted=wanted)


def embed_image_column(
    sources: Sequence[Path], tables: "Sequence[pa.Table]", column: str, maker: FeatureMaker
) -> ImageColumn:
    """Return the column of one or two tables that names images, with what makes their features.

    Args:
        sources: The files of the tables; the names are relative to their folders.
        tables: The content of these files.
        column: The column that names the images.
        maker: Makes the features.

    Raises:
        OSError: A named file does not exist or cannot be read.
        ValueError: A row names no image, or an image cannot be read.
    """
    for test in tables[1:]:
        check_test_columns([column], test.column_names, tables[0].column_names)
    located = [
        image_names.locate_listed_files(source, pd.Series(table[column].to_pylist(), name=column, dtype=object))
        for source, table in zip(sources, tables, strict=True)
    ]
    embedded = maker.fit_files([*chain(*located)], column)
    return ImageColumn(column, embedded, tuple(map(len, located)))


def open_image_listing(
    sources: Sequence[Path],
    tables: "Sequence[pa.Table]",
    column: str,
    request: ComparisonRequest,
    notes: Sequence[str],
) -> Own:
    """Open the images that a column of a table names, relative to the folder of the table.

    Other columns than target, groups, times and those of segments are ignored, with a note.

    Args:
        sources: The files of the table and, if there is one, of the test table.
        tables: The content of these files.
        column: The column that names the images.
        request: The request.
        notes: Notes on the files.

    Raises:
        OSError: A named file does not exist or cannot be read.
        ValueError: A row names no image, an image cannot be read, or the tables have different columns.
    """
    refuse_options_of_rows(request, ("cost", "weight", "baseline"))
    named = {request.target, column, request.group, request.time, *request.segment}
    needed = [name for name in tables[0].column_names if name in named]
    for test in tables[1:]:
        check_test_columns(needed, test.column_names, tables[0].column_names)
    located = [
        image_names.locate_listed_files(source, pd.Series(table[column].to_pylist(), name=column, dtype=object))
        for source, table in zip(sources, tables, strict=True)
    ]
    ignored = [name for name in tables[0].column_names if name not in {*needed, *request.drop}]
    unused = []
    if ignored:
        noun = "column" if len(ignored) == 1 else "columns"
        unused = [f"Ignored {noun} {list_names(ignored)}: a network learns either from images or from columns"]
    pixels, preparation, image_notes = fit_image_files([*chain(*located)], request.size or SIZE)
    targets = [find_target(table, request.target, request.na_values) for table in tables]
    marked = [mark_missing(table, request.na_values, request.keep_na) for table in tables]
    content = Content(
        name=derive_name(sources[0]),
        make_features=lambda: pixels,
        kind=replace(preparation, column=column),
        target=name_label_classes(request.target, [label for target in targets for label in target.to_pylist()]),
        held_out=sum(table.num_rows for table in tables[1:]),
        notes=(*notes, *unused, *image_notes),
        groups=join_columns(marked, request.group),
        times=join_columns(marked, request.time),
        segments=cut_segments(marked, request),
    )
    return assemble_own(content, request)


def open_image_arrays(
    source: Path, loaded: Arrays, request: ComparisonRequest, maker: FeatureMaker | None = None
) -> Own:
    """Open an NPZ file with one array of images and one of labels, named like the target.

    Args:
        source: The file. The request may name another one with test images.
        loaded: The arrays of the file, by name.
        request: The request.
        maker: Makes the features that are learned from; None to learn from pixels.

    Raises:
        OSError: The test file cannot be read.
        ValueError: A file lacks such arrays, the images cannot be understood, or the request has a size or an option
            for tables, such as a column.
    """
    refuse_columns(request, f"{source} holds images as arrays")
    refuse_size(request, f"{source} holds images as arrays")
    named, labels = [], []
    for file in [source, *([request.test] if request.test else [])]:
        of_file = loaded if file == source else arrays.read_arrays(file)
        names = [name for name, array in of_file.items() if array.ndim > 2]
        if len(names) != 1 or request.target not in of_file or of_file[request.target].size != len(of_file[names[0]]):
            existing = ", ".join(f"{name} {array.shape}" for name, array in of_file.items())
            needed = f"one array of images and an array {request.target!r} of as many labels"
            raise ValueError(f"{file} must hold {needed}; it has {existing}")
        named.append((f"array {names[0]!r} of {file}", of_file[names[0]]))
        labels.append(of_file[request.target].ravel())
    held_out = len(labels[1]) if request.test else 0
    target = name_label_classes(request.target, np.concatenate(labels))
    learned = fit_arrays(named, maker)
    return assemble_own(learned.make_content(derive_name(source), target, held_out), request)


class LearnedImages(NamedTuple):
    """What is learned from of images, the rules of reading them, notes, and the images for the page."""

    make_features: Callable[[], pd.DataFrame | NDArray[np.uint8]]
    kind: Schema | ImagePreparation
    notes: tuple[str, ...]
    pictures: Pictures | None = None

    def make_content(self, name: str, target: "pd.Series[str]", held_out: int, notes: Sequence[str] = ()) -> Content:
        """Return them as the content of data.

        Args:
            name: The name of the data.
            target: (N,), the name of the class of each image.
            held_out: The number of images at the end that are for test alone.
            notes: What was noted before the images were read.
        """
        return Content(
            name, self.make_features, self.kind, target, held_out, (*notes, *self.notes), pictures=self.pictures
        )


def learn_from_features(embedded: EmbeddedImages) -> LearnedImages:
    """Return what is learned from of images that become features, which are not made yet."""
    return LearnedImages(
        lambda: make_image_frame(embedded.vectors),
        make_image_schema(embedded.embedding),
        embedded.notes,
        embedded.pictures,
    )


def fit_arrays(named: Sequence[NamedArray], maker: FeatureMaker | None) -> LearnedImages:
    """Return what is learned from of images in arrays, the rules by which they were read, and notes.

    Args:
        named: Pairs of a name, for messages, and an array.
        maker: Makes the features that are learned from; None to learn from pixels.

    Raises:
        ValueError: The images cannot be understood, or all are alike.
    """
    if maker is not None:
        return learn_from_features(maker.fit_arrays(named))
    fitted = fit_image_arrays(named)
    return LearnedImages(lambda: fitted.pixels, fitted.preparation, fitted.notes)
