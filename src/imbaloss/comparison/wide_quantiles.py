"""Quantile transformation of tables with thousands of columns."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from sklearn.preprocessing import QuantileTransformer
from sklearn.utils import resample

BLOCK = 2**18  # number of values in a block, which fits into the processor's cache and bounds the memory
MARGIN = 1e-7  # the distance from 0 and 1 to which scikit-learn clips probabilities


class WideQuantileTransformer(QuantileTransformer):  # type: ignore[misc]
    """A faster `QuantileTransformer` of scikit-learn with the same results, bit for bit.

    scikit-learn calls about fifty functions for each column. This class calls them for blocks of columns, except for
    np.interp. It overrides two private methods. If scikit-learn renames them, its own methods run, which are slower and
    give the same results. Saved models name this class and its module.
    """

    def _dense_fit(self, values: NDArray[np.float64], random_state: Any) -> None:
        """Set `quantiles_` (Q, C) from values (N, C), NaN ignored; all are NaN for a column without a number.

        random_state: Draws the rows if there are more than `subsample`.
        """
        if self.subsample is not None and self.subsample < len(values):
            values = resample(values, replace=False, n_samples=self.subsample, random_state=random_state)
        percents = self.references_ * 100
        self.quantiles_ = np.full((len(percents), values.shape[1]), np.nan)
        for columns in slice_columns(*values.shape):
            ordered, quantiles = np.sort(values[:, columns], axis=0), self.quantiles_[:, columns]  # NaN comes last
            counts = len(values) - np.isnan(ordered).sum(axis=0)
            for count in np.unique(counts[counts > 0]):
                alike = counts == count
                quantiles[:, alike] = np.percentile(ordered[:count, alike], percents, axis=0)

    def _transform(self, values: NDArray[np.float64], inverse: bool = False) -> NDArray[np.float64]:
        """Transform values (N, C) to their normal quantiles in place and return them; NaN stays NaN.

        For the inverse, or another output distribution than the normal one, scikit-learn's own method runs.
        """
        if inverse or self.output_distribution != "normal":
            return super()._transform(values, inverse)  # type: ignore[no-any-return]
        lowest, highest = ndtri([MARGIN - np.spacing(1), 1 - (MARGIN - np.spacing(1))])
        for columns in slice_columns(*values.shape):
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
    """Interpolate for each value the share of smaller values in the fit, from 0 to 1, (C, N).

    A value that equals several quantiles gets the middle of their shares. A value beyond all quantiles gets the first
    or last share; NaN stays NaN.

    Args:
        values: (C, N).
        quantiles: (C, Q), of each column, ascending.
        shares: (Q,), the shares that the quantiles belong to, ascending.
    """
    rising, falling = np.empty_like(values), np.empty_like(values)
    negated, descending, descending_shares = -values, -quantiles[:, ::-1], -shares[::-1]
    for column, ordered in enumerate(np.ascontiguousarray(quantiles)):
        rising[column] = np.interp(values[column], ordered, shares)
        falling[column] = np.interp(negated[column], descending[column], descending_shares)
    return 0.5 * (rising - falling)


def slice_columns(rows: int, columns: int) -> Iterator[slice]:
    """Yield slices of neighbouring columns that together hold at most 2^18 values, or one column if that has more."""
    size = max(1, BLOCK // max(1, rows))
    for start in range(0, columns, size):
        yield slice(start, start + size)
