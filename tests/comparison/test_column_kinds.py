"""Columns: which kind each is, and the same columns of other rows."""

import datetime
import re
import weakref

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbaloss.comparison.column_kinds import judge_columns
from imbaloss.comparison.column_values import take_columns, write_name
from imbaloss.comparison.columns import MISSING, Column, ColumnKind, Reason, Schema
from tests.comparison.examples import judge, mixed, take


def schema() -> Schema:
    return judge(mixed(), aside={"fraud": Reason.TARGET})


def kind(values, **request) -> str:
    frame = pd.DataFrame({"a": values, "other": np.arange(len(values)) % 7})
    found = judge(frame, **request)
    reasons = {name: str(left_out) for name, left_out in found.left_out.items()}
    return {column.name: column.stored_kind for column in found.columns}.get("a", reasons.get("a"))


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([1, 2, 3], ColumnKind.NUMBER),
        ([1.5, None, 3], ColumnKind.NUMBER),
        (["1", "2.5", "-3e4"], ColumnKind.NUMBER),
        ([True, False, True], ColumnKind.CATEGORY),
        ([True, None, False], ColumnKind.CATEGORY),
        (["a", "b", None, "a"], ColumnKind.CATEGORY),
        (["007", "010", "011"], ColumnKind.CATEGORY),
        (["A1", "12", "B7"] * 9, ColumnKind.CATEGORY),
        ([f"v{place % 30}" for place in range(90)], ColumnKind.MANY),
        (
            [f"v{place}" for place in range(90)],
            "it has 90 different texts in 90 rows, such as 'v0' (an identifier?)",
        ),
        (["2026-01-02", "2025-11-30"], ColumnKind.DATE),
        (["2026-01-02 10:00", "2025-11-30T11:30:15Z"], ColumnKind.DATE),
        (pd.to_datetime(["2026-01-02", None, "2026-01-05"]), ColumnKind.DATE),
        (pd.to_timedelta([1, 2, 3], unit="h"), ColumnKind.NUMBER),
        ([None, None], "it has no values"),
        ([5, 5, None], "its only value is 5"),
        (["x", "x"], "its only value is 'x'"),
        (pd.Categorical(["a", "b", "a"]), ColumnKind.CATEGORY),
        (np.array([1, 2, 3], dtype="uint8"), ColumnKind.NUMBER),
    ],
)
def test_the_kind_of_a_column_is_told_by_its_values(values, wanted):
    assert kind(values) == wanted


def test_numbers_are_names_where_that_is_said():
    assert kind([1, 2, 3], categories=["a"]) == ColumnKind.CATEGORY


def test_whole_numbers_that_stand_as_floats_since_some_are_missing_keep_their_names():
    frame = pd.DataFrame({"code": [1.0, None, 3.0]})
    taken = take(Schema((Column("code", ColumnKind.CATEGORY),)), frame)
    assert taken["code"].tolist() == ["1", MISSING, "3"]


@pytest.mark.parametrize("written", ["true", "TRUE", "True", True])
def test_a_truth_has_one_name_however_it_is_written(written):
    """pandas reads true as True where all values are truths, and as it stands where text was asked for."""
    assert write_name(written) == "True"


@given(st.integers(-(2**53), 2**53))
def test_a_whole_number_has_one_name(number):
    assert write_name(float(number)) == write_name(number) == str(number)
    assert not number or write_name(f"{number}.0") == str(number)


def test_what_is_taken_is_in_order_and_dates_are_days_since_1970():
    frame = mixed()
    taken = take(schema(), frame[frame.columns[::-1]])
    assert list(taken.columns) == [
        *["amount", "age", "country", "shop", "day"], "day (weekday, sine)", "day (weekday, cosine)"
    ]  # fmt: skip
    assert taken["day"].tolist() == ((frame["day"] - pd.Timestamp("1970-01-01")).dt.days).tolist()
    assert taken["country"][0] == MISSING
    assert np.isnan(taken["age"][0])


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])
def test_dates_as_text_are_the_same_dates(form):
    frame = mixed()
    text = frame.assign(day=frame["day"].dt.strftime(form))
    pd.testing.assert_frame_equal(take(schema(), text), take(schema(), frame))


