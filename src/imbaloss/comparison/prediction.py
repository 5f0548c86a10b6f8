"""Predictions for a file of any length, part by part."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.choices import suggest
from imbaloss.comparison import table_writing
from imbaloss.comparison.column_values import name_some
from imbaloss.comparison.columns import Column, ColumnKind, DateForm, NumberForm, Schema
from imbaloss.comparison.missing_values import mark_missing
from imbaloss.comparison.own_model import OwnModel
from imbaloss.comparison.preparation import ImagePreparation, TablePreparation
from imbaloss.comparison.reading import arrays, dates, image_names, numbers
from imbaloss.comparison.reading.image_arrays import prepare_image_array
from imbaloss.comparison.reading.images import prepare_image_files
from imbaloss.comparison.reading.names import normalize_text
from imbaloss.comparison.reading.parquet import is_parquet_folder
from imbaloss.comparison.reading.table_file import AS_DETECTED, ReadingOptions, TableFile, naming
from imbaloss.comparison.reading.text import is_text

if TYPE_CHECKING:
    import pyarrow as pa

AT_ONCE = 8 * 8192  # rows: whole batches of what passes through a network, since bits may go with their sizes
IMAGES_AT_ONCE = 8192
OPEN_FORMS = {None, DateForm.YEAR_FIRST}  # of the training; where a column has them, a new file decides how it is read
PROBABILITY, DECISION, FILE = "probability", "decision", "file"


class Predicted(NamedTuple):
    """What was predicted for a file.

    rows: how many there were. positives: how many of them were called positive. unseen: by column, in how many rows a
    category has a value that the training did not have.
    """

    rows: int
    positives: int
    unseen: dict[str, int]


def predict_file(
    model: OwnModel, source: Path, out: Path, keep: Sequence[str] = (), reading: ReadingOptions = AS_DETECTED
) -> Predicted:
    """Write the probability of the positive class and the decision for each row, in their order.

    Args:
        model: What predicts.
        source: Data as they were compared, with or without the target; of images also a folder without sub-folders.
        out: The file to write, CSV or Parquet.
        keep: Columns that are written beside, as they stand in the file.
        reading: How the file is written.

    Raises:
        OSError: A file cannot be read or written.
        ValueError: The data have other columns, or values that the model cannot take.
    """
    if out.suffix.lower() not in table_writing.ENDINGS:
        raise ValueError(f"{out} has another ending than .csv and .parquet, which tells how to write it")
    if not source.exists():
        raise FileNotFoundError(f"there is no file or folder {source}")
    if out.exists() and out.samefile(source):
        raise ValueError(f"{out} is the file to predict for: write the predictions to another one")
    unseen: Counter[str] = Counter()
    keep = [normalize_text(name) for name in keep]
    if isinstance(model.preparation, TablePreparation):
        parts = predict_table(model, model.preparation, source, keep, reading, unseen=unseen)
    else:
        parts = predict_images(model, model.preparation, source, keep, reading)
    positives = 0

    def counted() -> Iterator[pd.DataFrame]:
        nonlocal positives
        for part in parts:
            positives += int((part[DECISION] == model.positive).sum())
            yield part

    with naming(source):
        rows = table_writing.write_table(out, counted())
    return Predicted(rows, positives, dict(unseen))


def predict_table(
    model: OwnModel,
    preparation: TablePreparation,
    source: Path,
    keep: Sequence[str],
    reading: ReadingOptions,
    *,
    unseen: "Counter[str]",
) -> Iterator[pd.DataFrame]:
    """Yield predictions for the rows of a table, part by part. preparation: the model's. unseen: is added to."""
    if source.is_dir() and not is_parquet_folder(source):
        raise ValueError(f"{source} is a folder, and the model was made of a table")
    file = TableFile(source, reading)
    schema = complete_forms(preparation.schema, file)
    row = 1
    for part in split_evenly(file.parts(AT_ONCE), AT_ONCE):
        check_kept(part.column_names, keep)
        features = model.take_columns(schema, part, row)
        unseen.update(preparation.unseen(features))
        row += part.num_rows
        beside = part.select(list(keep)).to_pandas() if keep else pd.DataFrame(index=range(part.num_rows))
        yield with_predictions(model, beside, model.probabilities(features))


def complete_forms(schema: Schema, file: TableFile) -> Schema:
    """Find out how a file writes the numbers and dates of columns of which the training does not tell.

    What was in a column in training decides how it is read; where the training had no text, all values of the new file
    do.

    Raises:
        ValueError: The file's numbers may part thousands or be decimals.
    """
    unknown = {
        column.name
        for column in schema.columns
        if column.kind in {ColumnKind.NUMBER, ColumnKind.DATE} and column.form in OPEN_FORMS
    }
    distinct: dict[str, pa.Array] = {}
    for part in file.parts(AT_ONCE) if unknown and file.is_text else ():
        names = [name for name in part.column_names if name in unknown and is_text(part.schema.field(name).type)]
        for name, column in zip(names, mark_missing(part.select(names), schema.na_values).columns, strict=True):
            values = column.combine_chunks().drop_null()
            if name in distinct or not is_plain(values):
                distinct[name] = join_distinct(distinct.get(name), values)
    return replace(
        schema, columns=tuple(complete_form(column, distinct.get(column.read_from)) for column in schema.columns)
    )


