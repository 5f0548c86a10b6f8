"""Quantile transformation of tables with thousands of columns."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from sklearn.preprocessing import QuantileTransformer
from sklearn.utils import resample

BLOCK = 2**18  # values at a time: they stay in the processor's cache, and bound the memory of a long table
MARGIN = 1e-7  # scikit-learn's distance from 0 and 1 at which probabilities end


class WideQuantileTransformer(QuantileTransformer):  # type: ignore[misc]
    """Map numbers to a normal distribution by their quantiles: scikit-learn's estimator, bit for bit, in less time.

    scikit-learn calls some fifty functions for each column. This class calls them for blocks of columns, but for
    np.interp. It overrides two private methods; should scikit-learn rename them, its own would run: slower, with the
    same results. Saved models name this class and its module.
    """

    def _dense_fit(self, values: NDArray[np.float64], random_state: Any) -> None:
        """Set `quantiles_`, (Q, C), of values (N, C); all NaN for a column without a number."""
        if self.subsample is not None and self.subsample < len(values):
            values = resample(values, replace=False, n_samples=self.subsample, random_state=random_state)
        percents = self.references_ * 100
        self.quantiles_ = np.full((len(percents), values.shape[1]), np.nan)
        for columns in column_blocks(*values.shape):
            ordered, quantiles = np.sort(values[:, columns], axis=0), self.quantiles_[:, columns]  # NaN comes last
            known = len(values) - np.isnan(ordered).sum(axis=0)
            for count in np.unique(known[known > 0]):
                alike = known == count
                quantiles[:, alike] = np.percentile(ordered[:count, alike], percents, axis=0)

    def _transform(self, values: NDArray[np.float64], inverse: bool = False) -> NDArray[np.float64]:
        """Transform values (N, C) in place and return them; NaN stays NaN."""
        if inverse or self.output_distribution != "normal":
            return super()._transform(values, inverse)  # type: ignore[no-any-return]
        lowest, highest = ndtri([MARGIN - np.spacing(1), 1 - (MARGIN - np.spacing(1))])
        for columns in column_blocks(*values.shape):
            block, quantiles = values.T[columns], self.quantiles_.T[columns]
            below, above = block - MARGIN < quantiles[:, :1], block + MARGIN > quantiles[:, -1:]
            block[:] = interpolate_shares(block, quantiles, self.references_)
            block[above] = 1
            block[below] = 0
            block[:] = np.clip(ndtri(block), lowest, highest)
        return values


def interpolate_shares(
    values: NDArray[np.float64], quantiles: NDArray[np.float64], shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the share of smaller values for each of values (C, N), by the quantiles (C, Q) of these shares (Q,).

    Where several quantiles are equal to a value, its share is the middle of theirs.
    """
    rising, falling = np.empty_like(values), np.empty_like(values)
    negated, descending, descending_shares = -values, -quantiles[:, ::-1], -shares[::-1]
    for column, ordered in enumerate(np.ascontiguousarray(quantiles)):
        rising[column] = np.interp(values[column], ordered, shares)
        falling[column] = np.interp(negated[column], descending[column], descending_shares)
    return 0.5 * (rising - falling)


def column_blocks(rows: int, columns: int) -> Iterator[slice]:
    """Yield slices of neighbouring columns that together hold at most `BLOCK` values, or one column each."""
    size = max(1, BLOCK // max(1, rows))
    for start in range(0, columns, size):
        yield slice(start, start + size)
