"""The study of a person's own data: methods x repetitions, each a fold or a seed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from imbaloss.data import NONE, Fold, SamplerSpec
from imbaloss.evaluation import Decision
from imbaloss.learners import REFERENCES, Method
from imbaloss.report import Findings
from imbaloss.studies import ReportExtension, Run
from imbaloss.studies.study import Entries
from imbaloss.training.recipe import read_entries

LOSSES = ("ce", "wce", "focal", "mse", "wmse", "mfe", "msfe", "logit_adjusted")
METHODS = (*LOSSES, "ce + random_over", "ce + random_under")
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
    methods: tuple[str, ...]  # losses, as "focal:gamma=1", with a sampler as "ce + smote"; references
    repetitions: int
    folds: int  # 0: the test part is always the same
    recipe: Entries
    margin: float = 0.01
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
    def threshold(self) -> str:
        """The rule by which thresholds are tuned."""
        return str(Decision.read(self.recipe).rule)

    @property
    def how_to_run(self) -> str:
        """The study in words, and the command that runs it, since its file does not hold the data."""
        return f"the study of one's own data, which is run by: {self.command or 'imbaloss compare'}"

    @property
    def datasets(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def samplers(self) -> tuple[SamplerSpec, ...]:
        return tuple(dict.fromkeys(Method.parse(method).sampler for method in self.methods))

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

    def for_use(self, method: str) -> Run:
        """The training of a method on all rows."""
        return self.run(method, 0, None, self.name + ALL_ROWS)

    def run(self, method: str, seed: int, fold: Fold | None, dataset: str) -> Run:
        recipe, decision = read_entries(self.recipe)
        parsed = Method.parse(method, decision)
        recipe = parsed.learner.choose_rates(recipe)
        return Run(dataset, self.level, OWN, self.positive, parsed, recipe, seed, fold, data=self.data)

    def extend_report(self, findings: Findings) -> ReportExtension:
        """Return what to do, and how sure that is: the page begins with it."""
        from imbaloss.comparison.advice import advise

        advice = advise(self, findings)
        sentences = advice.sentences if advice else ()
        return ReportExtension("imbaloss.comparison", "page_of_answer.html.jinja", {"advice": advice}, sentences)

    def to_toml(self) -> dict[str, Any]:
        return {OWN: {key: value for key, value in asdict(self).items() if key not in {"protocols", "repeats"}}}

    @classmethod
    def from_toml(cls, content: Mapping[str, Any]) -> "OwnStudy":
        """The inverse, of a document with tuples for lists. Raises ValueError where it was changed for the worse."""
        from pydantic import TypeAdapter, ValidationError

        try:
            found = TypeAdapter(cls).validate_python(content[OWN])
            found.runs()
        except (ValidationError, TypeError) as error:
            raise ValueError(
                f"the table [{OWN}] is not as `imbaloss compare` wrote it: {' '.join(str(error).split())}"
            ) from error
        return found


def methods_of(
    chosen: Sequence[str] | None, samplers: Sequence[str] | None, *, references: bool = True
) -> tuple[str, ...]:
    """Those asked for, each loss with each sampler; or the default ones. The references, which may be asked for by name
    where not all are wanted, come last.

    Raises ValueError for what there is not.
    """
    if chosen is None and samplers is None:
        return (*METHODS, *(REFERENCES if references else ()))
    networks = ["ce"] if chosen is None else [text for text in chosen if not Method.parse(text).learner.is_reference]
    texts = [
        str(Method.parse(loss if sampler == NONE else f"{loss} + {sampler}"))
        for loss in networks
        for sampler in samplers or (NONE,)
    ]
    wanted = [name for name in REFERENCES if references or name in (chosen or ())]
    if not texts and not wanted:
        raise ValueError("there is no method to compare: name a loss")
    return tuple(dict.fromkeys([*texts, *wanted]))


def recipe_for(rows: int, entries: Entries, methods: Sequence[str], *, images: bool) -> Entries:
    """For so many rows to train on. entries: what was asked for, which overrules.

    Raises ValueError for entries outside their domain, and for losses that cannot be trained so.
    """
    batch = min(max(rows // 100, SMALLEST_BATCH), LARGEST_BATCH)
    recipe = {
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
    found, _ = read_entries(recipe)
    for method in map(Method.parse, methods):
        method.learner.check_loss(method.loss, found)
    return recipe


def repetitions_for(rows: int) -> int:
    """As many as time allows for so many rows, unless it is said."""
    return 10 if rows <= 20_000 else 5 if rows <= 200_000 else 3