def complete_form(column: Column, distinct: "pa.Array | None") -> Column:
    """Return a column with the form that its distinct texts in a file have, where they are of its kind."""
    if distinct is None or column.form not in OPEN_FORMS:
        return column
    if column.is_date or column.is_cycle:
        form = dates.find_date_form(distinct)
        return column if form is None else replace(column, form=form)
    found = numbers.find_number_form(distinct)
    numbers.check_unambiguous(f"column {column.name}", found)
    return replace(column, form=found.form) if found.fits.all() else column


def is_plain(values: "pa.Array") -> bool:
    """Return whether all texts are plain numbers, none of which may part thousands with points."""
    is_number = not np.isnan(numbers.parse_numbers(values, NumberForm.PLAIN)).any()
    return is_number and not numbers.all_have_three_decimals(values)


def join_distinct(known: "pa.Array | None", values: "pa.Array") -> "pa.Array":
    """Return each text that is in one of two arrays once."""
    import pyarrow as pa

    return pa.concat_arrays([values if known is None else known, values]).unique()


def split_evenly(parts: "Iterator[pa.Table]", size: int) -> "Iterator[pa.Table]":
    """Yield the same rows in parts of that size, but for the last."""
    import pyarrow as pa

    waiting: list[pa.Table] = []
    for part in parts:
        waiting.append(part)
        while sum(table.num_rows for table in waiting) > size:
            together = pa.concat_tables(waiting)
            yield together.slice(0, size)
            waiting = [together.slice(size)]
    yield pa.concat_tables(waiting)


def check_kept(names: Sequence[str], keep: Sequence[str]) -> None:
    """Check that the columns to keep are there, and are not called as a column of predictions.

    Raises:
        ValueError: One is not, or is.
    """
    for name in keep:
        if name in {PROBABILITY, DECISION, FILE}:
            raise ValueError(f"{name!r} is what a column of predictions is called: keep the others, or rename it")
        if name not in names:
            there = f"there are {name_some(list(names))}"
            raise ValueError(f"there is no column {name!r} to keep{suggest(name, names)}; {there}")


def with_predictions(model: OwnModel, beside: pd.DataFrame, probabilities: NDArray[np.float64]) -> pd.DataFrame:
    """Return columns of the file with probabilities and decisions behind them."""
    return beside.assign(**{PROBABILITY: probabilities, DECISION: model.decided(probabilities)})


def predict_images(
    model: OwnModel, preparation: ImagePreparation, source: Path, keep: Sequence[str], reading: ReadingOptions
) -> Iterator[pd.DataFrame]:
    """Yield predictions for images: of an NPZ file, a folder, or a table that names them. preparation: the model's."""
    if source.suffix.lower() in arrays.ENDINGS:
        several = [(name, array) for name, array in arrays.read_arrays(source).items() if array.ndim > 2]
        if len(several) != 1:
            raise ValueError(f"{source} must hold one array of images, found {len(several)}")
        if keep:
            raise ValueError(f"{source} holds images as arrays, and has no columns to keep")
        name, array = several[0]
        pixels = prepare_image_array(f"array {name!r} of {source}", array, preparation)
        yield with_predictions(model, pd.DataFrame(index=range(len(pixels))), model.probabilities(pixels))
        return
    files, beside = find_images(source, keep, preparation.column, reading)
    for start in range(0, len(files), IMAGES_AT_ONCE):
        some_files = files[start : start + IMAGES_AT_ONCE]
        probabilities = model.probabilities(prepare_image_files(some_files, preparation))
        yield with_predictions(model, beside.iloc[start : start + IMAGES_AT_ONCE].reset_index(drop=True), probabilities)


def find_images(
    source: Path, keep: Sequence[str], known: str | None, reading: ReadingOptions
) -> tuple[list[Path], pd.DataFrame]:
    """Return one image file, those of a folder, or those that a table names, and what is written beside predictions.

    known: the column that named the files that were learned from; where the table lacks it, another one may.
    """
    if source.is_dir() or image_names.names_image(source.name):
        if keep:
            raise ValueError(f"{source} is {'a folder' if source.is_dir() else 'an image'}, and has no columns to keep")
        if not source.is_dir():
            return [source], pd.DataFrame({FILE: [image_names.printable(source.name)]})
        files = image_names.find_images(source)
        names = [image_names.printable(file.relative_to(source).as_posix()) for file in files]
        return files, pd.DataFrame({FILE: names})
    table = TableFile(source, reading).read().table
    check_kept(table.column_names, keep)
    frame = pd.DataFrame({name: pd.Series(table[name].to_pylist(), dtype=object) for name in table.column_names})
    among = list(frame.columns) if known is None or known not in frame.columns else [known]
    column = image_names.find_file_column(frame, among, wanted=True)
    if column is None:
        raise ValueError(f"{source} has no column that names image files, of which the model was made")
    beside = frame[list(keep)].assign(**{FILE: frame[column]})
    return image_names.locate_listed_files(source, frame[column]), beside
