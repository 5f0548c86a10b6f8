"""Planning the study of a request: its methods, the number of repetitions, and the recipe."""

from contextlib import suppress
from dataclasses import replace
from unicodedata import decimal

import pandas as pd

from imbaloss.comparison.own_data import FOLDS, Own
from imbaloss.comparison.request import ComparisonRequest
from imbaloss.comparison.study import OwnStudy, choose_methods, choose_recipe, choose_repetitions
from imbaloss.training.recipe import check_entries, read_entries

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
    request.check_numbers()
    methods = choose_methods(request, images=own.kind.of_images)
    train = sum(own.split_counts(0, own.each_fold[0])["train"])
    alone = {"tune_lr": ()} if "lr" in request.recipe else {}
    check_entries(request.recipe)
    entries = choose_recipe(train, {**alone, **request.recipe}, images=own.kind.of_images, settings=request.settings)
    recipe, decision = read_entries(entries)
    for method in methods:
        method.learner.check_loss(method.loss, recipe)
    recipe.check_shape(own.shape)
    seconds = budget_in_seconds(request)
    study = OwnStudy(
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
        command=request.command,
        noun=f"{own.kind.noun}s",
        settings=request.settings,
        race=request.race,
    )
    if request.race:
        check_race(study, request)
    return study


def check_race(study: OwnStudy, request: ComparisonRequest) -> None:
    """Raise ValueError if a race could never drop a method: with a single one, or with too few repetitions.

    With a budget the number of repetitions is not known, and any is admitted.
    """
    race = request.write_option("race")
    if len(study.methods) < 2:
        raise ValueError(f"{race} needs two methods or more, found {study.methods[0]} alone: leave out {race}")
    if request.budget is None and study.repetitions <= study.first_look:
        rounds = f" with {study.folds} folds" if study.folds else ""
        raise ValueError(
            f"{race} needs more than {study.first_look} repetitions{rounds}, since the first methods are dropped after "
            f"{study.first_look}, found {study.repetitions}: name more with {request.write_option('repetitions')}, or "
            f"leave out {race}"
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
