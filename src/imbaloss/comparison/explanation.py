"""Why rows have a high probability: what each of their columns adds to it, against the average of other rows."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.comparison.column_contributions import compute_contributions, import_shap
from imbaloss.comparison.column_values import write_name
from imbaloss.comparison.missing_values import mark_missing
from imbaloss.comparison.preparation import TablePreparation
from imbaloss.data.seeds import make_generator
from imbaloss.plural import format_count, join_words

if TYPE_CHECKING:
    import pyarrow as pa

    from imbaloss.comparison.own_model import OwnModel

Floats = NDArray[np.float64]
BACKGROUND_ROWS = 100  # number of rows that the explained ones are compared with, at most
SEED = 0  # of the commands
ROW, BASE, COLUMN, VALUE, CONTRIBUTION = "row", "base", "column", "value", "contribution"
NAMES = (ROW, BASE, COLUMN, VALUE, CONTRIBUTION)  # columns of the table, beside that of the probability
MOST_TOLD = 3  # columns that are named on the terminal
LONGEST_VALUE = 40  # characters of a value on the terminal


class Explaining(NamedTuple):
    """Options for explanations of the rows of a file."""

    rows: int  # number of rows to explain, those with the highest probabilities
    background: Path | None = None  # the table with rows to compare with; None for the file itself


class ColumnContribution(NamedTuple):
    """What a column of the file adds to the probability of a row."""

    column: str
    value: str | None  # as the file has it; None for a missing one
    contribution: float  # below 0 if it lowers the probability


@dataclass(frozen=True)
class ExplainedRow:
    """The probability of a row, and what each column contributes to it, the largest contribution first."""

    row: int  # its number
    kept: tuple[Any, ...]  # the values of the columns that were to be kept
    probability: float
    columns: tuple[ColumnContribution, ...]


@dataclass(frozen=True)
class Explanation:
    """The explained rows, the highest probability first. Base and contributions of a row add up to its probability."""

    name: str  # of the probability, such as "probability_yes"
    output: str  # "probability" or "score"
    base: float  # the mean probability of the background rows; NaN if there are none
    background_rows: int
    rows: tuple[ExplainedRow, ...]
    keep: tuple[str, ...]  # the names of the kept columns

    def to_frame(self) -> pd.DataFrame:
        """Return a frame with one line for each column of each explained row."""
        lines = [
            (explained.row, *explained.kept, explained.probability, self.base, *column)
            for explained in self.rows
            for column in explained.columns
        ]
        return pd.DataFrame(lines, columns=[ROW, *self.keep, self.name, BASE, COLUMN, VALUE, CONTRIBUTION])

    def to_json(self) -> dict[str, Any]:
        """Return all facts as JSON values, without the kept columns."""
        rows = [
            {
                "row": explained.row,
                self.output: explained.probability,
                "columns": [column._asdict() for column in explained.columns],
            }
            for explained in self.rows
        ]
        base = None if np.isnan(self.base) else self.base
        return {"unit": self.output, "base": base, "background_rows": self.background_rows, "rows": rows}

    def describe(self, compared: str) -> str:
        """Write a sentence on the row with the highest probability: the columns that change it most.

        compared: The name of the table with the rows to compare with.
        """
        if not self.rows:
            return "There is no row to explain."
        first = self.rows[0]
        against = f"{self.base:.3g} on average over {format_count(self.background_rows, 'row')} of {compared}"
        changes = [describe_column(column) for column in first.columns[:MOST_TOLD] if column.contribution]
        reasons = join_words(changes) if changes else "no column makes a difference"
        return f"Row {first.row} has the highest {self.output}, {first.probability:.4g}, against {against}: {reasons}."


def describe_column(column: ColumnContribution) -> str:
    """Write what a column adds to a probability, or takes from it, such as "amount = 250 adds 0.41"."""
    value = "missing" if column.value is None else textwrap.shorten(column.value, LONGEST_VALUE, placeholder=" …")
    verb = "adds" if column.contribution > 0 else "takes away"
    return f"{column.column} = {value} {verb} {abs(column.contribution):.3g}"


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows that may be explained, with what their explanation needs."""

    numbers: NDArray[np.int64]  # (N,), the number of each row
    probabilities: Floats  # (N,)
    features: pd.DataFrame  # (N, columns), as the model takes them
    values: pd.DataFrame  # (N, columns of the file), as text; None for missing ones
    kept: pd.DataFrame  # (N, columns to keep)

    def join(self, other: Self) -> Self:
        """Return these rows followed by others."""
        frames = [(self.features, other.features), (self.values, other.values), (self.kept, other.kept)]
        return type(self)(
            np.append(self.numbers, other.numbers),
            np.append(self.probabilities, other.probabilities),
            *(pd.concat(pair, ignore_index=True) for pair in frames),
        )

    def take(self, places: NDArray[np.intp]) -> Self:
        """Return the rows at these places, in their order."""
        frames = (frame.iloc[places] for frame in (self.features, self.values, self.kept))
        return type(self)(self.numbers[places], self.probabilities[places], *frames)


