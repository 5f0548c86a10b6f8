"""Notes on columns whose values are treated as names or as free text."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from imbaloss.comparison.column_values import list_names
from imbaloss.comparison.columns import Column, ColumnKind, Reason, Schema
from imbaloss.comparison.reading import numbers
from imbaloss.comparison.reading.text import NA_TEXTS, columns_by_name, is_text
from imbaloss.comparison.request import TFIDF, ComparisonRequest
from imbaloss.comparison.texts import FEWEST_WORDS, TERMS, choose_unit, is_free_text, look_at
from imbaloss.plural import format_count

if TYPE_CHECKING:
    import pyarrow as pa

AMOUNT = "|".join((
    r"^[(+\-\x{2013}\x{2212}]?\s*[$€£¥]\s*\d",  # $3.50
    r"\d\s*[%€$£¥]$",  # 5 %
    r"^\(\d[\d.,]*\)$|^\x{2013}\d|^\d[\d.,]*-$",  # (12.5) and 12.5-, which are negative
    r"^\d{1,2}[-/ .][A-Za-z]{3,9}[-/ .]\d{2,4}",  # 12-Jan-2024
    r"^\d{1,2}/\d{1,2}/\d{2,4} .*[AaPp][Mm]$|^\d{1,2}:\d{2}(:\d{2})?$|^\d{4}\.\d{2}\.\d{2}$",  # 1:05 PM, 10:15
    r"^[<>≤≥]\s*\d",  # <0.5
))  # fmt: skip
MAY_BE_NAMES = {Reason.ONE_VALUE, Reason.NO_VALUE, Reason.MOSTLY_DIFFERENT_TEXTS}  # reasons to leave out names
MOST_LOOK = 0.5  # share of different values that look like amounts or dates, from which on a note is written


def describe_names_and_texts(
    table: "pa.Table", marked: "pa.Table", schema: Schema, request: ComparisonRequest
) -> Iterator[str]:
    """Yield the notes on columns whose values are treated as names or as free text.

    Args:
        table: The table as it was read.
        marked: Its columns with nulls for missing values.
        schema: The columns that methods learn from, and the ones that are left out.
        request: Names columns of text and categories, and what makes numbers of text.
    """
    yield from describe_missing_texts(table, schema)
    yield from describe_names_with_digits(table, schema, request.category)
    yield from describe_texts(marked, schema, request)


def describe_missing_texts(table: "pa.Table", schema: Schema) -> Iterator[str]:
    """Yield a note on each column of names in which a text such as NA was read as missing; NA may be Namibia.

    Columns in which such texts stay values by request (--keep-na) have no note.

    Args:
        table: The table as it was read, with these texts.
        schema: The columns that methods learn from, and the ones that are left out.
    """
    from pyarrow import compute

    learned = {column.read_from: column.is_category or column.is_text for column in schema.columns}
    for name, column in columns_by_name(table).items():
        left_out = schema.left_out.get(name)
        is_names = learned.get(name, False) or (left_out is not None and left_out.reason in MAY_BE_NAMES)
        if not is_names or name in schema.keep_na or not is_text(column.type):
            continue
        counts = {item["values"]: item["counts"] for item in compute.value_counts(column).to_pylist()}
        if missing := [f"{text!r} in {format_count(counts[text], 'row')}" for text in NA_TEXTS if text in counts]:
            yield f"Column `{name}`: read as missing: {list_names(missing)}. If that is a value, use --keep-na {name}"


def describe_texts(table: "pa.Table", schema: Schema, request: ComparisonRequest) -> Iterator[str]:
    """Yield a note on each column of free text, on categories that may be some, and on an extractor without effect.

    Args:
        table: The table as it was read, with nulls for missing values.
        schema: The columns that methods learn from.
        request: Names columns of text and categories, and what makes numbers of text.
    """
    for column in schema.columns:
        if column.is_text:
            made = f"the features of {request.text}"
            if request.text == TFIDF:
                made = f"the {TERMS[choose_unit(table[column.read_from].combine_chunks().drop_null().to_pylist())]}"
            leave_out = f"To leave it out, use --drop {column.name}"
            yield f"Column `{column.name}` is free text: methods learn from {made} of each row. {leave_out}"
        elif may_be_free_text(column, table, request):
            yield (
                f"Column `{column.name}` is a category with many values, which look like free text. To learn from "
                f"their words, use --text-column {column.name}"
            )
    for name, left_out in schema.left_out.items():
        if left_out.reason is Reason.MOSTLY_DIFFERENT_TEXTS and may_be_sentences(table[name]):
            yield f"Column `{name}` is ignored, and may be text: to learn from its words, use --text-column {name}"
    if request.text != TFIDF and not any(column.is_text for column in schema.columns):
        yield f"Without effect: --text {request.text}, since no column is free text. --text-column names one"


def may_be_free_text(column: Column, table: "pa.Table", request: ComparisonRequest) -> bool:
    """Say whether a category with many values looks like free text, unless the request calls it a category."""
    if column.kind != ColumnKind.MANY or column.name in request.category or not is_text(table[column.read_from].type):
        return False
    return is_free_text(table[column.read_from].combine_chunks().drop_null().unique().to_pylist())


def may_be_sentences(column: "pa.ChunkedArray") -> bool:
    """Say whether at least half of the texts of a column have four words or more, as names and codes rarely have."""
    texts = look_at(column.combine_chunks().drop_null().cast("string").to_pylist())
    return 2 * sum(len(text.split()) >= FEWEST_WORDS for text in texts) >= len(texts) > 0


def describe_names_with_digits(table: "pa.Table", schema: Schema, categories: Collection[str]) -> Iterator[str]:
    """Yield a note on each category at least half of whose values look like amounts or dates in an unknown form.

    Examples are $3.50, 5 % and 12-Jan-2024.

    Args:
        table: The table as it was read.
        schema: The columns that methods learn from.
        categories: The columns that the request calls categories, on which there is no note.
    """
    for column in schema.columns:
        if (
            column.kind not in {ColumnKind.CATEGORY, ColumnKind.MANY}
            or column.name in categories
            or not is_text(table[column.read_from].type)
        ):
            continue
        distinct = table[column.read_from].combine_chunks().drop_null().unique()
        looks = numbers.matches(distinct, AMOUNT)
        if looks.mean() >= MOST_LOOK:
            example = distinct[int(looks.argmax())].as_py()
            yield (
                f"Column `{column.name}`: values such as {example!r} are treated as names. If they are numbers or "
                "dates, write them plainly, as 3.5 and 2026-11-26. If they are numbers with marks, use "
                f"--marked-number {column.name}"
            )
