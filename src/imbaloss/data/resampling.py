"""Samplers: how a training part with few samples of a class is shown to a network; by imbalanced-learn, or by batches.

A sampler is written with its parameters, as in smote:ratio=0.5,neighbours=3; `SamplerSpec` is what such a text means.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from imbaloss import spec_text
from imbaloss.choices import check_choice, check_parameter
from imbaloss.data import batches
from imbaloss.data.samples import Samples
from imbaloss.data.seeds import state, stream

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


@dataclass(frozen=True)
class SamplerSpec:
    """The name of a sampler and the parameters that differ from its defaults, in alphabetical order.

    Equal samplers have equal specs, and `str` writes the one text of a sampler. `NO_SAMPLER` changes nothing.

    >>> spec = SamplerSpec.parse("smote:neighbours=3,ratio=1")
    >>> str(spec)
    'smote:neighbours=3'

    Raises:
        ValueError: The name or a parameter is unknown, or a value is outside its domain.
    """

    name: str
    parameters: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        """Check the parameters, sort them and leave out those at their default."""
        check_choice("sampler", self.name, [NONE, *SAMPLERS, *BATCH_SAMPLERS])
        given, defaults = dict(self.parameters), defaults_of(self.name)
        for key in given:
            check_parameter(self.name, key, defaults)
        for key, value in given.items():
            if not isinstance(value, int | float) or isinstance(value, bool):
                raise ValueError(f"{key} must be one number, found {value!r} in {str(self)!r}")
            if key == "ratio" and not 0 < value <= 1:
                raise ValueError(f"ratio must be above 0 and at most 1, found {value:g} in {str(self)!r}")
            if key != "ratio" and not (value >= 1 and value % 1 == 0 and value < 2**31):
                raise ValueError(f"{key} must be a whole number, 1 or more, found {value:g} in {str(self)!r}")
        object.__setattr__(self, "parameters", tuple(spec_text.drop_defaults(given, defaults).items()))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `name` or `name:key=value,...`.

        Raises:
            ValueError: As for the class, and where the text has another form.
        """
        name, given = spec_text.read_spec("a sampler", text)
        return cls(name, tuple(given.items()))  # type: ignore[arg-type]  # which the class refuses

    def __str__(self) -> str:
        """Write the text that `parse` reads."""
        return spec_text.write_spec(self.name, dict(self.parameters), defaults_of(self.name))

    @property
    def chosen(self) -> dict[str, float]:
        """All parameters, also those at their default."""
        return {**defaults_of(self.name), **dict(self.parameters)}

    @property
    def in_batches(self) -> bool:
        """Whether the sampler leaves the training part as it is, and draws its batches."""
        return self.name in BATCH_SAMPLERS

    @property
    def draws(self) -> bool:
        """Whether what comes of it differs from seed to seed."""
        return self.name in SAMPLERS and SAMPLERS[self.name].counts is not None

    @property
    def size_is_known(self) -> bool:
        """Whether the counts of classes tell how many samples come of it, so that all seeds have as many."""
        return self.name not in SAMPLERS or SAMPLERS[self.name].exact


def defaults_of(name: str) -> Mapping[str, float]:
    """Return the parameters of a sampler and their defaults; none for a name that has no parameters."""
    if name in SAMPLERS:
        return SAMPLERS[name].defaults
    return BATCH_SAMPLERS.get(name, {})


NO_SAMPLER = SamplerSpec(NONE)


def resampled_counts(train: Sequence[int], spec: SamplerSpec) -> Classes:
    """Of each class of what comes of it, or of most that can come where `size_is_known` says no.

    train: samples of each class. Raises ValueError where the rarest class has too few for the sampler.
    """
    if spec.name not in SAMPLERS:
        return tuple(train)
    sampler = SAMPLERS[spec.name]
    if min(train) < (fewest := sampler.fewest(spec.chosen)):
        needs = f"sampler {spec} needs {fewest} or more of each class to train on, found {min(train)}"
        raise ValueError(needs + advise_neighbours(spec, min(train)))
    return sampler.counts(tuple(train), spec.chosen["ratio"]) if sampler.counts else tuple(train)


def advise_neighbours(spec: SamplerSpec, fewest: int) -> str:
    """Say with how many neighbours a sampler takes so few samples of a class, or that there is no such number."""
    if "neighbours" in spec.chosen and fewest > 1:
        fitting = spec_text.write_spec(
            spec.name, {**spec.chosen, "neighbours": float(fewest - 1)}, defaults_of(spec.name)
        )
        return f": take {fitting}, or leave it out"
    return ": leave it out"


def shown_counts(train: Sequence[int], spec: SamplerSpec, size: int) -> Classes:
    """How many rows of each class an epoch has, in batches of that size. Raises ValueError as `batches.stratified`.

    train: samples of each class, after samplers that are not `in_batches`.
    """
    if spec.name == STRATIFIED:
        return batches.stratified(train, size, int(spec.chosen["fewest"]))
    return batches.balanced(train) if spec.name == BALANCED else tuple(train)


def resample(train: Samples, spec: SamplerSpec, seed: int) -> Samples:
    """The training part after the sampler, mixed; as it is, where the sampler draws batches.

    Raises ValueError where imbalanced-learn can make nothing of these samples, and for sample weights with a sampler
    that makes new samples.
    """
    if spec.name not in SAMPLERS:
        return train
    wanted = resampled_counts(np.bincount(train.labels).tolist(), spec)
    if train.weights is not None and not SAMPLERS[spec.name].selects:
        raise ValueError(
            f"sampler {spec.name} makes new samples, which have no sample weight: leave out one of the two"
        )
    made = sampler_of(SAMPLERS[spec.name], spec.chosen, wanted, seed)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries about their own defaults
            inputs, labels = made.fit_resample(train.inputs.reshape(len(train), -1), train.labels)
    except (ValueError, RuntimeError) as error:
        raise ValueError(f"sampler {spec} can make nothing of these samples: {' '.join(str(error).split())}") from error
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
