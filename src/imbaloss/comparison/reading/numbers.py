"""Numbers in text: decimal commas, thousands separators, signs. A whole column decides the form."""

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
SPACES = "\u00a0\u2007\u2009\u202f '\u2019"  # blanks and apostrophes that separate thousands
PARTED = rf"^([+-]?\d{{1,3}}([{SPACES}]\d{{3}})+)([.,]\d+)?$"
COMMA = rf"^[+-]?\d*,\d+{EXPONENT}$"  # 1,5
COMMA_GROUP = r"^[+-]?[1-9]\d{0,2},\d{3}$"  # 1,234, where the comma separates decimals or thousands
COMMA_GROUPS = r"^[+-]?[1-9]\d{0,2}(,\d{3}){2,}(\.\d+)?$|^[+-]?[1-9]\d{0,2},\d{3}\.\d+$"  # 1,234,567 and 1,234.5
POINT_GROUP = r"^[+-]?[1-9]\d{0,2}\.\d{3}$"  # 1.234
POINT_GROUPS = r"^[+-]?[1-9]\d{0,2}(\.\d{3}){2,}(,\d+)?$|^[+-]?[1-9]\d{0,2}\.\d{3},\d+$"  # 1.234.567 and 1.234,5

ALLOWED = {  # the pattern of the numbers of each form
    NumberForm.PLAIN: NUMBER,
    NumberForm.DECIMAL_COMMA: f"{INTEGER}|{COMMA}",
    NumberForm.POINTS_AND_COMMA: "|".join((INTEGER, COMMA, POINT_GROUP, POINT_GROUPS)),
    NumberForm.THOUSANDS_COMMA: "|".join((NUMBER, COMMA_GROUP, COMMA_GROUPS)),
}


@dataclass(frozen=True)
class NumberFit:
    """The form in which the numbers of a column are written, and the values that have it."""

    form: NumberForm  # the form that fits most values
    fits: NDArray[np.bool_]  # (N,), whether each value is a number in that form
    ambiguous: str | None = None  # a number whose mark may separate thousands or decimals; None if the column decides


def find_number_form(values: "pa.Array", decimal: str | None = None) -> NumberFit:
    """Find the form, such as decimal commas, in which most texts are numbers, and say which texts are numbers in it.

    Args:
        values: The distinct texts of a column, without nulls.
        decimal: The decimal mark, "." or ",", which decides if the values leave open whether a mark separates thousands
            or decimals. None: then the result has such a value as `ambiguous`.

    Returns:
        The form; whether each text fits, (N,), all false if no text is a number; and an ambiguous text or None.
    """
    number_fit = find_form_of_values(values)
    if number_fit.ambiguous is None or decimal is None:
        return number_fit
    marked = "," if "," in number_fit.ambiguous else "."
    form = {
        (".", "."): NumberForm.PLAIN,
        (".", ","): NumberForm.THOUSANDS_COMMA,
        (",", "."): NumberForm.POINTS_AND_COMMA,
        (",", ","): NumberForm.DECIMAL_COMMA,
    }
    return NumberFit(form[decimal, marked], number_fit.fits)


def find_form_of_values(values: "pa.Array") -> NumberFit:
    """Find the form in which most texts are numbers, from the texts alone.

    values: The distinct texts of a column, without nulls.

    Returns:
        The form; whether each text fits, (N,); and a text such as 1,234 whose mark may separate thousands or decimals,
        or None if all fitting texts are clear.
    """
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
    """Return a text such as 8.441 of a column whose points may separate thousands; None for other columns.

    In such a column every value with a point has one to three digits before and three behind it, and all others are
    whole numbers of at most three digits: 85, 621, 1.665. A column in which all values have a point has decimals and
    gives None.
    """
    points = matches(values, r"\.")
    if not points.any() or not (points == matches(values, POINT_GROUP)).all():
        return None
    short = matches(values, r"^[+-]?\d{1,3}$")
    if not (points | short).all() or points.all():
        return None
    example: str = values[int(points.argmax())].as_py()
    return example


def all_have_three_decimals(values: "pa.Array") -> bool:
    """Say whether some text has a point, and every text with a point looks like 1.234.

    Then the points may separate thousands.
    """
    points = matches(values, r"\.")
    return bool(points.any() and (points == matches(values, POINT_GROUP)).all())


def check_unambiguous(subject: str, form: NumberFit) -> None:
    """Check that the marks in numbers have one possible meaning.

    Args:
        subject: The column, which begins the message.
        form: The result of `find_number_form` for its texts.

    Raises:
        ValueError: The marks may separate thousands or decimals.
    """
    if form.ambiguous is not None:
        raise ValueError(
            f"{subject} has numbers such as {form.ambiguous!r}, whose mark may separate thousands or decimals: "
            "write all with a decimal point and nothing else"
        )


def show_point_decimals(values: "pa.Array") -> bool:
    """Say whether some text has decimals behind a point that cannot be thousands, such as 2.5, 3.1416 or 0.125."""
    return bool(matches(values, r"\.(\d{1,2}|\d{4,})$|^[+-]?0?\.\d").any())


def parse_numbers(values: "pa.Array", form: NumberForm | None) -> NDArray[np.float64]:
    """Parse texts as numbers, (N,); nulls and texts that are no number in the given form become NaN.

    A typographic minus and blanks or apostrophes between thousands are understood; "inf" becomes infinity.

    Args:
        values: The texts.
        form: How the numbers are written, such as with decimal commas; None for a decimal point and no separators.
    """
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
    """Convert an Arrow array of numbers to NumPy, (N,); nulls become NaN."""
    floats: NDArray[np.float64] = numbers.to_numpy(zero_copy_only=False)
    return floats


def unify_signs(values: "pa.Array") -> "pa.Array":
    """Replace a typographic minus by - and Fortran's exponent D by E, and drop blanks and apostrophes in thousands.

    Texts without these, and nulls, are unchanged.
    """
    from pyarrow import compute

    values = compute.replace_substring(values, "\u2212", "-")
    parted = compute.match_substring_regex(values, PARTED)
    if compute.any(parted, min_count=0).as_py():
        values = compute.if_else(parted, compute.replace_substring_regex(values, f"[{SPACES}]", ""), values)
    return compute.replace_substring_regex(values, r"^([+-]?\d+\.?\d*)[dD]([+-]?\d+)$", r"\1E\2")


def matches(values: "pa.Array", pattern: str) -> NDArray[np.bool_]:
    """Say which texts match a pattern, (N,): anywhere, unless the pattern has ^ and $. Nulls do not.

    pattern: A regular expression of RE2, in which upper and lower case differ.
    """
    from pyarrow import compute

    is_match: Any = compute.fill_null(compute.match_substring_regex(values, pattern), False)
    return np.asarray(is_match.to_numpy(zero_copy_only=False), dtype=np.bool_)
