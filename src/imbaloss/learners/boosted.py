"""Boosted trees as learners: what LightGBM and XGBoost have in common."""

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import torch

from imbaloss import losses
from imbaloss.boosting import Objective, objective
from imbaloss.choices import suggest
from imbaloss.data import InputForm, SamplerSpec, Samples, Split
from imbaloss.learners.estimator_model import Predictor
from imbaloss.learners.learner import Description
from imbaloss.learners.member_fits import MemberFits
from imbaloss.learners.parameters import Parameters, read_parameters, write_learner
from imbaloss.losses import LossSpec
from imbaloss.method_names import SLASH
from imbaloss.training import Member, Recipe, Setting
from imbaloss.training.setting import Value, drop_fixed

ROUNDS = 2000  # largest number of trees, unless the text of the method says another
PATIENCE = 50  # number of trees without a lower log-loss on the validation part after which a fit stops
MANY_ROWS = 10_000  # number of rows from which on several threads predict; for fewer, one is as fast
TRIAL_ROWS = 8  # number of rows of the trial fit that checks the values of parameters
SCALE = "scale_pos_weight"  # the parameter that weighs positives, in both libraries
LONGEST_STEP = "max_delta_step"  # the parameter that limits the step of a leaf, in both libraries
LONGEST = 1.0  # its value with one of our losses, unless the text of the method says another
OWN_OBJECTIVE = LossSpec("ce")  # the loss that the libraries minimise by themselves
OF_OWN_OBJECTIVE = frozenset({SCALE, "boost_from_average", "pos_bagging_fraction", "neg_bagging_fraction"})
SOME_COUNTS = (3, 1)  # of a few rows, on which a loss is tried
Options = Mapping[str, Value]
PLACES = re.compile(r"^\[[\d:]+\] \S+: | at /.*|\s*Stack trace:.*", re.DOTALL)  # places in the library's source


class Names(NamedTuple):
    """The names of the parameters of a library."""

    aliases: Mapping[str, str]  # the main name of a parameter by each of its names, the main name too
    reserved: frozenset[str]  # names of parameters that imbaloss sets


def read_names(lines: str, reserved: str) -> Names:
    """Read names of parameters.

    Args:
        lines: One parameter in each line, its main name first, then its other names.
        reserved: The names of parameters that imbaloss sets.
    """
    words = [line.split() for line in lines.splitlines() if line]
    return Names({name: names[0] for names in words for name in names}, frozenset(reserved.split()))


