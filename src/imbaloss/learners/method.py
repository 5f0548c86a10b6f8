"""Methods as values, read from texts such as "ce + smote", "lightgbm" or "sklearn.svm:SVC:C=10"."""

from dataclasses import dataclass, field, replace
from typing import Any, Self

from imbaloss.data import NO_SAMPLER, InputForm, SamplerSpec
from imbaloss.evaluation import Decision
from imbaloss.learners.averages import Average
from imbaloss.learners.boosted import OWN_OBJECTIVE
from imbaloss.learners.boosted_lightgbm import LightGBM
from imbaloss.learners.boosted_xgboost import XGBoost
from imbaloss.learners.estimators import Estimator
from imbaloss.learners.learner import Learner
from imbaloss.learners.stacked_networks import NETWORKS
from imbaloss.losses import LossSpec
from imbaloss.method_names import BESIDE, SLASH, check_loss_or_learner, split_members


@dataclass(frozen=True)
class Method:
    """A learner, its loss, a sampler of the training part, and the decision that turns probabilities into classes.

    Equal methods are equal values. `str` writes the one text of a method, without the decision.

    >>> method = Method.parse("focal:gamma=1,alpha=0.25 + smote:neighbours=5")
    >>> str(method)
    'focal:gamma=1 + smote'
    >>> str(Method.parse("lightgbm:num_leaves=63,max_depth=4 + random_under"))
    'lightgbm:max_depth=4,num_leaves=63 + random_under'
    >>> str(Method.parse("lightgbm/focal:gamma=1"))
    'lightgbm/focal:gamma=1'
    >>> str(Method.parse("average(lightgbm:max_depth=4,num_leaves=63, ce + smote)"))
    'average(ce + smote, lightgbm:max_depth=4,num_leaves=63)'

    Raises:
        ValueError: Learner, loss and sampler do not go together: networks need a loss, boosted trees take one in the
            place of their own objective, other learners take none, and only networks take a sampler that draws batches.
            Averages take neither loss nor sampler.
    """

    learner: Learner
    loss: LossSpec | None  # None: the learner has its own objective
    sampler: SamplerSpec = NO_SAMPLER
    decision: Decision = field(default_factory=Decision)

    def __post_init__(self) -> None:
        """Check that learner, loss and sampler go together; raise ValueError if they do not.

        Cross-entropy is the own objective of boosted trees, so that it becomes None there.
        """
        self.learner.check(self.loss, self.sampler)
        if self.loss == OWN_OBJECTIVE and not self.learner.is_network:
            object.__setattr__(self, "loss", None)

    @classmethod
    def parse(cls, text: str, decision: Decision | None = None) -> Self:
        """Read a loss (for networks) or another learner, perhaps with a sampler, or an average of methods.

        A class that the text names is not imported here.

        Args:
            text: A text such as "lightgbm:num_leaves=63", "lightgbm/mfe", "focal:gamma=1" or "ce + smote".
            decision: The decision, which the text does not hold. None: the default one.

        Raises:
            ValueError: There is no such learner, loss or sampler, or a parameter is wrong.
        """
        if (average := split_members(text)) is not None:
            kind, members = average
            return cls(Average(tuple(map(cls.parse, members)), kind), None, NO_SAMPLER, decision or Decision())
        learned, _, sampled = text.partition(BESIDE)
        sampler = SamplerSpec.parse(sampled) if sampled else NO_SAMPLER
        trees, slash, loss = learned.partition(SLASH)
        boosted: Learner | None = LightGBM.parse(trees) or XGBoost.parse(trees)
        if boosted is not None:
            return cls(boosted, LossSpec.parse(loss) if slash else None, sampler, decision or Decision())
        estimator = Estimator.parse(learned)
        if estimator is not None:
            return cls(estimator, None, sampler, decision or Decision())
        check_loss_or_learner(learned)
        return cls(NETWORKS, LossSpec.parse(learned), sampler, decision or Decision())

    @classmethod
    def read(cls, method: Any) -> Self:
        """Read a method from its text, or from an unfitted classifier with the interface of scikit-learn.

        Raises:
            ValueError: The text is no method.
            TypeError: It is neither text nor a classifier.
        """
        return cls.parse(method) if isinstance(method, str) else cls(Estimator.wrap(method), None)

    def __str__(self) -> str:
        """Write the method as `parse` reads it: loss or learner, then " + " and the sampler if there is one."""
        return self.learned if self.sampler == NO_SAMPLER else f"{self.learned}{BESIDE}{self.sampler}"

    @property
    def learned(self) -> str:
        """The text without the sampler: the loss, or the learner. Tables have it in the column `loss`."""
        return self.learner.write(self.loss)

    @property
    def members(self) -> "tuple[Method, ...]":
        """The methods that an average combines, each with the decision of the average; empty for other methods."""
        return tuple(replace(member, decision=self.decision) for member in self.learner.members)

    @property
    def with_members(self) -> "tuple[Method, ...]":
        """The methods that an average combines, and then the method itself."""
        return (*self.members, self)

    @property
    def objective(self) -> LossSpec:
        """The loss that is minimised; cross-entropy ("ce") for a learner with its own objective."""
        return self.loss or OWN_OBJECTIVE

    @property
    def input_form(self) -> InputForm:
        """The form of the inputs: that of the learner, or prepared numbers if a sampler computes with the inputs."""
        return self.learner.input_form if self.sampler.looks_at_labels_alone else InputForm.PREPARED
