"""The study of a person's own data: methods x repetitions, each a fold or a seed."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, get_type_hints

from imbaloss import losses
from imbaloss.choices import check_choice
from imbaloss.comparison.advice import Advice, advise, collect_facts, extend_page, recommend
from imbaloss.comparison.race_schedule import Drop, Look, find_error_left, find_first_look, list_looks
from imbaloss.comparison.request import MOST_SETTINGS, ComparisonRequest
from imbaloss.comparison.segment_scores import judge_segments
from imbaloss.comparison.text_words import ColumnWords
from imbaloss.comparison.worst_misses import WorstMisses, find_worst_misses
from imbaloss.data import NO_SAMPLER, NONE, Fold, SamplerSpec
from imbaloss.evaluation import Decision
from imbaloss.evaluation.decision import choose_objective
from imbaloss.learners import LEARNERS, Method
from imbaloss.learners.estimators import BASELINE
from imbaloss.recipe_fields import DEFAULT_MARGIN
from imbaloss.report import Findings
from imbaloss.statistics import ALPHA
from imbaloss.studies import PermutedScores, ReportExtension, Run, Store
from imbaloss.studies.study import Entries
from imbaloss.training import Recipe
from imbaloss.training.default_recipe import make_default_entries
from imbaloss.training.recipe import read_entries

if TYPE_CHECKING:
    from pydantic import BaseModel

REFERENCES = ("lightgbm", "logistic_regression")  # that are compared beside losses
# the same for hundreds of frozen features: each tree looks at a tenth of them, in a quarter of the time
FEATURE_REFERENCES = ("lightgbm:feature_fraction=0.1", "logistic_regression")
LOSSES = ("ce", "wce", "focal", "mfe")  # of networks in the default set
EVERY_LOSS = tuple(name for name in losses.names() if name != "ldam_drw")  # which lacks the epoch of its change
ABSENT = {"gradient_boosting", BASELINE, *(() if find_spec("xgboost") else ("xgboost",))}  # LightGBM replaces the first
EVERY_LEARNER = tuple(name for name in LEARNERS if name not in ABSENT)
DEFAULT = "default"  # the set that is compared if a request names neither methods nor losses nor samplers
SETS = {  # methods by the name of their set
    "quick": (*REFERENCES, "balanced_random_forest"),
    DEFAULT: (*REFERENCES, "balanced_random_forest", *LOSSES, "ce + random_over"),
    "all": (
        *EVERY_LEARNER,
        *EVERY_LOSS,
        *("ce + random_over", "ce + random_under", "ce + smote"),
        *("lightgbm + random_over", "lightgbm + random_under", "lightgbm + smote"),
    ),
}
IMAGE_SETS = {  # for images: a forest is slow on pixels, and a mean of two images is no image, as SMOTE makes them
    "quick": (*REFERENCES, "ce"),
    DEFAULT: (*REFERENCES, *LOSSES, "ce + random_over"),
    "all": (*REFERENCES, *EVERY_LOSS, "ce + random_over", "ce + random_under"),
}
FEATURE_SETS = {  # for hundreds of frozen features, on which a forest is slow
    "quick": (*FEATURE_REFERENCES, "ce"),
    DEFAULT: (*FEATURE_REFERENCES, *LOSSES, "ce + random_over"),
    "all": (*FEATURE_REFERENCES, *EVERY_LOSS, "ce + random_over", "ce + random_under", "ce + smote"),
}
CALIBRATION = "auto"
OWN = "own"  # the protocol of the runs, under which data are used unchanged; also the table of the study file
ALL_ROWS = ", all rows"  # ends the name of the data on which the recommended method is trained
NEW_KEYS = (  # that a study file has only if they are set
    *("race", "drops", "cost", "segments", "permutations", "copies", "worst_misses", "words", "first_test_row"),
    "features",
)
FILE_KEYS = {"noun": "things"}  # keys of the study file that differ from the names of the fields


@dataclass(frozen=True)
class OwnStudy:
    """The study of one table or folder of images: methods and repetitions.

    The report treats it as a `Study` of one data set.
    """

    name: str
    target: str  # the column of the class; "folder" for sub-folders
    negative: str
    positive: str
    level: float  # the share of positives
    data: str  # the checksum of the data, as in a `Run`
    methods: tuple[Method, ...]  # each with the decision of the entries
    repetitions: int
    folds: int  # 0 if the test part is always the same
    recipe: Recipe
    entries: Entries  # the entries that recipe and decision were read from; the study file has them
    margin: float = DEFAULT_MARGIN
    notes: tuple[str, ...] = ()  # notes on the data
    command: str = ""  # the command line of the request
    noun: str = "rows"  # the plural noun for the samples; or "images"
    settings: int = 0  # largest number of settings that each method tries; 0 in studies of version 0.1
    cost: str = ""  # what outcomes cost in each row, as `--cost` names it; empty without such costs
    race: bool = False  # whether methods that are ruled out as the best are not repeated any more
    drops: tuple[Drop, ...] = ()  # such methods, in the order of their drops
    segments: tuple[str, ...] = ()  # columns by whose values the recommended method is judged
    permutations: int = 0  # of each column in a repetition, which tell what it matters; 0 to leave that out
    copies: int = 0  # test rows of the first division that also occur in train or validation
    worst_misses: int = 0  # number of missed rows, and of false alarms, that the report names
    words: tuple[ColumnWords, ...] = ()  # of columns of text, as the model of all rows weighs them
    first_test_row: int = 0  # the place of the first row of the test file, if its rows are named; else 0
    features: tuple[str, ...] = ()  # the extractors of the frozen features that are learned from, as options name them
    protocols: tuple[str, ...] = field(default=(OWN,), init=False)
    repeats: int = field(default=1, init=False)

    @property
    def has_exportable_inputs(self) -> bool:
        """Whether an ONNX file can make the inputs: not of free text, HOG, ONNX extractors, or several extractors."""
        return not self.words and (not self.features or [each[:5] for each in self.features] == ["timm:"])

    @property
    def shares_test(self) -> bool:
        """Whether all seeds have the same test part: those of a test set or of the last rows in time."""
        return not self.folds

    @property
    def sought(self) -> str:
        """The positive class in words, such as "churned = yes"."""
        return f"{self.target} = {self.positive}"

    @property
    def how_to_run(self) -> str:
        """Words for messages: the kind of the study and the command that runs it. The study file lacks the data."""
        return f"the study of one's own data, which is run by: {self.command or 'imbaloss compare'}"

    @property
    def datasets(self) -> tuple[str, ...]:
        """The name of the data, as a tuple of one."""
        return (self.name,)

    @property
    def samplers(self) -> tuple[SamplerSpec, ...]:
        """The samplers of the methods, each once, in their order. A method without one has the sampler "none"."""
        return tuple(dict.fromkeys(method.sampler for method in self.methods))

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of the repetitions, each once, from 0 on.

        One seed serves all folds; without folds, one repetition.
        """
        return tuple(dict.fromkeys(self.find_repetition(place)[0] for place in range(self.repetitions)))

    def find_repetition(self, place: int) -> tuple[int, Fold | None]:
        """Return the seed and the fold of a repetition, counted from 0.

        With folds, the next seed begins when each fold of the last one was test. Without folds, the seed is the number
        of the repetition and the fold is None.
        """
        if not self.folds:
            return place, None
        return place // self.folds, Fold(0, place % self.folds, self.folds)

    def runs(self) -> list[Run]:
        """Return the runs (trainings) that are compared: methods in all repetitions, one repetition after the other.

        Methods are left out of the repetitions after their drop.
        """
        return self.runs_between(0, self.repetitions)

    def runs_between(self, start: int, end: int) -> list[Run]:
        """Return the runs (trainings) of the repetitions from `start` on and before `end`, counted from 0."""
        return [run for place in range(start, end) for run in self.runs_of_repetition(place)]

    def runs_of_repetition(self, place: int) -> list[Run]:
        """Return the runs (trainings) of one repetition, counted from 0: all methods that are not dropped before it."""
        seed, fold = self.find_repetition(place)
        dropped = {drop.method for drop in self.drops if drop.repetitions <= place}
        return [self.make_run(method, seed, fold, self.name) for method in self.methods if str(method) not in dropped]

    @property
    def kept(self) -> tuple[Method, ...]:
        """The methods that are not dropped."""
        return tuple(method for method in self.methods if str(method) not in {drop.method for drop in self.drops})

    @property
    def first_look(self) -> int:
        """The number of repetitions after which a race first drops methods."""
        return find_first_look(self.folds)

    @property
    def looks(self) -> list[Look]:
        """The looks before the last repetition, at which a race drops methods; empty without a race."""
        return list_looks(self.repetitions, self.folds) if self.race else []

    @property
    def alpha(self) -> float:
        """The error allowed for all statements on the methods: 0.05, without what the looks of a race spend."""
        return find_error_left(self.repetitions, self.folds) if self.race else ALPHA

    @property
    def dropped(self) -> Mapping[str, float]:
        """The methods that are dropped, each with the error of the look that ruled it out."""
        alphas = {look.repetitions: look.alpha for look in self.looks}
        return {drop.method: alphas[drop.repetitions] for drop in self.drops}

    def other_runs(self) -> list[Run]:
        """Return the runs (trainings) of each method on all rows. Only the one of the recommended method is trained."""
        return [self.final_run(method) for method in self.methods]

    def final_run(self, method: Method) -> Run:
        """Return the run (training) of a method on all rows, with seed 0 and without a test part."""
        return self.make_run(method, 0, None, self.name + ALL_ROWS)

    def make_run(self, method: Method, seed: int, fold: Fold | None, dataset: str) -> Run:
        """Return the run (one training) of a method.

        Args:
            method: The method.
            seed: The seed.
            fold: The fold that is the test part; None without folds.
            dataset: The name of the data, or that name with ", all rows" for the training on all rows.
        """
        recipe = method.learner.adapt_recipe(self.recipe, self.settings)
        return Run(
            dataset, self.level, OWN, self.positive, method, recipe, seed, fold, data=self.data, settings=self.settings
        )

    def recommend(self, findings: Findings) -> Method | None:
        """Return the method with the best mean score; None if no method has a score.

        Methods that lack a score in some repetition of another method are left out, and so are those that are dropped.
        On a tie the first method wins.
        """
        return recommend(findings, self.kept)

    def find_misses(self, findings: Findings, best: Method) -> WorstMisses | None:
        """Find the worst mistakes of a recommended method; None if none are asked for. Raises as `find_worst_misses`.

        Args:
            findings: The finished runs of the study.
            best: The method that `recommend` returned.
        """
        return find_worst_misses(findings, best, self.worst_misses, self.first_test_row)

    def advise(self, findings: Findings, best: Method, misses: WorstMisses | None = None) -> Advice:
        """Write the advice to use a recommended method.

        Its training on all rows is read from the store if it is finished.

        Args:
            findings: The finished runs of the study.
            best: The method that `recommend` returned.
            misses: What `find_misses` returned; None to find them here.
        """
        final = next(iter(findings.store.rows([self.final_run(best)])), None)
        case = collect_facts(
            findings,
            best,
            methods=self.methods,
            drops=self.drops,
            sought=self.sought,
            final=final,
            cost=self.cost,
            permuted=self.read_permuted(findings.store, best),
            copies=self.copies,
        )
        segments = judge_segments(findings, best, self.data, self.segments)
        misses = misses or self.find_misses(findings, best)
        if misses is not None and self.features:
            images = findings.store.nearest_images(self.final_run(best))
            misses = misses.with_images(images, self.first_test_row)
        advice = advise(case, segments, misses, self.words)
        return replace(advice, has_exportable_inputs=self.has_exportable_inputs)

    def read_permuted(self, store: Store, method: Method) -> dict[str, PermutedScores]:
        """Read the scores of a method after permutations of columns, by the hash of a run; empty if none are asked for.

        store: holds the runs of the study.
        """
        if not self.permutations:
            return {}
        stored = store.permuted([run for run in self.runs() if run.method == method])
        return {key: scores for key, scores in stored.items() if scores.permutations == self.permutations}

    def extend_report(self, findings: Findings) -> ReportExtension:
        """Return what the report of this study begins with: the advice, or a sentence that no method has a result."""
        best = self.recommend(findings)
        return extend_page(self.advise(findings, best) if best else None)

    def to_toml(self) -> dict[str, Any]:
        """Return the document of the study file: a table "own", with methods as text and the recipe as its entries.

        What is not asked for, such as a race, is left out, as in the files of earlier versions.
        """
        names = {FILE_KEYS.get(each.name, each.name): each.name for each in fields(self)}
        table = {key: getattr(self, names[key]) for key in make_document_type().model_fields}
        table |= {"methods": [str(method) for method in self.methods], "recipe": self.entries}
        table |= {"drops": [asdict(drop) for drop in self.drops], "segments": list(self.segments)}
        table |= {"features": list(self.features), "words": [asdict(words) for words in self.words]}
        return {OWN: {key: value for key, value in table.items() if value or key not in NEW_KEYS}}

    @classmethod
    def from_toml(cls, content: Mapping[str, Any]) -> "OwnStudy":
        """Read the study from the document of a study file, in which tuples stand for lists.

        Raises:
            ValueError: An entry is missing or unknown, or has a wrong value.
            KeyError: The document has no table "own".
        """
        from pydantic import ValidationError

        try:
            table = make_document_type().model_validate(content[OWN]).model_dump()
            recipe, decision = read_entries(table["recipe"])
        except (ValidationError, TypeError) as error:
            raise ValueError(
                f"the table [{OWN}] is not as `imbaloss compare` wrote it: {' '.join(str(error).split())}"
            ) from error
        methods = tuple(Method.parse(text, decision) for text in table["methods"])
        table["drops"] = read_drops(table)
        table["words"] = tuple(map(ColumnWords.from_entry, table["words"]))
        table |= {name: table.pop(key) for name, key in FILE_KEYS.items()}
        return cls(**table | {"methods": methods, "recipe": recipe, "entries": table["recipe"]})


