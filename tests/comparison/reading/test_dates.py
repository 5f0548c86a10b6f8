"""Dates as text, as days since 1970."""

import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbaloss.comparison.columns import DateForm
from imbaloss.comparison.reading.dates import find_date_form, parse_dates

EPOCH = datetime.datetime(1970, 1, 1)
MOMENTS = st.datetimes(datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31, 23, 59, 59))


def texts(values) -> pa.Array:
    return pa.array(values, pa.large_string())


def days(moment: datetime.datetime) -> float:
    return (moment - EPOCH) / datetime.timedelta(days=1)


@given(st.lists(MOMENTS, min_size=1), st.sampled_from(["-", "/"]), st.sampled_from([" ", "T"]))
def test_dates_with_the_year_first_are_read_to_the_microsecond(moments, mark, between):
    written = [f"{moment.year:04}{mark}{moment:%m}{mark}{moment:%d}{between}{moment:%H:%M:%S.%f}" for moment in moments]
    assert find_date_form(texts(written)) == DateForm.YEAR_FIRST
    assert parse_dates(texts(written), DateForm.YEAR_FIRST) == pytest.approx(
        [days(moment) for moment in moments], abs=1e-9
    )


@given(st.lists(MOMENTS, min_size=1), st.sampled_from("/.-"), st.booleans(), st.booleans())
def test_dates_with_the_year_last_are_read_in_the_order_that_some_value_tells(moments, mark, day_first, with_time):
    moments = [moment.replace(second=0, microsecond=0) for moment in [*moments, datetime.datetime(2026, 11, 28, 21, 5)]]
    if not with_time:
        moments = [moment.replace(hour=0, minute=0) for moment in moments]
    order = ("{0.day}{1}{0.month}" if day_first else "{0.month}{1}{0.day}") + "{1}{0.year:04}"
    written = [order.format(moment, mark) + f" {moment:%H:%M}" * with_time for moment in moments]
    form = DateForm.DAY_FIRST if day_first else DateForm.MONTH_FIRST
    assert find_date_form(texts(written)) == form
    assert parse_dates(texts(written), form) == pytest.approx([days(moment) for moment in moments], abs=1e-9)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("9999-12-31", datetime.datetime(9999, 12, 31)),
        ("0001-01-01", datetime.datetime(1, 1, 1)),
        ("1700-01-01 00:00:00.123456789", datetime.datetime(1700, 1, 1, 0, 0, 0, 123456)),
        ("2020-1-2", datetime.datetime(2020, 1, 2)),
        ("2020-01-02 9:05", datetime.datetime(2020, 1, 2, 9, 5)),
        ("2020-01-02T10:00:00,5", datetime.datetime(2020, 1, 2, 10, 0, 0, 500_000)),
        ("2020-01-02 10:00:00 UTC", datetime.datetime(2020, 1, 2, 10)),
        ("2020-01-02T10:00:00Z", datetime.datetime(2020, 1, 2, 10)),
        ("2020-01-02 10:00 +0100", datetime.datetime(2020, 1, 2, 9)),
        ("2020-01-02 10:00:00+01:00", datetime.datetime(2020, 1, 2, 9)),
        ("2020-01-02 10:00:00-05", datetime.datetime(2020, 1, 2, 15)),
        ("2020/01/02", datetime.datetime(2020, 1, 2)),
    ],
)
def test_far_dates_zones_and_fractions_are_kept(value, moment):
    assert find_date_form(texts([value])) == DateForm.YEAR_FIRST
    for among in ([value], [value, "2026-11-28", "9999-12-31 10:00:00.5"]):
        assert parse_dates(texts(among), DateForm.YEAR_FIRST)[0] == pytest.approx(days(moment), abs=1e-9)


def test_dates_with_points_have_the_day_first_and_others_are_not_guessed():
    assert find_date_form(texts(["1.2.2026", "03.04.2026"])) == DateForm.DAY_FIRST
    assert find_date_form(texts(["31.12.9999", "02.01.2020 14:30"])) == DateForm.DAY_FIRST
    assert find_date_form(texts(["1/2/2026", "03/04/2026"])) is None
    assert find_date_form(texts(["13/04/2026", "04/13/2026"])) is None
    assert find_date_form(texts(["2026-01-02", "03/04/2026"])) is None


@pytest.mark.parametrize("value", ["2020-02-30", "2020-13-01", "2020-01-02 25:00", "2021-02-29", None, "soon"])
def test_what_is_no_date_is_nan(value):
    found = parse_dates(texts([value, "2020-01-02"]), DateForm.YEAR_FIRST)
    assert np.isnan(found[0])
    assert found[1] == 18263
