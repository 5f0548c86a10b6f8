"""From what was read to `Own`: which class is which, what stays together, and whether each part has both classes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.targets import classes_of, groups_of, times_of
from imbaloss.data.own.columns import DATE, DATES, Schema
from imbaloss.data.own.content import FOLDS, TEST, TIME, Own
from imbaloss.data.own.preparation import ImagePreparation
from imbaloss.data.splits import FEWEST_FOLDS, check_folds
from imbaloss.wording import counted


@dataclass(frozen=True)
class Asked:
    """What a person says of the data."""

    target: str
    positive: str | None = None  # None: the rarer class, of two
    folds: int = 5
    group: str | None = None  # the column whose equal values stay together
    time: str | None = None  # the column by which the past is told from the future
    drop: tuple[str, ...] = ()
    category: tuple[str, ...] = ()  # columns whose values are names, whatever they look like
    size: int | None = None  # of a side of images from files, in pixels; None: 32


@dataclass(frozen=True, eq=False)
class Content:
    """What was read: features as of `Own`, the target of each row as text; the last `held_out` rows are to judge by."""

    name: str
    features: Any
    kind: Schema | ImagePreparation
    target: "pd.Series[str]"
    held_out: int = 0
    notes: tuple[str, ...] = ()
    classes: Mapping[str, Any] = field(default_factory=dict)  # what each text stands for, if not for itself
    beside: pd.DataFrame | None = None  # with the columns of group and time, where there are any


def kind_of(images: NDArray[np.uint8]) -> ImagePreparation:
    """images (N, C, H, W)."""
    _, channels, height, width = images.shape
    return ImagePreparation(height, width, channels)


def own_of(content: Content, asked: Asked) -> Own:
    """Raises ValueError where it is not clear what is to be found, or a part would lack a class."""
    check_folds(asked.folds, 1)
    positive, negative = classes_of(content.target, asked.positive)
    labels = (content.target == positive).to_numpy().astype(np.int64)
    groups = times = None
    if content.beside is not None:
        groups = groups_of(content.beside[asked.group], labels) if asked.group is not None else None
        times = times_of(content.beside[asked.time]) if asked.time is not None else None
    own = Own(
        name=content.name,
        negative=negative,
        positive=positive,
        features=content.features,
        labels=labels,
        kind=content.kind,
        checksum="",
        division=TEST if content.held_out else TIME if times is not None else FOLDS,
        folds=asked.folds,
        groups=groups,
        times=times,
        held_out=content.held_out,
        notes=content.notes,
        classes=tuple(content.classes.get(name, name) for name in (negative, positive)),
    )
    check_parts(own, asked)
    return replace(own, checksum=checksum(own))


def checksum(own: Own) -> str:
    """Of all that decides what is learned, and how it is divided; not of the form of a file."""
    kind: Any = own.kind
    if isinstance(own.kind, Schema):
        kind = tuple(replace(column, kind=DATE) if column.kind in DATES else column for column in own.kind.columns)
    found = hashlib.sha256(repr((own.division, own.folds, own.held_out, kind)).encode())
    if isinstance(own.features, pd.DataFrame):
        found.update(pd.util.hash_pandas_object(own.features, index=False).to_numpy().tobytes())
    else:
        found.update(np.ascontiguousarray(own.features).tobytes())
    for array in (own.labels, own.groups, own.times):
        found.update(b"" if array is None else array.tobytes())
    return found.hexdigest()


def check_parts(own: Own, asked: Asked) -> None:
    """Raises ValueError where a part would lack a class."""
    fewest = min(own.counts)
    there = f"{counted(own.counts.positives, 'positive')} and {counted(own.counts.negatives, 'negative')}"
    if own.division == FOLDS and fewest < FEWEST_FOLDS:
        each = "one to learn from, one to tune by, one to judge by"
        raise ValueError(f"{there}: of each, {FEWEST_FOLDS} are needed at least, {each}")
    if own.division == FOLDS and fewest < own.folds:
        raise ValueError(f"{there}, too few for {own.folds} folds: say --folds {fewest}")
    if own.groups is not None and own.groups.max() + 1 < own.folds:
        raise ValueError(f"there are {own.groups.max() + 1} groups in {asked.group!r}, fewer than {own.folds} folds")
    if fewest < 2:
        raise ValueError(f"{there}: too few to learn from and to judge by")
    for fold in own.each_fold:
        for part, counts in own.split_counts(0, fold).items():
            if not all(counts):
                lacks = "positives" if not counts.positives else "negatives"
                why = {
                    FOLDS: f"where rows of one {asked.group!r} stay together, a fold has no {lacks}: take fewer folds",
                    TIME: f"divided by {asked.time!r}, the {part} part has no {lacks}",
                    TEST: f"the {part} part has no {lacks}",
                }
                raise ValueError(f"{why[own.division]}; there are {there} in all")