@dataclass(frozen=True)
class BoostedTrees(MemberFits):
    """Boosted trees of a library, which stop early by the validation part.

    The objective is the log-loss as the library has it, or one of our losses.
    """

    parameters: Parameters = ()  # those that the text of the method fixes, by any of their names
    needs_validation: ClassVar[bool] = True
    input_form: ClassVar[InputForm] = InputForm.COLUMNS
    scales: ClassVar[bool] = False
    name: ClassVar[str]  # of the method
    library: ClassVar[str]  # the name of the library, for messages
    source: ClassVar[str]
    names: ClassVar[Names]  # of the parameters that a method may fix
    rounds: ClassVar[str]  # main name of the parameter that is the number of trees
    ladder: ClassVar[tuple[Setting, ...]]  # settings to try, the most promising first

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read the name of the method, perhaps with `:name=value,...`; None for any other text.

        Raises:
            ValueError: A parameter has no name or no value, or is given twice.
        """
        name, _, rest = text.partition(":")
        return cls(read_parameters(rest, text)) if name == cls.name else None

    @property
    def text(self) -> str:
        """The text of the learner: its name, and its parameters if there are any."""
        return write_learner(self.name, self.parameters)

    @property
    def fixed(self) -> dict[str, Value]:
        """The parameters that the text fixes, by their main names; unknown names stay."""
        return {self.names.aliases.get(name, name): value for name, value in self.parameters}

    def write(self, loss: LossSpec | None) -> str:
        """Return the text of the learner, and behind a slash that of the loss if there is one."""
        return self.text if loss is None else f"{self.text}{SLASH}{loss}"

    def describe(self, loss: LossSpec | None) -> Description:
        """Return the title and the source of the library, and those of the loss if there is one."""
        title = f"boosted trees of {self.library}"
        if loss is None:
            return Description(title, self.source)
        sources = [self.source, *([losses.facts(loss.name)["source"]] if loss.name in losses.names() else [])]
        return Description(f"{title} with the loss {loss}", "; ".join(sources))

    def check(self, loss: LossSpec | None, sampler: SamplerSpec) -> None:
        """Check that the trees go with a loss and a sampler.

        Raises:
            ValueError: Trees cannot be grown by the loss, the text fixes a parameter of the library's own log-loss
                beside another loss (`OF_OWN_OBJECTIVE`, such as scale_pos_weight), or the sampler draws batches.
        """
        super().check(None, sampler)
        if loss is None or loss == OWN_OBJECTIVE:
            return
        check_objective(loss)
        if names := sorted(OF_OWN_OBJECTIVE & set(self.fixed)):
            raise ValueError(
                f"{self.write(loss)}: {names[0]} is for the log-loss of {self.library} alone: leave it out"
            )

    def list_settings(self) -> tuple[Setting, ...]:
        """Return the settings to try, each once, without parameters that the text of the learner fixes."""
        return drop_fixed(self.ladder, self.fixed)

    def check_loss(self, loss: LossSpec | None, recipe: Recipe) -> None:  # noqa: ARG002
        """Check the parameters of the text, their values by a fit of one tree to a few rows; any recipe will do.

        Raises:
            ValueError: A parameter is unknown, set by imbaloss, or given by two names, or the library refuses a value.
        """
        if self.parameters:
            self.check_parameters()
        if loss is not None:
            self.build_objective(loss, SOME_COUNTS)

    def check_parameters(self) -> None:
        """Raise ValueError if a parameter is unknown, set by imbaloss, given twice, or the library refuses a value."""
        self.check_names()
        rounds = self.fixed.get(self.rounds, ROUNDS)
        if type(rounds) is not int or rounds < 1:
            raise ValueError(f"{self.text}: {self.rounds} must be a whole number of 1 or more, found {rounds}")
        rows = np.arange(TRIAL_ROWS, dtype=np.float64)[:, None]
        few = Samples(rows, np.arange(TRIAL_ROWS) % 2)
        try:
            with silence_stderr():
                self.boost({**self.fixed, self.rounds: 1}, Split(few, few, few), 0, 1)
        except Exception as error:
            raise ValueError(f"{self.text}: {self.library} refuses this: {error}") from error

    def check_names(self) -> None:
        """Raise ValueError if a parameter of the text is unknown, set by imbaloss, or given by two of its names."""
        aliases, first_names = self.names.aliases, dict[str, str]()
        for name, _ in self.parameters:
            if name in self.names.reserved:
                raise ValueError(f"{self.name}: imbaloss sets {name} itself: leave it out")
            if name not in aliases:
                has = ", ".join(dict.fromkeys(aliases.values()))
                raise ValueError(f"{self.name} takes no parameter {name!r}{suggest(name, aliases)}; it takes {has}")
            if (other := first_names.setdefault(aliases[name], name)) != name:
                raise ValueError(f"{self.text}: {other} and {name} are one parameter: give it once")

    def fit_predictor(self, member: Member, split: Split, threads: int) -> Predictor:
        """Fit trees on the train part of a member (training) until the loss on validation no longer falls.

        The number of trees is the one with the lowest loss. Weights of positives count on validation too, since the
        log-loss would otherwise be lowest with hardly a tree. Raises ValueError if the library raises an error, or if
        the loss has no best constant on the train part.

        Args:
            member: The training, with its loss, setting and seed. Cross-entropy is the library's own objective.
            split: Its split with inputs as rows (N, D).
            threads: The largest number of threads; the trees do not depend on it.
        """
        parameters = {**member.setting.to_dict(), **self.fixed}
        if member.loss == OWN_OBJECTIVE:
            return self.boost(parameters, split, member.seed, threads)
        of_loss = self.build_objective(member.loss, member.counts)
        return self.boost({LONGEST_STEP: LONGEST, **parameters}, split, member.seed, threads, of_loss)

    def build_objective(self, loss: LossSpec, counts: tuple[int, ...]) -> Objective:
        """Build the objective of a loss for the longest step of a leaf that the text fixes, or `LONGEST`.

        counts: the numbers of negatives and positives, for losses that need them.
        """
        return build_objective(loss, counts, float(self.fixed.get(LONGEST_STEP, LONGEST) or 0))

    def boost(
        self, parameters: Options, split: Split, seed: int, threads: int, of_loss: Objective | None = None
    ) -> Predictor:
        """Fit trees with parameters by their main names, in a number that is at most the one among them, or `ROUNDS`.

        Without one of our losses, the weights of positives on validation are multiplied by scale_pos_weight if the
        parameters have it.

        Args:
            parameters: The setting and the parameters that the text fixes.
            split: The split with inputs as rows (N, D).
            seed: The seed of the run.
            threads: The largest number of threads.
            of_loss: The objective of one of our losses; None for the log-loss as the library has it.

        Raises:
            ValueError: The library raised an error of its own, or a ValueError; the message is its first sentence.
        """
        options = {**parameters, "seed": seed % 2**31}
        rounds = int(options.pop(self.rounds, None) or ROUNDS)
        weighted = replace(split, validation=weigh_positives(split.validation, options.get(SCALE)))
        try:
            if of_loss is None:
                return self.train(options, weighted, rounds, threads)
            return self.train_by(of_loss, options, split, rounds, threads)
        except Exception as error:
            if not isinstance(error, ValueError) and type(error).__module__.partition(".")[0] != self.name:
                raise  # of our own code
            raise ValueError(" ".join(PLACES.sub("", str(error)).split()) or type(error).__name__) from error

    @abstractmethod
    def train(self, options: Options, split: Split, rounds: int, threads: int) -> Predictor:
        """Fit trees by the library and return those up to the lowest log-loss on the validation part.

        Raises the errors of the library.

        Args:
            options: Parameters of the library; the seed is among them.
            split: The split with inputs as rows (N, D).
            rounds: The largest number of trees.
            threads: The largest number of threads; the trees do not depend on it.
        """

    @abstractmethod
    def train_by(self, of_loss: Objective, options: Options, split: Split, rounds: int, threads: int) -> Predictor:
        """Fit trees by the library to one of our losses and return those up to its lowest value on validation.

        They start from the best constant of the train part, which the predictor includes. Raises the errors of the
        library, and ValueError if there is no best constant.

        Args:
            of_loss: The objective of the loss.
            options: Parameters of the library; the seed is among them.
            split: The split with inputs as rows (N, D).
            rounds: The largest number of trees.
            threads: The largest number of threads; the trees do not depend on it.
        """


@dataclass(frozen=True)
class TreesText(ABC):
    """Fitted boosted trees as the text that their library writes."""

    text: str
    library: ClassVar[str]  # the name of the library, for messages

    @property
    @abstractmethod
    def booster(self) -> Any:
        """The trees, read from the text."""

    @abstractmethod
    def check(self) -> None:
        """Raise an exception if the library could not have written the text, which it may not survive to read."""

    def dump(self) -> bytes:
        """Return the text in UTF-8."""
        return self.text.encode()

    @classmethod
    def parse(cls, path: Path, content: bytes, trusted: Sequence[str]) -> Self:  # noqa: ARG003
        """Read the trees from the text that the library wrote.

        Args:
            path: The path of the file, for messages.
            content: What `dump` returned.
            trusted: Not used, since the text holds no types.

        Raises:
            ValueError: The text holds no trees that the library could have written.
        """
        try:
            predictor = cls(content.decode())
            predictor.check()
            _ = predictor.booster
        except Exception as error:
            raise ValueError(f"{path} holds no trees of {cls.library}: {error!r}") from error
        return predictor


@cache
def check_objective(loss: LossSpec) -> None:
    """Raise ValueError if trees cannot be grown by a loss, whatever the numbers of negatives and positives."""
    build_objective(loss, SOME_COUNTS, LONGEST)


@lru_cache(maxsize=16)
def build_objective(loss: LossSpec, counts: tuple[int, ...], longest_step: float) -> Objective:
    """Build the objective of a loss, with its bounds of errors, once for all settings of a run.

    Args:
        loss: The loss.
        counts: The numbers of negatives and positives, for losses that need them.
        longest_step: The longest step of a leaf; 0 for no limit.
    """
    parameters: dict[str, Any] = dict(loss.parameters)
    return objective(loss.name, counts=counts, max_delta_step=longest_step, **parameters)


def weigh_positives(samples: Samples, scale: Any) -> Samples:
    """Return the samples with the weights of positives multiplied by a scale; None returns them unchanged."""
    if scale is None:
        return samples
    weights = np.ones(len(samples)) if samples.weights is None else samples.weights
    return replace(samples, weights=np.where(samples.labels == 1, scale * weights, weights))


def count_threads(rows: int) -> int:
    """Return the number of threads for the prediction of a number of rows."""
    return torch.get_num_threads() if rows >= MANY_ROWS else 1


@contextmanager
def silence_stderr() -> Iterator[None]:
    """Discard what this process writes to its standard error output, also from C, during the block.

    LightGBM writes each error there, before it raises it.
    """
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)
