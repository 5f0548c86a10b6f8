"""What a column alone tells: its missing values, and how well it tells the classes apart. In blocks of columns."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from imbaloss.comparison.columns import MISSING, Schema
from imbaloss.comparison.hashes import BLOCK

FEWEST = 5  # positives with a value, below which a column can separate them by chance
FOLDS = 5  # in which a category is judged by the labels of the others


class Block(NamedTuple):
    """Some columns of one type: their places in the schema, (C,), and values (C, N), float64 or text."""

    places: NDArray[np.int64]
    values: NDArray[Any]
    is_category: bool

    @property
    def missing(self) -> NDArray[np.bool_]:
        """(C, N): true where there is no value."""
        missing: NDArray[np.bool_] = self.values == MISSING if self.is_category else np.isnan(self.values)
        return missing


def column_blocks(frame: pd.DataFrame, schema: Schema) -> Iterator[Block]:
    """Yield all columns of a frame, as `take_columns` returns it: those of numbers first, then those of categories."""
    is_category = np.array([column.is_category for column in schema.columns])
    size = max(1, BLOCK // max(1, len(frame)))
    for category in (False, True):
        places = np.flatnonzero(is_category == category)
        for start in range(0, len(places), size):
            some_places = places[start : start + size]
            values = frame.iloc[:, some_places].to_numpy(object if category else np.float64)
            yield Block(some_places, np.ascontiguousarray(values.T), category)


def missing_shares(frame: pd.DataFrame, schema: Schema) -> NDArray[np.float64]:
    """Return the share of rows without a value, for each column of the schema."""
    shares = np.empty(len(schema.columns))
    for block in column_blocks(frame, schema):
        shares[block.places] = block.missing.mean(axis=1)
    return shares


def class_areas(
    frame: pd.DataFrame, schema: Schema, labels: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return two ROC-AUCs for each column of the schema: of its values, and of whether a value is missing.

    Rows without a number count for the second alone; it is 0.5 where all values or none are missing.
    """
    of_values, of_missing = np.empty(len(schema.columns)), np.empty(len(schema.columns))
    for block in column_blocks(frame, schema):
        values = category_scores(block.values, labels) if block.is_category else block.values
        of_values[block.places] = roc_areas(values, labels)
        of_missing[block.places] = missing_areas(block.missing, labels)
    return of_values, of_missing


def roc_areas(values: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the ROC-AUC of each row of values (C, N), finite or NaN, in the better of two directions.

    labels: (N,), 1 for positives. Only values that are not NaN count. With fewer than `FEWEST` of either class among
    them the area is 0.5. Source: the statistic of Mann and Whitney, ties by their mean rank.
    """
    known, positive = ~np.isnan(values), labels == 1
    ranks = rankdata(np.where(known, values, np.inf), axis=1)  # NaN last, where no rank of another value counts it
    positives, negatives = known[:, positive].sum(axis=1), known[:, ~positive].sum(axis=1)
    wins = (ranks * (known & positive)).sum(axis=1) - positives * (positives + 1) / 2
    areas = wins / np.maximum(positives * negatives, 1)
    return np.where(np.minimum(positives, negatives) < FEWEST, 0.5, np.maximum(areas, 1 - areas))


def missing_areas(missing: NDArray[np.bool_], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the ROC-AUC of each row of missing (C, N) as a score of 0 or 1, as `roc_areas` of numbers."""
    positive = labels == 1
    if min(positive.sum(), (~positive).sum()) < FEWEST:
        return np.full(len(missing), 0.5)
    shares, shares_of_negatives = (missing[:, rows].mean(axis=1) for rows in (positive, ~positive))
    areas: NDArray[np.float64] = 0.5 + np.abs(shares - shares_of_negatives) / 2
    return areas


def category_scores(categories: NDArray[Any], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of positives of each category of categories (C, N), among the rows of the other folds.

    The share is drawn to that of all rows by one row more: an identifier has the same share everywhere.
    """
    codes = np.array([pd.factorize(column)[0] for column in categories])
    codes += (codes.max() + 1) * np.arange(len(codes))[:, None]  # no code in two columns
    folds = np.random.default_rng(0).permutation(len(labels)) % FOLDS
    scores = np.empty(codes.shape)
    for fold in range(FOLDS):
        others = codes[:, folds != fold]
        of_positives = others[:, labels[folds != fold] == 1]
        counts, positives = (np.bincount(each.ravel(), minlength=codes.max() + 1) for each in (others, of_positives))
        scores[:, folds == fold] = ((positives + labels.mean()) / (counts + 1))[codes[:, folds == fold]]
    return scores
