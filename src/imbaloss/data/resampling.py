"""Samplers: the training part with as many samples of one class as of the other, by imbalanced-learn."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import numpy as np

from imbaloss.data.dataset import Counts, Samples
from imbaloss.data.seeds import state, stream
from imbaloss.nearest import one_of

NEIGHBOURS = 5  # of SMOTE, as in its paper and in imbalanced-learn
NONE = "none"


@dataclass(frozen=True)
class Sampler:
    """counts: of the resampled part, from those of the training part."""

    kind: str  # the class in imbalanced-learn
    counts: Callable[[Counts], Counts]
    fewest: int = 1  # samples of the rare class that it needs


def as_many_as_the_larger(counts: Counts) -> Counts:
    return Counts(max(counts), max(counts))


def as_many_as_the_smaller(counts: Counts) -> Counts:
    return Counts(min(counts), min(counts))


SAMPLERS = {
    "random_over": Sampler("imblearn.over_sampling.RandomOverSampler", as_many_as_the_larger),
    "random_under": Sampler("imblearn.under_sampling.RandomUnderSampler", as_many_as_the_smaller),
    "smote": Sampler("imblearn.over_sampling.SMOTE", as_many_as_the_larger, NEIGHBOURS + 1),  # Chawla et al. 2002
}


def check_sampler(name: str) -> None:
    """Raises ValueError where there is no sampler of that name."""
    one_of("sampler", name, [NONE, *SAMPLERS])


def resampled_counts(train: Counts, sampler: str) -> Counts:
    """Of what is trained on. Raises ValueError where the rare class has too few samples for the sampler."""
    if sampler == NONE:
        return train
    found = SAMPLERS[sampler]
    if min(train) < found.fewest:
        raise ValueError(
            f"sampler {sampler} needs {found.fewest} or more of each class to train on, found {min(train)}"
        )
    return found.counts(train)


def resample(train: Samples, sampler: str, seed: int) -> Samples:
    """The training part after the sampler, mixed."""
    if sampler == NONE:
        return train
    module, _, kind = SAMPLERS[sampler].kind.rpartition(".")  # imported when it is needed: it takes half a second
    made = getattr(import_module(module), kind)(random_state=state(seed, "resampling"))
    inputs, labels = made.fit_resample(train.inputs.reshape(len(train), -1), train.labels)
    mixed = stream(seed, "mixing").permutation(len(labels))
    return Samples(inputs.reshape(-1, *train.inputs.shape[1:]).astype(np.float32)[mixed], labels[mixed])
