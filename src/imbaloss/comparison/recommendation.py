"""The rule by which a method is recommended, and the order of preference that it starts from."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from enum import StrEnum
from math import fsum, hypot, sqrt
from types import MappingProxyType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from imbaloss.data import NO_SAMPLER
from imbaloss.learners import Method
from imbaloss.learners.estimators import BASELINE
from imbaloss.statistics.paired import inflation_of

Floats = NDArray[np.float64]
Name = TypeVar("Name", bound=Hashable)
STANDARD_ERRORS = 1.0  # that a lead over the first choice must exceed
SIMPLEST = (BASELINE, "logistic_regression")  # names of learners that are simpler than all others
BOOSTED = ("lightgbm", "xgboost", "gradient_boosting")  # methods with boosted trees
PREFERRED = (  # names of learners and losses, the most preferred first
    *("lightgbm", "logistic_regression", "xgboost", "extra_trees", "random_forest"),
    *("balanced_random_forest", "easy_ensemble", "ce"),
)


class Kind(StrEnum):
    """The kind of a method, in the words of the answer."""

    BOOSTED = "method with boosted trees"
    NETWORK = "network"
    BASELINE = "score or decision in use today"
    AVERAGE = "average of methods"
    OTHER = "other classifier"


def choose_method(
    scores: Mapping[Name, Floats],
    *,
    test_to_train: float | None,
    lower: bool = False,
    standard_errors: float = STANDARD_ERRORS,
    sampling_variances: Mapping[Name, float] = MappingProxyType({}),
    simplest: Sequence[Name] = (),
) -> Name | None:
    """Choose the method to recommend: the first one, unless another one is clearly ahead of it.

    1. Candidates are the methods with a score in as many repetitions as any. Without any score, none is chosen.
    2. The first candidate is the first choice. For every other one, take its differences to the first choice in the
       repetitions that have both scores, and the standard error of their mean. For folds it is the corrected one, which
       allows for the overlap of their training parts. For seeds that share one test part it allows for other test
       samples too.
    3. The candidate with the highest value of mean score - K x standard error is chosen. For the first choice the
       standard error is 0. Of equal values the first is chosen.
    4. If one of the simplest methods is a candidate and its mean score equals that of the chosen one, it is taken.

    So no other candidate is ahead of the chosen one by more than K standard errors of their difference, if all have
    scores in the same repetitions. K = 0 chooses the best mean. With a single repetition there is no standard error,
    and the first choice is taken whatever the scores, unless K is 0.

    Args:
        scores: (J,) of each method in the same J repetitions, NaN for a missing score. The methods are in the order of
            preference, as `sort_by_preference` gives it.
        test_to_train: n_test / n_train if the repetitions are folds; None if they are seeds.
        lower: Whether lower scores are better, as for costs.
        standard_errors: K.
        sampling_variances: For seeds that share one test part, the variance that other test samples would give the
            mean difference to the first choice, by method. Without an entry it is 0.
        simplest: Methods that are simpler than all others, the simplest first; empty for none.

    Source: Nadeau and Bengio 2003, Machine Learning 52, for the standard error over folds.
    """
    sign = -1 if lower else 1
    candidates = {method: sign * scores[method] for method in find_most_scored(scores)}
    first = next(iter(candidates.values()), None)
    if first is None:
        return None

    def deduct_errors(method: Name) -> float:
        """Return the mean score of a candidate minus K standard errors of its difference to the first choice."""
        values = candidates[method]
        error = hypot(compute_standard_error(values - first, test_to_train), sqrt(sampling_variances.get(method, 0.0)))
        return compute_mean(values) - (standard_errors * error if standard_errors else 0.0)

    chosen = max(candidates, key=deduct_errors)
    equal = [each for each in simplest if each in candidates and are_equal(candidates[each], candidates[chosen])]
    return next(iter(equal), chosen)


def scale_standard_errors(repetitions: int, total: int, test_to_train: float | None) -> float:
    """Return K for a choice by some of the repetitions that is to be as cautious as the choice by all of them.

    Args:
        repetitions: The number of repetitions that choose.
        total: The number of all repetitions.
        test_to_train: n_test / n_train if the repetitions are folds; None if they are seeds.
    """
    ratio = test_to_train or 0.0
    return STANDARD_ERRORS * sqrt((1 / total + ratio) / (1 / repetitions + ratio))


def are_equal(scores: Floats, other_scores: Floats) -> bool:
    """Say whether two methods have equal mean scores; NaN is left out."""
    return compute_mean(scores) == compute_mean(other_scores)


def find_most_scored(scores: Mapping[Name, Floats]) -> list[Name]:
    """Return the methods with a score in as many repetitions as any, in their order; none without any score.

    scores: (J,) of each method, NaN for a missing score.
    """
    counts = {method: int(np.isfinite(values).sum()) for method, values in scores.items()}
    most = max(counts.values(), default=0)
    return [method for method, count in counts.items() if count == most > 0]


def compute_mean(values: Floats) -> float:
    """Compute the mean of values (J,) without the NaN among them; their order does not change it by rounding."""
    finite = values[np.isfinite(values)]
    return fsum(finite.tolist()) / len(finite)


def compute_standard_error(differences: Floats, test_to_train: float | None) -> float:
    """Compute the standard error of the mean of paired differences (J,), of which NaN are left out.

    It is 0 if all differences are 0, and otherwise infinite for fewer than two.

    test_to_train: n_test / n_train if the repetitions are folds, whose training parts overlap; None if they are seeds.
    """
    finite = differences[np.isfinite(differences)]
    count = len(finite)
    if count and not finite.any():
        return 0.0
    if count < 2:
        return np.inf
    return float(np.std(finite, ddof=1)) * sqrt(inflation_of(count, test_to_train) / count)


def sort_by_preference(methods: Iterable[Method], *, images: bool) -> list[Method]:
    """Return the methods in the order of preference, from which a recommendation starts.

    Averages come last. Methods without a sampler come before those with one. Within these, classifiers of other
    libraries come before networks; for images, networks come first. Classifiers are in the order of `PREFERRED`, and
    those that it lacks follow, also boosted trees with one of our losses. Of networks, plain cross-entropy is first.
    What is equal keeps its order.

    Args:
        methods: The methods, in the order of their study.
        images: Whether the samples are images.
    """

    def rank(method: Method) -> tuple[bool, bool, bool, int]:
        """Return the place of a method in the order of preference, as numbers to sort by."""
        name = find_name(method) if method.loss is None or method.learner.is_network else ""
        place = PREFERRED.index(name) if name in PREFERRED else len(PREFERRED)
        return bool(method.members), method.sampler != NO_SAMPLER, method.learner.is_network != images, place

    return sorted(methods, key=rank)


def find_kind(method: Method) -> Kind:
    """Return the kind of a method: boosted trees, a network, the score in use, an average, or another classifier."""
    if method.learner.is_network:
        return Kind.NETWORK
    if method.members:
        return Kind.AVERAGE
    kinds = dict.fromkeys(BOOSTED, Kind.BOOSTED) | {BASELINE: Kind.BASELINE}
    return kinds.get(find_name(method), Kind.OTHER)


def find_name(method: Method) -> str:
    """Return the name of the learner, or of the loss of a network, without parameters, such as "lightgbm"."""
    return method.learner.write(method.loss if method.learner.is_network else None).partition(":")[0]
