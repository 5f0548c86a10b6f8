"""What is to be known of one's own data before anything is learned from it."""

import hashlib
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.column_facts import class_areas, missing_shares
from imbaloss.comparison.column_values import name_some
from imbaloss.comparison.columns import ColumnKind, DateForm, Period, Reason, Schema
from imbaloss.comparison.hashes import hash_columns, hash_rows
from imbaloss.comparison.own_data import FOLDS, TEST, TIME, Own
from imbaloss.comparison.preparation import ImagePreparation
from imbaloss.plural import format_count

LOOKED_AT = 100_000  # rows, by which columns are judged
GIVES_AWAY = 0.99  # ROC-AUC of a column alone
GIVEN_AWAY = "tells the classes apart (ROC-AUC {:.3f}): if it is known only after the target, leave it out with --drop"
FEW = 30  # positives
PLURALS: dict[str, tuple[str, str]] = {  # one and several columns of a kind, where the plural is not made by an s
    ColumnKind.CATEGORY: ("category", "categories"),
    ColumnKind.MANY: ("category with many values", "categories with many values"),
    DateForm.DAY_FIRST: ("date, day first", "dates, day first"),
    DateForm.MONTH_FIRST: ("date, month first", "dates, month first"),
}


def describe(own: Own) -> list[str]:
    """Return what is to be known of the data, in sentences, the most important first."""
    negatives, positives = own.counts
    rows = len(own.labels)
    classes = f"{positives} {own.positive} (positive, {own.level:.2%}), {negatives} {own.negative} (negative)"
    said = [f"{format_count(rows, own.kind.noun)}: {classes}", describe_division(own)]
    if positives < FEW:
        few = format_count(positives, "positive")
        said.append(f"{few} can decide little: see what difference could be found at all")
    if own.level > 0.5:
        said.append(f"{own.positive} is the more frequent class; was {own.negative} meant (--positive)?")
    said += own.notes
    if isinstance(own.kind, ImagePreparation):
        kind = {1: "gray", 3: "in colours"}[own.kind.channels]
        said.append(f"each image is {kind}, {own.kind.height} x {own.kind.width} pixels")
    elif isinstance(own.features, pd.DataFrame):
        said += describe_columns(own.kind, own.features, own.labels)
    said += describe_copies(own)
    return said


def describe_division(own: Own) -> str:
    """Say how the rows are divided into train, validation and test, and how many of each class are in each part."""
    counts = own.split_counts(0, own.each_fold[0])
    parts = ", ".join(f"{part} {pair.positives}/{pair.negatives}" for part, pair in counts.items())
    how = {
        FOLDS: f"{own.folds} folds, each of which is test once",
        TIME: "the latest fifth is test, the fifth before it validation",
        TEST: f"the test file is test, {'a' if own.times is None else 'the latest'} fifth of the other rows validation",
    }[own.division]
    within = " in train or validation" if own.division == TEST else ""
    grouped = (
        f"; rows of one group stay together{within}, {own.groups.max() + 1} groups" if own.groups is not None else ""
    )
    return f"{how}{grouped}; positives/negatives{' of the first' * (own.division == FOLDS)}: {parts}"


def describe_columns(schema: Schema, frame: pd.DataFrame, labels: NDArray[np.int64]) -> Iterator[str]:
    """Describe the columns of a table: their kinds, what is missing, and what looks like a mistake."""
    yield describe_kinds(schema)
    yield from describe_cycles(schema)
    for name, left_out in schema.left_out.items():
        if left_out.reason != Reason.TARGET:
            yield f"not learned from: {name} {left_out}"
    missing = pd.Series(missing_shares(frame, schema), schema.names)
    missing = missing[[column.name for column in schema.columns if column.source is None]]
    if len(incomplete := missing[missing > 0].sort_values(ascending=False)):
        yield f"missing values in {format_count(len(incomplete), 'column')}: " + name_some(
            [f"{name} {share:.1%}" for name, share in incomplete.items()]
        )
    yield from describe_duplicate_columns(frame)
    generator = np.random.default_rng(0)
    looked_at = np.arange(len(frame))
    if len(frame) > LOOKED_AT:
        looked_at = np.sort(generator.choice(len(frame), LOOKED_AT, replace=False))
        frame = frame.iloc[looked_at]
    yield from describe_leaks(frame, labels[looked_at], schema)


def describe_kinds(schema: Schema) -> str:
    """Count the columns of each kind, without those that were made of others."""
    counts = Counter(column.stored_kind for column in schema.columns if column.source is None)
    listed = [
        f"{count} {PLURALS[kind][count > 1]}" if kind in PLURALS else format_count(count, kind)
        for kind, count in counts.most_common()
    ]
    return f"{format_count(counts.total(), 'column')} to learn from: {', '.join(listed)}"


def describe_cycles(schema: Schema) -> Iterator[str]:
    """Say of which dates the hour and the weekday are learned from too."""
    periods: dict[str, list[Period]] = {}
    for column in schema.columns:
        period = column.kind.period
        if period is not None and period not in periods.setdefault(column.read_from, []):
            periods[column.read_from].append(period)
    for name, parts in periods.items():
        verb = "is" if len(parts) == 1 else "are"
        yield f"from the dates of {name}, the {' and the '.join(parts)} {verb} learned from too (as sine and cosine)"


def describe_duplicate_columns(frame: pd.DataFrame) -> Iterator[str]:
    """Name each column that holds the same in each row as one before it."""
    first: dict[bytes, str] = {}
    for name, hashes in zip(frame.columns, hash_columns(frame), strict=True):
        key = hashlib.sha256(hashes.data).digest()
        if key in first:
            yield f"{name} is the same as {first[key]}"
        first.setdefault(key, name)


def describe_leaks(frame: pd.DataFrame, labels: NDArray[np.int64], schema: Schema) -> Iterator[str]:
    """Name each column that tells the classes apart by itself, since it may be known only after the target."""
    areas, areas_of_missing = class_areas(frame, schema, labels)
    for place in np.flatnonzero((areas >= GIVES_AWAY) | (areas_of_missing >= GIVES_AWAY)):
        name, is_read = schema.columns[place].name, schema.columns[place].source is None
        if areas[place] >= GIVES_AWAY:
            yield f"{name} alone {GIVEN_AWAY.format(areas[place])}"
        if areas_of_missing[place] >= GIVES_AWAY and is_read:
            yield f"whether {name} is missing {GIVEN_AWAY.format(areas_of_missing[place])}"


def describe_copies(own: Own) -> Iterator[str]:
    """Say how many test rows are also rows of train or validation: they are no test of what was learned."""
    if isinstance(own.features, pd.DataFrame):
        keys = hash_rows(own.features)
    else:
        keys = np.array([hash(image.tobytes()) for image in own.features])
    rows = own.rows(0, own.each_fold[0])
    seen = np.isin(keys[rows["test"]], keys[np.concatenate([rows["train"], rows["validation"]])])
    if seen.any():
        where = "in the first division, " if own.division == FOLDS else ""
        same = (
            f"{int(seen.sum())} of {len(seen)} test rows ({seen.mean():.1%}) are the same as rows that are learned from"
        )
        too_good = "if they are one case recorded twice, scores are too good"
        yield f"copies: {where}{same}; {too_good}: remove them, or name what they share with --group"
