"""The choice of a learning rate among candidates that are trained in one stack, by their scores on validation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from imbaloss.data import Samples
from imbaloss.evaluation import scores
from imbaloss.learners import FittedModel
from imbaloss.studies.study import Run
from imbaloss.training import Outcome

TUNED_BY = "roc_auc"  # needs no threshold, so that the choice does not depend on where the probability 1/2 lies


@dataclass(frozen=True)
class TriedRate:
    """A candidate learning rate and its score on the validation part."""

    lr: float
    roc_auc: float | None  # None if the training failed or its outputs are not finite
    failure: str | None  # why the training failed; None if it did not


@dataclass(frozen=True)
class LearningRateChoice:
    """The chosen learning rate, the score that decided, and all candidates."""

    by: str  # name of the score
    lr: float | None  # None if every training failed
    candidates: tuple[TriedRate, ...]

    @classmethod
    def from_json(cls, choice: Mapping[str, Any]) -> Self:
        """Make a choice from its dict in JSON, with the keys by, lr and candidates.

        Raises:
            KeyError: One of the three keys is missing.
            TypeError: A candidate has other keys than lr, roc_auc and failure.
        """
        return cls(choice["by"], choice["lr"], tuple(TriedRate(**tried) for tried in choice["candidates"]))


def choose_outcome(
    run: Run, validation: Samples, outcomes: Sequence[Outcome[FittedModel]]
) -> tuple[Outcome[FittedModel], LearningRateChoice]:
    """Choose the training with the highest ROC-AUC on validation; of equal ones that of the smallest learning rate.

    Args:
        run: The run whose learning rate is chosen.
        validation: The validation part of the run.
        outcomes: The outcomes of the run's trainings, one for each candidate rate, the smallest rate first. One that
            failed, or whose outputs are not finite, comes last in the choice.

    Returns:
        The chosen outcome, and the choice with the scores of all candidates. If all candidates failed, the outcome is
        the first and the rate of the choice is None.
    """
    aucs = [score_on_validation(outcome, validation) for outcome in outcomes]
    best = max(range(len(aucs)), key=lambda place: -1.0 if (auc := aucs[place]) is None else auc)
    rates = [recipe.lr for recipe in run.recipe.candidates()]
    tried = [TriedRate(lr, auc, outcome.failure) for lr, auc, outcome in zip(rates, aucs, outcomes, strict=True)]
    chosen = None if aucs[best] is None else rates[best]
    return outcomes[best], LearningRateChoice(TUNED_BY, chosen, tuple(tried))


def score_on_validation(outcome: Outcome[FittedModel], validation: Samples) -> float | None:
    """Return the ROC-AUC on the validation part; None if the training failed or its outputs are not finite.

    It is also None if the validation part lacks a class.
    """
    if outcome.model is None:
        return None
    probabilities = outcome.model.probabilities(validation.inputs)
    return scores(validation.labels, probabilities)[0][TUNED_BY] if np.isfinite(probabilities).all() else None
