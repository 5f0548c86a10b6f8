"""The study of a person's own data: methods x repetitions, each a fold or a seed."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

from imbaloss.comparison.advice import Advice, advise, extend_page, recommend
from imbaloss.data import NO_SAMPLER, NONE, Fold, SamplerSpec
from imbaloss.learners import REFERENCES, Method
from imbaloss.recipe_fields import DEFAULT_MARGIN
from imbaloss.report import Findings
from imbaloss.studies import ReportExtension, Run
from imbaloss.studies.study import Entries
from imbaloss.training import Recipe
from imbaloss.training.recipe import read_entries

if TYPE_CHECKING:
    from pydantic import BaseModel

LOSSES = ("ce", "wce", "focal", "mse", "wmse", "mfe", "msfe", "logit_adjusted")
METHODS = tuple(map(Method.parse, (*LOSSES, "ce + random_over", "ce + random_under")))
RATES = (0.0003, 0.001, 0.003)  # of Adam
STEPS = 3000  # of a training, about
FEWEST_EPOCHS, MOST_EPOCHS = 10, 100
SMALLEST_BATCH, LARGEST_BATCH = 64, 2048
OWN = "own"  # the protocol of the runs, for which data are taken as they are, and the table of the study file
ALL_ROWS = ", all rows"  # ends the name of the data that the recommended method learns from


@dataclass(frozen=True)
class OwnStudy:
    """What `compare` asks of one table or folder of images. The report sees it as a `Study` of one data set."""

    name: str
    target: str  # the column, or what else tells the class
    negative: str
    positive: str
    level: float  # the share of positives
    data: str  # checksum, as of a `Run`
    methods: tuple[Method, ...]  # with the decision that the entries say
    repetitions: int
    folds: int  # 0: the test part is always the same
    recipe: Recipe
    entries: Entries  # of which recipe and decision were read; the study file has them
    margin: float = DEFAULT_MARGIN
    notes: tuple[str, ...] = ()  # what was found in the data
    command: str = ""  # with which it was asked
    things: str = "rows"  # or images
    protocols: tuple[str, ...] = field(default=(OWN,), init=False)
    repeats: int = field(default=1, init=False)

    @property
    def sought(self) -> str:
        """What is to be found, in words."""
        return f"{self.target} = {self.positive}"

    @property
    def how_to_run(self) -> str:
        """The study in words, and the command that runs it, since its file does not hold the data."""
        return f"the study of one's own data, which is run by: {self.command or 'imbaloss compare'}"

    @property
    def datasets(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def samplers(self) -> tuple[SamplerSpec, ...]:
        return tuple(dict.fromkeys(method.sampler for method in self.methods))

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(self.repetition(place)[0] for place in range(self.repetitions)))

    def repetition(self, place: int) -> tuple[int, Fold | None]:
        """Its seed and its fold: with folds the next seed begins when all folds of one were test."""
        if not self.folds:
            return place, None
        return place // self.folds, Fold(0, place % self.folds, self.folds)

    def runs(self) -> list[Run]:
        """Repetition by repetition."""
        return [run for place in range(self.repetitions) for run in self.runs_of(place)]

    def runs_of(self, place: int) -> list[Run]:
        seed, fold = self.repetition(place)
        return [self.run(method, seed, fold, self.name) for method in self.methods]

    def other_runs(self) -> list[Run]:
        """Return the training of each method on all rows, of which that of the recommended one is run."""
        return [self.for_use(method) for method in self.methods]

    def for_use(self, method: Method) -> Run:
        """The training of a method on all rows."""
        return self.run(method, 0, None, self.name + ALL_ROWS)

    def run(self, method: Method, seed: int, fold: Fold | None, dataset: str) -> Run:
        recipe = method.learner.choose_rates(self.recipe)
        return Run(dataset, self.level, OWN, self.positive, method, recipe, seed, fold, data=self.data)

    def recommend(self, findings: Findings) -> Method | None:
        """Return the method to take, None where no method has a score."""
        return recommend(findings, self.methods)

    def advise(self, findings: Findings, best: Method) -> Advice:
        """Say why a recommended method is to be taken, and how; its training on all rows may be still to come."""
        final = next(iter(findings.store.rows([self.for_use(best)])), None)
        return advise(findings, best, methods=self.methods, sought=self.sought, final=final)

    def extend_report(self, findings: Findings) -> ReportExtension:
        """Return what to do, and how sure that is: the page begins with it."""
        best = self.recommend(findings)
        return extend_page(self.advise(findings, best) if best else None)

    def to_toml(self) -> dict[str, Any]:
        """Return the document of its study file: methods are texts, and the recipe its entries."""
        table = {name: getattr(self, name) for name in document().model_fields}
        return {OWN: table | {"methods": [str(method) for method in self.methods], "recipe": self.entries}}

    @classmethod
    def from_toml(cls, content: Mapping[str, Any]) -> "OwnStudy":
        """The inverse, of a document with tuples for lists. Raises ValueError where it was changed for the worse."""
        from pydantic import ValidationError

        try:
            table = document().model_validate(content[OWN]).model_dump()
            recipe, decision = read_entries(table["recipe"])
        except (ValidationError, TypeError) as error:
            raise ValueError(
                f"the table [{OWN}] is not as `imbaloss compare` wrote it: {' '.join(str(error).split())}"
            ) from error
        methods = tuple(Method.parse(text, decision) for text in table["methods"])
        return cls(**table | {"methods": methods, "recipe": recipe, "entries": table["recipe"]})


@cache
def document() -> "type[BaseModel]":
    """Return the types of the table in a study file, in the order of the fields of `OwnStudy`."""
    from pydantic import create_model  # here, since importing it takes a tenth of a second

    types = get_type_hints(OwnStudy) | {"methods": tuple[str, ...], "recipe": Entries}
    written: Any = {
        each.name: (types[each.name], ... if each.default is MISSING else each.default)
        for each in fields(OwnStudy)
        if each.init and each.name != "entries"
    }
    return create_model(OwnStudy.__name__, **written)


def methods_of(
    losses: Sequence[str] | None, samplers: Sequence[str] | None, *, references: bool = True
) -> tuple[Method, ...]:
    """Read the methods that are asked for, each loss with each sampler; None for both stands for the default ones.

    The references, which may be asked for by name where not all are wanted, come last.

    Raises:
        ValueError: There is no such method, or none at all.
    """
    known = tuple(map(Method.parse, REFERENCES))
    if losses is None and samplers is None:
        return (*METHODS, *(known if references else ()))
    asked = [Method.parse(text) for text in (["ce"] if losses is None else losses)]
    specs = [SamplerSpec.parse(text) for text in samplers or (NONE,)]
    networks = [with_sampler(method, spec) for method in asked if not method.learner.is_reference for spec in specs]
    wanted = [reference for reference in known if references or reference in asked]
    if not networks and not wanted:
        raise ValueError("there is no method to compare: name a loss")
    return tuple(dict.fromkeys([*networks, *wanted]))


def with_sampler(method: Method, sampler: SamplerSpec) -> Method:
    """Return the method with a sampler. Raises ValueError where it has one already, unless none is to be added."""
    if sampler == NO_SAMPLER:
        return method
    if method.sampler != NO_SAMPLER:
        raise ValueError(f"{method} has a sampler already: leave out sampler {sampler}, or name the loss alone")
    return replace(method, sampler=sampler)


def recipe_for(rows: int, entries: Entries, *, images: bool) -> Entries:
    """Return the entries of the recipe for so many rows to train on. entries: what was asked for, which overrules."""
    batch = min(max(rows // 100, SMALLEST_BATCH), LARGEST_BATCH)
    return {
        "hidden": (128, 64),
        "optimizer": "adam",
        "tune_lr": RATES,
        "weight_decay": 1e-3,
        "patience": 8,
        "scaling": "standard" if images else "unit",  # columns are prepared
        "train_batch": batch,
        "epochs": min(max(STEPS * batch // max(rows, 1), FEWEST_EPOCHS), MOST_EPOCHS),
        "test_batch": 8192,
    } | entries


def repetitions_for(rows: int) -> int:
    """As many as time allows for so many rows, unless it is said."""
    return 10 if rows <= 20_000 else 5 if rows <= 200_000 else 3
