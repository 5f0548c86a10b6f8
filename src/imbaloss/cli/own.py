"""The commands for one's own data."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from imbaloss.cli.app import app, refusing
from imbaloss.cli.options import RECIPE_OPTIONS, Device, Json, Quiet, entries, with_options
from imbaloss.cli.progress import progress
from imbaloss.cli.terminal import print_json, tell
from imbaloss.wording import counted

Encoding = Annotated[
    str | None, Option(help="Encoding of CSV files, as shift_jis. [default: UTF-8, UTF-16 or Windows-1252, detected]")
]
Sheet = Annotated[str | None, Option(help="Sheet of a spreadsheet. [default: the only one with rows]")]
Margin = Annotated[float, Option(help="Differences of a score within it do not matter.")]


@app.command()
@with_options(RECIPE_OPTIONS)
def compare(
    context: typer.Context,
    source: Annotated[
        Path, Argument(help="A table (CSV, Excel, Parquet, NPZ), or a folder of images.", metavar="DATA")
    ],
    out: Annotated[Path | None, Option(help="Output folder. [default: results/NAME, after the data]")] = None,
    target: Annotated[
        str | None, Option(help="The column that tells the class. [default: of NPZ y; of folders the sub-folder]")
    ] = None,
    positive: Annotated[str | None, Option(help="The class to find. [default: the rarer one]")] = None,
    test: Annotated[Path | None, Option(help="Data of the same kind to judge by. [default: cross-validation]")] = None,
    group: Annotated[str | None, Option(help="The column whose equal values stay together, as a patient.")] = None,
    time: Annotated[str | None, Option(help="The column by which the latest rows are judged by.")] = None,
    drop: Annotated[list[str] | None, Option(help="A column to leave out. Repeatable.")] = None,
    category: Annotated[
        list[str] | None, Option(help="A column whose values are names though they look like numbers. Repeatable.")
    ] = None,
    mark: Annotated[
        list[str] | None,
        Option(help="A column of numbers some of which have a mark (>4) or are none: it becomes two. Repeatable."),
    ] = None,
    na_values: Annotated[
        list[str] | None, Option(help="A further text or number that means a missing value, as -999. Repeatable.")
    ] = None,
    keep_na: Annotated[
        list[str] | None, Option(help="A column in which NA, None and the like are values. Repeatable.")
    ] = None,
    decimal: Annotated[
        str | None, Option(help="Mark of decimals, . or , where numbers such as 1,234 do not tell it. [default: none]")
    ] = None,
    encoding: Encoding = None,
    sheet: Sheet = None,
    loss: Annotated[list[str] | None, Option(help="Repeatable. [default: eight, and two samplers]")] = None,
    sampler: Annotated[list[str] | None, Option(help="For each loss. Repeatable.")] = None,
    references: Annotated[
        bool, Option("--references/--no-references", help="Also scikit-learn's logistic regression and boosting.")
    ] = True,
    folds: Annotated[int, Option(min=3, max=1000, help="Of the cross-validation.")] = 5,
    repetitions: Annotated[
        int | None, Option(min=1, max=1000, help="Folds, or seeds, to judge by. [default: 10; of many rows 5 or 3]")
    ] = None,
    budget: Annotated[
        str | None, Option(help="Time, as 90s, 10m or 2h, for as many repetitions as fit.", show_default=False)
    ] = None,
    size: Annotated[
        int | None, Option(min=4, max=1024, help="Of a side of images from files, in pixels. [default: 32]")
    ] = None,
    margin: Margin = 0.01,
    overwrite: Annotated[
        bool, Option("--overwrite", help="Replace the report of other data in the folder that --out names.")
    ] = False,
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find out which method finds the rare class best in your own data, and keep a model of it that predicts."""
    from imbaloss import comparison
    from imbaloss.comparison.assemble import Asked
    from imbaloss.comparison.opening import open_own
    from imbaloss.comparison.reading.table_file import ReadingOptions

    with refusing():
        recipe = entries(context)
        wishes = comparison.Wishes(
            loss or None, sampler or None, references, repetitions, budget, margin, recipe, device,
        )  # fmt: skip
        asked = Asked(
            target_of(source, target), positive, folds, group, time, tuple(drop or ()), tuple(category or ()), size,
            tuple(mark or ()), tuple(na_values or ()), tuple(keep_na or ()), ReadingOptions(encoding, sheet), decimal,
        ).normalized  # fmt: skip
        own = open_own(source, asked, test)
        found = comparison.answer(
            own, asked.target, wishes, out or Path("results") / own.name,
            command=shlex.join(["imbaloss", *sys.argv[1:]]),
            tell=(lambda _: None) if quiet else tell,
            note=tell,
            shown=lambda jobs: progress(jobs, quiet=quiet),
            named=out is not None,
            overwrite=overwrite,
        )  # fmt: skip
    folder = found.folder
    if as_json:
        print_json(comparison.facts(found))
        return
    print(f"{found}\n")
    if found.model:
        print(f"model in {folder / 'model'}: imbaloss predict {folder / 'model'} FILE --out FILE")
    print(f"open {folder / 'report.html'}")


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
def predict(
    model: Annotated[Path, Argument(help="The folder of a model, DIR/model.", metavar="MODEL")],
    source: Annotated[Path, Argument(help="Data with the same columns; the target may be missing.", metavar="DATA")],
    out: Annotated[Path, Option(help="Predictions, as CSV or Parquet.")] = Path("predictions.csv"),
    keep: Annotated[list[str] | None, Option(help="A column to write beside. Repeatable.")] = None,
    threshold: Annotated[
        float | None, Option(min=0, max=1, help="From which probability on it is positive. [default: the model's]")
    ] = None,
    encoding: Encoding = None,
    sheet: Sheet = None,
    as_json: Json = False,
) -> None:
    """Predict for new data: the probability of the class to find, and the decision, row by row."""
    from dataclasses import replace

    from imbaloss.comparison import OwnModel, predict_file
    from imbaloss.comparison.own_model import Threshold
    from imbaloss.comparison.reading.table_file import ReadingOptions

    with refusing():
        found = OwnModel.load(model)
        if threshold is not None:
            found = replace(found, threshold=Threshold(threshold, threshold, threshold))
        predicted = predict_file(found, source, out, keep or (), ReadingOptions(encoding, sheet))
    if as_json:
        print_json({**predicted._asdict(), "threshold": found.threshold.value, "out": str(out)})
        return
    rows, positives, unseen = predicted
    print(
        f"{rows} rows, {positives} of them {found.positive} (from probability {found.threshold.value:.4f} on), in {out}"
    )
    for column, some in unseen.items():
        print(f"{column}: {counted(some, 'row')} with a value that the training did not have")
