"""Spreadsheets: reading one sheet of an Excel or OpenDocument file."""

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
    """Read the rows of a sheet of a spreadsheet as an Arrow table; the first row that is not empty names the columns.

    Columns of numbers, dates or booleans alone keep their types; others become text. Empty cells become nulls, and
    empty rows are dropped.

    Args:
        path: The file.
        sheet: The name of the sheet; None for the only sheet with rows.

    Raises:
        ValueError: The file cannot be read, two columns have one name, the sheet does not exist or is empty, or `sheet`
            is None and several sheets have rows.
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
    names = name_columns(map(write_cell, header))
    check_names(path, names)
    columns = [convert_cells(column) for column in zip(*values, strict=True)]
    return pa.table(columns or [pa.array([], pa.large_string())] * len(names), names=list(names))


def convert_cells(cells: Sequence[Any]) -> "pa.Array":
    """Convert the cells of a column to an Arrow array: floats, times or booleans if all cells are, else text.

    Empty cells become nulls, and so do NA and the like if all other cells are numbers, dates or booleans.
    """
    import pyarrow as pa

    filled = [None if write_cell(cell) == "" else cell for cell in cells]
    texts = {cell.strip() for cell in filled if isinstance(cell, str)}
    has_typed = not all(cell is None or isinstance(cell, str) for cell in filled)
    if has_typed and texts <= set(NA_TEXTS):  # NA and the like among typed values mean missing
        filled = [None if isinstance(cell, str) else cell for cell in filled]
    kinds = {type(cell) for cell in filled if cell is not None}
    if kinds == {bool}:
        return pa.array(filled, pa.bool_())
    if kinds and kinds <= {int, float}:
        return pa.array([None if cell is None else float(cell) for cell in filled], pa.float64())
    if kinds and kinds <= {datetime.date, datetime.datetime}:
        midnight = datetime.time()
        moments = [
            datetime.datetime.combine(cell, midnight) if type(cell) is datetime.date else cell for cell in filled
        ]
        return pa.array(moments, pa.timestamp("us"))
    return pa.array([None if cell is None else write_cell(cell) for cell in filled], pa.large_string())


def read_sheet(path: Path, workbook: Any, sheet: str | None) -> Sequence[Sequence[Any]]:
    """Return the rows of a sheet as lists of cells, the header first, without empty rows.

    Args:
        path: The file, for messages.
        workbook: The opened file, a `CalamineWorkbook`.
        sheet: The name of the sheet; None for the only sheet with rows.

    Raises:
        ValueError: The sheet does not exist or is empty, or `sheet` is None and several sheets have rows.
    """
    if sheet is not None and sheet not in workbook.sheet_names:
        existing = ", ".join(map(repr, workbook.sheet_names))
        raise ValueError(f"{path} has no sheet {sheet!r}{suggest(sheet, workbook.sheet_names)}. Sheets: {existing}")
    names = [sheet] if sheet is not None else workbook.sheet_names
    filled = {}
    for name in names:
        rows = workbook.get_sheet_by_name(name).to_python()
        if kept := [row for row in rows if any(write_cell(cell) for cell in row)]:
            filled[name] = kept
    if not filled:
        raise ValueError(f"{path} is empty.")
    if len(filled) > 1:
        existing = ", ".join(map(repr, filled))
        raise ValueError(f"{path} has several sheets with rows: name one with --sheet. Sheets: {existing}")
    [rows] = filled.values()
    return rows


def write_cell(cell: Any) -> str:
    """Write a cell as text: 7.0 as 7, midnight as a date alone, a duration in days, an empty cell as ""."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(sep=" ")
    if isinstance(cell, datetime.timedelta):
        return repr(cell.total_seconds() / 86_400)
    return str(cell).strip()
