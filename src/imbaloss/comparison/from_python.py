"""`imbaloss.compare`: the same answer for frames and arrays."""

import inspect
import shutil
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pandas as pd

from imbaloss.comparison.answer import Answer
from imbaloss.comparison.assemble import Asked, Content, kind_of, own_of
from imbaloss.comparison.comparing import answer
from imbaloss.comparison.opening import of_frames
from imbaloss.comparison.own_model import as_frame, plain
from imbaloss.comparison.reading.images import from_array
from imbaloss.comparison.targets import target_of
from imbaloss.comparison.wishes import Wishes
from imbaloss.data.own import Own
from imbaloss.data.own.columns import text_of
from imbaloss.nearest import nearest
from imbaloss.training import Recipe
from imbaloss.training.recipe import whole

TARGET, GROUP, TIME = "y", "group", "time"
Names = Sequence[Any] | Any  # several, or one


def compare(
    X: Any,
    y: Any,
    *,
    losses: Names = None,
    samplers: Names = None,
    references: bool = True,
    positive: Any = None,
    test: tuple[Any, Any] | None = None,
    groups: Any = None,
    times: Any = None,
    threshold: str = "f1",
    folds: int = 5,
    repetitions: int | None = None,
    budget: str | None = None,
    margin: float = 0.01,
    category: Names = (),
    drop: Names = (),
    out: str | Path | None = None,
    name: str = "data",
    device: str = "cpu",
    verbose: bool = False,
    **recipe: Any,
) -> Answer:
    """Which method finds the rare class best on these data, by how much, and how sure that is.

    X: a frame with numbers, categories and missing values, an array (N, D), or images (N, H, W[, C]); y (N,), of two
    classes, or several of which `positive` names one. test: X and y to judge by; groups (N,): equal ones stay
    together; times (N,): the latest are judged by. threshold: the rule by which thresholds are tuned, as "f1" or
    "cost:fn=10,fp=1", which also decides what is recommended. losses, samplers: instead of the default methods;
    references: whether to train those of scikit-learn beside. repetitions, or a budget as "10m". recipe: entries of
    `imbaloss.training.Recipe` that overrule. out: the folder of all files, else one without a page, that goes with the
    answer. Raises ValueError for data that teach nothing, TypeError for options that there are not.
    """
    entries = [one.name for one in fields(Recipe)]
    for option in recipe:
        if option not in entries:
            known = [*inspect.signature(compare).parameters, *entries]
            raise TypeError(f"compare() has no option {option!r}{nearest(option, known)}")
    if not isinstance(threshold, str):
        rule = "a rule by which thresholds are chosen, as 'f1' or 'cost:fn=10,fp=1'"
        raise TypeError(f"threshold must be {rule}, found {threshold!r}")
    if test is not None and not (isinstance(test, tuple | list) and len(test) == 2):
        raise TypeError("test must be a pair, X and y to judge by")
    folds, repetitions = whole("folds", folds), None if repetitions is None else whole("repetitions", repetitions)
    wishes = Wishes(
        several(losses), several(samplers), references, repetitions, budget, margin,
        {**recipe, "threshold": threshold}, device,
    )  # fmt: skip
    target = y.name if isinstance(y, pd.Series) and isinstance(y.name, str) else TARGET
    asked = Asked(
        target, None if positive is None else text_of(positive), folds, None if groups is None else GROUP,
        None if times is None else TIME, several(drop) or (), several(category) or (),
    )  # fmt: skip
    own = of_arrays(str(name), [(X, y), *([test] if test is not None else [])], groups, times, asked)
    folder = Path(mkdtemp(prefix="imbaloss-") if out is None else out)
    tell = print if verbose else lambda _: None
    try:
        found = answer(own, target, wishes, folder, tell=tell, page=out is not None)
    except BaseException:
        if out is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    if out is None:
        weakref.finalize(found, shutil.rmtree, folder, ignore_errors=True)
    return found


def several(names: Names) -> tuple[str, ...] | None:
    """One name is a list of one."""
    if names is None:
        return None
    return (str(names),) if isinstance(names, str) or not isinstance(names, Iterable) else tuple(map(str, names))


def of_arrays(name: str, pairs: Sequence[tuple[Any, Any]], groups: Any, times: Any, asked: Asked) -> Own:
    """pairs: X and y to learn from, and maybe to judge by."""
    labels = [pd.Series(np.asarray(y).ravel(), name=asked.target) for _, y in pairs]
    classes = {text_of(value): plain(value) for of_pair in labels for value in of_pair.unique()}
    beside = {key: np.asarray(value) for key, value in ((GROUP, groups), (TIME, times)) if value is not None}
    for key, value in beside.items():
        if value.shape != labels[0].shape:
            raise ValueError(f"{key}s must be {labels[0].shape}, one for each row of X, found shape {value.shape}")
    if beside and len(pairs) > 1:
        raise ValueError("groups and times divide X; with a test of its own there is nothing to divide")
    if not isinstance(pairs[0][0], pd.DataFrame) and np.ndim(pairs[0][0]) > 2:
        arrays = [from_array("X", np.asarray(X)) for X, _ in pairs]
        check_lengths(arrays, labels)
        images, target = np.concatenate(arrays), target_of(pd.concat(labels, ignore_index=True))
        frame = pd.DataFrame(beside) if beside else None
        content = Content(name, images, kind_of(images), target, sum(map(len, labels[1:])), (), classes, frame)
        return own_of(content, asked)
    frames = [as_frame(X).reset_index(drop=True) for X, _ in pairs]
    check_lengths(frames, labels)
    for taken in (asked.target, *beside):
        if taken in frames[0].columns:
            raise ValueError(f"X has a column {taken!r}, which is given beside it: call the column something else")
    whole = [frame.assign(**{asked.target: y.to_numpy(), **beside}) for frame, y in zip(frames, labels, strict=True)]
    return of_frames(name, whole, asked, classes)


def check_lengths(found: Sequence[Any], labels: Sequence["pd.Series[Any]"]) -> None:
    for X, y in zip(found, labels, strict=True):
        if len(X) != len(y):
            raise ValueError(f"X has {len(X)} rows and y {len(y)}: they must be as many")
