"""Preparation: how columns and images become the inputs of a network, fitted on the training part alone."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.columns import ColumnKind, Schema

Inputs = NDArray[np.float32]
QUANTILES_OF = 100_000  # rows, by which quantiles are told
CROSS_FITTED = 5  # folds, in which a category is encoded by the targets of the others


@dataclass(frozen=True, eq=False)
class TablePreparation:
    """Turn the columns of a frame, as `take_columns` returns it, into inputs (N, D) by fitted scikit-learn estimators.

    steps: the estimators by the kind of column that they transform, as `columns_of_steps` names them. They get arrays:
    for frames with thousands of columns ColumnTransformer takes most of the time to look up and check names.
    """

    schema: Schema
    steps: Mapping[str, Any]

    @classmethod
    def fit(cls, schema: Schema, frame: pd.DataFrame, labels: NDArray[np.int64]) -> "tuple[TablePreparation, Inputs]":
        """Return the fitted preparation and the inputs of the rows that it was fitted on.

        In these inputs the target encoding of a row leaves out the row's own target.
        """
        steps = make_steps(schema, int(labels.sum()))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of columns without a value, or classes with few rows, in this part
            inputs = [steps[name].fit_transform(values, labels) for name, values in arrays_of_steps(schema, frame)]
        return cls(schema, steps), as_inputs(inputs)

    def __call__(self, frame: pd.DataFrame) -> Inputs:
        """Return the inputs of new rows, (N, D), also where there are none."""
        if not len(frame):  # which scikit-learn refuses
            width = sum(len(step.get_feature_names_out()) for step in self.steps.values())
            return np.zeros((0, width), dtype=np.float32)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of categories that were not there
            return as_inputs([
                self.steps[name].transform(values) for name, values in arrays_of_steps(self.schema, frame)
            ])  # fmt: skip

    def unseen(self, frame: pd.DataFrame) -> dict[str, int]:
        """Count the rows with a category that no row of the fit had, by column, where there are any."""
        counts = {}
        for step_name, names in columns_of_steps(self.schema).items():
            step = self.steps[step_name]
            encoder = step[0] if hasattr(step, "steps") else step
            for name, known in zip(names, getattr(encoder, "categories_", ()), strict=False):
                if count := int((~frame[name].isin(known)).sum()):
                    counts[name] = count
        return counts


def as_inputs(parts: Sequence[Any]) -> Inputs:
    """Return arrays (N, ...) side by side, as float32 with rows contiguous in memory."""
    inputs: Inputs = np.ascontiguousarray(np.hstack(parts) if len(parts) > 1 else parts[0], dtype=np.float32)
    return inputs


def columns_of_steps(schema: Schema) -> dict[str, list[str]]:
    """Return the names of the columns that each step transforms, in the order of inputs. Each step has one at least."""
    names = {
        "numbers": [column.name for column in schema.columns if column.is_number],
        "categories": [
            column.name for column in schema.columns if column.kind in {ColumnKind.CATEGORY, ColumnKind.MARK}
        ],
        "many": [column.name for column in schema.columns if column.kind == ColumnKind.MANY],
        "cycles": [column.name for column in schema.columns if column.is_cycle],
    }
    return {step: columns for step, columns in names.items() if columns}


def arrays_of_steps(schema: Schema, frame: pd.DataFrame) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the name of each step and a copy of its columns, (N, C): float64, or objects for categories.

    It is a copy, since steps transform it in place. Each column is contiguous in memory: that decides how scikit-learn
    sums it, and thus the last bits of its mean.
    """
    for step, names in columns_of_steps(schema).items():
        values = frame[names].to_numpy(np.float64 if step in {"numbers", "cycles"} else object)
        shared = np.may_share_memory(values, frame[names[0]].to_numpy())
        yield step, np.array(values, order="F", copy=True if shared else None)


def make_steps(schema: Schema, positives: int) -> dict[str, Any]:
    """Make the estimators that prepare the columns of a schema.

    Numbers are mapped by their quantiles to a normal distribution (Gorishniy et al. 2021, arXiv 2106.11959), missing
    ones to the median with an indicator. Categories get one input each. Where they are many, a category gets the mean
    target, cross-fitted (Micci-Barreca 2001, SIGKDD Explorations 3), and an unknown one the mean of all. Sines and
    cosines stay as they are; of a missing date both are 0, the middle of the circle.

    positives: in the rows of the fit.
    """
    from sklearn.impute import SimpleImputer  # here, since scikit-learn takes most of a second
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler, TargetEncoder

    from imbaloss.comparison.wide_quantiles import WideQuantileTransformer

    quantiles = WideQuantileTransformer(
        output_distribution="normal", subsample=QUANTILES_OF, random_state=0, copy=False
    )
    numbers = Pipeline([
        ("quantiles", quantiles),
        ("scale", StandardScaler(copy=False)),
        ("missing", SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)),
    ])  # fmt: skip
    folds = StratifiedKFold(int(np.clip(positives, 2, CROSS_FITTED)), shuffle=True, random_state=0)
    many = Pipeline([("target", TargetEncoder(target_type="binary", cv=folds)), ("scale", StandardScaler())])
    steps = {
        "numbers": numbers,
        "categories": OneHotEncoder(handle_unknown="ignore", sparse_output=False),
        "many": many,
        "cycles": SimpleImputer(strategy="constant", fill_value=0.0, keep_empty_features=True),
    }
    return {name: steps[name] for name in columns_of_steps(schema)}


@dataclass(frozen=True)
class ImagePreparation:
    """The rules by which images are read, as (N, C, H, W) of type uint8, and become inputs.

    The defaults are what a model of an earlier version did, whose file lacks these entries. They are no part of the
    text form, which decides whether data are the same: what they change is seen in the pixels.
    """

    height: int  # in pixels
    width: int
    channels: int  # 1 gray, 3 colours
    integers: tuple[float, float] | None = field(default=None, repr=False)  # which become 0 and 255, but for uint8
    floats: tuple[float, float] = field(default=(0.0, 1.0), repr=False)  # which become 0 and 255
    on_white: bool = field(default=False, repr=False)  # transparent parts; else transparency is dropped
    column: str | None = field(default=None, repr=False)  # of a table, which names the files
    noun: ClassVar[str] = "image"
    of_images: ClassVar[bool] = True

    def __call__(self, images: NDArray[np.uint8]) -> Inputs:
        """Return the inputs in [0, 1]; each channel is scaled with the network."""
        return images.astype(np.float32) / np.float32(255)

    @property
    def identity(self) -> str:
        """The text form, which is part of what decides whether data are the same."""
        return repr(self)

    def to_json(self) -> dict[str, Any]:
        """Return the entries of a model file."""
        return {"images": asdict(self)}
