"""Reductions: class totals (..., C) -> one number (...).

class_weights, of shape (C,) or (..., C), weighs each class's term; None stands for ones. A class that is absent
adds nothing to value and gradient. Divisors are sums of sample weights, never of class weights. m_c = E_c / n_c is the
mean error of class c. Each raises ValueError where a parameter is outside the domain that its formula states.
"""

from math import expm1, log

import torch
from torch import Tensor

from imbaloss.losses.domains import Counts, require, seen
from imbaloss.losses.totals import Totals, class_means


def mean(totals: Totals, class_weights: Tensor | None = None) -> Tensor:
    """Mean over all samples: (sum_c w_c E_c) / n, with E_c the sum of errors of class c and n of sample weights."""
    samples = totals.weights.sum(-1)
    return weighted(totals.errors, class_weights).sum(-1) / samples.where(samples > 0, 1)


def class_balanced_mean(
    totals: Totals, class_weights: Tensor | None = None, *, counts: Counts = None, beta: float = 0.999
) -> Tensor:
    """`mean` with weights by effective number, w_c = (1 - beta) / (1 - beta^n_c), scaled to sum to C; 0 <= beta < 1.

    counts: n_c, the training samples of each class; a class without samples counts as one sample.
    Source: Cui et al. 2019, section 4 (arXiv 1901.05555).
    """
    require(0 <= beta < 1, "beta must be at least 0 and below 1", beta)
    known = seen(counts, "class_balanced_mean")
    require(len(known) == totals.errors.shape[-1], "counts must have one entry a class", len(known))
    raw = [(1 - beta) / (-expm1(count * log(beta)) if beta else 1) for count in known]
    balanced = totals.errors.new_tensor([weight * len(raw) / sum(raw) for weight in raw])
    return mean(totals, weighted(balanced, class_weights))


def sum_of_class_means(totals: Totals, class_weights: Tensor | None = None) -> Tensor:
    """sum_c w_c m_c. With squared error this is MFE = FPE + FNE. Source: Wang et al. 2016 (IJCNN)."""
    return weighted(class_means(totals), class_weights).sum(-1)


def sum_of_squared_class_means(totals: Totals, class_weights: Tensor | None = None) -> Tensor:
    """sum_c w_c m_c^2. With squared error this is MSFE = FPE^2 + FNE^2. Source: Wang et al. 2016 (IJCNN)."""
    return weighted(class_means(totals).square(), class_weights).sum(-1)


def unbiased_sum_of_squared_class_means(totals: Totals, class_weights: Tensor | None = None) -> Tensor:
    """sum_c w_c (m_c^2 - s_c^2 / n_c), with s_c^2 the sample variance of class c's errors. May be below 0.

    Over random batches with two or more samples of each class its expectation is that of the whole set's squared means,
    where m_c^2 is too large by s_c^2/n_c.
    The totals are those of the errors and their squares, as `with_squares` gives them: E_c and Q_c. The term of a class
    is then (E_c^2 - Q_c) / (n_c (n_c - 1)); it is 0 where n_c <= 1. Sample weights count repetitions.
    """
    sums, squares = totals.errors.unbind(0)
    pairs = totals.weights * (totals.weights - 1)
    terms = ((sums.square() - squares) / pairs.where(pairs > 0, 1)).where(pairs > 0, 0)
    return weighted(terms, class_weights).sum(-1)


def p_norm_of_class_means(totals: Totals, class_weights: Tensor | None = None, *, p: float = 2.0) -> Tensor:
    """(sum_c w_c m_c^p)^(1/p), 1 <= p < infinity, for errors >= 0; its gradient is 0 where every mean is 0.

    p = 1 is `sum_of_class_means`, p = 2 the root of `sum_of_squared_class_means`; as p grows it nears the largest mean.
    """
    require(1 <= p < float("inf"), "p must be at least 1 and finite", p)
    terms = weighted(class_means(totals), None if class_weights is None else class_weights.pow(1 / p))
    largest = terms.detach().amax(-1, keepdim=True)
    scale = largest.where(largest > 0, 1)  # so that the largest power is 1
    total = (terms / scale).pow(p).sum(-1)
    return (scale.squeeze(-1) * total.where(total > 0, 1).pow(1 / p)).where(total > 0, 0)


def worst_class(totals: Totals, class_weights: Tensor | None = None) -> Tensor:
    """max over the classes that are there of w_c m_c; equal ones share the gradient.

    Source: Sagawa et al. 2020 (arXiv 1911.08731), with the classes as groups.
    """
    return of_present(totals, class_weights, -torch.inf).amax(-1).where(totals.weights.any(-1), 0)


def soft_worst_class(totals: Totals, class_weights: Tensor | None = None, *, temperature: float = 0.1) -> Tensor:
    """t log((1/K) sum_c exp(w_c m_c / t)) over the K classes that are there; t, the temperature, > 0 and finite.

    Between the mean of the class means (large t) and `worst_class` (small t). Source: Li et al. 2021
    (arXiv 2007.01162), tilted losses with the classes as groups.
    """
    require(0 < temperature < float("inf"), "temperature must be > 0 and finite", temperature)
    terms = of_present(totals, class_weights, -torch.inf) / temperature
    there = totals.weights.any(-1)
    number = (totals.weights > 0).sum(-1).to(terms.dtype)
    return temperature * (terms.where(there.unsqueeze(-1), 0).logsumexp(-1) - number.clamp(min=1).log()).where(there, 0)


def none(totals: Totals, class_weights: Tensor | None = None) -> Tensor:  # noqa: ARG001
    """No reduction: `Loss(error, none)` gives each sample's weighted error, shaped as the targets."""
    raise TypeError("none has no value for totals; Loss(error, none) gives each sample's error")


def weighted(terms: Tensor, class_weights: Tensor | None) -> Tensor:
    return terms if class_weights is None else terms * class_weights


def of_present(totals: Totals, class_weights: Tensor | None, otherwise: float) -> Tensor:
    """The weighted mean of each class that is there, `otherwise` for the others."""
    return weighted(class_means(totals), class_weights).where(totals.weights > 0, otherwise)
