"""Checks of the recipe of a request: the values of its entries, and its costs."""

from imbaloss.comparison.request import ComparisonRequest
from imbaloss.evaluation.calibration import NONE
from imbaloss.evaluation.sample_costs import EXPECTED_COST
from imbaloss.training.recipe import check_entries, read_entries


def check_recipe(request: ComparisonRequest) -> None:
    """Raise ValueError if an entry of the recipe of a request has a wrong value, or does not go with another."""
    check_costs(request)
    check_entries(request.recipe)
    read_entries({**({"threshold": EXPECTED_COST} if request.cost else {}), **request.recipe})


def check_costs(request: ComparisonRequest) -> None:
    """Check that costs by row are not combined with what decides otherwise, and that probabilities are calibrated.

    Raises:
        ValueError: The request has costs by row, and a threshold rule or no calibration. Or it has the rule
            "expected_cost" without costs by row.
    """
    threshold, calibration = (request.recipe.get(name) for name in ("threshold", "calibration"))
    cost, rule = request.write_option("cost"), request.write_option("threshold")
    if request.cost is None:
        if threshold == EXPECTED_COST:
            raise ValueError(
                f"the rule {EXPECTED_COST} needs the costs of each row: give them by {cost} fn=amount,fp=5"
            )
        if request.keep_cost_columns:
            raise ValueError(f"{request.write_option('keep_cost_columns')} needs costs by row: give them by {cost}")
        return
    if threshold is not None:
        raise ValueError(f"{cost} and {rule} cannot be combined: each row is decided by its own costs")
    if calibration == NONE:
        raise ValueError(
            f"{cost} needs probabilities: leave out {request.write_option('calibration')} none, since scores without "
            "calibration are none"
        )
