"""Reductions: class totals (..., C) -> one number (...).

class_weights, of shape (C,) or (..., C), multiplies each class's term; None stands for ones. An absent class, whose
sample weights sum to 0, adds nothing to value and gradient. Divisors are sums of sample weights, never of class
weights. m_c = E_c / n_c is the mean error of class c, with E_c its sum of errors and n_c its sum of sample weights.
Each reduction raises ValueError if a parameter is outside the domain that its docstring states.
"""

from functools import partial
from math import expm1, log

import torch
from torch import Tensor

from imbaloss.losses.domains import (
    Counts,
    PerClass,
    counts_at_least_one,
    map_labels,
    require,
    require_labels,
)
from imbaloss.losses.totals import Totals, class_means


def mean(totals: Totals, class_weights: Tensor | None = None) -> Tensor:
    """Compute the mean over all samples: (sum_c w_c E_c) / n, with E_c the sum of errors of class c, n that of weights.

    Totals (..., C) give (...), 0 if there are no samples. class_weights w_c, (C,) or (..., C), are ones if None; n is
    the sum of the sample weights alone.
    """
    samples = totals.weights.sum(-1)
    return apply_class_weights(totals.errors, class_weights).sum(-1) / samples.where(samples > 0, 1)


def class_balanced_mean(
    totals: Totals, class_weights: Tensor | None = None, *, counts: Counts = None, beta: float = 0.999
) -> Tensor:
    """Compute `mean` with effective-number weights (1 - beta) / (1 - beta^n_c), scaled to sum to C; 0 <= beta < 1.

    `mean` is the mean error over all samples. (1 - beta^n_c) / (1 - beta) is the effective number of samples of class
    c. class_weights multiply the weights. The result is (...).

    Args:
        totals: Sums of errors and of sample weights by class, (..., C).
        class_weights: (C,) or (..., C); None for ones.
        counts: n_c, the training samples of each class, or of each class of each label, (L, 2) as the totals; a class
            without samples counts as one sample.
        beta: 0 gives equal weights; near 1, w_c nears the inverse share of the class.

    Raises:
        ValueError: beta is outside its domain, counts are None, or there is not one count for each class.

    Source: Cui et al. 2019, section 4 (arXiv 1901.05555).
    """
    require(0 <= beta < 1, "beta must be at least 0 and below 1", beta)
    balanced = map_labels(partial(effective_weights, beta=beta), counts_at_least_one(counts, "class_balanced_mean"))
    weights = totals.errors.new_tensor(balanced)
    require(weights.shape[-1] == totals.errors.shape[-1], "counts must have one entry a class", weights.shape[-1])
    if weights.ndim > 1:
        require_labels(len(weights), totals.errors.shape[-2], "counts")
    return mean(totals, apply_class_weights(weights, class_weights))


def effective_weights(sizes: PerClass, beta: float) -> list[float]:
    """Compute (1 - beta) / (1 - beta^n_c) for each class, scaled to sum to C; beta, from 0 to below 1, is not checked.

    Source: Cui et al. 2019, section 4 (arXiv 1901.05555).
    """
    raw = [(1 - beta) / (-expm1(size * log(beta)) if beta else 1) for size in sizes]
    total = sum(raw)
    return [weight * len(raw) / total for weight in raw]


def sum_of_class_means(totals: Totals, class_weights: Tensor | None = None) -> Tensor:
    """Compute the sum of the class means, sum_c w_c m_c.

    Totals (..., C) give (...). With squared error this is MFE = FPE + FNE. An absent class adds 0. class_weights w_c
    are ones if None.
    Source: Wang et al. 2016 (IJCNN).
    """
    return apply_class_weights(class_means(totals), class_weights).sum(-1)


def sum_of_squared_class_means(totals: Totals, class_weights: Tensor | None = None) -> Tensor:
    """Compute the sum of the squares of the class means, sum_c w_c m_c^2.

    Totals (..., C) give (...). With squared error this is MSFE = FPE^2 + FNE^2. An absent class adds 0. class_weights
    w_c are ones if None.
    Source: Wang et al. 2016 (IJCNN).
    """
    return apply_class_weights(class_means(totals).square(), class_weights).sum(-1)


