"""Counts of flagged rows: they are those of the raw predictions at every threshold, and thresholds can be typed."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from imbaloss.comparison.sentences import count_threshold_decimals
from imbaloss.comparison.summary.flagged_rows import MOST_SORTED, FlaggedRows, count_flagged_rows
from imbaloss.studies import Predictions

probabilities = st.one_of(
    st.floats(0, 1, allow_subnormal=False),
    st.floats(0, 1, width=32).map(float),  # as a network in float32 gives them
    st.sampled_from([0.0, 0.07, 0.3, 0.30000000000000004, 0.5, 1.0]),  # ties, and neighbours of round thresholds
)


@st.composite
def parts(draw, weighted: bool = False) -> Predictions:
    rows = draw(st.integers(2, 40))
    values = np.array(draw(st.lists(probabilities, min_size=rows, max_size=rows)))
    labels = np.array([0, 1, *draw(st.lists(st.integers(0, 1), min_size=rows - 2, max_size=rows - 2))])
    images = np.array(draw(st.permutations(range(rows))))
    weights = np.array(draw(st.lists(st.floats(0.1, 9), min_size=rows, max_size=rows))) if weighted else None
    return Predictions(labels, values, images, weights=weights)


def count_raw(tests: list[Predictions], threshold: float, label: int) -> float:
    return sum(
        float((np.ones(len(test.labels)) if test.weights is None else test.weights)[
            (test.labels == label) & (test.probabilities >= threshold)
        ].sum())
        for test in tests
    )  # fmt: skip


@given(tests=st.lists(parts(), min_size=1, max_size=3), chosen=st.floats(0, 1))
def test_counts_at_every_threshold_are_those_of_the_raw_predictions(tests, chosen):
    flagged = count_flagged_rows(tests, chosen)
    for place, threshold in enumerate(flagged.thresholds.tolist()):
        for label in (0, 1):
            assert flagged.numbers[:, label, place].sum() == count_raw(tests, threshold, label)
    assert flagged.totals.sum(axis=0).tolist() == [count_raw(tests, 0, label) for label in (0, 1)]


@given(tests=st.lists(parts(weighted=True), min_size=1, max_size=2))
def test_rows_with_weights_count_by_them(tests):
    flagged = count_flagged_rows(tests, 0.4)
    for place, threshold in enumerate(flagged.thresholds.tolist()):
        for label in (0, 1):
            assert np.isclose(flagged.numbers[:, label, place].sum(), count_raw(tests, threshold, label))


@given(tests=st.lists(parts(), min_size=1, max_size=3), chosen=st.floats(0, 1))
def test_the_chosen_threshold_is_one_of_them_and_no_two_flag_the_same_rows(tests, chosen):
    flagged = count_flagged_rows(tests, chosen)
    assert (flagged.thresholds == chosen).sum() == 1
    of_all = flagged.numbers.sum(axis=(0, 1))
    assert (np.diff(flagged.thresholds) > 0).all()
    assert (np.diff(of_all) < 0).all()
    assert of_all[0] == flagged.totals.sum()


def draw_rows(rows: int, seed: int = 0) -> Predictions:
    generator = np.random.default_rng(seed)
    labels = (generator.random(rows) < 0.05).astype(np.int64)
    values = 1 / (1 + np.exp(4 - 2 * generator.normal(size=rows) - 2 * labels))
    return Predictions(labels, values, np.arange(rows))


def test_other_thresholds_than_the_chosen_one_have_three_digits_or_two_decimals():
    """So that a page shows them as they are."""
    flagged = count_flagged_rows([draw_rows(2000)], chosen := 0.123456789)
    others = [value for value in flagged.thresholds.tolist() if value != chosen]
    assert len(others) > 100
    assert [value for value in others if value != round(value, count_threshold_decimals(value))] == []


def test_thresholds_are_close_where_few_rows_are_flagged():
    """So that a capacity is used: of more rows than are sorted, too."""
    for rows in (3000, 2 * MOST_SORTED):
        flagged = count_flagged_rows([draw_rows(rows)], 0.5)
        shares = flagged.numbers.sum(axis=(0, 1)) / rows
        for capacity in (0.01, 0.03, 0.1, 0.3):
            assert shares[shares <= capacity].max() > 0.9 * capacity


def test_shares_leave_out_repetitions_without_rows_of_the_class():
    negative = Predictions(np.zeros(3, np.int64), np.array([0.1, 0.2, 0.9]), np.arange(3))
    flagged = count_flagged_rows([negative, draw_rows(500)], 0.5)
    assert flagged.list_shares(1).shape[0] == 1
    assert flagged.list_shares(0).shape[0] == 2
    assert np.isfinite(flagged.sum_shares(1)).all()


def test_a_row_that_is_tested_again_is_no_other_row():
    def different(*tests: Predictions) -> FlaggedRows:
        return count_flagged_rows(tests, 0.5)

    test = draw_rows(400)
    assert sum(different(test, test).different) == 400
    weights = np.where(np.arange(400) % 2, 1.0, 3.0)
    weighed = Predictions(test.labels, test.probabilities, test.images, weights=weights)
    assert np.isclose(different(weighed, weighed).different[0], 0.8 * (test.labels == 0).sum(), rtol=0.02)
