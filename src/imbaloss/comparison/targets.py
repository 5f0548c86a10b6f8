"""The columns that are no features: the target, the groups and the times of rows."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbaloss.choices import suggest
from imbaloss.comparison.column_values import (
    are_versions,
    convert_to_floats,
    convert_to_names,
    list_names,
    moments_to_days,
    write_name,
)
from imbaloss.comparison.reading import dates, numbers
from imbaloss.comparison.reading.names import normalize_text
from imbaloss.comparison.reading.text import NA_TEXTS, is_text

if TYPE_CHECKING:
    import pyarrow as pa

MOST_CLASSES = 100  # number of different values up to which a target is a class
OTHERS = "all others"  # the name of the negative class if there are several
SAY_WHICH = "name the class to find with --positive"


def name_classes(name: str, values: "pa.Array", *, whole: bool = True) -> "pd.Series[str]":
    """Return the class of each row as text, (N,): 0, 0.0 and "0" are one class, and so are true and True.

    Args:
        name: The name of the target.
        values: (N,), its values.
        whole: Whether these are all rows, which must have at least two classes.

    Raises:
        ValueError: A value is missing; there is one class and `whole` is true; or there are more than 100 different
            values.
    """
    check_complete(name, values, "target", ": leave rows without a class out of the file")
    texts = convert_to_names(values)
    distinct = pd.unique(texts)
    if are_numbers(distinct):
        canonical = {text: write_canonical_number(text) for text in distinct}
        texts = np.array([canonical[text] for text in texts], dtype=object)
        distinct = pd.unique(texts)
    if len(distinct) == 1 and whole:
        raise ValueError(f"the target {name!r} has one class alone, {distinct[0]!r}: two are needed")
    if len(distinct) > MOST_CLASSES:
        raise ValueError(
            f"the target {name!r} has {len(distinct):,} different values: it must be a class, of {MOST_CLASSES} at most"
        )
    return pd.Series(texts, name=name, dtype=object)


def are_numbers(texts: Iterable[str]) -> bool:
    """Say whether all texts are numbers with a decimal point or none; codes such as 01 are not. True for no texts."""
    import pyarrow as pa

    return bool(numbers.matches(pa.array(list(texts), pa.large_string()), numbers.NUMBER).all())


def write_canonical_number(text: str) -> str:
    """Write a number in one way: 1, 1.0 and 1e0 become 1. Other texts, and numbers beyond 1e30, stay as they are."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite() or abs(number.adjusted()) > 30:
        return text
    return format(number.normalize() + 0, "f")


def check_complete(name: str, values: "pa.Array", role: str, advice: str = "") -> None:
    """Check that no value of a column is missing (null).

    Args:
        name: The name of the column.
        values: (N,), its values.
        role: What the column is, such as "target", for the message.
        advice: Ends the message.

    Raises:
        ValueError: A value is missing; the message names the first row and counts the others.
    """
    missing = values.is_null().to_numpy(zero_copy_only=False)
    if missing.any():
        more = f" and {missing.sum() - 1} more" if missing.sum() > 1 else ""
        raise ValueError(f"the {role} {name!r} is missing in row {int(missing.argmax()) + 1}{more}{advice}")


def find_classes(target: "pd.Series[str]", positive: str | None) -> tuple[str, str]:
    """Return the names of the positive and of the negative class, "all others" if several classes are negative.

    Args:
        target: (N,), the class of each row.
        positive: The requested positive class; all others form the negative class. None for the rarer of two classes.

    Raises:
        ValueError: The target has no class of that name; or `positive` is None and there are more than two classes, or
            two of the same size.
    """
    counts = target.value_counts().sort_index().sort_values(kind="stable")
    names, subject = list(counts.index), f"the target {target.name!r}"
    if positive is not None:
        positive = write_name(normalize_text(positive))
        if positive not in names and are_numbers(names):
            positive = write_canonical_number(positive)
        if positive not in names:
            raise ValueError(
                f"{subject} has no class {positive!r}{suggest(positive, names)}; it has {list_names(names)}"
            )
        negatives = [name for name in names if name != positive]
        return positive, negatives[0] if len(negatives) == 1 else OTHERS
    if len(names) > 2:
        listed = list_names([f"{name} ({count})" for name, count in counts.items()])
        missing = [name for name in names if name in NA_TEXTS]
        advice = f", or if {missing[0]} means an unknown class, leave those rows out" if missing else ""
        raise ValueError(f"{subject} has {len(names)} classes, {listed}: {SAY_WHICH}{advice}")
    if counts.iloc[0] == counts.iloc[1]:
        raise ValueError(
            f"{subject} has two classes, {names[0]} and {names[1]}, of {counts.iloc[0]} rows each: {SAY_WHICH}"
        )
    return names[0], names[1]


def number_groups(name: str, values: "pa.Array", labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the groups from 0, in order of their first row, and return the number of each row's group, (N,).

    Groups are names: 1.1 and 1.10 are two groups, and so are 12 and 012.

    Args:
        name: The name of the column.
        values: (N,), its values.
        labels: (N,), 0 or 1.

    Raises:
        ValueError: A group is missing, or the groups are the classes.
    """
    check_complete(name, values, "group", f"; if NA or the like is a group here, use --keep-na {name}")
    shorten = not are_versions(values.unique().to_pylist())
    groups: NDArray[np.int64] = pd.factorize(convert_to_names(values, shorten=shorten))[0].astype(np.int64)
    if groups.max() == 1 and len(np.unique(2 * groups + labels)) == 2:
        raise ValueError(
            f"the group {name!r} is the same as the target, so that each part would have one class: name another column"
        )
    return groups


def order_times(name: str, values: "pa.Array") -> NDArray[np.float64]:
    """Convert times to numbers that rise with time, (N,): numbers stay as they are, dates become days since 1970.

    Args:
        name: The name of the column, for messages.
        values: (N,), numbers, dates, or text with either.

    Raises:
        ValueError: A time is missing, all times are equal, or the column holds neither numbers nor clear dates.
    """
    import pyarrow as pa

    check_complete(name, values, "time", ": leave rows without a time out of the file")
    kind = values.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        times = moments_to_days(values)
    elif is_text(kind):
        times = order_written_times(name, values)
    elif pa.types.is_boolean(kind) or pa.types.is_dictionary(kind):
        raise ValueError(f"the time {name!r} must be numbers or dates, and holds names")
    else:
        times = convert_to_floats(name, values)
    if len(times) and times.min() == times.max():
        raise ValueError(f"the time {name!r} is the same in each row and cannot divide the rows: name another column")
    return times


def order_written_times(name: str, values: "pa.Array") -> NDArray[np.float64]:
    """Convert text to numbers that rise with time, (N,): numbers to their value, dates to days since 1970.

    Args:
        name: The name of the column, for messages.
        values: (N,), texts without nulls.

    Raises:
        ValueError: A value is no number or date, or the values leave decimal marks or day and month open.
    """
    distinct = values.unique()
    form = numbers.find_number_form(distinct)
    if form.fits.all():
        numbers.check_unambiguous(f"the time {name!r}", form)
        return numbers.parse_numbers(values, form.form)
    date_form = dates.find_date_form(distinct)
    times = dates.parse_dates(values, date_form) if date_form else np.full(len(values), np.nan)
    if np.isnan(times).any():
        place = int(np.isnan(times).argmax())
        problem = "is no date" if date_form else "is text, or a date whose day and month cannot be told apart"
        raise ValueError(
            f"the time {name!r} must be numbers or dates, and {values[place].as_py()!r} in row {place + 1} {problem}: "
            "write dates as 2026-11-26"
        )
    return times
