"""A study says what to run: every combination of what stands on its axes, and the recipe of each training."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from itertools import product
from typing import Any, NamedTuple

from imbaloss.data import NO_SAMPLER, NONE, Fold, SamplerSpec, binary_set, check_level, folds_of
from imbaloss.data.dataset import check_class
from imbaloss.data.splits import FEWEST_FOLDS, check_folds
from imbaloss.evaluation import Decision
from imbaloss.learners import NETWORKS, Method
from imbaloss.losses import LossSpec
from imbaloss.recipe_fields import DEFAULT_MARGIN, MARGIN
from imbaloss.studies.bulk import uncollected
from imbaloss.training import Recipe
from imbaloss.training.recipe import number, read_entries, require, write_entries

Place = tuple[str | int, ...]  # of an entry in a study: ("levels", 1), ("recipes", "wide", "hidden")
Entries = dict[str, Any]  # of a recipe
LONGEST_NAME = 200  # characters


@dataclass(frozen=True)
class Run:
    """One training that was asked for."""

    dataset: str
    level: float
    protocol: str
    positive: str
    method: Method
    recipe: Recipe
    seed: int
    fold: Fold | None = None  # None: the parts that the data set comes with
    recipe_name: str = field(default="", compare=False)  # that the study gives the recipe; it changes nothing
    data: str = ""  # of a person's own: the checksum of the data, and of how they are divided

    @cached_property
    def hash(self) -> str:
        """Of what was asked, the same on every device. Entries at their default do not count."""
        asked = {name: value for name, value in self.asked().items() if name not in DEFAULTS or value != DEFAULTS[name]}
        entries = asked | {"recipe": entries_that_count(self.recipe, self.method.decision)}
        return hashlib.sha256(ENCODER.encode(entries).encode()).hexdigest()[:16]

    @property
    def entries(self) -> Entries:
        """All entries of its recipe, with those of the decision, as files have them."""
        return write_entries(self.recipe, self.method.decision)

    def asked(self) -> dict[str, Any]:
        """Return all but the name of the recipe as files have it, in their order."""
        return {
            "dataset": self.dataset,
            "level": self.level,
            "protocol": self.protocol,
            "positive": self.positive,
            "loss": self.method.learned,
            "recipe": self.entries,
            "seed": self.seed,
            "sampler": str(self.method.sampler),
            "fold": self.fold,
            "data": self.data,
        }


ENCODER = json.JSONEncoder(sort_keys=True)
DEFAULTS = {"sampler": NONE, "fold": None, "data": ""}  # which a hash leaves out


@cache
def entries_that_count(recipe: Recipe, decision: Decision) -> Entries:
    """Those not at their default, without the one learning rate where several are tried."""
    defaults = write_entries(Recipe(), Decision()) | ({"lr": recipe.lr} if recipe.tune_lr else {})
    return {key: value for key, value in write_entries(recipe, decision).items() if value != defaults[key]}


class EntryError(ValueError):
    """An entry of a study is wrong; `place` is where it stands."""

    def __init__(self, sentence: str, place: Place) -> None:
        super().__init__(sentence)
        self.place = place


@contextmanager
def at(*place: str | int) -> Iterator[None]:
    """Says of a ValueError where the entry stands."""
    try:
        yield
    except EntryError:
        raise
    except ValueError as error:
        raise EntryError(str(error), place) from error


class LossRecipe(NamedTuple):
    """One of the recipes of a study, with a loss that is trained by it."""

    name: str  # of the recipe
    loss: LossSpec
    recipe: Recipe
    decision: Decision


@dataclass(frozen=True)
class Study:
    """Data sets x levels x protocols x losses x samplers x networks x recipes x folds x seeds.

    The recipe of a training is `recipe`, overruled in turn by that of its data set, that of its loss, its network, each
    of the named recipes, and `overrules`.

    A loss or a sampler may be given as text, such as "focal:gamma=2"; the study has its spec.

    Raises:
        EntryError: A text is no loss or no sampler.
    """

    datasets: tuple[str, ...]
    levels: tuple[float, ...]
    losses: tuple[LossSpec, ...]
    seeds: tuple[int, ...]
    name: str = "study"
    protocols: tuple[str, ...] = ("table1",)
    samplers: tuple[SamplerSpec, ...] = (NO_SAMPLER,)
    networks: tuple[str, ...] = ()  # none: that of the recipe
    folds: int = 0  # 0: train and test are those of the data set
    repeats: int = 1  # of the folds, each time another division
    positive: str | None = None  # None: the rare class that each data set has by default
    margin: float = DEFAULT_MARGIN  # differences of a score within it do not matter; it changes no training
    recipe: Entries = field(default_factory=dict)
    dataset_recipes: dict[str, Entries] = field(default_factory=dict)
    loss_recipes: dict[str, Entries] = field(default_factory=dict)  # by the name of the loss, without parameters
    recipes: dict[str, Entries] = field(default_factory=dict)  # by a name of one's own; none: one recipe without a name
    overrules: Entries = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read losses and samplers that are given as text."""
        for axis, kind in SPECS.items():
            read = []
            for place, entry in enumerate(getattr(self, axis)):
                with at(axis, place):
                    read.append(kind.parse(entry) if isinstance(entry, str) else entry)
            object.__setattr__(self, axis, tuple(read))

    @property
    def noun(self) -> str:
        """What its samples are."""
        kinds = {binary_set(name).things for name in self.datasets}
        return kinds.pop() if len(kinds) == 1 else "samples"

    def runs(self) -> list[Run]:
        """In the order of training: cell by cell, seed by seed, the losses side by side; none twice.

        Where two named recipes come to the same, their runs are equal, and are trained once.
        Raises EntryError for what there is not (data set, loss, protocol, ...) and for values outside their domain.
        """
        self.check()
        with uncollected():
            return list({(run, run.recipe_name): run for run in self.combinations()}.values())

    def other_runs(self) -> tuple[Run, ...]:
        """Return no run: all that belong to the study are compared."""
        return ()

    def extend_report(self, findings: object) -> None:
        """Add nothing to the report of any study."""

    def to_toml(self) -> dict[str, Any]:
        """Return the document of its study file, which `from_toml` reads."""
        given = {key: value for key, value in asdict(self).items() if value is not None}
        return {"name": self.name} | given | {axis: [str(spec) for spec in getattr(self, axis)] for axis in SPECS}

    def combinations(self) -> Iterator[Run]:
        folds = folds_of(self.folds, self.repeats) if self.folds else [None]
        for dataset in self.datasets:
            positive = binary_set(dataset).positive if self.positive is None else self.positive
            recipes = list(self.recipes_on(dataset))
            methods_by_sampler = [
                [(each.name, Method(NETWORKS, each.loss, sampler, each.decision), each.recipe) for each in recipes]
                for sampler in self.samplers
            ]
            for protocol, level, seed, fold, methods in product(
                self.protocols, map(number, self.levels), self.seeds, folds, methods_by_sampler
            ):
                for name, method, recipe in methods:
                    yield Run(dataset, level, protocol, positive, method, recipe, seed, fold, name)

    def recipes_on(self, dataset: str) -> Iterator["LossRecipe"]:
        """List how networks are trained on a data set, whatever the sampler.

        Raises:
            EntryError: A recipe is impossible, or a loss cannot be trained by its recipe.
        """
        names, networks = list(self.recipes) or [""], self.networks or (None,)
        drawn = [str(sampler) for sampler in self.samplers if sampler.in_batches]
        shuffled = f"{' and '.join(drawn)} draws batches anew in each epoch: it goes with shuffle_train"
        for name, network, (place, loss) in product(names, networks, enumerate(self.losses)):
            layers: tuple[Entries, ...] = (
                self.recipe,
                self.dataset_recipes.get(dataset, {}),
                self.loss_recipes.get(loss.name, {}),
                {"network": network} if network else {},
                self.recipes.get(name, {}),
                self.overrules,
            )
            with at("recipes", name) if name else at("recipe"):
                recipe, decision = read_entries({key: value for layer in layers for key, value in layer.items()})
                require(recipe.outputs <= 2, f"outputs must be 1 or 2, for two classes, found {recipe.outputs}")
                require(recipe.shuffle_train or not drawn, shuffled)
            with at("losses", place):
                NETWORKS.check_loss(loss, recipe)
            yield LossRecipe(name, loss, recipe, decision)

    def check(self) -> None:
        """Raises EntryError for the first entry that is wrong."""
        self.check_axes()
        names: tuple[tuple[str, Callable[[str], object]], ...] = (
            ("dataset_recipes", binary_set),
            ("loss_recipes", check_bare_loss),
            ("recipes", check_recipe_name),
        )
        for axis, check in names:
            for name in getattr(self, axis):
                with at(axis, name):
                    check(name)
        for table, entries in self.layers():
            for key, value in entries.items():
                with at(*table, key):
                    read_entries(WIDE | {key: value})
            with at(*table):
                read_entries(WIDE | entries)
            with at(*table, "network"):
                overruled = "network" in entries and self.networks and table[0] in OVERRULED
                require(not overruled, "networks says which ones are run; leave network out here")
        for dataset in self.datasets:
            list(self.recipes_on(dataset))

    def check_axes(self) -> None:
        with at("name"):
            rule = f"name must be printable, not blank, and of {LONGEST_NAME} characters at most"
            plain = self.name.isprintable() and self.name.strip() and len(self.name) <= LONGEST_NAME
            require(plain, f"{rule}, found {self.name!r}")
        for axis in AXES:
            with at(axis):
                require(getattr(self, axis), f"{axis} must name at least one")
        for axis, check in CHECKS.items():
            for place, entry in enumerate(getattr(self, axis)):
                with at(axis, place):
                    check(entry)
        for (place, level), protocol in product(enumerate(self.levels), self.protocols):
            with at("levels", place):
                check_level(level, protocol)
        with at("margin"):
            for domain in MARGIN.domains:
                require(domain.contains(self.margin), f"margin {domain.rule}, found {self.margin}")
        with at("positive"):
            for dataset in self.datasets if self.positive is not None else ():
                binary = binary_set(dataset)
                check_class(dataset, str(self.positive), (binary.negative, binary.positive))
        with at("repeats"):
            none = f"repeats are those of folds, and there are none, found {self.repeats}"
            require(self.folds or self.repeats == 1, none)
            check_folds(FEWEST_FOLDS, self.repeats)
        with at("folds"):
            check_folds(self.folds or FEWEST_FOLDS, 1)

    def layers(self) -> Iterator[tuple[Place, Entries]]:
        """The tables with entries of recipes, and where they stand."""
        yield from ((("recipe",), self.recipe), (("overrules",), self.overrules))
        for axis in ("dataset_recipes", "loss_recipes", "recipes"):
            for name, entries in getattr(self, axis).items():
                yield (axis, name), entries


def check_recipe_name(name: str) -> None:
    rule = "a recipe's name has letters, digits and . , : = _ - and spaces, and begins with one of the first two"
    require(re.fullmatch(r"[^\W_][\w .,:=-]*", name), f"{rule}, found {name!r}")


def check_bare_loss(name: str) -> None:
    LossSpec.parse(name)
    require("=" not in name, f"a recipe is that of a loss with any parameters, found {name!r}")


SPECS: dict[str, type[LossSpec | SamplerSpec]] = {"losses": LossSpec, "samplers": SamplerSpec}  # a file has their texts
OVERRULED = ("recipe", "dataset_recipes", "loss_recipes")  # by an entry of networks
WIDE: Entries = {"precision": "float64"}  # what an entry alone is checked for; another table may name another one
AXES = ("datasets", "levels", "protocols", "losses", "samplers", "seeds")
CHECKS: dict[str, Callable[[Any], object]] = {
    "datasets": binary_set,
    "protocols": lambda name: check_level(0.0, name),
    "networks": lambda name: Recipe(network=name),
    "seeds": lambda seed: require(0 <= seed < 2**64, f"a seed must be 0 or more, and below 2^64, found {seed}"),
}
