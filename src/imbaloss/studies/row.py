"""Rows of finished runs: the request, the results and how they were computed; and their texts in the store."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from imbaloss.data import Counts
from imbaloss.evaluation import THRESHOLD, Scores, TunedScores
from imbaloss.evaluation.objective import require_costs
from imbaloss.evaluation.sample_costs import decide_by_costs
from imbaloss.evaluation.scores import Threshold
from imbaloss.studies.prototypes import PrototypeMap
from imbaloss.studies.study import Run
from imbaloss.studies.tuning import SettingChoice

NAMES_IN_STORE = {"validation": "tune"}  # of parts, in stores of version 5 and in the random streams of a run
TUNED = "tuned"  # the key of the scores on test at the tuned threshold, in files
CONSTANT_COSTS = ("cost_of_none", "cost_of_all")  # keys of the mean costs of flagging no sample and all samples
THRESHOLDS = ("threshold", "threshold_low", "threshold_high")  # keys of the threshold and of its interval there


@dataclass(frozen=True)
class PartCounts:
    """The numbers of samples of each class in the parts of a split."""

    train: Counts
    validation: Counts
    test: Counts
    resampled: Counts | None = None  # of the samples that an epoch shows after a sampler; None without a sampler
    set_apart: Counts | None = None  # of the samples that choose a threshold with a guarantee; None without one

    @property
    def shown(self) -> Counts:
        """The numbers of negatives and positives that an epoch shows: after a sampler, if any, else those of train."""
        return self.train if self.resampled is None else self.resampled

    def by_part(self) -> dict[str, Counts]:
        """Return the numbers of negatives and positives by part: "train", "validation", "test", and perhaps others.

        "resampled" is left out without a sampler, and "set_apart" without a guarantee.
        """
        return {part: counts for part, counts in vars(self).items() if counts is not None}

    @classmethod
    def from_json(cls, counts: Mapping[str, tuple[int, int]]) -> Self:
        """Make the counts of JSON's pairs [negatives, positives] by part, as `by_part` returns them.

        Raises:
            TypeError: A part is missing or unknown, or its entry is no pair.
        """
        return cls(**{part: Counts(*of_part) for part, of_part in counts.items()})


@dataclass(frozen=True)
class Computation:
    """A record of how a run was computed. Data, epochs and prediction belong to the run, all else to its stack."""

    device: str
    threads: int
    plan: Mapping[str, str]
    stack_size: int  # number of networks that were trained together
    stack_seconds: float  # time of their training
    versions: Mapping[str, str]  # by library
    data: str | None = None  # checksum of the data set
    epochs: int | None = None  # number of finished epochs; None in rows of early stores
    predict_seconds: float | None = None  # time to predict all parts but train; None in early stores and failed runs

    def to_json(self) -> dict[str, Any]:
        """Return the fields by name that are not None, in the order of the store."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class Row:
    """A finished run (one training) with its results and how they were computed."""

    run: Run
    classes: tuple[str, str]  # negative, positive
    counts: PartCounts
    scores: dict[str, Scores]  # of validation and test, at the threshold 1/2
    undefined: dict[str, dict[str, str]]  # of validation and test: the reason for each score that is None
    tuned: TunedScores  # on test, at the threshold that the rule of the run chose on validation or samples set apart
    failure: str | None  # why the training failed; None if it did not
    computed: Computation
    tuning: SettingChoice | None = None  # None if there was no setting to choose
    losses: tuple[float, ...] = ()  # of each finished epoch; empty in rows of a store, see `Store.with_losses`
    prototypes: PrototypeMap | None = field(default=None, compare=False)  # None in rows of a store

    @property
    def threshold(self) -> Threshold | None:
        """The tuned threshold with the ends of its 95 % interval; None if no threshold was chosen.

        Ends that are not known are NaN.
        """
        if self.tuned.threshold is None:
            return None
        return Threshold(self.tuned.threshold, *(self.tuned.interval or (np.nan, np.nan)))

    def decide(self, probabilities: NDArray[np.float64], costs: NDArray[np.float64] | None = None) -> NDArray[np.bool_]:
        """Say which samples the decision of the run flags: by its threshold, or without one by their own costs, (N,).

        Args:
            probabilities: (N,), of the positive class.
            costs: (N, 4), of the samples; None if there are none.

        Raises:
            ValueError: There is neither a threshold nor costs.
        """
        if self.tuned.threshold is not None:
            return probabilities >= self.tuned.threshold
        return decide_by_costs(probabilities, require_costs(costs))

    @property
    def is_decided(self) -> bool:
        """Whether there are decisions on test, by a tuned threshold or by the costs of each sample."""
        return self.tuned.reason is None

    @property
    def seconds(self) -> float:
        """The time of its training: its share of the time of its stack, by numbers of models."""
        return float(self.computed.stack_seconds * (self.run.models / self.computed.stack_size))

    @property
    def predict_1000_seconds(self) -> float | None:
        """The time in which its model predicts 1,000 prepared samples; None if it is unknown."""
        parts = (self.counts.validation, self.counts.test, self.counts.set_apart)
        samples = sum(sum(counts) for counts in parts if counts is not None)
        if self.computed.predict_seconds is None or not samples:
            return None
        return 1000 * self.computed.predict_seconds / samples

    def scores_by_part(self) -> dict[str, Scores]:
        """Return the scores by name for "validation", "test" and "tuned"; an undefined score is None.

        The first two are at the threshold 1/2. "tuned" are the scores on test at the tuned threshold, with "threshold",
        "threshold_low" and "threshold_high", which are None if unknown.
        """
        ends = self.tuned.interval or (None, None)
        thresholds = dict(zip(THRESHOLDS, (self.tuned.threshold, *ends), strict=True))
        return {**self.scores, TUNED: {**self.tuned.scores, **thresholds}}

    def reasons_by_part(self) -> dict[str, dict[str, str]]:
        """Return the reason for each score that is None, by name, for "validation", "test" and "tuned".

        "tuned" are the scores on test at the tuned threshold.
        """
        return {**self.undefined, TUNED: self.tuned.undefined}

    def tuning_as_json(self) -> dict[str, Any] | None:
        """Return the choice of the setting as a dict: the score, the chosen setting, and each candidate's score.

        None if there was no setting to choose.
        """
        return self.tuning.to_json() if self.tuning else None

    def flat(self) -> dict[str, Any]:
        """Return the row as one dict for JSON: run, counts, scores on test by name, then the rest.

        The recipe's "lr" is the learning rate that was chosen. The keys of the validation part stand under two names,
        since version 0.1 called that part "tune".
        """
        counts = {
            f"{part}_{kind}": count
            for part, of_part in with_old_names(self.counts.by_part()).items()
            for kind, count in of_part._asdict().items()
        }
        chosen = self.tuning.setting.to_dict() if self.tuning and self.tuning.setting else {}
        recipe = {**self.run.entries, **{name: value for name, value in chosen.items() if name == "lr"}}
        fold = self.run.fold._asdict() if self.run.fold else None
        requested = {**self.run.to_json(), "recipe": recipe, "fold": fold, "negative": self.classes[0]}
        scores = self.scores_by_part()
        rest = {
            **with_old_names({"validation": scores["validation"]}),
            TUNED: scores[TUNED],
            "undefined": with_old_names(self.reasons_by_part()),
            "failure": self.failure,
            "tuning": self.tuning_as_json(),
        }
        return {**requested, **counts, **scores["test"], **rest, "losses": self.losses, **self.computed.to_json()}

    def facts(self) -> dict[str, Any]:
        """Return the facts about its training that a model file holds: the run, classes, counts and scores on test.

        A dict for JSON, without the recipe. The counts of the validation part stand under two names, since version 0.1
        called that part "tune".
        """
        requested = {name: value for name, value in self.run.to_json().items() if name != "recipe"}
        return {
            **requested,
            "classes": self.classes,
            "counts": with_old_names(self.counts.by_part()),
            "threshold": THRESHOLD,
            "tuning": self.tuning_as_json(),
            "test": self.scores["test"],
        }


