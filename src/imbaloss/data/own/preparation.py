"""Preparation: how columns and images become the inputs of a network, fitted on the training part alone."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.data.own.columns import CATEGORY, MANY, Schema

Inputs = NDArray[np.float32]
QUANTILES_OF = 100_000  # rows, by which quantiles are told
CROSS_FITTED = 5  # folds, in which a category is encoded by the targets of the others


@dataclass(frozen=True, eq=False)
class TablePreparation:
    """Of columns, by scikit-learn: a frame as `Schema.take` gives it -> inputs (N, D)."""

    transformer: Any

    @classmethod
    def fit(cls, schema: Schema, frame: pd.DataFrame, labels: NDArray[np.int64]) -> "tuple[TablePreparation, Inputs]":
        """And the inputs of the rows that it was fitted on: of these a target encoding leaves out each row's own."""
        made = transformer_of(schema, int(labels.sum()))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of columns without a value, or classes with few rows, in this part
            inputs = made.fit_transform(frame, labels)
        return cls(made), as_inputs(inputs)

    def __call__(self, frame: pd.DataFrame) -> Inputs:
        if not len(frame):  # which scikit-learn refuses
            return np.zeros((0, len(self.transformer.get_feature_names_out())), dtype=np.float32)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of categories that were not there
            return as_inputs(self.transformer.transform(frame))

    def unseen(self, frame: pd.DataFrame) -> dict[str, int]:
        """Of each category with values that were not there when it was fitted, in how many rows."""
        found = {}
        for _, step, names in self.transformer.transformers_:
            encoder = step[0] if hasattr(step, "steps") else step
            for name, known in zip(names, getattr(encoder, "categories_", ()), strict=False):
                if count := int((~frame[name].isin(known)).sum()):
                    found[name] = count
        return found


def as_inputs(found: Any) -> Inputs:
    inputs: Inputs = np.ascontiguousarray(found, dtype=np.float32)
    return inputs


def transformer_of(schema: Schema, positives: int) -> Any:
    """Numbers by their quantiles to a normal distribution (Gorishniy et al. 2021, arXiv 2106.11959), missing ones to
    the median with an indicator; categories one by one, or where they are many by the mean target, cross-fitted
    (Micci-Barreca 2001, SIGKDD Explorations 3), an unknown one by the mean of all.

    positives: of the rows that it is to be fitted on.
    """
    from sklearn.compose import ColumnTransformer  # here, since scikit-learn takes most of a second
    from sklearn.impute import SimpleImputer
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, QuantileTransformer, StandardScaler, TargetEncoder

    numbers = Pipeline([
        ("quantiles", QuantileTransformer(output_distribution="normal", subsample=QUANTILES_OF, random_state=0)),
        ("scale", StandardScaler()),
        ("missing", SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)),
    ])  # fmt: skip
    folds = StratifiedKFold(int(np.clip(positives, 2, CROSS_FITTED)), shuffle=True, random_state=0)
    many = Pipeline([("target", TargetEncoder(target_type="binary", cv=folds)), ("scale", StandardScaler())])
    names = {kind: [column.name for column in schema.columns if column.kind == kind] for kind in (CATEGORY, MANY)}
    parts = {
        "numbers": (numbers, [column.name for column in schema.columns if column.is_number]),
        "categories": (OneHotEncoder(handle_unknown="ignore", sparse_output=False), names[CATEGORY]),
        "many": (many, names[MANY]),
    }
    return ColumnTransformer([(name, made, columns) for name, (made, columns) in parts.items() if columns])


@dataclass(frozen=True)
class ImagePreparation:
    """Of images (N, C, H, W), uint8 -> the same in [0, 1]; each channel is scaled with the network."""

    height: int  # in pixels
    width: int
    channels: int  # 1 gray, 3 colours

    def __call__(self, images: NDArray[np.uint8]) -> Inputs:
        return images.astype(np.float32) / np.float32(255)