def read_drops(table: Mapping[str, Any]) -> tuple[Drop, ...]:
    """Read the drops of a race from the table of a study file.

    Raises:
        ValueError: A drop is of no method of the study, or at no look of its race.
    """
    drops = tuple(Drop(**drop) for drop in table["drops"])
    looks = [look.repetitions for look in list_looks(table["repetitions"], table["folds"])] if table["race"] else []
    for drop in drops:
        if drop.method not in table["methods"] or drop.repetitions not in looks:
            raise ValueError(f"the table [{OWN}] has a drop that its race cannot make: {drop.method} {drop.when}")
    return drops


@cache
def make_document_type() -> "type[BaseModel]":
    """Make the pydantic type that checks the table of a study file. Made once, then cached."""
    from pydantic import create_model  # here, since importing it takes a tenth of a second

    types = get_type_hints(OwnStudy) | {"methods": tuple[str, ...], "recipe": Entries}
    written: Any = {
        FILE_KEYS.get(each.name, each.name): (types[each.name], ... if each.default is MISSING else each.default)
        for each in fields(OwnStudy)
        if each.init and each.name != "entries"
    }
    return create_model(OwnStudy.__name__, **written)


def choose_methods(request: ComparisonRequest, *, images: bool = False, features: bool = False) -> tuple[Method, ...]:
    """Choose the methods to compare, each once: those of a set, those that the request names, or networks by losses.

    Methods and sets are combined with each sampler. With losses, or samplers alone, the methods are networks with each
    loss (ce without losses) and each sampler, other learners among the losses, and the references.

    Args:
        request: The request.
        images: Whether the data are images, for which sets are others.
        features: Whether the data have hundreds of frozen features, for which sets are others too.

    Raises:
        ValueError: A method is unknown or has two samplers, or no method is left.
        TypeError: A method is neither text nor a classifier of scikit-learn's kind.
    """
    samplers = [SamplerSpec.parse(text) for text in request.samplers or (NONE,)]
    if request.methods is None and (request.losses, request.samplers) != (None, None):
        named = [Method.parse(text) for text in (("ce",) if request.losses is None else request.losses)]
        chosen = [
            *cross([method for method in named if method.learner.is_network], samplers),
            *(method for method in named if not method.learner.is_network),
            *(Method.parse(name) for name in (FEATURE_REFERENCES if features else REFERENCES) if request.references),
        ]
    else:
        chosen = cross(read_methods(request, IMAGE_SETS if images else FEATURE_SETS if features else SETS), samplers)
    if not chosen:
        raise ValueError(f"there is no method to compare: name one by {request.write_option('methods')}")
    return tuple(dict.fromkeys(chosen))


