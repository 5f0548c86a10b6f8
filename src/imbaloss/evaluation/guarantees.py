"""Guarantees: thresholds that hold a recall, a precision or a false positive rate on new samples with a confidence.

A threshold is chosen by exact binomial tests on samples that chose nothing else. Each test asks whether the score at a
threshold is on the wrong side of the bound. The tests are made one after the other, in an order that these samples do
not decide, until one fails. So no correction for their number is needed (Angelopoulos et al. 2022, "Learn then Test").
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor, log
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from imbaloss.data.samples import Counts
from imbaloss.evaluation.confusion import ConfusionCounts
from imbaloss.evaluation.thresholds import check_probabilities, count_at_thresholds, list_thresholds
from imbaloss.plural import format_count
from imbaloss.recipe_fields import DEFAULT_CONFIDENCE
from imbaloss.spec_text import write_value

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

SIGNS = {"recall": ">=", "precision": ">=", "fpr": "<="}  # of the bound, by the score that can be guaranteed
SCORE_WORDS = {"fpr": "false positive rate"}  # in sentences; the other names are words already
FORM = "recall>=0.9, precision>=0.8 or fpr<=0.05"


class ScoredSamples(NamedTuple):
    """Labels (N,), 0 or 1, and probabilities of class 1 (N,) of the same samples."""

    labels: Labels
    probabilities: Floats


@dataclass(frozen=True)
class Guarantee:
    """A rule for choosing a threshold: on new samples a score keeps to a bound, with a confidence."""

    score: str  # recall, precision or fpr
    bound: float  # the lowest recall or precision, or the highest false positive rate; above 0 and below 1
    confidence: float = DEFAULT_CONFIDENCE  # the probability with which a chosen threshold keeps to it

    @classmethod
    def parse(cls, text: str, confidence: float = DEFAULT_CONFIDENCE) -> "Guarantee":
        """Read a guarantee from its text, such as `recall>=0.9` or `fpr<=0.05`.

        Raises:
            ValueError: The score is unknown, the sign is the wrong one, or the bound is not above 0 and below 1.
        """
        score, sign, bound = re.fullmatch(r"\s*(\w*)\s*([<>=≤≥]*)\s*(.*?)\s*", text, re.DOTALL).groups()  # type: ignore[union-attr]
        if SIGNS.get(score) != sign:
            raise ValueError(f"a guarantee is written {FORM}, found {text!r}")
        try:
            number = float(bound)
        except ValueError:
            number = np.nan
        if not 0 < number < 1:
            raise ValueError(f"the {score} of a guarantee must be a number above 0 and below 1, found {text!r}")
        return cls(score, number, confidence)

    def __str__(self) -> str:
        """Write the guarantee as `parse` reads it, such as "recall>=0.9", without its confidence."""
        return f"{self.name}{write_value(self.bound)}"

    @property
    def name(self) -> str:
        """The name of the rule, without its bound: "recall>=", "precision>=" or "fpr<="."""
        return f"{self.score}{SIGNS[self.score]}"

    @property
    def parameters(self) -> Mapping[str, float]:
        """The bound by the name of the score, as the parameters of a `Rule`."""
        return {self.score: self.bound}

    @property
    def error(self) -> float:
        """The probability that a chosen threshold breaks the bound: at most this, 1 less the confidence."""
        return 1 - self.confidence

    @property
    def needed_share(self) -> float:
        """The share of right decisions that the bound demands: of positives, of flagged samples, or of negatives."""
        return 1 - self.bound if self.score == "fpr" else self.bound

    def count_right(self, counts: ConfusionCounts) -> tuple[Floats, Floats]:
        """Return the numbers of right decisions and of all decisions whose share is guaranteed, in the counts' shape.

        They are of the positives (recall), the flagged samples (precision) or the negatives (false positive rate).
        """
        if self.score == "fpr":
            return counts.tn, counts.tn + counts.fp
        return counts.tp, counts.tp + (counts.fn if self.score == "recall" else counts.fp)

    def compute_p_values(self, counts: ConfusionCounts) -> Floats:
        """Compute the p-value of an exact binomial test at each threshold, in the shape of the counts.

        It is the probability of at least as many right decisions if their true share were just the one needed; 1
        without any decision. The hypothesis that the bound is broken is rejected if it is at most `error`. A binomial
        tail is an incomplete beta function: P(X >= k) = I_p(k, n - k + 1) for k > 0.
        """
        right, decisions = self.count_right(counts)
        tails = scipy.special.betainc(np.maximum(right, 1), decisions - right + 1, self.needed_share)
        return np.where(right > 0, tails, 1.0)


def is_guarantee(text: object) -> bool:
    """Say whether a text is meant as a guarantee: it compares by a sign such as >=. False for what is no text."""
    return isinstance(text, str) and any(sign in text for sign in "<>≤≥")


def bound_share(right: float, decisions: float, confidence: float) -> float:
    """Return the lower end of the one-sided Clopper-Pearson interval of a share; 0 if nothing is right.

    It is the lowest share that the exact binomial test does not reject.
    """
    return float(scipy.special.betaincinv(right, decisions - right + 1, 1 - confidence)) if right else 0.0


def find_largest_share(samples: int, confidence: float) -> float:
    """Return the largest share of right decisions that so many samples can guarantee: all of them right; 0 for none."""
    return float((1 - confidence) ** (1 / samples)) if samples else 0.0


def count_needed(guarantee: Guarantee) -> int:
    """Return the lowest number of positives (for fpr of negatives) with which a guarantee is possible at all."""
    return max(ceil(log(guarantee.error) / log(guarantee.needed_share) - 1e-12), 1)


def explain_too_few(guarantee: Guarantee, counts: Counts) -> str | None:
    """Explain what so many negatives and positives can guarantee, if it is less than was asked; else return None.

    Flagging every sample always has recall 1, and flagging none has a false positive rate of 0. The text says so.
    """
    of_negatives = guarantee.score == "fpr"
    samples = counts.negatives if of_negatives else counts.positives
    largest = find_largest_share(samples, guarantee.confidence)
    if guarantee.needed_share <= largest:
        return None
    number = format_count(samples, "negative" if of_negatives else "positive")
    needs = f"{guarantee} needs {count_needed(guarantee)}"
    if not samples:
        return f"with {number} set apart nothing can be guaranteed, and {needs}: give more rows"
    possible = ceil(100 * (1 - largest)) / 100 if of_negatives else floor(100 * largest) / 100
    side = "below" if of_negatives else "above"
    confidence = floor(100 * (1 - guarantee.needed_share**samples)) / 100
    advice = [f"ask for {guarantee.name}{possible:g}"] * (0 < possible < 1)
    advice += [f"lower the confidence to {confidence:g}"] * (confidence > 0)
    return (
        f"with {number} set apart no {SCORE_WORDS.get(guarantee.score, guarantee.score)} {side} {possible:g} can be "
        f"guaranteed at {100 * guarantee.confidence:g} % confidence{describe_trivial(guarantee)}, and {needs}: "
        f"{', '.join([*advice, 'or give more rows'])}"
    )


def describe_trivial(guarantee: Guarantee) -> str:
    """Name the decision that reaches a bound without any model, as words after a comma; "" for precision."""
    trivial = {"recall": "every", "fpr": "no"}.get(guarantee.score)
    return f", except by flagging {trivial} row" if trivial else ""


def choose_guaranteed_threshold(
    guarantee: Guarantee, set_apart: ScoredSamples, validation: ScoredSamples | None = None
) -> float:
    """Choose the best threshold that keeps to a bound on new samples of the same kind, with the guarantee's confidence.

    The samples set apart must have chosen nothing before: neither the model nor its calibration. Recall and false
    positive rate are monotone in the threshold. So their tests begin where the bound surely holds, at the lowest or
    highest threshold, and the last threshold before a failure is chosen (Bates et al. 2021). It flags the fewest
    samples for a recall, and finds the most positives for a false positive rate.

    Precision is not monotone. Its tests take the thresholds between the probabilities of the validation part. They
    begin at the one with the lowest p-value there and go down to lower ones. So the validation part decides the order
    of the tests alone ("split fixed sequence", Angelopoulos et al. 2022).

    Args:
        guarantee: The rule.
        set_apart: The samples that choose the threshold. Samples of equal probability are decided alike.
        validation: Samples that are independent of those; for precision alone.

    Raises:
        ValueError: Shapes or values are wrong, the samples are too few, only flagging every sample or none keeps to the
            bound, no threshold does, or samples of a validation part are needed and missing.
    """
    labels, probabilities = check_probabilities(*set_apart)
    positives = int(labels.sum())
    if problem := explain_too_few(guarantee, Counts(len(labels) - positives, positives)):
        raise ValueError(problem)
    order = np.argsort(-probabilities, kind="stable")
    labels, probabilities = labels[order], probabilities[order]
    if guarantee.score == "precision":
        if validation is None or not len(validation.labels):
            raise ValueError("a guarantee of a precision takes samples of a validation part, which order its tests")
        thresholds = order_tests_of_precision(guarantee, validation)
        places = len(labels) - np.searchsorted(probabilities[::-1], thresholds)
    else:
        places, thresholds = list_thresholds(probabilities)
    ends_with_all = np.append(places, len(labels))  # from which `count_at_thresholds` takes the number of each class
    counts = count_at_thresholds(labels, np.ones((1, len(labels))), ends_with_all)
    p_values = guarantee.compute_p_values(counts)[0, :-1]
    if guarantee.score == "recall":  # tests begin at the lowest threshold
        p_values, thresholds = p_values[::-1], thresholds[::-1]
    passed = int(np.argmin(np.append(p_values <= guarantee.error, False)))  # the number before the first failure
    if guarantee.score == "precision" and not passed:
        right, decisions = (float(values[0, 0]) for values in guarantee.count_right(counts))
        raise ValueError(explain_imprecise(guarantee, right, decisions))
    if guarantee.score != "precision" and passed < 2:
        raise ValueError(f"no threshold of the model guarantees {guarantee}{describe_trivial(guarantee)}")
    return float(thresholds[passed - 1])


def order_tests_of_precision(guarantee: Guarantee, validation: ScoredSamples) -> Floats:
    """Return the thresholds to test for a precision, (K,), descending, by independent samples.

    The first one has the lowest p-value on these samples, and the highest threshold of equal ones.

    Raises:
        ValueError: Shapes or values are wrong.
    """
    labels, probabilities = check_probabilities(*validation)
    order = np.argsort(-probabilities, kind="stable")
    places, thresholds = list_thresholds(probabilities[order])
    [p_values] = guarantee.compute_p_values(count_at_thresholds(labels[order], np.ones((1, len(labels))), places))
    return thresholds[int(np.argmin(p_values)) :]


def explain_imprecise(guarantee: Guarantee, right: float, decisions: float) -> str:
    """Write a message: no threshold guarantees a precision, and which one the first tested threshold guarantees.

    Args:
        guarantee: The rule.
        right: The number of positives among the flagged samples at that threshold.
        decisions: The number of flagged samples there.
    """
    shown = bound_share(right, decisions, guarantee.confidence)
    return (
        f"no threshold guarantees {guarantee} at {100 * guarantee.confidence:g} % confidence: the surest one flags "
        f"{format_count(int(decisions), 'row')} set apart, {right:.0f} of them positive, which guarantees "
        f"{floor(100 * shown) / 100:g}"
    )


def round_threshold(guarantee: Guarantee, threshold: float, decimals: int) -> str:
    """Write a threshold with so many decimals, rounded to the side on which the bound of its guarantee still holds.

    It is rounded down for a recall and up for a false positive rate. For a precision it is rounded up, although a
    higher threshold does not always have a higher precision.
    """
    scale = 10.0**decimals
    rounded = (floor if guarantee.score == "recall" else ceil)(threshold * scale) / scale
    return f"{rounded:.{decimals}f}"
