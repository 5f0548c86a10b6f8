"""Samplers change the class shares that a network learns from: by imbalanced-learn, or by the batches that they draw.

The text of a sampler has its parameters, as in smote:ratio=0.5,neighbours=3. `SamplerSpec` is the value of such a text.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from imbaloss import spec_text
from imbaloss.choices import check_choice, check_parameter
from imbaloss.data import batches
from imbaloss.data.samples import Samples
from imbaloss.data.seeds import make_generator, make_random_state

NONE = "none"  # the name of no sampler
OVER, UNDER, COMBINED = "imblearn.over_sampling", "imblearn.under_sampling", "imblearn.combine"
Classes = tuple[int, ...]  # number of samples of each class


def raise_counts(counts: Classes, ratio: float) -> Classes:
    """Return the counts after each class below `ratio` times the largest count is raised to that, (C,).

    It is rounded to a whole number.
    """
    return tuple(max(count, round(ratio * max(counts))) for count in counts)


def lower_counts(counts: Classes, ratio: float) -> Classes:
    """Return the counts after each class above the smallest count / `ratio` is lowered to that, (C,).

    It is rounded to a whole number.
    """
    return tuple(min(count, round(min(counts) / ratio)) for count in counts)


@dataclass(frozen=True)
class Sampler:
    """A sampler of imbalanced-learn, which repeats, leaves out or makes samples of the training part."""

    kind: str  # the module and class in imbalanced-learn
    counts: Callable[[Classes, float], Classes] | None = None  # counts and ratio -> wanted counts; None: samples decide
    exact: bool = False  # whether the wanted counts are reached exactly
    selects: bool = False  # whether it makes no new samples, so that samples keep their weights
    neighbours: str = ""  # imbalanced-learn's parameter for the number of neighbours; empty if there is none
    defaults: Mapping[str, float] = field(default_factory=dict)  # the parameters and their defaults

    def fewest(self, chosen: Mapping[str, float]) -> int:
        """Return the number of samples of each class that the sampler needs.

        It is 1 for one that makes no new samples; else one more than its neighbours, 5 if it has no such parameter.

        chosen: the parameters of the sampler.
        """
        return 1 if self.selects else int(chosen.get("neighbours", SMOTE["neighbours"])) + 1


RATIO = {"ratio": 1.0}
SMOTE = RATIO | {"neighbours": 5.0}  # of the papers and of imbalanced-learn; k-means-SMOTE has others
SAMPLERS = {
    "random_over": Sampler(f"{OVER}.RandomOverSampler", raise_counts, exact=True, selects=True, defaults=RATIO),
    "random_under": Sampler(f"{UNDER}.RandomUnderSampler", lower_counts, exact=True, selects=True, defaults=RATIO),
    "smote": Sampler(f"{OVER}.SMOTE", raise_counts, exact=True, neighbours="k_neighbors", defaults=SMOTE),
    "borderline_smote": Sampler(f"{OVER}.BorderlineSMOTE", raise_counts, neighbours="k_neighbors", defaults=SMOTE),
    "svm_smote": Sampler(f"{OVER}.SVMSMOTE", raise_counts, neighbours="k_neighbors", defaults=SMOTE),
    "kmeans_smote": Sampler(
        f"{OVER}.KMeansSMOTE", raise_counts, neighbours="k_neighbors", defaults=RATIO | {"neighbours": 2.0}
    ),
    "adasyn": Sampler(f"{OVER}.ADASYN", raise_counts, neighbours="n_neighbors", defaults=SMOTE),
    "tomek_links": Sampler(f"{UNDER}.TomekLinks", selects=True),
    "enn": Sampler(
        f"{UNDER}.EditedNearestNeighbours", selects=True, neighbours="n_neighbors", defaults={"neighbours": 3.0}
    ),
    "smote_tomek": Sampler(f"{COMBINED}.SMOTETomek", raise_counts, defaults=RATIO),
    "smote_enn": Sampler(f"{COMBINED}.SMOTEENN", raise_counts, defaults=RATIO),
}
COST_WEIGHTS = "cost_weights"  # weighs each training sample by what its mistake costs
STRATIFIED, BALANCED = "stratified_batches", "balanced_batches"
BATCH_SAMPLERS: dict[str, Mapping[str, float]] = {STRATIFIED: {"fewest": 1}, BALANCED: {}}  # name -> defaults


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
        """Check the parameters, sort them by name and drop those at their default.

        Raises ValueError for an unknown sampler or parameter and for a value outside its domain.
        """
        check_choice("sampler", self.name, [NONE, *SAMPLERS, *BATCH_SAMPLERS, COST_WEIGHTS])
        parameters, defaults = dict(self.parameters), default_parameters(self.name)
        for key in parameters:
            check_parameter(self.name, key, defaults)
        for key, value in parameters.items():
            if not isinstance(value, int | float) or isinstance(value, bool):
                raise ValueError(f"{key} must be one number, found {value!r} in {str(self)!r}")
            if key == "ratio" and not 0 < value <= 1:
                raise ValueError(f"ratio must be above 0 and at most 1, found {value:g} in {str(self)!r}")
            if key != "ratio" and not (value >= 1 and value % 1 == 0 and value < 2**31):
                raise ValueError(f"{key} must be a whole number, 1 or more, found {value:g} in {str(self)!r}")
        object.__setattr__(self, "parameters", tuple(spec_text.drop_defaults(parameters, defaults).items()))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a sampler, `name` or `name:key=value,...`, such as "smote:ratio=0.5"; "none" is no sampler.

        Raises:
            ValueError: The text has another form, the name or a parameter is unknown, or a value is outside its domain.
        """
        name, parameters = spec_text.read_spec("a sampler", text)
        return cls(name, tuple(parameters.items()))  # type: ignore[arg-type]  # the class refuses tuples

    def __str__(self) -> str:
        """Write the sampler as `parse` reads it, such as "smote:neighbours=3", without parameters at their default."""
        return spec_text.write_spec(self.name, dict(self.parameters), default_parameters(self.name))

    @property
    def chosen(self) -> dict[str, float]:
        """All parameters by name, including those at their default."""
        return {**default_parameters(self.name), **dict(self.parameters)}

    @property
    def in_batches(self) -> bool:
        """Whether the sampler draws training batches by class, and adds or leaves out no samples."""
        return self.name in BATCH_SAMPLERS

    @property
    def by_costs(self) -> bool:
        """Whether the sampler weighs the samples by their costs, which each sample must have."""
        return self.name == COST_WEIGHTS

    @property
    def keeps_weights(self) -> bool:
        """Whether samples keep their weights: the sampler makes no new ones."""
        return self.name not in SAMPLERS or SAMPLERS[self.name].selects

    @property
    def looks_at_labels_alone(self) -> bool:
        """Whether the sampler chooses or repeats samples without a look at their inputs; true for no sampler too."""
        return self.name not in SAMPLERS or (SAMPLERS[self.name].selects and SAMPLERS[self.name].exact)

    @property
    def draws(self) -> bool:
        """Whether the training part after the sampler may differ from seed to seed.

        It does not for tomek_links, enn, samplers that draw batches, and no sampler.
        """
        return self.name in SAMPLERS and SAMPLERS[self.name].counts is not None

    @property
    def size_is_known(self) -> bool:
        """Whether the class counts alone decide the size of the part after the sampler.

        If so, it is the same for all seeds.
        """
        return self.name not in SAMPLERS or SAMPLERS[self.name].exact


