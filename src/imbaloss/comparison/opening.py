"""Opening a person's own data: files or arrays -> `Own`, or one sentence that says what is wrong with them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.assemble import Asked, Content, kind_of, own_of
from imbaloss.comparison.reading import images, tables
from imbaloss.comparison.targets import target_of
from imbaloss.data.own.columns import Schema, differing, some
from imbaloss.data.own.content import Own
from imbaloss.nearest import nearest


def open_own(source: Path, asked: Asked, test: Path | None = None) -> Own:
    """source: a table, a folder of images, or a table of names of images; test: what to judge by, of the same kind.

    Raises OSError for what cannot be read, ValueError for what cannot be learned from.
    """
    if not source.exists():
        raise FileNotFoundError(f"there is no file or folder {source}")
    if source.is_dir():
        return of_folder(source, asked, test)
    if source.suffix.lower() in tables.NPZ:
        arrays = tables.arrays_of(source)
        if any(array.ndim > 2 for array in arrays.values()):
            return of_image_arrays(source, arrays, asked, test)
    files = [source, *([test] if test else [])]
    frames = [tables.read_table(file, asked.category, (asked.target,)) for file in files]
    frame = frames[0]
    check_columns(frame, asked, str(source))
    among = [name for name in frame.columns if name not in {asked.group, asked.time, *asked.drop}]
    if (column := images.column_of_files(frame, asked.target, among)) is not None:
        return of_listing(source, frames, column, asked, test)
    no_size(asked, f"{source} is a table")
    return of_frames(file_stem(source), frames, asked)


def file_stem(source: Path) -> str:
    return source.resolve().name.split(".")[0] or "data"


def check_columns(frame: pd.DataFrame, asked: Asked, source: str) -> None:
    """Raises ValueError for a column that was named and is not there, or named for two things."""
    wanted = {"target": asked.target, "group": asked.group, "time": asked.time}
    named = [*wanted.items(), *(("drop", one) for one in asked.drop), *(("category", one) for one in asked.category)]
    for what, name in named:
        if name is not None and name not in frame.columns:
            there = f"it has {some(list(map(str, frame.columns)))}"
            raise ValueError(
                f"{source} has no column {name!r}, the {what}{nearest(name, map(str, frame.columns))}; {there}"
            )
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


def of_frames(name: str, frames: Sequence[pd.DataFrame], asked: Asked, classes: Mapping[str, Any] | None = None) -> Own:
    """frames: of all rows, or of those to learn from and those to judge by. classes: as of `Content`."""
    first = frames[0]
    tables.check_names(name, list(first.columns))
    check_columns(first, asked, name)
    if len(frames) > 1:
        same_columns(frames, asked.drop)
    frame = pd.concat(frames, ignore_index=True) if len(frames) > 1 else first.reset_index(drop=True)
    target = target_of(frame[asked.target])
    aside = {asked.target: "is the target"} | dict.fromkeys(asked.drop, "was left out as asked")
    for what, column in (("group", asked.group), ("time", asked.time)):
        if column is not None:
            aside[column] = f"is the {what} of a row"
    schema = Schema.of(frame.iloc[: len(first)], asked.category, aside)
    features = schema.take(frame)
    held_out = len(frame) - len(first)
    return own_of(Content(name, features, schema, target, held_out, (), classes or {}, frame), asked)


def same_columns(frames: Sequence[pd.DataFrame], dropped: Sequence[str]) -> None:
    known, there = (list(map(str, frame.columns)) for frame in frames)
    if said := differing([name for name in known if name not in dropped], there, dropped):
        raise ValueError(f"the test file has other columns than the first one: {said}")


def of_folder(folder: Path, asked: Asked, test: Path | None) -> Own:
    """The target is the sub-folder, whatever it is called."""
    files, labels, notes = images.in_folders(folder)
    held_out = 0
    if test is not None:
        if not test.is_dir():
            raise ValueError(f"{test} is no folder, and {folder} is one: both must be")
        more, theirs, said = images.in_folders(test)
        files, labels, notes, held_out = files + more, labels + theirs, notes + said, len(more)
    no_columns(asked, f"{folder} is a folder of images")
    pixels, stretched = loaded(files, asked)
    target = target_of(pd.Series(labels, dtype=object, name=asked.target))
    return own_of(Content(file_stem(folder), pixels, kind_of(pixels), target, held_out, (*notes, stretched)), asked)


def loaded(files: Sequence[Path], asked: Asked) -> tuple[NDArray[np.uint8], str]:
    """The images, and what was done to them."""
    size = asked.size or images.SIZE
    return images.load(files, (size, size)), f"each image was stretched to {size} x {size} pixels (--size)"


def no_size(asked: Asked, what: str) -> None:
    if asked.size is not None:
        raise ValueError(f"{what}: leave out --size, which is for images in files")


def no_columns(asked: Asked, what: str) -> None:
    for option in ("group", "time", "drop", "category"):
        if getattr(asked, option):
            raise ValueError(f"{what}, and has no columns: leave out --{option}")


def of_listing(source: Path, frames: Sequence[pd.DataFrame], column: str, asked: Asked, test: Path | None) -> Own:
    """The images that a column names, each from where its table lies."""
    if test is not None:
        same_columns(frames, asked.drop)
    folders = [source.parent, test.parent if test else source.parent]
    files = [folder / str(name) for folder, frame in zip(folders, frames, strict=False) for name in frame[column]]
    frame = pd.concat(frames, ignore_index=True)
    used = {asked.target, column, asked.group, asked.time, *asked.drop}
    ignored = [name for name in frame.columns if name not in used]
    notes = [f"{some(ignored)} were not used: a network learns from images or from columns"] if ignored else []
    pixels, stretched = loaded(files, asked)
    target, held_out = target_of(frame[asked.target]), len(frame) - len(frames[0])
    return own_of(
        Content(file_stem(source), pixels, kind_of(pixels), target, held_out, (*notes, stretched), beside=frame), asked
    )


def of_image_arrays(source: Path, arrays: Mapping[str, NDArray[Any]], asked: Asked, test: Path | None) -> Own:
    """An NPZ file with one array of images, and one of labels."""
    no_columns(asked, f"{source} holds images")
    no_size(asked, f"{source} holds images as arrays")
    several = [source, *([test] if test else [])]
    pixels, labels = [], []
    for file in several:
        of_file = arrays if file == source else tables.arrays_of(file)
        names = [name for name, array in of_file.items() if array.ndim > 2]
        if len(names) != 1 or asked.target not in of_file or len(of_file[asked.target]) != len(of_file[names[0]]):
            there = ", ".join(f"{name} {array.shape}" for name, array in of_file.items())
            raise ValueError(
                f"{file} must hold one array of images and an array {asked.target!r} of as many labels; it has {there}"
            )
        pixels.append(images.from_array(names[0], of_file[names[0]]))
        labels.append(of_file[asked.target])
    if len({one.shape[1:] for one in pixels}) > 1:
        raise ValueError(f"{test} has images of another shape than {source}")
    held_out = len(labels[1]) if test else 0
    found, target = np.concatenate(pixels), pd.Series(np.concatenate(labels), name=asked.target)
    return own_of(Content(file_stem(source), found, kind_of(found), target_of(target), held_out), asked)
