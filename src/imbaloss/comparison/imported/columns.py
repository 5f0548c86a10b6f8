"""The columns of a file of results: their roles, and their values as names or numbers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imbaloss.choices import suggest
from imbaloss.comparison.column_values import convert_to_floats, convert_to_names
from imbaloss.comparison.imported.request import ROLES, ImportRequest
from imbaloss.comparison.imported.result import ResultKey
from imbaloss.comparison.reading.numbers import check_unambiguous, find_number_form, parse_numbers
from imbaloss.comparison.reading.text import NA_TEXTS, is_text
from imbaloss.comparison.targets import check_complete
from imbaloss.plural import join_words
from imbaloss.report.cells import EVERYWHERE
from imbaloss.report.row_names import NO_LEVEL

if TYPE_CHECKING:
    import pyarrow as pa


PREDICTED = {"label", "probability", "row", "part"}  # roles of predictions; a file of scores may have such names too


def simplify_name(name: str) -> str:
    """Return a name in lower case with an underscore for each run of other signs than letters and digits."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


@dataclass(frozen=True, eq=False)
class ResultTable:
    """A table of results whose columns have roles."""

    table: "pa.Table"
    roles: Mapping[str, str]  # the column of each role that the table has
    name: str  # of the file without its ending, which names the data set if no column does

    @property
    def columns_without_role(self) -> list[str]:
        """The columns without a role, in the order of the table."""
        return [name for name in self.table.column_names if name not in self.roles.values()]

    def values(self, column: str) -> "pa.Array":
        """Return the values of a column as one array, (N,).

        Raises:
            KeyError: There is no such column.
        """
        return self.table.column(column).combine_chunks()

    def names(self, role: str) -> list[str]:
        """Return the values of a role as names, (N,), in one line each. Seeds and folds 1 and 1.0 are the same.

        Raises:
            KeyError: No column has the role.
            ValueError: A value is missing.
        """
        column = self.roles[role]
        check_complete(column, self.values(column), f"{role} column", ": give each row one")
        names = convert_to_names(self.values(column), shorten=role in {"seed", "fold"})
        return [" ".join(str(name).split()) for name in names]

    def numbers(self, column: str) -> NDArray[np.float64]:
        """Return the values of a column as numbers, (N,); missing ones are NaN.

        Raises:
            ValueError: A value is text or infinite, or the marks in numbers leave open what they mean.
        """
        return read_numbers(column, self.values(column))

    def keys(self) -> list[ResultKey]:
        """Return method, data set, level, seed and fold of each row, (N,).

        Folds count only if there are several.

        Raises:
            ValueError: A value is missing or no number, or a data set has the name of the average over all.
        """
        rows = self.table.num_rows
        folds = self.names("fold") if "fold" in self.roles else []
        datasets = self.names("dataset") if "dataset" in self.roles else [self.name] * rows
        if EVERYWHERE in datasets:
            raise ValueError(f"no data set can be called {EVERYWHERE!r}, the name of the average: rename it")
        return [
            ResultKey(*parts)
            for parts in zip(
                self.names("method"),
                datasets,
                self.levels(),
                self.names("seed") if "seed" in self.roles else [""] * rows,
                folds if len(set(folds)) > 1 else [""] * rows,
                strict=True,
            )
        ]

    def levels(self) -> list[float]:
        """Return the level of each row, (N,); `NO_LEVEL` for each without such a column.

        Raises:
            ValueError: A level is missing or no number.
        """
        if "level" not in self.roles:
            return [NO_LEVEL] * self.table.num_rows
        column = self.roles["level"]
        check_complete(column, self.values(column), "level column")
        levels: list[float] = self.numbers(column).tolist()
        missing = next((row for row, level in enumerate(levels, 1) if isnan(level)), None)
        if missing is not None:
            raise ValueError(f"the level column {column!r} has no number in row {missing}")
        return levels


def read_numbers(name: str, values: "pa.Array") -> NDArray[np.float64]:
    """Read the values of a column as numbers, (N,), whatever the decimal mark; missing ones are NaN.

    Args:
        name: The name of the column, for messages.
        values: (N,), numbers or text. Texts such as NA are missing.

    Raises:
        ValueError: A text is no number, a value is infinite or of another type, or a mark may separate thousands or
            decimals. The message names the row.
    """
    import pyarrow as pa
    from pyarrow import compute

    if pa.types.is_dictionary(values.type):
        values = compute.cast(values, values.type.value_type)
    if is_text(values.type):
        is_missing = compute.is_in(values, pa.array(NA_TEXTS, values.type))
        values = compute.if_else(is_missing, pa.scalar(None, values.type), values)
        form = find_number_form(compute.unique(values.drop_null()))
        check_unambiguous(f"column {name}", form)
        numbers = parse_numbers(values, form.form)
        wrong = np.isnan(numbers) & values.is_valid().to_numpy(zero_copy_only=False)
    else:
        numbers = convert_to_floats(name, values)
        wrong = np.zeros(len(numbers), dtype=np.bool_)
    wrong |= np.isinf(numbers)
    if wrong.any():
        row = int(wrong.argmax())
        more = f" and {wrong.sum() - 1} more" if wrong.sum() > 1 else ""
        raise ValueError(
            f"column {name} has {values[row].as_py()!r} in row {row + 1}{more}, which is no finite number: correct it, "
            "or leave it empty if it is undefined"
        )
    return numbers


def assign_roles(table: "pa.Table", name: str, request: ImportRequest) -> ResultTable:
    """Find the column of each role: the one that the request names, or the first with a default name.

    Args:
        table: The table.
        name: The name of the file without its ending.
        request: The request.

    Raises:
        ValueError: A named column is missing, a default fits two columns, there is no column with the method, or the
            request names columns of predictions that the file does not have.
    """
    names = table.column_names
    roles = {}
    for role, column in request.columns.items():
        if column not in names:
            raise ValueError(f"there is no column {column!r}{suggest(column, names)}: {list_columns(names)}")
        roles[role] = column
    free = [column for column in names if column not in {*roles.values(), *request.scores, *request.lower_is_better}]
    for role, of_role in ROLES.items():
        fitting = [[column for column in free if simplify_name(column) == default] for default in of_role.defaults]
        first: Sequence[str] = next(filter(None, fitting), ())
        if role not in roles and len(first) > 1:
            raise ValueError(f"columns {join_words(map(repr, first))} may be the {role}: choose with --{role}-column")
        if role not in roles and first:
            roles[role] = first[0]
    if {"label", "probability"} - roles.keys():  # a file of scores
        if named_roles := sorted(request.columns.keys() & PREDICTED):
            raise ValueError(
                f"--{named_roles[0]}-column is for predictions, which have a label and a probability in each row: name "
                f"their columns with --label-column and --probability-column; {list_columns(names)}"
            )
        roles = {role: column for role, column in roles.items() if role not in PREDICTED}
    if "method" not in roles:
        raise ValueError(
            "there is no column 'method': name it with --method-column. Each row is one result of one method, so that "
            f"methods cannot be columns; {list_columns(names)}"
        )
    return ResultTable(table, roles, name)


def list_columns(names: Sequence[str]) -> str:
    """Write which columns there are, as "columns: a, b and c"."""
    return f"columns: {join_words(names, most=12)}"