def default_parameters(name: str) -> Mapping[str, float]:
    """Return the parameters of a sampler and their defaults; empty for unknown names and for no sampler ("none")."""
    if name in SAMPLERS:
        return SAMPLERS[name].defaults
    return BATCH_SAMPLERS.get(name, {})


NO_SAMPLER = SamplerSpec(NONE)


def resampled_counts(train: Sequence[int], spec: SamplerSpec) -> Classes:
    """Return the samples of each class after a sampler, (C,); unchanged for a sampler that draws batches, or none.

    If `spec.size_is_known` is false, the counts are only those that the sampler aims at. If the samples alone decide
    (tomek_links, enn), they are the counts before the sampler.

    Args:
        train: The samples of each class before the sampler.
        spec: The sampler.

    Raises:
        ValueError: The rarest class has too few samples for the sampler.
    """
    if spec.name not in SAMPLERS:
        return tuple(train)
    sampler = SAMPLERS[spec.name]
    if min(train) < (fewest := sampler.fewest(spec.chosen)):
        needs = f"sampler {spec} needs {fewest} or more of each class to train on, found {min(train)}"
        raise ValueError(needs + advise_neighbours(spec, min(train)))
    return sampler.counts(tuple(train), spec.chosen["ratio"]) if sampler.counts else tuple(train)


def advise_neighbours(spec: SamplerSpec, fewest: int) -> str:
    """Return the end of a message about a class with too few samples for a sampler.

    It advises the same sampler with as many neighbours as the rarest class allows, or to leave it out; only the latter
    if the sampler has no neighbours or the class has one sample.

    fewest: the samples of the rarest class.
    """
    if "neighbours" in spec.chosen and fewest > 1:
        parameters = {**spec.chosen, "neighbours": float(fewest - 1)}
        smaller = spec_text.write_spec(spec.name, parameters, default_parameters(spec.name))
        return f": take {smaller}, or leave it out"
    return ": leave it out"


