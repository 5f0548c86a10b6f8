"""Predictions for a file of any length, one part after the other."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison import table_writing
from imbaloss.comparison.columns import Column, ColumnKind, DateForm, NumberForm, Schema
from imbaloss.comparison.explanation import (
    BASE,
    CONTRIBUTION,
    NAMES,
    SEED,
    Explaining,
    Explanation,
    RowSample,
    RowsToExplain,
    check_explaining,
)
from imbaloss.comparison.first_checks import check_files, check_kept_column, name_explained
from imbaloss.comparison.image_inputs import ImageInputs, embed_columns
from imbaloss.comparison.missing_values import mark_missing
from imbaloss.comparison.new_data import NewRows
from imbaloss.comparison.own_model import OwnModel
from imbaloss.comparison.predicted import AS_TRAINED, Deciding, Predicted
from imbaloss.comparison.preparation import TablePreparation
from imbaloss.comparison.reading import arrays, dates, image_names, numbers
from imbaloss.comparison.reading.names import normalize_text
from imbaloss.comparison.reading.parquet import is_parquet_folder
from imbaloss.comparison.reading.reading_options import AS_DETECTED, ReadingOptions, naming
from imbaloss.comparison.reading.table_file import TableFile
from imbaloss.comparison.reading.text import is_text

if TYPE_CHECKING:
    import pyarrow as pa

AT_ONCE = 8 * 8192  # number of rows of a part: whole batches of inference, since the size of a batch may change bits
IMAGES_AT_ONCE = 8192  # number of images of a part
OPEN_FORMS = {None, DateForm.YEAR_FIRST}  # forms of the training that leave the form of a new file open
DECISION, FILE = "decision", "file"


def predict_file(
    model: OwnModel,
    source: Path,
    out: Path,
    keep: Sequence[str] = (),
    reading: ReadingOptions = AS_DETECTED,
    *,
    deciding: Deciding = AS_TRAINED,
    explaining: Explaining | None = None,
) -> Predicted:
    """Predict for a file, and write probability of the positive class and decision for each row, in its order.

    The column of the probabilities is called "probability_" and the class, or "score_" and the class if the model was
    asked for no calibration. The last column repeats it under the name of earlier versions, "probability" or "score".
    CSV gets six significant digits; decisions are made before rounding. To shift to the estimated share of positives,
    the file is read twice. Explanations of rows are written to another file, that of `name_explained`.

    Args:
        model: The model.
        source: Data of the kind that the model was trained on, with or without the target; for images also a folder, an
            image, or a table that names images.
        out: The file to write, CSV or Parquet by its ending. An earlier file is replaced.
        keep: Columns of the file that are written too, unchanged.
        reading: Options for reading the file.
        deciding: Options for the decisions.
        explaining: Options for explanations; None for no explanations.

    Returns:
        The counts of rows and decisions, the model as it decided, what the rows tell, and the explanations.

    Raises:
        OSError: A file cannot be read or written.
        ValueError: The data have other columns or values that the model cannot take, a file to write has another ending
            or is one to read, a column to keep does not exist, or the share of positives cannot be estimated but is
            needed. Or an option for decisions or explanations is wrong.
    """
    background = None if explaining is None else explaining.background
    check_files(source, out, background, explains=explaining is not None)
    if explaining is not None:
        check_explaining(model, explaining.rows)
    keep = [normalize_text(name) for name in keep]
    if deciding.adjust:
        deciding = estimate_prevalence(model, source, keep, reading, deciding)
    decided, counted, positives = deciding.apply(model), NewRows(model.reference), 0
    explained = None if explaining is None else open_explained(decided, explaining, reading)

    def count_positives() -> Iterator[pd.DataFrame]:
        """Yield the parts of the predictions unchanged, and add their positive decisions to the caller's count."""
        nonlocal positives
        for part in iterate_predictions(decided, source, keep, reading, counted, explained=explained):
            is_number = pd.api.types.is_numeric_dtype(part[DECISION])
            positives += int((part[DECISION] == (model.positive if is_number else str(model.positive))).sum())
            yield part
        if explained is not None:
            explained.check()  # an error leaves no predictions

    with naming(source):
        rows = table_writing.write_table(out, count_positives(), (decided.column, decided.output))
    predicted = Predicted(rows, positives, counted.unseen, decided, counted.judge())
    return predicted if explained is None else predicted._replace(explanation=write_explanation(explained, out))


def write_explanation(explained: RowsToExplain, out: Path) -> Explanation:
    """Explain the rows that were collected, write the explanation beside the predictions, and return it.

    Args:
        explained: The rows to explain.
        out: The file of the predictions.

    Raises:
        OSError: The file cannot be written.
    """
    explanation = explained.explain()
    rounded = (explanation.name, BASE, CONTRIBUTION)
    table_writing.write_table(name_explained(out), iter([explanation.to_frame()]), rounded)
    return explanation


