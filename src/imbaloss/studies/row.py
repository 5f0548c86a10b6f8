"""A finished run as a row: what was asked, what came of it, how it was computed; and its texts in the store."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np

from imbaloss.data import Counts
from imbaloss.evaluation import THRESHOLD, Scores, TunedScores
from imbaloss.evaluation.scores import Threshold
from imbaloss.studies.prototypes import PrototypeMap
from imbaloss.studies.study import Run
from imbaloss.studies.tuning import LearningRateChoice

TUNED = "tuned"  # what files call the scores on test at the tuned threshold
THRESHOLDS = ("threshold", "threshold_low", "threshold_high")  # among these: the threshold, and its interval


@dataclass(frozen=True)
class PartCounts:
    """The numbers of samples of each class in the parts of a split."""

    train: Counts
    tune: Counts
    test: Counts
    resampled: Counts | None = None  # in what an epoch shows after a sampler; None without one

    @property
    def shown(self) -> Counts:
        """The numbers of samples that an epoch shows."""
        return self.train if self.resampled is None else self.resampled

    def to_json(self) -> dict[str, Counts]:
        """Return the counts by part, without those of a sampler where there is none."""
        return {part: counts for part, counts in vars(self).items() if counts is not None}

    @classmethod
    def from_json(cls, counts: Mapping[str, tuple[int, int]]) -> Self:
        """Read what `to_json` returns."""
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
    scores: dict[str, Scores]  # of tune and test, at the threshold 1/2
    undefined: dict[str, dict[str, str]]  # of tune and test: why a score is None
    tuned: TunedScores  # of test, at the threshold that is best on tune by its rule
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
        """Return the scores as files have them: those of tune and test, then the tuned ones with their threshold."""
        ends = self.tuned.interval or (None, None)
        thresholds = dict(zip(THRESHOLDS, (self.tuned.threshold, *ends), strict=True))
        return {**self.scores, TUNED: {**self.tuned.scores, **thresholds}}

    def reasons_by_part(self) -> dict[str, dict[str, str]]:
        """Return why scores are None as files have it: in tune, in test, then at the tuned threshold."""
        return {**self.undefined, TUNED: self.tuned.undefined}

    def tuning_as_json(self) -> dict[str, Any] | None:
        """Return the choice of the learning rate as files have it; None where none was to be chosen."""
        return asdict(self.tuning) if self.tuning else None

    def flat(self) -> dict[str, Any]:
        """One JSON object for a reader: what was asked, the counts, the scores on test by name, then all the rest."""
        counts = {
            f"{part}_{kind}": count
            for part, of_part in self.counts.to_json().items()
            for kind, count in of_part._asdict().items()
        }
        recipe = {**self.run.entries, **({"lr": self.tuning.lr} if self.tuning else {})}
        fold = self.run.fold._asdict() if self.run.fold else None
        asked = {**self.run.asked(), "recipe": recipe, "fold": fold, "negative": self.classes[0]}
        scores = self.scores_by_part()
        rest = {
            "tune": scores["tune"],
            TUNED: scores[TUNED],
            "undefined": self.reasons_by_part(),
            "failure": self.failure,
            "tuning": self.tuning_as_json(),
        }
        return {**asked, **counts, **scores["test"], **rest, "losses": self.losses, **self.computed.to_json()}

    def facts(self) -> dict[str, Any]:
        """What a model file says of its training."""
        asked = {name: value for name, value in self.run.asked().items() if name != "recipe"}
        return {
            **asked,
            "classes": self.classes,
            "counts": self.counts.to_json(),
            "threshold": THRESHOLD,
            "tuning": self.tuning_as_json(),
            "test": self.scores["test"],
        }


def to_texts(row: Row) -> tuple[str, str, str]:
    """What was asked, what came of it but for the arrays, and how it was computed."""
    result = {
        "classes": row.classes,
        "counts": row.counts.to_json(),
        "scores": row.scores_by_part(),
        "undefined": row.reasons_by_part(),
        "failure": row.failure,
        "tuning": row.tuning_as_json(),
    }
    asked = row.run.asked()
    named = {"recipe_name": row.run.recipe_name, "data": asked.pop("data")}  # in this order since version 0.1
    return json.dumps(asked | named), json.dumps(result), json.dumps(row.computed.to_json())


def from_texts(run: Run, result: dict[str, Any], computed: Computation) -> Row:
    """The inverse of `to_texts`, without losses."""
    scores, undefined = result["scores"], result["undefined"]
    tuned = tuned_from(scores.pop(TUNED), undefined.pop(TUNED))
    return Row(
        run=run,
        classes=tuple(result["classes"]),
        counts=PartCounts.from_json(result["counts"]),
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
