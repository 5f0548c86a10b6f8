"""Networks as a learner: those of a job are trained together as a stack."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from imbaloss import losses
from imbaloss.data import InputForm, SamplerSpec
from imbaloss.learners.learner import Description
from imbaloss.losses import LossSpec
from imbaloss.training import Candidate, Member, Model, Outcome, Plan, Recipe, Setting, check_loss, train_averages

if TYPE_CHECKING:
    from imbaloss.learners.method import Method


@dataclass(frozen=True)
class StackedNetworks:
    """The learner of networks of the kind that the recipe names. Losses, rates and data may differ within a stack."""

    is_network: ClassVar[bool] = True
    members: "ClassVar[tuple[Method, ...]]" = ()
    stacks: ClassVar[bool] = True
    needs_validation: ClassVar[bool] = False
    input_form: ClassVar[InputForm] = InputForm.PREPARED
    rate: ClassVar[str] = "lr"

    def write(self, loss: LossSpec | None) -> str:
        """Write the text of the loss alone, since networks are the default learner; "None" without a loss."""
        return str(loss)

    def describe(self, loss: LossSpec | None) -> Description:
        """Return title and source of a named loss from the catalogue.

        Both are empty for a pair "error/reduction" and for None.
        """
        if loss is None or loss.name not in losses.names():
            return Description("", "")
        facts = losses.facts(loss.name)
        return Description(str(facts["title"]), str(facts["source"]))

    def adapt_recipe(self, recipe: Recipe, settings: int) -> Recipe:  # noqa: ARG002
        """Return the recipe unchanged, since all of it counts."""
        return recipe

    def list_candidates(self, recipe: Recipe, settings: int) -> tuple[Candidate, ...]:  # noqa: ARG002
        """Return the rates of `tune_lr`, or the rate of the recipe alone, each with the recipe that has it.

        settings: has no effect, since the recipe names the rates.
        """
        return tuple(Candidate(Setting.of(lr=each.lr), each) for each in recipe.candidates())

    def check(self, loss: LossSpec | None, sampler: SamplerSpec) -> None:  # noqa: ARG002
        """Raise ValueError without a loss; any sampler will do."""
        if loss is None:
            raise ValueError("networks need a loss: give one, such as 'ce'")

    def check_loss(self, loss: LossSpec | None, recipe: Recipe) -> None:
        """Raise ValueError if a network cannot be trained with that loss by that recipe, or if the loss is None."""
        if loss is None:
            raise ValueError("networks need a loss: give one, such as 'ce'")
        check_loss(loss, recipe)

    def check_shape(self, recipe: Recipe, shape: Sequence[int]) -> None:
        """Raise ValueError if the network of the recipe does not take inputs of that shape."""
        recipe.check_shape(shape)

    def fit(
        self, members: Sequence[Member], *, device: str, plan: Plan, on_epoch: Callable[[list[float]], object]
    ) -> list[Outcome[Model]]:
        """Train the members (trainings) in one stack and return their outcomes, in their order.

        An outcome holds the model, or why the training failed. A member of several networks has one model, which
        averages their probabilities. Raises ValueError if the members cannot share a stack, or if the plan does not fit
        their recipe.
        """
        return train_averages(members, device=device, plan=plan, on_epoch=on_epoch)


NETWORKS = StackedNetworks()