def shown_counts(train: Sequence[int], spec: SamplerSpec, size: int) -> Classes:
    """Return the number of samples of each class that an epoch shows, (C,).

    Args:
        train: The samples of each class in the training part.
        spec: The sampler; one that does not draw batches changes nothing here.
        size: The batch size.

    Raises:
        ValueError: The batches are too small for stratified_batches.
    """
    if spec.name == STRATIFIED:
        return batches.count_stratified_rows(train, size, int(spec.chosen["fewest"]))
    return batches.count_balanced_rows(train) if spec.name == BALANCED else tuple(train)


def resample(train: Samples, spec: SamplerSpec, seed: int) -> Samples:
    """Return the training part after a sampler, in random order.

    It is the part itself if the sampler draws batches or is none, and with cost_weights the part with weights. The
    result of other samplers does not know the `images` (rows in the pool) and the costs of its samples. It has weights
    if the part has them.

    Args:
        train: The training part; it stays as it is.
        spec: The sampler.
        seed: Draws samples and order.

    Raises:
        ValueError: A class has too few samples, imbalanced-learn refuses the samples, or there are sample weights and
            the sampler makes new samples. Or cost_weights finds no costs.
    """
    if spec.by_costs:
        return weigh_by_costs(train)
    if spec.name not in SAMPLERS:
        return train
    wanted = resampled_counts(np.bincount(train.labels).tolist(), spec)
    if train.weights is not None and not spec.keeps_weights:
        raise ValueError(
            f"sampler {spec.name} makes new samples, which have no sample weight: leave out one of the two"
        )
    resampler = build_sampler(SAMPLERS[spec.name], spec.chosen, wanted, seed)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # warnings of libraries about their own defaults
            inputs, labels = resampler.fit_resample(train.inputs.reshape(len(train), -1), train.labels)
    except (ValueError, RuntimeError) as error:
        raise ValueError(f"sampler {spec} can make nothing of these samples: {' '.join(str(error).split())}") from error
    mixed = make_generator(seed, "mixing").permutation(len(labels))
    weights: NDArray[np.float64] | None = None
    if train.weights is not None:
        weights = train.weights[resampler.sample_indices_][mixed]
    shape = train.inputs.shape[1:]
    return Samples(inputs.reshape(-1, *shape).astype(train.inputs.dtype)[mixed], labels[mixed], weights=weights)


def weigh_by_costs(part: Samples) -> Samples:
    """Return samples with weights of mean 1, in proportion to what a mistake costs beyond the right decision.

    A sample whose mistake costs no more has weight 0. Weights that the samples have are multiplied.

    Raises:
        ValueError: The samples have no costs, or the mistakes of a class cost nothing.

    Source: Zadrozny, Langford and Abe 2003 (ICDM), for weights by cost.
    """
    if part.costs is None:
        raise ValueError(f"sampler {COST_WEIGHTS} needs the costs of each row: give them by --cost")
    tn, fp, fn, tp = part.costs.T
    weights = np.maximum(np.where(part.labels == 1, fn - tp, fp - tn), 0.0)
    if part.weights is not None:
        weights = weights * part.weights
    if not all(weights[part.labels == label].any() for label in np.unique(part.labels)):
        raise ValueError(f"sampler {COST_WEIGHTS} finds a class whose mistakes cost nothing: leave it out")
    return replace(part, weights=weights / weights.mean())


def build_sampler(sampler: Sampler, chosen: Mapping[str, float], wanted: Classes, seed: int) -> Any:
    """Build the object of imbalanced-learn whose fit_resample does a sampler's work.

    Args:
        sampler: The sampler.
        chosen: All of its parameters.
        wanted: The samples of each class after it, if the sampler takes them.
        seed: Draws the samples, if anything is drawn.

    Raises:
        KeyError: The sampler takes neighbours, and they are not among the parameters.
    """
    module, _, kind = sampler.kind.rpartition(".")  # imported when it is needed: it takes half a second
    resampler = getattr(import_module(module), kind)()
    options: dict[str, Any] = {}
    if "random_state" in resampler.get_params():
        options["random_state"] = make_random_state(seed, "resampling")
    if sampler.counts:
        options["sampling_strategy"] = dict(enumerate(wanted))
    if sampler.neighbours:
        options[sampler.neighbours] = int(chosen["neighbours"])
    return resampler.set_params(**options)