def open_explained(model: OwnModel, explaining: Explaining, reading: ReadingOptions) -> RowsToExplain:
    """Return what collects the rows to explain, with the rows of the table to compare with if one is named.

    Args:
        model: The model as it decides.
        explaining: Options for explanations.
        reading: Options for reading the table.

    Raises:
        OSError: The table cannot be read.
        ValueError: The model is one of images, or the table has other columns or values than the model takes.
    """
    preparation, sample = check_explaining(model, explaining.rows), None
    if explaining.background is not None:
        sample = RowSample(SEED)
        with naming(explaining.background):
            for schema, part, row in iterate_table(preparation, explaining.background, reading):
                embedded = embed_columns(part, schema, model.extractors, explaining.background)
                sample.add(model.take_columns(schema, embedded, row))
    return RowsToExplain(model, preparation, explaining.rows, sample, SEED)


def estimate_prevalence(
    model: OwnModel, source: Path, keep: Sequence[str], reading: ReadingOptions, deciding: Deciding
) -> Deciding:
    """Return the options with the share of positives that is estimated from all rows of a file.

    Without rows they are returned unchanged.

    Args:
        model: The model.
        source: The file.
        keep: The columns to keep, which are checked.
        reading: Options for reading the file.
        deciding: The options. The threshold is checked before the file is read.

    Raises:
        OSError: The file cannot be read.
        ValueError: The share cannot be estimated, or what `predict_file` raises.
    """
    if deciding.prevalence is not None:
        raise ValueError("name a share of positives, or have it estimated: not both")
    deciding._replace(prevalence=0.5).apply(model)  # an error comes before the file is read
    counted = NewRows(model.reference)
    with naming(source):
        for _ in iterate_predictions(model, source, keep, reading, counted):
            pass
    new = counted.judge()
    if new.share_to_use is None and new.rows:
        raise ValueError(f"the share of {model.positive} in {source} cannot be estimated: {new.reason}")
    if new.rows and not new.holds:
        raise ValueError(
            f"{source} differs from the training data in more than the share of {model.positive}, so that the estimate "
            "does not hold: name the share by --prevalence, or leave --adjust-prevalence out"
        )
    return deciding._replace(prevalence=new.share_to_use)


def iterate_predictions(
    model: OwnModel,
    source: Path,
    keep: Sequence[str],
    reading: ReadingOptions,
    counted: NewRows,
    *,
    explained: RowsToExplain | None = None,
) -> Iterator[pd.DataFrame]:
    """Yield predictions for the rows of a table or for images, one frame a part, and count the rows.

    Args:
        model: The model.
        source: The file or folder.
        keep: The columns to keep.
        reading: Options for reading the file.
        counted: Counts the rows; changed in place.
        explained: Collects the rows of a table to explain, and is changed in place; None if none are explained.
    """
    preparation = model.preparation
    if isinstance(preparation, TablePreparation) and (model.kind.noun != "image" or model.costs or explained):
        return predict_table(model, preparation, source, keep, reading, counted=counted, explained=explained)
    return predict_images(model, source, keep, reading, counted=counted)


def predict_table(
    model: OwnModel,
    preparation: TablePreparation,
    source: Path,
    keep: Sequence[str],
    reading: ReadingOptions,
    *,
    counted: NewRows,
    explained: RowsToExplain | None = None,
) -> Iterator[pd.DataFrame]:
    """Yield predictions for the rows of a table, one frame a part.

    The columns are those of `add_predictions`.

    Args:
        model: The model.
        preparation: The preparation of the model.
        source: The file, or a folder of Parquet files.
        keep: The columns to keep.
        reading: Options for reading the file.
        counted: Counts the rows; changed in place.
        explained: Collects the rows to explain, and is changed in place; None if none are explained.

    Raises:
        OSError: The file cannot be read.
        ValueError: The source is another folder, has other columns or values than the model takes, or lacks a column to
            keep.
    """
    taken = {model.column, model.output, DECISION, FILE, *(NAMES if explained else ())}
    for schema, part, row in iterate_table(preparation, source, reading):
        check_kept(taken, part.column_names, keep)
        embedded = embed_columns(part, schema, model.extractors, source)
        features = model.take_columns(schema, embedded, row)
        costs = model.compute_costs(part, row)
        kept = part.select(list(keep)).to_pandas() if keep else pd.DataFrame(index=range(part.num_rows))
        predictions = add_predictions(model, kept, features, counted, costs)
        if explained is not None:
            explained.add(part, row, features, kept, predictions[model.column].to_numpy())
        yield predictions


