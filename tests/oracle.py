"""The formulas of the losses written again in NumPy float64, straight from the papers, one sample or pair at a time."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit, log_softmax, logsumexp, softmax

Array = NDArray[np.float64]


# Errors: z (N,) or (N, C), d (N,) -> (N,)


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


def absolute(z: Array, d: Array) -> Array:
    return np.exp(log_other(z, d))


def huber(z: Array, d: Array, delta: float = 0.5) -> Array:
    e = absolute(z, d)
    return np.where(e <= delta, e**2 / 2, delta * (e - delta / 2))


def hinge(z: Array, d: Array) -> Array:
    if z.ndim == 1:
        return np.maximum(0, 1 - np.where(d == 1, z, -z))
    rows = np.arange(len(d))
    others = [max(logit for c, logit in enumerate(row) if c != true) for row, true in zip(z, d, strict=True)]
    return np.maximum(0, 1 - z[rows, d] + np.array(others))


def cross_entropy(z: Array, d: Array, smoothing: float = 0.0) -> Array:
    classes = 2 if z.ndim == 1 else z.shape[1]
    target = (1 - smoothing) * np.eye(classes)[d] + smoothing / classes
    log_p = np.stack([log_expit(-z), log_expit(z)], axis=1) if z.ndim == 1 else log_softmax(z, axis=1)
    return -(target * log_p).sum(1)


def focal(z: Array, d: Array, gamma: float = 2.0) -> Array:
    return -np.exp(gamma * log_other(z, d)) * log_true(z, d)


def poly1(z: Array, d: Array, epsilon: float = 1.0) -> Array:
    return -log_true(z, d) + epsilon * absolute(z, d)


def asymmetric(
    z: Array, d: Array, gamma_positive: float = 0.0, gamma_negative: float = 4.0, margin: float = 0.05
) -> Array:
    p = expit(z)
    q = np.maximum(p - margin, 0)
    of_negative = q**gamma_negative * (log_expit(-z) if margin == 0 else np.log(1 - q))
    return -np.where(d == 1, (1 - p) ** gamma_positive * log_expit(z), of_negative)


def logit_adjusted(z: Array, d: Array, counts: Any = None, prior: Any = None, tau: float = 1.0) -> Array:
    prior = np.asarray(counts if prior is None else prior, float)
    pair = np.stack([np.zeros_like(z), z], axis=1) if z.ndim == 1 else z
    return cross_entropy(pair + tau * np.log(prior / prior.sum()), d)


def ldam(z: Array, d: Array, counts: Any = None, max_margin: float = 0.5, scale: float = 30.0) -> Array:
    margins = np.asarray(counts, float) ** -0.25
    margins *= max_margin / margins.max()
    lowered = np.stack([np.zeros_like(z), z], axis=1) if z.ndim == 1 else z.copy()
    lowered[np.arange(len(d)), d] -= margins[d]
    return cross_entropy(scale * lowered, d)


def vector_scaling(z: Array, d: Array, counts: Any = None, gamma: float = 0.3, tau: float = 1.0) -> Array:
    counts = np.asarray(counts, float)
    stretch, shares = (counts / counts.max()) ** gamma, counts / counts.sum()
    if z.ndim == 1:
        s = np.where(d == 1, 1, -1)
        return np.log1p(np.exp(tau * np.log(shares[1 - d] / shares[d]) - stretch[d] * s * z))
    return cross_entropy(stretch * z + tau * np.log(shares), d)


# Reductions: errors, d and sample weights (N,), class weights (C,) -> a number


def mean(e: Array, d: Array, s: Array, w: Array) -> float:
    """sum of class weight x sample weight x error, over the sum of the sample weights."""
    return float((w[d] * s * e).sum() / s.sum()) if s.sum() else 0.0


def class_balanced_mean(e: Array, d: Array, s: Array, w: Array, *, counts: Any = None, beta: float = 0.999) -> float:
    balanced = (1 - beta) / (1 - beta ** np.asarray(counts, float))
    return mean(e, d, s, w * balanced / balanced.sum() * len(balanced))


def class_means(e: Array, d: Array, s: Array, w: Array) -> list[tuple[float, float]]:
    """The weight and the mean error of each class that is there."""
    return [(w[c], float(np.average(e[d == c], weights=s[d == c]))) for c in range(len(w)) if s[d == c].sum()]


def sum_of_class_means(e: Array, d: Array, s: Array, w: Array) -> float:
    return sum(weight * error for weight, error in class_means(e, d, s, w))


def sum_of_squared_class_means(e: Array, d: Array, s: Array, w: Array) -> float:
    return sum(weight * error**2 for weight, error in class_means(e, d, s, w))


def unbiased_sum_of_squared_class_means(e: Array, d: Array, s: Array, w: Array) -> float:
    """Of whole sample weights: repetitions."""
    total = 0.0
    for c in range(len(w)):
        of_class = np.repeat(e[d == c], s[d == c].astype(int))
        if len(of_class) > 1:
            total += w[c] * (of_class.mean() ** 2 - of_class.var(ddof=1) / len(of_class))
    return total


def p_norm_of_class_means(e: Array, d: Array, s: Array, w: Array, p: float = 2.0) -> float:
    return sum(weight * error**p for weight, error in class_means(e, d, s, w)) ** (1 / p)


def worst_class(e: Array, d: Array, s: Array, w: Array) -> float:
    return max([weight * error for weight, error in class_means(e, d, s, w)], default=0.0)


def soft_worst_class(e: Array, d: Array, s: Array, w: Array, temperature: float = 0.1) -> float:
    terms = [weight * error / temperature for weight, error in class_means(e, d, s, w)]
    return temperature * float(logsumexp(terms) - np.log(len(terms))) if terms else 0.0


# Losses of the whole set: logits of one class against the rest (N,), d in {0, 1}, weights (N,) -> a number


def soft_counts(z: Array, d: Array, s: Array) -> tuple[float, float, float, float]:
    """TP, FP, FN, TN."""
    p, not_p = expit(z), expit(-z)
    return (s * d * p).sum(), (s * (1 - d) * p).sum(), (s * d * not_p).sum(), (s * (1 - d) * not_p).sum()


def soft_f1(z: Array, d: Array, s: Array, beta: float = 1.0) -> float:
    tp, fp, fn, _ = soft_counts(z, d, s)
    return 1 - (1 + beta**2) * tp / ((1 + beta**2) * tp + beta**2 * fn + fp) if (s * d).sum() else 0.0


def dice(z: Array, d: Array, s: Array, smooth: float = 0.0) -> float:
    tp, fp, fn, _ = soft_counts(z, d, s)
    return 1 - (2 * tp + smooth) / (2 * tp + fp + fn + smooth) if (s * d).sum() else 0.0


def tversky(z: Array, d: Array, s: Array, *, alpha: float = 0.3, beta: float = 0.7, smooth: float = 0.0) -> float:
    tp, fp, fn, _ = soft_counts(z, d, s)
    return 1 - (tp + smooth) / (tp + alpha * fp + beta * fn + smooth) if (s * d).sum() else 0.0


def focal_tversky(z: Array, d: Array, s: Array, gamma: float = 4 / 3, **rest: float) -> float:
    return tversky(z, d, s, **rest) ** (1 / gamma)


def soft_mcc(z: Array, d: Array, s: Array) -> float:
    tp, fp, fn, tn = soft_counts(z, d, s)
    if not (s * d).sum() or not (s * (1 - d)).sum():
        return 0.0
    return 1 - (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))


def pairs(z: Array, d: Array, s: Array) -> list[tuple[float, float, float]]:
    """Weight, positive's logit, negative's logit."""
    return [
        (s[i] * s[j], z[i], z[j]) for i in np.flatnonzero(d == 1) for j in np.flatnonzero(d == 0) if s[i] * s[j]
    ]  # fmt: skip


def auc_margin(z: Array, d: Array, s: Array, margin: float = 1.0) -> float:
    if not pairs(z, d, s):
        return 0.0
    means = [np.average(z[d == c], weights=s[d == c]) for c in (0, 1)]
    variances = [np.average((z[d == c] - means[c]) ** 2, weights=s[d == c]) for c in (0, 1)]
    return float(sum(variances) + max(0, margin - means[1] + means[0]) ** 2)


def auc_squared_hinge(z: Array, d: Array, s: Array, margin: float = 1.0) -> float:
    found = pairs(z, d, s)
    total = sum(weight for weight, _, _ in found)
    return sum(weight * max(0, margin - a + b) ** 2 for weight, a, b in found) / total if found else 0.0


def auc_logistic(z: Array, d: Array, s: Array) -> float:
    found = pairs(z, d, s)
    total = sum(weight for weight, _, _ in found)
    return sum(weight * -log_expit(a - b) for weight, a, b in found) / total if found else 0.0


def smooth_ap(z: Array, d: Array, s: Array, temperature: float = 0.1) -> float:
    """Of whole sample weights: repetitions."""
    if not pairs(z, d, s):
        return 0.0
    z, d = np.repeat(z, s.astype(int)), np.repeat(d, s.astype(int))
    precisions = []
    for i in np.flatnonzero(d == 1):
        above = expit((z - z[i]) / temperature)
        above[i] = 1
        precisions.append(above[d == 1].sum() / above.sum())
    return 1 - float(np.mean(precisions))


def region(
    z: Array, d: Array, s: Array, *, min_tpr: float = 0.0, min_fpr: float = 0.0, max_fpr: float = 1.0
) -> tuple[Array, list[tuple[float, float, float]]]:
    """The weights of the samples within the rates, and the pairs of these: (weight, positive's logit, negative's)."""
    kept = np.zeros_like(s)
    for c, first, last in ((0, min_fpr, max_fpr), (1, min_tpr, 1.0)):
        total, above = s[d == c].sum(), 0.0
        for k in sorted(np.flatnonzero(d == c), key=lambda k: -z[k]):
            kept[k] = max(0.0, min(above + s[k], last * total) - max(above, first * total))
            above += s[k]
    return kept, pairs(z, d, kept)


def partial_auc(
    z: Array, d: Array, s: Array, *, min_fpr: float = 0.0, max_fpr: float = 0.1, margin: float = 1.0
) -> float:
    return auc_squared_hinge(z, d, region(z, d, s, min_fpr=min_fpr, max_fpr=max_fpr)[0], margin)


def two_way_partial_auc(
    z: Array, d: Array, s: Array, *, min_tpr: float = 0.5, max_fpr: float = 0.1, margin: float = 1.0
) -> float:
    return auc_squared_hinge(z, d, region(z, d, s, min_tpr=min_tpr, max_fpr=max_fpr)[0], margin)


def smooth_partial_auc(
    z: Array, d: Array, s: Array, *, temperature: float = 0.1, max_fpr: float = 0.1, **rates: float
) -> float:
    _, found = region(z, d, s, max_fpr=max_fpr, **rates)
    total = sum(weight for weight, _, _ in found)
    return sum(weight * expit((b - a) / temperature) for weight, a, b in found) / total if found else 0.0


def soft_maxima(z: Array, d: Array, s: Array, temperature: float, margin: float) -> tuple[Array, Array]:
    """The soft maximum over the negatives of each positive's pairs, and the positives' weights."""
    negatives = np.flatnonzero((d == 0) & (s > 0))
    positives = np.flatnonzero((d == 1) & (s > 0))
    maxima = [
        temperature
        * logsumexp(np.maximum(0, margin - z[i] + z[negatives]) ** 2 / temperature, b=s[negatives] / s[negatives].sum())
        for i in positives
    ]
    return np.array(maxima), s[positives]


def partial_auc_kl(z: Array, d: Array, s: Array, temperature: float = 1.0, margin: float = 1.0) -> float:
    if not pairs(z, d, s):
        return 0.0
    maxima, weights = soft_maxima(z, d, s, temperature, margin)
    return float(np.average(maxima, weights=weights))


def two_way_partial_auc_kl(
    z: Array, d: Array, s: Array, *, temperature: float = 1.0, positive_temperature: float = 1.0, margin: float = 1.0
) -> float:
    if not pairs(z, d, s):
        return 0.0
    maxima, weights = soft_maxima(z, d, s, temperature, margin)
    return float(positive_temperature * logsumexp(maxima / positive_temperature, b=weights / weights.sum()))


def recall_at_precision(z: Array, d: Array, s: Array, precision: float = 0.9, multiplier: float = 1.0) -> float:
    """The larger of the Lagrangian at no multiplier and at the largest one: it is linear in the multiplier."""
    positives = (s * d).sum()
    if not positives:
        return 0.0
    lower, upper = (s * d * hinge(z, d)).sum(), (s * (1 - d) * hinge(z, d)).sum()
    odds = precision / (1 - precision)
    return float(max((1 + m) * lower + m * odds * upper - m * positives for m in (0.0, multiplier)) / positives)


PAIRS: dict[str, tuple[Callable[..., Array], Callable[..., float]]] = {
    "mse": (squared, mean),
    "wmse": (squared, mean),
    "mfe": (squared, sum_of_class_means),
    "msfe": (squared, sum_of_squared_class_means),
    "mfe_p_norm": (squared, p_norm_of_class_means),
    "msfe_unbiased": (squared, unbiased_sum_of_squared_class_means),
    "ce": (cross_entropy, mean),
    "wce": (cross_entropy, mean),
    "class_balanced": (cross_entropy, class_balanced_mean),
    "focal": (focal, mean),
    "asymmetric": (asymmetric, mean),
    "poly1": (poly1, mean),
    "mae": (absolute, mean),
    "huber": (huber, mean),
    "hinge": (hinge, mean),
    "logit_adjusted": (logit_adjusted, mean),
    "balanced_softmax": (logit_adjusted, mean),
    "ldam": (ldam, mean),
    "ldam_drw": (ldam, mean),  # in its first epochs
    "vs": (vector_scaling, mean),
}
WHOLE_SET: dict[str, Callable[..., float]] = {
    function.__name__: function
    for function in (
        soft_f1, dice, tversky, focal_tversky, soft_mcc, auc_margin, auc_squared_hinge, auc_logistic, smooth_ap,
        recall_at_precision, partial_auc, two_way_partial_auc, smooth_partial_auc, partial_auc_kl,
        two_way_partial_auc_kl,
    )
}  # fmt: skip


def soft_loss(name: str, z: Array, t: Array, *, sample_weight: Array | None = None, **parameters: Any) -> float:
    """A loss of soft targets t, (N,) or (N, C): each sample once as a member of each class, weighed by its share."""
    shares = np.stack([1 - t, t], axis=1) if t.ndim == 1 else t
    s = np.ones(len(z)) if sample_weight is None else sample_weight
    classes = shares.shape[1]
    return loss(
        name,
        np.concatenate([z] * classes),
        np.repeat(np.arange(classes), len(z)),
        sample_weight=np.concatenate([s * share for share in shares.T]),
        **parameters,
    )


def loss(
    name: str,
    z: Array,
    d: Array,
    *,
    counts: Any = None,
    class_weights: Any = None,
    sample_weight: Array | None = None,
    **parameters: Any,
) -> float:
    """A named loss, or a pair error/reduction, of logits z, (N,) or (N, C), and targets d (N,)."""
    classes = 2 if z.ndim == 1 else z.shape[1]
    s = np.ones(len(d)) if sample_weight is None else np.asarray(sample_weight, float)
    if name in WHOLE_SET:
        w = np.ones(classes) if class_weights is None else np.asarray(class_weights, float)
        function = WHOLE_SET[name]
        if z.ndim == 1:
            return function(z, d, s * w[d], **parameters)
        rest = np.stack([logsumexp(np.delete(z, c, axis=1), axis=1) for c in range(classes)], axis=1)
        each = [function((z - rest)[:, c], (d == c).astype(int), s, **parameters) for c in range(classes)]
        return float(np.mean(w * each))
    alpha = parameters.pop("alpha", 0.25)
    own = {
        "wmse": lambda: np.sum(counts) / np.asarray(counts, float),
        "wce": lambda: np.sum(counts) / (classes * np.asarray(counts, float)),
        "focal": lambda: np.array([1 - alpha, alpha]),
    }.get(name, lambda: np.ones(classes))
    w = own() if class_weights is None else np.asarray(class_weights, float)
    error, reduction = PAIRS[name] if name in PAIRS else (globals()[part] for part in name.split("/"))
    own_parameters = [
        {key: value for key, value in {**parameters, "counts": counts}.items() if key in part.__code__.co_varnames}
        for part in (error, reduction)
    ]
    return reduction(error(z, d, **own_parameters[0]), d, s, w, **own_parameters[1])
