"""The choice of a setting among candidates that are fitted on the same samples, by their scores on validation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from imbaloss.data import Samples
from imbaloss.evaluation import Decision
from imbaloss.learners import FittedModel
from imbaloss.training import Outcome, Setting

OLD_SCORE = "roc_auc"  # the score by which version 0.1 chose a learning rate


@dataclass(frozen=True)
class TriedSetting:
    """A candidate setting and its score on the validation part."""

    setting: Setting
    score: float | None  # higher is better; None if the training failed or its outputs are not finite
    failure: str | None  # why the training failed; None if it did not


@dataclass(frozen=True)
class SettingChoice:
    """The chosen setting, the score that decided, and all candidates."""

    by: str  # name of the score
    setting: Setting | None  # None if every training failed
    candidates: tuple[TriedSetting, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the choice as JSON values, with the keys by, setting and candidates."""
        return {
            "by": self.by,
            "setting": self.setting.to_dict() if self.setting else None,
            "candidates": [
                {"setting": tried.setting.to_dict(), "score": tried.score, "failure": tried.failure}
                for tried in self.candidates
            ],
        }

    @classmethod
    def from_json(cls, choice: Mapping[str, Any], rate: str) -> Self:
        """Make a choice from its dict in JSON, also from one of version 0.1, which knew learning rates alone.

        Args:
            choice: The keys by, setting and candidates; in version 0.1 by, lr and candidates with lr and roc_auc.
            rate: The name of the number that version 0.1 called lr.

        Raises:
            KeyError: A key is missing.
            TypeError: A value has another type.
        """
        if "setting" not in choice:
            candidates = tuple(
                TriedSetting(Setting.of({rate: tried["lr"]}), tried[OLD_SCORE], tried["failure"])
                for tried in choice["candidates"]
            )
            chosen = None if choice["lr"] is None else Setting.of({rate: choice["lr"]})
            return cls(choice["by"], chosen, candidates)
        candidates = tuple(
            TriedSetting(Setting.of(tried["setting"]), tried["score"], tried["failure"])
            for tried in choice["candidates"]
        )
        return cls(choice["by"], None if choice["setting"] is None else Setting.of(choice["setting"]), candidates)


def choose_outcome(
    decision: Decision, settings: Sequence[Setting], validation: Samples, outcomes: Sequence[Outcome[FittedModel]]
) -> tuple[Outcome[FittedModel], SettingChoice]:
    """Choose the training with the best score on validation; of equal ones the first.

    Args:
        decision: The decision, whose score is optimised.
        settings: The candidate settings, at least one.
        validation: The validation part of the data.
        outcomes: The outcomes of the trainings, one for each setting, in their order. One that failed, or whose
            outputs are not finite, comes last in the choice.

    Returns:
        The chosen outcome, and the choice with the scores of all candidates. If all candidates failed, the outcome is
        the first and the setting of the choice is None.
    """
    reached = [score_on_validation(outcome, validation, decision) for outcome in outcomes]
    best = max(range(len(reached)), key=lambda place: -np.inf if (score := reached[place]) is None else score)
    tried = [
        TriedSetting(setting, score, outcome.failure)
        for setting, score, outcome in zip(settings, reached, outcomes, strict=True)
    ]
    chosen = None if reached[best] is None else settings[best]
    return outcomes[best], SettingChoice(str(decision.optimize or OLD_SCORE), chosen, tuple(tried))


def score_on_validation(outcome: Outcome[FittedModel], validation: Samples, decision: Decision) -> float | None:
    """Return the score on the validation part that a decision optimises; a cost is negative, so that more is better.

    None if the training failed, its outputs are not finite, or the validation part lacks a class.
    """
    if outcome.model is None:
        return None
    probabilities = outcome.model.probabilities(validation.inputs)
    return (
        decision.score(validation.labels, probabilities, validation.weights, validation.costs)
        if np.isfinite(probabilities).all()
        else None
    )
