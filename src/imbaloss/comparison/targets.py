"""Columns that are not learned from: the target, the groups and the times of rows."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.data.own.columns import Column, judged, some, texts, values
from imbaloss.nearest import nearest

MOST_CLASSES = 100  # of a target; one with more is no class
OTHERS = "all others"
SAY = "say which one is to be found, with --positive"


def target_of(column: "pd.Series[Any]") -> "pd.Series[str]":
    """As text. Raises ValueError for a missing value, and for a column that is no class."""
    check_known(column, "target", "; a row without it teaches nothing: leave it out of the file")
    found = texts(column)
    classes, name = found.nunique(), repr(column.name)
    if classes == 1:
        raise ValueError(f"the target {name} has one class, {found.iloc[0]!r}: there is nothing to tell apart")
    if classes > MOST_CLASSES:
        raise ValueError(f"the target {name} has {classes} different values: it must be a class, of two or a few")
    return found


def check_known(column: "pd.Series[Any]", what: str, advice: str = "") -> None:
    """Raises ValueError for the first value that is missing."""
    missing = column.isna().to_numpy()
    if missing.any():
        more = f" and {missing.sum() - 1} more" if missing.sum() > 1 else ""
        raise ValueError(f"the {what} {column.name!r} is missing in row {int(missing.argmax()) + 1}{more}{advice}")


def classes_of(target: "pd.Series[str]", positive: str | None) -> tuple[str, str]:
    """The names of the positive class and of the other one. Raises ValueError where it is not clear which is meant."""
    counts = target.value_counts().sort_index().sort_values(kind="stable")
    names, what = list(counts.index), f"the target {target.name!r}"
    if positive is not None:
        if positive not in names:
            raise ValueError(f"{what} has no class {positive!r}{nearest(positive, names)}; it has {some(names)}")
        others = [name for name in names if name != positive]
        return positive, others[0] if len(others) == 1 else OTHERS
    if len(names) > 2:
        told = some([f"{name} ({count})" for name, count in counts.items()])
        raise ValueError(f"{what} has {len(names)} classes, {told}: {SAY}")
    if counts.iloc[0] == counts.iloc[1]:
        raise ValueError(f"{what} has two classes, {names[0]} and {names[1]}, of {counts.iloc[0]} rows each: {SAY}")
    return names[0], names[1]


def groups_of(column: "pd.Series[Any]", labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of each row's group. Raises ValueError for a missing one, and for groups that tell the classes."""
    check_known(column, "group")
    found: NDArray[np.int64] = pd.factorize(texts(column))[0].astype(np.int64)
    if found.max() == 1 and len(np.unique(2 * found + labels)) == 2:
        raise ValueError(f"the group {column.name!r} tells the same as the target: no class could be divided")
    return found


def times_of(column: "pd.Series[Any]") -> NDArray[np.float64]:
    """Numbers that rise with time. Raises ValueError for a column that is neither numbers nor dates."""
    check_known(column, "time")
    kind, reason = judged(column, named=False)
    of = Column(str(column.name), kind)
    if reason or not of.is_number:
        raise ValueError(f"the time {column.name!r} must be numbers or dates, and {reason or 'is text'}")
    found: NDArray[np.float64] = values(column, of, 1).to_numpy()
    return found
