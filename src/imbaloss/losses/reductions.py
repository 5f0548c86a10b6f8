"""Reductions: class totals (..., C) -> one number (...).

class_weights, of shape (C,) or (..., C), weighs each class's term; None stands for ones. A class that is absent
adds nothing to value and gradient. Divisors are sums of sample weights, never of class weights.
"""

from torch import Tensor

from imbaloss.losses.totals import Totals, class_means


def mean(totals: Totals, class_weights: Tensor | None = None) -> Tensor:
    """Mean over all samples: (sum_c w_c E_c) / n, with E_c the sum of errors of class c and n of sample weights."""
    samples = totals.weights.sum(-1)
    return weighted(totals.errors, class_weights).sum(-1) / samples.where(samples > 0, 1)


def sum_of_class_means(totals: Totals, class_weights: Tensor | None = None) -> Tensor:
    """sum_c w_c E_c / n_c. With squared error this is MFE = FPE + FNE. Source: Wang et al. 2016 (IJCNN)."""
    return weighted(class_means(totals), class_weights).sum(-1)


def sum_of_squared_class_means(totals: Totals, class_weights: Tensor | None = None) -> Tensor:
    """sum_c w_c (E_c / n_c)^2. With squared error this is MSFE = FPE^2 + FNE^2. Source: as above."""
    return weighted(class_means(totals).square(), class_weights).sum(-1)


def weighted(terms: Tensor, class_weights: Tensor | None) -> Tensor:
    return terms if class_weights is None else terms * class_weights