def test_a_time_zone_moves_a_date():
    found = take(
        Schema((Column("day", ColumnKind.DATE),)), pd.DataFrame({"day": ["2026-01-01T01:00:00+01:00", "2026-01-01"]})
    )
    assert found["day"][0] == found["day"][1]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda frame: frame.drop(columns=["age", "shop"]), ": age and shop missing$"),
        (lambda frame: frame.rename(columns={"age": "Age"}), r": age missing \(did you mean 'Age'\?\); Age unknown$"),
        (lambda frame: frame.assign(colour=1), ": colour unknown$"),
        (lambda frame: frame.assign(age=["x"] + ["1"] * 119), "column age: 'x' in row 41 is no number"),
        (lambda frame: frame.assign(age=-np.inf), "column age: -inf in row 41 is infinite"),
        (lambda frame: frame.assign(day="soon"), "column day: 'soon' in row 41 is no date"),
        (lambda frame: frame.assign(day=7), "column day: 7 in row 41 is no date"),
        (lambda frame: frame.assign(age=frame["day"]), "column age: .* in row 41 is no number"),
    ],
)
def test_other_columns_and_other_values_are_refused_by_name_and_row(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        take(schema(), change(mixed().drop(columns="fraud")), first_row=41)


def test_the_target_and_columns_that_were_left_out_may_be_there_or_not():
    for frame in (mixed(), mixed().drop(columns="fraud")):
        assert len(take(schema(), frame)) == 120


def test_a_missing_column_of_dates_is_missing_and_not_no_date():
    frame = mixed().assign(day=None)
    assert take(schema(), frame)["day"].isna().all()


ROWS = 60
SHUFFLED = np.random.default_rng(0).permutation(ROWS)


def left_out(**columns) -> dict[str, str]:
    frame = pd.DataFrame({"other": np.arange(ROWS) % 7} | columns)
    return {name: str(left_out) for name, left_out in judge(frame).left_out.items()}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("", range(ROWS)),
        ("Unnamed: 0", 300 + SHUFFLED),
        ("", SHUFFLED * 7),
        ("index", SHUFFLED),
        ("ID", 10_000 + 3 * SHUFFLED),
        ("rownames", [str(row) for row in SHUFFLED + 1]),
        ("case", range(1000, 1000 + ROWS)),
        ("case", np.arange(ROWS) + 1.0),
        ("nr", [f"{row}.0" for row in range(ROWS)]),
        ("id", [None, *SHUFFLED[1:]]),
        ("Unnamed: 0.1", SHUFFLED),
        ("PassengerId", SHUFFLED + 1),
        ("customer_id", 10_000 + 17 * SHUFFLED),
        ("", [*range(30), *range(30)]),
    ],
)
def test_a_number_that_only_counts_the_rows_is_left_out(name, values):
    [reason] = left_out(**{name: values}).values()
    assert reason in {"it only counts the rows", "it has a different whole number in each row (an identifier?)"}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("amount", SHUFFLED),
        ("paid", SHUFFLED),
        ("customer_id", SHUFFLED // 2),
        ("amount", np.arange(ROWS) * 2),
        ("", np.arange(ROWS) / 2),
        ("", np.arange(ROWS) - 5.5),
        ("id", np.arange(ROWS) // 2),
        ("index", [None, *range(ROWS - 2), 0]),
        ("level", [*range(30), *range(30)]),
    ],
)
def test_other_numbers_are_learned_from_whatever_they_are_called(name, values):
    assert left_out(**{name: values}) == {}


