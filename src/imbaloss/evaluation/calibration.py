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
LOG_SLOPES = (-10.0, 10.0)  # of 1 / temperature: e^10 is a step, e^-10 a constant
SMALLEST_SLOPE = 1e-3  # of platt
BINS = 10


@dataclass(frozen=True)
class Calibration:
    """A fitted calibration: one number for `temperature`, else several for each class (of two classes, for class 1)."""

    kind: str = NONE
    numbers: tuple[tuple[float, ...], ...] = ()

    def __call__(self, logits: Floats) -> Floats:
        """Return calibrated logits: log-odds (N,) of class 1, or log-probabilities (N, C). `none` changes nothing."""
        if self.kind == NONE:
            return logits
        if self.kind == "temperature":
            cooled: Floats = logits / self.numbers[0][0]
            return cooled
        curve = CURVES[self.kind]
        if logits.ndim == 1:
            return curve(logits, self.numbers[0])
        each = zip(one_against_rest(logits).T, self.numbers, strict=True)
        found = special.expit(np.stack([curve(odds, numbers) for odds, numbers in each], axis=1))
        total = found.sum(axis=1, keepdims=True)
        even = np.full_like(found, 1 / found.shape[1])  # where no class is likely, as scikit-learn has it
        with np.errstate(divide="ignore"):
            logarithms: Floats = np.log(np.divide(found, total, out=even, where=total > 0))
        return logarithms


def platt(odds: Floats, numbers: tuple[float, ...]) -> Floats:
    """Return slope x log-odds + intercept, the two numbers."""
    slope, intercept = numbers
    return slope * odds + intercept


def isotonic(odds: Floats, numbers: tuple[float, ...]) -> Floats:
    """Interpolate between points: the first half of the numbers are probabilities before, the second half after.

    The returned log-odds are infinite where a probability becomes 0 or 1.
    """
    before, after = np.split(np.array(numbers), 2)
    calibrated: Floats = special.logit(np.interp(special.expit(odds), before, after))
    return calibrated


CURVES = {"platt": platt, "isotonic": isotonic}  # log-odds (N,), and what was fitted -> log-odds (N,)


def fit(kind: str, labels: Labels, logits: Floats, weights: Floats | None = None) -> Calibration:
    """Fit the calibration that makes these samples likeliest (isotonic: with the least squared error).

    - temperature: logits / T. Source: Guo et al. 2017 (arXiv 1706.04599), section 4.2.
    - platt: a z + b of the log-odds z, with (n_1 + 1) / (n_1 + 2) and 1 / (n_0 + 2) for 1 and 0 as targets; a stays
      above 0, so that the few samples of a small validation part do not turn the ranking round.
      Source: Platt 1999; Niculescu-Mizil and Caruana 2005 (ICML).
    - isotonic: any rising step function, by scikit-learn. Source: Zadrozny and Elkan 2002 (KDD).

    For several classes, platt and isotonic are fitted to each class against the rest; probabilities are scaled to sum
    to 1. labels (N,), 0 to C - 1; weights (N,) of samples. Raises ValueError if a class has no sample.
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
    """Return the temperature with the least cross-entropy, e^-10 to e^10. logits (N,) or (N, C)."""
    both = np.stack([np.zeros_like(logits), logits], axis=1) if logits.ndim == 1 else logits

    def cross_entropy(log_slope: float) -> float:
        """Return the mean cross-entropy in nats of the logits divided by the temperature e^-log_slope."""
        scaled = np.exp(log_slope) * both
        chosen = np.take_along_axis(scaled, labels[:, None], axis=1)[:, 0]
        return float(np.average(special.logsumexp(scaled, axis=1) - chosen, weights=weights))

    return float(np.exp(-optimize.minimize_scalar(cross_entropy, bounds=LOG_SLOPES, method="bounded").x))


def fit_platt(labels: Labels, odds: Floats, weights: Floats) -> tuple[float, ...]:
    """Fit a logistic regression with targets between 0 and 1; return slope and intercept.

    Each sample enters once as 1 and once as 0. Where the slope would be near 0 or negative, it is `SMALLEST_SLOPE`, and
    the intercept gives the mean target.
    """
    from sklearn.linear_model import LogisticRegression

    weights = weights * max(np.count_nonzero(weights) / weights.sum(), 1.0)  # samples count as one at least
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
    """Fit a rising step function of the probability; return its points, all probabilities before, then all after."""
    from sklearn.isotonic import IsotonicRegression

    model = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    model.fit(special.expit(odds), labels, sample_weight=weights)
    points: list[float] = [*model.X_thresholds_.tolist(), *model.y_thresholds_.tolist()]
    return tuple(points)


def one_against_rest(logits: Floats) -> Floats:
    """Return the log-odds of each class against all others, (N, C), for log-probabilities (N, C)."""
    others = [special.logsumexp(np.delete(logits, c, axis=1), axis=1) for c in range(logits.shape[1])]
    odds: Floats = logits - np.stack(others, axis=1)
    return odds


class Reliability(NamedTuple):
    """A reliability diagram: one entry for each bin of samples with neighbouring probabilities."""

    probability: Floats  # mean probability
    share: Floats  # share of positives
    low: Floats  # the 95 % interval of the share
    high: Floats
    samples: NDArray[np.int64]


def binned(labels: Labels, probabilities: Floats, bins: int) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Return mean probability, positives and samples of each bin.

    Bins have equally many samples, as far as equal probabilities admit it: these stay in one bin. Empty bins are left
    out.
    """
    edges = np.unique(np.quantile(probabilities, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, probabilities, side="right")
    sums, positives, samples = (np.bincount(place, one, len(edges) + 1) for one in (probabilities, labels, None))
    there = samples > 0
    return sums[there] / samples[there], positives[there].astype(np.int64), samples[there]


def reliability(labels: Labels, probabilities: Floats, bins: int = BINS) -> Reliability:
    """Return a reliability diagram of at most `bins` bins.

    labels (N,), 0 or 1; probabilities (N,) of class 1. The interval is Wilson's (1927). If probabilities are true, the
    shares lie on the diagonal. Source: DeGroot and Fienberg 1983.
    """
    means, positives, samples = binned(labels, probabilities, bins)
    ends = [stats.binomtest(*pair).proportion_ci(method="wilson") for pair in zip(positives, samples, strict=True)]
    low, high = (np.array([getattr(end, name) for end in ends]) for name in ("low", "high"))
    return Reliability(means, positives / samples, low, high, samples)


def expected_calibration_error(labels: Labels, probabilities: Floats, bins: int = BINS) -> float:
    """Return the ECE: the mean distance of share and probability over the bins of `reliability`, weighted by samples.

    The ECE is above 0 by chance alone if bins are small. Source: Naeini, Cooper and Hauskrecht 2015 (AAAI), with bins
    of equal size.
    """
    means, positives, samples = binned(labels, probabilities, bins)
    return float(np.average(np.abs(positives / samples - means), weights=samples))
