"""A study says what to run: data sets x levels x losses x seeds, and the recipe of each training."""

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cache, cached_property
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

import tomli_w
import torch

from imbaloss import losses
from imbaloss.data import SETS, Dataset, check_level, check_names
from imbaloss.training import Recipe
from imbaloss.whole import write_whole

BUILT_IN = ("table1", "digits")
FILE = "study.toml"
LIBRARIES = ("imbaloss", "torch", "numpy", "scikit-learn")


@dataclass(frozen=True)
class Run:
    """One training that was asked for."""

    dataset: str
    level: float
    protocol: str
    positive: str
    loss: str  # as `losses.write` writes it
    recipe: Recipe
    seed: int

    @cached_property
    def hash(self) -> str:
        """Of what was asked, the same on every device. Entries of the recipe at their default do not count."""
        asked = {name: getattr(self, name) for name in RUN} | {"recipe": entries_that_count(self.recipe)}
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


RUN = [one.name for one in fields(Run)]


@cache
def entries_that_count(recipe: Recipe) -> dict[str, Any]:
    """Those not at their default, without the one learning rate where several are tried."""
    defaults = asdict(Recipe()) | ({"lr": recipe.lr} if recipe.tune_lr else {})
    return {key: value for key, value in asdict(recipe).items() if value != defaults[key]}


@dataclass(frozen=True)
class Study:
    """Every data set at every level with every loss, for every seed.

    The recipe of a training is `recipe`, overruled by that of its data set, by that of its loss, and by `overrules`.
    """

    name: str
    datasets: tuple[str, ...]
    levels: tuple[float, ...]
    protocol: str
    losses: tuple[str, ...]
    seeds: tuple[int, ...]
    positive: str | None = None  # None: the rare class that each data set has by default
    recipe: dict[str, Any] = field(default_factory=dict)
    dataset_recipes: dict[str, dict[str, Any]] = field(default_factory=dict)
    loss_recipes: dict[str, dict[str, Any]] = field(default_factory=dict)
    overrules: dict[str, Any] = field(default_factory=dict)

    def runs(self) -> list[Run]:
        """In the order of training: cell by cell, seed by seed, the losses side by side; none twice.

        Raises ValueError for what there is not (data set, loss, protocol, ...) and for values outside their domain.
        """
        check_names(self.datasets)
        for level in self.levels:
            check_level(level, self.protocol)
        runs = [
            Run(dataset, level, self.protocol, self.positive or SETS[dataset].positive, loss, recipe, seed)
            for dataset in self.datasets
            for recipes in [list(self.recipes(dataset))]
            for level in self.levels
            for seed in self.seeds
            for loss, recipe in recipes
        ]
        return list(dict.fromkeys(runs))

    def recipes(self, dataset: str) -> Iterator[tuple[str, Recipe]]:
        """Each loss, as `losses.write` writes it, with its recipe on a data set."""
        for text in self.losses:
            name, parameters = losses.parse(text)
            layers = (
                self.recipe,
                self.dataset_recipes.get(dataset, {}),
                self.loss_recipes.get(name, {}),
                self.overrules,
            )
            entries = {key: value for layer in layers for key, value in layer.items()}
            recipe = Recipe(**entries)
            check_loss(text, recipe)
            yield losses.write(name, parameters), recipe

    def to_toml(self) -> dict[str, Any]:
        """As a TOML document has it; the inverse of `from_toml`."""
        return {key: value for key, value in asdict(self).items() if value is not None}


def check_loss(text: str, recipe: Recipe) -> None:
    """Raises ValueError where a network cannot be trained with the loss by that recipe."""
    name, parameters = losses.parse(text)
    loss = losses.get(name, counts=(1, 1), **parameters)
    logits = torch.zeros(2) if recipe.outputs == 1 else torch.zeros(2, recipe.outputs)
    if loss(logits, torch.tensor([0, 1])).ndim:
        raise ValueError(f"{text} gives a number for each sample; a training needs one number")
    if isinstance(loss, losses.Deferred) and loss.after >= recipe.epochs:
        changes, ends = f"changes after {loss.after} epochs", f"the training ends after {recipe.epochs}"
        raise ValueError(f"{text} {changes}, {ends}: give it after=N, as in {name}:after={recipe.epochs * 4 // 5}")


def from_toml(content: dict[str, Any]) -> Study:
    """A study from a TOML document: the fields of `Study`, arrays for tuples; a table `provenance` is passed over."""
    return Study(**{key: tuples(value) for key, value in content.items() if key != "provenance"})


def tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: tuples(entry) for key, entry in value.items()}
    return tuple(value) if isinstance(value, list) else value


def built_in(name: str) -> Study:
    """The study of that name among those that come with imbaloss."""
    return from_toml(tomllib.loads(resources.files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")))


def write_study(study: Study, datasets: Mapping[str, Dataset], folder: Path) -> None:
    """Writes study.toml: the study, and under `provenance` versions and checksums of the data."""
    provenance = {"versions": versions(), "data": {name: dataset.checksum for name, dataset in datasets.items()}}
    content = tomli_w.dumps(study.to_toml() | {"provenance": provenance})
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / FILE, content.encode())


def read_study(folder: Path) -> Study:
    """The study of an output folder. Raises OSError where there is none, ValueError where its file is damaged."""
    file = folder / FILE
    if not file.exists():
        raise OSError(f"{folder} holds no {FILE}: no study was run there")
    try:
        return from_toml(tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise ValueError(f"{file} is no study: {error}") from error


def versions() -> dict[str, str]:
    """Of the libraries that results depend on."""
    return {library: version(library) for library in LIBRARIES}


def built_in_for(datasets: Sequence[str]) -> Study:
    """The built-in study that has all these data sets, and so their recipes. Raises ValueError where there is none."""
    check_names(datasets)
    for study in map(built_in, BUILT_IN):
        if set(datasets) <= set(study.datasets):
            return study
    raise ValueError(f"no built-in study has {' and '.join(datasets)}; run them one by one")
