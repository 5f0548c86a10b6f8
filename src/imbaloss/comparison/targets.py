"""Columns that are not learned from: the target, the groups and the times of rows."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.choices import suggest
from imbaloss.comparison.column_values import (
    are_versions,
    moments_to_days,
    name_some,
    text_of,
    texts_of_values,
    typed_numbers,
)
from imbaloss.comparison.reading import dates, numbers
from imbaloss.comparison.reading.names import normalize_text
from imbaloss.comparison.reading.text import NA_TEXTS, is_text

if TYPE_CHECKING:
    import pyarrow as pa

MOST_CLASSES = 100  # of a target; one with more is no class
OTHERS = "all others"
SAY_WHICH = "say which one is to be found, with --positive"


def name_classes(name: str, values: "pa.Array", *, whole: bool = True) -> "pd.Series[str]":
    """Return the class of each row as text: 0, 0.0 and "0" are one class, and so are true and True.

    whole: whether these are all rows, so that two classes must be there.

    Raises:
        ValueError: A value is missing, or the column is no class of two or a few values.
    """
    check_known(name, values, "target", "; a row without it teaches nothing: leave it out of the file")
    texts = texts_of_values(values)
    distinct = pd.unique(texts)
    if are_numbers(distinct):
        canonical = {text: canonical_number(text) for text in distinct}
        texts = np.array([canonical[text] for text in texts], dtype=object)
        distinct = pd.unique(texts)
    if len(distinct) == 1 and whole:
        raise ValueError(f"the target {name!r} has one class, {distinct[0]!r}: there is nothing to tell apart")
    if len(distinct) > MOST_CLASSES:
        raise ValueError(
            f"the target {name!r} has {len(distinct)} different values: it must be a class, of two or a few"
        )
    return pd.Series(texts, name=name, dtype=object)


def are_numbers(texts: Iterable[str]) -> bool:
    """Return whether all texts are plain numbers; codes such as 01 are not."""
    import pyarrow as pa

    return bool(numbers.matches(pa.array(list(texts), pa.large_string()), numbers.NUMBER).all())


def canonical_number(text: str) -> str:
    """Return one text for one number: 1, 1.0 and 1e0 are 1."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite() or abs(number.adjusted()) > 30:
        return text
    return format(number.normalize() + 0, "f")


def check_known(name: str, values: "pa.Array", role: str, advice: str = "") -> None:
    """Check that no value is missing.

    Raises:
        ValueError: One is.
    """
    missing = values.is_null().to_numpy(zero_copy_only=False)
    if missing.any():
        more = f" and {missing.sum() - 1} more" if missing.sum() > 1 else ""
        raise ValueError(f"the {role} {name!r} is missing in row {int(missing.argmax()) + 1}{more}{advice}")


def classes_of(target: "pd.Series[str]", positive: str | None) -> tuple[str, str]:
    """Return the names of the positive class and of the other one. positive: None for the rarer of two.

    Raises:
        ValueError: It is not clear which class is meant.
    """
    counts = target.value_counts().sort_index().sort_values(kind="stable")
    names, what = list(counts.index), f"the target {target.name!r}"
    if positive is not None:
        positive = text_of(normalize_text(positive))
        if positive not in names and are_numbers(names):
            positive = canonical_number(positive)
        if positive not in names:
            raise ValueError(f"{what} has no class {positive!r}{suggest(positive, names)}; it has {name_some(names)}")
        others = [name for name in names if name != positive]
        return positive, others[0] if len(others) == 1 else OTHERS
    if len(names) > 2:
        told = name_some([f"{name} ({count})" for name, count in counts.items()])
        missing = [name for name in names if name in NA_TEXTS]
        advice = f", or if {missing[0]} means that it is not known, leave those rows out" if missing else ""
        raise ValueError(f"{what} has {len(names)} classes, {told}: {SAY_WHICH}{advice}")
    if counts.iloc[0] == counts.iloc[1]:
        raise ValueError(
            f"{what} has two classes, {names[0]} and {names[1]}, of {counts.iloc[0]} rows each: {SAY_WHICH}"
        )
    return names[0], names[1]


def number_groups(name: str, values: "pa.Array", labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of each row's group, (N,). Groups are names: 1.1 and 1.10 are two, and so are 12 and 012.

    Raises:
        ValueError: A group is missing, or the groups tell the classes.
    """
    check_known(name, values, "group", f"; if NA or the like is a group here, say --keep-na {name}")
    shorten = not are_versions(values.unique().to_pylist())
    found: NDArray[np.int64] = pd.factorize(texts_of_values(values, shorten=shorten))[0].astype(np.int64)
    if found.max() == 1 and len(np.unique(2 * found + labels)) == 2:
        raise ValueError(f"the group {name!r} tells the same as the target: no class could be divided")
    return found


def order_times(name: str, values: "pa.Array") -> NDArray[np.float64]:
    """Return numbers that rise with time, (N,).

    Raises:
        ValueError: A time is missing, or the column has neither numbers nor dates, or it is not clear which.
    """
    import pyarrow as pa

    check_known(name, values, "time", "; a row without it is neither early nor late: leave it out of the file")
    kind = values.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        found = moments_to_days(values)
    elif is_text(kind):
        found = order_written_times(name, values)
    elif pa.types.is_boolean(kind) or pa.types.is_dictionary(kind):
        raise ValueError(f"the time {name!r} must be numbers or dates, and holds names")
    else:
        found = typed_numbers(name, values)
    if len(found) and found.min() == found.max():
        raise ValueError(f"the time {name!r} is the same in each row: it divides nothing")
    return found


def order_written_times(name: str, values: "pa.Array") -> NDArray[np.float64]:
    """Return numbers or dates that stand as text as numbers that rise with time, (N,)."""
    distinct = values.unique()
    form = numbers.find_number_form(distinct)
    if form.fits.all():
        numbers.check_unambiguous(f"the time {name!r}", form)
        return numbers.parse_numbers(values, form.form)
    date_form = dates.find_date_form(distinct)
    found = dates.parse_dates(values, date_form) if date_form else np.full(len(values), np.nan)
    if np.isnan(found).any():
        place = int(np.isnan(found).argmax())
        what = "is no date" if date_form else "is text, or a date that tells not day from month"
        raise ValueError(
            f"the time {name!r} must be numbers or dates, and {values[place].as_py()!r} in row {place + 1} {what}: "
            "write dates as 2026-11-26"
        )
    return found
