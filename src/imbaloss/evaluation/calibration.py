"""Calibration: probabilities that mean what they say, fitted on samples that the network was not trained on.

Logits are log-odds (N,) of class 1, or log-probabilities (N, C).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from imbaloss.statistics import wilson_interval

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
NONE, AUTO = "none", "auto"
CANDIDATES = (NONE, "temperature", "platt", "isotonic")  # those of "auto", the simplest first
FOLDS = 5  # folds by which "auto" compares them; with fewer samples of a class it takes Platt's
FEWEST_FOR_ISOTONIC = 200  # samples of the rarest class from which "auto" considers isotonic calibration
LOG_SLOPES = (-10.0, 10.0)  # limits of log(1 / temperature): e^10 gives a step function, e^-10 a constant
SMALLEST_SLOPE = 1e-3  # the smallest slope of Platt's calibration
SATURATED = 20.0  # log-odds beyond this, if all of a sign are equal, stand for a probability of 0 or 1
WITHIN_A_STEP = 1e-6  # the slope by which samples of one step of an isotonic curve keep their order
BEYOND = 1.0  # by so much, in log-odds, a probability of 0 or 1 lies beyond all others
BINS = 10  # bins of a reliability diagram


@dataclass(frozen=True)
class Calibration:
    """A fitted calibration of logits."""

    kind: str = NONE
    numbers: tuple[tuple[float, ...], ...] = ()  # for each class (of two classes, for class 1); temperature has one

    def __call__(self, logits: Floats) -> Floats:
        """Return the calibrated logits, in the shape of the logits: log-odds (N,) or log-probabilities (N, C).

        The kind `none` changes nothing. If isotonic calibration makes all classes impossible, all are equally likely;
        log-odds may be infinite. Raises KeyError for an unknown kind.
        """
        if self.kind == NONE:
            return logits
        if self.kind == "temperature":
            return temperature(logits, self.numbers[0])
        curve = CURVES[self.kind]
        if logits.ndim == 1:
            return curve(logits, self.numbers[0])
        each = zip(one_against_rest(logits).T, self.numbers, strict=True)
        scores = scipy.special.expit(np.stack([curve(odds, numbers) for odds, numbers in each], axis=1))
        total = scores.sum(axis=1, keepdims=True)
        even = np.full_like(scores, 1 / scores.shape[1])  # if the sum is 0, as in scikit-learn
        with np.errstate(divide="ignore"):
            logarithms: Floats = np.log(np.divide(scores, total, out=even, where=total > 0))
        return logarithms


def limit_log_odds(odds: Floats, limit: Sequence[float]) -> Floats:
    """Cut log-odds off at -limit and limit; no limit changes nothing. limit: one number, or none."""
    return np.clip(odds, -limit[0], limit[0]) if limit else odds


def temperature(logits: Floats, numbers: tuple[float, ...]) -> Floats:
    """Divide log-odds (N,) or log-probabilities (N, C) by the temperature.

    numbers: the temperature, and for log-odds perhaps the limit at which they are cut off first.
    """
    divisor, *limit = numbers
    return limit_log_odds(logits, limit) / divisor


def platt(odds: Floats, numbers: tuple[float, ...]) -> Floats:
    """Compute slope x log-odds + intercept for log-odds (N,): (N,).

    numbers: the slope, the intercept, and perhaps the limit at which the log-odds are cut off first. Raises ValueError
    for fewer numbers.
    """
    slope, intercept, *limit = numbers
    return slope * limit_log_odds(odds, limit) + intercept


def isotonic(odds: Floats, numbers: tuple[float, ...]) -> Floats:
    """Interpolate the probabilities of log-odds (N,) between the points of an isotonic curve.

    numbers: the points; the first half are probabilities before calibration, ascending, the second half those after it.
        For an odd number of numbers the last one is a slope, by which log-odds rise within a step of the curve too.

    Returns:
        Log-odds (N,), infinite for a probability of 0 or 1. Beyond the first and last point the curve is constant, but
        for the slope.
    """
    half = len(numbers) // 2
    before, after, slope = np.array(numbers[:half]), np.array(numbers[half : 2 * half]), numbers[2 * half :]
    calibrated: Floats = scipy.special.logit(np.interp(scipy.special.expit(odds), before, after))
    return calibrated + slope[0] * odds if slope else calibrated


CURVES = {"platt": platt, "isotonic": isotonic}  # log-odds (N,) and the numbers of a calibration -> log-odds (N,)


def fit_calibration(kind: str, labels: Labels, logits: Floats, weights: Floats | None = None) -> Calibration:
    """Fit a calibration on samples that the model was not trained on.

    - none: nothing is fitted.
    - temperature: logits / T with the largest likelihood. Source: Guo et al. 2017 (arXiv 1706.04599), section 4.2.
    - platt: a z + b of the log-odds z with the largest likelihood, for the targets (n_1 + 1) / (n_1 + 2) and
      1 / (n_0 + 2) in place of 1 and 0. a stays above 0, so that few samples do not turn the ranking round.
      Source: Platt 1999; Niculescu-Mizil and Caruana 2005 (ICML).
    - isotonic: the rising step function with the least squared error. Source: Zadrozny and Elkan 2002 (KDD).
    - auto: one of the four, chosen by cross-validation (`choose_kind`). The calibration has the kind that was chosen.
      Its isotonic curve stays between Platt's targets, so that no probability is 0 or 1, and keeps the ranking of
      samples within a step, which average precision and ROC-AUC see.

    For several classes, platt and isotonic are fitted to each class against the rest. The calibrated probabilities are
    then scaled to sum to 1. Temperature and platt cut off log-odds that stand for probabilities of 0 and 1
    (`find_limit`).

    Args:
        kind: One of the five names.
        labels: (N,), 0 to C - 1.
        logits: Log-odds of class 1, (N,), or log-probabilities, (N, C).
        weights: (N,), of the samples; None for equal ones.

    Raises:
        ValueError: A class has no sample with a weight above 0, and the kind is not none.
        KeyError: The kind is another one.
    """
    if kind == NONE:
        return Calibration()
    classes = 2 if logits.ndim == 1 else logits.shape[1]
    weights = np.ones(len(labels)) if weights is None else weights
    if (absent := np.bincount(labels, weights, minlength=classes) <= 0).any():
        raise ValueError(f"calibration {kind} needs samples of every class, and class {int(absent.argmax())} has none")
    weights = weights * max(np.count_nonzero(weights) / weights.sum(), 1.0)  # to a mean of 1 or more
    if kind == AUTO:
        return fit_kind(choose_kind(labels, logits, weights), labels, logits, weights, bounded=True)
    return fit_kind(kind, labels, logits, weights)


def choose_kind(labels: Labels, logits: Floats, weights: Floats) -> str:
    """Choose none, temperature, platt or isotonic by the weighted log-loss of a cross-validation of five folds.

    The folds are stratified, and the same in every call. Of equal kinds the simplest is chosen. If a class has fewer
    than five samples, the choice is platt. Isotonic is a candidate if each class has 200 samples or more, and none if
    no log-odds stand for probabilities of 0 and 1 (`find_limit`). Samples of weight 0 do not count. A sample of weight
    2 stays in one fold, unlike two samples.

    Args:
        labels: (N,), 0 to C - 1, of every class.
        logits: Log-odds (N,) or log-probabilities (N, C).
        weights: (N,), of the samples.
    """
    from sklearn.model_selection import StratifiedKFold

    counted = weights > 0
    labels, logits, weights = labels[counted], logits[counted], weights[counted]
    fewest = np.bincount(labels).min()
    if fewest < FOLDS:
        return "platt"
    excluded = {NONE} if find_limit(logits, weights) else set()
    if fewest < FEWEST_FOR_ISOTONIC:
        excluded.add("isotonic")
    losses = {kind: 0.0 for kind in CANDIDATES if kind not in excluded}
    for fitted, held_out in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(labels, labels):
        for kind in losses:
            calibration = fit_kind(kind, labels[fitted], logits[fitted], weights[fitted], bounded=True)
            losses[kind] += float(weights[held_out] @ log_losses(labels[held_out], calibration(logits[held_out])))
    return min(losses, key=lambda kind: losses[kind])


def log_losses(labels: Labels, logits: Floats) -> Floats:
    """Compute the cross-entropy of each sample in nats, (N,), from log-odds (N,) or unnormalised logits (N, C)."""
    losses: Floats
    if logits.ndim == 1:  # what logsumexp of 0 and the log-odds gives, to the last bit
        losses = np.maximum(logits, 0) + np.log1p(np.exp(-np.abs(logits))) - np.where(labels == 1, logits, 0.0)
        return losses
    losses = scipy.special.logsumexp(logits, axis=1) - np.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
    return losses


def fit_kind(kind: str, labels: Labels, logits: Floats, weights: Floats, *, bounded: bool = False) -> Calibration:
    """Fit a calibration of a given kind, none, temperature, platt or isotonic, to samples of every class.

    Args:
        kind: The kind.
        labels: (N,), 0 to C - 1.
        logits: Log-odds of class 1, (N,), or log-probabilities, (N, C).
        weights: (N,), of the samples.
        bounded: Whether an isotonic curve stays between Platt's targets, above 0 and below 1.

    Raises:
        KeyError: The kind is another one.
    """
    if kind == NONE:
        return Calibration()
    if kind == "temperature":
        return Calibration(kind, (fit_temperature(labels, logits, weights),))
    fits: dict[str, Callable[[Labels, Floats, Floats], tuple[float, ...]]]
    fits = {"platt": fit_platt, "isotonic": partial(fit_isotonic, bounded=bounded)}
    fit = fits[kind]
    if logits.ndim == 1:
        return Calibration(kind, (fit(labels, logits, weights),))
    odds = one_against_rest(logits)
    classes = range(logits.shape[1])
    return Calibration(kind, tuple(fit((labels == c).astype(np.int64), odds[:, c], weights) for c in classes))


def find_limit(logits: Floats, weights: Floats) -> tuple[float, ...]:
    """Find the limit at which log-odds (N,) that stand for probabilities of 0 and 1 are cut off, if there are such.

    Trees and neighbours often give a probability of exactly 0 or 1. The size of its log-odds says only where the
    learner cut them off, and one such sample would outweigh all others in a fit. Log-odds beyond 20 are taken for such
    if all of a sign are equal and their weights (N,) sum to 2 or more. The limit is the largest of the other log-odds
    plus 1, in absolute value.

    Returns:
        The limit, or nothing if no log-odds are cut off. Nothing for log-probabilities (N, C).
    """
    odds, weights = logits[weights > 0], weights[weights > 0]
    far = np.abs(odds) > SATURATED
    if odds.ndim > 1 or weights[far].sum() < 2 or len(np.unique(odds[far])) > len(np.unique(np.sign(odds[far]))):
        return ()
    return (float(np.abs(odds[~far]).max(initial=0.0)) + BEYOND,)


def fit_temperature(labels: Labels, logits: Floats, weights: Floats) -> tuple[float, ...]:
    """Fit the temperature from e^-10 to e^10 with the least weighted cross-entropy; return it and any limit.

    labels (N,), 0 to C - 1; logits: log-odds (N,) or log-probabilities (N, C); weights (N,) of the samples.
    """
    limit = find_limit(logits, weights)
    logits = limit_log_odds(logits, limit)

    def cross_entropy(log_slope: float) -> float:
        """Return the weighted mean cross-entropy, in nats, of the logits divided by the temperature e^-log_slope."""
        return float(np.average(log_losses(labels, np.exp(log_slope) * logits), weights=weights))

    best = scipy.optimize.minimize_scalar(cross_entropy, bounds=LOG_SLOPES, method="bounded").x
    return float(np.exp(-best)), *limit


def platt_targets(labels: Labels, weights: Floats) -> tuple[float, float]:
    """Return Platt's targets of class 0 and class 1: 1 / (n_0 + 2) and (n_1 + 1) / (n_1 + 2).

    n_0 and n_1 are the sums of the weights (N,) of the classes. labels (N,), 0 or 1.
    """
    negatives, positives = np.bincount(labels, weights, minlength=2)
    return 1 / (negatives + 2), (positives + 1) / (positives + 2)


def fit_platt(labels: Labels, odds: Floats, weights: Floats) -> tuple[float, ...]:
    """Fit Platt's logistic regression of smoothed targets on log-odds (N,); return slope, intercept and any limit.

    Each sample enters once as 1 and once as 0, weighted by its target. If the slope would be 0.001 or below, it is set
    to that, and the intercept to the log-odds of the mean target. labels (N,), 0 or 1; weights (N,) of the samples.
    """
    from sklearn.linear_model import LogisticRegression

    limit = find_limit(odds, weights)
    odds = limit_log_odds(odds, limit)
    negative, positive = platt_targets(labels, weights)
    targets = np.where(labels == 1, positive, negative)
    middle = float(np.average(odds, weights=weights))
    scale = float(np.abs(odds[weights > 0] - middle).max())
    model = LogisticRegression(C=1e30, tol=1e-10, solver="newton-cholesky")
    both = np.concatenate([weights * targets, weights * (1 - targets)])
    if scale > 1e-9 * abs(middle):  # log-odds that are all equal have no slope
        model.fit(np.tile((odds - middle) / scale, 2)[:, None], np.repeat([1, 0], len(odds)), sample_weight=both)
        slope = float(model.coef_[0, 0]) / scale
        if slope > SMALLEST_SLOPE:
            return slope, float(model.intercept_[0]) - slope * middle, *limit
    return SMALLEST_SLOPE, float(scipy.special.logit(np.average(targets, weights=weights))), *limit


def fit_isotonic(labels: Labels, odds: Floats, weights: Floats, *, bounded: bool) -> tuple[float, ...]:
    """Fit a rising step function of the probability; return its points, all before calibration, then all after it.

    labels (N,), 0 or 1; odds: log-odds (N,); weights (N,) of the samples. bounded: whether the curve stays between
    Platt's targets, or may reach 0 and 1. For a bounded curve the slope within a step is returned too, at the end.
    """
    from sklearn.isotonic import IsotonicRegression

    low, high = platt_targets(labels, weights) if bounded else (0.0, 1.0)
    model = IsotonicRegression(y_min=low, y_max=high, out_of_bounds="clip")
    model.fit(scipy.special.expit(odds), labels, sample_weight=weights)
    points: list[float] = [*model.X_thresholds_.tolist(), *model.y_thresholds_.tolist()]
    return tuple(points) + ((WITHIN_A_STEP,) if bounded else ())


def one_against_rest(logits: Floats) -> Floats:
    """Compute the log-odds of each class against all other classes: log-probabilities (N, C) -> log-odds (N, C)."""
    rest = [scipy.special.logsumexp(np.delete(logits, c, axis=1), axis=1) for c in range(logits.shape[1])]
    odds: Floats = logits - np.stack(rest, axis=1)
    return odds


class Reliability(NamedTuple):
    """A reliability diagram: one entry for each bin of samples with neighbouring probabilities."""

    probability: Floats  # mean probability of the samples in the bin
    share: Floats  # share of positives among them
    low: Floats  # lower end of the 95 % interval of the share
    high: Floats  # upper end
    samples: NDArray[np.int64]  # number of samples


def assign_bins(probabilities: Floats, bins: int) -> NDArray[np.int64]:
    """Return the number of the bin of each sample, (N,), from 0 on: bins of equally many samples.

    Equal probabilities stay in one bin, so that some bins may be empty. probabilities: (N,).
    """
    edges = np.unique(np.quantile(probabilities, np.linspace(0, 1, bins + 1)[1:-1]))
    places: NDArray[np.int64] = np.searchsorted(edges, probabilities, side="right")
    return places


def bin_samples(
    labels: Labels, probabilities: Floats, bins: int
) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Return three arrays, (at most bins,): mean probability, number of positives and number of samples of each bin.

    The bins have equally many samples, except that equal probabilities stay in one bin. Empty bins are left out. labels
    (N,), 0 or 1; probabilities (N,) of class 1.
    """
    place = assign_bins(probabilities, bins)
    sums, positives, samples = (np.bincount(place, values) for values in (probabilities, labels, None))
    filled = samples > 0
    return sums[filled] / samples[filled], positives[filled].astype(np.int64), samples[filled]


