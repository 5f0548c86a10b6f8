"""The protocol of learners. Studies and reports ask a learner, and do not look at its type."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from imbaloss.learners.fitted_model import FittedModel
from imbaloss.losses import LossSpec
from imbaloss.training import Member, Outcome, Plan, Recipe


class Description(NamedTuple):
    """The title and the source of a learner with a loss in a report. A text is empty if there is none."""

    title: str
    source: str


class Learner(Protocol):
    """The protocol of everything that can be fitted and then gives log-odds.

    Learners are compared and hashed by value.
    """

    @property
    def is_reference(self) -> bool:
        """Whether the learner is a reference: a classifier of scikit-learn that a network must beat to be of use."""

    @property
    def stacks(self) -> bool:
        """Whether trainings with several samplers and data sets can be fitted together in one job."""

    @property
    def rate(self) -> str:
        """The name of the number that a recipe keeps in its entry `lr`.

        It is "lr" for networks and "C" for logistic regression.
        """

    def write(self, loss: LossSpec | None) -> str:
        """Write the learner with its loss as tables and the store show it.

        Examples are "focal:gamma=1" and "logistic_regression". A network without a loss is "None".
        """

    def describe(self, loss: LossSpec | None) -> Description:
        """Return the title and the source of the learner with that loss; empty texts if there are none."""

    def choose_rates(self, recipe: Recipe) -> Recipe:
        """Return the recipe with the rates to try in `tune_lr`. The validation part then chooses one of them."""

    def check_loss(self, loss: LossSpec | None, recipe: Recipe) -> None:
        """Raise ValueError if the learner cannot be fitted with that loss (None for no loss) by that recipe."""

    def check_shape(self, recipe: Recipe, shape: Sequence[int]) -> None:
        """Raise ValueError if the learner, with that recipe, cannot be fitted to inputs of that shape."""

    def fit(
        self, members: Sequence[Member], *, device: str, plan: Plan, on_epoch: Callable[[list[float]], object]
    ) -> Sequence[Outcome[FittedModel]]:
        """Fit a model for each member (training) of a job, and return the outcomes in their order.

        An outcome holds the model, or why the training failed.

        Args:
            members: The trainings, at least one.
            device: Where networks are trained.
            plan: How networks are trained.
            on_epoch: Called after each epoch of networks with the loss of each member that took part in it.

        Raises:
            ValueError: The members cannot be fitted together.
        """