def unbiased_sum_of_squared_class_means(totals: Totals, class_weights: Tensor | None = None) -> Tensor:
    """Estimate the sum of the squared class means without bias: sum_c w_c (m_c^2 - s_c^2 / n_c).

    s_c^2 is the sample variance of class c's errors. Over random batches with at least two samples of each class, the
    expectation is the sum of the whole set's squared class means; m_c^2 alone is too large by s_c^2 / n_c on average.
    The value may be below 0. The term of a class with n_c <= 1 is 0. Sample weights count repetitions.

    Args:
        totals: The totals of the errors and their squares, E_c and Q_c, as `with_squares` gives them: errors
            (2, ..., C). The term of class c is (E_c^2 - Q_c) / (n_c (n_c - 1)).
        class_weights: (C,) or (..., C).
    """
    sums, squares = totals.errors.unbind(0)
    pairs = totals.weights * (totals.weights - 1)
    terms = ((sums.square() - squares) / pairs.where(pairs > 0, 1)).where(pairs > 0, 0)
    return apply_class_weights(terms, class_weights).sum(-1)


def p_norm_of_class_means(totals: Totals, class_weights: Tensor | None = None, *, p: float = 2.0) -> Tensor:
    """Compute the p-norm of the class means, (sum_c w_c m_c^p)^(1/p), 1 <= p < infinity, for errors >= 0.

    Totals (..., C) give (...). p = 1 is `sum_of_class_means`, p = 2 the root of `sum_of_squared_class_means`; as p
    grows it nears the largest mean. An absent class adds 0. If every mean is 0, the value is 0 with gradient 0. Raises
    ValueError for another p.
    """
    require(1 <= p < float("inf"), "p must be at least 1 and finite", p)
    terms = apply_class_weights(class_means(totals), None if class_weights is None else class_weights.pow(1 / p))
    largest = terms.detach().amax(-1, keepdim=True)
    scale = largest.where(largest > 0, 1)  # so that the largest power is 1
    total = (terms / scale).pow(p).sum(-1)
    return (scale.squeeze(-1) * total.where(total > 0, 1).pow(1 / p)).where(total > 0, 0)


def worst_class(totals: Totals, class_weights: Tensor | None = None) -> Tensor:
    """Compute the largest weighted class mean, max_c w_c m_c, over the classes that occur.

    Totals (..., C) give (...), 0 if there are no samples. Tied classes share the gradient equally. class_weights w_c
    are ones if None.
    Source: Sagawa et al. 2020 (arXiv 1911.08731), with the classes as groups.
    """
    return mask_absent_classes(totals, class_weights).amax(-1).where(totals.weights.any(-1), 0)


def soft_worst_class(totals: Totals, class_weights: Tensor | None = None, *, temperature: float = 0.1) -> Tensor:
    """Compute the soft maximum t log((1/K) sum_c exp(w_c m_c / t)) over the K classes that occur; temperature t > 0.

    Totals (..., C) give (...), 0 if there are no samples. The value lies between the mean of the weighted class means
    (large t) and `worst_class` (small t). Raises ValueError unless t is finite and > 0.
    Source: Li et al. 2021 (arXiv 2007.01162), tilted losses with the classes as groups.
    """
    require(0 < temperature < float("inf"), "temperature must be > 0 and finite", temperature)
    terms = mask_absent_classes(totals, class_weights) / temperature
    has_samples = totals.weights.any(-1)
    classes = (totals.weights > 0).sum(-1).to(terms.dtype).clamp(min=1)
    log_mean = terms.where(has_samples.unsqueeze(-1), 0).logsumexp(-1) - classes.log()
    return temperature * log_mean.where(has_samples, 0)


def none(totals: Totals, class_weights: Tensor | None = None) -> Tensor:  # noqa: ARG001
    """Mark a loss as not reduced: `Loss(error, none)` returns each sample's weighted error, shaped as the targets.

    The function itself is never called by `Loss`: a call always raises TypeError.
    """
    raise TypeError("none has no value for totals; Loss(error, none) gives each sample's error")


def apply_class_weights(terms: Tensor, class_weights: Tensor | None) -> Tensor:
    """Multiply the terms (..., C) by the class weights, (C,) or (..., C).

    The terms are returned unchanged if the weights are None.
    """
    return terms if class_weights is None else terms * class_weights


def mask_absent_classes(totals: Totals, class_weights: Tensor | None) -> Tensor:
    """Return class weight x mean error of each class, (..., C), and minus infinity for a class without weight.

    totals: sums of errors and of sample weights by class. Class weights of None are ones.
    """
    return apply_class_weights(class_means(totals), class_weights).where(totals.weights > 0, -torch.inf)
