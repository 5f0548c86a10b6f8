"""The quantile transformation is scikit-learn's, bit for bit."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.preprocessing import QuantileTransformer

from imbaloss.comparison import wide_quantiles
from imbaloss.comparison.wide_quantiles import WideQuantileTransformer

WITH_TIES = st.sampled_from([0.0, -0.0, 1.0, 2.0, np.nan]) | st.floats(-1e290, 1e290)


def bits(values: np.ndarray) -> bytes:
    """NaN has a sign, which means nothing."""
    return np.where(np.isnan(values), np.nan, values).tobytes()


def assert_same(train: np.ndarray, new: np.ndarray, **options) -> None:
    ours, theirs = (
        kind(output_distribution="normal", random_state=0, **options)
        for kind in (WideQuantileTransformer, QuantileTransformer)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of columns without a value, and fewer rows than quantiles
        assert bits(ours.fit_transform(train)) == bits(theirs.fit_transform(train))
    assert bits(ours.transform(new)) == bits(theirs.transform(new))
    assert np.array_equal(ours.inverse_transform(new), theirs.inverse_transform(new), equal_nan=True)


@settings(deadline=None)
@given(
    train=arrays.arrays(np.float64, (20, 4), elements=WITH_TIES),
    new=arrays.arrays(np.float64, (6, 4), elements=WITH_TIES),
)
def test_it_is_that_of_scikit_learn(train, new):
    assert_same(train, new)


def test_columns_without_a_value_or_with_one_value_are_too():
    train = np.random.default_rng(0).standard_normal((30, 5))
    train[:, 0], train[:, 1], train[1:, 2] = np.nan, 3, np.nan
    assert_same(train, np.vstack([train, train + 1]))


@pytest.mark.parametrize("options", [{"n_quantiles": 50}, {"n_quantiles": 50, "subsample": 200}])
@pytest.mark.parametrize("block", [2**18, 1500, 1])
def test_long_tables_and_blocks_are_too(monkeypatch, options, block):
    monkeypatch.setattr(wide_quantiles, "BLOCK", block)
    train = np.random.default_rng(0).standard_normal((500, 7))
    train[:, 3] = np.round(train[:, 3], 1)
    train[np.random.default_rng(1).random(train.shape) < 0.1] = np.nan
    assert_same(train, 2 * train, **options)
    assert_same(np.asfortranarray(train), 2 * train, **options)
