"""Calibration: probabilities that mean what they say, fitted on samples that the network was not trained on.

Logits are log-odds (N,) of class 1, or log-probabilities (N, C).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
NONE = "none"
LOG_SLOPES = (-10.0, 10.0)  # limits of log(1 / temperature): e^10 gives a step function, e^-10 a constant
SMALLEST_SLOPE = 1e-3  # the smallest slope of Platt's calibration
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
            cooled: Floats = logits / self.numbers[0][0]
            return cooled
        curve = CURVES[self.kind]
        if logits.ndim == 1:
            return curve(logits, self.numbers[0])
        each = zip(one_against_rest(logits).T, self.numbers, strict=True)
        scores = special.expit(np.stack([curve(odds, numbers) for odds, numbers in each], axis=1))
        total = scores.sum(axis=1, keepdims=True)
        even = np.full_like(scores, 1 / scores.shape[1])  # if the sum is 0, as in scikit-learn
        with np.errstate(divide="ignore"):
            logarithms: Floats = np.log(np.divide(scores, total, out=even, where=total > 0))
        return logarithms


def platt(odds: Floats, numbers: tuple[float, ...]) -> Floats:
    """Compute slope x log-odds + intercept for log-odds (N,): (N,).

    numbers: the slope and the intercept. Raises ValueError for more or fewer numbers.
    """
    slope, intercept = numbers
    return slope * odds + intercept


def isotonic(odds: Floats, numbers: tuple[float, ...]) -> Floats:
    """Interpolate the probabilities of log-odds (N,) between the points of an isotonic curve.

    numbers: the points; the first half are probabilities before calibration, ascending, the second half those after it.

    Returns:
        Log-odds (N,), infinite for a probability of 0 or 1. Beyond the first and last point the curve is constant.
    """
    before, after = np.split(np.array(numbers), 2)
    calibrated: Floats = special.logit(np.interp(special.expit(odds), before, after))
    return calibrated


CURVES = {"platt": platt, "isotonic": isotonic}  # log-odds (N,) and the numbers of a calibration -> log-odds (N,)


def fit_calibration(kind: str, labels: Labels, logits: Floats, weights: Floats | None = None) -> Calibration:
    """Fit a calibration on samples that the model was not trained on.

    - none: nothing is fitted.
    - temperature: logits / T with the largest likelihood. Source: Guo et al. 2017 (arXiv 1706.04599), section 4.2.
    - platt: a z + b of the log-odds z with the largest likelihood, for the targets (n_1 + 1) / (n_1 + 2) and
      1 / (n_0 + 2) in place of 1 and 0. a stays above 0, so that few samples do not turn the ranking round.
      Source: Platt 1999; Niculescu-Mizil and Caruana 2005 (ICML).
    - isotonic: the rising step function with the least squared error. Source: Zadrozny and Elkan 2002 (KDD).

    For several classes, platt and isotonic are fitted to each class against the rest. The calibrated probabilities are
    then scaled to sum to 1.

    Args:
        kind: One of the four names.
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
    if kind == "temperature":
        return Calibration(kind, ((fit_temperature(labels, logits, weights),),))
    fits = {"platt": fit_platt, "isotonic": fit_isotonic}[kind]
    if logits.ndim == 1:
        return Calibration(kind, (fits(labels, logits, weights),))
    odds = one_against_rest(logits)
    return Calibration(kind, tuple(fits((labels == c).astype(np.int64), odds[:, c], weights) for c in range(classes)))


def fit_temperature(labels: Labels, logits: Floats, weights: Floats) -> float:
    """Return the temperature from e^-10 to e^10 with the least weighted cross-entropy.

    labels (N,), 0 to C - 1; logits: log-odds (N,) or log-probabilities (N, C); weights (N,) of the samples.
    """
    both = np.stack([np.zeros_like(logits), logits], axis=1) if logits.ndim == 1 else logits

    def cross_entropy(log_slope: float) -> float:
        """Return the weighted mean cross-entropy, in nats, of the logits divided by the temperature e^-log_slope."""
        scaled = np.exp(log_slope) * both
        chosen = np.take_along_axis(scaled, labels[:, None], axis=1)[:, 0]
        return float(np.average(special.logsumexp(scaled, axis=1) - chosen, weights=weights))

    return float(np.exp(-optimize.minimize_scalar(cross_entropy, bounds=LOG_SLOPES, method="bounded").x))


