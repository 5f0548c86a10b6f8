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
        """Whether the learner is a reference, which a network must beat to be of use."""

    @property
    def stacks(self) -> bool:
        """Whether members with several samplers and data sets can be fitted in one job."""

    @property
    def rate(self) -> str:
        """The name of the number for which the entry `lr` of a recipe stands, such as "C"."""

    def write(self, loss: LossSpec | None) -> str:
        """Write the learner with its loss as in methods, tables and the store."""

    def describe(self, loss: LossSpec | None) -> Description:
        """Return the title and the source of the learner with a loss."""

    def choose_rates(self, recipe: Recipe) -> Recipe:
        """Return the recipe with the rates that are tried. The validation part then chooses one of them."""

    def check_loss(self, loss: LossSpec | None, recipe: Recipe) -> None:
        """Raise ValueError if the learner cannot be fitted with that loss by that recipe."""

    def check_shape(self, recipe: Recipe, shape: Sequence[int]) -> None:
        """Raise ValueError if the learner cannot be fitted to inputs of that shape."""

    def fit(
        self, members: Sequence[Member], *, device: str, plan: Plan, on_epoch: Callable[[list[float]], object]
    ) -> Sequence[Outcome[FittedModel]]:
        """Fit a model for each member of a job, and return the outcomes in their order.

        Args:
            members: The trainings, at least one.
            device: Where networks are trained.
            plan: How they are trained.
            on_epoch: Called after each epoch of networks with the loss of each member that took part in it.
        """
