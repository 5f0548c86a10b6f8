"""`imbaloss.compare`, which compares methods on frames and arrays."""

import inspect
import shutil
import weakref
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pandas as pd

from imbaloss.choices import suggest
from imbaloss.comparison.answer import Answer
from imbaloss.comparison.assemble import Content, assemble_own, join_columns
from imbaloss.comparison.column_values import write_name
from imbaloss.comparison.comparing import answer_request
from imbaloss.comparison.image_features import FeatureMaker
from imbaloss.comparison.image_inputs import are_images
from imbaloss.comparison.missing_values import mark_missing
from imbaloss.comparison.opening import open_tables
from imbaloss.comparison.opening_images import (
    embed_image_column,
    find_image_column,
    fit_arrays,
    name_label_classes,
    open_features,
    refuse_features,
    refuse_options_of_rows,
)
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.own_model import convert_label
from imbaloss.comparison.place import SILENT, ComparisonObserver
from imbaloss.comparison.reading.frames import table_from_frame
from imbaloss.comparison.request import ARRAYS, MOST_SETTINGS, REQUEST_FIELDS, TFIDF, ComparisonRequest
from imbaloss.comparison.row_costs import RowCosts
from imbaloss.comparison.targets import name_classes
from imbaloss.features import ProgressHandler, ignore_progress
from imbaloss.plural import format_count
from imbaloss.recipe_fields import DEFAULT_MARGIN, FIELDS
from imbaloss.training.recipe import canonical_int

TARGET, GROUP, TIME, WEIGHT = "y", "group", "time", "sample_weight"
Names = Sequence[Any] | Any  # several names, or one


def compare(  # noqa: D417 - the table of the request documents the other options
    X: Any, y: Any, *, methods: Any = None, losses: Names = None, samplers: Names = None, references: bool = True,
    settings: int = MOST_SETTINGS, positive: Any = None, test: tuple[Any, Any] | None = None, groups: Any = None,
    times: Any = None, sample_weight: Any = None, threshold: str | None = None, cost: Any = None,
    keep_cost_columns: bool = False, baseline: str | None = None, segment: Names = (), importance: bool | None = None,
    optimize: str | None = None, folds: int = 5, repetitions: int | None = None, budget: str | None = None,
    race: bool = False, margin: float = DEFAULT_MARGIN, category: Names = (), drop: Names = (), mark: Names = (),
    text_columns: Names = (), text: str = TFIDF, na_values: Names = (), keep_na: Names = (), decimal: str | None = None,
    out: str | Path | None = None, overwrite: bool = False, name: str = "data", device: str = "cpu",
    executor: str | None = None, workers: int | None = None, address: str | None = None,
    worst_misses: int | None = None, features: str | None = None, bundle: bool = False, verbose: bool = False,
    **recipe: Any,
) -> Answer:  # fmt: skip
    """Find out which method finds the rare class best in these data, by how much, and how certain that is.

    Returns:
        The answer: the recommended method, its threshold and model, all scores and all comparisons.

    Raises:
        ValueError: Nothing can be learned from the data, or an option has a wrong value.
        TypeError: There is no option of that name, or an option has a wrong type.
        OSError: The folder cannot be written.

    Args:
        X: A frame (pandas, polars, pyarrow and others) with numbers, categories, dates and missing values; an array
            (N, D); or images (N, H, W[, C]).
        y: (N,), labels of two classes, or of several classes of which `positive` names one.
        test: X and y of the test part, instead of cross-validation.
        groups: (N,). Rows of one group stay in one part.
        times: (N,). The latest rows are the test part; with groups, those of new groups.
        sample_weight: (N,), above 0. They count in training and in all scores.
        threshold: The rule that chooses thresholds, such as "f1" or "cost:fn=10,fp=1"; or what the threshold guarantees
            on new rows with a `confidence`, such as "recall>=0.9", "precision>=0.8" or "fpr<=0.05". None: the rule that
            goes with `optimize`, and else "f1".
        optimize: The score that chooses settings and methods, such as "average_precision" or
            "partial_roc_auc:max_fpr=0.1". None: the cost if there are costs, and else the average precision.
        name: The name of the data in the report.
        verbose: Whether to print notes on the data and the steps of the comparison.
        **recipe: Entries of a recipe, as docs/studies.md lists them.
    """
    check_options(recipe, threshold, test, out, baseline)
    request = ComparisonRequest(
        target=y.name if isinstance(y, pd.Series) and isinstance(y.name, str) else TARGET,
        positive=None if positive is None else write_name(positive),
        group=None if groups is None else GROUP, time=None if times is None else TIME,
        weight=None if sample_weight is None else WEIGHT, text_columns=as_names(text_columns) or (), text=str(text),
        drop=as_names(drop) or (), category=as_names(category) or (), mark=as_names(mark) or (),
        na_values=as_names(na_values) or (), keep_na=as_names(keep_na) or (), decimal=decimal,
        methods=collect_methods(methods), losses=as_names(losses), samplers=as_names(samplers), references=references,
        settings=canonical_int("settings", settings), worst_misses=read_number("worst_misses", worst_misses),
        folds=canonical_int("folds", folds), repetitions=read_number("repetitions", repetitions), budget=budget,
        cost=None if cost is None else str(RowCosts.read(cost)), keep_cost_columns=keep_cost_columns,
        baseline=baseline, segment=as_names(segment) or (), importance=importance, race=race, margin=margin,
        device=device, recipe=recipe | drop_missing(threshold=threshold, optimize=optimize),
        out=None if out is None else Path(out), overwrite=overwrite,
        executor=executor, workers=read_number("workers", workers), address=address, features=features, bundle=bundle,
    )  # fmt: skip
    of_rows, pairs = {GROUP: groups, TIME: times, WEIGHT: sample_weight}, [(X, y), *([] if test is None else [test])]
    own = open_arrays(str(name), pairs, request, of_rows, PrintedProgress().tell if verbose else ignore_progress)
    return answer_in_python(own, request, verbose=verbose)