def reliability(labels: Labels, probabilities: Floats, bins: int = BINS) -> Reliability:
    """Compute a reliability diagram: for each bin, mean probability, share of positives and the share's interval.

    There are at most `bins` bins of equally many samples. The interval is Wilson's (1927), of 95 %. If the
    probabilities are true, each share is close to the mean probability of its bin. labels (N,), 0 or 1; probabilities
    (N,) of class 1. Source: DeGroot and Fienberg 1983.
    """
    means, positives, samples = bin_samples(labels, probabilities, bins)
    shares = [wilson_interval(*pair) for pair in zip(positives.tolist(), samples.tolist(), strict=True)]
    low, high = (np.array([getattr(share, name) for share in shares]) for name in ("low", "high"))
    return Reliability(means, positives / samples, low, high, samples)


def expected_calibration_error(
    labels: Labels, probabilities: Floats, bins: int = BINS, *, sample_weight: Floats | None = None
) -> float:
    """Compute the ECE: the mean of |share of positives - mean probability| over bins, weighted by their samples.

    There are at most `bins` bins of equally many samples. Small bins give an ECE above 0 by chance alone. labels (N,),
    0 or 1; probabilities (N,) of class 1; sample_weight (N,), > 0, with which shares and means are weighted, None for
    equal ones.
    Source: Naeini, Cooper and Hauskrecht 2015 (AAAI), with bins of equal size.
    """
    if sample_weight is not None:
        gaps = np.bincount(assign_bins(probabilities, bins), sample_weight * (labels - probabilities))
        return float(np.abs(gaps).sum() / sample_weight.sum())
    means, positives, samples = bin_samples(labels, probabilities, bins)
    return float(np.average(np.abs(positives / samples - means), weights=samples))
