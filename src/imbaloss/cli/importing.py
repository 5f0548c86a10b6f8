"""The command that judges results which were computed elsewhere."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from imbaloss.cli.app import STUDIES, app, explain_input_errors
from imbaloss.cli.options import COLUMN_OPTIONS, READING_OPTIONS, Json, add_options, used_options
from imbaloss.cli.terminal import print_json, print_results
from imbaloss.recipe_fields import DEFAULT_MARGIN, MARGIN


@app.command(rich_help_panel=STUDIES)
@add_options(COLUMN_OPTIONS, READING_OPTIONS)
def import_results(
    context: typer.Context,
    file: Annotated[Path, Argument(help="A table (CSV, Excel, Parquet) of scores or predictions.", metavar="FILE")],
    *,
    score: Annotated[
        list[str] | None,
        Option(
            help="Column with a score to compare by; higher is better unless its name says otherwise. Repeatable.",
            metavar="COLUMN",
            show_default="all known scores",
        ),
    ] = None,
    lower_is_better: Annotated[
        list[str] | None, Option(help="Column with a score of which lower is better. Repeatable.", metavar="COLUMN")
    ] = None,
    margin: Annotated[float, Option(help=MARGIN.help, metavar="NUMBER", rich_help_panel="Judging")] = DEFAULT_MARGIN,
    test_to_train: Annotated[
        float | None,
        Option(
            help="Number of test samples divided by that of training samples (folds only).",
            metavar="NUMBER",
            show_default="1 / (folds - 1)",
            rich_help_panel="Judging",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        Option(help="Output folder.", metavar="FOLDER", show_default="results/NAME, after the file"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Judge results that were computed elsewhere: the tables, tests and report.html of a study, without training.

    Example: imbaloss import-results benchmark.csv --method-column model --lower-is-better deviance
    """
    from imbaloss.atomic_write import make_file_name
    from imbaloss.comparison.imported import importing
    from imbaloss.comparison.imported.request import ImportRequest
    from imbaloss.comparison.reading.reading_options import ReadingOptions
    from imbaloss.comparison.reading.table_file import TableFile

    with explain_input_errors():
        columns = {
            name.removesuffix("_column"): column for name, column in used_options(context, COLUMN_OPTIONS).items()
        }
        request = ImportRequest(columns, tuple(score or ()), tuple(lower_is_better or ()), test_to_train, margin)
        table = TableFile(file, ReadingOptions(**used_options(context, READING_OPTIONS)))
        folder = out or Path("results") / make_file_name(file.stem)
        judged = importing.import_results(table, request, folder)
    if as_json:
        print_json(judged.to_json())
        return
    print_results(judged)
    print(
        f"\n{folder / 'table.csv'}, {folder / 'comparisons.csv'}, {folder / 'figures'}\nopen {folder / 'report.html'}"
    )
