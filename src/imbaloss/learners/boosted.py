"""LightGBM as a learner: boosted trees that stop early by the validation part, with categories and missing values."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray

from imbaloss.data import InputForm, Split
from imbaloss.learners.estimator_model import Predictor
from imbaloss.learners.learner import Description
from imbaloss.learners.member_fits import MemberFits
from imbaloss.learners.parameters import Parameters, read_parameters, write_parameters
from imbaloss.losses import LossSpec
from imbaloss.training import Member, Recipe, Setting

Floats = NDArray[np.float64]
ROUNDS = 2000  # trees, at most
PATIENCE = 50  # trees without a lower log-loss on the validation part
MANY_ROWS = 10_000  # rows from which on several threads predict; for fewer, waiting for each other takes longer
SETTINGS = tuple(
    Setting.of(learning_rate=rate, num_leaves=leaves, min_data_in_leaf=fewest)
    for rate, leaves, fewest in (
        (0.05, 31, 20),
        (0.05, 7, 20),
        (0.05, 15, 5),
        (0.05, 15, 100),
        (0.1, 31, 100),
        (0.03, 7, 5),
    )
)


@dataclass(frozen=True)
class LightGBMPredictor:
    """Fitted boosted trees of LightGBM, as the text that LightGBM writes."""

    text: str
    kind: ClassVar[str] = "lightgbm"
    file: ClassVar[str] = "lightgbm.txt"

    @cached_property
    def booster(self) -> Any:
        """The trees, read from the text."""
        import lightgbm

        return lightgbm.Booster(model_str=self.text)

    def log_odds(self, rows: Floats) -> Floats:
        """Return the log-odds (N,) of class 1 for rows (N, D) of columns, NaN for missing values."""
        threads = torch.get_num_threads() if len(rows) >= MANY_ROWS else 1
        odds: Floats = self.booster.predict(rows, raw_score=True, num_threads=threads)
        return odds

    def dump(self) -> bytes:
        """Return the text in UTF-8."""
        return self.text.encode()

    @classmethod
    def parse(cls, path: Path, content: bytes, trusted: Sequence[str]) -> Self:  # noqa: ARG003
        """Read the trees from the text that LightGBM wrote.

        Args:
            path: The path of the file, for messages.
            content: What `dump` returned.
            trusted: Not used, since the text holds no types.

        Raises:
            ValueError: LightGBM cannot read the text.
        """
        predictor = cls(content.decode())
        try:
            _ = predictor.booster
        except Exception as error:
            raise ValueError(f"{path} is no file of LightGBM: {error}") from error
        return predictor


@dataclass(frozen=True)
class LightGBM(MemberFits):
    """Boosted trees of LightGBM with its own objective, the log-loss."""

    parameters: Parameters = ()  # those that the text of the method fixes
    needs_validation: ClassVar[bool] = True
    input_form: ClassVar[InputForm] = InputForm.COLUMNS
    scales: ClassVar[bool] = False
    name: ClassVar[str] = "lightgbm"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read "lightgbm", perhaps with `:name=value,...`; None for any other text.

        Raises:
            ValueError: A parameter has no name or no value, or is given twice.
        """
        name, _, rest = text.partition(":")
        return cls(read_parameters(rest, text)) if name == cls.name else None

    @property
    def text(self) -> str:
        """The text of the learner: its name, and its parameters if there are any."""
        return ":".join(filter(None, [self.name, write_parameters(self.parameters)]))

    def describe(self, loss: LossSpec | None) -> Description:  # noqa: ARG002
        """Return the title and the source of LightGBM, whatever the loss."""
        return Description("boosted trees of LightGBM", "Ke et al. 2017 (NeurIPS); by LightGBM")

    def list_settings(self) -> tuple[Setting, ...]:
        """Return the settings to try, each once, without parameters that the text of the learner fixes."""
        fixed = dict(self.parameters)
        left = [Setting.of({n: value for n, value in setting.values if n not in fixed}) for setting in SETTINGS]
        return tuple(dict.fromkeys(left))

    def check_loss(self, loss: LossSpec | None, recipe: Recipe) -> None:
        """Accept any recipe, of which only the precision of the inputs counts."""

    def fit_predictor(self, member: Member, split: Split, threads: int) -> Predictor:
        """Fit trees on the train part of a member (training) until the log-loss on validation no longer falls.

        The number of trees is the one with the lowest log-loss. Raises LightGBM's errors.

        Args:
            member: The training, with its setting and seed.
            split: Its split with inputs as rows (N, D).
            threads: The number of threads; the trees do not depend on it.
        """
        import lightgbm

        options = {
            "objective": "binary",
            "metric": "binary_logloss",
            "deterministic": True,
            "force_row_wise": True,  # one order of summation, whatever the machine
            "verbose": -1,
            "seed": member.seed % 2**31,
            "num_threads": threads,
            **member.setting.to_dict(),
            **dict(self.parameters),
        }
        train, validation = split.train, split.validation
        rows = lightgbm.Dataset(
            train.inputs, train.labels, weight=train.weights, categorical_feature=list(split.categorical)
        )
        stop = lightgbm.early_stopping(PATIENCE, verbose=False)
        validation_rows = rows.create_valid(validation.inputs, validation.labels, validation.weights)
        booster = lightgbm.train(options, rows, ROUNDS, valid_sets=[validation_rows], callbacks=[stop])
        return LightGBMPredictor(booster.model_to_string(num_iteration=booster.best_iteration))
