"""Numbers whose points or commas may be thousands separators or decimal marks, judged by all columns of a file."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from imbaloss.comparison.columns import NumberForm
from imbaloss.comparison.judgement import ANOTHER_WAY, ColumnRequest, Judgement
from imbaloss.comparison.reading import numbers
from imbaloss.comparison.reading.text import is_text

if TYPE_CHECKING:
    import pyarrow as pa

    Columns = Mapping[str, pa.ChunkedArray]


def list_plain_texts(columns: "Columns", judgements: Mapping[str, Judgement]) -> list[str]:
    """Return the names of the columns of text that are judged to be numbers with decimal points or without decimals.

    Args:
        columns: The columns of the table by name.
        judgements: What each column gives to learn from, by name.
    """
    return [
        name
        for name, judgement in judgements.items()
        if [column.form for column in judgement.columns] in ([NumberForm.PLAIN], [NumberForm.WHOLE])
        and is_text(columns[name].type)
    ]


def read_points_as_thousands(columns: "Columns", judgements: dict[str, Judgement]) -> None:
    """Read points as thousands separators in columns that allow it, for files whose decimal mark is a comma.

    Args:
        columns: The columns of the table by name.
        judgements: What each column gives to learn from, by name. Changed in place: such columns get the form
            `POINTS_AND_COMMA`.
    """
    for name in list_plain_texts(columns, judgements):
        judgement, texts = judgements[name], columns[name].combine_chunks().drop_null()
        if judgement.ambiguous is not None or numbers.all_have_three_decimals(texts):
            judgements[name] = Judgement((replace(judgement.columns[0], form=NumberForm.POINTS_AND_COMMA),))


def check_ambiguous(columns: "Columns", judgements: Mapping[str, Judgement], request: ColumnRequest) -> None:
    """Check that the points and commas in numbers have one possible meaning.

    In a file whose delimiter is a comma, points are decimal marks if another column shows that. In files with other
    delimiters, a column in which every value has three digits behind a point shows nothing.

    Args:
        columns: The columns of the table by name.
        judgements: What each column gives to learn from, by name.
        request: Has the delimiter of the file and the requested decimal mark, which settles all columns.

    Raises:
        ValueError: The marks of a column may be thousands separators or decimal marks, and `request.decimal` is None.
    """
    if request.decimal is not None:
        return
    plain = list_plain_texts(columns, judgements)
    commas = [
        column.name
        for judgement in judgements.values()
        for column in judgement.columns
        if column.form in {NumberForm.DECIMAL_COMMA, NumberForm.POINTS_AND_COMMA}
    ]
    unclear = {name: judgement.ambiguous for name, judgement in judgements.items() if judgement.ambiguous is not None}
    if commas or request.delimiter not in {None, ","}:
        for name in plain:
            texts = columns[name].combine_chunks().drop_null()
            if name not in unclear and numbers.all_have_three_decimals(texts):
                unclear[name] = texts[0].as_py()
    if not unclear:
        return
    points = [name for name, value in unclear.items() if "," not in value]
    if commas and points:
        raise ValueError(
            f"column {commas[0]!r} has decimal commas, so the points in column {points[0]!r} may separate thousands: "
            "write all numbers with a decimal point and no other mark"
        )
    shows_points = any(
        numbers.show_point_decimals(columns[name].combine_chunks().drop_null()) for name in plain if name not in unclear
    )
    for name, value in unclear.items():
        is_settled = (
            shows_points and "," not in value and (request.delimiter == "," or judgements[name].ambiguous is None)
        )
        if not is_settled:
            raise ValueError(explain_ambiguous(name, value))


def explain_ambiguous(name: str, value: str) -> str:
    """Write the message on a column whose points or commas may be thousands separators or decimal marks.

    Args:
        name: The name of the column.
        value: One of its numbers, such as 1.234.
    """
    marks, digits = ("commas", value.replace(",", "")) if "," in value else ("points", value.replace(".", ""))
    return (
        f"column {name} has numbers with {marks}, such as {value!r}: write all with a decimal point and nothing else, "
        f"or say with --decimal . or --decimal , whether that is {digits} or a decimal; or {ANOTHER_WAY}"
    )
