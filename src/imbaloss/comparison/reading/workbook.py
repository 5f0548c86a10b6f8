"""Spreadsheets: one sheet of an Excel or OpenDocument file."""

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imbaloss.choices import suggest
from imbaloss.comparison.reading.names import check_names, name_columns
from imbaloss.comparison.reading.text import NA_TEXTS

if TYPE_CHECKING:
    import pyarrow as pa

ENDINGS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


def read_workbook(path: Path, sheet: str | None = None) -> "pa.Table":
    """Return the rows of a sheet. Columns of numbers, dates or truths alone have their types; others are text.

    The first row that is not empty has the names of the columns. sheet: None where only one sheet has rows.

    Raises:
        ValueError: The file cannot be read, several sheets have rows, or the sheet is not there or empty.
    """
    import pyarrow as pa
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_path(path) as workbook:
            rows = read_sheet(path, workbook, sheet)
    except (CalamineError, ValueError, RuntimeError) as error:
        if str(path) in str(error):
            raise
        raise ValueError(f"{path} is no spreadsheet that can be read: {' '.join(str(error).split())}") from error
    header, *values = rows
    names = name_columns(map(text_of_cell, header))
    check_names(path, names)
    columns = [array_of_cells(column) for column in zip(*values, strict=True)]
    return pa.table(columns or [pa.array([], pa.large_string())] * len(names), names=list(names))


def array_of_cells(cells: Sequence[Any]) -> "pa.Array":
    """Return the cells of one column as numbers, dates or truths where all are, else as text; empty ones are nulls."""
    import pyarrow as pa

    known = [None if text_of_cell(cell) == "" else cell for cell in cells]
    texts = {cell.strip() for cell in known if isinstance(cell, str)}
    if texts <= set(NA_TEXTS) and not all(
        cell is None or isinstance(cell, str) for cell in known
    ):  # beside values of a type they mean missing
        known = [None if isinstance(cell, str) else cell for cell in known]
    kinds = {type(cell) for cell in known if cell is not None}
    if kinds == {bool}:
        return pa.array(known, pa.bool_())
    if kinds and kinds <= {int, float}:
        return pa.array([None if cell is None else float(cell) for cell in known], pa.float64())
    if kinds and kinds <= {datetime.date, datetime.datetime}:
        midnight = datetime.time()
        moments = [datetime.datetime.combine(cell, midnight) if type(cell) is datetime.date else cell for cell in known]
        return pa.array(moments, pa.timestamp("us"))
    return pa.array([None if cell is None else text_of_cell(cell) for cell in known], pa.large_string())


def read_sheet(path: Path, workbook: Any, sheet: str | None) -> Sequence[Sequence[Any]]:
    """Return the rows of the sheet that is meant, without empty ones.

    Raises:
        ValueError: It is not clear which sheet is meant, or it is empty.
    """
    if sheet is not None and sheet not in workbook.sheet_names:
        there = ", ".join(map(repr, workbook.sheet_names))
        raise ValueError(f"{path} has no sheet {sheet!r}{suggest(sheet, workbook.sheet_names)}. Sheets: {there}")
    names = [sheet] if sheet is not None else workbook.sheet_names
    filled = {}
    for name in names:
        rows = workbook.get_sheet_by_name(name).to_python()
        if kept := [row for row in rows if any(text_of_cell(cell) for cell in row)]:
            filled[name] = kept
    if not filled:
        raise ValueError(f"{path} is empty.")
    if len(filled) > 1:
        there = ", ".join(map(repr, filled))
        raise ValueError(f"{path} has several sheets with rows: name one with --sheet. Sheets: {there}")
    [rows] = filled.values()
    return rows


def text_of_cell(cell: Any) -> str:
    """Return a cell as text: 7.0 as 7, midnight as a date alone, nothing as an empty text."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(sep=" ")
    if isinstance(cell, datetime.timedelta):
        return repr(cell.total_seconds() / 86_400)
    return str(cell).strip()
