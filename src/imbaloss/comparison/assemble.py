"""Assembling `Own` of what was read: which class is which, what stays together, and whether each part has both."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from imbaloss.comparison.columns import Schema
from imbaloss.comparison.hashes import hash_rows
from imbaloss.comparison.own_data import FOLDS, TEST, TIME, Own
from imbaloss.comparison.preparation import ImagePreparation
from imbaloss.comparison.reading.table_file import COMPRESSED
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.targets import classes_of, number_groups, order_times
from imbaloss.data.splits import FEWEST_FOLDS, check_folds
from imbaloss.plural import format_count

if TYPE_CHECKING:
    import pyarrow as pa


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
    groups: Any = None  # of each row, an Arrow array
    times: Any = None  # of each row, an Arrow array


def name_of(source: Path) -> str:
    """Return the name of a file or folder without the ending that tells its format: sales.2024.csv is sales.2024."""
    name = source.resolve().name
    if source.is_dir():
        return name or "data"
    if Path(name).suffix.lower() in COMPRESSED:
        name = Path(name).stem
    return Path(name).stem or "data"


def join_columns(tables: "Sequence[pa.Table]", name: str | None) -> Any:
    """Return a column of all tables as one Arrow array with nulls for what is missing; None without a name."""
    import pyarrow as pa

    if name is None:
        return None
    columns = [table[name] for table in tables]
    if len({column.type for column in columns}) > 1:
        columns = [column.cast(pa.large_string()) for column in columns]
    return pa.chunked_array([chunk for column in columns for chunk in column.chunks], columns[0].type).combine_chunks()


def own_of(content: Content, request: ComparisonRequest) -> Own:
    """Assemble own data: labels, groups, times, the division and a checksum.

    Raises:
        ValueError: It is not clear what is to be found, or a part would lack a class.
    """
    check_folds(request.folds, 1)
    positive, negative = classes_of(content.target, request.positive)
    labels = (content.target == positive).to_numpy().astype(np.int64)
    groups = times = None
    if content.groups is not None:
        groups = number_groups(str(request.group), content.groups, labels)
    if content.times is not None:
        times = order_times(str(request.time), content.times)
    own = Own(
        name=content.name,
        negative=negative,
        positive=positive,
        features=content.features,
        labels=labels,
        kind=content.kind,
        checksum="",
        division=TEST if content.held_out else TIME if times is not None else FOLDS,
        folds=request.folds,
        groups=groups,
        times=times,
        held_out=content.held_out,
        notes=content.notes,
        classes=tuple(content.classes.get(name, name) for name in (negative, positive)),
    )
    own = replace(own, checksum=checksum(own))
    check_parts(own, request)
    return own


def checksum(own: Own) -> str:
    """Return a checksum of all that decides what is learned, and how it is divided; not of the form of a file."""
    found = hashlib.sha256(f"({own.division!r}, {own.folds!r}, {own.held_out!r}, {own.kind.identity})".encode())
    if isinstance(own.features, pd.DataFrame):
        found.update(hash_rows(own.features).tobytes())
    else:
        found.update(np.ascontiguousarray(own.features).tobytes())
    for array in (own.labels, own.groups, own.times):
        found.update(b"" if array is None else array.tobytes())
    return found.hexdigest()


def check_parts(own: Own, request: ComparisonRequest) -> None:
    """Check that each part has both classes.

    Raises:
        ValueError: One has not.
    """
    fewest = min(own.counts)
    there = f"{format_count(own.counts.positives, 'positive')} and {format_count(own.counts.negatives, 'negative')}"
    if own.division == FOLDS and fewest < FEWEST_FOLDS:
        each = "one to learn from, one to tune by, one to judge by"
        raise ValueError(f"{there}: of each, {FEWEST_FOLDS} are needed at least, {each}")
    if own.division == FOLDS and fewest < own.folds:
        raise ValueError(f"{there}, too few for {own.folds} folds: say --folds {fewest}")
    if own.division == TEST and own.times is None:
        check_folds_of_learned(own)
    number_of_groups = 0 if own.groups is None else len(np.unique(own.groups[: len(own.labels) - own.held_out]))
    if own.groups is not None and number_of_groups < own.folds:
        raise ValueError(f"there are {number_of_groups} groups in {request.group!r}, fewer than {own.folds} folds")
    if fewest < 2:
        raise ValueError(f"{there}: too few to learn from and to judge by")
    for fold in own.each_fold:
        for part, counts in own.split_counts(0, fold).items():
            if not all(counts):
                group = request.group
                lacks = "positives" if not counts.positives else "negatives"
                why = {
                    FOLDS: f"where rows of one {group!r} stay together, a fold has no {lacks}: take fewer folds",
                    TIME: f"divided by {request.time!r}, the {part} part has no {lacks}",
                    TEST: f"the {part} part has no {lacks}",
                }
                raise ValueError(f"{why[own.division]}; there are {there} in all")


def check_folds_of_learned(own: Own) -> None:
    """Check that each fold of the rows that are not held out can have both classes, since one of them is validation.

    Raises:
        ValueError: A class has fewer rows than there are folds.
    """
    negatives, positives = np.bincount(own.labels[: len(own.labels) - own.held_out], minlength=2).tolist()
    if (fewest := min(negatives, positives)) < own.folds:
        there = f"{format_count(positives, 'positive')} and {format_count(negatives, 'negative')}"
        advice = f"say --folds {fewest}" if fewest >= FEWEST_FOLDS else f"of each, {FEWEST_FOLDS} are needed at least"
        raise ValueError(f"beside the test file there are {there}, too few for {own.folds} folds: {advice}")
