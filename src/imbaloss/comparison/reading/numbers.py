"""Numbers as people write them: decimal commas, thousands, signs. A form is asked of a whole column."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imbaloss.comparison.columns import NumberForm

if TYPE_CHECKING:
    import pyarrow as pa

EXPONENT = r"([eE][+-]?\d+)?"
NUMBER = rf"^[+-]?(0|[1-9]\d*|\d+\.\d*|\.\d+){EXPONENT}$|^[+-]?(?i:inf|infinity)$"
INTEGER = rf"^[+-]?(0|[1-9]\d*){EXPONENT}$"
LEADING_ZERO = r"^[+-]?0\d+$"
CODE = r"^0\d+$"
NUMBER_OR_CODE = rf"{NUMBER}|^[+-]?0\d+(\.\d*)?$"
SPACES = "\u00a0\u2007\u2009\u202f '\u2019"  # blanks and apostrophes that part thousands
PARTED = rf"^([+-]?\d{{1,3}}([{SPACES}]\d{{3}})+)([.,]\d+)?$"
COMMA = rf"^[+-]?\d*,\d+{EXPONENT}$"  # 1,5
COMMA_GROUP = r"^[+-]?[1-9]\d{0,2},\d{3}$"  # 1,234: a decimal or a thousand
COMMA_GROUPS = r"^[+-]?[1-9]\d{0,2}(,\d{3}){2,}(\.\d+)?$|^[+-]?[1-9]\d{0,2},\d{3}\.\d+$"  # 1,234,567 and 1,234.5
POINT_GROUP = r"^[+-]?[1-9]\d{0,2}\.\d{3}$"  # 1.234
POINT_GROUPS = r"^[+-]?[1-9]\d{0,2}(\.\d{3}){2,}(,\d+)?$|^[+-]?[1-9]\d{0,2}\.\d{3},\d+$"  # 1.234.567 and 1.234,5

ALLOWED = {  # by each form
    NumberForm.PLAIN: NUMBER,
    NumberForm.DECIMAL_COMMA: f"{INTEGER}|{COMMA}",
    NumberForm.POINTS_AND_COMMA: "|".join((INTEGER, COMMA, POINT_GROUP, POINT_GROUPS)),
    NumberForm.THOUSANDS_COMMA: "|".join((NUMBER, COMMA_GROUP, COMMA_GROUPS)),
}


@dataclass(frozen=True)
class NumberFit:
    """The form in which the numbers of a column are written, and which of its values have it.

    form: one of `ALLOWED`, the one that fits most of the values.
    fits: (N,), which of the values are numbers in that form.
    ambiguous: a value that may part thousands or be a decimal, where no other value of the column tells; else None.
    """

    form: NumberForm
    fits: NDArray[np.bool_]
    ambiguous: str | None = None


def find_number_form(values: "pa.Array", decimal: str | None = None) -> NumberFit:
    """Find the form in which most values are numbers.

    values: the distinct texts of a column, without nulls. decimal: the mark of decimals where nothing else tells it.
    """
    found = find_form_of_values(values)
    if found.ambiguous is None or decimal is None:
        return found
    marked = "," if "," in found.ambiguous else "."
    form = {
        (".", "."): NumberForm.PLAIN,
        (".", ","): NumberForm.THOUSANDS_COMMA,
        (",", "."): NumberForm.POINTS_AND_COMMA,
        (",", ","): NumberForm.DECIMAL_COMMA,
    }
    return NumberFit(form[decimal, marked], found.fits)


def find_form_of_values(values: "pa.Array") -> NumberFit:
    """Find the form in which most values are numbers by the values alone."""
    unified = unify_signs(values)
    plain = matches(unified, NUMBER)
    if plain.all():
        return NumberFit(NumberForm.PLAIN, plain, find_thousands_with_points(unified))
    comma_group, comma_groups = matches(unified, COMMA_GROUP), matches(unified, COMMA_GROUPS)
    comma, point_groups = matches(unified, COMMA), matches(unified, POINT_GROUPS)
    has_decimal_comma = bool((comma & ~comma_group).any() or point_groups.any())
    has_thousands_comma = bool(comma_groups.any())
    fitting = {form: matches(unified, pattern) for form, pattern in ALLOWED.items()}
    if not has_decimal_comma and not has_thousands_comma and comma_group.any():
        fits = plain | comma_group
        ambiguous = values[int(comma_group.argmax())].as_py() if fits.all() else None
        return NumberFit(NumberForm.PLAIN, fits if fits.all() else plain, ambiguous)
    shown = {
        NumberForm.PLAIN: True,
        NumberForm.DECIMAL_COMMA: has_decimal_comma,
        NumberForm.POINTS_AND_COMMA: has_decimal_comma,
        NumberForm.THOUSANDS_COMMA: has_thousands_comma,
    }
    form = max((form for form in fitting if shown[form]), key=lambda form: int(fitting[form].sum()))
    return NumberFit(form, fitting[form])


def find_thousands_with_points(values: "pa.Array") -> str | None:
    """Return a value such as 8.441 of a column that may part thousands with points; None for other columns.

    It may where every value with a point has one to three digits before and three behind it, and others are whole
    numbers of at most three digits: 85, 621, 1.665. A column in which all values have a point has decimals.
    """
    points = matches(values, r"\.")
    if not points.any() or not (points == matches(values, POINT_GROUP)).all():
        return None
    short = matches(values, r"^[+-]?\d{1,3}$")
    if not (points | short).all() or points.all():
        return None
    found: str = values[int(points.argmax())].as_py()
    return found


def all_have_three_decimals(values: "pa.Array") -> bool:
    """Return whether each value with a decimal point might part thousands with it, and there is one."""
    points = matches(values, r"\.")
    return bool(points.any() and (points == matches(values, POINT_GROUP)).all())


def check_unambiguous(what: str, form: NumberFit) -> None:
    """Check that the marks in numbers can mean one thing only. what: the column or the times, for the message.

    Raises:
        ValueError: They may part thousands or be decimals.
    """
    if form.ambiguous is not None:
        raise ValueError(
            f"{what} has numbers such as {form.ambiguous!r}, which may part thousands or be decimals: "
            "write all with a decimal point and nothing else"
        )


def show_point_decimals(values: "pa.Array") -> bool:
    """Return whether some value has decimals behind a point that cannot be thousands."""
    return bool(matches(values, r"\.(\d{1,2}|\d{4,})$|^[+-]?0?\.\d").any())


def parse_numbers(values: "pa.Array", form: NumberForm | None) -> NDArray[np.float64]:
    """Return texts as numbers, (N,); NaN for nulls and for what is no number in that form (None: plain)."""
    import pyarrow as pa
    from pyarrow import compute

    form = NumberForm.PLAIN if form is None or form == NumberForm.WHOLE else form
    if form == NumberForm.PLAIN:
        try:
            return to_floats(compute.cast(values, pa.float64()))
        except pa.ArrowInvalid:
            pass
    unified = unify_signs(values)
    fits = compute.match_substring_regex(unified, ALLOWED[form] if form != NumberForm.PLAIN else NUMBER_OR_CODE)
    unified = compute.if_else(compute.fill_null(fits, False), unified, pa.scalar(None, unified.type))
    if form in {NumberForm.DECIMAL_COMMA, NumberForm.POINTS_AND_COMMA}:
        unified = compute.replace_substring(compute.replace_substring(unified, ".", ""), ",", ".")
    elif form == NumberForm.THOUSANDS_COMMA:
        unified = compute.replace_substring(unified, ",", "")
    return to_floats(compute.cast(unified, pa.float64()))


def to_floats(numbers: "pa.Array") -> NDArray[np.float64]:
    """Return an Arrow array of floats as NumPy's, NaN for nulls."""
    found: NDArray[np.float64] = numbers.to_numpy(zero_copy_only=False)
    return found


def unify_signs(values: "pa.Array") -> "pa.Array":
    """Write minus as -, Fortran's exponent D as E, and take out blanks and apostrophes between thousands."""
    from pyarrow import compute

    values = compute.replace_substring(values, "\u2212", "-")
    parted = compute.match_substring_regex(values, PARTED)
    if compute.any(parted, min_count=0).as_py():
        values = compute.if_else(parted, compute.replace_substring_regex(values, f"[{SPACES}]", ""), values)
    return compute.replace_substring_regex(values, r"^([+-]?\d+\.?\d*)[dD]([+-]?\d+)$", r"\1E\2")


def matches(values: "pa.Array", pattern: str) -> NDArray[np.bool_]:
    """Return in which texts a pattern is found, (N,); in nulls it is not."""
    from pyarrow import compute

    found: Any = compute.fill_null(compute.match_substring_regex(values, pattern), False)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.bool_)
