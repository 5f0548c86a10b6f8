"""The fit of one method with each of its settings, as benchmarks that compare methods on given parts need it."""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from imbaloss.data import Split
from imbaloss.evaluation import Decision
from imbaloss.learners import FittedModel, Method
from imbaloss.studies.tuning import choose_outcome
from imbaloss.training import Member, Recipe, plan_training


class BestFit(NamedTuple):
    """The model of the setting with the highest average precision on validation."""

    model: FittedModel
    seconds: float  # processor time of the fits with all settings
    chosen: str  # the setting


def fit_best(text: str, parts: Split, seed: int, settings: int, entries: Mapping[str, Any] | None = None) -> BestFit:
    """Fit a method with each of its settings, and return the model with the highest average precision on validation.

    Args:
        text: The method.
        parts: Train and validation.
        seed: The seed.
        settings: The number of settings, at most.
        entries: The entries of the recipe; None for its defaults.

    Raises:
        ValueError: The fit of the chosen setting failed.
    """
    method = Method.parse(text, Decision.read({"optimize": "average_precision"}))
    recipe = method.learner.adapt_recipe(Recipe(**(entries or {})), settings)
    candidates = method.learner.list_candidates(recipe, settings)
    members = [Member(parts, method.objective, each.recipe, seed, setting=each.setting) for each in candidates]
    plan = plan_training(recipe, len(parts.train), parts.train.inputs.shape[1:])
    start = time.process_time()
    outcomes = method.learner.fit(members, device="cpu", plan=plan, on_epoch=lambda _: None)
    seconds = time.process_time() - start
    outcome, choice = choose_outcome(method.decision, [each.setting for each in candidates], parts.validation, outcomes)
    if outcome.model is None:
        raise ValueError(f"{text}: {outcome.failure}")
    return BestFit(outcome.model, round(seconds, 2), str(choice.setting))
