"""Costs of decisions that differ by sample.

They are an array (N, 4) in any unit: what a true negative, false positive, false negative and true positive cost.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Flags = NDArray[np.bool_]
OUTCOMES = ("tn", "fp", "fn", "tp")
EXPECTED_COST = "expected_cost"


@dataclass(frozen=True)
class ExpectedCost:
    """The rule that decides each sample by its own costs: as the lower expected cost says.

    It stands in the place of a rule for one threshold, with the same `name` and `parameters`.
    """

    name: str = field(default=EXPECTED_COST, init=False)
    parameters: dict[str, float] = field(default_factory=dict, init=False, hash=False)

    def __str__(self) -> str:
        """Return its name, which is its text in a recipe."""
        return self.name


def check_sample_costs(costs: Floats, first_row: int = 1) -> Floats:
    """Return costs (N, 4) unchanged if they are finite, at least 0, and decide what is a mistake.

    first_row: The number of the first row, for messages.

    Raises:
        ValueError: A cost is NaN, infinite or below 0. Or both mistakes of a sample cost less than the right decisions.
            The message names the first such row.
    """
    wrong = ~(np.isfinite(costs) & (costs >= 0))
    if wrong.any():
        row, place = np.argwhere(wrong)[0].tolist()
        raise ValueError(
            f"costs must be finite and >= 0, and {OUTCOMES[place]} of row {row + first_row} is {costs[row, place]:g}"
        )
    tn, fp, fn, tp = costs.T
    reversed_rows = (fp < tn) & (fn < tp)
    if reversed_rows.any():
        row = int(reversed_rows.argmax())
        raise ValueError(
            f"mistakes must cost more than right decisions, and in row {row + first_row} both cost less: "
            f"fp {fp[row]:g} < tn {tn[row]:g} and fn {fn[row]:g} < tp {tp[row]:g}"
        )
    return costs


def weigh_evidence(probabilities: Floats, costs: Floats) -> Floats:
    """Return the log-odds of each sample minus the log-odds from which on flagging it is cheaper, (N,).

    A sample is to be flagged if the value is above 0. It is infinite where the costs decide alone: a mistake that costs
    no more than the right decision is no mistake. Where both decisions always cost the same it is minus infinity.

    Args:
        probabilities: (N,), of class 1.
        costs: (N, 4).

    Source: Elkan 2001 (IJCAI), equation 2, for each sample.
    """
    tn, fp, fn, tp = costs.T
    missing, alarming = fn - tp, fp - tn  # what the mistakes cost beyond the right decisions
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.log(probabilities * missing) - np.log((1 - probabilities) * alarming)
    never, always = (missing <= 0) & (alarming >= 0), (alarming <= 0) & (missing > 0)
    values: Floats = np.where(never, -np.inf, np.where(always | (alarming < 0), np.inf, odds))
    return values


def decide_by_costs(probabilities: Floats, costs: Floats) -> Flags:
    """Say for each sample whether it is cheaper, in expectation, to flag it, (N,). What costs the same is not flagged.

    probabilities: (N,), of class 1, which must be calibrated. costs: (N, 4).
    """
    tn, fp, fn, tp = costs.T
    flags: Flags = probabilities * tp + (1 - probabilities) * fp < probabilities * fn + (1 - probabilities) * tn
    return flags


def take_costs(labels: Labels, flagged: Flags, costs: Floats) -> Floats:
    """Return the cost of each decision, (N,). labels: (N,), 0 or 1. flagged: (N,). costs: (N, 4)."""
    taken: Floats = costs[np.arange(len(labels)), 2 * labels + flagged]
    return taken


def average_constant_costs(labels: Labels, costs: Floats, weights: Floats | None = None) -> tuple[float, float]:
    """Return the mean costs of flagging no sample and of flagging all samples.

    Args:
        labels: (N,), 0 or 1.
        costs: (N, 4).
        weights: (N,), of the samples; None for equal ones.
    """
    none, every = (
        float(np.average(take_costs(labels, np.full(len(labels), flag), costs), weights=weights))
        for flag in (False, True)
    )
    return none, every


def find_least_cost(labels: Labels, probabilities: Floats, costs: Floats, weights: Floats | None = None) -> float:
    """Return the lowest mean cost of the decisions that flag the samples with the most evidence, at the best cut.

    Calibrated probabilities have their best cut near 0, where `decide_by_costs` places it. Before calibration another
    cut may be the best, so that candidates are compared by this number.

    Args:
        labels: (N,), 0 or 1.
        probabilities: (N,), of class 1.
        costs: (N, 4).
        weights: (N,), of the samples; None for equal ones.
    """
    evidence = weigh_evidence(probabilities, costs)
    order = np.argsort(-evidence, kind="stable")
    weights = np.ones(len(labels)) if weights is None else weights
    kept, flagged = (weights * take_costs(labels, np.full(len(labels), flag), costs) for flag in (False, True))
    steps = np.cumsum((flagged - kept)[order])
    ends = np.append(evidence[order][:-1] != evidence[order][1:], True)
    return float((kept.sum() + min(0.0, steps[ends].min())) / weights.sum())
