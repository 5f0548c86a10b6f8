"""The commands for one's own data."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from imbaloss.cli.app import app, refusing
from imbaloss.cli.options import (
    READING_OPTIONS,
    RECIPE_OPTIONS,
    REQUEST_OPTIONS,
    Json,
    Quiet,
    entries,
    given,
    with_options,
)  # fmt: skip
from imbaloss.cli.progress import progress
from imbaloss.cli.terminal import print_json, tell
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.wording import counted


@app.command()
@with_options(RECIPE_OPTIONS)
@with_options(REQUEST_OPTIONS, before="as_json")
def compare(
    context: typer.Context,
    source: Annotated[
        Path, Argument(help="A table (CSV, Excel, Parquet, NPZ), or a folder of images.", metavar="DATA")
    ],
    *,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find out which method finds the rare class best in your own data, and keep a model of it that predicts."""
    from imbaloss.comparison.answer import convert_to_json
    from imbaloss.comparison.comparing import ComparisonObserver, answer_request, ignore_text
    from imbaloss.comparison.opening import open_own

    with refusing():
        request = read_request(context, source)
        own = open_own(source, request)
        observer = ComparisonObserver(ignore_text if quiet else tell, tell, lambda jobs: progress(jobs, quiet=quiet))
        found = answer_request(own, request, request.out or Path("results") / own.name, observer)
    folder = found.folder
    if as_json:
        print_json(convert_to_json(found))
        return
    print(f"{found}\n")
    if found.model:
        print(f"model in {folder / 'model'}: imbaloss predict {folder / 'model'} FILE --out FILE")
    print(f"open {folder / 'report.html'}")


def read_request(context: typer.Context, source: Path) -> ComparisonRequest:
    """Return the request of the command line. Raises ValueError for a recipe or a target that is none."""
    recipe = entries(context)
    options = given(context, REQUEST_OPTIONS)
    target = target_of(source, options.pop("target", None))
    command = shlex.join(["imbaloss", *sys.argv[1:]])
    return ComparisonRequest(target=target, recipe=recipe, command=command, **options)


def target_of(source: Path, target: str | None) -> str:
    """Raises ValueError where a table has no default."""
    if target is not None:
        return target
    if source.is_dir():
        return "folder"
    if source.suffix.lower() == ".npz":
        return "y"
    raise ValueError(f"say which column of {source} tells the class: --target COLUMN")


@app.command()
@with_options(READING_OPTIONS, before="as_json")
def predict(
    context: typer.Context,
    model: Annotated[Path, Argument(help="The folder of a model, DIR/model.", metavar="MODEL")],
    source: Annotated[Path, Argument(help="Data with the same columns; the target may be missing.", metavar="DATA")],
    *,
    out: Annotated[Path, Option(help="Predictions, as CSV or Parquet.")] = Path("predictions.csv"),
    keep: Annotated[list[str] | None, Option(help="A column to write beside. Repeatable.")] = None,
    threshold: Annotated[
        float | None, Option(min=0, max=1, help="From which probability on it is positive. [default: the model's]")
    ] = None,
    as_json: Json = False,
) -> None:
    """Predict for new data: the probability of the class to find, and the decision, row by row."""
    from dataclasses import replace

    from imbaloss.comparison.own_model import OwnModel
    from imbaloss.comparison.prediction import predict_file
    from imbaloss.comparison.reading.table_file import ReadingOptions
    from imbaloss.evaluation.scores import Threshold

    with refusing():
        found = OwnModel.load(model)
        if threshold is not None:
            found = replace(found, threshold=Threshold(threshold, threshold, threshold))
        predicted = predict_file(found, source, out, keep or (), ReadingOptions(**given(context, READING_OPTIONS)))
    if as_json:
        print_json({**predicted._asdict(), "threshold": found.threshold.value, "out": str(out)})
        return
    rows, positives, unseen = predicted
    print(
        f"{rows} rows, {positives} of them {found.positive} (from probability {found.threshold.value:.4f} on), in {out}"
    )
    for column, some in unseen.items():
        print(f"{column}: {counted(some, 'row')} with a value that the training did not have")
