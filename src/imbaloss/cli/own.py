"""The commands for the user's own data: compare, predict and export."""

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument

from imbaloss.cli.app import OWN_DATA, app, explain_input_errors
from imbaloss.cli.options import (
    COMPARISON_RECIPE_OPTIONS,
    READING_OPTIONS,
    REQUEST_OPTIONS,
    AdjustPrevalence,
    Background,
    DecisionThreshold,
    Explain,
    Json,
    Keep,
    Predictions,
    Prevalence,
    Quiet,
    Trust,
    add_options,
    recipe_entries,
    used_options,
)  # fmt: skip
from imbaloss.cli.progress import follow_comparison, follow_features
from imbaloss.cli.renamed_options import CommandOfRenamedOptions
from imbaloss.cli.terminal import print_answer, print_json
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.plural import format_count, join_words

if TYPE_CHECKING:
    from imbaloss.comparison.own_model import OwnModel
    from imbaloss.comparison.predicted import Predicted


@app.command(cls=CommandOfRenamedOptions, rich_help_panel=OWN_DATA)
@add_options(REQUEST_OPTIONS, COMPARISON_RECIPE_OPTIONS)
def compare(
    context: typer.Context,
    source: Annotated[
        Path, Argument(help="A table (CSV, Excel, Parquet, NPZ), or a folder of images.", metavar="DATA")
    ],
    *,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find out which method finds the rare class best in your own data, and save its model for `predict`.

    Example: imbaloss compare fraud.csv --target fraud --budget 10m
    """
    from imbaloss.comparison.first_checks import MODEL_FILE, check_before_reading

    with explain_input_errors(used_options(context, COMPARISON_RECIPE_OPTIONS)):
        request = read_request(context, source)
        check_before_reading(source, request)
        from imbaloss.comparison.answer import convert_to_json  # here, since what is refused above needs no torch
        from imbaloss.comparison.comparing import answer_request
        from imbaloss.comparison.opening import open_own

        with follow_comparison(quiet=quiet) as observer:
            own = open_own(source, request, observer.embed)
            comparison = answer_request(own, request, request.out or Path("results") / own.name, observer)
    folder = comparison.folder
    if as_json:
        print_json(convert_to_json(comparison))
        return
    print_answer(comparison)
    print()
    if (folder / "model" / MODEL_FILE).exists():
        is_blocked = comparison.advice.summary.is_blocked
        print(f"model in {folder / 'model'}{'' if is_blocked else '; to predict:'}")
        if not is_blocked:
            print(f"  imbaloss predict {folder / 'model'} FILE --out FILE")
    print(f"open {folder / 'report.html'}")


def read_request(context: typer.Context, source: Path) -> ComparisonRequest:
    """Return the request of `imbaloss compare`: what to compare on which data, from the typed options and defaults.

    Without `--target` it is "y" for NPZ and "folder" for a folder of images.

    Args:
        context: The parsed command line, given by typer.
        source: The file or folder with the data.

    Raises:
        FileNotFoundError: There are no such data.
        ValueError: A field of the recipe is wrong, or a table comes without `--target`.
    """
    recipe = recipe_entries(context, COMPARISON_RECIPE_OPTIONS)
    options = used_options(context, REQUEST_OPTIONS)
    if "target" not in options:
        options["target"] = default_target(source)
    command = shlex.join(["imbaloss", *sys.argv[1:]])
    return ComparisonRequest(recipe=recipe, command=command, **options)


def default_target(source: Path) -> str:
    """Return the default target, the name of the labels: "y" for an NPZ file, "folder" for a folder of images.

    Raises:
        FileNotFoundError: There is no such file or folder.
        ValueError: The data are any other file, so a table, which needs --target.
    """
    from imbaloss.comparison.first_checks import check_source

    if source.is_dir():
        return "folder"
    if source.suffix.lower() == ".npz":
        return "y"
    check_source(source)
    raise ValueError(f"{source} needs --target COLUMN: the name of the column with the class")


def describe_decision(model: "OwnModel") -> str:
    """Say as what the rows of a file are flagged, and by what, for the line that counts them."""
    from imbaloss.evaluation.guarantees import round_threshold

    if model.costs:
        return f"flagged as {model.positive} (by the costs of each row, {model.costs})"
    threshold = f"{model.threshold.value:.4f}"
    if model.guarantee is not None:
        threshold = round_threshold(model.guarantee, model.threshold.value, 4)
    return f"flagged as {model.positive} ({model.output} at least {threshold})"


@app.command(rich_help_panel=OWN_DATA)
@add_options(READING_OPTIONS)
def predict(
    context: typer.Context,
    model: Annotated[Path, Argument(help="The folder `model` that `compare` wrote.", metavar="MODEL")],
    source: Annotated[Path, Argument(help="Data with the same columns; the target may be missing.", metavar="DATA")],
    *,
    keep: Keep = None,
    threshold: DecisionThreshold = None,
    adjust_prevalence: AdjustPrevalence = False,
    prevalence: Prevalence = None,
    explain: Explain = None,
    background: Background = None,
    out: Predictions = Path("predictions.csv"),
    trust: Trust = None,
    as_json: Json = False,
) -> None:
    """Predict for new data: the probability of the class to find, and the decision, for each row.

    Estimates the share of the class too, and says which columns have changed since the training.

    Example: imbaloss predict results/fraud/model new.csv --out predictions.csv
    """
    from imbaloss.comparison.first_checks import check_prediction, name_explained
    from imbaloss.comparison.reading.reading_options import ReadingOptions

    with explain_input_errors():
        if explain is None and background is not None:
            raise ValueError("--background is for --explain: name the number of rows to explain, or leave it out")
        reading = ReadingOptions(**used_options(context, READING_OPTIONS))
        check_prediction(model, source, out, keep or (), reading, background=background, explains=explain is not None)
        from imbaloss.comparison.explanation import Explaining  # here, since what is refused above needs no torch
        from imbaloss.comparison.own_model import OwnModel
        from imbaloss.comparison.predicted import Deciding
        from imbaloss.comparison.prediction import predict_file

        explaining = None if explain is None else Explaining(explain, background)
        fitted = OwnModel.load(model, trust or ())
        options = Deciding(threshold, prevalence, adjust_prevalence)
        with follow_features() as on_progress:
            observed = replace(fitted, extractors=replace(fitted.extractors, on_progress=on_progress))
            predicted = predict_file(
                observed, source, out, keep or (), reading, deciding=options, explaining=explaining
            )
    if as_json:
        out_explained = None if explaining is None else str(name_explained(out))
        print_json({**predicted.to_json(), "out": str(out), "out_explained": out_explained})
    else:
        print_predicted(predicted, out, (background or source).name)


@app.command(rich_help_panel=OWN_DATA)
def export(
    model: Annotated[Path, Argument(help="The folder `model` that `compare` wrote.", metavar="MODEL")],
    *,
    out: Annotated[Path, typer.Option(help="The ONNX file.", metavar="FILE")] = Path("model.onnx"),
    trust: Trust = None,
) -> None:
    """Write a saved model with its preparation as one ONNX file, for runtimes without Python.

    Example: imbaloss export results/fraud/model --out fraud.onnx
    """
    from imbaloss.comparison.exported_inputs import list_made_inputs
    from imbaloss.comparison.own_model import OwnModel

    with explain_input_errors():
        fitted = OwnModel.load(model, trust or ())
        try:
            fitted.to_onnx(out)
        except ImportError as error:
            raise ValueError(str(error)) from error
    print(f"{out}: rows are {describe_decision(fitted)}")
    if made := list_made_inputs(fitted.preparation):
        print(f"Its property `inputs` says what each input takes, also {join_words(made, most=5)}.")


def print_predicted(predicted: "Predicted", out: Path, compared: str) -> None:
    """Print what the predictions for a file come to, and that the old name of the column goes.

    Args:
        predicted: The counts of the predictions, and what the rows tell.
        out: The file of the predictions.
        compared: The name of the table with the rows that explained ones are compared with.
    """
    from imbaloss.comparison.first_checks import name_explained
    from imbaloss.comparison.new_data import describe_unseen

    decided = predicted.model
    print(
        f"{format_count(predicted.rows, 'row')}, {predicted.positives} {describe_decision(decided)}, written to {out}"
    )
    if decided.prevalence is not None:
        print(f"The probabilities are for a share of {decided.positive} of {decided.prevalence:.3g}.")
    if "guaranteed" in decided.facts:
        kept = decided.guarantee
        promised = f"The threshold guarantees {kept} with {100 * kept.confidence:g} % confidence" if kept else ""
        same = ", for rows of the same kind as those of the training"
        print(f"{promised}{same}." if kept else "The threshold guarantees nothing.")
    for text in (*predicted.new.describe(decided.positive), *describe_unseen(predicted.unseen)):
        print(text)
    if predicted.explanation is not None:
        print(f"{predicted.explanation.describe(compared)} All explanations: {name_explained(out)}")
    print(f"Read column {decided.column!r}: {decided.output!r} repeats it, and the next version leaves that out.")
