"""What every learner can do. Studies and reports ask a learner, and do not tell one from another by its type."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from imbaloss.learners.fitted_model import FittedModel
from imbaloss.losses import LossSpec
from imbaloss.training import Member, Outcome, Plan, Recipe


class Description(NamedTuple):
    """What a report says of a learner with a loss; a text is empty where there is nothing to say."""

    title: str
    source: str


class Learner(Protocol):
    """The protocol of everything that can be fitted and then gives log-odds.

    Learners are compared and hashed by value.
    """

    @property
    def is_reference(self) -> bool:
        """Whether it is there to be compared with: networks must beat it to be worth their while."""

    @property
    def stacks(self) -> bool:
        """Whether members of several samplers and data sets can be fitted in one job."""

    @property
    def rate(self) -> str:
        """What the number is called that the entry `lr` of a recipe stands for."""

    def write(self, loss: LossSpec | None) -> str:
        """Write the learner with its loss as methods, tables and the store have it."""

    def describe(self, loss: LossSpec | None) -> Description: ...

    def choose_rates(self, recipe: Recipe) -> Recipe:
        """Return the recipe with the rates that are tried, of which the validation part chooses one."""

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