def read_methods(request: ComparisonRequest, sets: Mapping[str, tuple[str, ...]]) -> list[Method]:
    """Read the methods of a request, or those of the set that it names; the default set if it names nothing.

    Without references, a set has its networks alone.

    Args:
        request: The request.
        sets: The methods of each set, by its name.

    Raises:
        ValueError: A method is unknown, or a set stands beside other methods.
        TypeError: A method is neither text nor a classifier of scikit-learn's kind.
    """
    methods = (DEFAULT,) if request.methods is None else request.methods
    for name in (each for each in methods if isinstance(each, str)):
        if name in SETS and len(methods) > 1:
            raise ValueError(f"the set {name!r} cannot be combined with other methods: name one set, or methods alone")
        if name in SETS:
            members = [Method.parse(text) for text in sets[name]]
            return [method for method in members if request.references or method.learner.is_network]
        if name.isidentifier():
            check_choice("method", name, (*SETS, *LEARNERS, *losses.names()))
    return [Method.read(method) for method in methods]


def cross(methods: Sequence[Method], samplers: Sequence[SamplerSpec]) -> list[Method]:
    """Combine each method with each sampler. Raise ValueError if a method has a sampler already, or takes none."""
    return [add_sampler(method, sampler) for method in methods for sampler in samplers]


