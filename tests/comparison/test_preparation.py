"""Preparation: fitted on the training part alone; finite, of one size, whatever comes."""

import warnings

import numpy as np
import pandas as pd
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.preprocessing import TargetEncoder

from imbaloss.comparison import preparation
from imbaloss.comparison.columns import Column, ColumnKind, Reason, Schema
from imbaloss.comparison.own_model import TRUSTED
from imbaloss.comparison.preparation import ImagePreparation, TablePreparation
from imbaloss.data import InputForm
from tests.comparison.examples import judge, mixed, take
from tests.comparison.plain import column_transformer

LABELS = (mixed()["fraud"] == "yes").to_numpy().astype(np.int64)


def prepared(frame: pd.DataFrame | None = None):
    schema = judge(mixed(), aside={"fraud": Reason.TARGET})
    taken = take(schema, mixed() if frame is None else frame)
    return schema, taken, *TablePreparation.fit(schema, taken, LABELS)


def test_numbers_have_mean_0_and_deviation_1_and_missing_ones_an_indicator():
    _, _, _, inputs = prepared()
    known = ~mixed()["age"].isna().to_numpy()
    assert np.abs(inputs[known, 1].mean()) < 1e-6
    assert inputs[known, 1].std() == pytest.approx(1, abs=1e-5)
    assert inputs[~known, 1] == pytest.approx(np.median(inputs[known, 1]), abs=1e-6)
    assert inputs[:, 3].tolist() == (~known).astype(float).tolist()  # amount, age, day, then the indicator


def test_a_category_is_one_column_a_value_and_a_missing_one_a_value():
    _, _, _, inputs = prepared()
    of_country = inputs[:, 4:8]
    assert (of_country.sum(axis=1) == 1).all()
    assert set(np.unique(of_country)) == {0, 1}


def test_many_categories_are_the_mean_target_of_the_other_folds():
    """By scikit-learn's encoder alone, and scaled."""
    _, taken, made, inputs = prepared()
    folds = made.steps["many"].named_steps["target"].cv
    alone = TargetEncoder(target_type="binary", cv=folds).fit_transform(taken[["shop"]], LABELS)[:, 0]
    assert inputs[:, -3] == pytest.approx((alone - alone.mean()) / alone.std(), abs=1e-5)
    assert not np.allclose(inputs[:, -3], made(taken)[:, -3])  # of new rows by all; behind it is the weekday


def test_what_was_not_there_in_training_is_unknown_and_no_failure():
    schema, _, made, inputs = prepared()
    new = mixed().assign(country="Atlantis", shop="shop-new", amount=1e290)
    found = made(take(schema, new))
    assert found.shape == inputs.shape
    assert np.isfinite(found).all()
    assert (found[:, 4:8] == 0).all()
    assert len(set(found[:, -3])) == 1


@settings(deadline=None, max_examples=25)
@given(
    train=arrays.arrays(np.float64, (30, 2), elements=st.floats(-1e290, 1e290) | st.just(np.nan)),
    new=arrays.arrays(np.float64, (5, 2), elements=st.floats(-1e290, 1e290) | st.just(np.nan)),
)
def test_inputs_are_finite_whatever_the_numbers(train, new):
    schema = Schema((Column("a", ColumnKind.NUMBER), Column("b", ColumnKind.NUMBER)))
    frame = pd.DataFrame(train, columns=["a", "b"])
    made, inputs = TablePreparation.fit(schema, frame, np.arange(30) % 2)
    found = made(pd.DataFrame(new, columns=["a", "b"]))
    assert np.isfinite(inputs).all()
    assert np.isfinite(found).all()
    assert found.shape[1] == inputs.shape[1]


def test_outliers_do_not_push_the_others_together():
    values = np.append(np.random.default_rng(0).standard_normal(999), 1e12)
    frame = pd.DataFrame({"a": values})
    _, inputs = TablePreparation.fit(Schema((Column("a", ColumnKind.NUMBER),)), frame, np.arange(1000) % 2)
    assert np.corrcoef(inputs[:-1, 0], values[:-1])[0, 1] > 0.99


