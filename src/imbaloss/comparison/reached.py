"""What the recommended method will reach on new data: the score of the whole procedure, with the choice of a method."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from imbaloss.comparison.bootstrap_of_test_rows import RedrawnScores
from imbaloss.learners import Method
from imbaloss.statistics import Interval, seeds_and_redrawn, t_interval
from imbaloss.statistics.paired import inflation_of

Floats = NDArray[np.float64]
Name = TypeVar("Name", bound=Hashable)
SAMPLES = 200  # bootstrap samples of the test rows on which a method is chosen again


def score_choices(
    scores: Mapping[Name, Floats], rounds: Sequence[int], choose: Callable[[Mapping[Name, Floats]], Name | None]
) -> Floats:
    """Return what the choice of a method scores in each repetition if that repetition takes no part in it, (J,).

    The method is chosen by the other repetitions of the same round. Folds of one round test different rows, so that the
    score in a repetition is not one of those by which its method was chosen. The result is NaN in rounds of one or two
    repetitions, where no method is chosen, and where the chosen one has no score.

    Args:
        scores: (J,) of each method, NaN for a missing score.
        rounds: The round of each repetition: the seed by which the rows were divided.
        choose: Chooses a method by the scores in some repetitions; None if there is none.
    """
    numbers = np.array(rounds)
    places = np.arange(len(numbers))
    reached = np.full(len(numbers), np.nan)
    for place in places:
        deciding = places[(numbers == numbers[place]) & (places != place)]
        method = choose({name: values[deciding] for name, values in scores.items()}) if len(deciding) > 1 else None
        if method is not None:
            reached[place] = scores[method][place]
    return reached


def estimate_on_folds(reached: Floats, best: Floats, test_to_train: float | None) -> Interval:
    """Return the mean score that the procedure reaches, with its 95 % interval.

    The interval is as wide as that of the mean of these scores, or of the chosen method, whichever is wider.

    Args:
        reached: (J,), what `score_choices` returns.
        best: (J,), the scores of the method that is chosen by all repetitions.
        test_to_train: n_test / n_train if the repetitions are folds; None if they are independent seeds.

    Returns:
        The mean and the ends; all NaN for fewer than two scores of choices, and if neither scores vary.
    """
    halves = []
    for values in (reached, best):
        finite = values[np.isfinite(values)]
        interval = t_interval(finite, inflation=inflation_of(len(finite), test_to_train))
        if interval.high > interval.estimate:
            halves.append(interval.high - interval.estimate)
    is_known = np.isfinite(reached)
    if is_known.sum() < 2 or not halves:
        return Interval(np.nan, np.nan, np.nan)
    estimate = float(reached[is_known].mean())
    return Interval(estimate, estimate - max(halves), estimate + max(halves))


def estimate_on_other_rows(
    redrawn: RedrawnScores,
    methods: Sequence[Method],
    best: Method,
    choose: Callable[[Mapping[Method, Floats]], Method | None],
) -> Interval:
    """Return the mean score that the procedure reaches on other test rows, for seeds that share one test part.

    From the mean of the recommended method its optimism is subtracted: how much better the method that is chosen on a
    bootstrap sample of the test rows is there than on the test rows themselves, on average over 200 samples.

    Args:
        redrawn: The scores on the test rows and on bootstrap samples of them.
        methods: The methods that have a score, in the order of preference.
        best: The recommended method.
        choose: Chooses a method by the scores in some seeds; None if there is none.

    Returns:
        The mean and its 95 % interval for other seeds and other test rows; NaN ends for one seed.

    Source: Efron 1983, Journal of the American Statistical Association 78, for the optimism.
    """
    seeds = list(dict.fromkeys(seed for _, seed in redrawn.places))
    places = {method: [redrawn.places.get((str(method), seed)) for seed in seeds] for method in methods}

    def collect(scores: Floats) -> dict[Method, Floats]:
        """Return the scores of each method, (seeds,), NaN where it has none."""
        return {
            method: np.array([np.nan if place is None else scores[place] for place in of_method])
            for method, of_method in places.items()
        }

    now, optimism = collect(redrawn.scores), []
    for drawn in redrawn.redrawn[:SAMPLES]:
        again = collect(drawn)
        method = choose(again)
        if method is not None:
            optimism.append(np.nanmean(again[method]) - np.nanmean(now[method]))
    of_best = [place for place in places[best] if place is not None]
    interval = seeds_and_redrawn(redrawn.scores[of_best], redrawn.redrawn[:, of_best].mean(axis=1), redrawn.rarer)
    shift = float(np.mean(optimism)) if optimism else 0.0
    return Interval(*(value - shift for value in interval))
