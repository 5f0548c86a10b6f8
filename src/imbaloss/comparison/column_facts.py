"""Facts on single columns: the share of missing values, and how well a column alone separates the classes."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from imbaloss.comparison.columns import MISSING, Schema
from imbaloss.comparison.hashes import BLOCK

FEWEST = 5  # number of samples of a class with a value; a column with fewer can separate them by chance
FOLDS = 5  # number of folds; a category is scored by the labels of the other folds


class Block(NamedTuple):
    """A block of C columns of one type, for N rows."""

    places: NDArray[np.int64]  # (C,), the places of the columns in the schema
    values: NDArray[Any]  # (C, N), float64 or text
    is_category: bool  # whether the values are text

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Whether each value is missing, (C, N): NaN among numbers, "(missing)" among text."""
        missing: NDArray[np.bool_] = self.values == MISSING if self.is_category else np.isnan(self.values)
        return missing


def iterate_column_blocks(frame: pd.DataFrame, schema: Schema) -> Iterator[Block]:
    """Yield the columns of a frame in blocks of at most 2^20 values, columns of numbers first and then of text.

    Args:
        frame: (N, columns), the columns of the schema in its order.
        schema: The columns; categories are text, all others float64.
    """
    is_category = np.array([column.is_category for column in schema.columns])
    size = max(1, BLOCK // max(1, len(frame)))
    for category in (False, True):
        places = np.flatnonzero(is_category == category)
        for start in range(0, len(places), size):
            block = places[start : start + size]
            values = frame.iloc[:, block].to_numpy(object if category else np.float64)
            yield Block(block, np.ascontiguousarray(values.T), category)


def missing_shares(frame: pd.DataFrame, schema: Schema) -> NDArray[np.float64]:
    """Return the share of rows without a value, from 0 to 1, for each column of the schema, (columns,).

    frame: (N, columns), the columns of the schema in its order; N must not be 0.
    """
    shares = np.empty(len(schema.columns))
    for block in iterate_column_blocks(frame, schema):
        shares[block.places] = block.missing.mean(axis=1)
    return shares


def class_areas(
    frame: pd.DataFrame, schema: Schema, labels: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute two ROC-AUCs of each column, (columns,) each: of its values, and of whether a value is missing.

    Each is in the better of its two directions, so at least 0.5. The first ignores rows without a number; a category is
    scored by the labels of other rows with it. The first is 0.5 for a column with fewer than 5 values of a class, the
    second if a class has fewer than 5 rows.

    Args:
        frame: (N, columns), the columns of the schema in its order.
        schema: The columns.
        labels: (N,), 1 for positives.
    """
    of_values, of_missing = np.empty(len(schema.columns)), np.empty(len(schema.columns))
    for block in iterate_column_blocks(frame, schema):
        values = category_scores(block.values, labels) if block.is_category else block.values
        of_values[block.places] = roc_areas(values, labels)
        of_missing[block.places] = missing_areas(block.missing, labels)
    return of_values, of_missing


def roc_areas(values: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Compute the ROC-AUC of each of C columns in the better of its two directions, (C,).

    It is the statistic of Mann and Whitney, with mean ranks for ties.

    Args:
        values: (C, N), finite or NaN; NaN is ignored.
        labels: (N,), 1 for positives.

    Returns:
        The areas; 0.5 for a column with fewer than `FEWEST` values of a class.
    """
    has_value, positive = ~np.isnan(values), labels == 1
    ranks = scipy.stats.rankdata(
        np.where(has_value, values, np.inf), axis=1
    )  # NaN last, so that it changes no other rank
    positives, negatives = has_value[:, positive].sum(axis=1), has_value[:, ~positive].sum(axis=1)
    wins = (ranks * (has_value & positive)).sum(axis=1) - positives * (positives + 1) / 2
    areas = wins / np.maximum(positives * negatives, 1)
    return np.where(np.minimum(positives, negatives) < FEWEST, 0.5, np.maximum(areas, 1 - areas))


def missing_areas(missing: NDArray[np.bool_], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Compute for each of C columns the ROC-AUC of whether a value is missing, in the better direction, (C,).

    All areas are 0.5 if a class has fewer than 5 samples; an area is 0.5 if all values or none are missing.

    Args:
        missing: (C, N), whether each value is missing.
        labels: (N,), 1 for positives.
    """
    positive = labels == 1
    if min(positive.sum(), (~positive).sum()) < FEWEST:
        return np.full(len(missing), 0.5)
    shares, shares_of_negatives = (missing[:, rows].mean(axis=1) for rows in (positive, ~positive))
    areas: NDArray[np.float64] = 0.5 + np.abs(shares - shares_of_negatives) / 2
    return areas


def category_scores(categories: NDArray[Any], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Replace each category by its share of positives among the rows of the other four of five folds, (C, N).

    One pseudo-row shrinks the share towards the share of positives in all rows, so that the values of an identifier all
    get the same share.

    Args:
        categories: (C, N), text.
        labels: (N,), 1 for positives.
    """
    codes = np.array([pd.factorize(column)[0] for column in categories])
    codes += (codes.max() + 1) * np.arange(len(codes))[:, None]  # no code in two columns
    folds = np.random.default_rng(0).permutation(len(labels)) % FOLDS
    scores = np.empty(codes.shape)
    for fold in range(FOLDS):
        outside = codes[:, folds != fold]
        of_positives = outside[:, labels[folds != fold] == 1]
        counts, positives = (np.bincount(each.ravel(), minlength=codes.max() + 1) for each in (outside, of_positives))
        scores[:, folds == fold] = ((positives + labels.mean()) / (counts + 1))[codes[:, folds == fold]]
    return scores
