"""A finished run as a row: what was asked, what came of it, how it was computed; and its texts in the store."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self, TypeVar

import numpy as np

from imbaloss.data import Counts
from imbaloss.evaluation import THRESHOLD, Scores, TunedScores
from imbaloss.evaluation.scores import Threshold
from imbaloss.studies.prototypes import PrototypeMap
from imbaloss.studies.study import Run
from imbaloss.studies.tuning import LearningRateChoice

NAMES_IN_STORE = {"validation": "tune"}  # of parts, in stores of version 5 and in the random streams of a run
TUNED = "tuned"  # what files call the scores on test at the tuned threshold
THRESHOLDS = ("threshold", "threshold_low", "threshold_high")  # among these: the threshold, and its interval


@dataclass(frozen=True)
class PartCounts:
    """The numbers of samples of each class in the parts of a split."""

    train: Counts
    validation: Counts
    test: Counts
    resampled: Counts | None = None  # in what an epoch shows after a sampler; None without one

    @property
    def shown(self) -> Counts:
        """The numbers of samples that an epoch shows."""
        return self.train if self.resampled is None else self.resampled

    def by_part(self) -> dict[str, Counts]:
        """Return the counts by part, without those of a sampler if there is none."""
        return {part: counts for part, counts in vars(self).items() if counts is not None}

    @classmethod
    def from_json(cls, counts: Mapping[str, tuple[int, int]]) -> Self:
        """Read the counts by part, which JSON has as lists."""
        return cls(**{part: Counts(*of_part) for part, of_part in counts.items()})


@dataclass(frozen=True)
class Computation:
    """How a run was computed: its stack, then what is its own."""

    device: str
    threads: int
    plan: Mapping[str, str]
    stack_size: int  # networks that were trained together
    stack_seconds: float  # that they took
    versions: Mapping[str, str]  # by library
    data: str | None = None  # checksum
    epochs: int | None = None  # that were finished; None in rows of early stores

    def to_json(self) -> dict[str, Any]:
        """Return the entries that are known, in the order of the store."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class Row:
    """A finished run: what was asked, what came of it, how it was computed."""

    run: Run
    classes: tuple[str, str]  # negative, positive
    counts: PartCounts
    scores: dict[str, Scores]  # of validation and test, at the threshold 1/2
    undefined: dict[str, dict[str, str]]  # of validation and test: why a score is None
    tuned: TunedScores  # of test, at the threshold that is best on validation by its rule
    failure: str | None
    computed: Computation
    tuning: LearningRateChoice | None = None  # None where no learning rate was to be chosen
    losses: tuple[float, ...] = ()  # of each finished epoch; a store gives them only where they are asked for
    prototypes: PrototypeMap | None = field(default=None, compare=False)  # likewise

    @property
    def threshold(self) -> Threshold | None:
        """Return the tuned threshold; None where none was chosen."""
        if self.tuned.threshold is None:
            return None
        return Threshold(self.tuned.threshold, *(self.tuned.interval or (np.nan, np.nan)))

    def scores_by_part(self) -> dict[str, Scores]:
        """Return the scores on validation and test, then those on test at the tuned threshold, with that threshold."""
        ends = self.tuned.interval or (None, None)
        thresholds = dict(zip(THRESHOLDS, (self.tuned.threshold, *ends), strict=True))
        return {**self.scores, TUNED: {**self.tuned.scores, **thresholds}}

    def reasons_by_part(self) -> dict[str, dict[str, str]]:
        """Return why scores are None: on validation, on test, then on test at the tuned threshold."""
        return {**self.undefined, TUNED: self.tuned.undefined}

    def tuning_as_json(self) -> dict[str, Any] | None:
        """Return the choice of the learning rate as files have it; None where none was to be chosen."""
        return asdict(self.tuning) if self.tuning else None

    def flat(self) -> dict[str, Any]:
        """Return a JSON object for a reader: what was asked, the counts, the scores on test by name, then all the rest.

        What belongs to the validation part has two names, since version 0.1 called that part "tune".
        """
        counts = {
            f"{part}_{kind}": count
            for part, of_part in with_old_names(self.counts.by_part()).items()
            for kind, count in of_part._asdict().items()
        }
        recipe = {**self.run.entries, **({"lr": self.tuning.lr} if self.tuning else {})}
        fold = self.run.fold._asdict() if self.run.fold else None
        asked = {**self.run.asked(), "recipe": recipe, "fold": fold, "negative": self.classes[0]}
        scores = self.scores_by_part()
        rest = {
            **with_old_names({"validation": scores["validation"]}),
            TUNED: scores[TUNED],
            "undefined": with_old_names(self.reasons_by_part()),
            "failure": self.failure,
            "tuning": self.tuning_as_json(),
        }
        return {**asked, **counts, **scores["test"], **rest, "losses": self.losses, **self.computed.to_json()}

    def facts(self) -> dict[str, Any]:
        """Return what a model file says of its training."""
        asked = {name: value for name, value in self.run.asked().items() if name != "recipe"}
        return {
            **asked,
            "classes": self.classes,
            "counts": with_old_names(self.counts.by_part()),
            "threshold": THRESHOLD,
            "tuning": self.tuning_as_json(),
            "test": self.scores["test"],
        }