class RowSample:
    """Draws rows to compare with from parts of any size; the same seed draws the same rows from the same table."""

    def __init__(self, seed: int = SEED) -> None:
        """Start with no row. seed: Draws the rows."""
        self.generator = make_generator(seed, "background")
        self.keys = np.zeros(0)
        self.features = pd.DataFrame()
        self.rows = 0  # number of rows that were added

    def add(self, features: pd.DataFrame) -> None:
        """Add rows. features: (N, columns), as the model takes them."""
        keys = np.append(self.keys, self.generator.random(len(features)))
        chosen = np.sort(np.argsort(keys, kind="stable")[:BACKGROUND_ROWS])
        joined = pd.concat([self.features, features], ignore_index=True) if len(self.features) else features
        self.keys, self.features, self.rows = keys[chosen], joined.iloc[chosen], self.rows + len(features)


class RowsToExplain:
    """The rows with the highest probabilities of a table that comes in parts, and rows to compare them with.

    Of rows with equal probabilities the first are kept.
    """

    def __init__(
        self, model: "OwnModel", preparation: TablePreparation, number: int, background: RowSample | None, seed: int
    ) -> None:
        """Start with no row.

        Args:
            model: The model that predicts the rows.
            preparation: Its preparation.
            number: The number of rows to explain, 1 or more.
            background: The rows to compare with; None to draw them from the table itself.
            seed: Draws them and the orders of the columns.
        """
        self.model = model
        self.preparation = preparation
        self.number = number
        self.background = RowSample(seed) if background is None else background
        self.samples_table = background is None
        self.seed = seed
        self.rows: Rows | None = None

    def add(
        self, table: "pa.Table", first_row: int, features: pd.DataFrame, kept: pd.DataFrame, probabilities: Floats
    ) -> None:
        """Add rows.

        Args:
            table: The N rows as they were read.
            first_row: The number of the first of them.
            features: (N, columns), as the model takes them.
            kept: (N, columns), the columns to keep.
            probabilities: (N,), of the positive class.
        """
        places = np.argsort(-probabilities, kind="stable")[: self.number]
        schema = self.preparation.schema
        chosen = mark_missing(table.select(list(schema.read_from)).take(places), schema.na_values, schema.keep_na)
        values = {name: list(map(write_value, chosen[name].to_pylist())) for name in schema.read_from}
        added = Rows(
            first_row + places.astype(np.int64),
            probabilities[places],
            features.iloc[places],
            pd.DataFrame(values, dtype=object),
            kept.iloc[places],
        )
        joined = added if self.rows is None else self.rows.join(added)
        self.rows = joined.take(np.argsort(-joined.probabilities, kind="stable")[: self.number])
        if self.samples_table:
            self.background.add(features)

    def check(self) -> None:
        """Check that there are rows to compare with, which `explain` needs. Call it when all rows were added.

        Raises:
            ValueError: There are none. The only row of a table is not compared with itself.
        """
        if self.rows is not None and len(self.rows.numbers) and self.background.rows <= self.samples_table:
            raise ValueError(
                "there is no other row to compare with: name rows to compare with (--background, in Python background=)"
            )

    def explain(self) -> Explanation:
        """Compute what each column of the kept rows adds to their probabilities. There may be no row."""
        model, preparation = self.model, self.preparation
        keep = () if self.rows is None else tuple(self.rows.kept.columns)
        if self.rows is None or not len(self.rows.numbers):
            return Explanation(model.column, model.output, np.nan, 0, (), keep)
        of_inputs = np.array(preparation.input_columns, dtype=object)
        names = preparation.schema.read_from
        base, contributions = compute_contributions(
            lambda inputs: model.shift(model.model.probabilities(inputs)),
            preparation(self.rows.features),
            preparation(self.background.features),
            [np.flatnonzero(of_inputs == name) for name in names],
            self.seed,
        )
        rows = tuple(
            ExplainedRow(int(number), tuple(kept), float(probability), order_columns(names, values, of_row))
            for number, kept, probability, values, of_row in zip(
                self.rows.numbers,
                self.rows.kept.to_numpy(object),  # itertuples of pandas 3.0 has no rows where no column is kept
                self.rows.probabilities,
                self.rows.values.to_numpy(),
                contributions,
                strict=True,
            )
        )
        return Explanation(model.column, model.output, base, len(self.background.features), rows, keep)


def check_explaining(model: "OwnModel", number: int) -> TablePreparation:
    """Check that a model can explain rows, and return its preparation.

    Args:
        model: The model.
        number: The number of rows to explain.

    Raises:
        ValueError: The number is no whole number from 1 on, the model is one of images alone, or shap is missing.
    """
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or not number >= 1:
        raise ValueError(f"the number of rows to explain must be a whole number from 1 on, found {number!r}")
    if not isinstance(model.preparation, TablePreparation) or model.preparation.schema.noun == "image":
        raise ValueError("the model was trained on images, whose predictions cannot be explained by columns")
    import_shap()
    return model.preparation


def order_columns(names: Sequence[str], values: NDArray[Any], contributions: Floats) -> tuple[ColumnContribution, ...]:
    """Return the columns of a row, the largest contribution first, whether it raises or lowers the probability.

    Args:
        names: The C names of the columns.
        values: (C,), their values as text, None for missing ones.
        contributions: (C,).
    """
    order = np.argsort(-np.abs(contributions), kind="stable")
    return tuple(ColumnContribution(names[place], values[place], float(contributions[place])) for place in order)


def write_value(value: Any) -> str | None:
    """Write a value of a table as text: text as it is, whole numbers without a point; None for a missing value."""
    return value if value is None or isinstance(value, str) else write_name(value, shorten=False)
