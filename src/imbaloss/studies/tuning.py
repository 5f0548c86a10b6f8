"""The choice of a learning rate: every candidate is trained, in one stack, and judged on the validation part alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from imbaloss.data import Samples
from imbaloss.evaluation import scores
from imbaloss.learners import FittedModel
from imbaloss.studies.study import Run
from imbaloss.training import Outcome

TUNED_BY = "roc_auc"  # threshold-free, so that a rate is not chosen for where it puts the probability 1/2


@dataclass(frozen=True)
class TriedRate:
    """A learning rate that was tried, and what it gave on the validation part."""

    lr: float
    roc_auc: float | None  # None where the training failed or its outputs are not finite
    failure: str | None


@dataclass(frozen=True)
class LearningRateChoice:
    """The learning rate that was chosen, by which score, and all that were tried."""

    by: str
    lr: float | None  # None where every training failed
    candidates: tuple[TriedRate, ...]

    @classmethod
    def from_json(cls, choice: Mapping[str, Any]) -> Self:
        """Read the entries of a choice as files have them."""
        return cls(choice["by"], choice["lr"], tuple(TriedRate(**tried) for tried in choice["candidates"]))


def choose(
    run: Run, validation: Samples, outcomes: Sequence[Outcome[FittedModel]]
) -> tuple[Outcome[FittedModel], LearningRateChoice]:
    """Choose the outcome with the highest ROC-AUC on validation; of equal ones that of the smallest learning rate.

    Args:
        run: The run whose learning rate is chosen.
        validation: The validation part of the run.
        outcomes: The outcomes of the run's candidates, in their order. One that failed, or whose outputs are not
            finite, comes last.

    Returns:
        The outcome, and the choice with the scores of all candidates. If all candidates failed, no rate is chosen.
    """
    found = [judged(outcome, validation) for outcome in outcomes]
    best = max(range(len(found)), key=lambda place: -1.0 if (score := found[place]) is None else score)
    rates = [recipe.lr for recipe in run.recipe.candidates()]
    tried = [TriedRate(lr, score, outcome.failure) for lr, score, outcome in zip(rates, found, outcomes, strict=True)]
    chosen = None if found[best] is None else rates[best]
    return outcomes[best], LearningRateChoice(TUNED_BY, chosen, tuple(tried))


def judged(outcome: Outcome[FittedModel], validation: Samples) -> float | None:
    """Return the ROC-AUC on `validation`; None where the training failed or its outputs are not finite."""
    if outcome.model is None:
        return None
    probabilities = outcome.model.probabilities(validation.inputs)
    return scores(validation.labels, probabilities)[0][TUNED_BY] if np.isfinite(probabilities).all() else None
