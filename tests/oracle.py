"""The formulas of the losses written again in NumPy float64, straight from the papers, one sample at a time."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, log_expit, log_softmax, softmax

Array = NDArray[np.float64]


def squared(z: Array, d: Array) -> Array:
    """z (N,): 1/2 (d - p)^2; z (N, C): 1/2 the squared distance of the one-hot d and the softmax."""
    if z.ndim == 1:
        # d - p without cancellation: p for negatives, 1 - p = expit(-z) for positives
        return np.where(d == 1, expit(-z), expit(z)) ** 2 / 2
    return ((np.eye(z.shape[1])[d] - softmax(z, axis=1)) ** 2).sum(1) / 2


def log_true(z: Array, d: Array) -> Array:
    if z.ndim == 1:
        return np.where(d == 1, log_expit(z), log_expit(-z))
    return log_softmax(z, axis=1)[np.arange(len(d)), d]


def log_other(z: Array, d: Array) -> Array:
    """log(1 - p_t): of the sum of the other classes."""
    if z.ndim == 1:
        return np.where(d == 1, log_expit(-z), log_expit(z))
    others = np.where(np.eye(z.shape[1])[d] == 1, -np.inf, log_softmax(z, axis=1))
    return np.logaddexp.reduce(others, axis=1)


def cross_entropy(z: Array, d: Array) -> Array:
    return -log_true(z, d)


def focal(z: Array, d: Array, gamma: float) -> Array:
    return -np.exp(gamma * log_other(z, d)) * log_true(z, d)


def mean(errors: Array, d: Array, weights: ArrayLike, sample_weight: Array) -> float:
    """sum of class weight x sample weight x error, over the sum of the sample weights."""
    total = sample_weight.sum()
    return float((np.asarray(weights)[d] * sample_weight * errors).sum() / total) if total else 0.0


def class_means(errors: Array, d: Array, classes: int, sample_weight: Array) -> list[float]:
    found = []
    for c in range(classes):
        of_class = sample_weight * (d == c)
        found.append(float((of_class * errors).sum() / of_class.sum()) if of_class.sum() else 0.0)
    return found


def loss(
    name: str,
    z: Array,
    d: Array,
    *,
    counts: ArrayLike | None = None,
    class_weights: ArrayLike | None = None,
    sample_weight: Array | None = None,
    gamma: float = 2.0,
    alpha: float = 0.25,
) -> float:
    """A named loss of logits z, (N,) or (N, C), and targets d (N,)."""
    classes = 2 if z.ndim == 1 else z.shape[1]
    sample_weight = np.ones(len(d)) if sample_weight is None else sample_weight
    n = np.sum(counts) if counts is not None else None
    own = {
        "wmse": lambda: n / np.asarray(counts, float),
        "wce": lambda: n / (classes * np.asarray(counts, float)),
        "focal": lambda: np.array([1 - alpha, alpha]),
    }.get(name, lambda: np.ones(classes))
    w = own() if class_weights is None else np.asarray(class_weights, float)
    if name in {"mse", "wmse"}:
        return mean(squared(z, d), d, w, sample_weight)
    if name == "wce":
        return mean(cross_entropy(z, d), d, w, sample_weight)
    if name == "focal":
        return mean(focal(z, d, gamma), d, w, sample_weight)
    false_errors = class_means(squared(z, d), d, classes, sample_weight)  # (FPE, FNE) in the binary case
    power = {"mfe": 1, "msfe": 2}[name]
    return float(sum(weight * error**power for weight, error in zip(w, false_errors, strict=True)))
