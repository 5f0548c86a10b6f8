"""Thresholds: from which probability on a sample is called positive, by a rule such as f1 or cost:fn=10,fp=1."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imbaloss import spec_text
from imbaloss.choices import check_choice, check_parameter
from imbaloss.evaluation import tallies as of
from imbaloss.evaluation.scores import OF_TALLIES, THRESHOLD
from imbaloss.evaluation.tallies import Tallies
from imbaloss.statistics import logit_interval

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Metric = Callable[..., float]  # of labels and decisions, both 0 or 1, and sample_weight; the higher the better
RESAMPLES = 500
MOST_NUMBERS = 2**22  # of one array
MOST_TRIED = 1000  # thresholds for a metric that is a function


def cost(t: Tallies, *, fn: float = 1.0, fp: float = 1.0) -> Floats:
    """Return -(fn FN + fp FP) / n, the negative mean cost of a sample; right decisions cost nothing."""
    return -(fn * t.fn + fp * t.fp) / (t.tn + t.fp + t.fn + t.tp)


def recall_at_precision(t: Tallies, *, precision: float = 0.9) -> Floats:
    """Return the recall where the precision is at least `precision`, and -infinity elsewhere."""
    return np.where((of.precision(t) >= precision) & (t.tp > 0), of.recall(t), -np.inf)


def precision_at_recall(t: Tallies, *, recall: float = 0.9) -> Floats:
    """Return the precision where the recall is at least `recall`, and -infinity elsewhere."""
    return np.where(of.recall(t) >= recall, of.precision(t), -np.inf)


def top_share(t: Tallies, *, share: float = 0.05) -> Floats:
    """Return the negative distance of the share of predicted positives from `share`, the share that can be examined."""
    predicted = t.tp + t.fp
    return -np.abs(predicted / (predicted + t.tn + t.fn) - share)


RULES: dict[str, Callable[..., Floats]] = {
    "f1": of.f1,
    "f_beta": of.f_beta,
    "g_mean": of.g_mean,
    "balanced_accuracy": of.balanced_accuracy,
    "mcc": of.mcc,
    "accuracy": of.accuracy,
    "cost": cost,
    "recall_at_precision": recall_at_precision,
    "precision_at_recall": precision_at_recall,
    "top_share": top_share,
}
SHARES = {"precision", "recall", "share"}
RULES_ALONE = ("cost", "f_beta", "accuracy")  # what they give is no score of every training


@dataclass(frozen=True)
class Rule:
    """A rule by which a threshold is chosen: the name of a formula in `RULES`, and all of its parameters."""

    name: str
    parameters: Mapping[str, float] = field(default_factory=dict, hash=False)

    @classmethod
    def of(cls, text: str) -> "Rule":
        """Read a rule, such as `f1`, or with parameters `recall_at_precision:precision=0.8`.

        Raises ValueError for an unknown rule or parameter, and for a value outside its domain.
        """
        name, given = spec_text.read_spec("a rule for a threshold", text)
        check_choice("rule for a threshold", name, RULES)
        defaults = spec_text.read_keyword_defaults(RULES[name])
        for key, value in given.items():
            check_parameter(name, key, defaults)
            limit = 1.0 if key in SHARES else np.finfo(float).max
            if not (isinstance(value, float) and 0 < value <= limit):
                bound = "at most 1" if key in SHARES else "finite"
                raise ValueError(f"{key} must be above 0 and {bound}, found {value} in {text!r}")
        return cls(name, {**defaults, **given})  # type: ignore[dict-item]

    def __str__(self) -> str:
        """Write the text that `of` reads, without the parameters at their default."""
        return spec_text.write_spec(self.name, self.parameters, spec_text.read_keyword_defaults(RULES[self.name]))

    def __call__(self, tallies: Tallies) -> Floats:
        """Return the value of the rule at each threshold: the higher the better, -infinity if it is not admitted."""
        return RULES[self.name](tallies, **self.parameters)

    def score(self, tallies: Tallies) -> Floats:
        """Return the value of the rule as a reader knows it: of a cost the cost itself, the lower the better."""
        return np.abs(self(tallies)) if self.name == "cost" else self(tallies)


class Tuned(NamedTuple):
    """A threshold, the ends of its 95 % interval, and the value of the rule there (a cost with its sign turned).

    The ends are NaN where there is no interval.
    """

    threshold: float
    low: float
    high: float
    value: float


def tuned(
    rule: Rule | Metric,
    labels: Labels,
    probabilities: Floats,
    weights: Floats | None = None,
    *,
    resamples: int = RESAMPLES,
) -> Tuned:
    """Choose the threshold that is best on these samples by a rule, or by a function of labels and decisions.

    labels (N,), 0 or 1; probabilities (N,) of class 1; weights (N,) of samples, >= 0. The threshold lies halfway
    between two neighbouring probabilities, or is the lowest one, or lies above all. Of equally good thresholds the one
    nearest to 1/2 is chosen. For a function at most 1,000 thresholds are tried, and there is no interval. A function
    takes the weights, if there are any, as sample_weight.

    The interval is that of `statistics.stratified_bootstrap`, of the threshold instead of a score, from a fixed seed. A
    best threshold is no mean, and its interval covers less than it says: in simulations that of all samples in 91 to 95
    of 100 cases for F1, G-mean and MCC, 86 to 93 for costs and a top share, 78 to 85 for recall at a precision, with 40
    to 200 positives. The interval tells whether the second decimal means anything. There is none for a threshold
    above all probabilities.

    Raises ValueError if a class has no sample, and if no threshold meets the rule.
    """
    labels, probabilities = checked(labels, probabilities)
    weighed = {} if weights is None else {"sample_weight": weights}
    weights = np.ones(len(labels)) if weights is None else np.asarray(weights, dtype=np.float64)
    if not (weights[labels == 1].sum() > 0 and weights[labels == 0].sum() > 0):
        missing = "positives" if not weights[labels == 1].sum() > 0 else "negatives"
        raise ValueError(f"there are no {missing} by which a threshold could be chosen")
    order = np.argsort(-probabilities, kind="stable")
    places, thresholds = candidates(probabilities[order])
    if not isinstance(rule, Rule):
        tried = np.unique(np.linspace(0, len(thresholds) - 1, MOST_TRIED).astype(np.int64))
        decisions = ((probabilities >= one).astype(np.int64) for one in thresholds[tried])
        found = np.array([float(rule(labels, decided, **weighed)) for decided in decisions])
        if not np.isfinite(found).any():
            raise ValueError("the metric by which a threshold is chosen is undefined at every threshold")
        at = best(np.where(np.isfinite(found), found, -np.inf)[None], thresholds[tried])[0]
        return Tuned(float(thresholds[tried][at]), np.nan, np.nan, float(found[at]))
    labels, probabilities, weights = labels[order], probabilities[order], weights[order]
    values = rule(tallies(labels, weights[None], places))
    if not np.isfinite(values).any():
        raise ValueError(impossible(rule, labels, weights, places))
    [at] = best(values, thresholds)
    drawn = redrawn(rule, labels, weights, (places, thresholds), resamples)
    deviation = float(np.std(drawn, ddof=1)) if len(drawn) > 1 else np.nan
    rarer = int(np.bincount(labels[weights > 0]).min())
    _, low, high = logit_interval(float(thresholds[at]), deviation, rarer)
    return Tuned(float(thresholds[at]), low, high, float(values[0, at]))


def checked(labels: Labels, probabilities: Floats) -> tuple[Labels, Floats]:
    """Return labels and probabilities as arrays (N,).

    Raises ValueError for other shapes, for a label that is not 0 or 1, and for a value that is no probability.
    """
    found, values = np.asarray(labels), np.asarray(probabilities, dtype=np.float64)
    if found.shape != values.shape or found.ndim != 1:
        raise ValueError(f"labels and probabilities must be (N,) both, found {found.shape} and {values.shape}")
    if not np.isin(found, (0, 1)).all():
        raise ValueError(f"labels must be 0 or 1, found {found[~np.isin(found, (0, 1))][0]}")
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"probabilities must be from 0 to 1, found {values[~((values >= 0) & (values <= 1))][0]}")
    return found.astype(np.int64), values


def candidates(probabilities: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Return how many samples each threshold predicts as positive, and the thresholds, (K,) each.

    probabilities (N,), in descending order. The first threshold lies above all, the others between unequal neighbours.
    """
    lower = np.append(probabilities[1:], probabilities[-1])
    between = np.where(lower + (probabilities - lower) / 2 > lower, lower + (probabilities - lower) / 2, probabilities)
    ends = np.flatnonzero(np.append(probabilities[:-1] != probabilities[1:], True))  # equal ones are called the same
    highest = probabilities[0] + (1 - probabilities[0]) / 2
    above = highest if highest > probabilities[0] else np.nextafter(probabilities[0], np.inf)
    return np.append(0, ends + 1), np.append(above, between[ends])


