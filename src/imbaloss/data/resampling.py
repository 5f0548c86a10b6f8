"""Samplers: how a training part with few samples of a class is shown to a network; by imbalanced-learn, or by batches.

A sampler is named by a text, with parameters as in smote:ratio=0.5,neighbours=3.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbaloss import notation
from imbaloss.data import batches
from imbaloss.data.samples import Samples
from imbaloss.data.seeds import state, stream
from imbaloss.nearest import one_of, parameter_of

NONE = "none"
OVER, UNDER, COMBINED = "imblearn.over_sampling", "imblearn.under_sampling", "imblearn.combine"
Classes = tuple[int, ...]  # samples of each class


def raised(counts: Classes, ratio: float) -> Classes:
    """Every class to `ratio` times the largest, where it has fewer."""
    return tuple(max(count, round(ratio * max(counts))) for count in counts)


def lowered(counts: Classes, ratio: float) -> Classes:
    """Every class to the 1/`ratio`-fold of the smallest, where it has more."""
    return tuple(min(count, round(min(counts) / ratio)) for count in counts)


@dataclass(frozen=True)
class Sampler:
    """Of a training part: its samples are repeated, left out, or made new ones of."""

    kind: str  # the class in imbalanced-learn
    counts: Callable[[Classes, float], Classes] | None = None  # wanted, from those there are; None: samples decide
    exact: bool = False  # as many as wanted come of it
    selects: bool = False  # nothing but samples that there are: they keep their weights
    neighbours: str = ""  # what imbalanced-learn calls their number
    defaults: Mapping[str, float] = field(default_factory=dict)  # of its parameters

    def fewest(self, chosen: Mapping[str, float]) -> int:
        """Samples of each class that it needs, with these parameters."""
        return 1 if self.selects else int(chosen.get("neighbours", SMOTE["neighbours"])) + 1


RATIO = {"ratio": 1.0}
SMOTE = RATIO | {"neighbours": 5.0}  # as in the papers and in imbalanced-learn, but for k-means-SMOTE
SAMPLERS = {
    "random_over": Sampler(f"{OVER}.RandomOverSampler", raised, exact=True, selects=True, defaults=RATIO),
    "random_under": Sampler(f"{UNDER}.RandomUnderSampler", lowered, exact=True, selects=True, defaults=RATIO),
    "smote": Sampler(f"{OVER}.SMOTE", raised, exact=True, neighbours="k_neighbors", defaults=SMOTE),
    "borderline_smote": Sampler(f"{OVER}.BorderlineSMOTE", raised, neighbours="k_neighbors", defaults=SMOTE),
    "svm_smote": Sampler(f"{OVER}.SVMSMOTE", raised, neighbours="k_neighbors", defaults=SMOTE),
    "kmeans_smote": Sampler(
        f"{OVER}.KMeansSMOTE", raised, neighbours="k_neighbors", defaults=RATIO | {"neighbours": 2.0}
    ),
    "adasyn": Sampler(f"{OVER}.ADASYN", raised, neighbours="n_neighbors", defaults=SMOTE),
    "tomek_links": Sampler(f"{UNDER}.TomekLinks", selects=True),
    "enn": Sampler(
        f"{UNDER}.EditedNearestNeighbours", selects=True, neighbours="n_neighbors", defaults={"neighbours": 3.0}
    ),
    "smote_tomek": Sampler(f"{COMBINED}.SMOTETomek", raised, defaults=RATIO),
    "smote_enn": Sampler(f"{COMBINED}.SMOTEENN", raised, defaults=RATIO),
}
STRATIFIED, BALANCED = "stratified_batches", "balanced_batches"
BATCH_SAMPLERS: dict[str, Mapping[str, float]] = {STRATIFIED: {"fewest": 1}, BALANCED: {}}  # and their parameters


@cache
def parse(text: str) -> tuple[str, Mapping[str, float]]:
    """The name of a sampler, and all of its parameters.

    Raises ValueError for what there is not and for values outside their domain.
    """
    name, given = notation.read("a sampler", text)
    one_of("sampler", name, [NONE, *SAMPLERS, *BATCH_SAMPLERS])
    defaults = defaults_of(name)
    for key, value in given.items():
        parameter_of(name, key, defaults)
        if not isinstance(value, float):
            raise ValueError(f"{key} must be one number, found {value!r} in {text!r}")
        if key == "ratio" and not 0 < value <= 1:
            raise ValueError(f"ratio must be above 0 and at most 1, found {value:g} in {text!r}")
        if key != "ratio" and not (value >= 1 and value % 1 == 0 and value < 2**31):
            raise ValueError(f"{key} must be a whole number, 1 or more, found {value:g} in {text!r}")
    return name, {**defaults, **given}  # type: ignore[dict-item]


def defaults_of(name: str) -> Mapping[str, float]:
    if name in SAMPLERS:
        return SAMPLERS[name].defaults
    return BATCH_SAMPLERS.get(name, {})


def canonical(text: str) -> str:
    """One text for one sampler. Raises ValueError as `parse`."""
    name, chosen = parse(text)
    return notation.write(name, chosen, defaults_of(name))


def in_batches(text: str) -> bool:
    """Whether the sampler leaves the training part as it is, and draws its batches."""
    return parse(text)[0] in BATCH_SAMPLERS


def draws(text: str) -> bool:
    """Whether what comes of it differs from seed to seed."""
    name, _ = parse(text)
    return name in SAMPLERS and SAMPLERS[name].counts is not None


def size_is_known(text: str) -> bool:
    """Whether the counts of classes tell how many samples come of it, so that all seeds have as many."""
    name, _ = parse(text)
    return name not in SAMPLERS or SAMPLERS[name].exact


def resampled_counts(train: Sequence[int], text: str) -> Classes:
    """Of each class of what comes of it, or of most that can come where `size_is_known` says no.

    train: samples of each class. Raises ValueError where the rarest class has too few for the sampler.
    """
    name, chosen = parse(text)
    if name not in SAMPLERS:
        return tuple(train)
    sampler = SAMPLERS[name]
    if min(train) < (fewest := sampler.fewest(chosen)):
        needs = f"sampler {text} needs {fewest} or more of each class to train on, found {min(train)}"
        raise ValueError(needs + advise_neighbours(name, chosen, min(train)))
    return sampler.counts(tuple(train), chosen["ratio"]) if sampler.counts else tuple(train)


def advise_neighbours(name: str, chosen: Mapping[str, float], fewest: int) -> str:
    """Say with how many neighbours a sampler takes so few samples of a class, or that there is no such number."""
    if "neighbours" in chosen and fewest > 1:
        fitting = notation.write(name, {**chosen, "neighbours": float(fewest - 1)}, defaults_of(name))
        return f": take {fitting}, or leave it out"
    return ": leave it out"


def shown_counts(train: Sequence[int], text: str, size: int) -> Classes:
    """How many rows of each class an epoch has, in batches of that size. Raises ValueError as `batches.stratified`.

    train: samples of each class, after samplers that are not `in_batches`.
    """
    name, chosen = parse(text)
    if name == STRATIFIED:
        return batches.stratified(train, size, int(chosen["fewest"]))
    return batches.balanced(train) if name == BALANCED else tuple(train)


def resample(train: Samples, text: str, seed: int) -> Samples:
    """The training part after the sampler, mixed; as it is, where the sampler draws batches.

    Raises ValueError where imbalanced-learn can make nothing of these samples, and for sample weights with a sampler
    that makes new samples.
    """
    name, chosen = parse(text)
    if name not in SAMPLERS:
        return train
    wanted = resampled_counts(np.bincount(train.labels).tolist(), text)
    if train.weights is not None and not SAMPLERS[name].selects:
        raise ValueError(f"sampler {name} makes new samples, which have no sample weight: leave out one of the two")
    made = sampler_of(SAMPLERS[name], chosen, wanted, seed)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries about their own defaults
            inputs, labels = made.fit_resample(train.inputs.reshape(len(train), -1), train.labels)
    except (ValueError, RuntimeError) as error:
        raise ValueError(f"sampler {text} can make nothing of these samples: {' '.join(str(error).split())}") from error
    mixed = stream(seed, "mixing").permutation(len(labels))
    weights: NDArray[np.float64] | None = None if train.weights is None else train.weights[made.sample_indices_][mixed]
    shape = train.inputs.shape[1:]
    return Samples(inputs.reshape(-1, *shape).astype(train.inputs.dtype)[mixed], labels[mixed], weights=weights)


def sampler_of(sampler: Sampler, chosen: Mapping[str, float], wanted: Classes, seed: int) -> Any:
    """imbalanced-learn's. wanted: samples of each class."""
    module, _, kind = sampler.kind.rpartition(".")  # imported when it is needed: it takes half a second
    made = getattr(import_module(module), kind)()
    options: dict[str, Any] = {}
    if "random_state" in made.get_params():
        options["random_state"] = state(seed, "resampling")
    if sampler.counts:
        options["sampling_strategy"] = dict(enumerate(wanted))
    if sampler.neighbours:
        options[sampler.neighbours] = int(chosen["neighbours"])
    return made.set_params(**options)
