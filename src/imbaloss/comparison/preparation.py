"""Preparation: columns and images become the inputs of a network, by rules fitted on the train part alone."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.columns import ColumnKind, Schema
from imbaloss.data import InputForm

Inputs = NDArray[np.floating[Any]]  # float32 for networks, float64 for columns as they are
QUANTILES_OF = 100_000  # number of rows that quantiles are computed from, at most
CROSS_FITTED = 5  # number of folds; a category is encoded by the targets of the other folds


@dataclass(frozen=True, eq=False)
class TablePreparation:
    """A fitted preparation that turns the columns of a frame into inputs (N, D) by scikit-learn estimators.

    Prepared inputs are float32, columns as they are float64.

    The estimators get arrays instead of a ColumnTransformer, which for thousands of columns spends most of its time on
    looking up and checking names.
    """

    schema: Schema
    steps: Mapping[str, Any]  # the fitted estimators, by the names of `list_step_columns`
    form: InputForm = InputForm.PREPARED  # of the inputs

    @classmethod
    def fit(
        cls,
        schema: Schema,
        frame: pd.DataFrame,
        labels: NDArray[np.int64],
        form: InputForm = InputForm.PREPARED,
    ) -> "tuple[TablePreparation, Inputs]":
        """Fit the preparation to rows, and return it with the inputs (N, D) of the same rows.

        In these inputs the target encoding of a row leaves out the row's own target.

        Args:
            schema: The columns.
            frame: (N, columns), the columns of the schema in its order: float64, or text for categories.
            labels: (N,), 1 for positives.
            form: The form of the inputs.
        """
        positives = int(labels.sum())
        steps = make_column_steps(schema, positives) if form is InputForm.COLUMNS else make_steps(schema, positives)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on columns without a value and classes with few rows
            inputs = [steps[name].fit_transform(values, labels) for name, values in iterate_step_arrays(schema, frame)]
        return cls(schema, steps, form), join_inputs(inputs, form)

    def __call__(self, frame: pd.DataFrame) -> Inputs:
        """Return the inputs of new rows, (N, D); N may be 0.

        frame: (N, columns), the columns of the schema, as in the fit. Unknown categories raise no error.
        """
        if not len(frame):  # scikit-learn refuses no rows
            width = sum(len(step.get_feature_names_out()) for step in self.steps.values())
            return join_inputs([np.zeros((0, width))], self.form)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on unknown categories
            return join_inputs([
                self.steps[name].transform(values) for name, values in iterate_step_arrays(self.schema, frame)
            ], self.form)  # fmt: skip

    @property
    def categorical(self) -> tuple[int, ...]:
        """The places of the inputs that are codes of categories; empty for prepared inputs."""
        if self.form is not InputForm.COLUMNS:
            return ()
        columns = list_step_columns(self.schema)
        first = len(columns.get("numbers", ()))
        return tuple(range(first, first + len(columns.get("categories", ()))))

    @property
    def input_columns(self) -> tuple[str, ...]:
        """The column of the file that each of the D inputs is made of, in the order of the inputs.

        All inputs of one column stand for it: the values of a category, a number with its missing indicator, or a date
        with its hour and weekday. The preparation of a row depends on that row alone, so that to shuffle these inputs
        is to shuffle the column.
        """
        files = {column.name: column.read_from for column in self.schema.columns}
        inputs: list[str] = []
        for step_name, names in list_step_columns(self.schema).items():
            step, read_from = self.steps[step_name], [files[name] for name in names]
            if self.form is not InputForm.COLUMNS and step_name == "categories":
                repeats = [len(categories) for categories in step.categories_]
                inputs += np.repeat(np.array(read_from, dtype=object), repeats).tolist()
                continue
            inputs += read_from
            if self.form is not InputForm.COLUMNS and step_name == "numbers":
                inputs += [read_from[place] for place in step["missing"].indicator_.features_]
        return tuple(inputs)

    def count_unseen(self, frame: pd.DataFrame) -> dict[str, int]:
        """Count the rows with a category that the fit did not have, by column of names.

        Columns without such rows are left out. frame: (N, columns), the columns of the schema, as in the fit.
        """
        counts = {}
        for step_name, names in list_step_columns(self.schema).items():
            step = self.steps[step_name]
            encoder = step[0] if hasattr(step, "steps") else step
            for name, categories in zip(names, getattr(encoder, "categories_", ()), strict=False):
                if count := int((~frame[name].isin(categories)).sum()):
                    counts[name] = count
        return counts


@dataclass(frozen=True, eq=False)
class JoinedPreparation(TablePreparation):
    """A pair of fitted preparations of the same columns. Their inputs stand side by side: columns, then numbers.

    It serves averages of learners that take different forms. All inputs are float64, in which float32 is exact.
    """

    steps: Mapping[str, Mapping[str, Any]]  # the fitted estimators of each preparation, by its form
    form: InputForm = InputForm.BOTH

    @property
    def parts(self) -> list[TablePreparation]:
        """The two preparations, that of columns first."""
        forms = (InputForm.COLUMNS, InputForm.PREPARED)
        return [TablePreparation(self.schema, self.steps[form], form) for form in forms]

    def __call__(self, frame: pd.DataFrame) -> Inputs:
        """Return the inputs of new rows of both preparations, (N, D); frame: as for each of them."""
        return np.hstack([part(frame) for part in self.parts])

    @property
    def categorical(self) -> tuple[int, ...]:
        """The places of the inputs that are codes of categories, all among the first."""
        return self.parts[0].categorical

    @property
    def input_columns(self) -> tuple[str, ...]:
        """The column of the file that each of the D inputs is made of, in the order of the inputs."""
        return tuple(column for part in self.parts for column in part.input_columns)

    def count_unseen(self, frame: pd.DataFrame) -> dict[str, int]:
        """Count the rows with a category that the fit did not have, by column; frame: as for each preparation."""
        return self.parts[0].count_unseen(frame)


def join_preparations(columns: TablePreparation, prepared: TablePreparation) -> JoinedPreparation:
    """Join the preparations of the same columns in both forms, fitted to the same rows."""
    return JoinedPreparation(
        columns.schema, {str(InputForm.COLUMNS): columns.steps, str(InputForm.PREPARED): prepared.steps}
    )


def make_preparation(schema: Schema, steps: Mapping[str, Any], form: InputForm) -> TablePreparation:
    """Make a preparation of any form from its columns and its fitted steps, as a file keeps them."""
    return JoinedPreparation(schema, steps) if form is InputForm.BOTH else TablePreparation(schema, steps, form)


def join_inputs(parts: Sequence[Any], form: InputForm) -> Inputs:
    """Join one or more arrays (N, ...) side by side, with rows contiguous in memory.

    Prepared inputs become float32, columns as they are float64, in which dates and large numbers stay exact.
    """
    dtype = np.float64 if form is InputForm.COLUMNS else np.float32
    inputs: Inputs = np.ascontiguousarray(np.hstack(parts) if len(parts) > 1 else parts[0], dtype=dtype)
    return inputs


def list_step_columns(schema: Schema) -> dict[str, list[str]]:
    """Return the names of the columns that each step of the preparation transforms, in the order of inputs.

    The steps are "numbers", "categories", "many" (categories with many values) and "cycles" (sines and cosines of
    dates). Steps without columns are left out.
    """
    names = {
        "numbers": [column.name for column in schema.columns if column.is_number],
        "categories": [
            column.name for column in schema.columns if column.kind in {ColumnKind.CATEGORY, ColumnKind.MARK}
        ],
        "many": [column.name for column in schema.columns if column.kind == ColumnKind.MANY],
        "cycles": [column.name for column in schema.columns if column.is_cycle],
    }
    return {step: columns for step, columns in names.items() if columns}


def iterate_step_arrays(schema: Schema, frame: pd.DataFrame) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the name of each step and a copy of its columns, (N, C): float64, or objects for categories.

    A copy is needed because steps transform it in place. Each column is contiguous in memory, which decides the order
    in which scikit-learn sums it, and so the last bits of its mean. Steps without columns are left out.
    """
    for step, names in list_step_columns(schema).items():
        values = frame[names].to_numpy(np.float64 if step in {"numbers", "cycles"} else object)
        shared = np.may_share_memory(values, frame[names[0]].to_numpy())
        yield step, np.array(values, order="F", copy=True if shared else None)


