"""`imbaloss.compare`: the same answer for frames and arrays."""

import inspect
import shutil
import weakref
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pandas as pd

from imbaloss.choices import suggest
from imbaloss.comparison.answer import Answer
from imbaloss.comparison.assemble import Content, join_columns, own_of
from imbaloss.comparison.column_values import text_of
from imbaloss.comparison.comparing import SILENT, ComparisonObserver, answer
from imbaloss.comparison.missing_values import mark_missing
from imbaloss.comparison.opening import of_tables
from imbaloss.comparison.opening_images import classes_of_labels
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.own_model import plain
from imbaloss.comparison.reading.frames import table_from_frame
from imbaloss.comparison.reading.image_arrays import fit_image_arrays
from imbaloss.comparison.request import REQUEST_FIELDS, ComparisonRequest
from imbaloss.comparison.targets import name_classes
from imbaloss.recipe_fields import DEFAULT_MARGIN, FIELDS
from imbaloss.training.recipe import canonical_int

TARGET, GROUP, TIME = "y", "group", "time"
Names = Sequence[Any] | Any  # several, or one


def compare(
    X: Any, y: Any, *, losses: Names = None, samplers: Names = None, references: bool = True, positive: Any = None,
    test: tuple[Any, Any] | None = None, groups: Any = None, times: Any = None, threshold: str = "f1", folds: int = 5,
    repetitions: int | None = None, budget: str | None = None, margin: float = DEFAULT_MARGIN, category: Names = (),
    drop: Names = (), mark: Names = (), na_values: Names = (), keep_na: Names = (), decimal: str | None = None,
    out: str | Path | None = None, overwrite: bool = False, name: str = "data", device: str = "cpu",
    verbose: bool = False, **recipe: Any,
) -> Answer:  # fmt: skip
    """Find out which method finds the rare class best in these data, by how much, and how sure that is.

    Raises:
        ValueError: Nothing can be learned from the data, or an option has a wrong value.
        TypeError: There is no such option.
        OSError: The folder cannot be written.

    Args:
        X: A frame (pandas, polars, pyarrow and others) with numbers, categories, dates and missing values; an array
            (N, D); or images (N, H, W[, C]).
        y: (N,), of two classes, or of several of which `positive` names one.
        test: X and y to judge by, instead of cross-validation.
        groups: (N,). Rows of one group stay together.
        times: (N,). The latest rows are judged by.
        threshold: The rule by which thresholds are chosen, as "f1" or "cost:fn=10,fp=1". It also decides what is
            recommended.
        name: What the data are called in the report.
        verbose: Whether to print what is found in the data and done.
        **recipe: Entries of a recipe, as docs/studies.md lists them.
    """
    check_options(recipe, threshold, test)
    request = ComparisonRequest(
        target=y.name if isinstance(y, pd.Series) and isinstance(y.name, str) else TARGET,
        positive=None if positive is None else text_of(positive),
        group=None if groups is None else GROUP, time=None if times is None else TIME,
        drop=several(drop) or (), category=several(category) or (), mark=several(mark) or (),
        na_values=several(na_values) or (), keep_na=several(keep_na) or (), decimal=decimal,
        losses=several(losses), samplers=several(samplers), references=references, folds=canonical_int("folds", folds),
        repetitions=None if repetitions is None else canonical_int("repetitions", repetitions), budget=budget,
        margin=margin, recipe={**recipe, "threshold": threshold}, device=device,
        out=None if out is None else Path(out), overwrite=overwrite,
    )  # fmt: skip
    own = open_arrays(str(name), [(X, y), *([test] if test is not None else [])], groups, times, request)
    return answer_in_python(own, request, verbose=verbose)


def document_options() -> str:
    """Return what the table of the request says of each option of `compare`, as lines of its docstring."""
    entries = {name: REQUEST_FIELDS[name].entry for name in inspect.signature(compare).parameters if name in DOCUMENTED}
    return "".join(f"    {name}: {entry.in_python or entry.help}\n" for name, entry in entries.items())


DOCUMENTED = REQUEST_FIELDS.keys() - {"test"}  # of files; what it is in Python is said by `compare` itself
compare.__doc__ = f"{inspect.cleandoc(compare.__doc__ or '')}\n{document_options()}"


def check_options(recipe: Mapping[str, Any], threshold: Any, test: Any) -> None:
    """Check the options whose types tell that something else is meant.

    Raises:
        TypeError: A recipe has no such entry, the threshold is no rule, or the test is no pair.
    """
    entries = list(FIELDS)
    for option in recipe:
        if option not in entries:
            known = [*inspect.signature(compare).parameters, *entries]
            raise TypeError(f"compare() has no option {option!r}{suggest(option, known)}")
    if not isinstance(threshold, str):
        rule = "a rule by which thresholds are chosen, as 'f1' or 'cost:fn=10,fp=1'"
        raise TypeError(f"threshold must be {rule}, found {threshold!r}")
    if test is not None and not (isinstance(test, tuple | list) and len(test) == 2):
        raise TypeError("test must be a pair, X and y to judge by")