def test_codes_with_leading_zeros_are_names_wherever_they_stand():
    late, early = ["12", "7"] * 40 + ["012"] * 20, ["012"] * 20 + ["12", "7"] * 40
    for values in (late, early):
        assert kind(values) == ColumnKind.CATEGORY
    with pytest.raises(ValueError, match="numbers except for '07' in row 76"):
        kind([*map(str, range(5, 80)), "07"])
    assert "it has 90 different texts" in kind([f"{place:05}" for place in range(90)])


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["1.1", "1.10", "2.0"] * 3, ["1.1", "1.10", "2"]),
        (["1.1", "1.0", "1"] * 3, ["1.1", "1.0", "1"]),
        (["1.0", "2.0", "3.00"] * 3, ["1", "2", "3"]),
        (["0.0", "-0.0", "-1.0"] * 3, ["0", "0", "-1"]),
        ([1.0, 2.5, None] * 3, ["1", "2.5", MISSING]),
        (["007", "7", "07"] * 3, ["007", "7", "07"]),
        (["1e5", "100000", "a"] * 3, ["1e5", "100000", "a"]),
        (["e\u0301", "\u00e9", " \u00e9 "] * 3, ["\u00e9"] * 3),
    ],
)
def test_names_keep_their_spelling_but_for_points_that_say_nothing(values, names):
    frame = pd.DataFrame({"a": values, "b": np.arange(9) % 2})
    found = judge(frame, categories=["a"])
    if len(set(names) - {MISSING}) > 1:
        assert take(found, frame)["a"].tolist()[:3] == names
        assert take(found, frame[:1])["a"].tolist() == names[:1]
    else:
        assert "its only value is" in str(found.left_out["a"])


@pytest.mark.parametrize(
    "values",
    [
        pd.Categorical([1, 2, 3] * 9),
        pd.Categorical(["10001", "90210"] * 9),
        pd.Categorical(["2020-01-01", "2021-01-01"] * 9),
        pd.Categorical([1.5, 2.5] * 9, ordered=True),
        pd.Categorical(pd.to_datetime(["2020-01-01", "2021-01-01"] * 9)),
    ],
)
def test_what_pandas_calls_a_category_is_one(values):
    assert kind(values) == ColumnKind.CATEGORY


def test_dates_with_times_give_hours_and_weekdays_as_cycles_where_they_vary():
    moments = pd.Timestamp("2024-06-20 21:01:57") + pd.to_timedelta(np.arange(30) * 7, unit="h")
    for values in (moments, moments.strftime("%Y-%m-%d %H:%M:%S"), moments.strftime("%d.%m.%Y %H:%M:%S")):
        frame = pd.DataFrame({"day": values})
        taken = take(judge(frame), frame)
        hours = np.arctan2(taken["day (hour, sine)"], taken["day (hour, cosine)"]) * 24 / (2 * np.pi) % 24
        days = np.arctan2(taken["day (weekday, sine)"], taken["day (weekday, cosine)"]) * 7 / (2 * np.pi) % 7
        assert hours.to_numpy() == pytest.approx(moments.hour + moments.minute / 60 + moments.second / 3600, abs=1e-4)
        assert np.rint(days).to_numpy() % 7 == pytest.approx((moments.day_of_week + 4) % 7)  # 0: a Thursday
    weekly = pd.DataFrame({"day": pd.date_range("2024-06-20", periods=30, freq="7D")})
    assert list(take(judge(weekly), weekly)) == ["day"]


def test_missing_dates_have_no_hour_and_no_weekday():
    frame = pd.DataFrame({"day": [*pd.date_range("2024-06-20 05:00", periods=30, freq="5h"), None]})
    assert take(judge(frame), frame).iloc[-1].isna().all()


MARKED_VALUES = ["1", "3", ">4", "<0.5", "unknown", "2", "", "\u2265 7"] * 4


def test_categories_of_pandas_may_have_marks():
    texts = ["3", ">4", "5", "unknown"] * 6
    found = judge(pd.DataFrame({"a": pd.Categorical(texts)}), marks=["a"])
    assert found == judge(pd.DataFrame({"a": texts}), marks=["a"])


