"""Categorical columns of a DataFrame, which become codes for learners that take columns as they are."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from imbaloss.training.recipe import require


def find_categories(X: Any) -> dict[int, "pd.Index[Any]"]:
    """Return the values of each categorical column of a DataFrame of pandas, by its place; nothing for other data.

    Columns of the types category and string are categorical, and those of objects that are not all numbers. Values are
    sorted if they can be, and missing ones are left out.

    Raises:
        ValueError: A column holds times or time differences.
    """
    if not isinstance(X, pd.DataFrame):
        return {}
    for name, dtype in zip(X.columns, X.dtypes, strict=True):
        is_time = pd.api.types.is_datetime64_any_dtype(dtype) or pd.api.types.is_timedelta64_dtype(dtype)
        require(not is_time, f"column {name!r} holds times: give numbers, such as the days since a date")
    columns = enumerate(X.iloc[:, place] for place in range(X.shape[1]))
    return {
        place: pd.Categorical(column).remove_unused_categories().categories
        for place, column in columns
        if is_categorical(column)
    }


def is_categorical(column: "pd.Series[Any]") -> bool:
    """Say whether a column holds categories: it has the type category or string, or objects that are not all numbers.

    A column of objects without a value holds none.
    """
    if isinstance(column.dtype, pd.CategoricalDtype | pd.StringDtype):
        return True
    numbers = {"boolean", "integer", "floating", "mixed-integer-float", "empty"}
    return pd.api.types.is_object_dtype(column.dtype) and pd.api.types.infer_dtype(column, skipna=True) not in numbers


def encode_categories(X: Any, categories: "Mapping[int, pd.Index[Any]]") -> Any:
    """Return a copy of a DataFrame with the code of each category, from 0 on, in place of its value.

    Missing values and values that are not in `categories` become NaN. Without categories X is returned as it is.

    Args:
        X: (N, D), the columns.
        categories: What `find_categories` returned for the fit.

    Raises:
        ValueError: There are categories, and X is no DataFrame.
    """
    if not categories:
        return X
    require(
        isinstance(X, pd.DataFrame), "X must be a DataFrame of pandas as in the fit, which saw columns of categories"
    )
    coded = X.copy(deep=False)
    for place, values in categories.items():
        if place < X.shape[1]:
            codes = values.get_indexer(pd.Index(X.iloc[:, place])).astype(np.float64)
            coded.isetitem(place, np.where(codes < 0, np.nan, codes))
    return coded
