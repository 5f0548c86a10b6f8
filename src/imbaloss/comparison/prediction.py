"""Predictions for a file of any length, part by part."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from imbaloss.comparison.own_model import OwnModel
from imbaloss.comparison.reading import images, tables
from imbaloss.data.own import ImagePreparation, Schema, TablePreparation
from imbaloss.data.own.columns import some
from imbaloss.nearest import nearest

AT_ONCE = 8 * 8192  # rows: whole batches of what passes through a network, since bits may go with their sizes
IMAGES_AT_ONCE = 8192
PROBABILITY, DECISION, FILE = "probability", "decision", "file"


class Predicted(NamedTuple):
    """How many rows there were, how many of them were called positive, and in how many of them a category has a value
    that the training did not have, by column.
    """

    rows: int
    positives: int
    unseen: dict[str, int]


def predict_file(model: OwnModel, source: Path, out: Path, keep: Sequence[str] = ()) -> Predicted:
    """Writes the probability of the positive class and the decision for each row, in their order.

    source: as it was compared, with or without the target; of images also a folder with no sub-folders. keep: columns
    that are written beside. Raises OSError for what cannot be read or written, ValueError for other columns.
    """
    if out.suffix.lower() not in (*tables.CSV, *tables.PARQUET):
        raise ValueError(f"{out} has another ending than .csv and .parquet, which tells how to write it")
    if not source.exists():
        raise FileNotFoundError(f"there is no file or folder {source}")
    if out.exists() and out.samefile(source):
        raise ValueError(f"{out} is the file to predict for: write the predictions to another one")
    unseen: Counter[str] = Counter()
    parts = of_images(model, source, keep) if model.of_images else of_table(model, source, keep, unseen)
    positives = 0

    def counted() -> Iterator[pd.DataFrame]:
        nonlocal positives
        for part in parts:
            positives += int((part[DECISION] == model.positive).sum())
            yield part

    rows = tables.write_table(out, counted())
    return Predicted(rows, positives, dict(unseen))


def of_table(model: OwnModel, source: Path, keep: Sequence[str], unseen: "Counter[str]") -> Iterator[pd.DataFrame]:
    """unseen: is added to."""
    assert isinstance(model.kind, Schema)
    assert isinstance(model.preparation, TablePreparation)
    if source.is_dir():
        raise ValueError(f"{source} is a folder, and the model was made of a table")
    row = 1
    for part in rechunked(tables.parts_of_table(source, AT_ONCE, model.kind.text), AT_ONCE):
        check_kept(part, keep)
        features = model.columns(part, row)
        unseen.update(model.preparation.unseen(features))
        row += len(part)
        yield with_predictions(model, part[list(keep)].reset_index(drop=True), model.probabilities(features))


def rechunked(parts: Iterator[pd.DataFrame], size: int) -> Iterator[pd.DataFrame]:
    """The same rows in parts of that size, but for the last."""
    waiting: list[pd.DataFrame] = []
    for part in parts:
        waiting.append(part)
        while sum(map(len, waiting)) > size:
            all_of_them = pd.concat(waiting, ignore_index=True)
            yield all_of_them[:size]
            waiting = [all_of_them[size:]]
    yield pd.concat(waiting, ignore_index=True)


def check_kept(frame: pd.DataFrame, keep: Sequence[str]) -> None:
    for name in keep:
        if name in {PROBABILITY, DECISION, FILE}:
            raise ValueError(f"{name!r} is what a column of predictions is called: keep the others, or rename it")
        if name not in frame.columns:
            there = f"there are {some(list(frame.columns))}"
            raise ValueError(f"there is no column {name!r} to keep{nearest(name, frame.columns)}; {there}")


def with_predictions(model: OwnModel, beside: pd.DataFrame, probabilities: "np.ndarray") -> pd.DataFrame:
    return beside.assign(**{PROBABILITY: probabilities, DECISION: model.decided(probabilities)})


def of_images(model: OwnModel, source: Path, keep: Sequence[str]) -> Iterator[pd.DataFrame]:
    assert isinstance(model.kind, ImagePreparation)
    if source.suffix.lower() in tables.NPZ:
        arrays = [(name, array) for name, array in tables.arrays_of(source).items() if array.ndim > 2]
        if len(arrays) != 1:
            raise ValueError(f"{source} must hold one array of images, found {len(arrays)}")
        pixels = arrays[0][1]
        yield with_predictions(model, pd.DataFrame(index=range(len(pixels))), model.predict_proba(pixels)[:, 1])
        return
    files, beside = named_in(source, keep)
    for start in range(0, len(files), IMAGES_AT_ONCE):
        some_files = files[start : start + IMAGES_AT_ONCE]
        pixels = images.load(some_files, (model.kind.height, model.kind.width), model.kind.channels)
        probabilities = model.probabilities(pixels)
        yield with_predictions(model, beside.iloc[start : start + IMAGES_AT_ONCE].reset_index(drop=True), probabilities)


def named_in(source: Path, keep: Sequence[str]) -> tuple[list[Path], pd.DataFrame]:
    """The image files of a folder, or of a table that names them; and what is written beside the predictions."""
    if source.is_dir():
        if keep:
            raise ValueError(f"{source} is a folder, and has no columns to keep")
        files = sorted(file for file in source.rglob("*") if images.is_image(file.name) and file.is_file())
        if not files:
            raise ValueError(f"{source} holds no image")
        return files, pd.DataFrame({FILE: [file.relative_to(source).as_posix() for file in files]})
    frame = tables.read_table(source)
    check_kept(frame, keep)
    column = images.column_of_files(frame, "", list(frame.columns))
    if column is None:
        raise ValueError(f"{source} has no column that names image files, of which the model was made")
    beside = frame[list(keep)].assign(**{FILE: frame[column]})
    return [source.parent / str(name) for name in frame[column]], beside
