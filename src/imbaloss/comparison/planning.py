"""The study that a request asks of one's own data: which methods, how many repetitions, which recipe."""

from contextlib import suppress
from dataclasses import replace
from unicodedata import decimal

import pandas as pd

from imbaloss.comparison.own_data import FOLDS, Own
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.study import OwnStudy, methods_of, recipe_for, repetitions_for
from imbaloss.training.recipe import check_entries, read_entries

UNITS = ("s", "m", "h")  # of a budget


def plan_study(request: ComparisonRequest, own: Own) -> OwnStudy:
    """Return the study of the methods that are asked for; of a budget it has one repetition.

    Raises:
        ValueError: There is no such method, an option has a value that it does not admit, or a method cannot be
            trained by the recipe.
    """
    methods = methods_of(request.losses, request.samplers, references=request.references)
    train = sum(own.split_counts(0, own.each_fold[0])["train"])
    alone = {"tune_lr": ()} if "lr" in request.recipe else {}
    check_entries(request.recipe)
    entries = recipe_for(train, {**alone, **request.recipe}, images=own.kind.of_images)
    recipe, decision = read_entries(entries)
    for method in methods:
        method.learner.check_loss(method.loss, recipe)
    recipe.check_shape(own.shape)
    if request.repetitions is not None and request.budget is not None:
        raise ValueError("give the number of repetitions, or a budget that decides it, not both")
    request.check_numbers()
    seconds = budget_in_seconds(request)
    return OwnStudy(
        name=own.name,
        target=request.target,
        negative=own.negative,
        positive=own.positive,
        level=own.level,
        data=own.checksum,
        methods=tuple(replace(method, decision=decision) for method in methods),
        repetitions=request.repetitions or (1 if seconds else repetitions_for(len(own.labels))),
        folds=own.folds if own.division == FOLDS else 0,
        recipe=recipe,
        entries=entries,
        margin=request.margin,
        command=request.command,
        things=f"{own.kind.noun}s",
    )


def budget_in_seconds(request: ComparisonRequest) -> float | None:
    """Return the seconds of the budget; None where there is none. Raises ValueError for what is no time."""
    return None if request.budget is None else parse_budget(request.budget)


def parse_budget(budget: str) -> float:
    """Return the seconds of a time: a plain number above 0, and its unit behind it.

    Raises:
        ValueError: The text is no such time, or one of more than 292 years, which pandas does not count.
    """
    text = str(budget).strip()
    amount, unit = text[:-1].rstrip(), text[-1:]
    if unit in UNITS and all(digits.isdecimal() for digits in amount.split(".", 1)):
        plain = ".".join("".join(str(decimal(digit)) for digit in digits) for digits in amount.split("."))
        with suppress(ValueError):
            if seconds := pd.Timedelta(f"{plain}{unit}").total_seconds():
                return seconds
    raise ValueError(f"budget must be a time, as 90s, 10m or 2h, found {budget!r}")
