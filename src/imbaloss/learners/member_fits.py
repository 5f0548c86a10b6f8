"""The fit of learners of other libraries, which fit each member (training) by itself."""

import sys
import textwrap
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
import torch

from imbaloss.data import InputForm, SamplerSpec, Samples, Split
from imbaloss.learners.estimator_model import EstimatorModel, Predictor
from imbaloss.losses import LossSpec
from imbaloss.training import Candidate, Member, Outcome, Plan, Recipe, Setting
from imbaloss.training.scaling import Scaling

if TYPE_CHECKING:
    from imbaloss.learners.method import Method

LONGEST = 300  # characters of a reason
MOST_COPIED = 2**25  # numbers in the train parts that are fitted at once, 256 MiB in float64
CHECKED = 8  # number of rows of which a fitted model must give log-odds


class FlatSplit(NamedTuple):
    """A split whose inputs are rows (N, D), and the scaling that was applied; None for none."""

    split: Split
    scaling: Scaling | None


class MemberFits(ABC):
    """A learner of another library with its own objective. Each member (training) is fitted by itself, on the CPU."""

    is_network: ClassVar[bool] = False
    members: "ClassVar[tuple[Method, ...]]" = ()
    stacks: ClassVar[bool] = False
    needs_validation: ClassVar[bool] = False
    input_form: ClassVar[InputForm] = InputForm.PREPARED
    scales: ClassVar[bool] = True  # whether inputs are scaled as the recipe says
    rate: str = "lr"
    rates: tuple[float, ...] = ()  # the values of the rate that version 0.1 tried

    @property
    @abstractmethod
    def text(self) -> str:
        """The text of the learner, such as "lightgbm:num_leaves=63"."""

    @abstractmethod
    def list_settings(self) -> tuple[Setting, ...]:
        """Return the settings to try, each once, the most promising first, without parameters that the text fixes."""

    @abstractmethod
    def fit_predictor(self, member: Member, split: Split, threads: int) -> Predictor:
        """Fit a predictor on the train part of a member (training) with its setting.

        Raises any exception of the library if it cannot be fitted.

        Args:
            member: The training.
            split: Its split with inputs as rows (N, D), which other threads read at the same time.
            threads: The number of threads that the fit may use; the result does not depend on it.
        """

    def write(self, loss: LossSpec | None) -> str:  # noqa: ARG002
        """Return the text of the learner, whatever the loss."""
        return self.text

    def adapt_recipe(self, recipe: Recipe, settings: int) -> Recipe:
        """Return the recipe with scaling, precision and batches of prediction alone, which are all that counts here.

        With 0 settings, as in version 0.1, it is the whole recipe with the learner's own rates.
        """
        if not settings:
            return replace(recipe, tune_lr=self.rates, n_networks=1)
        return Recipe(
            hidden=(),
            epochs=1,
            scaling=recipe.scaling if self.scales else "unit",
            precision=recipe.precision,
            test_batch=recipe.test_batch,
            shuffle_test=recipe.shuffle_test,
        )

    def list_candidates(self, recipe: Recipe, settings: int) -> tuple[Candidate, ...]:
        """Return the first settings, each with the recipe; with 0 settings, the rates of the recipe as version 0.1."""
        if settings:
            return tuple(Candidate(setting, recipe) for setting in self.list_settings()[:settings])
        return tuple(Candidate(Setting.of({self.rate: each.lr}), each) for each in recipe.candidates())

    def check(self, loss: LossSpec | None, sampler: SamplerSpec) -> None:
        """Raise ValueError for a loss, since the learner has its own objective, and a sampler that draws batches."""
        if loss is not None:
            raise ValueError(f"{self.text} has its own objective and takes no loss, found {loss}")
        if sampler.in_batches:
            raise ValueError(f"{self.text} has no batches, from which {sampler} draws: leave the sampler out")

    def check_shape(self, recipe: Recipe, shape: Sequence[int]) -> None:  # noqa: B027
        """Accept inputs of any shape, since they are flattened."""

    def fit(
        self,
        members: Sequence[Member],
        *,
        device: str,  # noqa: ARG002
        plan: Plan,  # noqa: ARG002
        on_epoch: Callable[[list[float]], object],  # noqa: ARG002
    ) -> list[Outcome[EstimatorModel]]:
        """Fit a model on the train part of each member (training).

        Return the outcomes in their order; they have no losses. An exception of the library makes an outcome without a
        model, with its message. Members are fitted at once, in as many threads as PyTorch may use, since the libraries
        compute outside of Python's lock. Members with much data are fitted one after the other, since each fit has its
        own copy. What they print goes to standard error. device, plan and on_epoch have no use.
        """
        threads = torch.get_num_threads()
        largest = max((member.split.train.inputs.size for member in members), default=0)
        workers = max(min(threads, len(members), MOST_COPIED // max(largest, 1)), 1)
        splits: dict[int, FlatSplit] = {}
        with warnings.catch_warnings(), redirect_stdout(sys.stderr), ThreadPoolExecutor(workers) as pool:
            warnings.simplefilter("ignore")  # of libraries about their own defaults and convergence
            for member in members:
                if id(member.split) not in splits:
                    splits[id(member.split)] = self.flatten(member)
            fits = [pool.submit(self.fit_member, each, splits[id(each.split)], threads // workers) for each in members]
            return [fit.result() for fit in fits]

    def flatten(self, member: Member) -> FlatSplit:
        """Fit the scaling of a member's recipe, if the learner scales, and make the inputs of its split flat rows.

        Inputs that no scaling changes are not copied.
        """
        split, recipe = member.split, member.recipe
        scaling = Scaling.fit(recipe.scaling, split.train) if self.scales else None

        def flat(part: Samples) -> Samples:
            """Return a part of the split with scaled inputs as rows (N, D)."""
            scaled = torch.empty(part.inputs.shape, dtype=recipe.dtype)  # takes no memory until it is written
            if scaling is None or (scaling.is_identity and part.inputs.dtype == scaled.numpy().dtype):
                return replace(part, inputs=part.inputs.reshape(len(part), -1))
            scaling.write_into(scaled, part.inputs)
            return replace(part, inputs=scaled.flatten(1).numpy())

        return FlatSplit(replace(split, train=flat(split.train), validation=flat(split.validation)), scaling)

    def fit_member(self, member: Member, flat: FlatSplit, threads: int) -> Outcome[EstimatorModel]:
        """Fit a model on the train part of a member (training), and check that its log-odds of a few rows are finite.

        Return the outcome: the model, or the message of the exception that the library raised.
        """
        inputs = member.split.train.inputs
        try:
            predictor = self.fit_predictor(member, flat.split, threads)
            model = EstimatorModel(member.recipe, inputs.shape[1:], flat.scaling, predictor)
            finite = np.isfinite(model.logits(inputs[:CHECKED])).all()
        except (Exception, SystemExit) as error:  # noqa: BLE001  # a class of anyone may raise anything
            return Outcome([], None, f"{self.text} could not be fitted: {describe_error(error)}")
        if not finite:
            return Outcome([], None, f"{self.text} gives outputs that are not finite")
        return Outcome([], model, None)


def describe_error(error: BaseException) -> str:
    """Return the first paragraph of an error's message in one line, of 300 characters at most.

    The name of the error stands before a message that says little without it, such as a missing key, or for none.
    """
    message = textwrap.shorten(str(error).strip().partition("\n\n")[0], LONGEST, placeholder=" ...")
    if message and isinstance(error, Exception) and not isinstance(error, LookupError):
        return message
    return ": ".join(filter(None, [type(error).__name__, message]))
