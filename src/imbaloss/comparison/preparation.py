"""Preparation: columns and images become the inputs of a network, by rules fitted on the train part alone."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.columns import ColumnKind, Schema
from imbaloss.comparison.vectors import read_vectors
from imbaloss.data import InputForm
from imbaloss.features.hog import hog

Inputs = NDArray[np.floating[Any]]  # float32 for networks; float32 or float64 for columns as they are
Rows = NDArray[np.int64]
QUANTILES_OF = 100_000  # number of rows that quantiles are computed from, at most
FEWEST_AT_ONCE = 2**13  # number of new rows that are prepared at once, at least: for wide tables fewer would be slow
LONG = 2**16  # number of rows from which on columns are taken one by one, without a copy of all
AT_ONCE = 2**21  # number of values that scikit-learn gets at once, 16 MiB, unless a column has more
# what the steps of numbers know of each column, by the axis of the columns
JOINED = {"quantiles": {"quantiles_": 1}, "scale": {"mean_": 0, "var_": 0, "scale_": 0}, "missing": {"statistics_": 0}}
HOG = "hog"  # the description of images by `hog`, as a model file names it
CROSS_FITTED = 5  # number of folds; a category is encoded by the targets of the other folds


@dataclass(frozen=True, eq=False)
class TablePreparation:
    """A fitted preparation that turns the columns of a frame into inputs (N, D) by scikit-learn estimators.

    Prepared inputs are float32. Columns as they are are float64, or float32 where the frame has no other numbers.

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
        rows: Rows | None = None,
    ) -> "tuple[TablePreparation, Inputs]":
        """Fit the preparation to rows, and return it with the inputs (N, D) of the same rows.

        In these inputs the target encoding of a row leaves out the row's own target.

        Args:
            schema: The columns.
            frame: The columns of the schema in its order: numbers, or text for categories.
            labels: (N,), 1 for positives.
            form: The form of the inputs.
            rows: (N,), the places of the rows in the frame; None for all rows.
        """
        positives, chosen = int(labels.sum()), np.arange(len(frame)) if rows is None else rows
        steps = make_column_steps(schema, positives) if form is InputForm.COLUMNS else make_steps(schema, positives)
        preparation = cls(schema, steps, form)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on columns without a value and classes with few rows
            parts = [part for name in steps for part in preparation.fit_step(name, frame, chosen, labels)]
        return preparation, join_inputs(parts, preparation.find_dtype(frame))

    def fit_step(self, name: str, frame: pd.DataFrame, rows: Rows, labels: NDArray[np.int64]) -> list[NDArray[Any]]:
        """Fit one step to rows of a frame, and return its inputs for these rows: arrays (N, ...) side by side.

        Args:
            name: The name of the step.
            frame: The columns of the schema.
            rows: (N,), the places of the rows.
            labels: (N,), 1 for positives.
        """
        columns, step = list_step_columns(self.schema)[name], self.steps[name]
        size = max(AT_ONCE // len(rows), 1)
        if name == "numbers" and len(columns) > size:
            return self.fit_numbers(
                [columns[start : start + size] for start in range(0, len(columns), size)], frame, rows
            )
        values = take_step_array(frame, name, columns, rows)
        if name == "many" or len(columns) <= size:
            return [step.fit_transform(values, labels)]
        step.fit(values)
        dtype, height = self.find_dtype(frame), max(AT_ONCE // len(columns), 1)
        parts = [step.transform(values[start : start + height]) for start in range(0, len(rows), height)]
        return [np.concatenate(parts, dtype=dtype, casting="same_kind")]

    def fit_numbers(self, blocks: Sequence[Sequence[str]], frame: pd.DataFrame, rows: Rows) -> list[NDArray[Any]]:
        """Fit the step of numbers by blocks of columns, since scikit-learn makes several copies of what it gets.

        Args:
            blocks: The names of the columns of each block.
            frame: The columns of the schema.
            rows: (N,), the places of the rows.

        Returns:
            The numbers, (N, columns), and the missing indicators of each block.
        """
        step, names, fitted = self.steps["numbers"], [name for block in blocks for name in block], list[Any]()
        inputs, indicators = np.empty((len(rows), len(names)), self.find_dtype(frame)), list[NDArray[Any]]()
        for number, block in enumerate(blocks):
            of_block = take_step_array(frame, "numbers", block, rows)
            if self.form is not InputForm.COLUMNS:
                fitted.append(clone_step(step))
                of_block = fitted[-1].fit_transform(of_block)
            start = number * len(blocks[0])
            inputs[:, start : start + len(block)] = of_block[:, : len(block)]
            indicators.append(of_block[:, len(block) :].astype(inputs.dtype))
        if fitted:
            join_number_steps(step, fitted)
        else:
            step.fit(take_step_array(frame, "numbers", names, rows[:1]))  # which only counts the columns
        return [inputs, *(each for each in indicators if each.shape[1])]

    def __call__(self, frame: pd.DataFrame, rows: Rows | None = None) -> Inputs:
        """Return the inputs of new rows, (N, D); N may be 0. They are prepared by blocks of rows.

        Args:
            frame: The columns of the schema, as in the fit. Unknown categories raise no error.
            rows: (N,), the places of the rows in the frame; None for all rows.
        """
        chosen = np.arange(len(frame)) if rows is None else rows
        size = max(AT_ONCE // max(len(self.schema.columns), 1), FEWEST_AT_ONCE)
        first = self.prepare_rows(frame, chosen[:size])
        if len(chosen) <= size:
            return first
        inputs = np.empty((len(chosen), first.shape[1]), first.dtype)
        inputs[:size] = first
        for start in range(size, len(chosen), size):
            inputs[start : start + size] = self.prepare_rows(frame, chosen[start : start + size])
        return inputs

    def prepare_rows(self, frame: pd.DataFrame, rows: Rows) -> Inputs:
        """Return the inputs of rows of a frame, (N, D), all at once; N may be 0. rows: (N,), their places."""
        dtype = self.find_dtype(frame)
        if not len(rows):  # scikit-learn refuses no rows
            width = sum(len(step.get_feature_names_out()) for step in self.steps.values())
            return np.zeros((0, width), dtype)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on unknown categories
            return join_inputs([
                self.steps[name].transform(take_step_array(frame, name, columns, rows))
                for name, columns in list_step_columns(self.schema).items()
            ], dtype)  # fmt: skip

    def find_dtype(self, frame: pd.DataFrame) -> np.dtype[np.floating[Any]]:
        """Return the type of the inputs of a frame: float32 if they are prepared.

        Columns as they are need float64, in which dates and large numbers stay exact, unless float32 holds all of them
        exactly. The mean targets of categories with many values need float64 too.
        """
        if self.form is not InputForm.COLUMNS:
            return np.dtype(np.float32)
        numeric = [column.name for column in self.schema.columns if not (column.is_category or column.is_embedded)]
        is_narrow = (
            (numeric or "embedded" in self.steps)
            and "many" not in self.steps
            and (frame.dtypes[numeric] == np.float32).all()
        )
        return np.dtype(np.float32 if is_narrow else np.float64)

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
            if step_name == "embedded":
                inputs += [name for name in read_from for _ in range(self.schema.embeddings[name].width)]
                continue
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

    It serves averages of learners that take different forms. All inputs have the type of the columns, in which float32
    is exact.
    """

    steps: Mapping[str, Mapping[str, Any]]  # the fitted estimators of each preparation, by its form
    form: InputForm = InputForm.BOTH

    @property
    def parts(self) -> list[TablePreparation]:
        """The two preparations, that of columns first."""
        forms = (InputForm.COLUMNS, InputForm.PREPARED)
        return [TablePreparation(self.schema, self.steps[form], form) for form in forms]

    def __call__(self, frame: pd.DataFrame, rows: Rows | None = None) -> Inputs:
        """Return the inputs of new rows of both preparations, (N, D); frame and rows: as for each of them."""
        return np.hstack([part(frame, rows) for part in self.parts])

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


def join_inputs(parts: Sequence[Any], dtype: np.dtype[np.floating[Any]]) -> Inputs:
    """Join one or more arrays (N, ...) side by side in that type, with rows contiguous in memory."""
    if len(parts) == 1:
        return np.ascontiguousarray(parts[0], dtype=dtype)
    inputs: Inputs = np.empty((len(parts[0]), sum(part.shape[1] for part in parts)), dtype)
    return np.concatenate(parts, axis=1, out=inputs, casting="same_kind")


def list_step_columns(schema: Schema) -> dict[str, list[str]]:
    """Return the names of the columns that each step of the preparation transforms, in the order of inputs.

    The steps are "numbers", "categories", "many" (categories with many values), "cycles" (sines and cosines of dates)
    and "embedded" (frozen features). Steps without columns are left out.
    """
    names = {
        "numbers": [column.name for column in schema.columns if column.is_number],
        "categories": [
            column.name for column in schema.columns if column.kind in {ColumnKind.CATEGORY, ColumnKind.MARK}
        ],
        "many": [column.name for column in schema.columns if column.kind == ColumnKind.MANY],
        "cycles": [column.name for column in schema.columns if column.is_cycle],
        "embedded": [column.name for column in schema.columns if column.is_embedded],
    }
    return {step: columns for step, columns in names.items() if columns}


def take_step_array(frame: pd.DataFrame, step: str, names: Sequence[str], rows: Rows) -> NDArray[Any]:
    """Return a copy of columns of a step: float64 (N, C), objects (N, C) for categories, float32 (N, D) for features.

    A copy is needed because steps transform it in place. Each column is contiguous in memory, which decides the order
    in which scikit-learn sums it, and so the last bits of its mean.

    Args:
        frame: The columns of the schema.
        step: The name of the step.
        names: The names of the columns.
        rows: (N,), the places of the rows.
    """
    if step == "embedded":
        return np.hstack([read_vectors(frame[name], rows) for name in names]).astype(np.float32)
    dtype = np.float64 if step in {"numbers", "cycles"} else object
    if len(rows) < LONG:
        return np.array(frame.iloc[rows][list(names)].to_numpy(dtype), order="F")
    values = np.empty((len(rows), len(names)), dtype, order="F")
    for place, name in enumerate(names):
        values[:, place] = frame[name].to_numpy()[rows]
    return values


def clone_step(step: Any) -> Any:
    """Return an unfitted copy of a step."""
    from sklearn.base import clone

    return clone(step)


def join_number_steps(step: Any, fitted: Sequence[Any]) -> None:
    """Give the pipeline of numbers the state of pipelines that were fitted to blocks of its columns, in place.

    The state is the one that a fit to all columns gives.

    Args:
        step: The unfitted pipeline of all columns, as `make_steps` makes it.
        fitted: The fitted pipelines of its blocks, in the order of the columns.
    """
    widths = [each["quantiles"].n_features_in_ for each in fitted]
    starts = np.cumsum([0, *widths[:-1]])
    for name, axis_of in JOINED.items():
        parts, joined = [each[name] for each in fitted], step[name]
        vars(joined).update(vars(parts[0]))
        for attribute, axis in axis_of.items():
            values = [getattr(part, attribute) for part in parts]
            setattr(joined, attribute, np.concatenate(values, axis=axis))
        joined.n_features_in_ = sum(widths)
    seen = np.concatenate([
        np.broadcast_to(each["scale"].n_samples_seen_, width) for each, width in zip(fitted, widths, strict=True)
    ])  # fmt: skip
    step["scale"].n_samples_seen_ = seen[0] if (seen == seen[0]).all() else seen
    indicator = step["missing"].indicator_
    places = [each["missing"].indicator_.features_ + start for each, start in zip(fitted, starts, strict=True)]
    indicator.features_, indicator.n_features_in_ = np.concatenate(places), sum(widths)
    indicator._n_features = sum(widths)


def make_steps(schema: Schema, positives: int) -> dict[str, Any]:
    """Make the unfitted estimators that prepare the columns of a schema, by name of the step.

    - Numbers are mapped by their quantiles to a normal distribution (Gorishniy et al. 2021, arXiv 2106.11959). Missing
      numbers become the median, with an indicator.
    - Categories get one input for each value.
    - A category with many values gets the mean target of its value, cross-fitted (Micci-Barreca 2001, SIGKDD
      Explorations 3). An unknown value gets the mean of all.
    - Sines and cosines stay as they are. For a missing date both are 0, the middle of the circle.
    - Frozen features get mean 0 and variance 1 each.

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
        "embedded": StandardScaler(copy=False),
    }
    return {name: steps[name] for name in list_step_columns(schema)}


def make_column_steps(schema: Schema, positives: int) -> dict[str, Any]:
    """Make the unfitted estimators that keep the columns of a schema as they are, by name of the step.

    Numbers, sines, cosines and frozen features stay, with NaN for missing ones. Categories become codes from 0 on, and
    an unknown one NaN. A category with many values gets the mean target of its value, as in `make_steps`, since trees
    that split by many codes learn them by heart.

    positives: The number of positives in the rows of the fit.
    """
    from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder

    steps = {
        "numbers": FunctionTransformer(feature_names_out="one-to-one"),
        "categories": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan),
        "many": make_target_encoder(positives),
        "cycles": FunctionTransformer(feature_names_out="one-to-one"),
        "embedded": FunctionTransformer(feature_names_out="one-to-one"),
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
    no part of the identity of data, because their effect shows in the pixels. The description, which shows in the
    inputs alone, is a part of it.
    """

    height: int  # in pixels
    width: int
    channels: int  # 1 for gray, 3 for colours
    # the integers that become 0 and 255, for types other than uint8
    integers: tuple[float, float] | None = field(default=None, repr=False)
    floats: tuple[float, float] = field(default=(0.0, 1.0), repr=False)  # the floats that become 0 and 255
    on_white: bool = field(default=False, repr=False)  # whether transparent parts are laid on white, not dropped
    column: str | None = field(default=None, repr=False)  # the column of the table that names the files
    description: str | None = field(default=None, repr=False)  # "hog"; None to learn from the pixels
    noun: ClassVar[str] = "image"
    of_images: ClassVar[bool] = True

    def __call__(self, images: NDArray[np.uint8]) -> Inputs:
        """Return images of uint8 (N, C, H, W) as inputs, float32, which networks scale further.

        They are pixels (N, C, H, W) in [0, 1], or descriptions (N, D).
        """
        if self.description is not None:
            return hog(images)
        return images.astype(np.float32) / np.float32(255)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one input: (C, H, W), or (D,) if the images are described."""
        shape = (self.channels, self.height, self.width)
        return shape if self.description is None else hog(np.zeros((1, *shape), np.uint8)).shape[1:]

    @property
    def identity(self) -> str:
        """The text that enters the checksum of the data: height, width, channels, and a description if there is one."""
        return repr(self) if self.description is None else f"{self!r} by {self.description}"

    def to_json(self) -> dict[str, Any]:
        """Return the entries of a model file that describe the images: all fields under the key "images"."""
        return {"images": asdict(self)}
