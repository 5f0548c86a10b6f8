"""References: classifiers of scikit-learn that a network must beat to be of use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import special

from imbaloss.evaluation import Calibration, Decision
from imbaloss.evaluation.priors import shift_logits
from imbaloss.learners.learner import Description
from imbaloss.losses import LossSpec
from imbaloss.training import Member, Outcome, Plan, Recipe
from imbaloss.training.model import compute_in_batches, to_probabilities
from imbaloss.training.scaling import Scaling

Floats = NDArray[np.float64]
SMALLEST = 1e-12  # smallest probability, and distance from 1, so that log-odds are finite


def logistic_regression(c: float, seed: int) -> Any:
    """Build an unfitted logistic regression of scikit-learn with inverse regularisation strength c."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=c, max_iter=1000, random_state=seed % 2**32)


def gradient_boosting(learning_rate: float, seed: int) -> Any:
    """Build unfitted gradient boosting of trees on histograms (scikit-learn's), without early stopping."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(learning_rate=learning_rate, early_stopping=False, random_state=seed % 2**32)


@dataclass(frozen=True)
class SklearnModel:
    """A fitted classifier of scikit-learn, which takes scaled inputs as flat rows."""

    recipe: Recipe
    shape: tuple[int, ...]
    scaling: Scaling
    classifier: Any
    prior: tuple[float, ...] = ()  # what is added to the log-probability of each class; empty for nothing
    calibration: Calibration = field(default_factory=Calibration)
    decision: Decision = field(default_factory=Decision)

    def logits(self, inputs: NDArray[np.floating[Any]], order: NDArray[np.int64] | None = None) -> Floats:
        """Return the log-odds of class 1, (N,), after prior correction and calibration, for inputs (N, *shape).

        order: (N,), the order in which the inputs are taken; None: as they are. The result is in the order of the
        inputs.
        """
        logits = compute_in_batches(self._compute_logits, self.recipe, inputs, order)
        return self.calibration(shift_logits(logits, self.prior) if self.prior else logits)

    def probabilities(self, inputs: NDArray[np.floating[Any]], order: NDArray[np.int64] | None = None) -> Floats:
        """Return the probability of class 1, (N,), after prior correction and calibration, for inputs (N, *shape).

        order: (N,), the order in which the inputs are taken; None: as they are. The result is in the order of the
        inputs.
        """
        return to_probabilities(self.logits(inputs, order))

    def _compute_logits(self, inputs: NDArray[np.floating[Any]]) -> Floats:
        """Return the log-odds (B,) of a batch before prior correction and calibration.

        They come from probabilities that are clipped to 1e-12 from 0 and 1, so that they are finite.
        """
        probabilities = self.classifier.predict_proba(flat_rows(inputs, self.scaling, self.recipe.dtype))[:, 1]
        logits: Floats = special.logit(np.clip(probabilities, SMALLEST, 1 - SMALLEST))
        return logits


@dataclass(frozen=True)
class SklearnReference:
    """A learner of scikit-learn with its own objective. Each member is fitted by itself, on the CPU."""

    name: str
    title: str
    build: Callable[[float, int], Any]  # rate and seed -> an unfitted classifier
    rate: str  # the name of the rate
    rates: tuple[float, ...]  # the rates that are tried
    source: str
    is_reference: ClassVar[bool] = True
    stacks: ClassVar[bool] = False

    def write(self, loss: LossSpec | None) -> str:  # noqa: ARG002
        """Return the name of the reference, such as "logistic_regression", whatever the loss."""
        return self.name

    def describe(self, loss: LossSpec | None) -> Description:  # noqa: ARG002
        """Return the title and the source of the reference, whatever the loss."""
        return Description(self.title, self.source)

    def choose_rates(self, recipe: Recipe) -> Recipe:
        """Return the recipe with the rates of the reference in `tune_lr`, in place of its own."""
        return replace(recipe, tune_lr=self.rates)

    def check_loss(self, loss: LossSpec | None, recipe: Recipe) -> None:
        """Accept any loss and recipe: a reference only uses its rate, its scaling and the precision of its inputs."""

    def check_shape(self, recipe: Recipe, shape: Sequence[int]) -> None:
        """Accept inputs of any shape, since they are flattened."""

    def fit(
        self,
        members: Sequence[Member],
        *,
        device: str,  # noqa: ARG002
        plan: Plan,  # noqa: ARG002
        on_epoch: Callable[[list[float]], object],  # noqa: ARG002
    ) -> list[Outcome[SklearnModel]]:
        """Fit a classifier on the train part of each member (training), one after the other.

        Return the outcomes in their order; they have no losses. device, plan and on_epoch are not used. Raises
        ValueError if scikit-learn refuses the samples.
        """
        return [Outcome([], self.fit_member(member), None) for member in members]

    def fit_member(self, member: Member) -> SklearnModel:
        """Fit a classifier on the train part of a member (training), with its rate and seed.

        Inputs are scaled first. Sample weights are not used.
        """
        train, recipe = member.split.train, member.recipe
        scaling = Scaling.fit(recipe.scaling, train)
        classifier = self.build(recipe.lr, member.seed)
        classifier.fit(flat_rows(train.inputs, scaling, recipe.dtype), train.labels)
        return SklearnModel(recipe, train.inputs.shape[1:], scaling, classifier)


def flat_rows(inputs: NDArray[np.floating[Any]], scaling: Scaling, dtype: torch.dtype) -> Floats:
    """Scale inputs (N, ...), round them to a type, and flatten them to (N, D), which is returned in float64."""
    rows: Floats = scaling(inputs).to(dtype).double().flatten(1).numpy()
    return rows


REFERENCES: Mapping[str, SklearnReference] = {
    reference.name: reference
    for reference in (
        SklearnReference(
            "logistic_regression",
            "logistic regression of scikit-learn",
            logistic_regression,
            "C",
            (0.03, 0.3, 3.0),
            "Cox 1958, Journal of the Royal Statistical Society B 20; by scikit-learn",
        ),
        SklearnReference(
            "gradient_boosting",
            "gradient boosting of trees, scikit-learn's",
            gradient_boosting,
            "learning rate",
            (0.01, 0.03, 0.1),
            "Friedman 2001, Annals of Statistics 29, on histograms as in Ke et al. 2017 (LightGBM); by scikit-learn",
        ),
    )
}