def tallies(labels: Labels, weights: Floats, places: NDArray[np.int64]) -> Tallies:
    """Return the confusion counts (R, K) if the first `places` (K,) samples are predicted positive and the others not.

    labels (N,), in descending order of probability; weights (R, N), a row for each set of samples.
    """
    nothing = np.zeros((len(weights), 1))
    tp, fp = (
        np.concatenate([nothing, np.cumsum(weights * (labels == label), axis=1)], axis=1)[:, places] for label in (1, 0)
    )
    tn, fn = (np.maximum(sums[:, -1:] - sums, 0) for sums in (fp, tp))  # rounding could leave less than nothing
    return Tallies(tn, fp, fn, tp)


def best(values: Floats, thresholds: Floats) -> NDArray[np.int64]:
    """Return the place of the highest value in each row of values (R, K), (R,).

    Of equally high values the one whose threshold is nearest to 1/2 counts.
    """
    distances = np.abs(thresholds - THRESHOLD)
    found: NDArray[np.int64] = np.where(values == values.max(axis=1, keepdims=True), distances, np.inf).argmin(axis=1)
    return found


def redrawn(
    rule: Rule, labels: Labels, weights: Floats, tried: tuple[NDArray[np.int64], Floats], resamples: int
) -> Floats:
    """Return the best threshold of each bootstrap sample, (at most resamples,).

    A bootstrap sample without weight in a class, or in which no threshold meets the rule, gives none.
    """
    places, thresholds = tried
    generator = np.random.default_rng(0)
    classes = [np.flatnonzero(labels == label) for label in (0, 1)]
    found = []
    size = max(MOST_NUMBERS // len(labels), 1)
    for start in range(0, resamples, size):
        drawn = np.zeros((min(size, resamples - start), len(labels)))
        for of_class in classes:
            even = np.full(len(of_class), 1 / len(of_class))
            drawn[:, of_class] = generator.multinomial(len(of_class), even, len(drawn)) * weights[of_class]
        both = (drawn[:, classes[0]].sum(1) > 0) & (drawn[:, classes[1]].sum(1) > 0)
        values = rule(tallies(labels, drawn[both], places))
        found.append(thresholds[best(values, thresholds)[np.isfinite(values).any(axis=1)]])
    return np.concatenate(found) if found else np.zeros(0)


def impossible(rule: Rule, labels: Labels, weights: Floats, places: NDArray[np.int64]) -> str:
    """Explain why no threshold meets a rule, and what could be reached."""
    [(name, asked)] = rule.parameters.items()
    counts = tallies(labels, weights[None], places)
    reached = OF_TALLIES[name](counts).max()
    return f"no threshold reaches {name} {asked:g} on the samples by which it is chosen; the highest is {reached:.3g}"


def top(labels: Labels, probabilities: Floats, k: int) -> dict[str, Any]:
    """Return the scores of predicting the k samples with the highest probabilities as positive.

    These are `found` (the number of positives), `precision`, `recall`, and `lift`, the precision divided by the share
    of positives. If samples of equal probability compete for the last places, each counts in part. Raises ValueError
    for k outside 1 to N, and if there are no positives.
    """
    labels, probabilities = checked(labels, probabilities)
    if not 1 <= k <= len(labels):
        raise ValueError(f"k must be 1 to the number of samples, {len(labels)}, found {k}")
    positives = int(labels.sum())
    if not positives:
        raise ValueError("there are no positives to be found")
    last = np.sort(probabilities)[-k]
    surely, perhaps = probabilities > last, probabilities == last
    found = labels[surely].sum() + (k - surely.sum()) * labels[perhaps].mean()
    precision = float(found) / k
    return {
        "found": float(found),
        "precision": precision,
        "recall": float(found) / positives,
        "lift": precision / (positives / len(labels)),
    }
