"""Costs that differ by row, as a request names them: fn=amount,fp=5,tp=5 with numbers and columns."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from imbaloss.comparison.columns import NumberForm
from imbaloss.comparison.number_columns import NumberColumns
from imbaloss.evaluation.sample_costs import OUTCOMES, check_sample_costs
from imbaloss.spec_text import write_value

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
NEXT = re.compile(r",\s*(?=(?:tn|fp|fn|tp)\s*=)")  # between two terms; a name of a column may have commas
OTHER_NEXT = re.compile(r"[;\s]\s*(?:tn|fp|fn|tp)\s*=")  # between two terms, where a comma is missing
EXAMPLE = "fn=amount,fp=5,tp=5"


@dataclass(frozen=True)
class CostTerm:
    """What one outcome costs: a number, or a number times a column."""

    factor: float
    column: str | None = None  # None: the factor is the cost

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a number, a column, or a number times a column, as 5, amount or 0.75*amount.

        Raises:
            ValueError: The text is empty, a number is no finite number from 0 on, or it follows its column.
        """
        head, star, tail = (part.strip() for part in text.partition("*"))
        number = read_number(head)
        if star and number is not None and tail:
            return cls(number, tail)
        if star and head and read_number(tail) is not None:
            raise ValueError(f"a number stands before its column: write {tail}*{head}, found {text.strip()}")
        whole = text.strip()
        if not whole:
            raise ValueError("a cost is missing")
        number = read_number(whole)
        return cls(1.0, whole) if number is None else cls(number)

    def __str__(self) -> str:
        """Write the term as `parse` reads it."""
        if self.column is None:
            return write_value(self.factor)
        plain = self.factor == 1 and read_number(self.column) is None and "*" not in self.column
        return self.column if plain else f"{write_value(self.factor)}*{self.column}"


def read_number(text: str) -> float | None:
    """Read a number that is a cost; None if the text is no number.

    Raises:
        ValueError: The number is below 0, infinite or NaN.
    """
    try:
        number = float(text)
    except ValueError:
        return None
    if not (isfinite(number) and number >= 0):
        raise ValueError(f"a cost must be finite and >= 0, found {text}")
    return number


@dataclass(frozen=True)
class RowCosts:
    """The cost of each outcome (true negative, false positive, false negative, true positive), row by row."""

    terms: tuple[CostTerm, CostTerm, CostTerm, CostTerm]  # in the order of `OUTCOMES`
    forms: tuple[tuple[str, NumberForm | None], ...] = ()  # how the columns write numbers; empty before they are read

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read costs such as fn=amount,fp=5,tp=5,tn=0. What is right costs 0 unless the text says otherwise.

        Raises:
            ValueError: An outcome is unknown or given twice, a mistake has no cost, a cost is none, or commas are
                missing.
        """
        terms: dict[str, CostTerm] = {}
        for assignment in NEXT.split(text.strip()):
            if OTHER_NEXT.search(assignment):
                raise ValueError(f"costs are separated by commas, as {EXAMPLE}, found {text!r}")
            outcome, equals, value = (part.strip() for part in assignment.partition("="))
            if not equals or outcome not in OUTCOMES:
                raise ValueError(
                    f"costs are written {EXAMPLE}, each a number or a column, found {assignment!r} in {text!r}"
                )
            if outcome in terms:
                raise ValueError(f"the cost {outcome} is given twice in {text!r}")
            try:
                terms[outcome] = CostTerm.parse(value)
            except ValueError as error:
                raise ValueError(f"{error}, for {outcome} in {text!r}") from None
        for outcome in ("fn", "fp"):
            if outcome not in terms:
                raise ValueError(f"the costs {text!r} lack {outcome}, what such a mistake costs: write {EXAMPLE}")
        nothing = CostTerm(0.0)
        tn, fp, fn, tp = (terms.get(outcome, nothing) for outcome in OUTCOMES)
        return cls((tn, fp, fn, tp))

    @classmethod
    def read(cls, costs: str | Mapping[str, Any]) -> Self:
        """Read costs from their text, or from a dict as {"fn": "amount", "fp": 5}.

        Raises:
            ValueError: As `parse`.
            TypeError: The costs are neither text nor a dict, or a cost of the dict is neither text nor a number.
        """
        if not isinstance(costs, str | Mapping):
            raise TypeError(f'costs must be text, as "{EXAMPLE}", or a dict, found {type(costs).__name__}')
        if not isinstance(costs, str):
            for outcome, cost in costs.items():
                if not isinstance(cost, str | int | float | np.number):
                    raise TypeError(
                        f"the cost {outcome} must be a number or the name of a column of X, found {type(cost).__name__}"
                    )
        return cls.parse(
            costs if isinstance(costs, str) else ",".join(f"{key}={value}" for key, value in costs.items())
        )

    def __str__(self) -> str:
        """Write the costs as `parse` reads them, without outcomes that cost nothing."""
        terms = dict(zip(OUTCOMES, self.terms, strict=True))
        order = ("fn", "fp", "tp", "tn")
        named = [name for name in order if name in {"fn", "fp"} or terms[name] != CostTerm(0.0)]
        return ",".join(f"{name}={terms[name]}" for name in named)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that they are made of, each once."""
        return tuple(dict.fromkeys(term.column for term in self.terms if term.column is not None))

    @property
    def number_columns(self) -> NumberColumns:
        """The columns, as the training file wrote their numbers."""
        forms = dict(self.forms)
        return NumberColumns("cost", self.columns, tuple(forms.get(name) for name in self.columns))

    def compute(self, table: "pa.Table", na_values: Sequence[str] = (), first_row: int = 1) -> Floats:
        """Compute the costs of each row, (N, 4), in the order of `OUTCOMES`.

        Args:
            table: The rows.
            na_values: Texts that mean a missing value, in addition to the usual ones.
            first_row: The number of the first row, for messages.

        Raises:
            ValueError: A column is missing, a value is missing or no number, or the costs contradict each other.
        """
        for name in self.columns:
            if name not in table.column_names:
                raise ValueError(f"there is no column {name!r}, which the costs {self} name")
        values = self.number_columns.take(table, na_values, first_row)
        parts = [
            np.full(table.num_rows, term.factor) if term.column is None else term.factor * values[term.column]
            for term in self.terms
        ]
        return check_sample_costs(np.stack(parts, axis=1), first_row)

    def to_json(self) -> dict[str, Any]:
        """Return the entries of a model file: the text and the forms of the columns."""
        return {"costs": str(self), "forms": [list(form) for form in self.forms]}

    @classmethod
    def from_json(cls, entries: Mapping[str, Any]) -> Self:
        """Make the costs from the entries of a model file.

        Raises:
            KeyError: An entry is missing.
            ValueError: The text or a form is unknown.
        """
        forms = tuple((name, None if form is None else NumberForm(form)) for name, form in entries["forms"])
        return cls(cls.parse(entries["costs"]).terms, forms)
