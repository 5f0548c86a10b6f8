"""Categorical columns of a DataFrame, which become codes for learners that take columns as they are."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from imbaloss.training.recipe import require


def find_categories(X: Any) -> dict[int, "pd.Index[Any]"]:
    """Return the values of each categorical column of a DataFrame of pandas, by its place; nothing for other data.

    Columns of the types category, string and object are categorical. Values are sorted if they can be, and missing ones
    are left out.
    """
    if not isinstance(X, pd.DataFrame):
        return {}
    kinds = (pd.CategoricalDtype, pd.StringDtype)
    places = [
        place for place, dtype in enumerate(X.dtypes) if isinstance(dtype, kinds) or pd.api.types.is_object_dtype(dtype)
    ]
    return {place: pd.Categorical(X.iloc[:, place]).remove_unused_categories().categories for place in places}


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