def read_number(name: str, value: Any) -> int | None:
    """Return a whole number of any integer type as an int; None stays None.

    Raises:
        ValueError: The value is no whole number; the message has the name of the option.
    """
    return None if value is None else canonical_int(name, value)


def document_options() -> str:
    """Return lines for the docstring of `compare`, one an option, from the help of the fields of the request."""
    entries = {name: REQUEST_FIELDS[name].entry for name in inspect.signature(compare).parameters if name in DOCUMENTED}
    return "".join(f"    {name}: {entry.in_python or entry.help}\n" for name, entry in entries.items())


DOCUMENTED = REQUEST_FIELDS.keys() - {"test"}  # `compare` documents its own `test`
compare.__doc__ = f"{inspect.cleandoc(compare.__doc__ or '')}\n{document_options()}"


def check_options(recipe: Mapping[str, Any], threshold: Any, test: Any, out: Any, baseline: Any) -> None:
    """Check the names of the entries of a recipe, and the types of threshold, test, output folder and baseline.

    Args:
        recipe: The further options of `compare`, by name.
        threshold: Must be text or None.
        test: Must be a pair (X, y) or None.
        out: Must be a path, as text or as a `Path`, or None.
        baseline: Must be text or None.

    Raises:
        TypeError: A recipe has no entry of that name, the threshold or the baseline is no text, the test is no pair, or
            the output folder is no path.
    """
    entries = list(FIELDS)
    for option in recipe:
        if option not in entries:
            parameters = inspect.signature(compare).parameters.values()
            named = [parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD]
            options = [*named, *entries]
            hint = f" (did you mean {ARRAYS[option]!r}?)" if option in ARRAYS else suggest(option, options)
            raise TypeError(f"compare() has no option {option!r}{hint}")
    if not isinstance(threshold, str | None):
        raise TypeError(f"threshold must be the text of a rule, such as 'f1' or 'cost:fn=10,fp=1', found {threshold!r}")
    if not isinstance(baseline, str | None):
        raise TypeError(f"baseline must be the name of a column of X, found {type(baseline).__name__}")
    if test is not None and not (isinstance(test, tuple | list) and len(test) == 2):
        raise TypeError(f"test must be a pair (X, y), found {type(test).__name__}")
    if out is not None and not isinstance(out, str | PathLike):
        raise TypeError(f"out must be the path of a folder or None, found {out!r}")