Part = TypeVar("Part")


def name_in_store(part: str) -> str:
    """Return the name that stores and random streams have for a part."""
    return NAMES_IN_STORE.get(part, part)


def with_old_names(parts: Mapping[str, Part]) -> dict[str, Part]:
    """Return the parts by name; a part with another name in version 0.1 stands there under both names."""
    return {name: value for part, value in parts.items() for name in dict.fromkeys((part, name_in_store(part)))}


def to_stored(parts: Mapping[str, Part]) -> dict[str, Part]:
    """Return the parts by their names in stores."""
    return {name_in_store(part): value for part, value in parts.items()}


def from_stored(parts: Mapping[str, Part]) -> dict[str, Part]:
    """Return the parts of a store by their names in code."""
    names = {stored: part for part, stored in NAMES_IN_STORE.items()}
    return {names.get(name, name): value for name, value in parts.items()}


def to_texts(row: Row) -> tuple[str, str, str]:
    """Return the texts of a row in a store: what was asked, what came of it but for the arrays, how it was computed."""
    result = {
        "classes": row.classes,
        "counts": to_stored(row.counts.by_part()),
        "scores": to_stored(row.scores_by_part()),
        "undefined": to_stored(row.reasons_by_part()),
        "failure": row.failure,
        "tuning": row.tuning_as_json(),
    }
    asked = row.run.asked()
    named = {"recipe_name": row.run.recipe_name, "data": asked.pop("data")}  # in this order since version 0.1
    return json.dumps(asked | named), json.dumps(result), json.dumps(row.computed.to_json())


def from_texts(run: Run, result: dict[str, Any], computed: Computation) -> Row:
    """Read a row from its texts in a store; it has no losses, which are in the arrays."""
    scores, undefined = from_stored(result["scores"]), from_stored(result["undefined"])
    tuned = tuned_from(scores.pop(TUNED), undefined.pop(TUNED))
    return Row(
        run=run,
        classes=tuple(result["classes"]),
        counts=PartCounts.from_json(from_stored(result["counts"])),
        scores=scores,
        undefined=undefined,
        tuned=tuned,
        failure=result["failure"],
        computed=computed,
        tuning=LearningRateChoice.from_json(result["tuning"]) if result["tuning"] else None,
    )


def tuned_from(scores: Scores, undefined: dict[str, str]) -> TunedScores:
    """Return the tuned scores of what `Row.scores_by_part` and `Row.reasons_by_part` say of them.

    Without a threshold each score is undefined for want of it: the reason of F1 is why there is none.
    """
    threshold, low, high = (scores.pop(name) for name in THRESHOLDS)
    if threshold is None:
        return TunedScores(None, None, scores, undefined, undefined["f1"])
    return TunedScores(threshold, None if low is None or high is None else (low, high), scores, undefined)
