"""Columns: which kind each is, and the same columns of other rows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbaloss.data.own.columns import CATEGORY, DATE, MANY, MISSING, NUMBER, Column, Schema, text_of
from tests.comparison.examples import mixed


def schema() -> Schema:
    return Schema.of(mixed(), left_out={"fraud": "is the target"})


def kind(values, **options) -> str:
    found = Schema.of(pd.DataFrame({"a": values, "other": range(len(values))}), **options)
    return {column.name: column.kind for column in found.columns}.get("a", found.left_out.get("a"))


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([1, 2, 3], NUMBER),
        ([1.5, None, 3], NUMBER),
        (["1", "2.5", "-3e4"], NUMBER),
        ([True, False, True], CATEGORY),
        ([True, None, False], CATEGORY),
        (["a", "b", None, "a"], CATEGORY),
        (["007", "010", "011"], CATEGORY),
        (["A1", "12", "B7"] * 9, CATEGORY),
        ([f"v{place % 30}" for place in range(90)], MANY),
        (
            [f"v{place}" for place in range(90)],
            "is text that differs from row to row (90 values in 90 rows, such as 'v0')",
        ),
        (["2026-01-02", "2025-11-30"], DATE),
        (["2026-01-02 10:00", "2025-11-30T11:30:15Z"], DATE),
        (pd.to_datetime(["2026-01-02", None, "2026-01-05"]), DATE),
        (pd.to_timedelta([1, 2, 3], unit="h"), NUMBER),
        ([None, None], "has no value"),
        ([5, 5, None], "has the same value, 5.0, in each row that has one"),
        (["x", "x"], "has the same value, 'x', in each row that has one"),
        (pd.Categorical(["a", "b", "a"]), CATEGORY),
        (np.array([1, 2, 3], dtype="uint8"), NUMBER),
    ],
)
def test_the_kind_of_a_column_is_told_by_its_values(values, wanted):
    assert kind(values) == wanted


def test_numbers_are_names_where_that_is_said():
    assert kind([1, 2, 3], categories=["a"]) == CATEGORY


def test_whole_numbers_that_stand_as_floats_since_some_are_missing_keep_their_names():
    frame = pd.DataFrame({"code": [1.0, None, 3.0]})
    taken = Schema((Column("code", CATEGORY),)).take(frame)
    assert taken["code"].tolist() == ["1", MISSING, "3"]


@pytest.mark.parametrize("written", ["true", "TRUE", "True", True])
def test_a_truth_has_one_name_however_it_is_written(written):
    """pandas reads true as True where all values are truths, and as it stands where text was asked for."""
    assert text_of(written) == "True"


@given(st.integers(-(2**53), 2**53))
def test_a_whole_number_has_one_name(number):
    assert text_of(float(number)) == text_of(number) == str(number)
    assert not number or text_of(f"{number}.0") == str(number)


def test_what_is_taken_is_in_order_and_dates_are_days_since_1970():
    frame = mixed()
    taken = schema().take(frame[frame.columns[::-1]])
    assert list(taken.columns) == ["amount", "age", "country", "shop", "day"]
    assert taken["day"].tolist() == ((frame["day"] - pd.Timestamp("1970-01-01")).dt.days).tolist()
    assert taken["country"][0] == MISSING
    assert np.isnan(taken["age"][0])


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])
def test_dates_as_text_are_the_same_dates(form):
    frame = mixed()
    text = frame.assign(day=frame["day"].dt.strftime(form))
    pd.testing.assert_frame_equal(schema().take(text), schema().take(frame))


def test_a_time_zone_moves_a_date():
    found = Schema((Column("day", DATE),)).take(pd.DataFrame({"day": ["2026-01-01T01:00:00+01:00", "2026-01-01"]}))
    assert found["day"][0] == found["day"][1]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda frame: frame.drop(columns=["age", "shop"]), "without age and shop"),
        (lambda frame: frame.rename(columns={"age": "Age"}), r"without age \(did you mean 'Age'\?\) and with Age"),
        (lambda frame: frame.assign(colour=1), "with colour"),
        (lambda frame: frame.assign(age=["x"] + ["1"] * 119), "column age: 'x' in row 41 is no number"),
        (lambda frame: frame.assign(age=-np.inf), "column age: -inf in row 41 is infinite"),
        (lambda frame: frame.assign(day="soon"), "column day: 'soon' in row 41 is no date"),
        (lambda frame: frame.assign(day=7), "column day: 7 in row 41 is no date"),
        (lambda frame: frame.assign(age=frame["day"]), "column age: .* in row 41 is no number"),
    ],
)
def test_other_columns_and_other_values_are_refused_by_name_and_row(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        schema().take(change(mixed().drop(columns="fraud")), first_row=41)


def test_the_target_and_columns_that_were_left_out_may_be_there_or_not():
    for frame in (mixed(), mixed().drop(columns="fraud")):
        assert len(schema().take(frame)) == 120


def test_a_missing_column_of_dates_is_missing_and_not_no_date():
    frame = mixed().assign(day=None)
    assert schema().take(frame)["day"].isna().all()
