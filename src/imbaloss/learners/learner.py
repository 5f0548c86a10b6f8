"""The protocol of learners. Studies and reports ask a learner, and do not look at its type."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from imbaloss.data import InputForm, SamplerSpec
from imbaloss.learners.fitted_model import FittedModel
from imbaloss.losses import LossSpec
from imbaloss.training import Candidate, Member, Outcome, Plan, Recipe

if TYPE_CHECKING:
    from imbaloss.learners.method import Method


class Description(NamedTuple):
    """The title and the source of a learner with a loss in a report. A text is empty if there is none."""

    title: str
    source: str


class Learner(Protocol):
    """The protocol of everything that can be fitted and then gives log-odds.

    Learners are compared and hashed by value.
    """

    @property
    def is_network(self) -> bool:
        """Whether the learner is a network, which minimises a loss by the recipe."""

    @property
    def members(self) -> "tuple[Method, ...]":
        """The methods whose predictions the learner combines; empty for a learner that fits models itself.

        They are fitted by runs of their own, and the learner's `fit` is not called.
        """

    @property
    def stacks(self) -> bool:
        """Whether trainings with several samplers and data sets can be fitted together in one job."""

    @property
    def needs_validation(self) -> bool:
        """Whether a fit needs a validation part with both classes, even with a single setting: it is stopped by it."""

    @property
    def input_form(self) -> InputForm:
        """The form of the inputs that the learner takes."""

    @property
    def rate(self) -> str:
        """The name of the number that recipes of version 0.1 keep in their entry `lr`.

        It is "lr" for networks and "C" for logistic regression.
        """

    def write(self, loss: LossSpec | None) -> str:
        """Write the learner with its loss as tables and the store show it.

        Examples are "focal:gamma=1" and "lightgbm:num_leaves=63". A network without a loss is "None".
        """

    def describe(self, loss: LossSpec | None) -> Description:
        """Return the title and the source of the learner with that loss; empty texts if there are none."""

    def adapt_recipe(self, recipe: Recipe, settings: int) -> Recipe:
        """Return the recipe with the entries alone that the learner uses, so that the others do not count in a run.

        Args:
            recipe: The recipe of the study.
            settings: The number of settings that each method tries; 0 in studies of version 0.1, whose recipes a
                reference kept, with its own rates in `tune_lr`.
        """

    def list_candidates(self, recipe: Recipe, settings: int) -> tuple[Candidate, ...]:
        """Return the settings to try, at least one, each with the recipe that trains with it.

        Args:
            recipe: The recipe of a run.
            settings: The largest number of settings; 0: those of the recipe (its `tune_lr`, or its `lr` alone).
        """

    def check(self, loss: LossSpec | None, sampler: SamplerSpec) -> None:
        """Raise ValueError unless the learner, the loss (None for its own objective) and the sampler go together."""

    def check_loss(self, loss: LossSpec | None, recipe: Recipe) -> None:
        """Raise ValueError if the learner cannot be fitted with that loss (None for no loss) by that recipe.

        For a learner of another library it is also raised if that library, the class or a parameter does not exist.
        """

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