def answer_in_python(own: Own, request: ComparisonRequest, *, verbose: bool) -> Answer:
    """Answer a request. Without a folder to write, a temporary one is deleted with the answer, and there is no page."""
    folder = Path(mkdtemp(prefix="imbaloss-")) if request.out is None else request.out
    observer = ComparisonObserver(print, print) if verbose else SILENT
    try:
        found = answer(own, request, folder, observer, page=request.out is not None)
    except BaseException:
        if request.out is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    if request.out is None:
        weakref.finalize(found, shutil.rmtree, folder, ignore_errors=True)
    return found


def several(names: Names) -> tuple[str, ...] | None:
    """Return names as a tuple; one name is a tuple of one, None stays None."""
    if names is None:
        return None
    return (str(names),) if isinstance(names, str) or not isinstance(names, Iterable) else tuple(map(str, names))


def open_arrays(
    name: str, pairs: Sequence[tuple[Any, Any]], groups: Any, times: Any, request: ComparisonRequest
) -> Own:
    """Return own data of frames, arrays or images. pairs: X and y to learn from, and perhaps to judge by.

    Raises:
        ValueError: X, y, groups and times do not fit together, or nothing can be learned from them.
    """
    labels = [pd.Series(np.asarray(y).ravel(), name=request.target) for _, y in pairs]
    beside = {key: np.asarray(value) for key, value in ((GROUP, groups), (TIME, times)) if value is not None}
    for key, value in beside.items():
        if value.shape != labels[0].shape:
            raise ValueError(f"{key}s must be {labels[0].shape}, one for each row of X, found shape {value.shape}")
    if beside and len(pairs) > 1:
        raise ValueError("`groups` and `times` cannot be combined with `test`: the test set already fixes the split")
    if are_images(pairs[0][0]):
        return open_images(name, [X for X, _ in pairs], labels, table_from_frame(pd.DataFrame(beside)), request)
    tables = [table_from_frame(X) for X, _ in pairs]
    check_lengths(tables, labels)
    for taken in (request.target, *beside):
        if taken in tables[0].column_names:
            raise ValueError(f"X has a column {taken!r}, which is given beside it: call the column something else")
    for place, of_pair in enumerate(labels):
        given = table_from_frame(pd.DataFrame({request.target: of_pair} | (beside if place == 0 else {})))
        for key in given.column_names:
            tables[place] = tables[place].append_column(key, given[key])
    return of_tables(name, tables, request, classes=values_of_classes(request.target, labels))


def are_images(X: Any) -> bool:
    """Return whether X has more axes than a frame."""
    return not hasattr(X, "columns") and np.ndim(X) > 2


def open_images(
    name: str, arrays: Sequence[Any], labels: Sequence["pd.Series[Any]"], beside: Any, request: ComparisonRequest
) -> Own:
    """Return own data of images (N, H, W[, C]). beside: a table with the columns of groups and times, where given."""
    named = [(words, np.asarray(X)) for words, X in zip(("X", "X of test"), arrays, strict=False)]
    check_lengths([array for _, array in named], labels)
    pixels, preparation, notes = fit_image_arrays(named)
    target, known = classes_of_labels(request.target, pd.concat(labels, ignore_index=True)), mark_missing(beside)
    content = Content(
        name=name,
        features=pixels,
        kind=preparation,
        target=target,
        held_out=sum(map(len, labels[1:])),
        notes=notes,
        classes=values_of_classes(request.target, labels),
        groups=join_columns([known], request.group),
        times=join_columns([known], request.time),
    )
    return own_of(content, request)


def values_of_classes(target: str, labels: Sequence["pd.Series[Any]"]) -> dict[str, Any]:
    """Return what stands for each class in the labels, by its name."""
    values = pd.concat(labels, ignore_index=True).dropna().unique()
    if not len(values):
        return {}
    names = name_classes(target, table_from_frame(pd.DataFrame({"y": values}))["y"].combine_chunks(), whole=False)
    return {name: plain(value) for name, value in zip(reversed(names), reversed(values), strict=True)}


def check_lengths(found: Sequence[Any], labels: Sequence["pd.Series[Any]"]) -> None:
    """Check that X and y have as many rows, to learn from and to judge by.

    Raises:
        ValueError: They have not.
    """
    for X, y in zip(found, labels, strict=True):
        if len(X) != len(y):
            raise ValueError(f"X has {len(X)} rows and y {len(y)}: they must be as many")