def iterate_table(
    preparation: TablePreparation, source: Path, reading: ReadingOptions
) -> "Iterator[tuple[Schema, pa.Table, int]]":
    """Yield the rows of a table in parts: the schema with the forms of the file, the part, the number of its first row.

    Args:
        preparation: The preparation of the model.
        source: The file, or a folder of Parquet files.
        reading: Options for reading the file.

    Raises:
        OSError: The file cannot be read.
        ValueError: The source is another folder, or it is no table.
    """
    if source.is_dir() and not is_parquet_folder(source):
        raise ValueError(f"{source} is a folder, but the model was trained on a table: name a file")
    file = TableFile(source, reading)
    schema = complete_forms(preparation.schema, file)
    row = 1
    for part in split_evenly(file.iterate_parts(AT_ONCE), AT_ONCE):
        yield schema, part, row
        row += part.num_rows


def complete_forms(schema: Schema, file: TableFile) -> Schema:
    """Return the schema with the forms of numbers and dates that the training left open, found in a new file.

    The training decides how a column is read. If the column was no text there, all values of the new file decide. A
    file whose values have types leaves the schema unchanged.

    Raises:
        OSError: The file cannot be read.
        ValueError: The marks in the numbers of the file may separate thousands or decimals, or the file holds no table.
    """
    unknown = {
        column.name
        for column in schema.columns
        if column.kind in {ColumnKind.NUMBER, ColumnKind.DATE} and column.form in OPEN_FORMS
    }
    distinct: dict[str, pa.Array] = {}
    for part in file.iterate_parts(AT_ONCE) if unknown and file.is_text else ():
        names = [name for name in part.column_names if name in unknown and is_text(part.schema.field(name).type)]
        for name, column in zip(names, mark_missing(part.select(names), schema.na_values).columns, strict=True):
            values = column.combine_chunks().drop_null()
            if name in distinct or not is_plain(values):
                distinct[name] = join_distinct(distinct.get(name), values)
    return replace(
        schema, columns=tuple(complete_form(column, distinct.get(column.read_from)) for column in schema.columns)
    )


def complete_form(column: Column, distinct: "pa.Array | None") -> Column:
    """Return a column with the form, such as decimal commas, that its texts in a new file have.

    It is returned unchanged if its form is settled, if there are no texts, or if the texts are of another kind.

    Args:
        column: The column.
        distinct: The distinct texts of the file; None if there are none.

    Raises:
        ValueError: The marks in the numbers may separate thousands or decimals.
    """
    if distinct is None or column.form not in OPEN_FORMS:
        return column
    if column.is_date or column.is_cycle:
        form = dates.find_date_form(distinct)
        return column if form is None else replace(column, form=form)
    number_fit = numbers.find_number_form(distinct)
    numbers.check_unambiguous(f"column {column.name}", number_fit)
    return replace(column, form=number_fit.form) if number_fit.fits.all() else column


def is_plain(values: "pa.Array") -> bool:
    """Say whether all texts are numbers with a decimal point or none, and their points cannot be thousands separators.

    values: The texts, without nulls.
    """
    is_number = not np.isnan(numbers.parse_numbers(values, NumberForm.PLAIN)).any()
    return is_number and not numbers.all_have_three_decimals(values)


def join_distinct(earlier: "pa.Array | None", values: "pa.Array") -> "pa.Array":
    """Return the distinct texts of two arrays, in order of first occurrence; None stands for no earlier texts."""
    import pyarrow as pa

    return pa.concat_arrays([values if earlier is None else earlier, values]).unique()


def split_evenly(parts: "Iterator[pa.Table]", size: int) -> "Iterator[pa.Table]":
    """Yield the same rows in parts of `size` rows; the last part may be smaller or empty.

    parts: One or more tables with the same columns.
    """
    import pyarrow as pa

    waiting: list[pa.Table] = []
    for part in parts:
        waiting.append(part)
        while sum(table.num_rows for table in waiting) > size:
            together = pa.concat_tables(waiting)
            yield together.slice(0, size)
            waiting = [together.slice(size)]
    yield pa.concat_tables(waiting)


def check_kept(taken: Collection[str], names: Sequence[str], keep: Sequence[str]) -> None:
    """Check that the columns to keep exist, and that the predictions add no column of such a name.

    Args:
        taken: The names of the columns that the predictions and their explanations add.
        names: The names of the columns of the file.
        keep: The names of the columns to keep.

    Raises:
        ValueError: A column does not exist, or has such a name.
    """
    for name in keep:
        if name in taken:
            raise ValueError(
                f"column {name!r} cannot be kept, since the output has a column of that name: rename it or leave it out"
            )
        check_kept_column(name, names)


