"""Studies and runs: a study lists values on axes, and each combination of them is a run with its recipe."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cache, cached_property
from itertools import product
from typing import Any, NamedTuple

from imbaloss.data import NO_SAMPLER, NONE, Fold, SamplerSpec, check_level, find_binary_set, list_folds
from imbaloss.data.dataset import check_class
from imbaloss.data.splits import FEWEST_FOLDS, check_folds
from imbaloss.evaluation import Decision, Guarantee
from imbaloss.evaluation.sample_costs import EXPECTED_COST
from imbaloss.learners import NETWORKS, Method
from imbaloss.losses import LossSpec
from imbaloss.recipe_fields import DEFAULT_MARGIN, MARGIN
from imbaloss.statistics import ALPHA
from imbaloss.studies.bulk import pause_garbage_collection
from imbaloss.training import Candidate, Recipe
from imbaloss.training.recipe import canonical_float, read_entries, require, write_entries

Place = tuple[str | int, ...]  # path of an entry in a study: ("levels", 1), ("recipes", "wide", "hidden")
Entries = dict[str, Any]  # fields of a recipe by name
LONGEST_NAME = 200  # characters


@dataclass(frozen=True)
class Run:
    """A single training: its data, method, recipe and seed."""

    dataset: str
    level: float
    protocol: str
    positive: str
    method: Method
    recipe: Recipe
    seed: int
    fold: Fold | None = None  # None: the train and test parts of the data set
    recipe_name: str = field(default="", compare=False)  # the name of the recipe in the study; it changes nothing
    data: str = ""  # checksum of a user's own data and of their division; empty for other data sets
    settings: int = 0  # largest number of settings to try; 0: the learning rates that the recipe names

    @cached_property
    def hash(self) -> str:
        """The 16 hexadecimal digits that identify the run in stores: the start of a SHA-256 of its fields.

        Two runs with equal data, level, method, recipe, seed and fold have the same hash. The name of the recipe does
        not count, and neither do entries of the recipe at their default.
        """
        values = self.to_json()
        values = {name: value for name, value in values.items() if name not in DEFAULTS or value != DEFAULTS[name]}
        entries = values | {"recipe": entries_that_count(self.recipe, self.method.decision)}
        return hashlib.sha256(ENCODER.encode(entries).encode()).hexdigest()[:16]

    @cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        """The settings to try, at least one, each with the recipe that trains with it."""
        return self.method.learner.list_candidates(self.recipe, self.settings)

    @cached_property
    def members(self) -> tuple["Run", ...]:
        """The runs of the methods that an average combines, as each would have alone; empty for other methods."""
        return tuple(
            replace(self, method=method, recipe=method.learner.adapt_recipe(self.recipe, self.settings))
            for method in self.method.members
        )

    @property
    def source(self) -> str:
        """The name of the source of its samples: that of the data set, or such as "tree_1 as timm:resnet18"."""
        return f"{self.dataset} as {self.recipe.features}" if self.recipe.features else self.dataset

    @property
    def models(self) -> int:
        """The number of networks, or of other models, that are fitted: `n_networks` for each candidate setting."""
        return len(self.candidates) * self.recipe.n_networks

    @property
    def entries(self) -> Entries:
        """All fields of its recipe and its decision by name, as study files have them; those at their default too."""
        return write_entries(self.recipe, self.method.decision)

    def to_json(self) -> dict[str, Any]:
        """Return the fields by name as JSON values in the order of files, without the name of the recipe."""
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
        } | ({"settings": self.settings} if self.settings else {})


ENCODER = json.JSONEncoder(sort_keys=True)
DEFAULTS = {"sampler": NONE, "fold": None, "data": ""}  # values that a hash leaves out


@cache
def entries_that_count(recipe: Recipe, decision: Decision) -> Entries:
    """Return the fields of recipe and decision by name that differ from their default, of which a run's hash is made.

    The learning rate is left out if several are tried.
    """
    defaults = write_entries(Recipe(), Decision()) | ({"lr": recipe.lr} if recipe.tune_lr else {})
    return {key: value for key, value in write_entries(recipe, decision).items() if value != defaults.get(key)}


class EntryError(ValueError):
    """An entry of a study is wrong.

    Attributes:
        place: The path of the entry in the study.
    """

    def __init__(self, sentence: str, place: Place) -> None:
        """Make the error of a message and the path of the entry."""
        super().__init__(sentence)
        self.place = place


@contextmanager
def locate_errors(*place: str | int) -> Iterator[None]:
    """Turn a ValueError of the block into an EntryError with the path of an entry. A context manager.

    An EntryError passes unchanged, and so do all other exceptions.

    Args:
        place: The path of the entry in the study, such as "levels", 1 for the second level.

    Raises:
        EntryError: The block raised a ValueError; it has the same message.
    """
    try:
        yield
    except EntryError:
        raise
    except ValueError as error:
        raise EntryError(str(error), place) from error


class LossRecipe(NamedTuple):
    """A loss of a study with a recipe that trains it."""

    name: str  # of the recipe in the study; empty for one without name
    loss: LossSpec
    recipe: Recipe
    decision: Decision


@dataclass(frozen=True)
class Study:
    """Data sets x levels x protocols x losses x samplers x networks x recipes x folds x seeds.

    The recipe of a run is `recipe`, overruled in turn by the recipe of its data set, the recipe of its loss, its
    network, one of the named recipes, and `overrules`.

    Losses and samplers that are texts, such as "focal:gamma=2", are parsed.

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
    networks: tuple[str, ...] = ()  # empty: the network of the recipe
    folds: int = 0  # 0: no cross-validation, the data set has train and test parts
    repeats: int = 1  # how often the samples are divided into folds, each time otherwise
    positive: str | None = None  # the rare class; None for the default of each data set
    margin: float = DEFAULT_MARGIN  # differences of a score within it do not matter; it changes no training
    recipe: Entries = field(default_factory=dict)
    dataset_recipes: dict[str, Entries] = field(default_factory=dict)
    loss_recipes: dict[str, Entries] = field(default_factory=dict)  # by name of the loss, without parameters
    recipes: dict[str, Entries] = field(default_factory=dict)  # by name; empty: one recipe without name
    overrules: Entries = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Replace losses and samplers that are texts by parsed ones.

        Raises:
            EntryError: A text is no loss or no sampler.
        """
        for axis, kind in SPECS.items():
            specs = []
            for place, entry in enumerate(getattr(self, axis)):
                with locate_errors(axis, place):
                    specs.append(kind.parse(entry) if isinstance(entry, str) else entry)
            object.__setattr__(self, axis, tuple(specs))

    @property
    def noun(self) -> str:
        """The plural noun for the samples, such as "images"; "samples" if its data sets differ in it."""
        kinds = {find_binary_set(name).noun for name in self.datasets}
        return kinds.pop() if len(kinds) == 1 else "samples"

    def runs(self) -> list[Run]:
        """Return all runs (single trainings) in the order of training.

        The order is by data set, protocol and level, then seed by seed, then method by method. Runs of two named
        recipes with the same entries are equal and both listed; they are trained once. Other duplicates are dropped.

        Raises:
            EntryError: A name is unknown (data set, loss, protocol, ...), or a value is outside its domain.
        """
        self.check()
        with pause_garbage_collection():
            return list({(run, run.recipe_name): run for run in self.combinations()}.values())

    def other_runs(self) -> tuple[Run, ...]:
        """Return no run (an empty tuple), since all runs of the study are compared."""
        return ()

    @property
    def shares_test(self) -> bool:
        """False: seeds draw test samples of their own."""
        return False

    @property
    def alpha(self) -> float:
        """The error allowed for all statements on the methods of a cell together: 0.05."""
        return ALPHA

    @property
    def dropped(self) -> Mapping[str, float]:
        """Empty: all methods are repeated with each seed."""
        return {}

    def extend_report(self, findings: object) -> None:
        """Return None: such a study adds nothing to its report, whatever the findings are."""

    def to_toml(self) -> dict[str, Any]:
        """Return the content of its study file as a dict for TOML; `from_toml` makes the same study of it.

        Fields that are None are left out; losses and samplers are texts.
        """
        values = {key: value for key, value in asdict(self).items() if value is not None}
        return {"name": self.name} | values | {axis: [str(spec) for spec in getattr(self, axis)] for axis in SPECS}

    def combinations(self) -> Iterator[Run]:
        """Yield a run for each combination of data set, protocol, level, seed, fold, sampler, loss and recipe.

        Equal runs may be yielded several times.

        Raises:
            EntryError: A recipe is impossible, or a loss cannot be trained by its recipe.
            ValueError: A data set is unknown.
        """
        folds = list_folds(self.folds, self.repeats) if self.folds else [None]
        for dataset in self.datasets:
            positive = find_binary_set(dataset).positive if self.positive is None else self.positive
            recipes = list(self.recipes_on(dataset))
            methods_by_sampler = [
                [(each.name, Method(NETWORKS, each.loss, sampler, each.decision), each.recipe) for each in recipes]
                for sampler in self.samplers
            ]
            for protocol, level, seed, fold, methods in product(
                self.protocols, map(canonical_float, self.levels), self.seeds, folds, methods_by_sampler
            ):
                for name, method, recipe in methods:
                    yield Run(dataset, level, protocol, positive, method, recipe, seed, fold, name)

    def recipes_on(self, dataset: str) -> Iterator["LossRecipe"]:
        """Yield each loss with each recipe that trains it on a data set, for each network; the sampler does not matter.

        Args:
            dataset: The name of the data set, which may have a recipe of its own.

        Raises:
            EntryError: A recipe is impossible, or a loss cannot be trained by its recipe.
        """
        names, networks = list(self.recipes) or [""], self.networks or (None,)
        drawn = [str(sampler) for sampler in self.samplers if sampler.in_batches]
        shuffled = f"sampler {' and '.join(drawn)} draws new batches in each epoch, so shuffle_train must be true"
        for name, network, (place, loss) in product(names, networks, enumerate(self.losses)):
            layers: tuple[Entries, ...] = (
                self.recipe,
                self.dataset_recipes.get(dataset, {}),
                self.loss_recipes.get(loss.name, {}),
                {"network": network} if network else {},
                self.recipes.get(name, {}),
                self.overrules,
            )
            with locate_errors("recipes", name) if name else locate_errors("recipe"):
                recipe, decision = read_entries({key: value for layer in layers for key, value in layer.items()})
                require(recipe.outputs <= 2, f"outputs must be 1 or 2, for two classes, found {recipe.outputs}")
                refuse_guarantee(decision)
                require(recipe.shuffle_train or not drawn, shuffled)
            with locate_errors("losses", place):
                NETWORKS.check_loss(loss, recipe)
            yield LossRecipe(name, loss, recipe, decision)

    def check(self) -> None:
        """Raise an error if any entry of the study is wrong; nothing is trained or read.

        Raises:
            EntryError: The first entry that is wrong, with its path.
        """
        self.check_axes()
        names: tuple[tuple[str, Callable[[str], object]], ...] = (
            ("dataset_recipes", find_binary_set),
            ("loss_recipes", check_bare_loss),
            ("recipes", check_recipe_name),
        )
        for axis, check in names:
            for name in getattr(self, axis):
                with locate_errors(axis, name):
                    check(name)
        for table, entries in self.recipe_tables():
            for key, value in entries.items():
                with locate_errors(*table, key):
                    refuse_guarantee(read_entries(WIDE | {key: value})[1])
            with locate_errors(*table):
                _, decision = read_entries(WIDE | entries)
            with locate_errors(*table, "threshold"):
                require(decision.rule.name != EXPECTED_COST, f"{EXPECTED_COST} {NEEDS_COSTS}")
            with locate_errors(*table, "network"):
                overruled = "network" in entries and self.networks and table[0] in OVERRULED
                require(not overruled, "networks already lists the networks to run: leave network out here")
        for dataset in self.datasets:
            list(self.recipes_on(dataset))

    def check_axes(self) -> None:
        """Raise an error if the name, an axis (such as levels), the margin, the positive class or the folds are wrong.

        Raises:
            EntryError: The first entry that is wrong, with its path.
        """
        with locate_errors("name"):
            rule = f"name must be printable, not blank, and at most {LONGEST_NAME} characters long"
            plain = self.name.isprintable() and self.name.strip() and len(self.name) <= LONGEST_NAME
            require(plain, f"{rule}, found {self.name!r}")
        for axis in AXES:
            with locate_errors(axis):
                require(getattr(self, axis), f"{axis} must name at least one")
        for axis, check in CHECKS.items():
            for place, entry in enumerate(getattr(self, axis)):
                with locate_errors(axis, place):
                    check(entry)
        for (place, level), protocol in product(enumerate(self.levels), self.protocols):
            with locate_errors("levels", place):
                check_level(level, protocol)
        with locate_errors("margin"):
            for domain in MARGIN.domains:
                require(domain.contains(self.margin), f"margin {domain.rule}, found {self.margin}")
        with locate_errors("positive"):
            for dataset in self.datasets if self.positive is not None else ():
                binary = find_binary_set(dataset)
                check_class(dataset, str(self.positive), (binary.negative, binary.positive))
        with locate_errors("repeats"):
            rule = f"repeats needs folds: set folds, or leave repeats out, found {self.repeats}"
            require(self.folds or self.repeats == 1, rule)
            check_folds(FEWEST_FOLDS, self.repeats)
        with locate_errors("folds"):
            check_folds(self.folds or FEWEST_FOLDS, 1)

    def recipe_tables(self) -> Iterator[tuple[Place, Entries]]:
        """Yield the path of each table with fields of a recipe, such as ("recipes", "wide"), and the table itself."""
        yield from ((("recipe",), self.recipe), (("overrules",), self.overrules))
        for axis in ("dataset_recipes", "loss_recipes", "recipes"):
            for name, entries in getattr(self, axis).items():
                yield (axis, name), entries


def refuse_guarantee(decision: Decision) -> None:
    """Raise ValueError if the threshold is a guarantee, since the splits of benchmark sets have no part for it."""
    refused = f"the guarantee {decision.rule} is for one's own data (`imbaloss compare`), not for a study of data sets"
    require(not isinstance(decision.rule, Guarantee), refused)


def check_recipe_name(name: str) -> None:
    """Raise an error unless a recipe's name begins with a letter or digit and has only admitted characters.

    Admitted are letters, digits, spaces and . , : = _ -

    Raises:
        ValueError: The name is another one.
    """
    rule = "a recipe's name must begin with a letter or a digit, and have letters, digits, spaces and . , : = _ - alone"
    require(re.fullmatch(r"[^\W_][\w .,:=-]*", name), f"{rule}, found {name!r}")


def check_bare_loss(name: str) -> None:
    """Raise an error unless a text names a loss without parameters, such as "focal".

    Raises:
        ValueError: The loss is unknown, or the text has parameters, as "focal:gamma=2".
    """
    LossSpec.parse(name)
    require("=" not in name, f"loss_recipes needs the name of a loss without parameters, found {name!r}")


SPECS: dict[str, type[LossSpec | SamplerSpec]] = {
    "losses": LossSpec,
    "samplers": SamplerSpec,
}  # the axes that files have as texts
OVERRULED = ("recipe", "dataset_recipes", "loss_recipes")  # tables whose network an entry of networks overrules
# with which one table is checked, since another one may set the precision, or the costs that are optimised
WIDE: Entries = {"precision": "float64", "threshold": "cost"}
AXES = ("datasets", "levels", "protocols", "losses", "samplers", "seeds")  # each needs a value
NEEDS_COSTS = "needs the costs of each row, which only imbaloss compare --cost has"
CHECKS: dict[str, Callable[[Any], object]] = {
    "datasets": find_binary_set,
    "protocols": lambda name: check_level(0.0, name),
    "samplers": lambda sampler: require(not sampler.by_costs, f"{sampler} {NEEDS_COSTS}"),
    "networks": lambda name: Recipe(network=name),
    "seeds": lambda seed: require(0 <= seed < 2**64, f"a seed must be 0 or more, and below 2^64, found {seed}"),
}
