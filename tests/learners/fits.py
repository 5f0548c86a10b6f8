"""Fits of classifiers to a few rows, for the tests of learners."""

from typing import cast

import numpy as np

from imbaloss.data import Samples, Split
from imbaloss.learners import EstimatorModel
from imbaloss.learners.estimators import Estimator
from imbaloss.losses import LossSpec
from imbaloss.training import Member, Plan, Recipe, Setting

ODD = "tests.learners.odd_classifiers"
GENERATOR = np.random.default_rng(0)
INPUTS = GENERATOR.standard_normal((200, 4)).astype(np.float32)
LABELS = (INPUTS[:, 0] + GENERATOR.standard_normal(200) > 1).astype(np.int64)
ROWS = INPUTS.astype(np.float64)
TRAIN = Samples(INPUTS, LABELS)
SPLIT = Split(TRAIN, TRAIN, TRAIN)


def fit(learner: Estimator, split: Split = SPLIT, setting: Setting | None = None, seed: int = 0, **recipe):
    """Fit one member and return its outcome."""
    tried = learner.list_settings()[0] if setting is None else setting
    member = Member(split, LossSpec("ce"), Recipe(**recipe), seed, setting=tried)
    plan = cast(Plan, None)  # which is not used
    [outcome] = learner.fit([member], device="cpu", plan=plan, on_epoch=lambda _: None)
    return outcome


def fit_model(learner: Estimator | str, **options) -> EstimatorModel:
    outcome = fit(Estimator.parse(learner) if isinstance(learner, str) else learner, **options)
    assert outcome.failure is None
    return outcome.model


def failure(learner: Estimator | str, **options) -> str:
    outcome = fit(Estimator.parse(learner) if isinstance(learner, str) else learner, **options)
    assert outcome.model is None
    return outcome.failure
