"""What the inputs of an ONNX file take, in words: who has the file alone can then make them in any language."""

from imbaloss.comparison.column_values import UNMARKED
from imbaloss.comparison.columns import Column, ColumnKind
from imbaloss.comparison.embedding import Embedding
from imbaloss.comparison.preparation import ImagePreparation, TablePreparation
from imbaloss.features import ImageSettings

IMAGES = "images"  # the only input of a model of images
NUMBER = "number, NaN if it is missing"
TEXT = "text, empty if it is missing; numbers as 1 and 1.5, truth values as True and False"
DATE = "days since 1970-01-01 00:00 UTC, microseconds / 86400000000; NaN if the date is missing"
CYCLE = "{} of d, the same days by the clock of the time zone of {}; NaN if it is missing"
FORMULAS = {
    ColumnKind.HOUR_SINE: "sin(2 * pi * (d % 1))",
    ColumnKind.HOUR_COSINE: "cos(2 * pi * (d % 1))",
    ColumnKind.WEEKDAY_SINE: "sin(2 * pi * (floor(d) % 7 / 7))",
    ColumnKind.WEEKDAY_COSINE: "cos(2 * pi * (floor(d) % 7 / 7))",
}
MARKED = "number without its mark, as 4 of >4; NaN if there is none"
MARK = "text: the mark, as > of >4, or the words in place of a number; {} for a number alone, empty if it is missing"


def describe_inputs(preparation: TablePreparation | ImagePreparation) -> dict[str, str]:
    """Say what each input of the ONNX file takes, by its name, in the order of the inputs."""
    if isinstance(preparation, ImagePreparation):
        shape = f"(images, {preparation.channels}, {preparation.height}, {preparation.width})"
        return {IMAGES: f"bytes {shape}: images, channels, height and width"}
    return {
        column.name: describe_images(preparation.schema.embeddings[column.name])
        if column.is_embedded
        else describe_input(column)
        for column in preparation.schema.columns
    }


def describe_images(embedding: Embedding) -> str:
    """Say what the input for a column of images takes, of which the pretrained model in the file makes features."""
    settings = ImageSettings.from_json(embedding.extractor.settings)
    height, width = settings.size
    mean, std = (", ".join(f"{number:g}" for number in numbers) for numbers in (settings.mean, settings.std))
    resized = f"resized ({settings.interpolation}) to cover {height / settings.crop_pct:.0f} x "
    resized += f"{width / settings.crop_pct:.0f} pixels, the middle cut out"
    return (
        f"float32 (images, 3, {height}, {width}): upright RGB, {resized}, divided by 255, less the mean ({mean}), "
        f"divided by ({std})"
    )


def describe_input(column: Column) -> str:
    """Say what the input for a column takes, in a few words or as a formula."""
    if column.is_cycle:
        return CYCLE.format(FORMULAS[column.kind], column.read_from)
    if column.kind == ColumnKind.MARK:
        return MARK.format(UNMARKED)
    if column.is_category:
        return TEXT
    return {ColumnKind.DATE: DATE, ColumnKind.MARKED: MARKED}.get(column.kind, NUMBER)


def list_made_inputs(preparation: TablePreparation | ImagePreparation) -> list[str]:
    """Return the names of the inputs that are not columns as a table has them: days, sines, cosines, numbers and marks.

    Marks and numbers are those of `--marked-number`. A model of images has none.
    """
    columns = preparation.schema.columns if isinstance(preparation, TablePreparation) else ()
    marked = {ColumnKind.MARKED, ColumnKind.MARK}
    return [column.name for column in columns if column.is_date or column.is_cycle or column.kind in marked]
