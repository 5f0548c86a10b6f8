"""Methods as values, read from texts such as "ce + smote" or "logistic_regression"."""

from dataclasses import dataclass, field
from typing import Self

from imbaloss.data import NO_SAMPLER, SamplerSpec
from imbaloss.evaluation import Decision
from imbaloss.learners.learner import Learner
from imbaloss.learners.sklearn_reference import REFERENCES
from imbaloss.learners.stacked_networks import NETWORKS
from imbaloss.losses import LossSpec

BESIDE = " + "  # between a loss and its sampler
CROSS_ENTROPY = LossSpec("ce")


@dataclass(frozen=True)
class Method:
    """A learner, its loss, a sampler of the training part, and the decision that turns probabilities into classes.

    Equal methods are equal values. `str` writes the one text of a method, without the decision.

    >>> method = Method.parse("focal:gamma=1,alpha=0.25 + smote:neighbours=5")
    >>> str(method)
    'focal:gamma=1 + smote'

    Raises:
        ValueError: The method has no text: its learner has no name, networks have no loss, or a reference has a loss
            or a sampler.
    """

    learner: Learner
    loss: LossSpec | None  # None: the learner has its own objective
    sampler: SamplerSpec = NO_SAMPLER
    decision: Decision = field(default_factory=Decision)

    def __post_init__(self) -> None:
        """Check that learner, loss and sampler go together.

        Raises ValueError for an unknown learner, networks without a loss, and a reference with a loss or a sampler.
        """
        if self.learner not in (NETWORKS, *REFERENCES.values()):
            raise ValueError(f"no text stands for the learner {self.learner}")
        if not self.learner.is_reference and self.loss is None:
            raise ValueError("networks need a loss: give one, such as 'ce'")
        if self.learner.is_reference and (self.loss is not None or self.sampler != NO_SAMPLER):
            refused = " and ".join(f"{part}" for part in (self.loss, self.sampler) if part not in (None, NO_SAMPLER))
            raise ValueError(f"{self.learned} takes neither a loss nor a sampler, found {refused}")

    @classmethod
    def parse(cls, text: str, decision: Decision | None = None) -> Self:
        """Read the name of a reference (a classifier of scikit-learn), a loss, or a loss with a sampler.

        Args:
            text: A text such as "logistic_regression", "focal:gamma=1" or "ce + smote".
            decision: The decision, which the text does not hold. None: the default one.

        Raises:
            ValueError: There is no such loss or sampler, or a parameter is wrong.
        """
        decision = decision or Decision()
        if text in REFERENCES:
            return cls(REFERENCES[text], None, decision=decision)
        loss, _, sampler = text.partition(BESIDE)
        return cls(NETWORKS, LossSpec.parse(loss), SamplerSpec.parse(sampler) if sampler else NO_SAMPLER, decision)

    def __str__(self) -> str:
        """Write the method as `parse` reads it: loss or reference, then " + " and the sampler if there is one."""
        return self.learned if self.sampler == NO_SAMPLER else f"{self.learned}{BESIDE}{self.sampler}"

    @property
    def learned(self) -> str:
        """The text without the sampler: the loss, or the name of a reference. Tables have it in the column `loss`."""
        return self.learner.write(self.loss)

    @property
    def objective(self) -> LossSpec:
        """The loss that is minimised; cross-entropy ("ce") for a learner with its own objective."""
        return self.loss or CROSS_ENTROPY
