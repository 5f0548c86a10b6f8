"""What is to be known of one's own data before anything is learned from it."""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.data.own.columns import CATEGORY, DATES, MANY, MISSING, NUMBER, Schema, some
from imbaloss.data.own.content import FOLDS, TEST, TIME, Own
from imbaloss.wording import counted

LOOKED_AT = 100_000  # rows, by which columns are judged
GIVES_AWAY = 0.99  # ROC-AUC of a column alone
GIVEN_AWAY = "tells the classes apart (ROC-AUC {:.3f}): if it is known only after the target, leave it out with --drop"
FEWEST = 5  # positives with a value, below which a column can separate them by chance
FEW = 30  # positives


def describe(own: Own) -> list[str]:
    """In sentences, the most important first."""
    negatives, positives = own.counts
    rows = len(own.labels)
    noun = "row" if isinstance(own.kind, Schema) else "image"
    classes = f"{positives} {own.positive} (positive, {own.level:.2%}), {negatives} {own.negative} (negative)"
    said = [f"{counted(rows, noun)}: {classes}", divided(own)]
    if positives < FEW:
        said.append(f"{counted(positives, 'positive')} can decide little: see what difference could be found at all")
    if own.level > 0.5:
        said.append(f"{own.positive} is the more frequent class; was {own.negative} meant (--positive)?")
    said += own.notes
    if isinstance(own.kind, Schema):
        said += of_columns(own)
    else:
        kind = {1: "gray", 3: "in colours"}[own.kind.channels]
        said.append(f"each image is {kind}, {own.kind.height} x {own.kind.width} pixels")
    said += copies(own)
    return said


def divided(own: Own) -> str:
    counts = own.split_counts(0, own.each_fold[0])
    parts = ", ".join(f"{part} {pair.positives}/{pair.negatives}" for part, pair in counts.items())
    how = {
        FOLDS: f"{own.folds} folds, each of which is test once",
        TIME: "the latest fifth is test, the fifth before it tune",
        TEST: f"the test file is test, {'a' if own.times is None else 'the latest'} fifth of the other rows tune",
    }[own.division]
    within = " in train or tune" if own.division == TEST else ""
    grouped = (
        f"; rows of one group stay together{within}, {own.groups.max() + 1} groups" if own.groups is not None else ""
    )
    return f"{how}{grouped}; positives/negatives{' of the first' * (own.division == FOLDS)}: {parts}"


def of_columns(own: Own) -> Iterator[str]:
    assert isinstance(own.kind, Schema)
    frame, labels, schema = own.features, own.labels, own.kind
    assert isinstance(frame, pd.DataFrame)
    kinds = pd.Series([column.kind for column in schema.columns]).value_counts()
    many = " with many values"
    told = {CATEGORY: ("category", "categories"), MANY: (f"category{many}", f"categories{many}")}
    told |= {kind: (kind, kind.replace("date", "dates", 1)) for kind in DATES}
    listed = [
        f"{count} {told[kind][count > 1]}" if kind in told else counted(int(count), str(kind))
        for kind, count in kinds.items()
    ]
    yield f"{counted(len(schema.columns), 'column')} to learn from: {', '.join(listed)}"
    for name, reason in schema.left_out.items():
        if reason != "is the target":
            yield f"not learned from: {name} {reason}"
    missing = (frame.isna() | (frame == MISSING)).mean()
    if len(there := missing[missing > 0].sort_values(ascending=False)):
        yield f"missing values in {counted(len(there), 'column')}: " + some(
            [f"{name} {share:.1%}" for name, share in there.items()]
        )
    yield from doubled(frame)
    yield from numbered(frame[[column.name for column in schema.columns if column.kind == NUMBER]])
    generator = np.random.default_rng(0)
    looked_at = (
        np.sort(generator.choice(len(frame), LOOKED_AT, replace=False))
        if len(frame) > LOOKED_AT
        else np.arange(len(frame))
    )
    yield from giving_away(frame.iloc[looked_at], labels[looked_at], schema)


def doubled(frame: pd.DataFrame) -> Iterator[str]:
    """Columns that hold the same in each row."""
    first: dict[bytes, str] = {}
    for name in frame.columns:
        key = hashlib.sha256(pd.util.hash_pandas_object(frame[name], index=False).to_numpy().tobytes()).digest()
        if key in first:
            yield f"{name} is the same as {first[key]}"
        first.setdefault(key, name)


def numbered(frame: pd.DataFrame) -> Iterator[str]:
    """Columns that look like the numbers of the rows."""
    for name in frame.columns:
        steps = np.diff(frame[name].to_numpy())
        if len(steps) > 10 and (steps == 1).all():
            yield f"{name} numbers the rows: if that means nothing, leave it out with --drop"


def giving_away(frame: pd.DataFrame, labels: NDArray[np.int64], schema: Schema) -> Iterator[str]:
    """Columns that tell the classes apart by themselves: they may be known only afterwards."""
    for column in schema.columns:
        area = area_of(frame[column.name], labels, many=column.is_category)
        if area >= GIVES_AWAY:
            yield f"{column.name} alone {GIVEN_AWAY.format(area)}"
        absent = (frame[column.name].isna() | (frame[column.name] == MISSING)).to_numpy()
        if absent.any() and not absent.all():
            area = area_of_numbers(absent.astype(np.float64), labels)
            if area >= GIVES_AWAY:
                yield f"whether {column.name} is missing {GIVEN_AWAY.format(area)}"


def area_of(column: "pd.Series[Any]", labels: NDArray[np.int64], *, many: bool) -> float:
    """Under the ROC curve, in the better of two directions; of a category by the share of positives in other folds."""
    if many:
        codes = pd.factorize(column)[0]
        folds = np.random.default_rng(0).permutation(len(labels)) % 5
        shares = np.zeros(len(labels))
        for fold in range(5):
            others = folds != fold
            counts, positives = (
                np.bincount(codes[others], weights, codes.max() + 1) for weights in (None, labels[others])
            )
            shares[~others] = ((positives + labels.mean()) / (counts + 1))[codes[~others]]
        return area_of_numbers(shares, labels)
    known = column.notna().to_numpy()
    return area_of_numbers(column.to_numpy()[known], labels[known])


def area_of_numbers(values: NDArray[Any], labels: NDArray[np.int64]) -> float:
    from sklearn.metrics import roc_auc_score

    if min(labels.sum(), len(labels) - labels.sum()) < FEWEST:
        return 0.5
    area = float(roc_auc_score(labels, values))
    return max(area, 1 - area)


def copies(own: Own) -> Iterator[str]:
    """Rows that are there more than once: test rows that were learned from are no test."""
    if isinstance(own.features, pd.DataFrame):
        keys = pd.util.hash_pandas_object(own.features, index=False).to_numpy()
    else:
        keys = np.array([hash(image.tobytes()) for image in own.features])
    rows = own.rows(0, own.each_fold[0])
    seen = np.isin(keys[rows["test"]], keys[np.concatenate([rows["train"], rows["tune"]])])
    if seen.any():
        where = "in the first division, " if own.division == FOLDS else ""
        same = (
            f"{int(seen.sum())} of {len(seen)} test rows ({seen.mean():.1%}) are the same as rows that are learned from"
        )
        too_good = "if they are one case recorded twice, scores are too good"
        yield f"copies: {where}{same}; {too_good}: remove them, or name what they share with --group"
