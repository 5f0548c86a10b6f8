"""Costs that differ by sample: decisions and savings, against empulse and against every possible decision."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbaloss.evaluation import Objective, Rule
from imbaloss.evaluation.objective import average_constants
from imbaloss.evaluation.sample_costs import (
    ExpectedCost,
    average_constant_costs,
    check_sample_costs,
    decide_by_costs,
    find_least_cost,
    take_costs,
    weigh_evidence,
)


def draw_samples(size: int = 200, seed: int = 7):
    generator = np.random.default_rng(seed)
    labels = (generator.random(size) < 0.2).astype(np.int64)
    probabilities = generator.random(size)
    return labels, probabilities, generator.integers(0, 1000, (size, 4)) / 10 * [0.1, 1, 1, 0.1]


def test_costs_and_savings_are_those_of_empulse():
    """The numbers are of empulse 0.13.1, `cost_loss(normalize=True)` and `savings_score` of these decisions:

    named = dict(zip(("tn_cost", "fp_cost", "fn_cost", "tp_cost"), costs.T))
    """
    labels, probabilities, costs = draw_samples()
    flagged = decide_by_costs(probabilities, costs)
    assert flagged.sum() == 95
    cost = take_costs(labels, flagged, costs).mean()
    none, every = average_constant_costs(labels, costs)
    assert cost == pytest.approx(22.254949999999997, abs=1e-9)
    assert (none, every) == pytest.approx((13.26925, 39.06015), abs=1e-9)
    assert 1 - cost / min(none, every) == pytest.approx(-0.6771822069823088, abs=1e-9)


def test_costs_and_savings_are_those_of_the_installed_empulse():
    metrics = pytest.importorskip("empulse.metrics")
    for seed in range(20):
        labels, probabilities, costs = draw_samples(seed=seed)
        flagged = decide_by_costs(probabilities, costs)
        named = dict(zip(("tn_cost", "fp_cost", "fn_cost", "tp_cost"), costs.T, strict=True))
        expected = metrics.cost_loss(labels, flagged.astype(int), normalize=True, **named)
        assert take_costs(labels, flagged, costs).mean() == pytest.approx(expected, abs=1e-9)
        saved = 1 - expected / min(average_constant_costs(labels, costs))
        assert saved == pytest.approx(metrics.savings_score(labels, flagged.astype(int), **named), abs=1e-9)


@given(st.integers(0, 2**32), st.integers(1, 8))
def test_no_other_decision_has_a_lower_expected_cost(seed, size):
    generator = np.random.default_rng(seed)
    probabilities = generator.integers(0, 5, size) / 4
    costs = generator.integers(0, 4, (size, 4)).astype(float)
    tn, fp, fn, tp = costs.T
    of_flagging, of_keeping = (
        probabilities * tp + (1 - probabilities) * fp,
        probabilities * fn + (1 - probabilities) * tn,
    )
    flagged = decide_by_costs(probabilities, costs)
    assert (np.where(flagged, of_flagging, of_keeping) == np.minimum(of_flagging, of_keeping)).all()
    assert not flagged[of_flagging == of_keeping].any()


@given(st.integers(0, 2**32), st.integers(1, 12))
def test_the_evidence_is_positive_where_flagging_is_cheaper(seed, size):
    generator = np.random.default_rng(seed)
    probabilities = generator.random(size)
    costs = generator.integers(0, 4, (size, 4)).astype(float)
    tn, fp, fn, tp = costs.T
    kept = ~((fp < tn) & (fn < tp))  # both mistakes are cheaper: refused
    evidence = weigh_evidence(probabilities[kept], costs[kept])
    assert ((evidence > 0) == decide_by_costs(probabilities[kept], costs[kept])).all()


@given(st.integers(0, 2**32), st.integers(2, 10))
def test_the_least_cost_is_that_of_the_best_cut(seed, size):
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 2, size)
    probabilities, weights = generator.integers(1, 5, size) / 5, generator.integers(1, 4, size).astype(float)
    costs = np.stack([np.zeros(size), *generator.integers(1, 9, (2, size)), np.zeros(size)], axis=1)
    evidence = weigh_evidence(probabilities, costs)
    cuts = [-np.inf, *evidence, np.inf]
    every = [np.average(take_costs(labels, evidence >= cut, costs), weights=weights) for cut in cuts]
    assert find_least_cost(labels, probabilities, costs, weights) == pytest.approx(min(every))


def test_equal_costs_decide_as_one_threshold():
    labels, probabilities, _ = draw_samples()
    costs = np.tile([0.0, 1.0, 9.0, 0.0], (len(labels), 1))
    assert (decide_by_costs(probabilities, costs) == (probabilities > 0.1)).all()
    rule = Rule.parse("cost:fn=9,fp=1")
    assert average_constants(rule, labels) == pytest.approx(average_constants(ExpectedCost(), labels, costs))
    for name in ("cost", "savings"):
        by_row = Objective(name).compute_best(ExpectedCost(), labels, probabilities, None, costs)
        assert by_row == pytest.approx(Objective(name).compute_best(rule, labels, probabilities))


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ([0, np.nan, 1, 0], "costs must be finite and >= 0, and fp of row 3 is nan"),
        ([0, 1, -1, 0], "costs must be finite and >= 0, and fn of row 3 is -1"),
        ([0, 1, np.inf, 0], "and fn of row 3 is inf"),
        ([2, 1, 1, 2], "in row 3 both cost less: fp 1 < tn 2 and fn 1 < tp 2"),
    ],
)
def test_costs_that_mean_nothing_are_refused(row, sentence):
    costs = np.array([[0, 1, 9, 0], [0, 1, 0, 5], row], dtype=float)
    with pytest.raises(ValueError, match=sentence):
        check_sample_costs(costs)