def test_numbers_with_marks_are_a_number_and_a_mark_where_that_is_asked():
    frame = pd.DataFrame({"a": MARKED_VALUES, "b": np.arange(32) % 3})
    found = judge(frame, marks=["a"])
    taken = take(found, frame)[:8]
    assert list(taken) == ["a", "a (mark)", "b"]
    assert taken["a"].fillna(-1).tolist() == [1, 3, 4, 0.5, -1, 2, -1, 7]
    assert taken["a (mark)"].tolist() == ["(none)", "(none)", ">", "<", "unknown", "(none)", MISSING, "\u2265"]
    numbers = take(found, pd.DataFrame({"a": [5, 6], "b": [1, 2]}))
    assert numbers["a"].tolist() == [5, 6]
    assert numbers["a (mark)"].tolist() == ["(none)", "(none)"]


@pytest.mark.parametrize(
    ("values", "sentence"), [(["x", "y"], "has no numbers"), (["1", "2"], "has nothing but numbers")]
)
def test_marks_where_there_are_none_are_refused(values, sentence):
    frame = pd.DataFrame({"a": values * 9})
    with pytest.raises(ValueError, match=sentence):
        judge(frame, marks=["a"])


def test_a_mark_among_numbers_is_offered_in_three_ways():
    frame = pd.DataFrame({"a": [*map(str, range(30)), ">4", ">4"] * 3})
    with pytest.raises(ValueError, match="numbers except for '>4' in row 31 and 5 more") as error:
        judge(frame)
    for way in ("--marked-number a", "--category a", "--na-values '>4'", "--drop a"):
        assert way in str(error.value)


def test_what_means_missing_can_be_said():
    values = ["NA", "None", "BW", "-999", "", "AO"] * 6
    frame = pd.DataFrame({"a": values, "b": [1, -999, 3] * 12})
    request = {"na_values": ("-999",), "keep_na": ("a",)}
    taken = take(judge(frame, **request), frame)[:6]
    assert taken["a"].tolist() == ["NA", "None", "BW", MISSING, MISSING, "AO"]
    assert taken["b"].fillna(0).tolist() == [1, 0, 3, 1, 0, 3]
    taken = take(judge(frame), frame)[:6]
    assert taken["a"].tolist() == [MISSING, MISSING, "BW", "-999", MISSING, "AO"]


@pytest.mark.parametrize("missing", ["?", "NA", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "None", "", "  "])
def test_the_usual_texts_mean_missing(missing):
    frame = pd.DataFrame({"a": ["1", "2", missing] * 9})
    assert take(judge(frame), frame)["a"].isna().tolist() == [False, False, True] * 9


def test_what_was_in_training_decides_how_a_new_file_is_read():
    train = pd.DataFrame({"a": ["1,97", "1,264", "3,316"] * 5})
    found = judge(train)
    assert take(found, pd.DataFrame({"a": ["1,234"]}))["a"].tolist() == [1.234]
    assert take(found, pd.DataFrame({"a": [1.5]}))["a"].tolist() == [1.5]
    with pytest.raises(
        ValueError, match=r"column a: '1\.5' in row 1 is no number with a decimal comma, as in training"
    ):
        take(found, pd.DataFrame({"a": ["1.5"]}))
    plain = judge(pd.DataFrame({"a": ["1.97", "2"] * 5}))
    with pytest.raises(ValueError, match="column a: '1,234' in row 1 is no number"):
        take(plain, pd.DataFrame({"a": ["1,234"]}))


def test_columns_without_a_name_may_be_there_or_not():
    frame = mixed().drop(columns="fraud").assign(**{"Unnamed: 0": range(120)})
    assert len(take(schema(), frame)) == 120


@given(st.permutations(list(range(40))))
def test_the_order_of_the_rows_decides_nothing(order):
    values = np.array(["1", "2", "30,5", "", "4"] * 8, dtype=object)
    frame = pd.DataFrame({"a": values, "b": ["12", "012", "7", "8", "9"] * 8})
    whole, mixed_up = (judge(frame.iloc[rows]) for rows in (range(40), order))
    assert whole.columns == mixed_up.columns


