"""Columns that must hold a number in each row, such as costs and weights, and how their file writes them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from imbaloss.comparison.column_values import take_columns
from imbaloss.comparison.columns import Column, ColumnKind, NumberForm, Schema
from imbaloss.comparison.missing_values import mark_missing
from imbaloss.comparison.reading import numbers
from imbaloss.comparison.reading.text import is_text

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class NumberColumns:
    """Columns of a table with a number in each row."""

    purpose: str  # what they are for, in messages: "cost" or "weight"
    names: tuple[str, ...]
    forms: tuple[NumberForm | None, ...] = ()  # how each is written as text; empty before they were read

    def find_forms(self, table: "pa.Table", na_values: Sequence[str], decimal: str | None) -> Self:
        """Return a copy that knows how the columns of a table write their numbers.

        Args:
            table: The rows to learn from, with the columns.
            na_values: Texts that mean a missing value, in addition to the usual ones.
            decimal: The decimal mark if numbers leave it open; None for an error then.

        Raises:
            ValueError: A column has a value that is no number, or numbers whose mark can be read in two ways.
        """
        marked = mark_missing(table.select(list(self.names)), na_values)
        forms: list[NumberForm | None] = []
        for name in self.names:
            if not is_text(marked.schema.field(name).type):
                forms.append(None)
                continue
            distinct = marked[name].combine_chunks().drop_null().unique()
            number_fit = numbers.find_number_form(distinct, decimal)
            subject = f"the {self.purpose} column {name!r}"
            if not number_fit.fits.all():
                wrong = distinct[int((~number_fit.fits).argmax())].as_py()
                raise ValueError(f"{subject} must hold numbers, found {wrong!r}")
            numbers.check_unambiguous(subject, number_fit)
            forms.append(number_fit.form)
        return replace(self, forms=tuple(forms))

    def take(
        self, table: "pa.Table", na_values: Sequence[str] = (), first_row: int = 1
    ) -> dict[str, NDArray[np.float64]]:
        """Return the numbers of each column, (N,), by its name.

        Args:
            table: The rows, with the columns.
            na_values: Texts that mean a missing value, in addition to the usual ones.
            first_row: The number of the first row, for messages.

        Raises:
            ValueError: A value is missing or no number.
            KeyError: The table lacks a column.
        """
        if not self.names:
            return {}
        forms = self.forms or (None,) * len(self.names)
        columns = [Column(name, ColumnKind.NUMBER, form) for name, form in zip(self.names, forms, strict=True)]
        marked = mark_missing(table.select(list(self.names)), na_values)
        frame = take_columns(Schema(tuple(columns)), marked, first_row)
        for name in self.names:
            if frame[name].isna().any():
                row = int(frame[name].isna().to_numpy().argmax()) + first_row
                raise ValueError(
                    f"the {self.purpose} column {name!r} has no value in row {row}: fill it in, or leave the row out"
                )
        return {name: frame[name].to_numpy(np.float64) for name in self.names}
