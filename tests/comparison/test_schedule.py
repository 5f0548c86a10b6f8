"""What fits into a budget, by numbers alone."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbaloss.comparison.first_checks import parse_budget
from imbaloss.comparison.schedule import FEWEST, LONGER, Cost, Schedule, describe_left_out, write_budget
from imbaloss.learners import Method

METHODS = tuple(map(Method.parse, ("logistic_regression", "lightgbm", "ce", "mse", "focal", "mfe")))
seconds = st.floats(0.01, 1e4)
lefts = st.floats(-1e3, 1e6)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """A schedule of one to three methods on a machine of any load, some of which only averages need."""
    methods = METHODS[: draw(st.integers(1, 3))]
    costs = tuple(Cost((method,), draw(seconds)) for method in methods)
    growth, slowness = draw(st.floats(1.0, 3.0)), draw(st.floats(1.0, 10.0))
    only_members = frozenset(draw(st.sets(st.sampled_from(METHODS))))
    measuring = draw(st.just(0.0) | seconds)
    return Schedule(growth, slowness, costs, measured=5, most_measuring=measuring, only_members=only_members)


@given(schedules(), lefts, st.integers(1, 3), st.floats(0.01, 0.99))
def test_what_keeps_the_limit_fits_and_what_exceeds_it_does_not(schedule, left, number, share):
    others = METHODS[3 : 3 + number]
    limit = schedule.find_limit(left, others)
    if limit > 1e-6:
        within = share * limit
        assert schedule.add(Cost(others, within)).fits(left - within)
    beyond = max(limit, 0) * 1.01 + 1e-3
    assert not schedule.add(Cost(others, beyond)).fits(left - beyond)


@given(schedules(), lefts, seconds)
def test_the_most_methods_that_fit_by_the_time_of_one_are_taken(schedule, left, each):
    number = schedule.count_fitting(left, METHODS[3:], each)
    assert 0 <= number <= 3
    assert not number or number * each <= schedule.find_limit(left, METHODS[3 : 3 + number])
    assert all(more * each > schedule.find_limit(left, METHODS[3 : 3 + more]) for more in range(number + 1, 4))


@given(schedules(), lefts)
def test_time_to_measure_columns_is_that_of_five_repetitions_of_the_costliest_method_but_no_more_than_the_limit(
    schedule, left
):
    costliest = max(cost.share for cost in schedule.costs)
    assert schedule.measuring == min(5 * costliest, schedule.most_measuring)
    assert schedule.ending >= schedule.measuring + schedule.final
    without = replace(schedule, most_measuring=0.0)
    assert without.find_limit(left, METHODS[3:5]) >= schedule.find_limit(left, METHODS[3:5]) - 1e-6 * abs(left)


@given(schedules(), lefts, seconds)
def test_repetitions_leave_time_for_the_final_training_and_the_page(schedule, left, slowest):
    number = schedule.count_repetitions(left, slowest)
    longest = max(schedule.repetition, slowest)
    assert number == 0 or number * longest + schedule.ending <= left * (1 + 1e-9)
    assert (number + 1) * longest + schedule.ending > left * (1 - 1e-9)


@given(schedules(), lefts)
def test_methods_that_fit_get_the_fewest_repetitions_and_a_longer_time_keeps_them(schedule, left):
    if schedule.fits(left):
        assert schedule.count_repetitions(left + 1e-6 * abs(left)) >= FEWEST - 1
        assert schedule.fits(left + 1)


@given(schedules(), seconds, st.floats(1, 1e5))
def test_the_budget_of_the_note_is_longer_and_admits_what_was_left_out(schedule, missing, budget):
    left_out = [Cost(METHODS[3:5], missing)]
    total = schedule.predict_total(left_out)
    whole = schedule.add(left_out[0])
    assert whole.fits(total - sum(cost.seconds for cost in whole.costs))
    note = describe_left_out(left_out, budget, total)
    named = parse_budget(note.removesuffix(" compares them too").rpartition(" ")[2])
    assert named >= max(total, LONGER * budget) * (1 - 1e-9)
    assert note.startswith("Left out for want of time: mse and focal; a budget of about ")


@given(schedules(), st.sets(st.sampled_from(METHODS)))
def test_time_for_the_page_is_that_of_what_it_shows(schedule, others):
    shown = schedule.methods - schedule.only_members
    assert schedule.ending == pytest.approx(schedule.final + schedule.measuring + schedule.find_page(len(shown)))
    kept = schedule.keep(others)
    assert kept.methods == schedule.methods & others
    assert kept.count_shown(kept.methods) + kept.dropped == len(shown)


def test_a_method_of_unknown_time_needs_a_longer_budget():
    note = describe_left_out([Cost(METHODS[2:3], math.inf)], 60, math.inf)
    assert note == "Left out for want of time: ce; a longer budget compares it too"


@pytest.mark.parametrize(
    ("time", "text"),
    [(0.2, "10s"), (41, "50s"), (90, "90s"), (91, "2m"), (720, "12m"), (5400, "90m"), (5401, "2h"), (8000, "2.5h")],
)
def test_a_budget_is_written_as_it_is_asked_for_and_rounded_up(time, text):
    assert write_budget(time) == text
    assert parse_budget(text) >= time