def test_one_positive_is_enough_to_encode_by(recwarn):
    schema = Schema((Column("c", ColumnKind.MANY), Column("d", ColumnKind.CATEGORY)))
    frame = pd.DataFrame({"c": [f"v{place % 25}" for place in range(50)], "d": ["x", "y"] * 25})
    _, inputs = TablePreparation.fit(schema, frame, np.arange(50) // 49)
    assert np.isfinite(inputs).all()
    assert not recwarn.list


def test_no_rows_are_no_inputs():
    _, taken, made, inputs = prepared()
    assert made(taken[:0]).shape == (0, inputs.shape[1])


def test_it_is_saved_without_pickle_and_prepares_the_same_bits():
    schema, taken, made, _ = prepared()
    content = skops.io.dumps(dict(made.steps))
    assert set(skops.io.get_untrusted_types(data=content)) <= set(TRUSTED)
    again = TablePreparation(schema, skops.io.loads(content, trusted=list(TRUSTED)))
    assert np.array_equal(again(taken), made(taken))


def wide() -> pd.DataFrame:
    """200 columns of numbers with ties, missing values, equal values and no values in the rows of the fit."""
    numbers = np.random.default_rng(0).standard_normal((120, 200))
    numbers[:, ::3] = np.round(numbers[:, ::3])
    numbers[np.random.default_rng(1).random(numbers.shape) < np.linspace(0, 0.9, 200)] = np.nan
    numbers[:90, :2] = np.nan, 7
    return pd.concat([mixed(), pd.DataFrame(numbers).add_prefix("x")], axis=1)


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize(
    "frame", [mixed(), mixed()[["amount", "fraud"]], mixed()[["shop", "country", "fraud"]], wide()]
)
def test_inputs_are_those_of_scikit_learn_alone_bit_for_bit(frame, together):
    schema = judge(frame, aside={"fraud": Reason.TARGET})
    taken = take(schema, frame)
    if together:  # all numbers of a frame in one array
        taken = taken.copy()
    train, new, labels = taken.iloc[:90], taken.iloc[90:], LABELS[:90]
    before = taken.copy()
    made, inputs = TablePreparation.fit(schema, train, labels)
    alone = column_transformer(schema, int(labels.sum()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert inputs.tobytes() == alone.fit_transform(train, labels).astype(np.float32).tobytes()
        assert made(new).tobytes() == alone.transform(new).astype(np.float32).tobytes()
    pd.testing.assert_frame_equal(taken, before)


def test_images_are_divided_by_their_white():
    found = ImagePreparation(2, 2, 1)(np.array([[[[0, 255], [51, 102]]]], np.uint8))
    assert found.tolist() == [[[[0, 1], [np.float32(0.2), np.float32(0.4)]]]]


def with_missing(rows: int = 300) -> tuple[Schema, pd.DataFrame, np.ndarray]:
    """Five columns of numbers, of which two lack some values and one lacks all, and columns of each other kind."""
    generator = np.random.default_rng(0)
    numbers = generator.standard_normal((rows, 5)) ** 3
    numbers[::7, 1] = numbers[::3, 4] = numbers[:, 3] = np.nan
    frame = pd.DataFrame(numbers, columns=[f"x{place}" for place in range(5)])
    frame["few"] = pd.Series(generator.choice(list("abc"), rows), dtype=object)
    frame["many"] = pd.Series(generator.choice([f"n{place}" for place in range(30)], rows), dtype=object)
    frame["hour"] = np.sin(frame["x0"])
    kinds = [ColumnKind.NUMBER] * 5 + [ColumnKind.CATEGORY, ColumnKind.MANY, ColumnKind.HOUR_SINE]
    schema = Schema(tuple(map(Column, frame.columns, kinds)))
    return schema, frame, (generator.random(rows) < 0.2).astype(np.int64)


@pytest.mark.parametrize("form", [InputForm.PREPARED, InputForm.COLUMNS])
@pytest.mark.parametrize(("at_once", "fewest", "long"), [(100, 1, 2**16), (500, 7, 1), (700, 50, 1)])
def test_blocks_give_the_same_bits_and_the_same_state_as_all_at_once(monkeypatch, form, at_once, fewest, long):
    schema, frame, labels = with_missing()
    rows = np.sort(np.random.default_rng(1).permutation(len(frame))[:200])
    whole, inputs = TablePreparation.fit(schema, frame, labels[rows], form, rows)
    new = whole(frame)
    monkeypatch.setattr(preparation, "AT_ONCE", at_once)
    monkeypatch.setattr(preparation, "FEWEST_AT_ONCE", fewest)
    monkeypatch.setattr(preparation, "LONG", long)
    in_blocks, of_blocks = TablePreparation.fit(schema, frame, labels[rows], form, rows)
    assert of_blocks.tobytes() == inputs.tobytes()
    assert in_blocks(frame).tobytes() == new.tobytes()
    assert in_blocks(frame, rows[3:90]).tobytes() == new[rows[3:90]].tobytes()
    assert in_blocks.input_columns == whole.input_columns
    assert skops.io.loads(skops.io.dumps(dict(in_blocks.steps)), trusted=TRUSTED).keys() == whole.steps.keys()
    assert describe_state(in_blocks.steps) == describe_state(whole.steps)


def describe_state(fitted) -> str:
    """All attributes of fitted estimators, in words."""
    if isinstance(fitted, dict):
        return str({name: describe_state(value) for name, value in sorted(fitted.items()) if name != "random_state"})
    if isinstance(fitted, list | tuple):
        return str([describe_state(value) for value in fitted])
    if hasattr(fitted, "get_params"):
        return f"{type(fitted).__name__} {describe_state(vars(fitted))}"
    return f"{fitted.dtype} {fitted.tolist()}" if isinstance(fitted, np.ndarray | np.generic) else str(fitted)


def test_columns_as_they_are_stay_narrow_where_all_numbers_are():
    schema, frame, labels = with_missing()
    names = [f"x{place}" for place in range(5)]
    few = Schema(tuple(column for column in schema.columns if column.kind is ColumnKind.NUMBER))
    narrow = frame[names].astype(np.float32)
    made, inputs = TablePreparation.fit(few, narrow, labels, InputForm.COLUMNS)
    assert inputs.dtype == made(narrow).dtype == np.float32
    assert np.array_equal(inputs, narrow.to_numpy(), equal_nan=True)
    mixed_types = narrow.assign(x2=frame["x2"])
    assert made(mixed_types).dtype == np.float64
    assert np.array_equal(made(mixed_types)[:, 2], frame["x2"])
    of_many, _ = TablePreparation.fit(schema, frame.assign(**narrow), labels, InputForm.COLUMNS)
    assert of_many(frame.assign(**narrow)).dtype == np.float64
