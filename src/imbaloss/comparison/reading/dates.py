"""Dates in text, as days since 1970. A whole column decides whether day or month stands first."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imbaloss.comparison.columns import DateForm
from imbaloss.comparison.reading.numbers import matches

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

DAY_US = 86_400_000_000
UNITS_OF_DAY = {"s": 86_400, "ms": 86_400_000, "us": DAY_US, "ns": 1000 * DAY_US}
FIRST_DAY, LAST_DAY = -719_162, 2_932_896  # since 1970: the first of year 1, the last of year 9999
ZONE = r"(Z|UTC|GMT|[+-]\d{2}(:?\d{2})?)"
TIME = rf"([T ]\s*\d{{1,2}}:\d{{2}}(:\d{{2}}([.,]\d+)?)?)?\s*{ZONE}?"
YEAR_FIRST = rf"^\d{{4}}[-/]\d{{1,2}}[-/]\d{{1,2}}{TIME}$"  # 2026-11-28, 2026/11/28 21:05
YEAR_LAST = rf"^\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{4}}{TIME}$"  # 28.11.2026, 11/28/2026
SHORT_YEAR = r"^\d{1,2}[-/.]\d{1,2}[-/.]\d{2}$"  # 28.11.26, which leaves day, month and year open
NUMBERS = r"^(?P<first>\d{1,2})(?P<mark>[-/.])(?P<second>\d{1,2})"


def find_date_form(values: "pa.Array") -> DateForm | None:
    """Find the form in which all texts are dates: year, day or month first. None if there is none.

    With the year last, a number above 12 decides which number is the day. Without one, points mean that the day stands
    first. Without both, or with both numbers above 12 in different dates, the result is None.

    values: The distinct texts of a column, without nulls.
    """
    if matches(values, YEAR_FIRST).all():
        return DateForm.YEAR_FIRST
    if not matches(values, YEAR_LAST).all():
        return None
    first, second, has_points = split_days(values)
    day_first = first > 12 or has_points
    if (max(first, second) <= 12 and not day_first) or min(first, second) > 12:
        return None
    return DateForm.DAY_FIRST if day_first and second <= 12 else DateForm.MONTH_FIRST


def split_days(values: "pa.Array") -> tuple[int, int, bool]:
    """Return the largest first and largest second number of dates such as 28.11.2026, and whether all have points.

    values: One or more texts, all with the year last.
    """
    from pyarrow import compute

    fields = compute.extract_regex(values, NUMBERS)
    first, second = (
        int(compute.max(compute.cast(compute.struct_field(fields, name), "int64")).as_py())
        for name in ("first", "second")
    )
    return first, second, bool(compute.all(compute.equal(compute.struct_field(fields, "mark"), ".")).as_py())


def is_unclear_date(values: "pa.Array") -> NDArray[np.bool_]:
    """Say which texts are dates with the year last or in two digits, such as 28.11.2026 and 28.11.26, (N,).

    Such a form does not say whether the day or the month stands first.
    """
    return matches(values, YEAR_LAST) | matches(values, SHORT_YEAR)


def is_clear_date(values: "pa.Array") -> NDArray[np.bool_]:
    """Say which texts are dates with the year first, such as 2026-11-28 or 2026/11/28 21:05, (N,)."""
    return matches(values, YEAR_FIRST)


def parse_dates(values: "pa.Array", form: DateForm, *, local: bool = False) -> NDArray[np.float64]:
    """Parse texts as days since 1970 in UTC, (N,); nulls and texts that are no date in the given form become NaN.

    A time without a zone is in UTC. Years go from 0 to 9999, fractions of a second to the microsecond.

    Args:
        values: The texts.
        form: Year, day or month first. Dates with the year first are understood in every form.
        local: Whether to ignore the zone, so that the hour is the one that is written.
    """
    import pandas as pd  # here, since names of columns are checked without it
    from pyarrow import compute

    pattern_of_form = YEAR_FIRST if form == DateForm.YEAR_FIRST else f"{YEAR_FIRST}|{YEAR_LAST}"
    dictionary = values.dictionary_encode()
    texts = dictionary.dictionary
    order = {DateForm.YEAR_FIRST: r"\3-\2-\1", DateForm.DAY_FIRST: r"\3-\2-\1", DateForm.MONTH_FIRST: r"\3-\1-\2"}[form]
    written = compute.replace_substring_regex(texts, r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", order)
    written = compute.replace_substring_regex(written, r"^(\d{4})/(\d{1,2})/", r"\1-\2-")
    if local:
        written = compute.replace_substring_regex(written, rf"^(.{{8,}}:\d{{2}}(?:[.,]\d+)?)\s*{ZONE}$", r"\1")
    for pattern, replacement in (
        (r"^(\d{4})-(\d)-", r"\1-0\2-"),  # every number with all its digits
        (r"^(\d{4}-\d{2})-(\d)([T ]|$)", r"\1-0\2\3"),
        (r"^(.{10})[T ]\s*(\d):", r"\1T0\2:"),
        (r"^(.{10}) +(\d\d:)", r"\1T\2"),
        (r",(\d+)", r".\1"),
        (r"(\.\d{6})\d+", r"\1"),
        (r"\s*(Z|UTC|GMT)$", "Z"),
        (r"(:\d{2}(?:\.\d+)?)\s+([+-])", r"\1\2"),
    ):
        written = compute.replace_substring_regex(written, pattern, replacement)
    dates = pd.Series(
        np.where(matches(texts, pattern_of_form), written.to_numpy(zero_copy_only=False), None), dtype=object
    )
    days = convert_to_days(pd.to_datetime(dates, format="ISO8601", utc=True, errors="coerce"))
    indices = compute.fill_null(dictionary.indices, -1).to_numpy(zero_copy_only=False)
    days_of_rows: NDArray[np.float64] = np.append(days, np.nan)[indices]
    return days_of_rows


def check_moments(table: "pa.Table") -> "pa.Table":
    """Check that all dates and times of a table can be written as text, and return the table unchanged.

    Raises:
        ValueError: A date lies outside of the years 1 to 9999, or a time has an unknown zone.
    """
    import pyarrow as pa
    from pyarrow import compute

    for name, column in zip(table.column_names, table.columns, strict=True):
        if not (pa.types.is_date(column.type) or pa.types.is_timestamp(column.type)):
            continue
        is_days, zone = pa.types.is_date32(column.type), getattr(column.type, "tz", None)
        limits = compute.min_max(compute.cast(column, pa.int32() if is_days else pa.int64()))
        a_day = 1 if is_days else UNITS_OF_DAY[getattr(column.type, "unit", "ms")]
        spare = int(zone is not None)  # a day, the most that a zone differs from UTC
        for limit in limits.values():
            if limit.is_valid and not FIRST_DAY + spare <= limit.as_py() // a_day <= LAST_DAY - spare:
                raise ValueError(
                    f"column {name} has dates outside of the years 1 to 9999: correct them, or remove the column"
                )
        try:
            pa.scalar(0, column.type).as_py()
        except ValueError as error:
            raise ValueError(f"column {name} has times of the unknown zone {zone!r}: write them in UTC") from error
    return table


def convert_to_days(moments: "pd.Series[Any]") -> NDArray[np.float64]:
    """Convert moments of pandas (N,), with or without a zone, to days since 1970 in UTC; missing ones become NaN."""
    if moments.dt.tz is not None:
        moments = moments.dt.tz_convert("UTC").dt.tz_localize(None)
    missing = moments.isna().to_numpy()
    microseconds = moments.astype("datetime64[us]").astype("int64").to_numpy()
    return np.where(missing, np.nan, microseconds / DAY_US)