def test_identifiers_that_floats_cannot_tell_apart_are_names():
    numbers = 2**60 + np.arange(ROWS)
    for values in (numbers, numbers.astype(np.uint64), numbers.astype(str)):
        assert " different texts in " in left_out(case=values)["case"]
    assert kind(2**60 + np.arange(ROWS) % 3) == ColumnKind.CATEGORY


def test_hours_are_those_of_the_zone():
    local = pd.date_range("2026-03-27", periods=5, freq="D", tz="Europe/Berlin")  # over a change of the clock
    for values in (local, [str(moment) for moment in local]):
        assert "a (hour, sine)" not in judge(pd.DataFrame({"a": values})).names
        frame = pd.DataFrame({"a": [*values, values[0]]})
        days = np.rint(np.arctan2(*take(judge(frame), frame)[["a (weekday, sine)", "a (weekday, cosine)"]].to_numpy().T)
                       * 7 / (2 * np.pi)) % 7  # fmt: skip
        assert days.tolist() == [1, 2, 3, 4, 5, 1]  # from a Friday on, Thursday being 0


@pytest.mark.parametrize("missing", ["-999", "-999.0", "-9.99e2"])
def test_a_number_that_means_missing_does_however_it_is_written(missing):
    frame = pd.DataFrame({"a": ["1", "2", "-999.00"] * 9, "b": [1.5, -999, 2] * 9, "c": [1, -999, 2] * 9})
    taken = take(judge(frame, na_values=(missing,)), frame)
    assert taken.isna().sum().tolist() == [9, 9, 9]


def test_what_means_missing_does_in_categories_too():
    frame = pd.DataFrame({"a": pd.Categorical(["x", "NA", "unknown", "y"] * 9)})
    taken = take(judge(frame, na_values=("unknown",)), frame)["a"][:4]
    assert taken.tolist() == ["x", MISSING, MISSING, "y"]
    taken = take(judge(frame, na_values=("unknown",), keep_na=("a",)), frame)["a"][:4]
    assert taken.tolist() == ["x", "NA", MISSING, "y"]


def test_names_with_decimals_are_those_of_floats():
    for texts in (["1.0", "1.5", "2.0"], ["1", "1.5", "2"]):
        found = judge(pd.DataFrame({"a": texts * 9}), categories=["a"])
        for values in ([1.0, 1.5], ["1.0", "1.5"], ["1", "1.5"]):
            assert take(found, pd.DataFrame({"a": values}))["a"].tolist() == ["1", "1.5"]


def test_marked_numbers_that_may_part_thousands_are_refused():
    frame = pd.DataFrame({"a": [">1,234", "85", "621", "1,665", "unknown"] * 5})
    with pytest.raises(ValueError, match="numbers with commas, such as '1,234'"):
        judge(frame, marks=["a"])


def test_a_column_that_is_made_of_another_has_a_name_of_its_own():
    frame = pd.DataFrame({"a": ["1", ">2"] * 9, "a (mark)": [1, 2] * 9})
    with pytest.raises(ValueError, match=r"column 'a \(mark\)' has the name of a column that"):
        judge(frame, marks=["a"])


def test_thousands_points_are_read_where_the_training_had_them():
    with_points = judge(pd.DataFrame({"a": ["1.234,5", "12", "2,5"] * 5}))
    assert take(with_points, pd.DataFrame({"a": ["1.234"]}))["a"].tolist() == [1234]
    without = judge(pd.DataFrame({"a": ["1,5", "12", "2,5"] * 5}))
    with pytest.raises(ValueError, match=r"'1\.234' in row 1 is no number with a decimal comma, as in training"):
        take(without, pd.DataFrame({"a": ["1.234"]}))


