"""Notes on a person's own data, written before anything is learned from them."""

import hashlib
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.column_facts import class_areas, missing_shares
from imbaloss.comparison.column_values import list_names
from imbaloss.comparison.columns import MISSING, ColumnKind, DateForm, Period, Reason, Schema
from imbaloss.comparison.hashes import hash_columns, hash_rows
from imbaloss.comparison.own_data import FOLDS, SET_APART, TEST, TIME, Own
from imbaloss.comparison.preparation import ImagePreparation
from imbaloss.plural import write_percent

LOOKED_AT = 100_000  # number of rows that columns are judged by, at most
GIVES_AWAY = 0.99  # ROC-AUC of a single column, from which on a note is written
GIVEN_AWAY = "tells the classes apart (ROC-AUC {:.3f}). If it is known only after the target, leave it out with --drop"
FEW = 30  # number of positives, below which a note is written
PLURALS: dict[str, tuple[str, str]] = {  # one and several columns of a kind, where the plural is not made by an s
    ColumnKind.CATEGORY: ("category", "categories"),
    ColumnKind.TEXT: ("column of text", "columns of text"),
    ColumnKind.EMBEDDED: ("column of features", "columns of features"),
    ColumnKind.MANY: ("category with many values", "categories with many values"),
    DateForm.DAY_FIRST: ("date, day first", "dates, day first"),
    DateForm.MONTH_FIRST: ("date, month first", "dates, month first"),
}


def describe_data(own: Own, copies: int) -> list[str]:
    """Describe the data in notes without a period at the end: size, division, columns and possible mistakes.

    The numbers of rows of each class come first; copies of train rows in test come last.

    Args:
        own: The data.
        copies: What `count_copies` returns for the data.
    """
    negatives, positives = own.counts
    notes = [
        f"{count_noun(len(own.labels), own.kind.noun)}: {positives:,} ({write_percent(own.level)}) are {own.positive}, "
        f"the positive class; {negatives:,} are {own.negative}, the negative class",
        describe_division(own),
    ]
    if positives < FEW:
        notes.append(
            f"{count_noun(positives, 'positive')} can show large differences between methods at best. The note on the "
            "difference that can be shown says how large"
        )
    if own.level > 0.5:
        notes.append(
            f"The positive class {own.positive} is the more frequent one. If {own.negative} was meant, name it with "
            "--positive"
        )
    if own.weights is not None:
        notes.append(
            f"The weights of the rows, {own.weights.min():.3g} to {own.weights.max():.3g}, count in training and in "
            "all scores. Figures show each row once"
        )
    notes += own.notes
    notes += describe_missing_baseline(own)
    notes += describe_constant_costs(own)
    if isinstance(own.kind, ImagePreparation):
        colours = {1: "gray", 3: "in colour"}[own.kind.channels]
        notes.append(f"Each image is {colours}, {own.kind.height} x {own.kind.width} pixels")
    elif isinstance(own.features, pd.DataFrame):
        notes += describe_columns(own.kind, own.features, own.labels)
    notes += describe_copies(own, copies)
    return notes


def describe_missing_baseline(own: Own) -> Iterator[str]:
    """Yield one note if the score or decision in use has no value in some rows, else nothing."""
    if own.baseline is None:
        return
    name = own.baseline.schema.read_from[0]
    values = own.baseline.frame[name]
    missing = int((values.isna() | (values == MISSING)).sum())
    if missing:
        share = write_percent(missing / len(values))
        yield (
            f"Column `{name}`, the score or decision in use, has no value in {count_noun(missing, own.kind.noun)} "
            f"({share}): for the method baseline that is a value of its own"
        )


def describe_constant_costs(own: Own) -> Iterator[str]:
    """Yield a note on each column of costs that has the same value in all rows; nothing without such a column."""
    if own.costs is None or own.sample_costs is None:
        return
    constant = {
        term.column: costs[0] / term.factor
        for term, costs in zip(own.costs.terms, own.sample_costs.T, strict=True)
        if term.column is not None and term.factor and (costs == costs[0]).all()
    }
    for name, value in constant.items():
        yield f"Column `{name}` is {value:g} in all rows, so this cost does not differ by row"


