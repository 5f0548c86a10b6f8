"""Columns and reasons as a model file has them: texts there, types here."""

import json

import numpy as np
import pandas as pd
import pytest

from imbaloss.comparison.columns import Column, ColumnKind, DateForm, LeftOut, NameForm, NumberForm, Reason, Schema
from imbaloss.comparison.own_model import read_kind
from tests.comparison.examples import judge, mixed

STORED = {
    ("a", "number"): Column("a", ColumnKind.NUMBER),
    ("a", "number", "decimal comma"): Column("a", ColumnKind.NUMBER, NumberForm.DECIMAL_COMMA),
    ("a", "date"): Column("a", ColumnKind.DATE, DateForm.YEAR_FIRST),
    ("a", "date, day first"): Column("a", ColumnKind.DATE, DateForm.DAY_FIRST),
    ("a", "category"): Column("a", ColumnKind.CATEGORY),
    ("a", "many", "as written"): Column("a", ColumnKind.MANY, NameForm.AS_WRITTEN),
    ("a (hour, sine)", "hour, sine", "date, month first", "a"): Column(
        "a (hour, sine)", ColumnKind.HOUR_SINE, DateForm.MONTH_FIRST, "a"
    ),
    ("a (mark)", "mark", "plain", "a"): Column("a (mark)", ColumnKind.MARK, NumberForm.PLAIN, "a"),
}


@pytest.mark.parametrize("fields", STORED)
def test_a_column_is_stored_as_texts(fields):
    assert json.loads(json.dumps(STORED[fields].to_json())) == list(fields)
    assert Column.from_json(*fields) == STORED[fields]


def test_a_column_of_any_kind_and_form_is_read_as_it_was_written():
    generator = np.random.default_rng(0)
    moments = pd.Timestamp("2024-06-20 21:01") + pd.to_timedelta(np.arange(120) * 7, unit="h")
    commas = [f"{number:.2f}".replace(".", ",") for number in generator.normal(size=120)]
    frame = mixed().assign(
        moment=moments.strftime("%d.%m.%Y %H:%M"),
        comma=commas,
        version=["1.0", "1", "1.5"] * 40,
        level=["1", ">4"] * 60,
    )
    found = judge(frame, categories=["version"], marks=["level"]).columns
    assert {column.kind for column in found} == set(ColumnKind) - {ColumnKind.EMBEDDED}  # which is never judged
    assert tuple(Column.from_json(*column.to_json()) for column in found) == found


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (("a", "colour"), r"column a: this version of imbaloss does not know kind 'colour'"),
        (("a", "number", "date"), r"column a: this version of imbaloss does not know kind 'number' and form 'date'"),
        (("a", "many", "plain"), "kind 'many' and form 'plain'"),
    ],
)
def test_a_kind_or_form_that_is_unknown_is_refused(fields, sentence):
    with pytest.raises(ValueError, match=sentence):
        Column.from_json(*fields)


def test_the_reason_why_a_column_is_left_out_is_stored_as_a_sentence():
    left_out = {"y": LeftOut(Reason.TARGET), "a": LeftOut(Reason.ONE_VALUE, "'{}'")}
    stored = Schema((), left_out).to_json()
    assert stored["left_out"] == [["y", "it is the target"], ["a", "its only value is '{}'"]]
    assert read_kind(stored).to_json() == stored
