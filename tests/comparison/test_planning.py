"""The study that a request asks of one's own data."""

import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from imbaloss.comparison.first_checks import parse_budget

FORM = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h)")  # what a budget was before pandas read it
SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
LONGEST = 292 * 365 * 86400  # seconds, about what pandas counts
WORDS = (
    "s 90 0s 0.0h -10m +10m inf infs nan NaT soon 1e3s .5h 1.h 1.2.3h 1,5h 10ms 5us 1d 1h30m 00:10:00 2H 10M 1_0s 10mm"
)
NO_TIMES = [*WORDS.split(), "", "1 day", "10 min", "1 0s", "P0DT1H", "9999999999999h", 60, None]


@given(
    text=st.from_regex(r" ?[0-9]{1,7}(\.[0-9]{1,6})?[ \t]{0,2}[smh] ?", fullmatch=True)
    | st.text("019. smhdinf-+e:", max_size=8)
)
@example("90s")
@example("10m")
@example("2h")
@example("1.5h")
@example("0.0000001s")
@example("\uff11.\uff15m")  # digits of a Japanese keyboard
def test_a_budget_is_a_plain_number_above_0_and_its_unit(text):
    found = FORM.fullmatch(text.strip())
    seconds = float(found[1]) * SECONDS[found[2]] if found else 0.0
    assume(seconds == 0 or 1e-9 <= seconds < LONGEST)
    if seconds:
        assert parse_budget(text) == pytest.approx(seconds, rel=1e-12, abs=1e-9)
    else:
        with pytest.raises(ValueError, match="budget must be a time"):
            parse_budget(text)


@pytest.mark.parametrize("text", NO_TIMES)
def test_what_is_no_time_is_refused_though_pandas_may_read_it(text):
    with pytest.raises(ValueError, match=re.escape(f"budget must be a time, such as 90s, 10m or 2h, found {text!r}")):
        parse_budget(text)