def drop_missing(**entries: Any) -> dict[str, Any]:
    """Return the entries that are not None, by name."""
    return {name: value for name, value in entries.items() if value is not None}


def answer_in_python(own: Own, request: ComparisonRequest, *, verbose: bool) -> Answer:
    """Compare the methods that a request names on these data, without progress bars, and return the answer.

    Without an output folder, a temporary one is used that is deleted with the answer, and no report is written.
    verbose: Whether to print messages.

    Raises:
        ValueError: The request cannot be met. A temporary folder is deleted then.
        OSError: The folder cannot be written.
    """
    folder = Path(mkdtemp(prefix="imbaloss-")) if request.out is None else request.out
    observer = ComparisonObserver(print, print, enter=lambda _, text: print(text)) if verbose else SILENT
    try:
        answer = answer_request(own, request, folder, observer, page=request.out is not None)
    except BaseException:
        if request.out is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    if request.out is None:
        weakref.finalize(answer, shutil.rmtree, folder, ignore_errors=True)
    return answer


def as_names(names: Names) -> tuple[str, ...] | None:
    """Return one name or several names as a tuple of text; None stays None."""
    if names is None:
        return None
    return (str(names),) if isinstance(names, str) or not isinstance(names, Iterable) else tuple(map(str, names))


def collect_methods(methods: Any) -> tuple[Any, ...] | None:
    """Return one method or several methods as a tuple; None stays None.

    A text and a classifier are one method each, also a classifier that can be iterated over.
    """
    if methods is None:
        return None
    is_one = isinstance(methods, str) or hasattr(methods, "get_params") or not isinstance(methods, Iterable)
    return (methods,) if is_one else tuple(methods)


class PrintedProgress:
    """Prints how many images or texts have features: at the beginning, and after each tenth of them."""

    def __init__(self) -> None:
        """Begin without a line."""
        self.tenth = -1

    def tell(self, done: int, total: int, noun: str) -> None:
        """Print how many of all items are done, if it is another tenth than before. noun: what an item is."""
        tenth = 10 * done // max(total, 1)
        if tenth != self.tenth:
            print(f"features of {done} of {format_count(total, noun)}")
        self.tenth = tenth


def open_arrays(
    name: str,
    pairs: Sequence[tuple[Any, Any]],
    request: ComparisonRequest,
    of_rows: Mapping[str, Any],
    on_progress: ProgressHandler = ignore_progress,
) -> Own:
    """Assemble a person's own data from frames, arrays or images.

    Args:
        name: The name of the data.
        pairs: X and y to learn from and, if there is a test part of its own, X and y of that part.
        request: The request.
        of_rows: Arrays (N,) by name: "group", "time" and "sample_weight"; None for one that is not given.
        on_progress: Told how many images or texts have features, if any are made.

    Raises:
        ValueError: X, y and these arrays do not fit together, they come with a test part, or nothing can be learned
            from the data.
        TypeError: X is a lazy frame.
    """
    labels = [pd.Series(np.asarray(y).ravel(), name=request.target) for _, y in pairs]
    extra = {key: np.asarray(value) for key, value in of_rows.items() if value is not None}
    options = {GROUP: "groups", TIME: "times"}
    for key, value in extra.items():
        if value.shape != labels[0].shape:
            option = options.get(key, key)
            raise ValueError(f"{option} must be {labels[0].shape}, one for each row of X, found shape {value.shape}")
    if WEIGHT in extra and len(pairs) > 1:
        raise ValueError("`sample_weight` and `test` cannot be combined: a fixed test part is judged by equal rows")
    if extra and len(pairs) > 1:
        raise ValueError("`groups` and `times` cannot be combined with `test`: the test set already fixes the split")
    maker = open_features(request, on_progress)
    if are_images(pairs[0][0]):
        refuse_options_of_rows(request)
        beside = table_from_frame(pd.DataFrame(extra))
        return open_images(name, [X for X, _ in pairs], labels, beside, request, maker=maker)
    tables = [table_from_frame(X) for X, _ in pairs]
    check_lengths(tables, labels)
    for reserved in (request.target, *extra):
        if reserved in tables[0].column_names:
            raise ValueError(f"X has a column {reserved!r}, the name of another argument: rename the column")
    images = None
    if maker is not None:
        column = find_image_column(tables[0], request)
        if column is None:
            refuse_features(request, "X holds neither images nor a column of names of image files, such as scans/1.png")
        else:
            images = embed_image_column([Path("X")] * len(tables), tables, column, maker)
    for place, target in enumerate(labels):
        added = table_from_frame(pd.DataFrame({request.target: target} | (extra if place == 0 else {})))
        for key in added.column_names:
            tables[place] = tables[place].append_column(key, added[key])
    notes, classes = images.embedded.notes if images else (), find_class_values(request.target, labels)
    return open_tables(name, tables, request, classes=classes, notes=notes, images=images, on_progress=on_progress)