def make_steps(schema: Schema, positives: int) -> dict[str, Any]:
    """Make the unfitted estimators that prepare the columns of a schema, by name of the step.

    - Numbers are mapped by their quantiles to a normal distribution (Gorishniy et al. 2021, arXiv 2106.11959). Missing
      numbers become the median, with an indicator.
    - Categories get one input for each value.
    - A category with many values gets the mean target of its value, cross-fitted (Micci-Barreca 2001, SIGKDD
      Explorations 3). An unknown value gets the mean of all.
    - Sines and cosines stay as they are. For a missing date both are 0, the middle of the circle.

    Kinds that no column has are left out.

    positives: The number of positives in the rows of the fit, which limits the number of folds.
    """
    from sklearn.impute import SimpleImputer  # here, since scikit-learn takes most of a second
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    from imbaloss.comparison.wide_quantiles import WideQuantileTransformer

    quantiles = WideQuantileTransformer(
        output_distribution="normal", subsample=QUANTILES_OF, random_state=0, copy=False
    )
    numbers = Pipeline([
        ("quantiles", quantiles),
        ("scale", StandardScaler(copy=False)),
        ("missing", SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)),
    ])  # fmt: skip
    many = Pipeline([("target", make_target_encoder(positives)), ("scale", StandardScaler())])
    steps = {
        "numbers": numbers,
        "categories": OneHotEncoder(handle_unknown="ignore", sparse_output=False),
        "many": many,
        "cycles": SimpleImputer(strategy="constant", fill_value=0.0, keep_empty_features=True),
    }
    return {name: steps[name] for name in list_step_columns(schema)}


