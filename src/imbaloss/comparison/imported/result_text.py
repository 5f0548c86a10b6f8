"""Imported results as text for a terminal: tables that fit into its lines, and the sentences of the report."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from imbaloss.comparison.imported.importing import JudgedFile
from imbaloss.comparison.imported.tables import tabulate_for_reading
from imbaloss.comparison.summary.answer_text import METHOD_SHARE, break_name, lay_out_list, lay_out_table

if TYPE_CHECKING:
    from rich.console import RenderableType

GAP = 2  # blanks between columns


def lay_out_results(judged: JudgedFile, *, width: int) -> Iterator["RenderableType"]:
    """Yield what rich prints of imported results: as many tables as the scores need, then the sentences.

    Args:
        judged: The results.
        width: The number of characters of a line.
    """
    from rich.text import Text

    frame, names = tabulate_for_reading(judged.findings)
    for column in ("data set", "method"):
        frame[column] = [break_name(name, width // METHOD_SHARE) for name in frame[column]]
    for part in split_scores(frame, names, width):
        yield lay_out_table(part, width=width, strong="", right=part.columns[names:])
        yield ""
    yield lay_out_list("-", [Text(f"{sentence}.") for sentence in judged.sentences])


def split_scores(frame: pd.DataFrame, names: int, width: int) -> list[pd.DataFrame]:
    """Split a table of texts by its scores into tables that fit into a line; each has the columns before the scores.

    A table with a single score may be wider.

    Args:
        frame: The table.
        names: The number of columns before the scores.
        width: The number of characters of a line.
    """
    widths = {
        column: GAP + max(len(line) for text in (column, *frame[column]) for line in text.split("\n"))
        for column in frame
    }
    before, *scores = list(frame.columns[:names]), *frame.columns[names:]
    tables = [before]
    for score in scores:
        if len(tables[-1]) > names and sum(widths[column] for column in [*tables[-1], score]) - GAP > width:
            tables.append(before)
        tables[-1] = [*tables[-1], score]
    return [frame[columns] for columns in tables]