def add_sampler(method: Method, sampler: SamplerSpec) -> Method:
    """Return a copy of the method with a sampler; the sampler "none" returns the method unchanged.

    Raises:
        ValueError: The method already has a sampler.
    """
    if sampler == NO_SAMPLER:
        return method
    if method.sampler != NO_SAMPLER:
        raise ValueError(
            f"method {method} already has a sampler: leave out sampler {sampler}, or name the method alone"
        )
    return replace(method, sampler=sampler)


def choose_recipe(rows: int, entries: Entries, *, images: bool, settings: int = MOST_SETTINGS) -> Entries:
    """Return the entries of the recipe for a number of training rows, which decides batch size and epochs.

    The score that is optimised is the cost if the threshold names costs, and else the average precision.

    Args:
        rows: The number of training rows.
        entries: The entries of the request, which override the defaults.
        images: Whether the rows are images.
        settings: The number of learning rates to try.

    Raises:
        FieldError: The entries of the decision cannot be read.
    """
    decision = Decision.read(entries)
    optimized = str(decision.optimize or choose_objective(decision.rule))
    scaling = "standard" if images else "unit"  # the preparation has scaled columns
    defaults = make_default_entries(rows, settings) | {"scaling": scaling, "calibration": CALIBRATION}
    return defaults | {**entries, "optimize": optimized}


def choose_repetitions(rows: int) -> int:
    """Return the default number of repetitions: 10 up to 20,000 rows, 5 up to 200,000 rows, 3 for more."""
    return 10 if rows <= 20_000 else 5 if rows <= 200_000 else 3