Part = TypeVar("Part")


def name_in_store(part: str) -> str:
    """Return the name of a part (train, validation, test) in stores: "tune" for "validation", any other name unchanged.

    Random streams use these names too, so that runs of earlier versions can be repeated.
    """
    return NAMES_IN_STORE.get(part, part)


def with_old_names(parts: Mapping[str, Part]) -> dict[str, Part]:
    """Return a copy of values by part in which "validation" stands under the name "tune" of version 0.1 too."""
    return {name: value for part, value in parts.items() for name in dict.fromkeys((part, name_in_store(part)))}


def to_stored(parts: Mapping[str, Part]) -> dict[str, Part]:
    """Return a copy of values by part in which "validation" is named "tune", as in stores; other names stay."""
    return {name_in_store(part): value for part, value in parts.items()}


def from_stored(parts: Mapping[str, Part]) -> dict[str, Part]:
    """Return a copy of values by part in which "tune", the name in stores, is "validation"; other names stay."""
    names = {stored: part for part, stored in NAMES_IN_STORE.items()}
    return {names.get(name, name): value for name, value in parts.items()}


def to_texts(row: Row) -> tuple[str, str, str]:
    """Return the three JSON texts of a row in a store: its run, its results, and how it was computed.

    The losses of the epochs and the prototypes are left out, since the store keeps them as arrays.

    Raises:
        TypeError: The row holds a value that JSON does not have.
    """
    result = {
        "classes": row.classes,
        "counts": to_stored(row.counts.by_part()),
        "scores": to_stored(row.scores_by_part()),
        "undefined": to_stored(row.reasons_by_part()),
        "failure": row.failure,
        "tuning": row.tuning_as_json(),
    }
    requested = row.run.to_json()
    last = {"recipe_name": row.run.recipe_name, "data": requested.pop("data")}  # in this order since version 0.1
    return json.dumps(requested | last), json.dumps(result), json.dumps(row.computed.to_json())


def from_texts(run: Run, result: dict[str, Any], computed: Computation) -> Row:
    """Make a row from what a store holds of it, without the losses of the epochs and the prototypes.

    Args:
        run: The run of the row.
        result: The parsed JSON text of the results.
        computed: How the run was computed.

    Raises:
        KeyError: An entry of the results is missing.
    """
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
        tuning=SettingChoice.from_json(result["tuning"], run.method.learner.rate) if result["tuning"] else None,
    )


def tuned_from(scores: Scores, undefined: dict[str, str]) -> TunedScores:
    """Make the scores at the tuned threshold from what a store holds of them.

    If no threshold was chosen, its reason is that of F1; if there are scores without a threshold, there is no reason.
    The interval is None unless both ends are known.

    Args:
        scores: The scores by name, with the three entries of the threshold, which are removed from this dict.
        undefined: The reason for each score that is None.

    Raises:
        KeyError: An entry of the threshold is missing, or F1 has no reason although no threshold was chosen.
    """
    threshold, low, high = (scores.pop(name) for name in THRESHOLDS)
    if threshold is None:
        return TunedScores(None, None, scores, undefined, None if scores["tp"] is not None else undefined["f1"])
    return TunedScores(threshold, None if low is None or high is None else (low, high), scores, undefined)