def count_noun(number: int, noun: str) -> str:
    """Return a number with its noun and with commas between thousands, such as "2,000 rows". The plural adds an s."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def describe_division(own: Own) -> str:
    """Say how the rows are divided into train, validation and test, and how many of each class are in each part.

    The result is one text of two or three sentences without a period at the end.
    """
    counts = own.split_counts(0, own.each_fold[0])
    apart = counts.pop(SET_APART, None)
    parts = ", ".join(f"{part} {pair.positives:,} and {pair.negatives:,}" for part, pair in counts.items())
    nouns = f"{own.kind.noun}s"
    division = {
        FOLDS: f"The {nouns} are divided into {own.folds} folds, each of which is the test part once",
        TIME: f"The latest fifth of the {nouns} is the test part, the fifth before it the validation part",
        TEST: f"The test file is the test part. {'A' if own.times is None else 'The latest'} fifth of the other "
        f"{nouns} is the validation part",
    }[own.division]
    first = " in the first division" if own.division == FOLDS else ""
    sentences = [division, f"Positives and negatives{first}: {parts}"]
    if own.groups is not None and own.times is not None:
        sentences.insert(1, describe_left_out_groups(own))
    elif own.groups is not None:
        within = " in train or validation" if own.division == TEST else ""
        sentences.insert(1, f"The {nouns} of one group stay together{within} ({own.groups.max() + 1:,} groups)")
    if apart is not None:
        chosen = f"A fifth of the {nouns} is set apart first, and only chooses the threshold with a guarantee"
        sentences.insert(0, f"{chosen}: {apart.positives:,} positives and {apart.negatives:,} negatives")
    return ". ".join(sentences)


def describe_left_out_groups(own: Own) -> str:
    """Say that validation and test have new groups alone, and how many rows are left out for that."""
    noun, parts = own.kind.noun, own.find_rows(0, None)
    used = sum(map(len, parts.values()))
    left_out = len(own.labels) - used
    later = "the validation part" if own.division == TEST else "validation and test"
    assert own.groups is not None
    return (
        f"Only new groups are in {later} ({own.groups.max() + 1:,} groups in all): "
        f"{count_noun(left_out, noun)} ({write_percent(left_out / len(own.labels))}) whose group has {noun}s in an "
        "earlier part are left out there"
    )


def describe_columns(schema: Schema, frame: pd.DataFrame, labels: NDArray[np.int64]) -> Iterator[str]:
    """Yield notes on the columns of a table: kinds, ignored columns, missing values, and possible mistakes.

    Of more than 100,000 rows, a random sample is searched for columns that give away the class.

    Args:
        schema: The columns that methods learn from, and the ones that are left out.
        frame: (N, columns), the columns that methods learn from, in their order.
        labels: (N,), 1 for positives.
    """
    if schema.noun == "row":
        yield describe_kinds(schema)
    yield from describe_cycles(schema)
    for name, left_out in schema.left_out.items():
        if left_out.reason != Reason.TARGET:
            yield f"Ignored column `{name}`: {left_out}"
    simple = schema.simple
    counted = frame if simple.names == schema.names else frame[list(simple.names)]  # a choice of columns is a copy
    missing = pd.Series(missing_shares(counted, simple), simple.names)
    missing = missing[[column.name for column in simple.columns if column.source is None]]
    texts = [column.name for column in schema.columns if column.is_text]
    missing = pd.concat([missing, (frame[texts] == "").mean()]) if texts else missing
    if len(incomplete := missing[missing > 0].sort_values(ascending=False)):
        rows = len(frame)
        yield f"Missing values in {count_noun(len(incomplete), 'column')}: " + list_names(
            [
                f"`{name}` {write_percent(share)} ({round(share * rows):,} of {rows:,})"
                for name, share in incomplete.items()
            ]
        )
    yield from describe_duplicate_columns(frame)
    generator = np.random.default_rng(0)
    looked_at = np.arange(len(frame))
    if len(frame) > LOOKED_AT:
        looked_at = np.sort(generator.choice(len(frame), LOOKED_AT, replace=False))
        frame = frame.iloc[looked_at]
    yield from describe_leaks(frame, labels[looked_at], schema)


def describe_kinds(schema: Schema) -> str:
    """Say how many columns of each kind methods learn from, such as "3 columns to learn from: 2 numbers, 1 category".

    Columns that are derived from others, such as the hour of a date, do not count.
    """
    counts = Counter(column.stored_kind for column in schema.columns if column.source is None)
    listed = [
        f"{count:,} {PLURALS[kind][count > 1]}" if kind in PLURALS else count_noun(count, kind)
        for kind, count in counts.most_common()
    ]
    return f"{count_noun(counts.total(), 'column')} to learn from: {', '.join(listed)}"


def describe_cycles(schema: Schema) -> Iterator[str]:
    """Yield a note on each column of dates whose hour or weekday is learned from too; nothing if there is none."""
    periods: dict[str, list[Period]] = {}
    for column in schema.columns:
        period = column.kind.period
        if period is not None and period not in periods.setdefault(column.read_from, []):
            periods[column.read_from].append(period)
    for name, parts in periods.items():
        yield f"Column `{name}` also gives the {' and the '.join(parts)} of its dates (as sine and cosine)"


def describe_duplicate_columns(frame: pd.DataFrame) -> Iterator[str]:
    """Yield a note on each column that has the same values in all rows as an earlier column; nothing if none has."""
    first: dict[bytes, str] = {}
    for name, hashes in zip(frame.columns, hash_columns(frame), strict=True):
        key = hashlib.sha256(hashes.data).digest()
        if key in first:
            yield f"Column `{name}` has the same values as `{first[key]}`"
        first.setdefault(key, name)


def describe_leaks(frame: pd.DataFrame, labels: NDArray[np.int64], schema: Schema) -> Iterator[str]:
    """Yield a note on each column that alone separates the classes with a ROC-AUC of at least 0.99.

    Columns that are known only after the target do so. Whether a value is missing may separate the classes too. Columns
    of text and of frozen features are passed over.

    Args:
        frame: (N, columns), the columns that methods learn from, in their order.
        labels: (N,), 1 for positives.
        schema: The columns.
    """
    schema = schema.simple
    areas, areas_of_missing = class_areas(frame[list(schema.names)], schema, labels)
    for place in np.flatnonzero((areas >= GIVES_AWAY) | (areas_of_missing >= GIVES_AWAY)):
        name, is_read = schema.columns[place].name, schema.columns[place].source is None
        if areas[place] >= GIVES_AWAY:
            yield f"Column `{name}` alone {GIVEN_AWAY.format(areas[place])}"
        if areas_of_missing[place] >= GIVES_AWAY and is_read:
            yield f"Whether column `{name}` is missing {GIVEN_AWAY.format(areas_of_missing[place])}"


def describe_copies(own: Own, copies: int) -> Iterator[str]:
    """Yield one note if test rows (or images) of the first division also occur in train or validation, else nothing.

    copies: What `count_copies` returns for the data.
    """
    if copies:
        tested = len(own.find_rows(0, own.each_fold[0])["test"])
        where = "in the first division, " if own.division == FOLDS else ""
        share = f"{write_percent(copies / tested)} ({copies:,} of {tested:,})"
        yield (
            f"Copies: {where}{share} of the test {own.kind.noun}s are the same as {own.kind.noun}s of train or "
            "validation. If they are one case recorded twice, the scores are too good: remove them, or name what they "
            f"share with --group{'. A guarantee does not hold then' if own.sets_apart else ''}"
        )


def count_copies(own: Own) -> int:
    """Count the test rows (or images) of the first division that also occur in train or validation."""
    if isinstance(own.features, pd.DataFrame):
        keys = hash_rows(own.features)
    else:
        keys = np.array([hash(image.tobytes()) for image in own.features])
    rows = own.find_rows(0, own.each_fold[0])
    return int(np.isin(keys[rows["test"]], keys[np.concatenate([rows["train"], rows["validation"]])]).sum())
