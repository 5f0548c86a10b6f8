"""Costs: what a decision costs, and the decision that costs least."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from imbaloss.evaluation import costs
from imbaloss.losses import LossSpec
from imbaloss.training.priors import find_best_constant

COSTS = np.array([[1.0, 6.0], [21.0, 1.0]])


@given(
    st.integers(2, 4).flatmap(lambda c: hnp.arrays(np.float64, (c, c), elements=st.floats(0.1, 10))),
    st.integers(0, 2**32 - 1),
)
def test_no_other_decision_has_a_smaller_expected_cost(matrix, seed):
    matrix[np.diag_indices(len(matrix))] = 0
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(len(matrix)), 20)
    decided = costs.choose_cheapest(probabilities, costs.read_costs(matrix, len(matrix)))
    for row, decision in zip(probabilities, decided, strict=True):
        expected = [sum(p * matrix[true, one] for true, p in enumerate(row)) for one in range(len(matrix))]
        assert expected[decision] == pytest.approx(min(expected))


def test_the_threshold_of_two_classes_is_where_both_decisions_cost_alike():
    """Elkan 2001, equation 2: with p = 0.2, calling it negative costs 0.2 x 21 + 0.8 x 1 = 5, positive as much."""
    assert costs.costs_to_threshold(COSTS) == pytest.approx(0.2)
    negative, positive = np.array([0.8, 0.2]) @ COSTS
    assert negative == pytest.approx(positive) == pytest.approx(5)
    probabilities = np.linspace(0, 1, 101)
    decided = costs.choose_cheapest(np.stack([1 - probabilities, probabilities], axis=1), COSTS)
    beyond = np.abs(probabilities - 0.2) > 1e-9
    assert np.array_equal(decided[beyond], (probabilities >= 0.2).astype(int)[beyond])


def test_class_weights_are_what_mistakes_cost_more():
    assert costs.costs_to_class_weights(COSTS) == pytest.approx((0.4, 1.6))
    three = costs.costs_to_class_weights(np.array([[0.0, 1, 1], [2, 0, 2], [0, 9, 0]]) + np.diag([0.0, 0, 0]))
    assert three == pytest.approx((2 / 5, 4 / 5, 9 / 5))


def test_training_by_weights_moves_the_optimum_where_the_costs_want_it():
    """Where the share of positives is the threshold that the costs ask for, 0.2, the best constant says 1/2."""
    weights = costs.costs_to_class_weights(COSTS)
    text = f"ce:class_weights={weights[0]}:{weights[1]}"
    assert find_best_constant(LossSpec.parse(text), (80, 20)) == pytest.approx(0, abs=1e-6)


def test_the_mean_cost_is_in_the_unit_of_the_costs():
    labels, decisions = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    assert costs.mean_cost(labels, decisions, COSTS) == pytest.approx((1 + 6 + 21 + 1) / 4)
    assert costs.mean_cost(labels, decisions, COSTS, [0, 0, 1, 3]) == pytest.approx((21 + 3) / 4)


@pytest.mark.parametrize(
    ("matrix", "sentence"),
    [
        ([[0, 1, 2], [1, 0, 2]], r"costs must have shape \(2, 2\), a row for each true class .* found \(2, 3\)"),
        (5, r"costs must have shape \(2, 2\)"),
        ([[0, 1], [-3, 0]], "costs must be finite and >= 0, found -3 in row 1, column 0"),
        ([[0, float("nan")], [3, 0]], "costs must be finite and >= 0, found nan in row 0, column 1"),
        ([[0, float("inf")], [3, 0]], "costs must be finite and >= 0, found inf in row 0, column 1"),
        ([[0, 1], [3, 5]], r"a mistake must cost more than the right decision, and in row 1 of costs it does not"),
        ([["a", 1], [3, 5]], "costs must be a matrix of numbers, found"),
        ([[0, 1], [3]], "costs must be a matrix of numbers, found"),
    ],
)
def test_other_costs_are_refused(matrix, sentence):
    with pytest.raises(ValueError, match=sentence):
        costs.read_costs(matrix, 2)