def test_times_of_a_day_are_parts_of_a_day():
    frame = pd.DataFrame({"a": [datetime.time(6), datetime.time(12, 30), None] * 5})
    assert take(judge(frame), frame)["a"].fillna(-1).tolist()[:3] == [0.25, 12.5 / 24, -1]


@pytest.mark.parametrize(
    ("values", "delimiter", "others"),
    [
        (["8.441", "85"], ";", ["0.5", "2.25"]),
        (["1.234", "2.500"], ";", ["1", "2"]),
        (["8.441", "85"], ",", ["1", "2"]),
        (["1,234", "5,678"], ",", ["0.5", "2.25"]),
    ],
)
def test_what_no_value_tells_can_be_said(values, delimiter, others):
    frame = pd.DataFrame({"a": values * 9, "b": others * 9})
    with pytest.raises(ValueError, match=r"say with --decimal \. or --decimal ,"):
        judge(frame, delimiter=delimiter)
    read = {mark: take(judge(frame, delimiter=delimiter, decimal=mark), frame)["a"].iloc[0] for mark in (".", ",")}
    mark, other = (",", ".") if "," in values[0] else (".", ",")
    assert read[mark] == float(values[0].replace(",", "."))
    assert read[other] == float(values[0].replace(mark, ""))


@pytest.mark.parametrize(
    ("values", "others"),
    [(["36.600", "37.125"], ["1", "2"]), (["8.441", "85"], ["0.5", "2.25"]), (["05.25", "12.50"], ["1", "2"])],
)
def test_decimals_of_a_file_with_commas_are_decimals(values, others):
    frame = pd.DataFrame({"a": values * 9, "b": others * 9})
    assert take(judge(frame, delimiter=","), frame)["a"].tolist() == [float(value) for value in values * 9]


def test_whole_numbers_of_the_training_do_not_become_decimals():
    found = judge(pd.DataFrame({"a": ["5", "94", "12"] * 5}))
    assert take(found, pd.DataFrame({"a": ["2.5", "1234", "7.0"]}))["a"].tolist() == [2.5, 1234, 7]
    message = (
        "column a: '1.234' in row 2 may be a whole number or a decimal, and in training all were whole numbers: "
        "write 1234 or, for the decimal, 1.2340"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        take(found, pd.DataFrame({"a": ["12", "1.234"]}))


def test_shuffled_identifiers_that_floats_merge_are_names():
    values = 10**17 + SHUFFLED
    for written in (values, values.astype(str)):
        assert " different texts in " in left_out(case=written)["case"]


def test_codes_are_no_numbers_that_mean_missing():
    frame = pd.DataFrame({"a": ["00999", "00123", "00123"] * 9, "b": ["-999,0", "1,5", "2,5"] * 9})
    taken = take(judge(frame, na_values=("999", "-999")), frame)
    assert taken["a"].tolist() == ["00999", "00123", "00123"] * 9
    assert taken["b"].isna().tolist() == [True, False, False] * 9


def test_each_column_of_a_table_is_released_as_soon_as_it_is_taken():
    rows, released = 2**16, list[int]()  # from which on columns are taken one by one
    columns = {}
    for name in "abcdef":
        digits = np.frombuffer(
            b"".join(b"0.%04d" % row for row in np.random.default_rng(ord(name)).integers(0, 9999, rows)), np.uint8
        )
        weakref.finalize(digits, lambda: released.append(pa.total_allocated_bytes()))
        offsets = pa.py_buffer(np.arange(0, 6 * rows + 1, 6, dtype=np.int64))
        columns[name] = pa.Array.from_buffers(pa.large_string(), rows, [None, offsets, pa.py_buffer(digits)])
        del digits
    tables = [pa.table(columns)]
    columns.clear()
    schema = judge_columns(tables[0])
    before = pa.total_allocated_bytes()
    frame = take_columns(schema, tables.pop())
    assert frame.shape == (rows, 6)
    taken = np.diff([before, *released])
    assert len(taken) == 6
    assert (taken[:-1] > 4 * rows).all()  # numbers of one more column, in float64, lie between two releases
