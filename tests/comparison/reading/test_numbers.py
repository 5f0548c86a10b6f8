"""Numbers as text: a form is asked of all values of a column, and never guessed where two are possible."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbaloss.comparison.columns import NumberForm
from imbaloss.comparison.reading.numbers import find_number_form, parse_numbers

CENTS = st.integers(-(10**11), 10**11)


def texts(values) -> pa.Array:
    return pa.array(values, pa.large_string())


def parsed(values) -> tuple[str, list[float]]:
    form = find_number_form(texts(values))
    assert form.fits.all()
    assert form.ambiguous is None
    return form.form, parse_numbers(texts(values), form.form).tolist()


def write_cents(cents: int, thousands: str, decimal: str) -> str:
    text = f"{abs(cents) // 100:,}".replace(",", thousands) + f"{decimal}{abs(cents) % 100:02}"
    return "-" * (cents < 0) + text


@pytest.mark.parametrize(
    ("values", "form", "numbers"),
    [
        (["1", "2.5", "-3e4", "+.5", "7."], NumberForm.PLAIN, [1, 2.5, -3e4, 0.5, 7]),
        (["1,5", "2"], NumberForm.DECIMAL_COMMA, [1.5, 2]),
        (["1,97", "1,264", "3,316"], NumberForm.DECIMAL_COMMA, [1.97, 1.264, 3.316]),
        (["0,123", "0,456"], NumberForm.DECIMAL_COMMA, [0.123, 0.456]),
        (["1.234,5", "12"], NumberForm.POINTS_AND_COMMA, [1234.5, 12]),
        (["1.234.567", "999"], NumberForm.POINTS_AND_COMMA, [1_234_567, 999]),
        (["8.441", "85,14"], NumberForm.POINTS_AND_COMMA, [8441, 85.14]),
        (["8,441.53", "85.14"], NumberForm.THOUSANDS_COMMA, [8441.53, 85.14]),
        (["1,234,567", "1,234", "12"], NumberForm.THOUSANDS_COMMA, [1_234_567, 1234, 12]),
        (["8\u202f441,53", "85,14"], NumberForm.DECIMAL_COMMA, [8441.53, 85.14]),
        (["8\u00a0441.53", "85.14"], NumberForm.PLAIN, [8441.53, 85.14]),
        (["12 345", "6 789", "12"], NumberForm.PLAIN, [12345, 6789, 12]),
        (["8'441.53", "8\u2019441.5"], NumberForm.PLAIN, [8441.53, 8441.5]),
        (["\u221285.14", "3"], NumberForm.PLAIN, [-85.14, 3]),
        (["8.442D+03", "1d2", "6.216E+02"], NumberForm.PLAIN, [8442, 100, 621.6]),
        (["0.123", "12.500"], NumberForm.PLAIN, [0.123, 12.5]),
        (["1.234", "2.5"], NumberForm.PLAIN, [1.234, 2.5]),
        (["1.234", "5000"], NumberForm.PLAIN, [1.234, 5000]),
        (["36.600", "37.125"], NumberForm.PLAIN, [36.6, 37.125]),
        (["Infinity", "-inf", "1"], NumberForm.PLAIN, [np.inf, -np.inf, 1]),
    ],
)
def test_numbers_are_read_in_the_form_that_all_values_have(values, form, numbers):
    assert parsed(values) == (form, numbers)


@pytest.mark.parametrize(
    ("values", "example"),
    [
        (["1,234", "5,678"], "1,234"),
        (["12", "1,234"], "1,234"),
        (["8.441", "85"], "8.441"),
        (["85", "1.665", "621"], "1.665"),
        (["-8.441", "85"], "-8.441"),
    ],
)
def test_what_may_part_thousands_or_be_a_decimal_is_not_guessed(values, example):
    assert find_number_form(texts(values)).ambiguous == example


@pytest.mark.parametrize(
    "value", ["0x1f", "1_000", "12%", "1.2.3", "1,23,4", "--1", "1e", "e5", "1 2", "12 34", "$5", "\u0663"]
)
def test_what_is_no_number_is_none(value):
    assert not find_number_form(texts([value, "1"])).fits[0]
    assert np.isnan(parse_numbers(texts([value]), NumberForm.PLAIN)[0])


@given(st.lists(CENTS, min_size=1), st.sampled_from([(".", ","), (",", "."), ("\u202f", ","), ("'", "."), (" ", ".")]))
def test_amounts_of_money_are_read_to_the_cent_in_every_country(cents, marks):
    """With two decimals nothing is ambiguous, whatever parts the thousands."""
    written = [write_cents(value, *marks) for value in cents]
    assert parsed(written)[1] == [value / 100 for value in cents]


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_numbers_as_python_writes_them_are_read_bit_for_bit(numbers):
    form = find_number_form(texts(map(repr, numbers)))
    assert form.fits.all()
    assert parse_numbers(texts(map(repr, numbers)), NumberForm.PLAIN).tolist() == numbers


def test_a_form_that_was_learned_reads_values_that_are_ambiguous_by_themselves():
    assert parse_numbers(texts(["1,234"]), NumberForm.DECIMAL_COMMA).tolist() == [1.234]
    assert parse_numbers(texts(["1,234"]), NumberForm.THOUSANDS_COMMA).tolist() == [1234]
    assert np.isnan(parse_numbers(texts(["1,234"]), NumberForm.PLAIN)).all()
    assert np.isnan(parse_numbers(texts(["1.5"]), NumberForm.DECIMAL_COMMA)).all()


def test_most_values_decide_where_not_all_are_numbers():
    form = find_number_form(texts(["1.5", "2.5", "1,5", "x"]))
    assert (form.form, form.fits.tolist()) == (NumberForm.PLAIN, [True, True, False, False])
    form = find_number_form(texts(["1,5", "2,5", "1.5", "x"]))
    assert (form.form, form.fits.tolist()) == (NumberForm.DECIMAL_COMMA, [True, True, False, False])
