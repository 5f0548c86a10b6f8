"""The inputs of an ONNX file, and in words what each of them takes."""

from collections.abc import Iterable

from imbaloss.comparison.column_values import UNMARKED
from imbaloss.comparison.columns import Column, ColumnKind, Schema
from imbaloss.comparison.preparation import ImagePreparation, TablePreparation

IMAGES = "images"  # the only input of a model of images
NUMBER = "number, NaN if it is missing"
TEXT = "text, empty if it is missing; numbers as 1 and 1.5, truth values as True and False"
DATE = "days since the beginning of 1970 in UTC, with fractions; NaN if the date is missing"
CLOCK = "days since the beginning of 1970 by the clock of the time zone; without zones the same number as {}"
MARKED = "number without its mark, as 4 of >4; NaN if there is none"
MARK = "text: the mark, as > of >4, or the words in place of a number; {} for a number alone, empty if it is missing"


def name_clock(column: Column) -> str:
    """Return the name of the input with the time of day and week of which a sine or cosine is made."""
    return f"{column.read_from} (clock)"


def list_inputs(schema: Schema) -> list[str]:
    """Return the names of the inputs of a model of a table, in order: the columns, and clocks in place of cycles."""
    return list(dict.fromkeys(name_clock(column) if column.is_cycle else column.name for column in schema.columns))


def describe_inputs(preparation: TablePreparation | ImagePreparation) -> dict[str, str]:
    """Say what each input of the file takes, by its name, in the order of the inputs."""
    if isinstance(preparation, ImagePreparation):
        shape = f"(images, {preparation.channels}, {preparation.height}, {preparation.width})"
        return {IMAGES: f"bytes {shape}: images, channels, height and width"}
    return {
        name_clock(column) if column.is_cycle else column.name: describe_input(column)
        for column in preparation.schema.columns
    }


def describe_input(column: Column) -> str:
    """Say what the input for a column takes; for a sine or cosine, what its clock takes."""
    if column.is_cycle:
        return CLOCK.format(column.read_from)
    if column.kind == ColumnKind.MARK:
        return MARK.format(UNMARKED)
    if column.is_category:
        return TEXT
    return {ColumnKind.DATE: DATE, ColumnKind.MARKED: MARKED}.get(column.kind, NUMBER)


def group_inputs(inputs: dict[str, str]) -> Iterable[tuple[str, list[str]]]:
    """Return each description with the names of its inputs, in the order in which they first come."""
    return [(text, [name for name in inputs if inputs[name] == text]) for text in dict.fromkeys(inputs.values())]