def add_predictions(
    model: OwnModel,
    kept: pd.DataFrame,
    features: Any,
    counted: NewRows,
    costs: NDArray[np.float64] | None = None,
) -> pd.DataFrame:
    """Return the kept columns of a part, followed by probability and decision, and count its rows.

    The columns are called "probability_" and the class, "decision" (a class), and "probability", which repeats the
    first for programs of earlier versions. For a model that was asked for no calibration they are called "score".

    Args:
        model: The model.
        kept: (N, columns), the columns to keep.
        features: The N rows as `take_columns` returns them, or N images.
        counted: Counts the rows; changed in place.
        costs: (N, 4), the costs of each row; None for a model that decides by a threshold.
    """
    fitted = model.model.probabilities(model.preparation(features))
    counted.add(features, fitted, model.count_unseen(features))
    shifted = model.shift(fitted)
    decisions = model.decide(shifted, costs)
    if decisions.dtype == object:  # one class may be a number, and the other "not 3": Parquet holds one type
        decisions = decisions.astype(str)
    return kept.assign(**{model.column: shifted, DECISION: decisions, model.output: shifted})


def predict_images(
    model: OwnModel,
    source: Path,
    keep: Sequence[str],
    reading: ReadingOptions,
    *,
    counted: NewRows,
) -> Iterator[pd.DataFrame]:
    """Yield predictions for the images of an NPZ file, of a folder, or of a table that names them, one frame a part.

    The columns are the kept ones, "file" (not for NPZ), and those of `add_predictions`.

    Args:
        model: The model.
        source: The file, the folder, or one image.
        keep: The columns of the table to keep.
        reading: Options for reading the table.
        counted: Counts the images; changed in place.

    Raises:
        OSError: A file does not exist or cannot be read.
        ValueError: The source names no images, an image cannot be read, or a column to keep does not exist.
    """
    inputs = ImageInputs(model.kind, model.extractors)
    if source.suffix.lower() in arrays.ENDINGS:
        image_arrays = [(name, array) for name, array in arrays.read_arrays(source).items() if array.ndim > 2]
        if len(image_arrays) != 1:
            raise ValueError(f"{source} must hold one array of images, found {len(image_arrays)}")
        if keep:
            raise ValueError(f"{source} holds images as arrays, and has no columns to keep")
        name, array = image_arrays[0]
        images = inputs.read_array(f"array {name!r} of {source}", array)
        yield add_predictions(model, pd.DataFrame(index=range(len(images))), images, counted)
        return
    files, kept = find_listed_images(model, source, keep, inputs.column, reading)
    for start in range(0, len(files), IMAGES_AT_ONCE):
        part = files[start : start + IMAGES_AT_ONCE]
        names = kept.iloc[start : start + IMAGES_AT_ONCE].reset_index(drop=True)
        yield add_predictions(model, names, inputs.read_files(part), counted)


def find_listed_images(
    model: OwnModel, source: Path, keep: Sequence[str], column: str | None, reading: ReadingOptions
) -> tuple[list[Path], pd.DataFrame]:
    """Find the image files of a source, and the columns that are written with their predictions.

    Args:
        model: The model, of images.
        source: An image, a folder of images, or a table that names images.
        keep: Columns of a table that are written too.
        column: The column that named the images in training; another column may name them if it is None or the table
            lacks it.
        reading: Options for reading a table.

    Returns:
        The files, and a frame with the columns to keep and the name of each file, one line a file.

    Raises:
        OSError: A file does not exist or cannot be read.
        ValueError: The source names no images, or has no column of a name to keep; images and folders have no columns.
    """
    if source.is_dir() or image_names.names_image(source.name):
        if keep:
            raise ValueError(f"{source} is {'a folder' if source.is_dir() else 'an image'}, and has no columns to keep")
        if not source.is_dir():
            return [source], pd.DataFrame({FILE: [image_names.decode_name(source.name)]})
        files = image_names.find_images(source)
        names = [image_names.decode_name(file.relative_to(source).as_posix()) for file in files]
        return files, pd.DataFrame({FILE: names})
    table = TableFile(source, reading).read().table
    check_kept({model.column, model.output, DECISION, FILE}, table.column_names, keep)
    frame = pd.DataFrame({name: pd.Series(table[name].to_pylist(), dtype=object) for name in table.column_names})
    among = list(frame.columns) if column is None or column not in frame.columns else [column]
    named = image_names.find_file_column(frame, among, wanted=True)
    if named is None:
        raise ValueError(f"{source} has no column that names image files, but the model was trained on images")
    kept = frame[list(keep)].assign(**{FILE: frame[named]})
    return image_names.locate_listed_files(source, frame[named]), kept
