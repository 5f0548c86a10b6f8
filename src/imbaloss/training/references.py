"""References: classifiers of scikit-learn that a network must beat to be worth its while."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import special
from torch import Tensor, nn

from imbaloss.training.member import Member
from imbaloss.training.model import Model
from imbaloss.training.scaling import Scaling

SMALLEST = 1e-12  # probability, since log-odds are finite


def logistic_regression(c: float, seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=c, max_iter=1000, random_state=seed % 2**32)


def gradient_boosting(learning_rate: float, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(learning_rate=learning_rate, early_stopping=False, random_state=seed % 2**32)


@dataclass(frozen=True)
class Reference:
    """What the entry `lr` of a recipe stands for, which values of it are tried, and the source."""

    title: str
    made: Callable[[float, int], Any]
    rate: str
    rates: tuple[float, ...]
    source: str


REFERENCES: Mapping[str, Reference] = {
    "logistic_regression": Reference(
        "logistic regression of scikit-learn",
        logistic_regression,
        "C",
        (0.03, 0.3, 3.0),
        "Cox 1958, Journal of the Royal Statistical Society B 20; by scikit-learn",
    ),
    "gradient_boosting": Reference(
        "gradient boosting of trees, scikit-learn's",
        gradient_boosting,
        "learning rate",
        (0.01, 0.03, 0.1),
        "Friedman 2001, Annals of Statistics 29, on histograms as in Ke et al. 2017 (LightGBM); by scikit-learn",
    ),
}


class Fitted(nn.Module):
    """A fitted classifier as a stack of one network."""

    def __init__(self, classifier: Any) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, inputs: Tensor) -> Tensor:
        """(1, B, ...) -> the log-odds of class 1, (1, B)."""
        if not inputs.shape[1]:
            return torch.zeros(inputs.shape[:2], dtype=torch.float64)
        found = self.classifier.predict_proba(flat(inputs[0]))[:, 1]
        return torch.from_numpy(special.logit(np.clip(found, SMALLEST, 1 - SMALLEST)))[None]


def flat(inputs: Tensor) -> NDArray[np.float64]:
    """(B, ...) -> (B, D)."""
    return inputs.double().flatten(1).numpy()


def fit(name: str, member: Member) -> Model:
    """By the rate, the seed and the train part of a training."""
    train, recipe = member.split.train, member.recipe
    scaling = Scaling.of(recipe.scaling, train)
    made = REFERENCES[name].made(recipe.lr, member.seed)
    made.fit(flat(scaling(train.inputs).to(recipe.dtype)), train.labels)
    return Model(recipe, train.inputs.shape[1:], scaling, Fitted(made))