def make_column_steps(schema: Schema, positives: int) -> dict[str, Any]:
    """Make the unfitted estimators that keep the columns of a schema as they are, by name of the step.

    Numbers, sines and cosines stay, with NaN for missing ones. Categories become codes from 0 on, and an unknown one
    NaN. A category with many values gets the mean target of its value, as in `make_steps`, since trees that split by
    many codes learn them by heart.

    positives: The number of positives in the rows of the fit.
    """
    from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder

    steps = {
        "numbers": FunctionTransformer(feature_names_out="one-to-one"),
        "categories": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan),
        "many": make_target_encoder(positives),
        "cycles": FunctionTransformer(feature_names_out="one-to-one"),
    }
    return {name: steps[name] for name in list_step_columns(schema)}


def make_target_encoder(positives: int) -> Any:
    """Make an unfitted encoder that gives each category the mean target of its value, cross-fitted.

    positives: The number of positives in the rows of the fit, which limits the number of folds.
    """
    from sklearn.model_selection import StratifiedKFold
    from sklearn.preprocessing import TargetEncoder

    folds = StratifiedKFold(int(np.clip(positives, 2, CROSS_FITTED)), shuffle=True, random_state=0)
    return TargetEncoder(target_type="binary", cv=folds)


@dataclass(frozen=True)
class ImagePreparation:
    """The rules by which images are read as uint8 (N, C, H, W) and become inputs.

    The defaults are the rules of an earlier version, whose model files lack these entries. Fields with a default are
    no part of the identity of data, because their effect shows in the pixels.
    """

    height: int  # in pixels
    width: int
    channels: int  # 1 for gray, 3 for colours
    # the integers that become 0 and 255, for types other than uint8
    integers: tuple[float, float] | None = field(default=None, repr=False)
    floats: tuple[float, float] = field(default=(0.0, 1.0), repr=False)  # the floats that become 0 and 255
    on_white: bool = field(default=False, repr=False)  # whether transparent parts are laid on white, not dropped
    column: str | None = field(default=None, repr=False)  # the column of the table that names the files
    noun: ClassVar[str] = "image"
    of_images: ClassVar[bool] = True

    def __call__(self, images: NDArray[np.uint8]) -> Inputs:
        """Return images of uint8 (N, C, H, W) as inputs: float32 in [0, 1], which the network scales further."""
        return images.astype(np.float32) / np.float32(255)

    @property
    def identity(self) -> str:
        """The text that enters the checksum of the data: height, width and channels."""
        return repr(self)

    def to_json(self) -> dict[str, Any]:
        """Return the entries of a model file that describe the images: all fields under the key "images"."""
        return {"images": asdict(self)}