def open_images(
    name: str,
    arrays: Sequence[Any],
    labels: Sequence["pd.Series[Any]"],
    extra: Any,
    request: ComparisonRequest,
    *,
    maker: FeatureMaker | None = None,
) -> Own:
    """Assemble a person's own data from arrays of images (N, H, W[, C]).

    Args:
        name: The name of the data.
        arrays: The images to learn from and, if there is a test part of its own, the images of that part.
        labels: (N,), of each array.
        extra: An Arrow table with the columns "group" and "time", or without columns if there are none.
        request: The request.
        maker: Makes the features that are learned from; None to learn from pixels.

    Raises:
        ValueError: Images and labels do not fit together, or the images cannot be understood.
    """
    named = [(words, np.asarray(X)) for words, X in zip(("X", "X of test"), arrays, strict=False)]
    check_lengths([array for _, array in named], labels)
    learned = fit_arrays(named, maker)
    target = name_label_classes(request.target, pd.concat(labels, ignore_index=True))
    marked = mark_missing(extra)
    content = Content(
        name=name,
        make_features=learned.make_features,
        kind=learned.kind,
        target=target,
        held_out=sum(map(len, labels[1:])),
        notes=learned.notes,
        pictures=learned.pictures,
        classes=find_class_values(request.target, labels),
        groups=join_columns([marked], request.group),
        times=join_columns([marked], request.time),
    )
    return assemble_own(content, request)


def find_class_values(target: str, labels: Sequence["pd.Series[Any]"]) -> dict[str, Any]:
    """Return the label of each class, as a JSON value, keyed by the name of the class: 1 for "1", True for "True".

    The first of several spellings counts. Missing labels are ignored; without any label the result is empty.

    Args:
        target: The name of the target, for messages.
        labels: (N,) labels of the rows to learn from, and of the test rows if there are any.

    Raises:
        ValueError: There are more than 100 different labels, or one is empty text.
    """
    values = pd.concat(labels, ignore_index=True).dropna().unique()
    if not len(values):
        return {}
    names = name_classes(target, table_from_frame(pd.DataFrame({"y": values}))["y"].combine_chunks(), whole=False)
    return {name: convert_label(value) for name, value in zip(reversed(names), reversed(values), strict=True)}


def check_lengths(features: Sequence[Any], labels: Sequence["pd.Series[Any]"]) -> None:
    """Check that each X has as many rows as its y.

    Args:
        features: Each X.
        labels: Each y, in the same order.

    Raises:
        ValueError: The numbers differ.
    """
    for X, y in zip(features, labels, strict=True):
        if len(X) != len(y):
            raise ValueError(f"X has {len(X)} rows and y has {len(y)}: both must have the same number")