def fit_platt(labels: Labels, odds: Floats, weights: Floats) -> tuple[float, ...]:
    """Fit Platt's logistic regression of smoothed targets on log-odds (N,); return slope and intercept.

    Each sample enters once as 1 and once as 0, weighted by its target. If the slope would be 0.001 or below, it is set
    to that, and the intercept to the log-odds of the mean target. labels (N,), 0 or 1; weights (N,) of the samples.
    """
    from sklearn.linear_model import LogisticRegression

    weights = weights * max(np.count_nonzero(weights) / weights.sum(), 1.0)  # to a mean of 1 or more
    negatives, positives = np.bincount(labels, weights, minlength=2)
    targets = np.where(labels == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    scale = max(float(np.abs(odds).max()), 1.0)
    model = LogisticRegression(C=1e30, tol=1e-10, max_iter=10_000)
    both = np.concatenate([weights * targets, weights * (1 - targets)])
    model.fit(np.tile(odds / scale, 2)[:, None], np.repeat([1, 0], len(odds)), sample_weight=both)
    slope = float(model.coef_[0, 0]) / scale
    if slope > SMALLEST_SLOPE:
        return slope, float(model.intercept_[0])
    return SMALLEST_SLOPE, float(special.logit(np.average(targets, weights=weights)))


def fit_isotonic(labels: Labels, odds: Floats, weights: Floats) -> tuple[float, ...]:
    """Fit a rising step function of the probability; return its points, all before calibration, then all after it.

    labels (N,), 0 or 1; odds: log-odds (N,); weights (N,) of the samples.
    """
    from sklearn.isotonic import IsotonicRegression

    model = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    model.fit(special.expit(odds), labels, sample_weight=weights)
    points: list[float] = [*model.X_thresholds_.tolist(), *model.y_thresholds_.tolist()]
    return tuple(points)


def one_against_rest(logits: Floats) -> Floats:
    """Compute the log-odds of each class against all other classes: log-probabilities (N, C) -> log-odds (N, C)."""
    rest = [special.logsumexp(np.delete(logits, c, axis=1), axis=1) for c in range(logits.shape[1])]
    odds: Floats = logits - np.stack(rest, axis=1)
    return odds


class Reliability(NamedTuple):
    """A reliability diagram: one entry for each bin of samples with neighbouring probabilities."""

    probability: Floats  # mean probability of the samples in the bin
    share: Floats  # share of positives among them
    low: Floats  # lower end of the 95 % interval of the share
    high: Floats  # upper end
    samples: NDArray[np.int64]  # number of samples


def bin_samples(
    labels: Labels, probabilities: Floats, bins: int
) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Return three arrays, (at most bins,): mean probability, number of positives and number of samples of each bin.

    The bins have equally many samples, except that equal probabilities stay in one bin. Empty bins are left out. labels
    (N,), 0 or 1; probabilities (N,) of class 1.
    """
    edges = np.unique(np.quantile(probabilities, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, probabilities, side="right")
    sums, positives, samples = (np.bincount(place, values, len(edges) + 1) for values in (probabilities, labels, None))
    filled = samples > 0
    return sums[filled] / samples[filled], positives[filled].astype(np.int64), samples[filled]


def reliability(labels: Labels, probabilities: Floats, bins: int = BINS) -> Reliability:
    """Compute a reliability diagram: for each bin, mean probability, share of positives and the share's interval.

    There are at most `bins` bins of equally many samples. The interval is Wilson's (1927), of 95 %. If the
    probabilities are true, each share is close to the mean probability of its bin. labels (N,), 0 or 1; probabilities
    (N,) of class 1. Source: DeGroot and Fienberg 1983.
    """
    means, positives, samples = bin_samples(labels, probabilities, bins)
    ends = [stats.binomtest(*pair).proportion_ci(method="wilson") for pair in zip(positives, samples, strict=True)]
    low, high = (np.array([getattr(end, name) for end in ends]) for name in ("low", "high"))
    return Reliability(means, positives / samples, low, high, samples)


def expected_calibration_error(labels: Labels, probabilities: Floats, bins: int = BINS) -> float:
    """Compute the ECE: the mean of |share of positives - mean probability| over bins, weighted by their samples.

    There are at most `bins` bins of equally many samples. Small bins give an ECE above 0 by chance alone. labels (N,),
    0 or 1; probabilities (N,) of class 1.
    Source: Naeini, Cooper and Hauskrecht 2015 (AAAI), with bins of equal size.
    """
    means, positives, samples = bin_samples(labels, probabilities, bins)
    return float(np.average(np.abs(positives / samples - means), weights=samples))
