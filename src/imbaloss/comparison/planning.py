"""Planning the study of a request: its methods, the number of repetitions, and the recipe."""

from contextlib import suppress
from dataclasses import replace
from typing import Any
from unicodedata import decimal

import pandas as pd

from imbaloss.comparison.columns import Schema
from imbaloss.comparison.own_data import FOLDS, Own
from imbaloss.comparison.preparation import ImagePreparation
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.study import OwnStudy, choose_methods, choose_recipe, choose_repetitions
from imbaloss.data import InputForm
from imbaloss.evaluation.calibration import NONE
from imbaloss.evaluation.sample_costs import EXPECTED_COST
from imbaloss.learners import Method
from imbaloss.learners.estimators import BASELINE
from imbaloss.training.recipe import check_entries, read_entries

MOST_COLUMNS = 500  # more columns are permuted only on request
MOST_PERMUTATIONS = 5  # of one column
PERMUTED = 120  # permutations of all columns together, in a repetition
UNITS = ("s", "m", "h")  # of a budget: seconds, minutes, hours


def plan_study(request: ComparisonRequest, own: Own) -> OwnStudy:
    """Plan the study of a request: methods, repetitions, recipe and facts on the data. Nothing is trained.

    With a budget the study has one repetition, to which training adds.

    Raises:
        ValueError: A method is unknown, or its class or a parameter does not exist. Or an option has a value that it
            does not admit, options exclude each other, or the recipe cannot train a method.
        TypeError: A method is neither text nor a classifier of scikit-learn's kind.
    """
    request.check_combinations()
    check_costs(request)
    request.check_numbers()
    methods = choose_methods(request, images=own.kind.of_images)
    if any(method.input_form is InputForm.BASELINE for method in methods) and own.baseline is None:
        raise ValueError(f"the method baseline needs a column: name it by {request.write_option('baseline')}")
    if any(method.sampler.by_costs for method in methods) and own.costs is None:
        raise ValueError(f"the sampler cost_weights needs the costs of each row: give {request.write_option('cost')}")
    if own.baseline is not None:
        methods = tuple(dict.fromkeys((*methods, Method.parse(BASELINE))))
    train = sum(own.split_counts(0, own.each_fold[0])["train"])
    alone: dict[str, Any] = {"tune_lr": ()} if "lr" in request.recipe else {}
    alone |= {"threshold": EXPECTED_COST} if own.costs else {}
    check_entries(request.recipe)
    entries = choose_recipe(train, {**alone, **request.recipe}, images=own.kind.of_images, settings=request.settings)
    recipe, decision = read_entries(entries)
    for method in methods:
        method.learner.check_loss(method.loss, recipe)
    recipe.check_shape(own.shape)
    seconds = budget_in_seconds(request)
    return OwnStudy(
        name=own.name,
        target=request.target,
        negative=own.negative,
        positive=own.positive,
        level=own.level,
        data=own.checksum,
        methods=tuple(replace(method, decision=decision) for method in methods),
        repetitions=request.repetitions or (1 if seconds else choose_repetitions(len(own.labels))),
        folds=own.folds if own.division == FOLDS else 0,
        recipe=recipe,
        entries=entries,
        margin=request.margin,
        cost=str(own.costs or ""),
        command=request.command,
        noun=f"{own.kind.noun}s",
        settings=request.settings,
        permutations=choose_permutations(request, own.kind),
    )


def choose_permutations(request: ComparisonRequest, kind: Schema | ImagePreparation) -> int:
    """Return how often each column is permuted in a repetition to tell what it matters; 0 to leave that out.

    It is left out for images and for a single column, and for more than 500 columns unless it is asked for. There are
    up to 5 permutations, and fewer for many columns.

    Raises:
        ValueError: It is asked for, and the data are images.
    """
    if isinstance(kind, ImagePreparation):
        if request.importance:
            raise ValueError(f"{request.write_option('importance')} needs a table: images have no columns")
        return 0
    columns = len(kind.read_from)
    if request.importance is False or columns < 2 or (columns > MOST_COLUMNS and not request.importance):
        return 0
    return max(min(MOST_PERMUTATIONS, PERMUTED // columns), 1)


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
        return
    if threshold is not None:
        raise ValueError(f"{cost} and {rule} cannot be combined: each row is decided by its own costs")
    if calibration == NONE:
        raise ValueError(
            f"{cost} needs probabilities: leave out {request.write_option('calibration')} none, since scores without "
            "calibration are none"
        )


def budget_in_seconds(request: ComparisonRequest) -> float | None:
    """Return the budget of a request in seconds, such as 600.0 for "10m"; None if it has no budget.

    Raises:
        ValueError: The budget is no time.
    """
    return None if request.budget is None else parse_budget(request.budget)


def parse_budget(budget: str) -> float:
    """Parse a time such as 90s, 10m or 1.5 h, and return it in seconds. Units are s, m and h.

    Raises:
        ValueError: The text is not a plain number above 0 followed by a unit, or the time is above 292 years, the limit
            of pandas.
    """
    text = str(budget).strip()
    amount, unit = text[:-1].rstrip(), text[-1:]
    if unit in UNITS and all(digits.isdecimal() for digits in amount.split(".", 1)):
        plain = ".".join("".join(str(decimal(digit)) for digit in digits) for digits in amount.split("."))
        with suppress(ValueError):
            if seconds := pd.Timedelta(f"{plain}{unit}").total_seconds():
                return seconds
    raise ValueError(f"budget must be a time, such as 90s, 10m or 2h, found {budget!r}")
