"""Columns as they are, for learners that take categories and missing values, beside inputs that are prepared."""

import hashlib

import numpy as np
import pandas as pd
import pytest
import skops.io

from imbaloss.comparison.columns import Reason, Schema
from imbaloss.comparison.own_data import Own
from imbaloss.comparison.own_model import PREPARATION, load_preparation
from imbaloss.comparison.preparation import TablePreparation
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.data import Fold, InputForm
from tests.comparison.examples import judge, mixed, of_frames, take

FRAME = mixed()
LABELS = (FRAME["fraud"] == "yes").to_numpy().astype(np.int64)


@pytest.fixture(scope="module")
def schema() -> Schema:
    return judge(FRAME, aside={"fraud": Reason.TARGET})


@pytest.fixture(scope="module")
def fitted(schema) -> tuple[TablePreparation, np.ndarray]:
    """Columns: amount, age, day; country; shop (a category with many values); sine and cosine of the weekday."""
    return TablePreparation.fit(schema, take(schema, FRAME), LABELS, InputForm.COLUMNS)


def own() -> Own:
    return of_frames("data", [FRAME], ComparisonRequest(target="fraud"))


def test_numbers_stay_as_they_are_with_nan_for_missing_ones(fitted):
    _, inputs = fitted
    assert inputs.dtype == np.float64
    assert np.array_equal(inputs[:, 0], FRAME["amount"])
    assert np.array_equal(inputs[:, 1], FRAME["age"], equal_nan=True)


def test_dates_stay_exact():
    """To the second in the year 2026, which float32 would round to two minutes."""
    frame = FRAME.assign(day=pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(len(FRAME)), unit="s"))
    schema = judge(frame, aside={"fraud": Reason.TARGET})
    _, inputs = TablePreparation.fit(schema, take(schema, frame), LABELS, InputForm.COLUMNS)
    place = [column.name for column in schema.columns if column.is_number].index("day")
    assert len(np.unique(inputs[:, place])) == len(frame)


def test_categories_are_codes_in_one_place_each(fitted):
    preparation, inputs = fitted
    assert preparation.categorical == (3,)
    names = FRAME["country"].fillna("missing")
    codes = pd.crosstab(names, inputs[:, 3])
    assert codes.columns.tolist() == [0, 1, 2, 3]  # a missing one is a value, as in prepared inputs
    assert ((codes > 0).sum(axis=0) == 1).all()


def test_an_unknown_category_is_missing(schema, fitted):
    preparation, inputs = fitted
    new = preparation(take(schema, FRAME.assign(country="Atlantis")))
    assert np.isnan(new[:, 3]).all()
    assert np.array_equal(np.delete(new, 3, axis=1)[:, :3], np.delete(inputs, 3, axis=1)[:, :3], equal_nan=True)


def test_a_category_with_many_values_is_the_mean_target_of_other_rows(schema, fitted):
    preparation, inputs = fitted
    assert np.isfinite(inputs[:, 4]).all()
    of_new_rows = preparation(take(schema, FRAME))[:, 4]
    assert not np.allclose(inputs[:, 4], of_new_rows)
    assert preparation(take(schema, FRAME.assign(shop="new")))[0, 4] == pytest.approx(LABELS.mean())


def test_no_rows_are_as_wide_as_others(schema, fitted):
    preparation, inputs = fitted
    empty = preparation(take(schema, FRAME.head(0)))
    assert (empty.shape, empty.dtype) == ((0, inputs.shape[1]), np.float64)


def test_both_forms_have_the_same_rows_and_labels():
    data, fold = own(), Fold(0, 1, 5)
    prepared, columns = (data.prepare_split(3, fold, form) for form in (InputForm.PREPARED, InputForm.COLUMNS))
    for part in ("train", "validation", "test"):
        of_prepared, of_columns = getattr(prepared.split, part), getattr(columns.split, part)
        assert np.array_equal(of_prepared.images, of_columns.images)
        assert np.array_equal(of_prepared.labels, of_columns.labels)
    assert (prepared.split.categorical, columns.split.categorical) == ((), (3,))
    assert (prepared.preparation.form, columns.preparation.form) == (InputForm.PREPARED, InputForm.COLUMNS)


def test_both_forms_of_the_last_split_are_kept():
    data = own()
    first = [data.prepare_split(0, Fold(0, 0, 5), form) for form in (InputForm.PREPARED, InputForm.COLUMNS)]
    assert [data.prepare_split(0, Fold(0, 0, 5), form) for form in (InputForm.PREPARED, InputForm.COLUMNS)] == first
    data.prepare_split(0, Fold(0, 1, 5))
    assert len(data.cache.prepared) == 1


@pytest.mark.parametrize(("entries", "form"), [({}, InputForm.PREPARED), ({"form": "columns"}, InputForm.COLUMNS)])
def test_a_header_of_version_0_1_has_no_form_and_means_prepared_inputs(entries, form, schema, tmp_path):
    preparation, _ = TablePreparation.fit(schema, take(schema, FRAME), LABELS, form)
    content = skops.io.dumps(dict(preparation.steps))
    (tmp_path / PREPARATION).write_bytes(content)
    header = {"format": 2, "files": {PREPARATION: hashlib.sha256(content).hexdigest()}, **entries}
    loaded = load_preparation(tmp_path, schema, header, ())
    assert loaded.form is form
    assert loaded(take(schema, FRAME)).tobytes() == preparation(take(schema, FRAME)).tobytes()
